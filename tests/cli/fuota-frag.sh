# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

seq 1 8000 | head -c 30000 >block
len=$(wc -c <block)

# the pipeline's form: FragSize from the region, redundancy in percent
expect 0 fuota-frag --region EU868 --dr 3 --redundancy 20% --report rep -o a.frags block
says_nothing() { [ ! -s err ] || die "unexpected: $(cat err)"; }
says_nothing
m=$(((len + 111) / 112))
r=$(((m + 4) / 5))
[ "$(wc -l <a.frags)" = $((1 + m + r)) ] || die "number of lines"
grep -q "\"nb_frag\":$m,\"frag_size\":112," a.frags || die "session line"
grep -q "\"redundancy\": $r," rep || die "report"
grep -q '"weakness": null' rep || die "report: weakness"
# SF9 at 125 kHz with 128 bytes of PHYPayload: 153 symbols, 676.864 ms
grep -q "\"time_on_air_us\": $(((m + r) * 676864))," rep ||
    die "report: time on air"

# standard input and output, the same bytes
fuota-frag --frag-size 112 --redundancy $r <block >b.frags
same a.frags b.frags
fuota-frag --frag-size 112 --redundancy $r - <block >b.frags
same a.frags b.frags

# options that travel in the session line and in the commands
expect 0 fuota-frag --frag-size 50 --redundancy 2 --ts004 2-absn --session-cnt 0x102 \
    --frag-index 3 --mc-group-bit-mask 5 --block-ack-delay 6 --descriptor 01a2B3c4 -q block
shows '"ts004":"2.0.0-absN"'
shows '"frag_index":3,"mc_group_bit_mask":5,"block_ack_delay":6,"descriptor":"01a2b3c4"'
shows '"session_cnt":258'
shows '"n":1,"payload":"0801c0'

# formats carry the same commands
fuota-frag -q --frag-size 50 --redundancy 3 --format hex block >hex
fuota-frag -q --frag-size 50 --redundancy 3 --format base64 block >base64
fuota-frag -q --frag-size 50 --redundancy 3 --format bin block >bin
fuota-frag -q --frag-size 50 --redundancy 3 block |
    sed -n 's/.*"payload":"\([0-9a-f]*\)".*/\1/p' >lines
same hex lines
while read -r line; do echo "$line" | base64 -d; done <base64 >decoded
same bin decoded
[ "$(wc -c <bin)" = $((53 * $(wc -l <hex))) ] || die "size of bin"

# a top-up goes on where the first file ended
fuota-frag --frag-size 112 --redundancy $((r + 40)) block >more.frags
expect 0 fuota-frag --frag-size 112 --redundancy 40 --from $((m + r + 1)) -o top.frags block
tail -n 40 more.frags >want
tail -n 40 top.frags >got
same want got
expect 2 fuota-frag --frag-size 112 --from $m block
says "coded fragments begin at $((m + 1))"
expect 2 fuota-frag --frag-size 112 --redundancy 2 --from 16383 block
says 'exceed 16383'

# weak fragment counts
head -c 19200 block >weak
expect 0 fuota-frag --frag-size 100 weak
says '192 fragments, a multiple of 64: N = 97 and N = 66'
says 'nearest good FragSize: 99'
expect 0 fuota-frag -q --frag-size 100 weak
says_nothing
head -c 1050 block >weak
expect 0 fuota-frag --frag-size 50 --redundancy 5 --report rep -o weak.frags weak
says '3 of 21 fragments are in none of the 5 coded ones'
grep -q '"uncovered": 3' rep || die "report: uncovered"
grep -q '"time_on_air_us": null' rep || die "report: no data rate, no air time"
expect 0 fuota-frag --frag-size 100 weak
says '11 fragments, below 20'
head -c 50 block >weak
expect 0 fuota-frag --frag-size 50 weak
says '1 fragment: coded ones are all zero'
expect 0 fuota-frag --frag-size 50 --redundancy 0 block
says 'every loss is final'

# refusals
: >empty
expect 3 fuota-frag --frag-size 50 -o no.frags empty
expect 3 fuota-frag --frag-size 1 -o no.frags block
says 'at most 16383'
expect 2 fuota-frag --frag-size 50 --redundancy 16383 -o no.frags block
says 'exceed 16383'
expect 2 fuota-frag -o no.frags block
says 'must be given'
expect 2 fuota-frag --frag-size 40 --dwell -o no.frags block
says 'need --region'
expect 2 fuota-frag --region EU868 --dr 3 --dwell -o no.frags block
says 'EU868 has no dwell time on downlinks'
absent no.frags
expect 2 fuota-frag --frag-size 0 block
expect 2 fuota-frag --frag-size 256 block
expect 2 fuota-frag --frag-size 50 --ts004 3 block
expect 2 fuota-frag --frag-size 50 --format csv block
expect 2 fuota-frag --frag-size 50 --descriptor 0102 block
expect 2 fuota-frag --frag-size 50 --session-cnt 1 block
says 'has none'
expect 2 fuota-frag --frag-size 50 --frag-index 4 block
expect 2 fuota-frag --frag-size 50 --redundancy -1 block
expect 2 fuota-frag --frag-size 50 --redundancy x% block
expect 2 fuota-frag --region EU868 block
expect 2 fuota-frag --region MARS --dr 0 block
expect 2 fuota-frag --region EU868 --dr 0 --frag-size 49 block
says 'exceeds 48'
expect 2 fuota-frag --frag-size 50 block block
expect 4 fuota-frag --frag-size 50 -o no.frags missing
expect 2 fuota-frag --frag-size 50 -o block block
absent no.frags

# what the devices of a profile take
head -c 4000 "$TOP/samples/app-1.2.bin" >some
expect 0 fuota-frag -q --region EU868 --dr 5 --profile zephyr-lowmem --report r \
    -o some.frags some
grep -q '"frag_size": 232' r || die "not the profile's largest multiple"
expect 0 fuota-frag -q --region EU868 --dr 5 --profile lbm-v2 --report r \
    -o some.frags some
grep -q '"ts004": "2.0.0"' r || die "not the profile's code"
expect 0 fuota-frag -q --region EU868 --dr 5 --profile lbm-v2 --ts004 1 \
    --report r -o some.frags some
grep -q '"ts004": "1.0.0"' r || die "the option does not count"
expect 5 fuota-frag --frag-size 48 --profile loramac-node -o no.frags some
says "'some': 84 fragments of 48 bytes, profile loramac-node takes at most 21 fragments"
absent no.frags
expect 5 fuota-frag --frag-size 50 --profile zephyr-lowmem -o no.frags some
says 'FragSize 50, profile zephyr-lowmem needs a multiple of 8 bytes'
absent no.frags
printf 'profile: wide\nframes: 3\n' >wide.yaml
expect 3 fuota-frag --frag-size 50 --profile wide.yaml some
says "'wide.yaml': line 2: unknown key 'frames'"
printf 'profile: wide\nfrag_size_multiple: 200\n' >wide.yaml
expect 5 fuota-frag --region EU868 --dr 0 --profile wide.yaml some
says 'profile wide needs fragments of a multiple of 200 bytes, EU868 DR0 carries at most 48'

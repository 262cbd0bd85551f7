# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

cp "$TOP/samples/app-1.2.bin" "$TOP/samples/app-1.3.bin" .
cp "$TOP/tests/keys/release.key" "$TOP/tests/keys/release.pub" .
chmod 600 release.key
fuota-image --hw-id 0x0102 --fw-version 1.3.0 app-1.3.bin |
    fuota-delta --method deflate --base app-1.2.bin | fuota-sign --key release.key >update
fuota-frag --frag-size 89 --redundancy 37 update >frags

# a rehearsal with everything: image check, power cuts, pictures, a line each
expect 0 fuota-sim --loss 10% --devices 500 -p release.pub -b app-1.2.bin \
    --power-cuts 10 --csv fleet.csv --plot fleet.svg frags
shows '^ *500  100.00 %  done$'
shows '^failures between 0.00e+00 and '
shows '^10 installs (banks) with 1[0-9] power cuts in [0-9]* starts: [0-9]* new firmware, [0-9]* old, 0 broken$'
shows '^fragments received beyond [0-9]* until complete$'
[ "$(wc -l <fleet.csv)" = 501 ] || die "not a line for each device"
head -2 fleet.csv | tail -1 |
    grep -q '^1,done,[0-9]*,[0-9]*,[0-9]*,[0-9]*,0,[a-z]*,[12],[23]$' ||
    die "$(head -2 fleet.csv)"
[ "$(grep -c ',none,0,0$' fleet.csv)" = 490 ] || die "not 10 devices install"
"$TOP/tests/svg-check" fleet.svg || die "the picture is not legible"

# every device installs, with cuts of its own, in every layout of its flash
fuota-image --hw-id 0x0102 --fw-version 1.3.0 app-1.3.bin |
    fuota-compress | fuota-sign --key release.key >full
fuota-frag --frag-size 200 --redundancy 60 full >full.frags
for layout in banks swap single; do
	for threads in 1 3; do
		expect 0 fuota-sim --loss 10% --devices 30 -p release.pub \
		    --power-cuts 30 --layout $layout --csv $layout.$threads \
		    --json --threads $threads full.frags
	done
	same $layout.1 $layout.3
	python3 -c 'import json, sys; r = json.load(open("out"))
i = r["installs"]
assert i["layout"] == sys.argv[1] and i["installs"] == 30 and i["broken"] == 0
assert i["updated"] + i["kept"] == 30 and i["updated"] > 0
assert i["cuts"] == sum(d["cuts"] for d in r["devices"]) >= 30
assert i["starts"] == sum(d["starts"] for d in r["devices"]) == i["cuts"] + 30
assert len({(d["installed"], d["cuts"]) for d in r["devices"]}) > 1' $layout ||
	    die "$layout: not an install for each device"
done
! cmp -s banks.1 swap.1 || die "the layout does not matter"
expect 5 fuota-sim --loss 10% --devices 20 -p release.pub -b app-1.2.bin \
    --power-cuts 5 --layout single frags
says "'frags': the bootloader refuses the image: "
expect 2 fuota-sim --loss 10% -p release.pub --layout swap frags
says 'layout needs --power-cuts'
expect 2 fuota-sim --loss 10% --layout three frags
says 'one of banks, swap, single'

# the same seed, whatever the threads; another seed, another fleet
fuota-sim --loss 20% --devices 300 --json --threads 1 frags >one
fuota-sim --loss 20% --devices 300 --json --threads 3 <frags >three
same one three
fuota-sim --loss 20% --devices 300 --json --seed 2 frags >two
! cmp -s one two || die "the seed does not matter"
grep -q '"schema": "fuota-sim/1"' one || die "no schema"
python3 -c 'import json; r = json.load(open("one"))
assert sum(r["outcomes"].values()) == 300 == len(r["devices"])
assert sum(r["extra_fragments"]) == r["outcomes"]["done"]
assert r["p_fail_low"] <= r["p_fail"] <= r["p_fail_high"]'

# the plan and its rehearsal agree within the interval
fuota-plan --region EU868 --dr 5 --loss 15% --per-device 0.95 --trials 200000 \
    --json update >plan
set -- $(python3 -c 'import json; p = json.load(open("plan"))["plans"][0]
print(p["frag_size"], p["redundancy"])')
fuota-frag --frag-size "$1" --redundancy "$2" update >planned
fuota-sim --loss 15% --devices 4000 --json planned >sim
python3 -c 'import json
plan = json.load(open("plan"))["plans"][0]; sim = json.load(open("sim"))
assert plan["p_fail_high"] >= sim["p_fail_low"], (plan, sim["p_fail_low"])
assert plan["p_fail_low"] <= sim["p_fail_high"], (plan, sim["p_fail_high"])' ||
    die "plan and rehearsal differ"

# deployed decoders
head -c 1000 update >small
fuota-frag --frag-size 48 --redundancy 30 small >small.frags
expect 0 fuota-sim --loss 30% --devices 400 --profile loramac-node small.frags
shows 'over the limit, reported as success$'
shows 'buffer overrun by losses at the tail$'
expect 0 fuota-sim --loss 30% --devices 400 --profile fuota-device small.frags
! grep -q 'overrun\|reported as success' out || die "the device library fails so"
expect 0 fuota-sim --loss 10% --profile lbm-v2 --devices 100 small.frags
shows 'wrong block from other parity rows$'
expect 0 fuota-sim --loss 10% --profile loramac-node --devices 100 frags
shows '^ *100  100.00 %  session refused at set-up$'

# traces: who received what
printf 'a,1-110\nb,2-110\nc,1-60\n' >traces
expect 0 fuota-sim --trace traces --csv - -o report frags
shows '^a,done,'
shows '^b,done,[0-9]*,1,'
shows '^c,too few fragments,60,'

# a fleet with its own loss rates; bursts; late joiners
printf 'dev_eui,loss\n70b3d57ed0001,0.05\n70b3d57ed0002,95%%\n' >losses.csv
expect 0 fuota-sim --losses losses.csv --csv - -o report frags
shows '^70b3d57ed0001,done,'
shows '^70b3d57ed0002,too few fragments,'
expect 0 fuota-sim --loss 10% --burst 8 --late 30%:25 --devices 200 frags
shows 'too few fragments$'

# what CI asks
expect 1 fuota-sim --loss 45% --require 99% --csv out.csv frags
says "'frags': [0-9]* of 1000 devices are done, 99 % are required"
absent out.csv

# bad input, by name
expect 2 fuota-sim frags
says 'loss or --losses is required'
for loss in 0 1; do
	expect 2 fuota-sim --loss $loss frags
	says 'is no rate of losses'
done
expect 2 fuota-sim --loss nan frags
says "'nan' is not a fraction"
expect 2 fuota-sim --loss 10% --burst 500 frags
says 'mean burst of 500 fragments is longer than the session of 110'
printf 'device,loss\na,0.1\nb,x\n' >bad.csv
expect 3 fuota-sim --losses bad.csv --csv out.csv frags
says "'bad.csv': line 3: 'x' in column 2 is no value for it"
absent out.csv
printf 'a,1-110\nb,0\n' >traces
expect 3 fuota-sim --trace traces frags
says "'traces': line 2: numbers from 1 to 16383"
expect 2 fuota-sim --trace traces --loss 10% frags
says 'trace says what arrives'
expect 3 fuota-sim --loss 10% update
expect 1 sh -c 'head -40 frags | fuota-sim --loss 10%'
says 'more fragments needed'
expect 2 fuota-sim --loss 10% --power-cuts 5 frags
says 'need --pub'
expect 0 fuota-sim --loss 10% --devices 20 -p "$TOP/tests/golden/key1.pub" frags
shows '^ *20  100.00 %  image refused$'
shows '^the image is refused: '
expect 2 fuota-sim --loss 10% --csv - frags
says "two outputs go to 'standard output'"
expect 2 fuota-sim --loss 10% --csv both --plot both frags
says "two outputs go to 'both'"
absent both

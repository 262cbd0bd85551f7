# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

plan="fuota-plan --region EU868 --repeater --trials 20000"

# the worked table: 100 KiB, 99.9 % per device at 10 % loss
expect 0 $plan --loss 10% --size 100k --dr 3 --frag-size 112
shows '^ 3 *112 *915 *139 *15% *137 *80 *676.9 ms *6.77 s *119 min\|^ 3 *112 *915 *139 '
shows '2.0 h\|118.9 min'
shows 'closed$'
expect 0 $plan --loss 0.1 --size 100k --dr 0 --frag-size 48 --json
shows '"schema": "fuota-plan/1"'
for field in 'nb_frag": 2134' 'redundancy": 291' 'frag_size": 48' 'padding": 32' \
    'toa_s": 2.793' 'interval_s": 27.9' 'duration_s": 677' 'sessions": 3' \
    'timeout": 15' 'charge_mah": 86.' 'p_fail": 0.0009' 'method": "closed form'; do
	shows "\"$field"
done

# the same seed gives the same plan on any number of threads
small="$plan --loss 8% --size 4k --dr 5 --seed 7 --json"
$small --threads 1 >one
$small --threads 3 >three
same one three
shows_matrix() {
	grep -q '"method": "Monte Carlo"' one || die "not simulated"
}
shows_matrix

# files, standard input, comparison
head -c 90000 /dev/zero >full
head -c 6000 /dev/zero >delta
expect 0 $plan --loss 5% --compare full delta --dr 5
shows '^full: 90000 bytes$'
shows '^delta against full:$'
shows '^ 5  *[0-9.]* min  *[0-9.]* min  *1[0-9.]*  *0[0-9.]*  *[0-9.]*  *1[0-9.]*$'
expect 0 $plan --loss 5% --compare full delta full --json
python3 -c 'import json; r = json.load(open("out"))["plans"]
assert [p["block"] for p in r] == 8 * ["full"] + 8 * ["delta"] + 8 * ["full"]
for i, p in enumerate(r):
    assert ("compared" in p) == (i >= 8)
    if i < 8: continue
    c, first = p["compared"], r[i % 8]
    assert c["with"] == "full"
    for key, of in (("duration", "duration_s"), ("charge", "charge_mah"), ("air", "air_s")):
        assert abs(c["times_less_" + key] * p[of] / first[of] - 1) < 1e-9
    assert c["times_less_air"] > 8 or i >= 16' || die "the comparison is wrong"
$plan --loss 5% --dr 5 <delta >out
shows '^standard input: 6000 bytes$'

# all data rates of a region, those that cannot say why
expect 0 fuota-plan --region US915 --loss 10% --size 20k
[ "$(grep -c 'closed$\|matrix$' out)" = 6 ] || die "not 6 data rates"
expect 0 fuota-plan --region EU868 --loss 10% --size 1M
shows '^ 0  no: 1048576 bytes are 21846 fragments of 48 bytes at data rate 0'

# devices of a file: the worst decides, rows in any order
cat >losses.csv <<'CSV'
# measured last week
device,site,loss,late
a1,cellar,30%,0
a2,roof,0.01,
"a3",roof,0.02,12
CSV
expect 0 $plan --losses losses.csv --size 20k --dr 3 --per-device 0.99
shows '^devices  3, '
shows 'the worst 30 %$'
expect 0 $plan --losses losses.csv --size 20k --dr 3 --window-request - \
    --start 2026-11-23T06:00:00Z --deadline 2026-11-23T08:00:00Z
shows '"schema": "fuota-window-request/1"'
shows '"a1"'
shows '"session_time": 1479448818'
shows '"command": "McClassCSessionReq"'
shows '"frequency_hz": 869525000'
python3 -c 'import json,sys; r = json.load(open("out"))
assert r["frag_session_setup"]["nb_frag"] * r["frag_session_setup"]["frag_size"] \
    - r["frag_session_setup"]["padding"] == r["bytes"] == 20480
assert len(r["windows"]) == 1 and sorted(r["devices"]) == ["a1", "a2", "a3"]'
expect 5 $plan --losses losses.csv --size 20k --dr 3 --window-request w \
    --start 2026-11-23T06:00:00Z --deadline 2026-11-23T06:01:00Z
says 'from start to deadline'
absent w
expect 0 $plan --loss 10% --size 20k --dr 3 --class B --ping-periodicity 3 \
    --window-request -
shows 'McClassBSessionReq'
shows '"periodicity": 3'
expect 0 $plan --loss 10% --size 2k --dr 5 --class A --uplink-interval 600 --devices 50
shows ' - '

# pictures
expect 0 $plan --loss 10% --size 5k --dr 5 --plot one.svg
expect 0 $plan --loss 10% --size 20k --devices 1000 --all 99% --plot all.svg
expect 0 fuota-plan --region EU868 --trials 20000 --loss 5% --compare full delta --plot two.svg
"$TOP/tests/svg-check" one.svg all.svg two.svg || die "a picture is not legible"
if command -v rsvg-convert >/dev/null; then
	rsvg-convert all.svg -o all.png || die "cannot be rendered"
	[ "$(head -c 4 all.png | tail -c 3)" = PNG ] || die "no picture"
fi

# bad input, by name
expect 2 $plan --size 5k
says 'loss or --losses is required'
for loss in 0 1 100%; do
	expect 2 $plan --loss $loss --size 5k
	says 'is no rate of losses, it must be above 0 and below 1'
done
for loss in -0.1 nan inf 1.5 x; do
	expect 2 $plan --loss=$loss --size 5k
	says "loss: '$loss' is not a fraction"
done
expect 2 $plan --loss 10% --size 5k --all 1
says 'a target of 1 is impossible: every finite redundancy may fail'
expect 2 $plan --loss 10% --size 0
says 'is not a size from 1'
: >empty
expect 3 $plan --loss 10% empty
says 'is empty'
expect 3 $plan --loss 10% --size 2M --dr 0
says '2097152 bytes are 43691 fragments of 48 bytes at data rate 0, one session carries 16383'
expect 5 $plan --loss 10% --size 5k --dr 3 --profile loramac-node
says '103 fragments of 50 bytes, profile loramac-node takes at most 21 fragments'
expect 5 $plan --loss 40% --size 1000 --dr 3 --profile loramac-node
says 'no redundancy reaches 0.999 per device .* within the lost fragments that profile loramac-node; the best reachable is 0\.'
expect 2 fuota-plan --region EU999 --loss 10% --size 5k
says "'EU999' is none of EU868"
expect 2 fuota-plan --region US915 --dr 3 --loss 10% --size 5k
says 'data rate 3 of US915 is for uplinks only'
expect 3 fuota-plan --region EU868 --dr 9 --loss 10% --size 5k
says 'LR-FHSS'
expect 2 $plan --loss 10% --burst 100000 --size 5k --dr 5 --per-device 0.5
says 'mean burst of 100000 fragments is longer than the session of'
expect 2 $plan --loss 90% --burst 2 --size 5k
says 'too short for a loss'
printf 'device,loss\na,0.1\nb,1.5\n' >bad.csv
expect 3 $plan --losses bad.csv --size 5k -o plan.txt --plot plan.svg
says "'bad.csv': line 3: loss rate 1.5 is not from 0 to below 1"
absent plan.txt
absent plan.svg
printf 'device,loss\na,0.1\nb\n' >bad.csv
expect 3 $plan --losses bad.csv --size 5k
says 'line 3: 1 columns instead of 2'
printf 'device,rate\na,0.1\n' >bad.csv
expect 3 $plan --losses bad.csv --size 5k
says "line 1: no column is named 'loss'"
printf 'device,loss\n' >bad.csv
expect 3 $plan --losses bad.csv --size 5k
says 'holds no device'
printf 'profile: a\nmax_los: 3\n' >bad.yaml
expect 3 $plan --loss 10% --size 5k --profile bad.yaml
says "'bad.yaml': line 2: unknown key 'max_los'"
# memory for the session: 1000 bytes hold the matrix of about 90 lost ones
printf 'profile: small\nmax_lost: 500\nsession_ram: 1000\n' >small.yaml
expect 0 $plan --loss 10% --size 24000 --dr 0 --profile small.yaml
shows ', profile small$'
expect 5 $plan --loss 40% --size 24000 --dr 0 --profile small.yaml
says 'within the lost fragments that profile small; the best reachable is'
printf 'profile: tiny\nsession_ram: 150\n' >tiny.yaml
expect 5 $plan --loss 10% --size 24000 --dr 0 --profile tiny.yaml
says '500 fragments of 48 bytes take 289 bytes of memory to repair one, profile tiny has 150'
expect 2 $plan --losses losses.csv --burst 5 --size 5k
says 'not with --loss, --burst, --late or --devices'
expect 2 $plan --loss 10% --size 5k --window-request w
says 'needs one --dr'
expect 2 $plan --loss 10% --size 5k --all 0.9 --per-device 0.9
says 'one target'

# options that would do nothing, or undo each other
expect 2 $plan --loss 10% --compare --size 5k
says 'compare wants files, not --size'
expect 2 $plan --loss 10% --size 5k --dwell
says 'EU868 has no dwell time on downlinks'
expect 2 $plan --loss 10% --size 5k --start 2026-11-23T06:00:00Z
says 'are for a --window-request'
expect 2 $plan --loss 10% --size 5k --dr 5 --window-request w \
    --start 2026-11-23T06:00:00Z --deadline 2026-11-22T06:00:00Z
says 'deadline is not after --start'
absent w
expect 2 $plan --loss 10% --size 5k --dr 5 --plot same -o same
says "two outputs go to 'same'"
absent same
# 98 % lost: fifty fragments sent for one that arrives
expect 0 $plan --loss 98% --size 1000 --dr 5
expect 5 $plan --loss 99.99% --size 5k --dr 5
says 'the best reachable is 0$'

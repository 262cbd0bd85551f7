# SPDX-License-Identifier: BSD-2-Clause
# What the answers of three stacks mean
. "$TOP/tests/cli/lib"
. "$TOP/tests/cli/session-campaign"

# answers PROFILE FRAGS LINE...: one device for each hex on port 201
status() {
	profile=$1 frags=$2
	shift 2
	i=0
	: >uplinks
	for hex in "$@"; do
		i=$((i + 1))
		printf '{"dev_eui":"%016x","fport":201,"hex":"%s"}\n' $i "$hex" >>uplinks
	done
	expect 0 fuota-session interpret --profile "$profile" --frags "$frags" uplinks
}
# is N STATE NEXT: the verdict on the N-th device
is() {
	sed -n "$1p" out | grep -q "\"state\":\"$2\",\"next\":\"$3\"" ||
	    die "device $1 is not $2, $3: $(sed -n "$1p" out)"
}

# LoRaMac-node: 21 fragments and 5 coded; NbFragReceived is the last N, and
# MissingFrag counts what was ever lost, also after it was recovered
head -c 1024 block.bin >small.bin
fuota-frag -q --ts004 1 --frag-size 50 --redundancy 5 -o small.frags small.bin
status loramac-node small.frags 0115000000 011a000300 011a000600 0118000300 0110000200
is 1 complete verify
is 2 probably-complete verify
shows 'this counter stays after a recovery'
is 3 damaged new-session
shows 'lost 6 fragments, repairs at most 5, and reports success with a broken block'
is 4 incomplete top-up
sed -n 4p out | grep -q '"top_up":18,"command":"fuota-frag --ts004 1 --frag-size 50 --frag-index 0 --from 27 --redundancy 18"' ||
    die "$(sed -n 4p out)"
is 5 incomplete new-session

# the line works, and continues where the script ended
$(sed -n 's/.*"top_up":18,"command":"\(fuota-frag[^"]*\)".*/\1/p' out | head -1) -q small.bin >more.frags
grep -q '"n":27,' more.frags || die "top-up begins behind the last fragment"
[ "$(grep -c '"n":' more.frags)" = 18 ] || die "as many as asked"

# LoRa Basics Modem: MissingFrag stays 1 after a reception without loss; the
# status of an unknown session has 5 bytes
status lbm-v2 app.frags 0100240000 0100240001 0100200004 0106000000 0101200004 0104 0102240000
is 1 complete verify
is 2 probably-complete verify
is 3 incomplete top-up
shows '4 fragments are still to recover; 12 more coded fragments'
is 4 no-session repeat-setup
sed -n 4p out | grep -q 'fields follow although the session does not exist' || die "no note"
is 5 aborted new-session
is 6 no-session repeat-setup
is 7 damaged new-session
# the whole group: one line that is enough for all
tail -1 out | grep -q '"devices":7.*"top_up":12,"command":"fuota-frag --ts004 2 --frag-size 112 --frag-index 0 --from 45 --redundancy 12"' ||
    die "$(tail -1 out)"
status lbm-v2 app.frags 0400 0404
is 1 complete verify
sed -n 1p out | grep -q '"downlink":{"fport":201,"hex":"0400"}' || die "no answer"
is 2 damaged new-session

# Zephyr: NbFragReceived counts everything, 0 missing is not complete
fuota-frag -q --ts004 1 --frag-size 48 --redundancy 20 -o z.frags block.bin
nb=$(sed -n 's/.*"nb_frag":\([0-9]*\),.*/\1/p;1q' z.frags)
[ "$nb" = 84 ] || die "84 fragments"
status zephyr-lowmem z.frags 0168000000 0155000000 0164000000 0140001400
is 1 complete verify
is 2 incomplete top-up
shows '0 missing would not mean complete on this stack'
is 3 probably-complete verify
is 4 incomplete top-up
shows 'without TS006 only the running version proves it'

# set-up answers, clocks; three shapes of uplinks
cat >uplinks <<'EOF'
{"dev_eui":"0000000000000001","fport":200,"hex":"0200"}
{"dev_eui":"0000000000000001","fport":201,"hex":"0200"}
{"dev_eui":"0000000000000001","fport":200,"hex":"0400100e00","time":"2026-12-01T11:00:00Z"}
{"deviceInfo":{"devEui":"0000000000000002"},"fPort":200,"data":"BAA8DgA=","time":"2026-12-01T11:00:00.123456+00:00"}
{"deviceInfo":{"devEui":"0000000000000002"},"time":"2026-12-01T11:00:00Z"}
{"end_device_ids":{"dev_eui":"0000000000000003"},"received_at":"2026-12-01T11:00:00.5Z","uplink_message":{"f_port":200,"frm_payload":"BCA="}}
{"dev_eui":"0000000000000004","fport":201,"hex":"0202"}
{"dev_eui":"0000000000000005","fport":201,"hex":"0210"}
{"dev_eui":"0000000000000006","fport":202,"hex":"01d202964919","time":"2026-12-01T01:00:00Z"}
{"dev_eui":"0000000000000007","fport":225,"hex":"8000000101050001e10102ca0202c80302c90401cb01"}
{"dev_eui":"0000000000000008","fport":203,"hex":"040305030201"}
{"dev_eui":"0000000000000009","fport":203,"hex":"0105030201010000000"}
EOF
expect 3 fuota-session interpret --profile lbm-v2 uplinks
says 'line 12: payload is too long or not hexadecimal'

# nothing was heard from any device; other inputs are never empty
: > none
expect 0 fuota-session interpret --profile lbm-v2 none
shows '"devices":0,"next":{}'
expect 3 fuota-session interpret --profile lbm-v2 --frags none none
says 'is empty'
sed -i 's/0105030201010000000/010503020101000000/' uplinks
expect 0 fuota-session interpret --profile lbm-v2 --campaign campaign.yaml --fw-version 0x01020305 uplinks
is 1 scheduled wait
is 2 clock-off resync-clock
sed -n 2p out | grep -q 'off by 44 s.*"downlink":{"fport":202,"hex":"0301"}' || die "$(sed -n 2p out)"
is 3 start-missed resync-clock
is 4 refused hopeless
is 5 replay repeat-setup
sed -n 6p out | grep -q '"downlink":{"fport":202,"hex":"01d0dba20e09"}' || die "$(sed -n 6p out)"
sed -n 7p out | grep -q '"versions":{"multipackage":1,"clocksync":2,"multicastsetup":2,"fragmentation":2,"firmwaremanagement":1}' ||
    die "$(sed -n 7p out)"
is 8 ready reboot
is 9 updated done
expect 0 fuota-session interpret --profile lbm-v1 uplinks
sed -n 7p out | grep -q 'fragmentation is version 2, profile lbm-v1 says 1' || die "no note"

# the same bytes on other stacks
printf '{"dev_eui":"0000000000000001","fport":200,"hex":"0410"}\n{"dev_eui":"0000000000000002","fport":200,"hex":"04"}\n{"dev_eui":"0000000000000003","fport":200,"hex":"0400ffffff"}\n' >uplinks
expect 0 fuota-session interpret --profile loramac-node uplinks
is 1 start-missed resync-clock
expect 0 fuota-session interpret --profile lbm-v1 uplinks
is 1 no-group repeat-setup
expect 0 fuota-session interpret --profile zephyr-lowmem uplinks
is 2 refused hopeless
is 3 clock-off resync-clock

# a session that was refused: the status before it was of another one
printf '{"dev_eui":"0000000000000001","fport":201,"hex":"%s"}\n' 0115000000 0202 >uplinks
expect 0 fuota-session interpret --profile loramac-node --frags small.frags uplinks
is 1 refused hopeless
# more fragments than were sent: the session before
printf '{"dev_eui":"0000000000000001","fport":201,"hex":"0145000000"}\n' >uplinks
expect 0 fuota-session interpret --profile loramac-node --frags small.frags uplinks
is 1 no-fragment wait

# unknown ports are passed over, truncated uplinks noted
printf '{"dev_eui":"0000000000000001","fport":10,"hex":"00"}\n{"dev_eui":"0000000000000001","fport":201,"hex":"0100"}\n' >uplinks
expect 0 fuota-session interpret --profile lbm-v1 uplinks
says 'line 1: port 10 carries no package, passed over'
shows 'FragSessionStatusAns has 1 of 4 bytes'
expect 0 fuota-session interpret --profile lbm-v1 --frags small.frags -q uplinks
expect 2 fuota-session interpret uplinks
says '--profile is required'
echo '{"dev_eui":"00000000000001","fport":201,"hex":"00"}' >uplinks
expect 3 fuota-session interpret --profile lbm-v1 uplinks
says 'line 1: DevEUI is missing or not 16 hex digits'
echo 'nothing' >uplinks
expect 3 fuota-session interpret --profile lbm-v1 uplinks
says 'line 1: not a JSON object'

# with the script: answers and requests are paired
$script -o script.jsonl campaign.yaml app.frags
cat >uplinks <<'EOF'
{"dev_eui":"70b3d57ed0000001","fport":225,"hex":"8000000101050001e10102ca0202c80302c90401cb00","time":"2026-11-30T13:20:00Z"}
{"dev_eui":"70b3d57ed0000001","fport":200,"hex":"0200","time":"2026-11-30T15:20:00Z"}
{"dev_eui":"70b3d57ed0000001","fport":200,"hex":"0204","time":"2026-11-30T15:30:00Z"}
{"dev_eui":"70b3d57ed0000001","fport":201,"hex":"0240","time":"2026-11-30T16:20:00Z"}
{"dev_eui":"70b3d57ed0000001","fport":200,"hex":"0400800601","time":"2026-11-30T17:20:00Z"}
{"dev_eui":"70b3d57ed0000001","fport":203,"hex":"0400","time":"2026-11-30T17:20:00Z"}
EOF
expect 0 fuota-session interpret --script script.jsonl uplinks
is 1 refused hopeless
is 2 silent repeat-setup
sed -n 1p out >first
grep -q '"missing":\["AppTimeReq","DevVersionAns"\],"pending":4' first || die "$(cat first)"
grep -q 'FragSessionSetupAns answers for another index, group or token than was asked' first || die "$(cat first)"
grep -q 'DevUpgradeImageAns was not asked for' first || die "$(cat first)"
grep -q 'McGroupSetupAns says 04, an earlier one 00' first || die "$(cat first)"
sed -n 2p out | grep -q '"means":"has answered none of 4 requests".*"missing":\["AppTimeReq","MultiPackageUplink","DevVersionAns","McGroupSetupAns"\],"pending":5,"downlink":{"fport":202,"hex":"0301"}' ||
    die "$(sed -n 2p out)"
expect 0 fuota-session interpret --script script.jsonl --at 2026-11-30T13:00:00Z uplinks
is 2 silent wait
expect 2 fuota-session interpret --script script.jsonl --at tomorrow uplinks
says '--at is a time'

# the session that a device does not have is sent again, the same bytes; the
# script tells NbFrag and the last fragment
grep '"dev_eui":"70b3d57ed0000001".*FragSessionSetupReq' script.jsonl |
    sed 's/.*"hex":"\([0-9a-f]*\)".*/\1/' >setup
printf '%s\n' '{"dev_eui":"70b3d57ed0000001","fport":201,"hex":"0104"}' \
    '{"dev_eui":"70b3d57ed0000002","fport":201,"hex":"0100200004"}' >uplinks
expect 0 fuota-session interpret --script script.jsonl uplinks
is 1 no-session repeat-setup
sed -n 1p out | grep -q "\"downlink\":{\"fport\":201,\"hex\":\"$(cat setup)\"}" || die "$(sed -n 1p out)"
is 2 incomplete top-up
sed -n 2p out | grep -q -e '--from 45 --redundancy 12"' || die "$(sed -n 2p out)"
cp out by-script
expect 0 fuota-session interpret --profile lbm-v2 --frags app.frags --script script.jsonl uplinks
same by-script out

# a clock is judged by the request that was answered
echo '{"dev_eui":"70b3d57ed0000002","fport":200,"hex":"0400a8fc00","time":"2026-11-30T18:02:00Z"}' >uplinks
expect 0 fuota-session interpret --script script.jsonl uplinks
is 2 set-up repeat-setup
echo '{"dev_eui":"70b3d57ed0000002","fport":200,"hex":"0400000000","time":"2026-11-30T18:02:00Z"}' >uplinks
expect 0 fuota-session interpret --script script.jsonl uplinks
is 2 clock-off resync-clock

# broken scripts
sed 1d script.jsonl >headless
expect 3 fuota-session interpret --script headless uplinks
says "'headless': line 1: not a script in JSON Lines: its plan is the first line"
sed '4s/"version":[12]/"version":7/' script.jsonl >versions
expect 3 fuota-session interpret --script versions uplinks
says "line 4: member 'version' is none of the package"
head -c 3000 script.jsonl >cut
expect 3 fuota-session interpret --script cut uplinks
says 'not a JSON object'
sed '1s/lbm-v2/own/' script.jsonl >own
expect 2 fuota-session interpret --script own uplinks
says '--profile is required'
expect 0 fuota-session interpret --script own --profile lbm-v2 uplinks
printf '{"end_device_ids":{"dev_eui":"70b3d57ed0000002"},"join_accept":{}}\n' >uplinks
expect 0 fuota-session interpret --profile lbm-v2 uplinks
shows '"devices":0'

# what devices really answered, exchange by exchange: everything is read, and
# where the specification is broken it is said
python3 - "$TOP/tests/vectors/ts00x-commands.json" <<'EOF'
import json, subprocess, sys
def run(*args, data):
    return subprocess.run(["fuota-session", *args], input=data, text=True,
                          capture_output=True)
for t in json.load(open(sys.argv[1]))["device_transcripts"]:
    profile = "lbm-v1" if "set v1" in t["device"] else "lbm-v2"
    told = []
    lines = []
    for e in t["exchanges"]:
        for up in e["up"] or []:
            got = run("decode", "--fport", str(e["fport"]), "--profile", profile,
                      data=up + "\n")
            assert got.returncode == 0, (t["name"], up, got.stderr)
            told += [b for line in got.stdout.splitlines()
                     for b in json.loads(line).get("breaches", [])]
            lines.append(json.dumps({"dev_eui": "00" * 8, "fport": e["fport"],
                                     "hex": up}))
    got = run("interpret", "--profile", profile, data="\n".join(lines) + "\n")
    assert got.returncode == 0, (t["name"], got.stderr)
    state = json.loads(got.stdout.splitlines()[0])
    assert state["answers"] == len(lines), state
    assert set(told) <= set(state["notes"]), (told, state)
    want = {"remote multicast v1": "a status bit that this version",
            "fragmentation v2 status and errors": "fields follow although"}
    assert (t["name"] in want) == bool(told), (t["name"], told)
    if told:
        assert told[0].startswith(want[t["name"]]), told
EOF

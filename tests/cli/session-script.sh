# SPDX-License-Identifier: BSD-2-Clause
# Campaign scripts: the same twice, and every refusal by name
. "$TOP/tests/cli/lib"
. "$TOP/tests/cli/session-campaign"

expect 0 $script -o one.jsonl campaign.yaml app.frags
expect 0 $script -o two.jsonl campaign.yaml app.frags
same one.jsonl two.jsonl
$script campaign.yaml app.frags >three.jsonl
same one.jsonl three.jsonl
[ "$(wc -l <one.jsonl)" = 63 ] || die "a head, 18 unicast downlinks, 44 fragments"
! grep -q '00112233445566778899aabbccddeeff\|2b7e151628' one.jsonl ||
    die "a key is shown"

# the lines are commands: encode gives their frames
grep '"phase":"setup"' one.jsonl >setup.jsonl
fuota-session encode setup.jsonl >frames.txt
sed 's/.*"hex":"\([0-9a-f]*\)".*/\1/' setup.jsonl >want.txt
same frames.txt want.txt
grep '"phase":"fragment"' one.jsonl | sed 's/.*"hex":"\([0-9a-f]*\)".*/\1/' >sent.txt
sed -n 's/.*"payload":"\([0-9a-f]*\)".*/\1/p' app.frags >payloads.txt
same sent.txt payloads.txt

# SessionCnt: the same for this campaign, more for the next
grep -c '"SessionCnt":0,' one.jsonl >count
[ "$(cat count)" = 2 ] || die "counters begin at 0"
sed 's/^name:.*/name: second/' campaign.yaml >second.yaml
expect 0 $script second.yaml app.frags
[ "$(grep -c '"SessionCnt":1,' out)" = 2 ] || die "counters grow"
expect 0 fuota-session script --keys keys.csv --mc-key mckey --session-cnt 77 campaign.yaml app.frags
[ "$(grep -c '"SessionCnt":77,' out)" = 2 ] || die "counter by hand"
expect 2 fuota-session script --keys keys.csv --mc-key mckey campaign.yaml app.frags
says 'needs one of --ledger and --session-cnt'
cp ledger.db kept.db
expect 2 $script -o ledger.db campaign.yaml app.frags
says "'ledger.db': is an input too"
same ledger.db kept.db
expect 2 fuota-session script --keys keys.csv --mc-key mckey --ledger new.db -o new.db campaign.yaml app.frags
says "'new.db' is the ledger too"
absent new.db
sqlite3 ledger.db 'UPDATE session_cnt SET last = 65535' 2>/dev/null ||
    python3 -c "
import sqlite3
db = sqlite3.connect('ledger.db')
db.execute('UPDATE session_cnt SET last = 65535')
db.commit()"
expect 5 $script -o no.jsonl campaign.yaml app.frags
says 'SessionCnt of FragIndex 0 is used up, 65535 was the last'
absent no.jsonl
python3 - <<'EOF'
import sqlite3, subprocess
db = sqlite3.connect("ledger.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE")
run = subprocess.run("fuota-session script --keys keys.csv --mc-key mckey "
                     "--ledger ledger.db campaign.yaml app.frags", shell=True,
                     capture_output=True, text=True)
assert run.returncode == 4 and run.stdout == "", run
assert "'ledger.db': ledger is locked by another run" in run.stderr, run.stderr
EOF
rm ledger.db

# refusals by name; nothing is written
refuse() {
	code=$1 pattern=$2
	expect "$code" $script -o no.jsonl bad.yaml app.frags
	says "$pattern"
	absent no.jsonl
}
with() {
	sed "$1" campaign.yaml >bad.yaml
}
with '$a data_rate: 4'
refuse 3 "'bad.yaml': line 9: 'data_rate' is given twice"
with '$a frequency: 869525050'
refuse 3 'frequency 869525050 Hz is not a multiple of 100 Hz'
with 's/EU868/US915/'
refuse 3 'line 5: '
with 's/^start:.*/start: 2026-11-30T11:00:00Z/'
refuse 3 'start is in the past, 3600 s before now'
with '$a class: B'
refuse 3 'class B starts at a multiple of 128 s of GPS time'
with 's/^start:.*/start: 2026-11-30T13:00:00Z/'
refuse 5 'does not fit its window: set-up of 2 devices takes'
with '$a duty_cycle: 0.01%'
refuse 5 'does not fit its window'
with '$a duty_cycle: 0.05%'
refuse 5 "fragments take 59625 s with the margin, a class C session lasts at most 32768; 'sessions: 2' splits them"
sed '$a duty_cycle: 0.05%\nsessions: 2' campaign.yaml >long.yaml
expect 0 $script -o long.jsonl long.yaml app.frags
grep -q '"session_fragments":22,"sessions":\["2026-12-01T12:00:00Z","2026-12-02T00:17:25Z"\]' long.jsonl ||
    die "$(head -1 long.jsonl)"
[ "$(grep -c '"command":"McClassCSessionReq"' long.jsonl)" = 4 ] || die "a request for each device and session"
expect 5 $script --format chirpstack-fuota -o no long.yaml app.frags
says 'ChirpStack has one class session, the fragments take 2'
absent no
with '$a network_server: aws'
refuse 3 "'fuota-frag --frag-index 1' makes such fragments"
with '$a end: 2026-12-01T12:30:00Z'
refuse 5 'does not fit its window: the last answer is due'
with 's/lbm-v2/lbm-v1/'
refuse 3 'fragments are TS004 2.0.0, profile lbm-v1 takes 1.0.0'
printf 'profile: tiny\nbase: lbm-v2\nmax_nb_frag: 35\n' >tiny.yaml
with 's|lbm-v2|./tiny.yaml|'
refuse 5 '36 fragments of 112 bytes, profile tiny takes at most 35'
with 's/data_rate: 3/data_rate: 0/'
refuse 5 'FragSize 112, data rate 0 of EU868 takes at most 48'

cp keys.csv good.csv
{ cat good.csv; tail -1 good.csv; } >keys.csv
expect 3 $script campaign.yaml app.frags
says "'keys.csv': DevEUI 70b3d57ed0000002 is there twice, as devices 2 and 3"
sed 's/70b3d57ed0000002/70b3d57ed000002/' good.csv >keys.csv
expect 3 $script campaign.yaml app.frags
says 'line 3: DevEUI has 15 characters'
sed 's/0d0e0f,$/0d0e,/' good.csv >keys.csv
expect 3 $script campaign.yaml app.frags
says 'line 3: root key has 30 characters'
cp good.csv keys.csv
sed 3d app.frags >lossy.frags
expect 0 $script campaign.yaml lossy.frags
head -20 app.frags >cut.frags
expect 1 $script campaign.yaml cut.frags
expect 3 $script campaign.yaml block.bin
says 'not a fragment file'

# other formats
expect 0 $script --format hex campaign.yaml app.frags
shows '^2026-12-01T12:00:00Z 01020304 201 080100'
shows '^2026-11-30T12:00:00Z 70b3d57ed0000001 202 0301$'
expect 2 $script --format tts --application a campaign.yaml app.frags
says 'needs --gateway'
expect 0 $script --format tts --application a --tenant t --gateway g1 --gateway g2 campaign.yaml app.frags
python3 - <<'EOF'
import base64, json
rows = [json.loads(line) for line in open("out")]
fragments = [r for r in rows if "/mc-01020304/" in r["topic"]]
assert len(rows) == 62 and len(fragments) == 44
for i, r in enumerate(fragments):
    d, = r["payload"]["downlinks"]
    assert d["f_port"] == 201 and d["class_b_c"]["absolute_time"] == r["at"]
    assert [g["gateway_ids"]["gateway_id"] for g in d["class_b_c"]["gateways"]] == ["g1", "g2"]
    data = base64.b64decode(d["frm_payload"])
    assert data[0] == 8 and data[1] == i + 1 and len(data) == 115
assert rows[0]["topic"] == "v3/a@t/devices/pump-1/down/push"
EOF
expect 2 $script --format tts --application 'a"b' --gateway g campaign.yaml app.frags
expect 2 $script --format chirpstack-fuota campaign.yaml app.frags
says '-o names a new directory'
expect 2 $script --format nothing campaign.yaml app.frags

expect 0 $script --format aws --image-uri s3://bucket/key --role arn:aws:iam::1:role/x -o aws campaign.yaml app.frags
says 'AWS: 20 % of 36 fragments are 8 coded ones, 8 were asked for'
sh -n aws/upload.sh
same aws/block.bin block.bin
python3 - <<'EOF'
import base64, json, re
task = json.load(open("aws/create-fuota-task.json"))
assert task["FragmentSizeBytes"] == 112 and task["RedundancyPercent"] == 20
assert task["FragmentIntervalMS"] % 1000 == 0 and task["FragmentIntervalMS"] >= 6768
assert re.fullmatch("[a-zA-Z0-9-_]{1,64}", task["ClientRequestToken"])
assert len(base64.b64decode(task["Descriptor"])) == 4
assert task["LoRaWAN"]["RfRegion"] == "EU868"
group = json.load(open("aws/start-group-session.json"))["LoRaWAN"]
assert group["DlDr"] == 3 and group["DlFreq"] == 869525000
assert 60 <= group["SessionTimeout"] <= 172800
assert json.load(open("aws/start-fuota-task.json")) == {
    "LoRaWAN": {"StartTime": "2026-12-01T12:00:00Z"}}
EOF
printf 'profile: single\nbase: lbm-v2\nquirks: [index-zero]\n' >single.yaml
expect 5 $script --profile ./single.yaml --format aws -o aws2 campaign.yaml app.frags
says 'FragIndex 1 of AWS: devices of profile single take 0 only'
absent aws2
expect 4 $script --format aws -o aws campaign.yaml app.frags
says "cannot create the directory: File exists"
expect 2 $script --format thingpark -o tp campaign.yaml app.frags
says '--show-keys is required'
expect 0 $script --format thingpark --show-keys --group 0102030405060708 -o tp campaign.yaml app.frags
says 'ThingPark: THREE_TO_FOUR of 36 fragments are 12 coded ones, 8 were asked for'
[ "$(cat tp/multicast-group.csv)" = "0102030405060708,C,00112233445566778899aabbccddeeff,01020304,869525000,3,EU868,THREE_TO_FOUR,false,0,sensor-1.3,sensor-1.3,0" ] ||
    die "$(cat tp/multicast-group.csv)"
[ "$(stat -c %a tp/multicast-group.csv)" = 600 ] || die "mode of a key"
[ "$(cat tp/device-set.csv)" = "sensor-1.3,sensor-1.3,70b3d57ed0000001;70b3d57ed0000002" ] || die "device set"

# TS004 1.0.0 has no SessionCnt; no ledger is made for nothing
fuota-frag -q --ts004 1 --frag-size 112 --redundancy 8 --mc-group-bit-mask 1 -o v1.frags block.bin
expect 0 fuota-session script --profile lbm-v1 --keys keys.csv --mc-key mckey --ledger v1.db -o v1.jsonl campaign.yaml v1.frags
says 'no SessionCnt is sent: --ledger is not used'
absent v1.db

# and whoever mistakes one file for another
expect 3 fuota-session script --keys keys.csv --mc-key mckey --ledger keys.csv -o no campaign.yaml app.frags
says "'keys.csv': not a ledger"
expect 4 fuota-session script --keys keys.csv --mc-key block.bin --ledger ledger.db -o no campaign.yaml app.frags
says "'block.bin': "
expect 2 fuota-session script --keys keys.csv --mc-key mckey --campaign-secret mckey -o no campaign.yaml app.frags
says 'one of --mc-key and --campaign-secret'
expect 2 fuota-session script --keys keys.csv --mc-key mckey --session-cnt 65536 -o no campaign.yaml app.frags
says "'65536' is not a number from 0 to 65535"
expect 2 $script -o keys.csv campaign.yaml app.frags
says "'keys.csv': is an input too"
expect 3 $script -o no keys.csv app.frags
says "'keys.csv': line 1: not a mapping"
expect 2 $script -o no campaign.yaml
says 'a campaign and a fragment file'
absent no
# every cut of the key CSV's last line is refused or complete
tail -1 keys.csv >last
for len in 5 15 16 17 30 48; do
	{ head -2 keys.csv; head -c $len last; } >cut.csv
	expect 3 fuota-session script --keys cut.csv --mc-key mckey --session-cnt 1 -o no campaign.yaml app.frags
	says "'cut.csv': line 3: "
	absent no
done
for line in 'a,b' '0102030405060708,zz' '70b3d57ed000000100,000102030405060708090a0b0c0d0e0f,' \
    '70b3d57ed0000009,000102030405060708090a0b0c0d0e0f10,' \
    '70b3d57ed0000009,000102030405060708090a0b0c0d0e0f,a/b' \
    '70b3d57ed0000009,000102030405060708090a0b0c0d0e0f,a,b'; do
	{ cat keys.csv; echo "$line"; } >bad.csv
	expect 3 fuota-session script --keys bad.csv --mc-key mckey --session-cnt 1 -o no campaign.yaml app.frags
	says "'bad.csv': line 4: "
	absent no
done

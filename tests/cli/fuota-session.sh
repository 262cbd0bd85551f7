# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

# every vector both ways, at one go for each package, version and direction
python3 - "$TOP/tests/vectors/ts00x-commands.json" <<'EOF'
import json, subprocess, sys
vectors = json.load(open(sys.argv[1]))["vectors"]
members = ("package", "version", "direction", "command", "fields")
groups = {}
for v in vectors:
    groups.setdefault((v["package"], v["version"], v["direction"]), []).append(v)
count = 0
for (package, version, direction), rows in groups.items():
    frames = "".join(v["hex"] + "\n" for v in rows)
    lines = "".join(json.dumps({m: v[m] for m in members}) + "\n" for v in rows)
    out = subprocess.run(["fuota-session", "encode"], input=lines, text=True,
                         capture_output=True, check=True).stdout
    assert out == frames, (package, version, direction)
    out = subprocess.run(["fuota-session", "decode", "--package", package,
                          "--package-version", str(version), "--direction",
                          direction], input=frames, text=True,
                         capture_output=True, check=True).stdout
    got = [json.loads(line) for line in out.splitlines()]
    assert [{m: g[m] for m in members} for g in got] == \
        [{m: v[m] for m in members} for v in rows], (package, direction)
    count += len(rows)
assert count == 158, count
EOF

# several commands in a frame, remarks, ports, and back
printf '# set-up\n00 0203 0304\n' >frames.txt
expect 0 fuota-session decode --fport 202 --direction down frames.txt
[ "$(wc -l <out)" = 3 ] || die "three commands"
shows '"frame":2,"offset":1,"hex":"0203"'
cp out lines.jsonl
expect 0 fuota-session encode lines.jsonl
[ "$(cat out)" = 0002030304 ] || die "the frame comes back"

# options stand for what lines lack, and lines win
echo '{"command":"FragSessionSetupReq","fields":{"FragIndex":0,"McGroupBitMask":1,"NbFrag":20,"FragSize":50,"FragAlgo":0,"BlockAckDelay":0,"Padding":0,"Descriptor":"01020304"}}' >setup
expect 0 fuota-session encode --fport 201 --direction down --package-version 1 setup
[ "$(cat out)" = 0201140032000001020304 ] || die "$(cat out)"
expect 0 fuota-session encode --package fragmentation --direction down --profile lbm-v1 setup
[ "$(cat out)" = 0201140032000001020304 ] || die "$(cat out)"
expect 3 fuota-session encode --fport 201 --direction down --profile lbm-v2 setup
says 'FragSessionSetupReq: AckReception is missing'
expect 3 fuota-session encode --fport 201 setup
says "line 1: member 'direction' is not up or down"
expect 3 fuota-session encode --direction down setup
says "member 'package' is not one of"
printf '%s\n' '{"frame":1,"command":"FragSessionDeleteReq","fields":{"FragIndex":0}}' \
    '{"frame":1,"command":"PackageVersionReq"}' \
    '{"frame":2,"package":"clocksync","version":2,"command":"PackageVersionReq"}' >several
expect 0 fuota-session encode --fport 201 --profile loramac-node --direction down several
[ "$(tr '\n' ' ' <out)" = "030000 00 " ] || die "$(cat out)"
sed -i 's/"frame":2/"frame":1/' several
expect 3 fuota-session encode --fport 201 --direction down several
says 'line 3: clocksync downlink in a frame of fragmentation downlinks'
expect 2 fuota-session encode --package-version 1 setup
says '--package-version needs --package or --fport'
expect 2 fuota-session encode --fport 201 --package clocksync setup
says '--package: package fragmentation was chosen before'
expect 2 fuota-session decode --fport 203 --package-version 2 setup
says 'firmwaremanagement has versions 1 to 1'
expect 2 fuota-session encode --skip-unknown setup
expect 2 fuota-session encode --direction sideways setup
echo >nothing
expect 3 fuota-session encode nothing
says 'holds no command'

# what cannot be read is refused with its byte, or reported
echo 0400580200ff >frame
expect 3 fuota-session decode --package multicastsetup frame
says "'frame': line 1, byte 5: unknown CID ff, 0 bytes"
expect 0 fuota-session decode --package multicastsetup --skip-unknown frame
shows '"unknown":"ff","reason":"unknown CID ff'
echo 0578563412 >frame
expect 0 fuota-session decode --fport 201 frame
shows '"command":"UnknownCID05","fields":{"Data":"78563412"},"breaches":\["unknown CID'
echo 0420 >frame
expect 0 fuota-session decode --fport 200 --profile lbm-v1 frame
shows '"StartMissed":1.*"breaches":\["a status bit that this version'
echo 010000 >frame
expect 3 fuota-session decode --fport 201 --profile lbm-v1 frame
says 'line 1, byte 3: FragSessionStatusAns has 2 of 4 bytes'
printf '\n# nothing\n' >frame
expect 3 fuota-session decode --fport 201 frame
says 'holds no frame'
expect 2 fuota-session decode --fport 199 frame
says 'no package has port 199'
expect 2 fuota-session decode frame
says '--package or --fport is required'
echo 0xyz >frame
expect 3 fuota-session decode --fport 201 frame
says 'line 1: not a frame'
echo '{"frame":1,"package":"fragmentation","direction":"down","command":"FragSessionDeleteReq","fields":{"FragIndex":0}}
{"frame":1,"package":"fragmentation","direction":"down","command":"DataFragment","fields":{"FragIndex":0,"N":1,"Data":"00"}}' >two
expect 3 fuota-session encode two
says 'line 2: a DataFragment or a multi-package message is alone'
expect 2 fuota-session
expect 2 fuota-session frobnicate
expect 2 fuota-session decode --bogus

# keys: from a file or a descriptor, shown only when asked
echo 2b7e151628aed2a6abf7158809cf4f3c >root
echo 00112233445566778899aabbccddeeff >mckey
expect 0 fuota-session keys --root root --mc-key mckey --mc-addr 01020304
shows '"McKeyEncrypted":"0828c6ba02d15a2802a45be8cefee602"'
! grep -qi '2b7e1516\|00112233\|8cb8665e' out || die "a key is shown"
expect 0 fuota-session keys --root root --mc-key mckey --mc-addr 01020304 --show
shows '"McAppSKey":"a22dcd6b0c788d70ee3a80a93edda45e","McNwkSKey":"8d5a38c3b64f3fa57b9b73106e93aaec"'
shows '"McKEKey":"8cb8665e0c0e0b645b2ed9e48a19277c","DataBlockIntKey":"7ac47c65fe259bb654bd263519f89c8e"'
fuota-session keys --root fd:3 --lorawan 1.1 --mc-key fd:4 3<root 4<mckey >out
shows '"McKeyEncrypted":"ea85ee3332ac37affebc14f7c23c2cc4"'
printf 'dev_eui,root_key,lorawan\n0000000000000001,2b7e151628aed2a6abf7158809cf4f3c,1.0\n0000000000000002,2b7e151628aed2a6abf7158809cf4f3c,1.1\n' >keys.csv
expect 0 fuota-session keys --keys keys.csv --mc-key mckey
shows '"dev_eui":"0000000000000002","lorawan":"1.1","McKeyEncrypted":"ea85'
echo 000102030405060708090a0b0c0d0e >short
expect 4 fuota-session keys --root short
says "'short': not a key of 16 bytes: 30 characters"
echo 000102030405060708090a0b0c0d0e0f10 >long
expect 4 fuota-session keys --root long
says '34 characters'
expect 2 fuota-session keys 2b7e151628aed2a6abf7158809cf4f3c
says 'a key on the command line'
expect 0 fuota-session keys --new-mc-key fresh --mc-addr 01020304
[ "$(stat -c %a fresh)" = 600 ] || die "mode of a new key"
expect 0 fuota-session keys --root root --mc-key fresh
expect 4 fuota-session keys --new-mc-key fresh
says "cannot create: File exists"
expect 2 fuota-session keys --new-mc-key -
says '--new-mc-key names a new file'
expect 4 fuota-session keys --root root --new-mc-key other --block nothing-there
absent other
echo 'a campaign secret of enough bytes' >secret
expect 0 fuota-session keys --campaign-secret secret --campaign x --mc-addr 01020304 --show
cp out first
expect 0 fuota-session keys --campaign-secret secret --campaign x --mc-addr 01020304 --show
same first out
expect 2 fuota-session keys --campaign-secret secret

# profiles
expect 0 fuota-session profiles
for name in fuota-device loramac-node lbm-v1 lbm-v2 zephyr-lowmem zephyr-semtech; do
	shows "^$name: "
done
shows 'McGroupStatusReq is not implemented'
expect 0 fuota-session profiles --json lbm-v2
shows '"ts004": "2.0.0"'
expect 2 fuota-session profiles nobody
says "neither built in nor a file"

# SPDX-License-Identifier: BSD-2-Clause
# The scripts of samples/pipeline do what they say, and stop when they must.
. "$TOP/tests/cli/lib"

cp "$TOP"/samples/app-1.[23].bin "$TOP"/tests/keys/release.* .
chmod 600 release.key
scripts=$TOP/samples/pipeline

expect 2 "$scripts/release.sh"
says '^usage: release.sh OLD.bin'
expect 0 "$scripts/release.sh" app-1.2.bin 1.2.0 app-1.3.bin 1.3.0 \
    release.key release.pub out1
expect 0 "$scripts/release.sh" app-1.2.bin 1.2.0 app-1.3.bin 1.3.0 \
    release.key release.pub out2
for file in delta.fuota delta.frags full.fuota full.frags; do
	same out1/$file out2/$file
done
[ "$(wc -c <out1/delta.fuota)" -lt "$(wc -c <out1/full.fuota)" ] ||
    die "the delta is not smaller"
expect 2 "$scripts/release.sh" app-1.2.bin 1.2.0 app-1.3.bin 1.3.0 \
    release.key release.pub out2
says 'is there already'

# A stage in the middle fails: no release, nothing left.
code=0
"$scripts/release.sh" missing.bin 1.2.0 app-1.3.bin 1.3.0 release.key \
    release.pub out3 >out 2>err || code=$?
[ "$code" != 0 ] || die "a release without its base"
absent out3
[ -z "$(ls -d release.?????? 2>/dev/null)" ] || die "a work directory is left"

# Signed elsewhere is signed.
expect 2 "$scripts/signing-room.sh" sign
fuota-image --hw-id 0x0102 --fw-version 1.3.0 app-1.3.bin >unsigned
expect 0 "$scripts/signing-room.sh" request unsigned message
[ "$(wc -c <message)" -le 512 ] || die "a message of $(wc -c <message) bytes"
if openssl pkeyutl -sign -rawin -help >/dev/null 2>&1; then
	expect 0 "$scripts/signing-room.sh" sign release.key message signature
	expect 0 "$scripts/signing-room.sh" attach unsigned signature \
	    release.pub signed
	fuota-sign --key release.key unsigned >here
	same here signed
	head -c 64 /dev/zero >forged
	code=0
	"$scripts/signing-room.sh" attach unsigned forged release.pub forged.img \
	    >out 2>err || code=$?
	[ "$code" = 1 ] || die "exit $code for a forged signature"
	absent forged.img
fi

# The gate.
expect 0 "$scripts/gate.sh" release.pub 0x0102 48k 2000 out1/delta.frags \
    app-1.2.bin
shows 'sound, [0-9]* fragments$'
expect 5 "$scripts/gate.sh" release.pub 0x0102 48k 10 out1/delta.frags \
    app-1.2.bin
says 'fragments, at most 10$'
expect 5 "$scripts/gate.sh" release.pub 0x0102 8k 2000 out1/delta.frags \
    app-1.2.bin
expect 5 "$scripts/gate.sh" release.pub 0x0103 48k 2000 out1/delta.frags \
    app-1.2.bin
expect 5 "$scripts/gate.sh" release.pub 0x0102 48k 2000 out1/delta.frags \
    app-1.3.bin

# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
app=$TOP/samples/app-1.3.bin

fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$app" >app.img
for bits in 9 10 11 12 13 14 15; do
	expect 0 fuota-compress --window $bits -o small.img app.img
	[ "$(wc -c <small.img)" -lt "$(wc -c <app.img)" ] || die "no smaller"
	[ "$(od -An -tx1 -j4 -N2 small.img)" = " 01 0$(printf %x $bits)" ] ||
	    die "transform bytes"
	fuota-apply --no-verify small.img | cmp - "$app"
done
expect 0 fuota-compress -o small.img --report report app.img
fuota-compress <app.img | cmp - small.img
grep -q '"method": "codec"' report || die "another default"
grep -q '"decoder_ram": 8192' report || die "another profile"
[ "$(od -An -tx1 -j4 -N2 small.img)" = " 02 00" ] || die "transform bytes"
fuota-apply --no-verify small.img | cmp - "$app"
expect 0 fuota-compress --method deflate -o small.img --report report app.img
grep -q '"method": "deflate"' report || die "no report"
grep -q '"window": 4096' report || die "another window"
grep -q '"decoder_ram": 11584' report || die "another decoder_ram"

# compressed again: from the firmware, with the other window
expect 0 fuota-compress --window 9 -o again.img small.img
fuota-compress --window 9 app.img | cmp - again.img

# RAM
expect 0 fuota-compress --method deflate --ram 40256 -o w.img app.img
[ "$(od -An -tu1 -j5 -N1 w.img | tr -d ' ')" = 15 ] || die "not 32 kB"
expect 0 fuota-compress --method deflate --ram 40255 -o w.img app.img
[ "$(od -An -tu1 -j5 -N1 w.img | tr -d ' ')" = 14 ] || die "not 16 kB"
expect 5 fuota-compress --method deflate --ram 7k -o no.img app.img
says 'window of 512 bytes needs 8000 bytes of RAM, the device has 7168'
expect 5 fuota-compress --ram 4095 -o no.img app.img
says 'the codec needs 4096 bytes of RAM, the device has 4095'
expect 2 fuota-compress --method codec --window 12 app.img
expect 2 fuota-compress --ram 0 app.img
expect 2 fuota-compress --window 8 app.img
expect 2 fuota-compress --method lzma app.img
absent no.img

# never larger: noise stays as it is and the tool says so
openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 5000 >noise || true
fuota-image --hw-id 1 --fw-version 1 noise >noise.img
expect 0 fuota-compress -o n.img --report report noise.img
says 'not compressed: nothing smaller than 5000 bytes'
same n.img noise.img
grep -q '"method": "none"' report || die "another method"
printf x >one
fuota-image --hw-id 1 --fw-version 1 one >one.img
expect 0 fuota-compress -q -o n.img one.img
same n.img one.img
expect 0 fuota-compress --method none -q -o n.img small.img
fuota-apply --no-verify n.img | cmp - "$app"

# what is not sound is not compressed
fuota-delta --base "$app" -o delta.img app.img
expect 3 fuota-compress -o no.img delta.img
says 'image is a delta already'
{ head -c 200 app.img; printf '\377\000\377'; tail -c +204 app.img; } >bad.img
expect 1 fuota-compress -o no.img bad.img
says 'CRC-32 of the firmware is'
head -c 1000 app.img >bad.img
expect 3 fuota-compress -o no.img bad.img
expect 3 fuota-compress -o no.img "$app"
absent no.img

# signatures are of the payload as sent
install -m 600 "$TOP/tests/keys/release.key" key
fuota-sign --key key -o signed.img app.img
expect 0 fuota-compress --method deflate -o s.img signed.img
says '1 signature dropped'
same s.img small.img

# effort is of the codec
expect 0 fuota-compress --method codec --effort 1 -o fast.img app.img
expect 0 fuota-compress --method codec --effort 6 -o slow.img app.img
[ "$(wc -c <slow.img)" -le "$(wc -c <fast.img)" ] || {
	echo "more effort, more bytes" >&2
	exit 1
}
expect 0 fuota-apply --no-verify -o back.bin slow.img
expect 2 fuota-compress --method codec --effort 0 app.img
expect 2 fuota-compress --method codec --effort 10 app.img
absent no.img

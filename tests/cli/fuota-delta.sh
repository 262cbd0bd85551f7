# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
old=$TOP/samples/app-1.2.bin new=$TOP/samples/app-1.3.bin
delta="fuota-delta --effort 1"

fuota-image --hw-id 0x0102 --fw-version 1.2.0 "$old" >old.img
fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$new" >new.img

# there and back again, by file and by pipe
expect 0 $delta --base "$old" -o delta.img --report report new.img
$delta --base "$old" <new.img >pipe.img
same delta.img pipe.img
expect 0 fuota-apply --no-verify --base "$old" -o back.bin delta.img
same back.bin "$new"
[ "$(wc -c <delta.img)" -lt $(($(wc -c <"$new") / 4)) ] || die "a large delta"
grep -q '"schema": "fuota-transform/1"' report || die "no report"
grep -q "\"image_len\": $(wc -c <"$new")" report || die "another image_len"
grep -q "\"output_len\": $(wc -c <delta.img)" report || die "another output_len"

# a base image tells its version; the delta is the same but for that
expect 0 $delta --base old.img -o versioned.img new.img
[ "$(od -An -tx1 -j16 -N4 versioned.img | tr -d ' ')" = 00000201 ] ||
    die "base_fw_version is not 1.2.0"
expect 0 $delta --base "$old" --base-fw-version 1.2.0 -o v2.img new.img
same versioned.img v2.img
expect 0 fuota-compress -e 1 -q -o old-small.img old.img
expect 0 $delta --base old-small.img -o v3.img new.img
same versioned.img v3.img
expect 2 $delta --base old.img --base-fw-version 1.2.0 new.img
says 'knows its version'

# wrong, missing, damaged bases
expect 5 fuota-apply --no-verify -o no.bin delta.img
says 'needs its base'
expect 5 fuota-apply --no-verify --base "$new" -o no.bin delta.img
says 'delta of base [0-9a-f]*, not of'
absent no.bin
head -c 100 old.img >cut.img
expect 3 $delta --base cut.img -o no.img new.img
says "'cut.img': payload has"
expect 3 $delta --base delta.img -o no.img new.img
says "'delta.img': base image is a delta itself"
expect 3 $delta --base "$old" -o no.img delta.img
says 'image is a delta already'
: >empty
expect 3 $delta --base empty -o no.img new.img
says "'empty': is empty"
expect 4 $delta --base nowhere -o no.img new.img
absent no.img

# base id and digest
for size in 8 9 31 32; do
	expect 0 $delta --base "$old" --base-id-size $size -o id.img new.img
	fuota-apply --no-verify --base "$old" id.img | cmp - "$new"
done
expect 2 $delta --base "$old" --base-id-size 7 new.img
expect 2 $delta --base "$old" --base-id-size 33 new.img
expect 2 fuota-delta new.img
says '--base is required'

# an image against itself is a very short delta
expect 0 $delta --base "$new" -o self.img new.img
[ "$(wc -c <self.img)" -lt 200 ] || die "a long delta of nothing"
fuota-apply --no-verify --base "$new" self.img | cmp - "$new"

# windows and RAM
for bits in 9 12 15; do
	expect 0 $delta --base "$old" --window $bits -o w.img new.img
	[ "$(od -An -tu1 -j5 -N1 w.img | tr -d ' ')" = $bits ] || die "window"
	fuota-apply --no-verify --base "$old" w.img | cmp - "$new"
done
expect 0 fuota-delta --method deflate --base "$old" --ram 10k -o w.img new.img
[ "$(od -An -tu1 -j5 -N1 w.img | tr -d ' ')" = 11 ] || die "10 kB: 2 kB window"
expect 5 fuota-delta --method deflate --base "$old" --ram 7999 -o no.img new.img
says 'needs 8000 bytes of RAM, the device has 7999'
expect 0 fuota-delta --method deflate --base "$old" --ram 8000 -o w.img new.img
expect 5 $delta --base "$old" --ram 8000 --window 10 -o no.img new.img
expect 2 $delta --method codec --base "$old" --window 12 new.img
for ram in 4096 8192 16k 32k; do
	expect 0 $delta --base "$old" --ram $ram -o w.img --report report new.img
	[ "$(od -An -tx1 -j4 -N2 w.img)" = " 12 00" ] || die "not the codec"
	fuota-apply --no-verify --base "$old" w.img | cmp - "$new"
done
grep -q '"decoder_ram": 32768' report || die "another profile"
expect 5 $delta --base "$old" --ram 4095 -o no.img new.img
says 'the codec needs 4096 bytes of RAM, the device has 4095'
expect 2 $delta --base "$old" --window 8 new.img
expect 2 $delta --base "$old" --window 16 new.img
expect 2 $delta --base "$old" --method zstd new.img
expect 2 $delta --base "$old" --arch z80 new.img
says "no architecture 'z80'"
expect 2 $delta --base "$old" --load-address here new.img

# any architecture and load address will do, the right ones do best; of Thumb and
# Thumb-2, which differ in MOVW and MOVT alone, the one may be as good as the other
expect 0 $delta --base "$old" -o found.img new.img
for arch in none thumb thumb2 arm riscv xtensa avr; do
	expect 0 $delta --base "$old" --arch $arch \
	    --load-address 0x10000 -o arch.img new.img
	fuota-apply --no-verify --base "$old" arch.img | cmp - "$new"
	slack=0
	[ $arch = thumb2 ] && slack=$(($(wc -c <arch.img) / 100))
	[ "$(wc -c <found.img)" -le $(($(wc -c <arch.img) + slack)) ] ||
	    die "$arch is smaller"
done
absent no.img

# nothing in common: the tool says what is better
head -c 20000 /dev/zero >zeros
fuota-image --hw-id 1 --fw-version 1 zeros >zeros.img
expect 0 fuota-delta --method deflate --base "$old" -o z.img zeros.img
says 'the full image is smaller: '
expect 0 fuota-delta --method deflate -q --base "$old" -o z.img zeros.img
[ ! -s err ] || die "-q speaks"

# every byte of a delta flipped: refused, or the firmware (a base_fw_version
# does not change what is made), never another firmware
python3 - "$old" "$new" <<'EOF' || die "flipped bytes"
import subprocess, sys
old, new = sys.argv[1], open(sys.argv[2], "rb").read()
image = bytearray(open("self.img", "rb").read())
for i in range(len(image)):
    image[i] ^= 0x41
    open("bad.img", "wb").write(image)
    done = subprocess.run(["fuota-apply", "--no-verify", "--base", sys.argv[2],
                           "bad.img"], capture_output=True)
    assert done.returncode in (0, 1, 3, 5), (i, done)
    assert done.stdout == (new if done.returncode == 0 else b""), i
    image[i] ^= 0x41
EOF

# in place
for flash in '2k --ring 0' '0x800 --ring 8k' '512x200 --ring 1k --headroom 2' \
    '4kx4,8k,16kx4 --ring 16k'; do
	# shellcheck disable=SC2086 # several options
	expect 0 $delta --in-place --page-size $flash --base "$old" \
	    -o place.img --report report new.img
	expect 0 fuota-apply --no-verify --base "$old" -o back.bin place.img
	same back.bin "$new"
	grep -q '"in_place"' report || die "report without in_place"
done
fuota-info place.img >info
grep -q '^pages *4096x4,8192,16384$' info || die "pages are not told"
grep -q '^ring_pages *1$' info || die "ring is not told"
grep -qE '^order *(up|down)$' info || die "order is not told"
refused() {
	expect "$1" $delta --base "$old" -o no.img $3 new.img
	says "$2"
	absent no.img
}
refused 2 '--in-place needs --page-size' --in-place
refused 2 'go with --in-place' '--page-size 2k'
refused 2 'go with --in-place' '--headroom 2'
place='--in-place --page-size'
refused 2 "'0' is not a size from 256 to 262144" "$place 0"
refused 2 "'255' is not a size" "$place 255"
refused 2 "'' is not a size" "$place 2k,"
refused 2 "'0' is not a number from 1" "$place 2kx0"
refused 2 'more than 4 sizes' "$place 1k,2k,4k,8k,16k"
refused 2 '300 pages before the last size' "$place 1kx300,2k"
refused 2 '3072 bytes are not whole pages of 2048' "$place 2k --ring 3k"
refused 2 '256 pages of 256 bytes, at most 255' "$place 256 --ring 64k"
refused 2 "'252' is not a number from 0 to 251" "$place 2k --headroom 252"
refused 5 'take 49152 bytes of pages, there are 40960' "$place 16kx2,8k"
refused 5 'take 51200 bytes of pages, there are 49152' "$place 2kx24 --headroom 2"
refused 2 'method deflate makes no delta in place' "$place 2k --method deflate"

# bsdiff40
expect 2 fuota-delta --base "$old" --format bsdiff40 --ram 9k "$new"
expect 2 fuota-delta --base "$old" --format bsdiff41 "$new"
expect 0 fuota-delta --base "$old" --format bsdiff40 -o p "$new"
expect 0 fuota-apply --base "$old" --format bsdiff40 -o back.bin p
same back.bin "$new"
expect 2 fuota-apply --format bsdiff40 p
expect 2 fuota-apply --no-verify --base "$old" --format bsdiff40 p
expect 3 fuota-apply --base "$old" --format bsdiff40 -o no.bin "$new"
says 'not a BSDIFF40 patch'
head -c 200 p >cut
expect 3 fuota-apply --base "$old" --format bsdiff40 -o no.bin cut
absent no.bin
if command -v bsdiff >/dev/null && command -v bspatch >/dev/null; then
	bspatch "$old" theirs.bin p
	same theirs.bin "$new"
	bsdiff "$old" "$new" theirs.p
	expect 0 fuota-apply --base "$old" --format bsdiff40 -o ours.bin theirs.p
	same ours.bin "$new"
	bsdiff "$new" "$new" theirs.p
	fuota-apply --base "$new" --format bsdiff40 theirs.p | cmp - "$new"
	bsdiff zeros "$new" theirs.p
	fuota-apply --base zeros --format bsdiff40 theirs.p | cmp - "$new"
	fuota-delta --base zeros --format bsdiff40 "$new" >p
	bspatch zeros theirs.bin p
	same theirs.bin "$new"
else
	skip "bsdiff is not installed: exchange with it not tested"
fi

# several bases: each as if alone, all or none
head -c 40000 "$old" >app-1.1.bin
cp "$old" app-1.2.bin
expect 0 $delta --base app-1.1.bin --base-fw-version 1.1.0 \
    --base app-1.2.bin --base-fw-version 1.2.0 -o 'from-%b.img' --report report new.img
$delta --base app-1.1.bin --base-fw-version 1.1.0 -o one.img new.img
same one.img from-app-1.1.img
same versioned.img from-app-1.2.img
grep -q '"schema": "fuota-transforms/1"' report || die "no report of both"
grep -q '"output": "from-app-1.2.img"' report || die "no name in the report"
rm from-*
expect 3 $delta --base app-1.1.bin --base empty -o 'from-%b.img' new.img
says "'empty': is empty"
expect 2 $delta --base app-1.1.bin --base app-1.2.bin -o both.img new.img
says 'several bases need -o with %b'
expect 2 $delta --base app-1.1.bin --base app-1.2.bin new.img
mkdir twin
cp "$old" twin/app-1.2.bin
expect 2 $delta --base app-1.2.bin --base twin/app-1.2.bin -o 'from-%b.img' new.img
says "two bases are called 'app-1.2'"
expect 4 $delta --base app-1.1.bin --base app-1.2.bin -o 'nowhere/%b.img' new.img
head -c 3000 /dev/urandom >noise
expect 0 $delta -q --base noise --base app-1.2.bin -o 'from-%b.img' new.img
expect 4 $delta -q --base noise --base app-1.2.bin -o 'from-%b.img' \
    --report nowhere/report new.img
[ -z "$(ls | grep '\.img\.')" ] || die "temporary files are left"
set --
for i in $(seq 33); do
	set -- "$@" --base app-1.2.bin
done
expect 2 fuota-delta "$@" -o 'from-%b.img' new.img
says '32 bases at most'

# advice: what it says is what comes of it
expect 0 $delta --advise --base app-1.1.bin --base app-1.2.bin new.img
shows '^app-1.1  *[0-9]* .* delta$'
shows '^any, full image  *[0-9]* *$'
expect 0 $delta --advise --json --base app-1.1.bin --base app-1.2.bin \
    --region EU868 --dr 0 new.img
cp out advice
fuota-compress -e 1 -o full.img new.img
$delta --base app-1.1.bin -o 11.img new.img
$delta --base app-1.2.bin -o 12.img new.img
python3 - advice <<'P' || die "another advice"
import json, os, sys
o = json.load(open(sys.argv[1]))
assert o["schema"] == "fuota-advice/1"
size = lambda name: os.path.getsize(name) + 70
assert o["full"]["len"] == size("full.img")
a, b = o["bases"]
assert a["base"] == "app-1.1" and a["delta"]["len"] == size("11.img")
assert b["delta"]["len"] == size("12.img") and "chain" not in b
assert a["chain"]["through"] == ["app-1.2"]
step = a["chain"]["len"] - b["delta"]["len"]
assert o["all_bases"]["chain"]["len"] == a["chain"]["len"]
assert o["all_bases"]["deltas"]["len"] == a["delta"]["len"] + b["delta"]["len"]
assert 70 < step < a["delta"]["len"]
# 51 bytes of FRMPayload are 48 of fragment; 2793.5 ms of SF12 each
count = -(-b["delta"]["len"] // 48)
assert b["delta"]["time_on_air_us"] == count * 2793472, b
P
# where all is new the full image is the way
cp zeros zeros.bin
expect 0 $delta --advise --base app-1.2.bin --base zeros.bin new.img
shows '^app-1.2 .* delta$'
# where the way through is cheaper for all: two halves of a change
head -c 20000 /dev/urandom >noise1
head -c 20000 /dev/urandom >noise2
cat "$old" noise1 >mid.bin
cat "$old" noise1 noise2 >last.bin
fuota-image --hw-id 1 --fw-version 3 last.bin >last.img
expect 0 $delta --advise --base "$old" --base mid.bin last.img
shows '^all, as a chain .* advice$'
expect 2 $delta --advise --region EU868 --base "$old" new.img
expect 2 $delta --advise --region MARS --dr 0 --base "$old" new.img
expect 2 $delta --region EU868 --dr 0 --base "$old" new.img
expect 2 $delta --advise --explain --base "$old" new.img
expect 2 $delta --json --base "$old" new.img
expect 2 $delta --advise --region EU868 --dr 16 --base "$old" new.img

# where the bytes went
expect 0 $delta --method codec --base "$old" --explain -o c.img \
    --elf "$TOP/samples/app-1.3.elf" --svg c.svg new.img
shows ' share  *size  section'
fuota-info --delta --base "$old" --elf "$TOP/samples/app-1.3.elf" c.img | cmp - out
"$TOP/tests/svg-check" c.svg
expect 0 $delta --method codec --base "$old" --explain=json -o c.img new.img
shows '"schema": "fuota-costs/1"'
rm c.img c.svg
expect 2 $delta --method codec --base "$old" --explain new.img
says 'name the delta'
expect 2 $delta --method codec --base "$old" --explain=xml -o c.img new.img
expect 2 $delta --method codec --base "$old" --svg c.svg -o c.img new.img
expect 3 fuota-delta --method deflate --base "$old" --explain -o c.img --svg c.svg new.img
expect 3 $delta --method codec --base "$old" --explain --elf "$new" -o c.img new.img
absent c.img
absent c.svg

# SPDX-License-Identifier: BSD-2-Clause
# A decoder that was written from fuota-codec(5) alone agrees with the library.
. "$TOP/tests/cli/lib"
command -v python3 >/dev/null || skip "no python3"

number() {
	od -An -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '
}

# payload IMAGE FILE: cuts the payload out
payload() {
	tail -c +$(($(number "$1" 3 1) * 4 + 1)) "$1" |
	    head -c "$(number "$1" 24 4)" >"$2"
}

fuota-image --hw-id 1 --fw-version 1.3.0 "$TOP/samples/app-1.3.bin" >app.img
for ram in 4k 8k 32k; do
	fuota-delta --method codec --ram $ram --base "$TOP/samples/app-1.2.bin" app.img >d.img
	payload d.img d.bin
	expect 0 python3 "$TOP/tests/codec_reference.py" d.bin "$(number d.img 28 4)" \
	    new.bin "$TOP/samples/app-1.2.bin"
	same new.bin "$TOP/samples/app-1.3.bin"
done
for ring in 0 4k; do
	fuota-delta --in-place --page-size 1k --ring $ring --ram 4k \
	    --base "$TOP/samples/app-1.2.bin" app.img >d.img
	payload d.img d.bin
	expect 0 python3 "$TOP/tests/codec_reference.py" d.bin "$(number d.img 28 4)" \
	    new.bin "$TOP/samples/app-1.2.bin"
	same new.bin "$TOP/samples/app-1.3.bin"
done
# every architecture, whatever the firmware is for, in both orders
head -c 9000 "$TOP/samples/app-1.2.bin" >few
head -c 9600 "$TOP/samples/app-1.3.bin" >more
for arch in thumb2 arm riscv xtensa avr; do
	for change in few:more more:few; do
		old=${change%:*} new=${change#*:}
		fuota-image --hw-id 1 --fw-version 1.3.0 "$new" |
		    fuota-delta --arch $arch --load-address 0x08004000 --effort 1 \
		    --in-place --page-size 256 --ring 256 --base "$old" >d.img
		payload d.img d.bin
		expect 0 python3 "$TOP/tests/codec_reference.py" d.bin \
		    "$(number d.img 28 4)" new.bin "$old"
		same new.bin "$new"
	done
done
# addresses in halves, which the sample firmware has none of
python3 - old new <<'EOF' || die "pairs"
import random, struct, sys

def halves(address, register):
    for half, v in ((0xF240, address & 0xFFFF), (0xF2C0, address >> 16)):
        yield half | v >> 12 | (v >> 11 & 1) << 10
        yield (v >> 8 & 7) << 12 | register << 8 | v & 255

for name, moved in zip(sys.argv[1:], (0, 72)):
    data, code = random.Random(1), []
    for i in range(500):
        address = 0x08004000 + 6000 + data.randrange(2000)
        if i % 5 == 0:
            address = 0x20000000 + data.randrange(4096)
        address += moved if i % 5 or address & 0x800 else 0
        a, b, c, d = halves(address, data.randrange(13))
        code += [a, b, 0x2100 | i & 255, c, d]
    with open(name, "wb") as out:
        out.write(struct.pack("<2500H", *code) + bytes(1000 + moved)
                  + data.randbytes(2000))
EOF
fuota-image --hw-id 1 --fw-version 1.3.0 new >pairs.img
for order in "" "--in-place --page-size 256 --ring 256"; do
	fuota-delta --arch thumb2 --load-address 0x08004000 $order --base old pairs.img >d.img
	[ "$(number d.img 24 4)" -lt 700 ] || die "pairs are not predicted"
	payload d.img d.bin
	expect 0 python3 "$TOP/tests/codec_reference.py" d.bin "$(number d.img 28 4)" new.bin old
	same new.bin new
done
head -c 6000 "$TOP/samples/app-1.3.bin" | tail -c 4999 >part
fuota-image --hw-id 1 --fw-version 1.3.0 part | fuota-compress --method codec >c.img
payload c.img c.bin
expect 0 python3 "$TOP/tests/codec_reference.py" c.bin 4999 new.bin
same new.bin part

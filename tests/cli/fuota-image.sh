# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
golden=$TOP/tests/golden/firmware

need="--hw-id 0x0102 --fw-version 1.3.0"

# the same firmware from three formats and through a pipe is the same image
expect 0 fuota-image $need -o bin.img "$golden/two.bin"
expect 0 fuota-image $need -o hex.img "$golden/two.hex"
expect 0 fuota-image $need -o elf.img "$golden/two.elf"
same bin.img hex.img
same bin.img elf.img
fuota-image $need <"$golden/two.hex" >pipe.img
same bin.img pipe.img
fuota-image $need - <"$golden/two.hex" >pipe.img
same bin.img pipe.img
[ "$(wc -c <bin.img)" = $((36 + 527)) ] || die "size of a plain image"

# forced formats
expect 0 fuota-image $need --format bin -o raw.img "$golden/two.elf"
[ "$(wc -c <raw.img)" = $((36 + 9180)) ] || die "an ELF file as it is"
expect 3 fuota-image $need --format hex -o no.img "$golden/two.elf"
says 'line 1 starts with 0x7f'
expect 3 fuota-image $need --format elf -o no.img "$golden/two.bin"
says 'not an ELF file'
absent no.img

# the load address is told only when asked
expect 0 fuota-image $need --load-address auto -o at.img "$golden/two.hex"
expect 0 fuota-image $need --load-address 0x08004000 -o at2.img "$golden/two.bin"
same at.img at2.img
expect 2 fuota-image $need --load-address auto "$golden/two.bin"
says 'does not say its address'

# fill
expect 0 fuota-image $need --fill 0 -o zero.img "$golden/two.hex"
cmp -s zero.img bin.img && die "--fill has no effect"

# every TLV, in any order on the command line
expect 0 fuota-image $need --vendor 0x61:aabb --vendor 0x60: --digest 16 \
    --depends 1:2.0.0 --load-address 1 --counter 7 --component 3 --dev \
    --base-fw-version 1.2.0 \
    --product-uuid 00112233-4455-6677-8899-aabbccddeeff \
    -o all.img "$golden/two.bin"
fuota-image --product-uuid ffeeddccbbaa99887766554433221100 --dev \
    --depends 1:0x02000000 --load-address 0x1 --digest 16 --vendor 0x60: \
    --vendor 97:AABB --component 3 --counter 0x7 $need \
    --base-fw-version 0x01020000 "$golden/two.bin" >all2.img
same all.img all2.img
# field by field: CRC-32 and SHA-256 are python3's zlib and sha256sum's
want=46550113000003030201000000000301
want=${want}00000201070000000f0200000f020000
want=${want}d14b21d80304010000006000
want=${want}6102aabb82107b9edb3acc4757a665a691863bf738e9
want=${want}8405010000000200
want=${want}0000
[ "$(od -An -tx1 -v -N76 all.img | tr -d ' \n')" = "$want" ] ||
    die "header bytes: $(od -An -tx1 -v -N76 all.img | tr -d ' \n')"

# usage
expect 2 fuota-image "$golden/two.bin"
says 'are required'
expect 2 fuota-image --hw-id 1 "$golden/two.bin"
expect 2 fuota-image --hw-id 1x --fw-version 1.3.0 "$golden/two.bin"
expect 2 fuota-image --hw-id 1 --fw-version 1.256.0 "$golden/two.bin"
expect 2 fuota-image $need --digest 20 "$golden/two.bin"
expect 2 fuota-image $need --depends 1 "$golden/two.bin"
expect 2 fuota-image $need --depends 1:1.0.0 --depends 2:1.0.0 "$golden/two.bin"
expect 2 fuota-image $need --vendor 0x7f:00 "$golden/two.bin"
expect 2 fuota-image $need --vendor 0x60:0 "$golden/two.bin"
expect 2 fuota-image $need --vendor 0x60:00 --vendor 0x60:00 "$golden/two.bin"
says 'ascending'
expect 2 fuota-image $need --product-uuid 0011 "$golden/two.bin"
expect 2 fuota-image $need --format srec "$golden/two.bin"
expect 2 fuota-image $need --component 256 "$golden/two.bin"
expect 2 fuota-image $need one two
expect 2 fuota-image --no-such-option

# inputs
: >empty
expect 3 fuota-image $need empty
says "'empty': is empty"
expect 4 fuota-image $need missing
says "'missing': cannot open"
expect 3 fuota-image $need bin.img
says 'is a FUOTA image, not firmware'
expect 3 fuota-image $need "$golden/two.srec"
says 'S-record'
head -c 16777216 /dev/zero >most
expect 0 fuota-image $need -o most.img most
[ "$(wc -c <most.img)" = $((36 + 16777216)) ] || die "16 MiB"
printf x >>most
expect 3 fuota-image $need most
says 'firmware of 16777217 bytes exceeds 16777216'

# a header that would be too long leaves nothing behind
long=$(printf '%0500d' 0)
expect 3 fuota-image $need --vendor 0x60:$long --vendor 0x61:$long \
    -o long.img "$golden/two.bin"
says 'exceeds 448 bytes'
absent long.img

# outputs
cp "$golden/two.bin" own
expect 2 fuota-image $need -o own own
same own "$golden/two.bin"
if [ -c /dev/full ]; then
	expect 4 sh -c "fuota-image $need '$golden/two.bin' >/dev/full"
fi
expect 4 fuota-image $need -o no/such/dir.img "$golden/two.bin"

expect 0 fuota-image --help
shows '^usage: fuota-image'
expect 0 fuota-image -V
shows '^fuota-image [0-9]'

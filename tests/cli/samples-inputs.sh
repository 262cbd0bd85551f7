# SPDX-License-Identifier: BSD-2-Clause
# The same firmware as raw binary, ELF and Intel HEX is the same image: what
# a toolchain writes is what the tools read.
. "$TOP/tests/cli/lib"

image() {
	expect 0 fuota-image --hw-id 0x0102 --fw-version 1.3.0 -o "$2" "$1"
}

image "$TOP/samples/app-1.3.bin" from-bin
image "$TOP/samples/app-1.3.elf" from-elf
same from-bin from-elf
expect 0 fuota-image --hw-id 0x0102 --fw-version 1.3.0 --load-address auto \
    -o loaded "$TOP/samples/app-1.3.elf"
[ "$(od -An -v -tx1 loaded | tr -d ' \n' | cut -c73-84)" = 030400000100 ] ||
    die "the load address is not 0x00010000"

command -v objcopy >/dev/null || skip "no objcopy for the Intel HEX part"
objcopy -I binary -O ihex --change-addresses 0x10000 \
    "$TOP/samples/app-1.3.bin" app.hex
image app.hex from-hex
same from-bin from-hex

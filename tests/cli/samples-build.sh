# SPDX-License-Identifier: BSD-2-Clause
# The committed samples are what their sources give, in any directory. Only
# the compiler they were made with promises that.
. "$TOP/tests/cli/lib"

compiler=arm-none-eabi-gcc
command -v $compiler >/dev/null || skip "no $compiler"
[ "$($compiler -dumpfullversion)" = 12.2.1 ] ||
    skip "the samples are from $compiler 12.2.1"
command -v patch >/dev/null || skip "no patch"

expect 0 make -s -C "$TOP/samples" OUT="$PWD/elsewhere/deep" MAKEFLAGS=
shows '^app-1.2.bin .*as committed$'
shows '^app-1.3.bin .*as committed$'
shows '^app-1.3.elf .*as committed$'
same elsewhere/deep/app-1.3.bin "$TOP/samples/app-1.3.bin"

# No path, no date, nothing of the machine.
! strings elsewhere/deep/app-1.3.elf | grep -e "$PWD" -e "$TOP" ||
    die "a path got into the firmware"

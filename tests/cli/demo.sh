# SPDX-License-Identifier: BSD-2-Clause
# What `make demo` shows, on the samples and on files of one's own.
. "$TOP/tests/cli/lib"

command -v bash >/dev/null || skip "no bash"
mkdir one two
ln -s "$BUILD/bin" one/bin
ln -s "$BUILD/bin" two/bin

demo() {
	code=0
	"$TOP/scripts/demo" "$@" >out 2>err </dev/null || code=$?
}

demo one
[ "$code" = 0 ] || die "$(cat out err)"
shows '^target_digest  *5c636ac78d002509eb9abf6e4d2941c2$'
shows '^byte for byte the same$'
shows '^image  *45160 100.0% '
for row in compressed delta signed '+ 80% coded'; do
	shows "^$row  *[0-9][0-9]*  *[0-9.]*%  *[0-9][0-9]*  *[0-9]"
done
! grep -q "$(printf '\033')" out || die "colours in a file"
says 'fuota-verify: .* needs base'
shows '^5$'
sed -n '/^after/,/coded/p' out >first

# The same figures again, and for a pair of one's own.
demo two "$TOP/samples/app-1.2.bin" "$TOP/samples/app-1.3.bin"
[ "$code" = 0 ] || die "$(cat out err)"
sed -n '/^after/,/coded/p' out >second
same first second
head -c 20000 "$TOP/samples/app-1.2.bin" >mine.bin
{ head -c 9000 mine.bin; echo new; tail -c 11000 mine.bin; } >next.bin
demo two mine.bin next.bin
[ "$code" = 0 ] || die "$(cat out err)"
shows 'mine.bin, 20000 bytes'
shows '^byte for byte the same$'

# It fails when something does.
demo two missing.bin
[ "$code" != 0 ] || die "a demonstration without firmware"
: >empty.bin
demo two empty.bin
[ "$code" != 0 ] || die "a demonstration of an empty file"
says '^demo: failed'

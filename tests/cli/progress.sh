# SPDX-License-Identifier: BSD-2-Clause
# Work of over a second shows itself on a terminal, and only there.
. "$TOP/tests/cli/lib"

command -v script >/dev/null || {
	echo "no script(1)"
	exit 77
}
head -c 16777216 /dev/zero >zeros
fuota-image --hw-id 1 --fw-version 1 -o zeros.img zeros
printf 'x' | dd of=zeros bs=1 seek=7000000 conv=notrunc 2>/dev/null
command="fuota-delta --method deflate --base zeros -o delta.img zeros.img"

script -qec "$command" /dev/null >terminal </dev/null
grep -q 'fuota-delta: working, ' terminal || die "nothing shown in a terminal"
# it is wiped: what stays on the line is nothing
tail -c 4 terminal | grep -q '\[K' || die "the line is left behind"

script -qec "$command -q" /dev/null >terminal </dev/null
grep -q working terminal && die "shown although -q"

$command 2>err
grep -q working err && die "shown in a file"

# the MIC of a large block for many devices
i=0
echo dev_eui,root_key >keys.csv
while [ $i -lt 200 ]; do
	printf '%016x,%032x\n' $i $i >>keys.csv
	i=$((i + 1))
done
script -qec "fuota-session keys --keys keys.csv --block zeros -o mics" /dev/null \
    >terminal </dev/null
grep -q 'fuota-session: working, ' terminal || die "nothing shown for keys"
[ "$(wc -l <mics)" = 200 ] || die "no MICs"
true

# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

command -v bsdiff >/dev/null || { skip "bsdiff is not installed"; exit 0; }
mkdir pairs
cp "$TOP"/samples/app-1.?.bin pairs
printf 'pair\told\tnew\tarch\told_size\tnew_size\tdistance\napp\tapp-1.2.bin\tapp-1.3.bin\t-\t1\t1\t-\n' >pairs/pairs.tsv
expect 0 "$TOP/scripts/bench-delta" --quick --pairs pairs "$BUILD"
for row in '| app  | mid   | 45124 |' '| all   |     1 | 1.0000 |' '| app-1.3  ' '| bsdiff  '; do
	shows "^$row"
done

# what fails is told, and no page is written
printf 'none\tapp-1.2.bin\tnowhere.bin\t-\t1\t1\t-\n' >>pairs/pairs.tsv
expect 1 "$TOP/scripts/bench-delta" --quick --pairs pairs --page page "$BUILD"
says "nowhere.bin': cannot open"
absent page

# SPDX-License-Identifier: BSD-2-Clause
# The pipeline as the design prints it, on the sample firmware, with a fifth
# of the fragments lost at random in between.
. "$TOP/tests/cli/lib"

cp "$TOP"/samples/app-1.[23].bin "$TOP"/tests/keys/release.* .
chmod 600 release.key

fuota-image --hw-id 0x0102 --fw-version 1.3.0 app-1.3.bin |
  fuota-delta --base app-1.2.bin |
  fuota-sign --key release.key |
  fuota-frag --region EU868 --dr 3 --redundancy 20% > app-1.3.frags
fuota-verify --pub release.pub --hw-id 0x0102 --base app-1.2.bin app-1.3.frags

# Every line a device hears: the session, and fragments, a fifth of all lost.
# What 20 % of redundancy cannot repair is topped up with what is missing.
lossy() {
	awk -v seed="$2" 'BEGIN { srand(seed) }
		NR == 1 || rand() >= 0.2' "$1"
}
fuota-image --hw-id 0x0102 --fw-version 1.3.0 app-1.3.bin |
  fuota-delta --base app-1.2.bin |
  fuota-sign --key release.key >app-1.3.fuota
fuota-frag --region EU868 --dr 3 --redundancy 20% app-1.3.fuota >again.frags
same app-1.3.frags again.frags

fuota-frag -q --region EU868 --dr 3 --redundancy 90% app-1.3.fuota >more.frags
for seed in 1 2 3 4 5; do
	lossy more.frags $seed >heard.frags
	[ "$(wc -l <heard.frags)" -lt "$(wc -l <more.frags)" ] || die "nothing lost"
	expect 0 fuota-defrag -q -o block heard.frags
	same app-1.3.fuota block
	expect 0 fuota-verify -q --pub release.pub --hw-id 0x0102 \
	    --base app-1.2.bin heard.frags
	expect 0 fuota-apply -q --pub release.pub --base app-1.2.bin \
	    -o installed.bin heard.frags
	same app-1.3.bin installed.bin
done

# Too little of it: status 1, no block, nothing installed.
head -20 more.frags >few.frags
rm -f block installed.bin
expect 1 fuota-defrag -q -o block few.frags
absent block
expect 1 fuota-apply -q --pub release.pub --base app-1.2.bin \
    -o installed.bin few.frags
absent installed.bin

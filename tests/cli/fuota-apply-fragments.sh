# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
command -v fuota-frag >/dev/null || skip "no fuota-frag yet"
old=$TOP/samples/app-1.2.bin new=$TOP/samples/app-1.3.bin
install -m 600 "$TOP/tests/keys/release.key" key
key=key pub=$TOP/tests/keys/release.pub

fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$new" |
    fuota-delta --base "$old" | fuota-sign --key "$key" >signed.img

# out of fragments, a fifth of them lost
fuota-frag --frag-size 50 --redundancy 60% signed.img >app.frags 2>/dev/null
awk 'NR == 1 || NR % 5 != 0' app.frags >lossy.frags
expect 0 fuota-apply --pub "$pub" --base "$old" -o back.bin lossy.frags
same back.bin "$new"
head -n 3 app.frags >few.frags
expect 1 fuota-apply --pub "$pub" --base "$old" -o no.bin few.frags
absent no.bin

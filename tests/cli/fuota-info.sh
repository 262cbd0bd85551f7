# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
golden=$TOP/tests/golden
good=$golden/good

expect 0 fuota-info "$good/every-tlv.fuota"
shows '^object  *FUOTA image$'
shows '^hw_id  *0x00000102$'
shows '^fw_version  *1.3.0$'
shows '^base_id  *de5c9159081af3e8$'
shows '^dependency_version  *2.0.0$'
fuota-info <"$good/every-tlv.fuota" >out2
same out out2
expect 0 fuota-info --json "$good/every-tlv.fuota"
shows '"schema": "fuota-info/1"'
shows '"load_address": "0x08004000"'

# every byte has a meaning, none has two
for name in signed every-tlv padded deflate signed-twice largest-header; do
	expect 0 fuota-info --explain "$good/$name.fuota"
	awk -v size="$(wc -c <"$good/$name.fuota")" '
	    $1 != at { exit 1 } { at += $2 } END { exit at != size }' out ||
	    die "ranges of $name"
done
expect 0 fuota-info --explain --json "$good/signed.fuota"
shows '"meaning": "magic \\"FU\\""'
expect 2 fuota-info --explain "$golden/firmware.bin"
says 'this is a raw binary'

# nothing said about validity: a broken signature is described as well
expect 0 fuota-info "$golden/unauthentic/signature-all-zero.fuota"
grep -qiE 'valid|authentic|good|ok' out && die "info judges"

# firmware
expect 0 fuota-info "$golden/firmware/two.elf"
shows '^object  *ELF file$'
shows '^base_address  *0x08004000$'
shows '^sha256  *7b9edb3acc4757a665a691863bf738e9073aceeedb08df202119587b5ea0b6af$'
expect 0 fuota-info "$golden/firmware/two.hex"
shows '^object  *Intel HEX file$'
shows '^fill_len  *456$'
expect 0 fuota-info "$golden/firmware/two.bin"
shows '^crc32  *0xd8214bd1$'
expect 0 fuota-info "$golden/firmware/two.srec"
shows 'Motorola S-record'

# keys: a secret one is named, nothing of it is shown
expect 0 fuota-info "$golden/key1.pub"
shows '^key_hint  *34750f98$'
printf -- '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQE=\n-----END PRIVATE KEY-----\n' >secret
expect 0 fuota-info secret
[ "$(cat out)" = "object secret key" ] || die "a secret key: $(cat out)"

fuota-pubkey --format minisign "$golden/key1.pub" | tail -n 1 >bare
expect 0 fuota-info bare
shows '^key_hint  *34750f98$'

# foreign objects
printf 'BSDIFF40\005\0\0\0\0\0\0\0\007\0\0\0\0\0\0\200\0\001\0\0\0\0\0\0' >patch
expect 0 fuota-info patch
shows '^control_len  *5$'
shows '^diff_len  *-7$'
shows '^new_len  *256$'
head -c 20 patch >short
expect 3 fuota-info short
printf '\075\270\363\226\0\0\0\010\0\002\0\0\020\0\0\0\0\0\0\0\001\002\003\0\004\0\0\0\0\0\0\0' >mcuboot
expect 0 fuota-info mcuboot
shows '^object  *MCUboot image$'
shows '^header_len  *512$'
shows '^fw_version  *1.2.3+4$'

# malformed ones are refused with the reason
expect 3 fuota-info "$golden/bad/flags-bit-2.fuota"
says 'header field flags (offset 6) is 4: malformed'
: >empty
expect 3 fuota-info empty

# an image on its way, whole and with losses
fuota-frag --frag-size 40 --redundancy 2 "$good/signed.fuota" >whole.frags
expect 0 fuota-info whole.frags
shows '^object  *fragment file$'
shows '^nb_frag  *6$'
shows '^data_block$'
shows '^  object  *FUOTA image$'
sed '2,7d' whole.frags >lossy.frags
expect 0 fuota-info lossy.frags
shows '^needed  *[1-9]'
grep -q data_block$ out && die "a block that is not there"
expect 0 fuota-info --json whole.frags
shows '"data_block": {'

# where the bytes of a delta went
old=$TOP/samples/app-1.2.bin new=$TOP/samples/app-1.3.bin
fuota-image --hw-id 1 --fw-version 1.3.0 -o new.img "$new"
fuota-delta --method codec --base "$old" -o delta.img new.img
expect 0 fuota-info --delta --base "$old" delta.img
shows '  new bytes$'
shows '  mispredicted: pointer$'
expect 0 fuota-info --delta --base "$old" --elf "$TOP/samples/app-1.3.elf" \
    --svg map.svg delta.img
shows '  \.text$'
shows '  (rest of \.data)$'
"$TOP/tests/svg-check" map.svg
expect 0 fuota-info --delta --base "$old" --svg plain.svg delta.img
"$TOP/tests/svg-check" plain.svg
expect 0 fuota-info --delta --json --base "$old" --elf "$TOP/samples/app-1.3.elf" delta.img
python3 - out <<'P' || die "the JSON does not add up"
import json, sys
o = json.load(open(sys.argv[1]))
assert o["schema"] == "fuota-costs/1"
bits = sum(row["bits"] for row in o["costs"])
assert abs(bits - 8 * o["payload_len"]) < 30, bits
for rows in o["sections"], o["functions"]:
    assert sum(row["len"] for row in rows) == o["image_len"]
    header = sum(r["bits"] for r in o["costs"] if r["what"] == "header")
    assert abs(sum(r["bits"] for r in rows) + header - bits) < 30
    assert rows == sorted(rows, key=lambda r: -r["bits"])
P
fuota-compress --method codec -o small.img new.img
expect 0 fuota-info --delta small.img
fuota-frag --frag-size 100 delta.img >delta.frags
fuota-info --delta --base "$old" delta.img >direct
fuota-info --delta --base "$old" delta.frags | cmp - direct

expect 5 fuota-info --delta --base "$new" --svg no.svg delta.img
expect 5 fuota-info --delta --svg no.svg delta.img
expect 3 fuota-info --delta --base "$old" --svg no.svg new.img
says 'only what --method codec made can be explained'
expect 3 fuota-info --delta --base "$old" --svg no.svg --elf "$new" delta.img
says 'not an ELF file'
expect 5 fuota-info --delta --base "$old" --svg no.svg \
    --elf "$golden/firmware/symbols.elf" delta.img
says 'is not of this firmware'
expect 3 fuota-info --delta --base "$old" --svg no.svg --map "$new" delta.img
says 'neither an ELF file nor the map file of GNU ld'
head -c 700 "$TOP/samples/app-1.3.elf" >cut.elf
expect 3 fuota-info --delta --base "$old" --svg no.svg --elf cut.elf delta.img
expect 2 fuota-info --delta --base "$old" --elf x --map y delta.img
expect 2 fuota-info --base "$old" delta.img
expect 2 fuota-info --explain --delta delta.img
expect 4 fuota-info --delta --base "$old" --svg nowhere/no.svg delta.img
absent no.svg

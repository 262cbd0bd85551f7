# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
golden=$TOP/tests/golden
key=$golden/key1.pub
good=$golden/good

# no anchor, no verdict
expect 2 fuota-verify "$good/signed.fuota"
says 'pub is required'

expect 0 fuota-verify -p "$key" "$good/signed.fuota"
shows '^verdict  *accepted$'
shows '^fw_version  *1.3.0$'
shows 'not_checked .*hardware'
fuota-verify --pub "$key" <"$good/signed.fuota" >out2
same out out2
expect 0 fuota-verify -q -p "$key" "$good/signed.fuota"
[ ! -s out ] || die "-q reports"
expect 0 fuota-verify --json -p "$key" "$good/signed.fuota"
shows '"schema": "fuota-verify/1"'
shows '"verdict": "accepted"'

# every fact of the device
facts="--hw-id 0x0102 --min-counter 7 --slot-size 96 --ram 64k"
components="--component 0:1.2.0 --component 5:2.0.0"
expect 0 fuota-verify -p "$key" $facts $components -b "$golden/base.bin" \
    "$good/every-tlv.fuota"
shows '^not_checked *$'
expect 5 fuota-verify -p "$key" --hw-id 0x0103 "$good/signed.fuota"
says "'.*signed.fuota': image is for hardware 0x00000102, the device is 0x00000103"
expect 5 fuota-verify -p "$key" --component 1 "$good/signed.fuota"
says 'image is for component 0, which the device lacks'
expect 0 fuota-verify -p "$key" --component 1 --component 0 "$good/signed.fuota"
expect 5 fuota-verify -p "$key" "$good/development.fuota"
says 'development image'
expect 0 fuota-verify -p "$key" --allow-dev "$good/development.fuota"
expect 5 fuota-verify -p "$key" --min-counter 8 "$good/signed.fuota"
says 'security counter 7 is below 8'
expect 5 fuota-verify -p "$key" --slot-size 95 "$good/signed.fuota"
says 'firmware of 96 bytes exceeds the slot of 95'
expect 5 fuota-verify -p "$key" --running-version 1.2.1 "$good/base-version.fuota"
says 'image needs version 1.2.0 to be running, not 1.2.1'
expect 0 fuota-verify -p "$key" --running-version 1.2.0 "$good/base-version.fuota"
expect 0 fuota-verify -p "$key" "$good/base-version.fuota"
shows 'not_checked .*running version'
expect 5 fuota-verify -p "$key" "$good/every-tlv.fuota"
says 'bound to base firmware .*, and no base was given'
expect 5 fuota-verify -p "$key" -b "$golden/firmware.bin" "$good/every-tlv.fuota"
says 'image needs base firmware .*, the one given is'
expect 5 fuota-verify -p "$key" -b "$golden/base.bin" --component 0 \
    --component 5:1.9.9 "$good/every-tlv.fuota"
says 'image needs component 5 in version 2.0.0 or later'
expect 5 fuota-verify -p "$key" -b "$golden/base.bin" --component 0 \
    "$good/every-tlv.fuota"
expect 0 fuota-verify -p "$key" "$good/deflate.fuota"
expect 5 fuota-verify -p "$key" --ram 7k "$good/deflate.fuota"
says 'decoder RAM'

# product UUID
uuid=00112233-4455-6677-8899-aabbccddeeff
expect 0 fuota-verify -p "$key" --uuid $uuid "$good/uuid-bound.fuota"
expect 0 fuota-verify -p "$key" --product-uuid $uuid "$good/uuid-bound.fuota"
expect 1 fuota-verify -p "$key" --uuid ${uuid%f}e "$good/uuid-bound.fuota"
says 'does not match key ........ and the product UUID'
expect 1 fuota-verify -p "$key" "$good/uuid-bound.fuota"
says 'bound to a product UUID, none was given'
expect 5 fuota-verify -p "$key" --uuid $uuid "$good/signed.fuota"
says 'bound to no product UUID'

# keys
hint=$(head -c 64 "$key" | sed 's/../\\x&/g' | xargs -0 printf '%b' | sha256sum | head -c 8)
expect 1 fuota-verify -p "$key" "$good/unsigned.fuota"
says 'image is not signed'
expect 1 fuota-verify -p "$golden/key2.pub" "$good/signed.fuota"
says "signed by key $hint, which is not trusted"
expect 1 fuota-verify -p "$key" "$golden/unauthentic/signature-of-the-firmware.fuota"
says "signature does not match key $hint"
expect 0 fuota-verify -p "$key" -p "$golden/key2.pub" --require 2 "$good/signed-twice.fuota"
expect 0 fuota-verify -p "$golden/key2.pub" "$good/signed-twice.fuota"
shows 'key not trusted'
expect 1 fuota-verify -p "$key" -p "$golden/key2.pub" --require 2 "$good/signed.fuota"
says '1 of 1 signatures hold, by fewer than 2 different trusted keys'
expect 1 fuota-verify -p "$key" -p "$key" --require 2 "$good/signed-twice.fuota"
expect 0 fuota-verify -p "$key" --require-key-hint $hint "$good/signed.fuota"
expect 1 fuota-verify -p "$key" --require-key-hint 00000000 "$good/signed.fuota"
says 'key 00000000 is required'
expect 1 fuota-verify -p "$golden/key2.pub" --require-key-hint $hint "$good/signed-twice.fuota"
expect 4 fuota-verify -p "$golden/base.bin" "$good/signed.fuota"
expect 4 fuota-verify -p missing "$good/signed.fuota"

# damage
expect 1 fuota-verify -p "$key" "$golden/unauthentic/crc-wrong.fuota"
says 'CRC-32 of the firmware is .*, header says 00000001'
expect 1 fuota-verify -p "$key" "$golden/unauthentic/digest-wrong.fuota"
expect 3 fuota-verify -p "$key" "$golden/bad/trailing-byte.fuota"
expect 3 fuota-verify -p "$key" "$golden/firmware.bin"
says 'not a FUOTA image'

# a jump of the counter can never be undone
expect 0 fuota-verify -p "$key" --min-counter 1 "$good/counter-most.fuota"
says 'security counter jumps from 1 to 4294967295'
expect 0 fuota-verify -q -p "$key" --min-counter 1 "$good/counter-most.fuota"
[ ! -s err ] || die "-q warns"
expect 0 fuota-verify -p "$key" --min-counter 6 "$good/signed.fuota"
[ ! -s err ] || die "warning for a small step"

# usage
expect 2 fuota-verify -p "$key" --require 0 "$good/signed.fuota"
expect 2 fuota-verify -p "$key" --require-key-hint 00 "$good/signed.fuota"
expect 2 fuota-verify -p "$key" --component 0 --component 0 "$good/signed.fuota"
expect 2 fuota-verify -p "$key" --hw-id x "$good/signed.fuota"

# a class of devices
expect 0 fuota-verify -p "$key" --profile fuota-device "$good/signed.fuota"
expect 4 fuota-verify -p "$key" --profile no-such "$good/signed.fuota"

# A file that has lost most of its fragments is shorter than its block.
fuota-frag --frag-size 30 --redundancy 2 -q "$good/signed.fuota" | head -2 >few.frags
expect 1 fuota-verify --pub "$key" few.frags
says 'more'
expect 1 fuota-apply --pub "$key" few.frags

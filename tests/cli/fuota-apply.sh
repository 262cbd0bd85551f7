# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
old=$TOP/samples/app-1.2.bin new=$TOP/samples/app-1.3.bin
install -m 600 "$TOP/tests/keys/release.key" key
key=key pub=$TOP/tests/keys/release.pub

fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$new" |
    fuota-delta --base "$old" | fuota-sign --key "$key" >signed.img
expect 0 fuota-apply --pub "$pub" --base "$old" -o back.bin signed.img
same back.bin "$new"

# a key or the express wish to go without
expect 2 fuota-apply --base "$old" -o no.bin signed.img
says '--pub is required, or --no-verify'
expect 2 fuota-apply --pub "$pub" --no-verify --base "$old" signed.img
expect 0 fuota-keygen -s other.key -p other.pub
expect 1 fuota-apply --pub other.pub --base "$old" -o no.bin signed.img
says 'not trusted'
expect 0 fuota-apply --pub other.pub --pub "$pub" --base "$old" -o b2.bin signed.img
same b2.bin "$new"

# a payload that does not decode is not looked at before the signature
size=$(wc -c <signed.img)
{ head -c $((size - 100)) signed.img; printf '\001\002\003'; tail -c 97 signed.img; } >bad.img
expect 1 fuota-apply --pub "$pub" --base "$old" -o no.bin bad.img
says 'signature'
expect 3 fuota-apply --pub "$pub" --base "$old" -o no.bin "$new"
says 'not a FUOTA image'

# payload_len off by one, either way
python3 - <<'EOF'
image = bytearray(open("signed.img", "rb").read())
for name, by in (("more.img", 1), ("less.img", -1)):
    n = int.from_bytes(image[24:28], "little") + by
    open(name, "wb").write(image[:24] + n.to_bytes(4, "little") + image[28:])
EOF
for image in more.img less.img; do
	expect 3 fuota-apply --no-verify --base "$old" -o no.bin $image
done
absent no.bin

# bound to a product
uuid=00010203-0405-0607-0809-0a0b0c0d0e0f
fuota-image --hw-id 1 --fw-version 1 --product-uuid $uuid "$new" |
    fuota-sign --key "$key" --product-uuid $uuid >bound.img
expect 0 fuota-apply --pub "$pub" --product-uuid $uuid -o back.bin bound.img
same back.bin "$new"
expect 0 fuota-apply --pub "$pub" --uuid $uuid -o back.bin bound.img
expect 1 fuota-apply --pub "$pub" --product-uuid ${uuid%0f}0e -o no.bin bound.img
expect 1 fuota-apply --pub "$pub" -o no.bin bound.img
says 'bound to a product UUID'
expect 5 fuota-apply --pub "$pub" --base "$old" --product-uuid $uuid -o no.bin signed.img
absent no.bin

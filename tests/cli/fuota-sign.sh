# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
install -m 600 "$TOP/tests/keys/release.key" release.key
install -m 644 "$TOP/tests/keys/release.pub" release.pub
head -c 5000 "$TOP/samples/app-1.3.bin" >app.bin
fuota-image --hw-id 0x0102 --fw-version 1.3.0 --counter 7 -o app.img app.bin
size=$(wc -c <app.img)

image_size() {
	[ "$(wc -c <"$1")" = $((size + $2 * 70)) ] ||
	    die "$1 has $(wc -c <"$1") bytes, not $2 signatures"
}

# the signature of a record, the first by default
record() {
	tail -c +$((size + 70 * ${2:-0} + 7)) "$1" | head -c 64
}

# signed, the same bytes each time, through files and pipes
expect 0 fuota-sign --key release.key -o signed.img app.img
image_size signed.img 1
fuota-sign -k release.key <app.img >pipe.img
same signed.img pipe.img
cat release.key | fuota-sign --key-fd 0 -o fd.img app.img
same signed.img fd.img
fuota-sign --key-fd 9 <app.img >fd.img 9<release.key
same signed.img fd.img
head -c "$size" signed.img >front
same front app.img

# openssl agrees on the message and on the signature
expect 0 fuota-sign --emit-message -o message app.img
fuota-sign -e <signed.img >again
same message again
[ "$(head -c 14 message)" = FUOTA-image-v1 ] || die "context"
[ "$(wc -c <message)" = 84 ] || die "size of the message"
record signed.img >sig
openssl pkeyutl -verify -rawin -pubin -inkey release.pub -in message \
    -sigfile sig >/dev/null || die "openssl refuses our signature"
openssl pkeyutl -sign -rawin -inkey release.key -in message -out theirs
same sig theirs

# --attach in every form gives the same image
xxd -p -c 64 sig >sig.hex 2>/dev/null || od -An -v -tx1 sig | tr -d ' \n' >sig.hex
base64 sig >sig.b64
for form in sig sig.hex sig.b64; do
	expect 0 fuota-sign --attach $form --pubkey release.pub -o att.img app.img
	same signed.img att.img
done
fuota-pubkey -f hex release.pub >release.hex
cat sig | fuota-sign --attach - -p release.hex app.img >att.img
same signed.img att.img

# nothing is written unless the attached signature holds
fuota-keygen -s other.key -p other.pub
expect 1 fuota-sign --attach sig --pubkey other.pub -o no.img app.img
says "'sig': signature does not match the public key and this image"
printf 'x' | cat - sig | head -c 64 >shifted
expect 1 fuota-sign --attach shifted --pubkey release.pub -o no.img app.img
: >none
expect 3 fuota-sign --attach none --pubkey release.pub -o no.img app.img
head -c 63 sig >short
expect 3 fuota-sign --attach short --pubkey release.pub -o no.img app.img
says '63 bytes are no signature'
(cat sig; printf x) >long
expect 3 fuota-sign --attach long --pubkey release.pub -o no.img app.img
head -c 64 /dev/zero >zero
expect 1 fuota-sign --attach zero --pubkey release.pub -o no.img app.img
expect 4 fuota-sign --attach missing --pubkey release.pub -o no.img app.img
expect 4 fuota-sign --attach sig --pubkey release.key -o no.img app.img
says 'is a secret key where a public key is wanted'
fuota-image --hw-id 0x0102 --fw-version 1.3.1 -o other.img app.bin
expect 1 fuota-sign --attach sig --pubkey release.pub -o no.img other.img
absent no.img

# external signers; the words are split, no shell is asked
cat >good <<'S'
#!/bin/sh
cat >seen
env >environment
openssl pkeyutl -sign -rawin -inkey "$1" -in seen
S
chmod +x good
export FUOTA_KEY_PASSPHRASE=geheim
expect 0 fuota-sign --signer './good   release.key' --pubkey release.pub -o ext.img app.img
unset FUOTA_KEY_PASSPHRASE
same signed.img ext.img
same seen message
! grep -q geheim environment || die "the passphrase reached the signer"
expect 0 fuota-sign --signer 'openssl pkeyutl -sign -rawin -inkey release.key -in /dev/stdin' \
    --pubkey release.pub -o ext.img app.img
same signed.img ext.img
signer() {
	printf '#!/bin/sh\n%s\n' "$2" >$1
	chmod +x $1
}
signer sh63 'head -c 63 /dev/zero'
signer sh65 'head -c 65 /dev/zero'
signer flood 'cat /dev/zero'
signer silent 'exit 0'
signer fails 'head -c 64 /dev/zero; exit 7'
signer dies 'kill -9 $$'
signer hangs 'sleep 1000 & echo $! >pid; echo $$ >group; wait'
signer lingers 'sleep 1000 & echo $! >pid; exec cat sig'
signer closes 'exec >&-; sleep 1000'
signer other 'cat >/dev/null; openssl pkeyutl -sign -rawin -inkey release.key -in app.img'
signer wrongkey 'cat >m2; openssl pkeyutl -sign -rawin -inkey other.key -in m2'
signer deaf 'exec <&-; cat sig'
# a killed process may wait for somebody to collect it
gone() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -qs '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" || return 0
		sleep 0.1
	done
	die "what the signer started still runs"
}
bad() {
	want=$1 text=$2
	shift 2
	expect "$want" fuota-sign "$@" --pubkey release.pub -o no.img app.img
	says "$text"
	absent no.img
}
bad 3 'signer wrote 63 bytes' --signer ./sh63
bad 3 'signer wrote more than 64 bytes' --signer ./sh65
bad 3 'signer wrote more than 64 bytes' --signer ./flood
bad 3 'signer wrote 0 bytes' --signer ./silent
bad 4 'signer failed with exit code 7' --signer ./fails
bad 4 'signer was ended by signal 9' --signer ./dies
bad 1 'signature does not match' --signer ./other
bad 1 'signature does not match' --signer ./wrongkey
bad 4 'cannot run the signer' --signer ./missing
bad 4 'cannot run the signer' --signer '/bin/sh;true'
bad 4 'did not finish in time' --signer ./hangs --signer-timeout 1
gone "$(cat pid)"
bad 4 'did not finish in time' --signer ./lingers --signer-timeout 1
gone "$(cat pid)"
bad 4 'did not finish in time' --signer ./closes --signer-timeout 1
expect 0 fuota-sign --signer ./deaf --pubkey release.pub -o ext.img app.img
same signed.img ext.img

# told to end, it takes the signer along
fuota-sign --signer ./hangs --pubkey release.pub -o no.img app.img 2>err &
tool=$!
rm -f pid group
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -s group ] || break
	sleep 0.2
done
kill -TERM $tool
wait $tool && die "ended well" || code=$?
[ $code = 143 ] || die "exit $code after SIGTERM"
gone "$(cat pid)"
absent no.img

# several keys; a rotation; a duplicate; more than 8
expect 0 fuota-sign -k release.key -k other.key -o two.img app.img
image_size two.img 2
expect 0 fuota-sign -k other.key -o two-steps.img signed.img
same two.img two-steps.img
expect 0 fuota-sign -k other.key --attach sig -p release.pub -o mixed.img app.img
image_size mixed.img 2
record mixed.img 1 >second
same second sig
expect 5 fuota-sign -k other.key -o no.img two.img
says 'image is signed by key [0-9a-f]\{8\} already'
expect 5 fuota-sign -k other.key -k other.key -o no.img app.img
says 'is given twice'
expect 0 fuota-sign --resign -k other.key -o rotated.img two.img
image_size rotated.img 1
expect 0 fuota-sign -k other.key -o want.img app.img
same want.img rotated.img
keys=
for i in 1 2 3 4 5 6 7 8; do
	fuota-keygen -s k$i.key -p k$i.pub
	keys="$keys -k k$i.key"
done
expect 0 fuota-sign $keys -o eight.img app.img
image_size eight.img 8
for i in 1 2 3 4 5 6 7 8; do
	record eight.img $((i - 1)) >sig$i
	openssl pkeyutl -verify -rawin -pubin -inkey k$i.pub -in message \
	    -sigfile sig$i >/dev/null || die "signature $i"
done
expect 5 fuota-sign -k release.key -o no.img eight.img
says 'would have 9 signatures, at most 8'
expect 2 fuota-sign $keys -k release.key -o no.img app.img
printf '\001' | dd of=signed.img bs=1 seek=1000 conv=notrunc 2>/dev/null
expect 1 fuota-sign -k release.key -o no.img signed.img
says 'does not hold: changed after it was signed'
fuota-sign -k release.key -o signed.img app.img

# encrypted keys, passphrases
echo horse >pw
chmod 600 pw
fuota-keygen --passphrase-file pw -s e.key -p e.pub
expect 0 fuota-sign -k e.key --passphrase-file pw -o enc.img app.img
image_size enc.img 1
fuota-sign -k e.key --passphrase-fd 8 -o enc2.img app.img 8<pw
same enc.img enc2.img
FUOTA_KEY_PASSPHRASE=horse fuota-sign -k e.key -o enc2.img app.img
same enc.img enc2.img
FUOTA_KEY_PASSPHRASE=hors expect 4 fuota-sign -k e.key -o no.img app.img
says "'e.key': wrong passphrase"
expect 4 setsid -w fuota-sign -k e.key -o no.img app.img
says 'there is no terminal'

# keys that are refused, and never shown
chmod 644 release.key
expect 4 fuota-sign -k release.key -o no.img app.img
says 'mode 0644 opens this secret to others: chmod 600'
chmod 600 release.key
expect 4 fuota-sign -k release.pub -o no.img app.img
says 'is a public key where a secret key is wanted'
seed=9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
echo $seed >seed
chmod 600 seed
expect 4 fuota-sign -k seed -o no.img app.img
! grep -q "$seed" err || die "the seed was shown"
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:1024 -out rsa.key 2>/dev/null
chmod 600 rsa.key
expect 4 fuota-sign -k rsa.key -o no.img app.img
says 'rsaEncryption, not Ed25519'
expect 4 fuota-sign -k missing.key -o no.img app.img
absent no.img

# a product UUID
uuid=00112233-4455-6677-8899-aabbccddeeff
fuota-image --hw-id 1 --fw-version 1.3.0 --product-uuid $uuid -o bound.img app.bin
expect 0 fuota-sign -k release.key --product-uuid $uuid -o b.img bound.img
fuota-sign -e --uuid $uuid bound.img >message2
[ "$(wc -c <message2)" = 100 ] || die "size of the bound message"
record b.img >sig2
openssl pkeyutl -verify -rawin -pubin -inkey release.pub -in message2 \
    -sigfile sig2 >/dev/null || die "bound signature"
expect 2 fuota-sign -k release.key -o no.img bound.img
expect 2 fuota-sign -k release.key --uuid $uuid -o no.img app.img
expect 2 fuota-sign -k release.key --uuid 0011 -o no.img bound.img

# the security counter
expect 0 fuota-sign -k release.key --last-counter 7 -o c.img app.img
expect 5 fuota-sign -k release.key --last-counter 8 -o no.img app.img
says 'security counter 7 is lower than the last one, 8; --force'
expect 0 fuota-sign -k release.key --last-counter 8 --force -o c.img app.img
says 'lower than the last one'
fuota-image --hw-id 1 --fw-version 1.3.0 --counter 1008 -o jump.img app.bin
expect 5 fuota-sign -k release.key --last-counter 7 -o no.img jump.img
says 'jumps from 7 to 1008'
fuota-image --hw-id 1 --fw-version 1.3.0 --counter 0xffffffff -o end.img app.bin
expect 5 fuota-sign -k release.key -o no.img end.img
says 'is the last there is'
absent no.img

# malformed images, outputs that are inputs, no core dump, usage
head -c 50 app.img >cut.img
expect 3 fuota-sign -k release.key -o no.img cut.img
expect 3 fuota-sign -k release.key -o no.img app.bin
absent no.img
cp app.img in.img
expect 2 fuota-sign -k release.key -o in.img in.img
cp release.key kept.key
expect 2 fuota-sign -k release.key -o release.key app.img
expect 2 fuota-sign --attach sig -p release.pub -o release.pub app.img
expect 2 fuota-sign --attach sig -p release.pub -o sig app.img
same kept.key release.key
if [ -w /dev/full ]; then
	code=0
	fuota-sign -k release.key app.img >/dev/full 2>err || code=$?
	[ $code = 4 ] || die "exit $code on a full disk"
fi
signer limits 'ulimit -c >core; cat sig'
(ulimit -c unlimited 2>/dev/null || true
    fuota-sign --signer ./limits -p release.pub -o c.img app.img)
[ "$(cat core)" = 0 ] || die "core dumps are possible"
expect 2 fuota-sign app.img
expect 2 fuota-sign --attach sig app.img
expect 2 fuota-sign -k release.key -p release.pub app.img
expect 2 fuota-sign --signer '  ' -p release.pub app.img
expect 2 fuota-sign -e -k release.key app.img
expect 2 fuota-sign --key-fd 0
expect 2 fuota-sign --attach - -p release.pub
expect 2 fuota-sign -k - app.img
expect 0 fuota-sign --help
shows '^usage: fuota-sign'

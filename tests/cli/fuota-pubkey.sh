# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"
install -m 600 "$TOP/tests/keys/release.key" release.key
install -m 644 "$TOP/tests/keys/release.pub" release.pub

# from the secret and from the public key, by file and by standard input
expect 0 fuota-pubkey release.key
same out release.pub
expect 0 fuota-pubkey -o again.pub release.pub
same again.pub release.pub
fuota-pubkey <release.pub >again.pub
same again.pub release.pub
fuota-pubkey - <release.key >again.pub
same again.pub release.pub
cat release.key | fuota-pubkey >again.pub
same again.pub release.pub

# every form is read again
for format in pem hex minisign openssh; do
	expect 0 fuota-pubkey --format $format -o form.$format release.key
	expect 0 fuota-pubkey -o again.pub form.$format
	same again.pub release.pub
done
expect 0 fuota-pubkey -f hex release.pub
shows '^d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a$'

# keys of openssl, plain and encrypted
openssl genpkey -algorithm ed25519 -out o.key 2>/dev/null
chmod 600 o.key
openssl pkey -in o.key -pubout -out o.pub
expect 0 fuota-pubkey o.key
same out o.pub
openssl pkcs8 -topk8 -in o.key -passout pass:horse -out oe.key
chmod 600 oe.key
echo horse >pw
chmod 600 pw
expect 0 fuota-pubkey --passphrase-file pw oe.key
same out o.pub
fuota-pubkey --passphrase-fd 7 oe.key 7<pw >out
same out o.pub
FUOTA_KEY_PASSPHRASE=horse fuota-pubkey oe.key >out
same out o.pub
FUOTA_KEY_PASSPHRASE=hors expect 4 fuota-pubkey oe.key
says 'wrong passphrase'
expect 4 setsid -w fuota-pubkey oe.key
says 'there is no terminal'
if script --version >/dev/null 2>&1; then
	(sleep 0.5; echo horse) |
	    script -qec "fuota-pubkey -o tty.pub oe.key" log >shown
	same tty.pub o.pub
	tr -d '\r' <shown | tail -n +2 | grep -q horse &&
	    die "the passphrase was shown: $(cat shown)"
fi

# minisign reads ours, and we read minisign's
if command -v minisign >/dev/null; then
	minisign -G -W -p m.pub -s m.key >/dev/null
	expect 0 fuota-pubkey -o from-secret m.key
	expect 0 fuota-pubkey -o from-public m.pub
	same from-secret from-public
	expect 0 fuota-pubkey -f minisign -o our.pub release.key
	# a signature in minisign's form: of the file, then of that and a comment
	echo firmware >file
	openssl pkeyutl -sign -rawin -inkey release.key -in file -out sig1
	(cat sig1; printf 'a comment') >global
	openssl pkeyutl -sign -rawin -inkey release.key -in global -out sig2
	number=$(sed -n 2p our.pub | base64 -d | head -c 10 | base64)
	{
		echo 'untrusted comment: made by hand'
		(sed -n 2p our.pub | base64 -d | head -c 10; cat sig1) | base64 -w0
		echo
		echo 'trusted comment: a comment'
		base64 -w0 <sig2
		echo
	} >file.minisig
	minisign -V -q -p our.pub -m file || die "minisign refuses our key ($number)"
	minisign -V -q -P "$(sed -n 2p our.pub)" -m file || die "minisign -P"
else
	echo 'minisign is not installed: skipped'
fi

# ssh-keygen reads ours, and we read ssh-keygen's
if command -v ssh-keygen >/dev/null; then
	ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f s.key
	expect 0 fuota-pubkey -f openssh s.key.pub
	[ "$(cut -d' ' -f1,2 s.key.pub)" = "$(cat out)" ] || die "openssh line"
	expect 0 fuota-pubkey -f openssh -o line release.pub
	ssh-keygen -l -f line >/dev/null || die "ssh-keygen refuses our line"
	expect 4 fuota-pubkey s.key
	says "OpenSSH's own format"
	ssh-keygen -q -t rsa -b 1024 -N '' -f r.key
	expect 4 fuota-pubkey r.key.pub
	says 'another type than ssh-ed25519'
else
	echo 'ssh-keygen is not installed: skipped'
fi

# a C header that compiles and holds both arrays
expect 0 fuota-pubkey -f c-header -n release_key -o key.h release.pub
cat >main.c <<'C'
#include <stdio.h>
#include "key.h"
int main(void)
{
	return fwrite(release_key, 1, sizeof(release_key), stdout) != 32 ||
	    fwrite(release_key_spki, 1, sizeof(release_key_spki), stdout) != 44;
}
C
${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -o main main.c
./main >arrays
openssl pkey -pubin -in release.pub -outform DER >spki
(tail -c 32 spki; cat spki) >want
same arrays want
expect 0 fuota-pubkey -f c-header release.pub
shows 'fuota_public_key\[32\]'
expect 2 fuota-pubkey -f c-header -n 'a;b' release.pub
expect 2 fuota-pubkey -f hex -n name release.pub

# modes: as ssh does, and never readable by everybody
for mode in 640 604 644 660 606 622; do
	chmod $mode release.key
	expect 4 fuota-pubkey release.key
	says "'release.key': mode 0$mode opens this secret to others: chmod 600"
done
chmod 400 release.key
expect 0 fuota-pubkey release.key
chmod 600 release.key
chmod 644 release.pub
expect 0 fuota-pubkey release.pub

# the wrong type, the wrong length
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:1024 -out rsa.key 2>/dev/null
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>/dev/null
openssl genpkey -algorithm x25519 -out x.key 2>/dev/null
for type in rsa ec x; do
	chmod 600 $type.key
	expect 4 fuota-pubkey $type.key
	says 'not Ed25519'
	openssl pkey -in $type.key -pubout -out $type.pub
	expect 4 fuota-pubkey $type.pub
	says 'not Ed25519'
done
hex=d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
echo "${hex%??}" >31
expect 4 fuota-pubkey 31
says '62 hexadecimal digits instead of 64'
echo "${hex}00" >33
expect 4 fuota-pubkey 33
says '66 hexadecimal digits instead of 64'
: >empty
expect 4 fuota-pubkey empty
says "'empty': is empty"
head -c 20000 /dev/zero >big
expect 4 fuota-pubkey big
says 'longer than 16384 bytes'
expect 4 fuota-pubkey absent
says 'No such file'
expect 4 fuota-pubkey .
says 'Is a directory'
printf '01%062d\n' 0 >low
expect 4 fuota-pubkey low
says 'low order'

# output
expect 2 fuota-pubkey -o release.pub release.pub
says 'is an input too'
if [ -w /dev/full ]; then
	code=0
	fuota-pubkey release.pub >/dev/full 2>err || code=$?
	[ $code = 4 ] || die "exit $code on a full disk"
fi
expect 2 fuota-pubkey -f der release.pub
expect 2 fuota-pubkey a b
expect 0 fuota-pubkey -h
shows '^usage: fuota-pubkey'

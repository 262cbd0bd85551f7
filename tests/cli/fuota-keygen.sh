# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

mode() {
	[ "$(stat -c %a "$1")" = "$2" ] || die "mode of $1: $(stat -c %a "$1")"
}

# a pair that openssl reads and that belongs together
expect 0 fuota-keygen -s a.key -p a.pub
[ ! -s out ] && [ ! -s err ] || die "not silent"
mode a.key 600
openssl pkey -in a.key -pubout -out want.pub
same want.pub a.pub
(umask 077 && fuota-keygen -s b.key -p b.pub)
mode b.pub 600
! cmp -s a.pub b.pub || die "two keys are the same"

# nothing is overwritten, and both files are there or none
cp a.key kept.key
expect 4 fuota-keygen -s a.key -p new.pub
says "'a.key': cannot create: File exists"
same kept.key a.key
absent new.pub
expect 4 fuota-keygen -s new.key -p a.pub
says "'a.pub': cannot create: File exists"
absent new.key
expect 4 fuota-keygen -s new.key -p new.key
absent new.key
expect 4 fuota-keygen -s new.key -p no/such/dir.pub
absent new.key
ln -s elsewhere link.key
expect 4 fuota-keygen -s link.key -p new.pub
absent elsewhere
mkdir locked && chmod 500 locked
if [ "$(id -u)" != 0 ]; then
	expect 4 fuota-keygen -s locked/a.key -p new.pub
	absent new.pub
fi
if [ -w /dev/full ]; then
	expect 4 fuota-keygen -s new.key -p /dev/full
	absent new.key
fi

# encrypted, by every source of a passphrase
echo 'correct horse' >pw
chmod 600 pw
expect 0 fuota-keygen --passphrase-file pw -s e.key -p e.pub
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' e.key || die "not encrypted"
mode e.key 600
openssl pkey -in e.key -passin file:pw -pubout -out want.pub
same want.pub e.pub
fuota-keygen --passphrase-fd 5 -s f.key -p f.pub 5<pw
openssl pkey -in f.key -passin file:pw -pubout -out want.pub
same want.pub f.pub
FUOTA_KEY_PASSPHRASE='correct horse' fuota-keygen --encrypt -s g.key -p g.pub
openssl pkey -in g.key -passin file:pw -pubout -out want.pub
same want.pub g.pub
export FUOTA_KEY_PASSPHRASE=x
expect 0 fuota-keygen -s plain.key -p plain.pub
says 'without --encrypt the key is not encrypted'
expect 0 fuota-keygen -q -s plain2.key -p plain2.pub
[ ! -s err ] || die "a remark although -q"
unset FUOTA_KEY_PASSPHRASE

# on the terminal it is asked for twice, without echo
if script --version >/dev/null 2>&1; then
	(sleep 0.5; echo typed; sleep 0.5; echo typed) |
	    script -qec "fuota-keygen --encrypt -s t.key -p t.pub" log >shown
	grep -q "passphrase for 't.key'" shown || die "no prompt: $(cat shown)"
	openssl pkey -in t.key -passin pass:typed -pubout -out want.pub
	same want.pub t.pub
	(sleep 0.5; echo typed; sleep 0.5; echo other) |
	    script -qec "fuota-keygen --encrypt -s u.key -p u.pub" log >shown || true
	grep -q 'the two passphrases differ' shown || die "taken: $(cat shown)"
	absent u.key
fi

# bad passphrases
expect 4 setsid -w fuota-keygen --encrypt -s n.key -p n.pub
says 'there is no terminal'
chmod 644 pw
expect 4 fuota-keygen --passphrase-file pw -s n.key -p n.pub
says "'pw': mode 0644 .* chmod 600"
chmod 600 pw
echo >empty
chmod 600 empty
expect 2 fuota-keygen --passphrase-file empty -s n.key -p n.pub
says 'passphrase has 0 bytes'
head -c 2000 /dev/zero | tr '\0' a >long
chmod 600 long
expect 2 fuota-keygen --passphrase-file long -s n.key -p n.pub
says 'passphrase has 2000 bytes'
absent n.key
absent n.pub

# usage
expect 2 fuota-keygen
expect 2 fuota-keygen -s only.key
expect 2 fuota-keygen -p only.pub
expect 2 fuota-keygen -s - -p x.pub
expect 2 fuota-keygen -s x.key -p -
expect 2 fuota-keygen -s x.key -p x.pub more
expect 2 fuota-keygen --passphrase-file pw --passphrase-fd 3 -s x.key -p x.pub
absent only.key
absent x.key
expect 0 fuota-keygen --help
shows '^usage: fuota-keygen'
expect 0 fuota-keygen -V

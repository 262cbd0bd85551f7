# SPDX-License-Identifier: BSD-2-Clause
# Every tool that reads an object against broken ones of every kind: one
# line that names the object, the right status, nothing on standard output
# and no file left behind.
. "$TOP/tests/cli/lib"
golden=$TOP/tests/golden
old=$TOP/samples/app-1.2.bin new=$TOP/samples/app-1.3.bin
install -m 600 "$TOP/tests/keys/release.key" release.key
cp "$TOP/tests/keys/release.pub" .

tidy() {
	set -- "$1" *.??????
	[ ! -e "$2" ] || die "temporary file $2: $1"
}

# refused CODE PATTERN COMMAND...: COMMAND has "-o no" in it
refused() {
	want=$1 text=$2
	shift 2
	expect "$want" "$@"
	says "$text"
	absent no
	tidy "$*"
}

fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$new" >full.img
fuota-sign -k release.key full.img >full
fuota-delta --method deflate -b "$old" full.img >delta.img
fuota-sign -k release.key delta.img >delta
fuota-frag --frag-size 112 --redundancy 30% delta >frags

# what an image is turned into, in a few words: python3 edit EXPRESSION
cat >edit.py <<'S'
import struct, sys
d = bytearray(open(sys.argv[1], "rb").read())
def u32(off, by):
    d[off:off + 4] = struct.pack("<I", struct.unpack_from("<I", d, off)[0] + by)
exec(sys.argv[2])
open(sys.argv[3], "wb").write(d)
S
edit() {
	python3 edit.py "$@"
}

# --- images ----------------------------------------------------------------

# every tool that reads an image refuses it with the same status
each_tool() { # STATUS FILE: of a malformed image
	refused "$1" "'$2': " fuota-verify -p release.pub -o no "$2"
	refused "$1" "'$2': " fuota-apply -p release.pub -b "$old" -o no "$2"
	refused "$1" "'$2': " fuota-compress -o no "$2"
	refused "$1" "'$2': " fuota-delta -b "$old" -o no "$2"
	refused "$1" "'$2': " fuota-sign -k release.key --resign -o no "$2"
	refused "$1" "'$2': " fuota-sign --emit-message -o no "$2"
	refused "$1" "'$2': " fuota-info -o no "$2"
}

edit full 'u32(24, 1)' more
edit full 'u32(24, -1)' less
edit full 'd += bytes(9) + b"\1"' behind
edit full 'd += bytes(70)[:69] + b"Q"' behind70
for words in 0 8 255; do
	edit full "d[3] = $words" words$words
done
# TLVs: 0x81 of 8 bytes and 0x82 of 16 follow the header of a delta
edit delta 'd[36:64] = d[46:64] + d[36:46]' unsorted
edit delta 'd[46:56] = d[36:46]' duplicate
edit delta 'd[46] = 0xC0' critical
for image in more less behind behind70 words0 words8 words255 unsorted \
    duplicate critical; do
	each_tool 3 $image
done
refused 3 'TLV 0xc0 .*unsupported' fuota-verify -p release.pub -o no critical

# every byte that an image may end after
size=$(wc -c <"$golden/good/every-tlv.fuota")
for cut in 1 2 35 36 37 99 $((size - 71)) $((size - 70)) $((size - 69)) $((size - 1)); do
	head -c $cut "$golden/good/every-tlv.fuota" >cut
	case $cut in
	$((size - 70))) refused 1 "'cut': image is not signed" \
	    fuota-verify -p release.pub -o no cut ;;
	1 | 2) refused 3 "'cut': " fuota-verify -p release.pub -o no cut ;;
	*) each_tool 3 cut ;;
	esac
done

# the wrong base, although its CRC-32 is the right one: the polynomial added
cat >twin.py <<'S'
import sys, zlib
d = bytearray(open(sys.argv[1], "rb").read())
for i in [i for i in range(33) if (0x104C11DB7 >> (32 - i)) & 1]:
    d[1000 + i // 8] ^= 1 << i % 8
assert zlib.crc32(d) == zlib.crc32(open(sys.argv[1], "rb").read())
open(sys.argv[2], "wb").write(d)
S
python3 twin.py "$old" twin
cmp -s "$old" twin && die "not another base"
refused 5 'delta of base\|needs base' fuota-apply -p release.pub -b twin -o no delta
refused 5 'delta of base\|needs base' fuota-verify -p release.pub -b twin -o no delta
fuota-image --hw-id 0x0102 --fw-version 1.2.0 twin >twin.img
refused 5 'base' fuota-apply -p release.pub -b twin.img -o no delta

# a delta against itself, and as its own base
refused 3 'delta' fuota-delta -b delta.img -o no delta.img
refused 3 'delta' fuota-delta -b "$old" -o no delta.img
refused 3 'delta' fuota-apply -p release.pub -b delta -o no delta
refused 2 'output' fuota-delta -b "$old" -o full.img full.img

# streams: a bomb, a short one, a long one, one that ends early
bomb() { # LEN: an image of deflated zeros that says its firmware is LEN bytes
	python3 - "$1" <<'S'
import struct, sys, zlib, hashlib
n = int(sys.argv[1])
c = zlib.compressobj(9, zlib.DEFLATED, -12)
payload = c.compress(bytes(15 << 20)) + c.flush()
tlv = b"\x82\x10" + hashlib.sha256(bytes(n)).digest()[:16]
tlv += bytes(-len(tlv) % 4)
head = struct.pack("<2sBBBBBBIIIIIII", b"FU", 1, (36 + len(tlv)) // 4, 1, 12,
    0, 0, 1, 1, 0, 0, len(payload), n, zlib.crc32(bytes(n)))
open("bomb.img", "wb").write(head + tlv + payload)
S
}
for len in 1 1000 15728639; do
	bomb $len
	fuota-sign -k release.key bomb.img >bomb
	refused 3 "'bomb': " fuota-verify -p release.pub -o no bomb
	refused 3 "'bomb': " fuota-apply -p release.pub -o no bomb
done
bomb 15728641
fuota-sign -k release.key bomb.img >bomb
refused 3 "'bomb': " fuota-apply -p release.pub -o no bomb
bomb 15728640
fuota-sign -k release.key bomb.img >bomb
expect 0 fuota-apply -p release.pub -o large bomb
[ "$(wc -c <large)" = 15728640 ] || die "the image that is none"
rm large

fuota-compress --method deflate -q full.img >small.img
stream() { # EXPRESSION: edits the payload of small.img, length kept in step
	edit small.img 'off = d[3] * 4; n = len(d); '"$1"'; u32(24, len(d) - n)' s.img
	fuota-sign -k release.key s.img >s
	refused 3 "'s': " fuota-verify -p release.pub -o no s
	refused 3 "'s': " fuota-apply -p release.pub -o no s
}
stream 'del d[-1:]'
stream 'del d[-5000:]'
stream 'd += b"\0"'
stream 'd += b"\x03\x00"'
stream 'd += d[off:]'

# --- fragment files --------------------------------------------------------

frags() { # STATUS PATTERN FILE
	refused "$1" "'$3': $2" fuota-defrag -o no "$3"
	refused "$1" "'$3': $2" fuota-verify -p release.pub -b "$old" -o no "$3"
	refused "$1" "'$3': $2" fuota-apply -p release.pub -b "$old" -o no "$3"
	refused "$1" "'$3': $2" fuota-info -o no "$3"
}
third=$(sed -n 3p frags)
again() { # N: line 3 under another number at the end
	(cat frags; echo "$third" | sed "s/\"n\":2,/\"n\":$1,/") >f
}
(cat frags; echo "$third" | sed 's/.."}/00"}/') >f
frags 3 'line [0-9]*: n = 2 again, with other bytes than on line 3' f
again 0
frags 3 'line [0-9]*: ' f
again 16384
frags 3 'line [0-9]*: .*16383' f
again -1
frags 3 'line [0-9]*: ' f
again 4294967298
frags 3 'line [0-9]*: ' f
again 2.0
frags 3 'line [0-9]*: ' f
again 3 # the command inside says 2
frags 3 'line [0-9]*: ' f
sed '3s/.."}/"}/' frags >f
frags 3 'line 3: .*115 bytes' f
sed '3s/"}/00"}/' frags >f
frags 3 'line 3: .*115 bytes' f
sed '3s/."}/"}/' frags >f
frags 3 'line 3: ' f
sed '3s/."}/x"}/' frags >f
frags 3 'line 3: ' f
fuota-frag --frag-size 100 delta >other
(cat frags; head -1 other) >f
frags 3 'line [0-9]*: .*session line' f
(cat frags; cat frags) >f
frags 3 'line [0-9]*: .*session line' f
(head -1 other; sed 1d frags) >f
frags 3 'line 2: ' f
fuota-frag --frag-size 112 --frag-index 1 delta >other
(cat frags; sed -n 5p other) >f
frags 3 'line [0-9]*: ' f
(printf '\357\273\277'; cat frags) >f
frags 3 'line 1: .*byte order mark' f
sed 's/fuota-frags\/1/fuota-frags\/2/' frags >f
frags 3 'line 1: ' f
sed '1s/"nb_frag":[0-9]*/"nb_frag":0/' frags >f
frags 3 'line 1: ' f
sed '1s/"nb_frag":[0-9]*/"nb_frag":99999999999999999999/' frags >f
frags 3 'line 1: ' f
sed '1s/"data_block_len":[0-9]*/"data_block_len":1/' frags >f
frags 3 'line 1: ' f
sed '1s/"padding":[0-9]*/"padding":112/' frags >f
frags 3 'line 1: ' f
head -c 5000 frags >f
frags 3 'line [0-9]*: ' f
head -1 frags >f
refused 1 "'f': " fuota-defrag -o no f
refused 1 "'f': " fuota-apply -p release.pub -b "$old" -o no f

# these are no faults: CRLF, no newline at the end, empty lines
sed 's/$/\r/' frags >crlf
printf %s "$(cat frags)" >bare
for f in crlf bare; do
	expect 0 fuota-defrag -o block $f
	same delta block
	expect 0 fuota-verify -q -p release.pub -b "$old" $f
done

# --- keys ------------------------------------------------------------------

key() { # STATUS PATTERN FILE: as public key, wherever one is taken
	refused "$1" "'$3': $2" fuota-verify -p "$3" -o no full
	refused "$1" "'$3': $2" fuota-apply -p "$3" -o no full
	refused "$1" "'$3': $2" fuota-pubkey -o no "$3"
}
hex=$(fuota-pubkey -f hex release.pub)
echo "${hex%??}" >k31
key 4 '' k31
echo "${hex}00" >k33
key 4 '' k33
for bytes in 31 32 33; do
	head -c $bytes /dev/zero >raw$bytes
	key 4 '' raw$bytes
done
printf '%064d\n' 0 >low
key 4 '' low
: >empty
refused 4 "'empty': " fuota-verify -p empty -o no full
for type in ed448 x25519; do
	openssl genpkey -algorithm $type -out $type.key
	openssl pkey -in $type.key -pubout -out $type.pub
	chmod 600 $type.key
	key 4 '.*not Ed25519' $type.pub
	refused 4 "'$type.key': .*not Ed25519" fuota-sign -k $type.key -o no full.img
done
openssl ecparam -genkey -name prime256v1 -noout -out ec.key
openssl ec -in ec.key -pubout -out ec.pub 2>/dev/null
chmod 600 ec.key
key 4 '' ec.pub
refused 4 "'ec.key': " fuota-sign -k ec.key -o no full.img
secret=302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
for by in 31 33; do # the seed one byte short or long, DER lengths in step
	python3 - $by $secret >$by.key <<'S'
import base64, sys
d = bytearray(bytes.fromhex(sys.argv[2]))
by = int(sys.argv[1]) - 32
d = d[:by] if by < 0 else d + bytes(by)
for at in (1, 13, 15):
    d[at] += by
print("-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(d).decode() +
    "\n-----END PRIVATE KEY-----")
S
	chmod 600 $by.key
	refused 4 "'$by.key': " fuota-sign -k $by.key -o no full.img
done
for mode in 644 640 604 660; do
	chmod $mode release.key
	refused 4 "'release.key': mode 0$mode" fuota-sign -k release.key -o no full.img
done
chmod 600 release.key

# --- files -----------------------------------------------------------------

# every tool as it is used when it works; $o is where the output option goes
cat >works <<'S'
fuota-image --hw-id 1 --fw-version 1 $o app.bin
fuota-compress -e 1 $o full.img
fuota-delta -e 1 -b app-old.bin $o full.img
fuota-sign -k release.key $o full.img
fuota-pubkey $o release.pub
fuota-frag --frag-size 112 --redundancy 30% $o delta
fuota-defrag $o frags
fuota-verify -p release.pub -b app-old.bin $o frags
fuota-apply -p release.pub -b app-old.bin $o frags
fuota-info $o frags
S
cp "$old" app-old.bin
cp "$new" app.bin
mkdir -p locked
chmod 500 locked
while read -r line; do
	tool=${line%% *} input=${line##* }
	o="-o yes"
	eval "expect 0 $line"
	[ -s yes ] || die "nothing written: $line"

	# the output is the input, by name, by another name, by a link
	cp -p "$input" kept
	ln -sf "$input" link
	ln -f "$input" hard
	for o in "-o $input" "-o ./$input" "-o link" "-o hard"; do
		eval "expect 2 $line"
		same kept "$input"
	done
	rm link hard

	# what was there stays as it was when the tool fails
	o='-o yes'
	cp yes kept
	eval "expect 4 ${line% *} missing"
	says "'missing': cannot open"
	same kept yes
	mkdir -p dir
	eval "expect 4 ${line% *} dir"
	: >empty
	want=3
	[ "$tool" != fuota-pubkey ] || want=4
	eval "expect $want ${line% *} empty"
	says "'empty': is empty"
	same kept yes

	# where nothing can be written
	for o in '-o no/such/dir' '-o dir'; do
		eval "expect 4 $line"
	done
	if [ "$(id -u)" != 0 ]; then
		o='-o locked/file'
		eval "expect 4 $line"
		absent locked/file
	fi
	o=
	if [ -c /dev/full ]; then
		eval "expect 4 sh -c '$line >/dev/full'"
		says 'No space left'
	fi
	# a reader that is gone
	( (sleep 0.05; code=0; eval "$line" 2>err || code=$?
	    echo $code >status) | :) || :
	[ "$(cat status)" = 4 ] || die "a closed pipe: exit $(cat status): $line"
	[ "$(wc -l <err)" = 1 ] || die "a closed pipe: $line: $(cat err)"
	# standard output or input closed
	eval "expect 4 sh -c '$line >&-'"
	eval "expect 4 sh -c '${line% *} <&-'"
	tidy "$line"
	rm yes
done <works

# nor is any other file that a tool reads
kept() { # FILE COMMAND...
	cp -p "$1" kept
	file=$1
	shift
	expect 2 "$@"
	says "'$file': is an input too"
	same kept "$file"
}
kept app-old.bin fuota-delta -b app-old.bin -o app-old.bin full.img
kept app-old.bin fuota-verify -p release.pub -b app-old.bin -o app-old.bin delta
kept app-old.bin fuota-apply -p release.pub -b app-old.bin -o app-old.bin delta
kept release.pub fuota-verify -p release.pub -o release.pub full
kept release.pub fuota-apply -p release.pub -o release.pub full
kept release.key fuota-sign -k release.key -o release.key full.img
kept release.key fuota-pubkey -o release.key release.key
kept full.img fuota-compress -o no --report full.img full.img
cp full.img kept
code=0
fuota-compress -o full.img <full.img 2>err || code=$?
[ $code = 2 ] || die "exit $code: the output is what standard input reads"
same kept full.img

# a report and its object in one place
for tool in compress 'delta -b app-old.bin' 'frag --frag-size 200'; do
	expect 2 fuota-$tool --report both -o both full.img
	expect 2 fuota-$tool --report - full.img
done
expect 2 fuota-defrag --report both -o both frags
absent both

# an object and its report appear both or not at all
for line in 'compress -e 1 REPORT full.img' 'delta -e 1 -b app-old.bin REPORT full.img' \
    'frag --frag-size 200 REPORT full.img' 'defrag REPORT frags'; do
	for report in '-o both --report no/dir/rep' '-o no/dir/out --report both' \
	    '-o both --report dir'; do
		expect 4 fuota-${line%REPORT*} $report ${line#*REPORT }
		absent both
		tidy "$line $report"
	done
	expect 0 fuota-${line%REPORT*} -q -o both --report rep ${line#*REPORT }
	[ -s both ] && [ -s rep ] || die "one of two: $line"
	rm both rep
done

# a disk that fills up in the middle: nothing is left, what was there stays
if [ "$(id -u)" = 0 ] && mkdir disk &&
    mount -t tmpfs -o size=8k tmpfs disk 2>/dev/null; then
	trap 'umount disk' EXIT
	echo kept >disk/file
	for line in 'image --hw-id 1 --fw-version 1 FILE app.bin' \
	    'compress -e 1 FILE full.img' 'sign -k release.key FILE full.img' \
	    'frag --frag-size 112 FILE delta' \
	    'apply -p release.pub -b app-old.bin FILE delta'; do
		for o in '-o disk/new' '-o disk/file'; do
			expect 4 fuota-${line%FILE*} $o ${line#*FILE }
			says 'No space left'
			[ "$(ls disk)" = file ] || die "left behind: $(ls disk)"
			[ "$(cat disk/file)" = kept ] || die "lost: $line"
		done
	done
	umount disk
	trap - EXIT
fi

# --- sizes -----------------------------------------------------------------

# 16 MiB of zeros and of noise through everything, and one byte more
limit=16777216
head -c $limit /dev/zero >zeros
openssl enc -aes-128-ctr -K 00 -iv 00 -in zeros -out noise 2>/dev/null
for kind in zeros noise; do
	fuota-image --hw-id 1 --fw-version 2 -o big.img $kind
	fuota-compress --method deflate -q -o small.img big.img
	fuota-sign -k release.key -o big small.img
	expect 0 fuota-verify -q -p release.pub big
	fuota-apply -p release.pub big | cmp - $kind
	fuota-sign -k release.key -o big big.img
	expect 0 fuota-info big
	! fuota-frag -q --frag-size 255 big >big.frags 2>/dev/null ||
	    fuota-defrag big.frags | cmp - big
done
head -c $((16383 * 255 - 300)) noise >part
fuota-frag -q --frag-size 255 --redundancy 1 -o part.frags part
expect 0 fuota-defrag --drop 7 -o back part.frags
same part back
printf x >>zeros
refused 3 "firmware of $((limit + 1)) bytes exceeds $limit" \
    fuota-image --hw-id 1 --fw-version 1 -o no zeros
refused 3 '' fuota-delta -b zeros -o no full.img
refused 3 '' fuota-delta -b app-old.bin --format bsdiff40 -o no zeros
refused 3 '' fuota-frag --frag-size 255 -o no zeros
head -c $((limit * 9)) /dev/zero >zeros
for tool in compress 'delta -b app-old.bin' 'sign -k release.key' \
    'verify -p release.pub' 'apply -p release.pub' defrag info; do
	refused 3 "'zeros': " fuota-$tool -o no zeros
done
refused 3 "'zeros': " fuota-verify -p release.pub -b zeros -o no delta
refused 3 "'zeros': " fuota-apply -p release.pub -b zeros -o no delta
refused 4 "'zeros': longer than" fuota-pubkey -o no zeros
refused 4 "'zeros': longer than" fuota-verify -p zeros -o no full

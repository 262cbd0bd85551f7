# SPDX-License-Identifier: BSD-2-Clause
# What a device runs is what the tools run: its functions are defined once, in
# the objects of lib/device, and a tool that is linked with another answer from
# one of them has no answer of its own.
. "$TOP/tests/cli/lib"

command -v cc >/dev/null && command -v nm >/dev/null || skip "no compiler"
export LC_ALL=C

# Every function that the device's headers declare, where it is defined.
cat "$TOP"/include/fuota/device/*.h | tr '\n' ' ' |
    grep -o 'FUOTA_API [^(;]*(' | grep -o 'fuota_[a-z0-9_]*(' | tr -d '(' |
    sort -u >declared
[ "$(wc -l <declared)" -gt 30 ] || die "$(cat declared)"
defined_in() { # DIRECTORY
	nm -g --defined-only "$1"/*.o | awk 'NF == 3 { print $3 }' | sort
}
defined_in "$BUILD/lib/device" >device
uniq -d device >twice
[ ! -s twice ] || die "defined twice: $(cat twice)"
comm -23 declared device >missing
[ ! -s missing ] || die "not in lib/device: $(cat missing)"
for half in lib cmd cmd/common cmd/session; do
	defined_in "$BUILD/$half" | comm -12 - device >second
	[ ! -s second ] || die "$half has its own $(cat second)"
done

key=$TOP/tests/keys/release.pub base=$TOP/samples/app-1.2.bin
install -m 600 "$TOP/tests/keys/release.key" key
image() { # METHOD
	fuota-image --hw-id 0x0102 --fw-version 1.3.0 "$TOP/samples/app-1.3.bin" |
	    fuota-delta --effort 1 --method "$1" --base "$base" | fuota-sign --key key
}
image codec >codec
image deflate >deflate
fuota-frag -q --frag-size 48 --redundancy 30% codec >frags

libs=$(sed -n 's/^PACKAGES := //p' "$TOP/Makefile")
libs="$(pkg-config --libs $libs) -ldivsufsort -lbz2 -lm -lpthread"

# asks FUNCTION TOOL ARGUMENT...: the tool cannot do without that function
asks() {
	local function=$1 tool=$2
	shift 2
	expect 0 "$tool" "$@"
	cat >no.c <<-END
		#include <fuota/status.h>
		enum fuota_status __wrap_$function(void);
		enum fuota_status __wrap_$function(void) { return FUOTA_E_FLASH; }
	END
	# -Wl,--wrap: calls from other objects go to the function above
	cc ${CFLAGS:-} ${LDFLAGS:-} -I"$TOP/include" -Wl,--wrap="$function" -Wl,--as-needed \
	    -o "no-$tool" "$BUILD/cmd/$tool.o" no.c "$BUILD/cmd/common.a" \
	    "$BUILD/lib/libfuota.a" $libs
	code=0
	"./no-$tool" "$@" >out 2>err </dev/null || code=$?
	[ "$code" != 0 ] || die "$tool did without $function"
}

asks fuota_defrag_feed fuota-defrag -o block frags
asks fuota_header_decode_at fuota-info codec
asks fuota_check_step fuota-verify --pub "$key" --base "$base" codec
asks fuota_defrag_feed fuota-verify --pub "$key" --base "$base" frags
asks fuota_codec_run fuota-verify --pub "$key" --base "$base" codec
asks fuota_check_step fuota-apply --pub "$key" --base "$base" -o new codec
asks fuota_codec_run fuota-apply --pub "$key" --base "$base" -o new codec
asks fuota_inflate_feed fuota-apply --pub "$key" --base "$base" -o new deflate
asks fuota_patch_feed fuota-apply --pub "$key" --base "$base" -o new deflate
asks fuota_defrag_feed fuota-sim --loss 10% --devices 2 -p "$key" -b "$base" frags
asks fuota_boot_run fuota-sim --loss 10% --devices 2 -p "$key" -b "$base" \
    --power-cuts 1 frags

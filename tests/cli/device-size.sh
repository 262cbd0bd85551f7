# SPDX-License-Identifier: BSD-2-Clause
# lib/device stays within its budgets on a Cortex-M0+, and the script notices
# what it is there to notice.
. "$TOP/tests/cli/lib"

command -v arm-none-eabi-gcc >/dev/null || skip "no arm-none-eabi-gcc"
(cd "$TOP" && scripts/debian-source zlib "$BUILD/source/zlib") >/dev/null 2>&1 ||
    skip "no source of zlib"
mkdir -p build/source
cp -r "$TOP/scripts" "$TOP/include" "$TOP/lib" .
cp -r "$BUILD/source/zlib" build/source
export BUILD=build

sizes() {
	code=0
	scripts/device-size m0plus >out 2>err || code=$?
}

sizes
[ "$code" = 0 ] || die "$(cat err)"
shows '^sha256  *[0-9]'
shows '^struct fuota_header  *112$'
shows "^fuota_crc32  *[0-9]*$"
shows '^header  *[0-9]* of  *1024 bytes$'

# The page has these figures, and says which compiler they are of.
mkdir man
sed 's/^\(.It verify Ta\) .*/\1 1/' "$TOP/man/libfuota-device.3" >man/libfuota-device.3
compiler=$(sed -n 's/^m0plus: \([a-z-]*gcc [0-9.]*\).*/\1/p' out)
if grep -q "^$compiler,$" man/libfuota-device.3; then
	scripts/update-device-page out || die "no figures for the page"
	diff -u "$TOP/man/libfuota-device.3" man/libfuota-device.3 ||
	    die "scripts/update-device-page has not been run"
fi

# Enough to be told what is wrong.
sed -i -E '/^(features|budgets)=/,/^"/{/^(install|decode|codec|rebuild|session|management|verify)/d}' \
    scripts/device-size

# A call that firmware does not have.
cat >lib/device/bad.c <<'E2'
#include <stdint.h>
uint32_t random_number(void);
uint32_t fuota_bad(void);
uint32_t fuota_bad(void) { return random_number(); }
E2
sizes
[ "$code" = 1 ] || die "exit $code although random_number is missing"
says 'undefined symbols: random_number ( bad )'

# A hog of stack.
cat >lib/device/bad.c <<'E2'
#include <string.h>
void fuota_bad(char *out);
void fuota_bad(char *out) { volatile char hog[300]; hog[0] = *out; *out = hog[0]; }
E2
sizes
[ "$code" = 1 ] || die "exit $code although a function takes 300 bytes"
says 'fuota_bad needs 3[0-9]* bytes of stack, limit 256'
rm lib/device/bad.c

# Over its budget.
sed -i 's/^header  *1024$/header 10/' scripts/device-size
sizes
[ "$code" = 1 ] || die "exit $code although over the budget"
says 'header takes [0-9]* bytes, budget 10'

# SPDX-License-Identifier: BSD-2-Clause
# The listings of fuota-porting(7) compile, and nothing is missing when the
# two of them are linked with the device library and a board.
. "$TOP/tests/cli/lib"

awk '/^\.Bd -literal/ { n++; in_listing = 1; next }
    /^\.Ed/ { in_listing = 0 }
    in_listing { gsub(/\\e/, "\\"); print >("listing-" n ".c") }' \
    "$TOP/man/fuota-porting.7"
[ -s listing-1.c ] && [ -s listing-2.c ] && [ ! -e listing-3.c ] ||
	die "two listings are expected"

cat >board.c <<'END'
#include <fuota/device/boot.h>
#include <fuota/device/management.h>

fuota_check_verify ed25519_verify;
enum fuota_status
flash_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{ (void)ctx; (void)off; (void)data; (void)len; return FUOTA_OK; }
enum fuota_status
flash_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{ (void)ctx; (void)off; (void)data; (void)len; return FUOTA_OK; }
enum fuota_status
flash_erase(void *ctx, uint32_t off)
{ (void)ctx; (void)off; return FUOTA_OK; }
enum fuota_status
ed25519_verify(void *ctx, const uint8_t hint[4], const uint8_t signature[64],
    const uint8_t *message, size_t len, uint8_t *key)
{ (void)ctx; (void)hint; (void)signature; (void)message; (void)len;
	(void)key; return FUOTA_E_SIGNATURE; }
_Noreturn void start_firmware(uint32_t address) { (void)address; for (;;); }
_Noreturn void reset_later(void) { for (;;); }
void send_uplink(uint8_t port, const uint8_t *data, size_t len, uint32_t s)
{ (void)port; (void)data; (void)len; (void)s; }
uint32_t random_below(uint32_t bound) { return bound / 2; }
bool gps_seconds(void *ctx, uint32_t *s) { (void)ctx; *s = 1; return true; }
void reset_in(uint32_t seconds) { (void)seconds; }
void reset_cancel(void) { }
void watchdog_feed(void) { }
END
# The regions belong to both programs of a device; here to the first.
sed -i 's/\tdownload = REGION/\tdownload_here = REGION/; s/&download,/\&download_here,/' listing-1.c
echo 'extern const struct fuota_flash download; const struct fuota_flash download = { .size = 4096 };' >>listing-1.c
cat >main.c <<'END'
#include <stddef.h>
#include <stdint.h>

void update_init(void);
void update_joined(void);
void on_downlink(uint8_t, const uint8_t *, size_t, uint8_t);
int
main(void)
{
	const uint8_t version[] = { 0 };

	update_init();
	on_downlink(201, version, 1, 0xff);
	on_downlink(203, version, 1, 0xff);
	update_joined();
	return 0;
}
END
${CC:-cc} -std=c11 -Wall -Wextra -Werror -Wno-int-to-pointer-cast \
    -I"$TOP/include" -o ported listing-1.c \
    listing-2.c board.c main.c "$TOP"/lib/device/*.c -lz 2>errors ||
	die "$(head -5 errors)"
./ported || die "the adapter ends with $?"

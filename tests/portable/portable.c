/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "portable.h"

void
trace_init(struct trace *trace)
{
	fuota_sha256_init(&trace->sha);
}

void
trace_u32(struct trace *trace, uint32_t value)
{
	uint8_t bytes[4];

	fuota_put_u32(bytes, value);
	trace_bytes(trace, bytes, sizeof(bytes));
}

void
trace_bytes(struct trace *trace, const void *bytes, size_t len)
{
	fuota_sha256_feed(&trace->sha, bytes, len);
}

void
trace_print(struct trace *trace, const char *format, ...)
{
	uint8_t digest[FUOTA_SHA256_SIZE];
	va_list arguments;

	fuota_sha256_finish(&trace->sha, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf("  ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

static uint32_t
next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 17;
	random->state ^= random->state << 5;
	return random->state;
}

uint32_t
random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)((uint64_t)next(random) * bound >> 32);
}

void
random_bytes(struct random *random, uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)next(random);
}

void *
allocate(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);

	if (p == NULL) {
		fputs("portable: out of memory\n", stderr);
		exit(4);
	}
	return p;
}

uint8_t *
read_file(const char *path, size_t *len)
{
	const size_t most = 1u << 20;
	uint8_t *data = allocate(most);
	FILE *f = fopen(path, "rb");

	*len = f != NULL ? fread(data, 1, most, f) : most;
	if (*len == most) {
		fprintf(stderr, "portable: cannot read '%s'\n", path);
		exit(4);
	}
	fclose(f);
	return data;
}

/* usage: portable [FILE | -i IMAGE BASE]... */
int
main(int argc, char **argv)
{
	run_hashes();
	run_parity();
	run_defrag();
	run_journal();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-i") != 0) {
			run_image(argv[i]);
		} else if (argc - i > 2) {
			run_install(argv[i + 1], argv[i + 2]);
			i += 2;
		}
	}
	return 0;
}

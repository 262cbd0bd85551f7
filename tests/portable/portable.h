/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fixed set of operations on the device library. What they give is printed
 * as one digest a line; machines of every word size and byte order must print
 * the same. Needs a C library and nothing else.
 */
#ifndef FUOTA_TESTS_PORTABLE_H
#define FUOTA_TESTS_PORTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/device/flash.h>
#include <fuota/device/header.h>
#include <fuota/device/sha256.h>

/* Everything that a part of the program saw, in the order it saw it. */
struct trace {
	struct fuota_sha256 sha;
};

void
trace_init(struct trace *trace);
void
trace_u32(struct trace *trace, uint32_t value);
void
trace_bytes(struct trace *trace, const void *bytes, size_t len);
/* Prints the digest of it all, and of what. */
__attribute__((format(printf, 2, 3))) void
trace_print(struct trace *trace, const char *format, ...);

/* xorshift: the same numbers everywhere for the same seed (not 0). */
struct random {
	uint32_t state;
};
uint32_t
random_below(struct random *random, uint32_t bound);
void
random_bytes(struct random *random, uint8_t *p, size_t len);

void *
allocate(size_t size); /* zeroed; ends the program when there is none */
/* Whole; ends the program when it cannot. */
uint8_t *
read_file(const char *path, size_t *len);

/* Flash in memory, of which the k-th erase or program fails once. */
struct ram_flash {
	struct fuota_flash flash;
	uint8_t *bytes;
	uint32_t *fail_at; /* 0: none; shared by the flashes of a device */
};
void
ram_flash_init(struct ram_flash *ram, uint32_t size, uint32_t page_size,
    uint8_t write_size, uint32_t *fail_at);
void
ram_flash_load(struct ram_flash *ram, const uint8_t *bytes, size_t len);
void
ram_flash_free(struct ram_flash *ram);

/* A fuota_check_verify that accepts everything; ctx is a trace, of messages. */
enum fuota_status
accept(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key);

/* The parts. */
void
run_hashes(void); /* SHA-256, CRC-32 */
void
run_parity(void);
void
run_defrag(void);
void
run_journal(void);
/* A file, an image or not: header and checks. */
void
run_image(const char *path);
/* A device that runs base gets a sound image, in every layout of its flash. */
void
run_install(const char *image, const char *base);

#endif

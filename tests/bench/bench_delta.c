/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuota-delta on a pair, CPU time and memory as the kernel counts them. By the
 * method deflate against the packaged bsdiff, turn and turn about, medians: it
 * finds its matches as bsdiff does. By the codec, whose search is another,
 * against its own claim, which fails the bench.
 * usage: bench_delta [OLD NEW]   raw firmware; else a made-up pair of 300 kB
 */
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/image.h>

#include "check.h"

extern char **environ;

enum {
	FIRMWARE_LEN = 300 * 1024,
	RUNS = 15,
	CODEC_SECONDS = 10, /* of CPU time, for the pair of 300 kB */
	CODEC_MEGABYTES = 100,
};

struct cost {
	double seconds[RUNS], kilobytes[RUNS];
};

static void
write_file(const char *name, const uint8_t *data, size_t len)
{
	FILE *f = fopen(name, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(name);
		exit(1);
	}
}

/* Instructions that repeat, addresses, tables; then the next release. */
static void
make_pair(struct fuota_out *old, struct fuota_out *new)
{
	struct check_random r = { 3 };
	const size_t cut = FIRMWARE_LEN / 3, more = 640;

	*old = check_out(FIRMWARE_LEN);
	for (; old->len < old->size; old->len += 4) {
		const uint32_t kind = check_random_below(&r, 8);
		fuota_put_u32(old->data + old->len,
		    kind < 5 ? 0x4770b510 + (check_random_below(&r, 400) << 8)
			: kind < 7
			? 0x08000000 + check_random_below(&r, 0x8000) * 4
			: check_random(&r));
	}
	*new = check_out(FIRMWARE_LEN + more);
	memcpy(new->data, old->data, cut);
	check_random_bytes(&r, new->data + cut, more);
	memcpy(new->data + cut + more, old->data + cut, old->len - cut);
	new->len = new->size;
	for (size_t i = 0; i < new->len; i += 4)
		if (new->data[i + 3] == 0x08 && i % 5 == 0)
			new->data[i] = (uint8_t)(new->data[i] + more % 256);
}

static void
write_image(struct fuota_in firmware)
{
	const struct fuota_header header = { .image_len =
						 (uint32_t)firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, firmware.data, firmware.len) };
	struct fuota_out out = check_out(fuota_image_bound(firmware.len));

	if (fuota_image_encode(&header, NULL, 0, firmware, &out, NULL) !=
	    FUOTA_OK)
		exit(1);
	write_file("new.img", out.data, out.len);
}

/* In a child: what this process holds counts as its children's memory. */
static void
write_files(char **paths)
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		struct fuota_out old, new;
		if (paths != NULL) {
			const struct fuota_in a = check_file(paths[0]);
			const struct fuota_in b = check_file(paths[1]);
			write_file("old.bin", a.data, a.len);
			write_file("new.bin", b.data, b.len);
			write_image(b);
			_exit(0);
		}
		make_pair(&old, &new);
		write_file("old.bin", old.data, old.len);
		write_file("new.bin", new.data, new.len);
		write_image(check_in(&new));
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		exit(1);
}

static bool
run(const char **command, struct cost *cost, size_t i)
{
	union {
		const char **given;
		char *const *spawned; /* which are not written to */
	} words = { .given = command };
	struct rusage usage;
	int status;
	pid_t child;

	if (posix_spawnp(
		&child, command[0], NULL, NULL, words.spawned, environ) != 0 ||
	    wait4(child, &status, 0, &usage) != child || status != 0)
		return false;
	cost->seconds[i] =
	    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
	cost->kilobytes[i] = (double)usage.ru_maxrss;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values)
{
	qsort(values, RUNS, sizeof(*values), compare);
	return values[RUNS / 2];
}

static long
size_of(const char *name)
{
	const struct fuota_in in = check_file(name);

	return (long)in.len;
}

static void
report_deflate(struct cost *ours, struct cost *theirs)
{
	const double a = median(ours->seconds), b = median(theirs->seconds);
	const double m = median(ours->kilobytes);
	const double n = median(theirs->kilobytes);

	printf("delta of %ld bytes, --method deflate: %.1f ms, %.0f kB; ",
	    size_of("new.bin"), a * 1e3, m);
	printf(
	    "bsdiff %.1f ms, %.0f kB; %.2f times the time, %.2f the memory\n",
	    b * 1e3, n, a / b, m / n);
	printf("delta size: image %ld bytes with its header; bsdiff %ld\n",
	    size_of("deflate.img"), size_of("patch"));
}

/* False when it takes more than is claimed for the pair of 300 kB. */
static bool
report_codec(const struct cost *cost, bool claimed)
{
	const double s = cost->seconds[0],
		     megabytes = cost->kilobytes[0] / 1024;

	printf("delta of %ld bytes, --method codec: %.1f s, %.0f MB; image %ld "
	       "bytes with its header\n",
	    size_of("new.bin"), s, megabytes, size_of("codec.img"));
	if (!claimed || (s < CODEC_SECONDS && megabytes < CODEC_MEGABYTES))
		return true;
	printf("delta: the claim is %d s and %d MB\n", CODEC_SECONDS,
	    CODEC_MEGABYTES);
	return false;
}

static void
remove_files(const char *directory)
{
	static const char *const names[] = { "old.bin", "new.bin", "new.img",
		"deflate.img", "codec.img", "patch" };

	for (size_t i = 0; i < CHECK_COUNT(names); i++)
		unlink(names[i]);
	if (chdir("/") == 0)
		rmdir(directory);
}

int
main(int argc, char **argv)
{
	char self[PATH_MAX], tool[PATH_MAX + 32], old[PATH_MAX], new[PATH_MAX];
	char directory[] = "/tmp/bench_delta.XXXXXX";
	struct cost deflate, codec, theirs;

	if (realpath(argv[0], self) == NULL ||
	    (argc == 3 &&
		(realpath(argv[1], old) == NULL ||
		    realpath(argv[2], new) == NULL)) ||
	    mkdtemp(directory) == NULL || chdir(directory) != 0) {
		perror(argv[0]);
		return 1;
	}
	snprintf(tool, sizeof(tool), "%s/../../bin/fuota-delta", dirname(self));
	const char *by_deflate[] = { tool, "-q", "-m", "deflate", "-b",
		"old.bin", "-o", "deflate.img", "new.img", NULL };
	const char *by_codec[] = { tool, "-q", "-m", "codec", "-b", "old.bin",
		"-o", "codec.img", "new.img", NULL };
	const char *bsdiff[] = { "bsdiff", "old.bin", "new.bin", "patch",
		NULL };
	char *paths[] = { old, new };
	write_files(argc == 3 ? paths : NULL);
	bool ok = true;
	for (size_t i = 0; i < RUNS && ok; i++)
		ok = run(bsdiff, &theirs, i) && run(by_deflate, &deflate, i);
	if (ok)
		report_deflate(&deflate, &theirs);
	else
		printf("delta: fuota-delta --method deflate or bsdiff failed "
		       "or is not installed\n");
	ok = run(by_codec, &codec, 0) && report_codec(&codec, argc != 3);
	remove_files(directory);
	return ok ? 0 : 1;
}

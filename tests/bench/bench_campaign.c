/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A campaign for 10,000 devices and 1,000 fragments through the tool: time by
 * the clock, and memory next to that of a campaign a tenth as large.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	DEVICES = 10000,
	FRAGMENTS = 1000, /* uncoded and coded */
	CODED = 50,
	FRAG_SIZE = 48
};

static const char yaml[] =
    "schema: fuota-campaign/1\nname: bench\nprofile: ./large.yaml\n"
    "region: EU868\ndata_rate: 0\nunicast_data_rate: 5\ngateways: 50\n"
    "mc_addr: \"01020304\"\nnow: 2026-11-30T12:00:00Z\n"
    "start: 2026-12-05T02:00:00Z\n";
static const char profile[] =
    "profile: large\nbase: lbm-v2\nmax_nb_frag: 16383\n";

static void
or_die(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

static void
write_file(const char *path, const char *data, size_t len)
{
	FILE *file = fopen(path, "w");

	or_die(file != NULL && fwrite(data, 1, len, file) == len &&
		fclose(file) == 0,
	    path);
}

static void
write_keys(unsigned devices)
{
	FILE *file = fopen("keys.csv", "w");

	or_die(file != NULL, "keys.csv");
	fputs("dev_eui,gen_app_key\n", file);
	for (unsigned i = 0; i < devices; i++)
		fprintf(file, "70b3d57ed%07x,%032x\n", i, i + 1);
	or_die(fclose(file) == 0, "keys.csv");
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a tool took; the processor's time is that of a machine of its own. */
struct cost {
	double seconds, cpu_seconds;
	long peak_kb;
};

static struct cost
run(const char *command)
{
	struct rusage usage;
	int status;

	const double start = now();
	const pid_t pid = fork();
	or_die(pid >= 0, "fork");
	if (pid == 0) {
		execlp("sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	or_die(wait4(pid, &status, 0, &usage) == pid && status == 0, command);
	return (struct cost){ .seconds = now() - start,
		.cpu_seconds = (double)usage.ru_utime.tv_sec +
		    (double)usage.ru_stime.tv_sec +
		    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
			1e6,
		.peak_kb = usage.ru_maxrss };
}

static void
script(unsigned devices)
{
	write_keys(devices);
	const struct cost cost =
	    run("exec fuota-session script --keys keys.csv --mc-key mckey "
		"--session-cnt 1 -o script.jsonl campaign.yaml block.frags");
	printf("script for %5u devices, %d fragments: %.2f s, %.2f s of CPU, "
	       "%ld kB at most\n",
	    devices, FRAGMENTS, cost.seconds, cost.cpu_seconds, cost.peak_kb);
}

int
main(void)
{
	static char block[(FRAGMENTS - CODED) * FRAG_SIZE];
	char dir[] = "/tmp/fuota-bench-XXXXXX";

	or_die(mkdtemp(dir) != NULL && chdir(dir) == 0, dir);
	memset(block, 'x', sizeof(block));
	write_file("block.bin", block, sizeof(block));
	write_file("campaign.yaml", yaml, sizeof(yaml) - 1);
	write_file("large.yaml", profile, sizeof(profile) - 1);
	write_file("mckey", "00112233445566778899aabbccddeeff\n", 33);
	run("exec fuota-frag -q --ts004 2 --frag-size 48 --redundancy 50 "
	    "--mc-group-bit-mask 1 -o block.frags block.bin");
	script(DEVICES / 10);
	script(DEVICES);
	static const char *const files[] = { "block.bin", "campaign.yaml",
		"large.yaml", "mckey", "block.frags", "keys.csv",
		"script.jsonl" };
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	or_die(chdir("/") == 0 && rmdir(dir) == 0, dir);
	return 0;
}

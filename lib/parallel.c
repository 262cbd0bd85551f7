/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <stdatomic.h>

#include "parallel.h"

struct crew {
	enum fuota_status (*work)(void *, unsigned, uint32_t);
	void *context;
	uint32_t units;
	atomic_uint next;
	atomic_int status;
};

struct worker {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

static void *
run(void *argument)
{
	const struct worker *worker = argument;
	struct crew *crew = worker->crew;

	while (atomic_load(&crew->status) == FUOTA_OK) {
		const uint32_t unit = atomic_fetch_add(&crew->next, 1);
		if (unit >= crew->units)
			break;
		const enum fuota_status status =
		    crew->work(crew->context, worker->number, unit);
		if (status != FUOTA_OK)
			atomic_store(&crew->status, (int)status);
	}
	return NULL;
}

unsigned
fuota_threads(unsigned wanted)
{
	if (wanted < 1)
		return 1;
	return wanted < PARALLEL_MAX ? wanted : PARALLEL_MAX;
}

enum fuota_status
fuota_parallel(unsigned threads, uint32_t units,
    enum fuota_status (*work)(void *context, unsigned thread, uint32_t unit),
    void *context)
{
	struct worker workers[PARALLEL_MAX];
	struct crew crew = { .work = work, .context = context, .units = units };
	unsigned started = 1;

	threads = fuota_threads(threads);
	/* A thread that cannot be started is done without. */
	for (; started < threads && started < units; started++) {
		workers[started] = (struct worker){ &crew, started, 0 };
		if (pthread_create(&workers[started].thread, NULL, run,
			&workers[started]) != 0)
			break;
	}
	workers[0] = (struct worker){ &crew, 0, 0 };
	run(&workers[0]);
	while (--started > 0)
		pthread_join(workers[started].thread, NULL);
	return (enum fuota_status)atomic_load(&crew.status);
}

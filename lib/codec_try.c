/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "codec_plan.h"
#include "codec_try.h"

enum {
	THREADS_MAX = 16,
	MAP_COST = 40,
	RATE_MIN = 16,
	RATE_STEP = 8,
	RATE_MAX = 40,
	WORKER_COST = 16, /* bytes of memory per byte of new firmware */
	EFFORT_LARGE = 7, /* from here on the same for large firmware */
	LARGE = 1 << 20, /* bytes of new firmware */
	ROUND_BYTES = 12 << 20, /* that all rounds may go over */
	ROUNDS_MIN = 2,
};

/* Searches, by effort: as many of the ways as it says. */
static const struct level {
	uint8_t ways, rounds, lanes;
} levels[FUOTA_EFFORT_MAX] = {
	{ 1, 2, 16 },
	{ 1, 3, 24 },
	{ 1, 4, 32 },
	{ 2, 5, 40 },
	{ 2, 6, 64 },
	{ 3, 6, 64 },
	{ 4, 7, 64 },
	{ 6, 8, 96 },
	{ 8, 10, 96 },
};

static const struct way {
	uint8_t rate;
	uint32_t old_match_max;
} ways[] = { { 32, 24 }, { 32, UINT32_MAX }, { 40, 14 }, { 24, 32 }, { 40, 48 },
	{ 32, 18 }, { 40, 100 }, { 32, 8 } };

/* What all searches share. */
struct trial {
	const struct fuota_codec *c;
	struct fuota_in old, new;
	struct fuota_finder finder;
	const struct level *level;
	unsigned ways, rounds;
	bool large; /* no more than is needed */
	pthread_mutex_t lock; /* of what follows */
	unsigned next; /* of the ways */
	unsigned best; /* way that led to out; ways: none yet */
	struct fuota_out *out;
	bool no_memory;
};

struct worker {
	struct trial *trial;
	struct fuota_coder coder;
	struct fuota_search search;
	struct fuota_plan plan; /* the best of this way */
	size_t len; /* of its stream; 0: none */
	unsigned way;
};

/* --- one way -----------------------------------------------------------------*/

/* The shorter stream, or that of the way that comes first, is kept. */
static void
offer(struct worker *w)
{
	struct trial *t = w->trial;
	const struct fuota_coder *x = &w->coder;

	(void)pthread_mutex_lock(&t->lock);
	if (t->best == t->ways || x->out_len < t->out->len ||
	    (x->out_len == t->out->len && w->way < t->best)) {
		memcpy(t->out->data, x->out, x->out_len);
		t->out->len = x->out_len;
		t->best = w->way;
	}
	(void)pthread_mutex_unlock(&t->lock);
}

/* Runs the plan; true when it is the shortest of this way so far. */
static bool
run(struct worker *w)
{
	struct fuota_coder *x = &w->coder;

	if (!fuota_coder_run(x, &w->search.plan) ||
	    (w->len > 0 && x->out_len >= w->len))
		return false;
	w->len = x->out_len;
	offer(w);
	return true;
}

static bool
copy_plan(struct fuota_plan *to, const struct fuota_plan *from)
{
	const size_t operations =
	    from->operation_count * sizeof(*from->operations);
	const size_t matches = from->match_count * sizeof(*from->matches);

	free(to->operations);
	free(to->matches);
	*to = *from;
	to->operations = malloc(operations + 1);
	to->matches = malloc(matches + 1);
	if (to->operations == NULL || to->matches == NULL)
		return false;
	memcpy(to->operations, from->operations, operations);
	memcpy(to->matches, from->matches, matches);
	return true;
}

/* Round after round by the prices of the last. */
static bool
find_plan(struct worker *w)
{
	struct fuota_search *s = &w->search;

	w->coder.byte_cost = s->literal;
	if (!fuota_plan_nothing(s))
		return false;
	w->coder.strange = true;
	(void)fuota_coder_run(&w->coder, &s->plan); /* for what literals cost */
	w->coder.strange = false;
	w->coder.c->map_len = 0;
	for (unsigned round = 0; round < w->trial->rounds; round++) {
		if (!fuota_plan_parse(s))
			return false;
		if (run(w) && !copy_plan(&w->plan, &s->plan))
			return false;
		if (round + 1 < w->trial->rounds)
			fuota_search_learn(s);
	}
	w->coder.byte_cost = NULL;
	return true;
}

/* The best plan with other address maps and speeds of learning. */
static bool
refine(struct worker *w)
{
	static const int64_t costs[] = { 10, 100, 250 };
	struct fuota_search *s = &w->search;
	int64_t best_cost = MAP_COST;

	if (w->len == 0 || w->trial->large)
		return true;
	if (!copy_plan(&s->plan, &w->plan))
		return false;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		if (!fuota_plan_map(s, costs[i]))
			return false;
		if (run(w))
			best_cost = costs[i];
	}
	if (!fuota_plan_map(s, best_cost))
		return false;
	for (unsigned rate = RATE_MIN; rate <= RATE_MAX; rate += RATE_STEP) {
		w->coder.c->rate = (uint8_t)rate;
		if (rate != s->tuning.rate)
			(void)run(w);
	}
	return true;
}

static bool
go_way(struct worker *w)
{
	const struct level *level = w->trial->level;
	const struct fuota_tuning tuning = { .lanes = level->lanes,
		.rate = ways[w->way].rate,
		.old_match_max = ways[w->way].old_match_max };

	w->len = 0;
	memcpy(w->coder.c, w->trial->c,
	    FUOTA_CODEC_STATE_SIZE(w->trial->c->profile));
	fuota_search_start(&w->search, &tuning);
	w->search.map_cost = MAP_COST;
	return find_plan(w) && refine(w);
}

/* --- all of them ----------------------------------------------------------------*/

static bool
worker_init(struct worker *w, struct trial *t)
{
	const size_t size = FUOTA_CODEC_STATE_SIZE(t->c->profile);

	*w = (struct worker){ .trial = t };
	fuota_coder_init(&w->coder);
	w->coder.old = t->old;
	w->coder.new = t->new;
	w->coder.out_size = t->out->size;
	w->coder.c = malloc(size);
	w->coder.spare = malloc(size);
	w->coder.out = malloc(t->out->size + 1);
	return w->coder.c != NULL && w->coder.spare != NULL &&
	    w->coder.out != NULL &&
	    fuota_search_init(&w->search, &w->coder, &t->finder);
}

static void
worker_free(struct worker *w)
{
	fuota_search_free(&w->search);
	free(w->plan.operations);
	free(w->plan.matches);
	free(w->coder.c);
	free(w->coder.spare);
	free(w->coder.out);
}

static void *
work(void *arg)
{
	struct trial *t = arg;
	struct worker w;
	bool done = worker_init(&w, t);

	while (done) {
		(void)pthread_mutex_lock(&t->lock);
		w.way = t->next < t->ways ? t->next++ : t->next;
		(void)pthread_mutex_unlock(&t->lock);
		if (w.way == t->ways)
			break;
		done = go_way(&w);
	}
	worker_free(&w);
	if (!done) {
		(void)pthread_mutex_lock(&t->lock);
		t->no_memory = true;
		(void)pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

/* As many as there are processors, ways to go, and memory in our promise. */
static unsigned
thread_count(const struct trial *t)
{
	const size_t each = t->new.len *WORKER_COST + 1;
	const size_t room = (t->old.len + t->new.len) * 12 + (size_t)(32 << 20);
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = room / each;

	if (n > t->ways)
		n = t->ways;
	if (cores > 0 && n > (size_t)cores)
		n = (size_t)cores;
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	return n > 0 ? (unsigned)n : 1;
}

static void
work_together(struct trial *t)
{
	pthread_t threads[THREADS_MAX];
	const unsigned count = thread_count(t);
	unsigned started = 0;

	while (started + 1 < count &&
	    pthread_create(&threads[started], NULL, work, t) == 0)
		started++;
	(void)work(t);
	while (started > 0)
		(void)pthread_join(threads[--started], NULL);
}

enum fuota_status
fuota_codec_try(const struct fuota_codec *c, struct fuota_in old,
    struct fuota_in new, unsigned effort, struct fuota_out *out)
{
	struct trial t = { .c = c, .old = old, .new = new, .out = out };
	const unsigned level = effort == 0 ? FUOTA_EFFORT_DEFAULT : effort;

	t.level = &levels[level - 1];
	t.large = new.len > LARGE &&level < EFFORT_LARGE;
	t.ways = t.large ? 1 : t.level->ways;
	t.best = t.ways;
	t.rounds = t.level->rounds;
	while (t.large && t.rounds > ROUNDS_MIN &&
	    t.rounds > ROUND_BYTES / new.len)
		t.rounds--;
	if (pthread_mutex_init(&t.lock, NULL) != 0)
		return FUOTA_E_MEMORY;
	if (fuota_finder_init(&t.finder, c, old, new))
		work_together(&t);
	else
		t.no_memory = true;
	fuota_finder_free(&t.finder);
	(void)pthread_mutex_destroy(&t.lock);
	if (t.no_memory)
		return FUOTA_E_MEMORY;
	return t.best < t.ways ? FUOTA_OK : FUOTA_E_SPACE;
}

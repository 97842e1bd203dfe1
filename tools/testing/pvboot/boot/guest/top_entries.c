// SPDX-License-Identifier: GPL-2.0
/*
 * Tables that come and go while another CPU looks for them.
 *
 * They go with the last mapping of what they map, and the next page that is
 * touched there brings them back: as entries of the root, but for a 32-bit program
 * of a 64-bit kernel.  A 32-bit kernel reads an entry of a PAE root in two halves;
 * KUnit's xen_pv_root shows what comes of that, in millions of reads.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define PAGE		4096UL
#define SECONDS		1
#define END		(~0U)	/* in place of a round */

/* Nothing else is near, so that the tables are for it alone. */
#ifdef __x86_64__
#define ALONE		0x200000000000UL
#else
#define ALONE		0x40000000UL
#endif

enum { FINE, NO_AREA, NOT_NEW, NO_CPU };

static const char *const wrong_texts[] = {
	[NO_AREA]	= "mmap failed",
	[NOT_NEW]	= "memory was not new",
	[NO_CPU]	= "the other CPU refused",
};

/**
 * struct race - what two threads share
 * @area: two pages with tables of their own
 * @round: the number of the round that the other may begin, or END
 * @done: the last round that the other has ended
 * @gone: the last round whose area is unmapped
 * @other: which CPU the other runs on
 * @act: what the other does in a round
 * @wrong: what went wrong: of wrong_texts[]
 */
struct race {
	atomic_uchar *area;
	atomic_uint round;
	atomic_uint done;
	atomic_uint gone;
	int other;
	void (*act)(struct race *race, unsigned int round);
	atomic_uint wrong;
};

static void touch(struct race *race, unsigned int round)
{
	atomic_uchar *page = race->area + PAGE;

	if (atomic_load(page))
		atomic_store(&race->wrong, NOT_NEW);
	atomic_store(page, (unsigned char)round | 1);
}

/* A futex of more than one process is looked up without a lock. */
static void look_up(struct race *race, unsigned int round)
{
	while (atomic_load(&race->gone) != round)
		syscall(SYS_futex, race->area, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void *run_other(void *arg)
{
	struct race *race = arg;
	unsigned int seen = 0, round;

	if (pin_to(race->other))
		atomic_store(&race->wrong, NO_CPU);
	for (;;) {
		round = atomic_load(&race->round);
		if (round == END)
			return NULL;
		if (round == seen)
			continue;
		race->act(race, round);
		seen = round;
		atomic_store(&race->done, round);
	}
}

static bool map_area(struct race *race)
{
	race->area = mmap((void *)ALONE, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return (void *)race->area == (void *)ALONE;
}

/* With @early it goes while the other may be at it still. */
static void run_round(struct race *race, unsigned int round, bool early)
{
	if (!map_area(race)) {
		atomic_store(&race->wrong, NO_AREA);
		return;
	}
	atomic_store(&race->round, round);
	if (atomic_load(race->area))
		atomic_store(&race->wrong, NOT_NEW);
	atomic_store(race->area, (unsigned char)round | 1);
	while (!early && atomic_load(&race->done) != round)
		;
	munmap((void *)ALONE, 2 * PAGE);
	atomic_store(&race->gone, round);
	while (atomic_load(&race->done) != round)
		;
}

static enum verdict run_race(struct race *race, bool early)
{
	struct timespec start;
	unsigned int round = 0;
	unsigned int wrong = FINE;
	pthread_t thread;
	int cpus[2];

	if (two_cpus(cpus))
		return skip("needs two CPUs");
	race->other = cpus[1];
	if (pin_to(cpus[0]) || pthread_create(&thread, NULL, run_other, race))
		return fail("no thread");
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!wrong && seconds_since(&start) < SECONDS) {
		run_round(race, ++round, early);
		wrong = atomic_load(&race->wrong);
	}
	atomic_store(&race->round, END);
	pthread_join(thread, NULL);
	diag("%u rounds", round);
	return wrong ? fail("round %u: %s", round, wrong_texts[wrong]) : PASS;
}

static enum verdict run_touches(const struct guest_case *c)
{
	struct race race = { .act = touch };

	(void)c;
	return run_race(&race, false);
}

static enum verdict run_lookups(const struct guest_case *c)
{
	struct race race = { .act = look_up };

	(void)c;
	return run_race(&race, true);
}

const struct guest_case top_entry_cases[] = {
	{ .name = "top_entry_touches", .run = run_touches },
	{ .name = "top_entry_lookups", .run = run_lookups },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * cpu_cycles N: take each CPU but the first off and bring it on again, in turn,
 * until that was done N times; then say whether anything was lost.
 *
 * After each cycle a thread has to run on the CPU, and the clock must not have
 * gone backwards between it and the first CPU.  At the end no interrupt may be
 * left over or missing, and the kernel's own memory may not have grown with
 * the number of cycles.  Prints KTAP, and the times it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define MOST_CPUS	64
#define MOST_CYCLES	100000
#define SHOW_EVERY	50

/* What a cycle may cost for good, in bytes; and what counts as noise, in KiB */
#define GROWTH_A_CYCLE	512
#define GROWTH_NOISE	768

/* Before memory is looked at: caches of the first few cycles */
#define WARM_UP_ROUNDS	2

static int cpus[MOST_CPUS];
static unsigned int nr_cpus;
static long long *off_ns, *on_ns;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void find_cpus(void)
{
	int cpu;

	for (cpu = 1; cpu < MOST_CPUS; cpu++)
		if (!set_online(cpu, true))
			cpus[nr_cpus++] = cpu;
}

/*
 * What must not change
 */

/* Lines of /proc/interrupts that event channels stand behind */
static int count_interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[8192];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "xen-");
	fclose(file);
	return count;
}

/* KiB that the kernel has for itself and cannot drop */
static long kernel_memory(void)
{
	static const char * const kinds[] = {
		"SUnreclaim:", "KernelStack:", "VmallocUsed:", "Percpu:",
	};
	FILE *file;
	char line[256];
	long sum = 0;
	unsigned int i;

	write_to("/proc/sys/vm/drop_caches", "3");
	file = fopen("/proc/meminfo", "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (!strncmp(line, kinds[i], strlen(kinds[i])))
				sum += atol(line + strlen(kinds[i]));
	fclose(file);
	return sum;
}

/*
 * One cycle
 */

/* The clock as seen from the first CPU, from this one, and from there again */
static bool clock_is_monotonic(int cpu)
{
	long long before = now(), there, after;

	if (pin_to(cpu))
		return false;
	there = now();
	if (sched_getcpu() != cpu || pin_to(0))
		return false;
	after = now();
	if (before <= there && there <= after)
		return true;
	printf("# CPU %d: %lld, %lld, %lld ns\n", cpu, before, there, after);
	return false;
}

static bool cycle(int cpu, long long *off, long long *on)
{
	long long start = now(), dead;
	int rc = set_online(cpu, false);

	dead = now();
	*off = dead - start;
	if (rc) {
		printf("# CPU %d does not go off: %s\n", cpu, strerror(-rc));
		return false;
	}
	if (!pin_to(cpu)) {
		printf("# CPU %d is off, and runs threads\n", cpu);
		return false;
	}

	start = now();
	rc = set_online(cpu, true);
	*on = now() - start;
	if (rc) {
		printf("# CPU %d does not come on: %s\n", cpu, strerror(-rc));
		return false;
	}
	return clock_is_monotonic(cpu);
}

/* Return: how many were done before one failed */
static unsigned int run_cycles(unsigned int wanted)
{
	unsigned int i;

	for (i = 0; i < wanted; i++) {
		if (!cycle(cpus[i % nr_cpus], &off_ns[i], &on_ns[i]))
			break;
		if (i % SHOW_EVERY == SHOW_EVERY - 1) {
			printf("# %u of %u\n", i + 1, wanted);
			fflush(stdout);
		}
	}
	return i;
}

/*
 * Figures
 */

static int by_size(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static void show_times(const char *what, long long *ns, unsigned int nr)
{
	qsort(ns, nr, sizeof(*ns), by_size);
	printf("# times %s_us least=%lld median=%lld most=%lld\n", what,
	       ns[0] / 1000, ns[nr / 2] / 1000, ns[nr - 1] / 1000);
}

static unsigned int verdicts;

static bool tell(const char *name, bool good)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++verdicts, name);
	fflush(stdout);
	return good;
}

static int run(unsigned int wanted)
{
	unsigned int done, warm_up = WARM_UP_ROUNDS * nr_cpus;
	int before, after;
	long had, has;
	bool good;

	printf("KTAP version 1\n1..4\n");
	pin_to(0);
	good = tell("warm_up", run_cycles(warm_up) == warm_up);

	before = count_interrupts();
	had = kernel_memory();
	done = run_cycles(wanted);
	good &= tell("cycles", done == wanted);

	after = count_interrupts();
	printf("# interrupts: %d before, %d after\n", before, after);
	good &= tell("no_interrupt_lost_or_left", before > 0 && before == after);

	has = kernel_memory();
	printf("# the kernel's own memory: %ld KiB before, %ld KiB after\n",
	       had, has);
	good &= tell("no_growth_of_memory", had > 0 && has - had <
		     (long)(GROWTH_NOISE + wanted * GROWTH_A_CYCLE / 1024));

	if (done) {
		show_times("off", off_ns, done);
		show_times("on", on_ns, done);
	}
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	char *end = NULL;
	long wanted = argc == 2 ? strtol(argv[1], &end, 10) : 0;
	size_t most;

	if (!end || *end || wanted < 1 || wanted > MOST_CYCLES) {
		fprintf(stderr, "usage: cpu_cycles N, N from 1 to %d\n",
			MOST_CYCLES);
		return 2;
	}
	find_cpus();
	if (!nr_cpus) {
		fprintf(stderr, "cpu_cycles: there is one CPU only\n");
		return 2;
	}

	most = wanted + WARM_UP_ROUNDS * nr_cpus;
	off_ns = calloc(most, sizeof(*off_ns));
	on_ns = calloc(most, sizeof(*on_ns));
	if (!off_ns || !on_ns) {
		fprintf(stderr, "cpu_cycles: no memory\n");
		return 2;
	}
	return run(wanted);
}

// SPDX-License-Identifier: GPL-2.0
/* Sleeps, timers, and a clock that never runs backwards. */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define MS		1000000ll
#define PERIODS		5
#define HOPS		200

static volatile unsigned int ticks;

static void count_tick(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	ticks++;
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* By the system call, where the library would read the vDSO. */
static long long now_by_kernel(void)
{
	struct timespec ts = { 0 };

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static enum verdict run_sleep(const struct guest_case *c)
{
	static const long lengths[] = { 1000, 100000, 1000000, 20000000 };
	long long took;
	unsigned int i;

	(void)c;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		const struct timespec ts = { .tv_nsec = lengths[i] };
		long long start = now();

		if (nanosleep(&ts, NULL))
			return fail("nanosleep: errno %d", errno);
		took = now() - start;
		if (took < lengths[i])
			return fail("%ld ns took %lld", lengths[i], took);
		if (took > lengths[i] + 5000 * MS)
			return fail("%ld ns took %lld", lengths[i], took);
	}
	return PASS;
}

static enum verdict wait_ticks(unsigned int count)
{
	const struct timespec nap = { .tv_nsec = MS };
	long long start = now();

	while (ticks < count) {
		nanosleep(&nap, NULL);
		if (now() - start > 10000 * MS)
			return fail("%u ticks in 10 s", ticks);
	}
	return PASS;
}

static enum verdict run_itimer(const struct guest_case *c)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = 10000 },
		.it_value = { .tv_usec = 10000 },
	};

	(void)c;
	set_handler(SIGALRM, count_tick, 0);
	if (setitimer(ITIMER_REAL, &every, NULL))
		return fail("setitimer: errno %d", errno);
	return wait_ticks(PERIODS);
}

static enum verdict run_posix_timer(const struct guest_case *c)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1,
	};
	const struct itimerspec every = {
		.it_interval = { .tv_nsec = 10 * MS },
		.it_value = { .tv_nsec = 10 * MS },
	};
	timer_t timer;

	(void)c;
	set_handler(SIGUSR1, count_tick, 0);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &every, NULL))
		return fail("timer: errno %d", errno);
	return wait_ticks(PERIODS);
}

/* CPU time is counted by interrupts that hit a process at work. */
static enum verdict run_cpu_timer(const struct guest_case *c)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = 20000 },
		.it_value = { .tv_usec = 20000 },
	};
	long long start = now();

	(void)c;
	set_handler(SIGPROF, count_tick, 0);
	setitimer(ITIMER_PROF, &every, NULL);
	while (ticks < PERIODS)
		if (now() - start > 20000 * MS)
			return fail("%u ticks of CPU time in 20 s", ticks);
	return PASS;
}

static enum verdict run_monotonic(const struct guest_case *c)
{
	long long last = now(), next;
	int cpus[64];
	unsigned int count, i;

	(void)c;
	count = online_cpus(cpus, ARRAY_SIZE(cpus));
	for (i = 0; i < HOPS * 2; i++) {
		pin_to(cpus[i / 2 % count]);
		next = i & 1 ? now_by_kernel() : now();
		if (next < last)
			return fail("%lld ns back on CPU %d", last - next,
				    cpus[i / 2 % count]);
		last = next;
	}
	return PASS;
}

const struct guest_case time_cases[] = {
	{ .name = "nanosleep", .run = run_sleep },
	{ .name = "itimer_real", .run = run_itimer },
	{ .name = "itimer_prof", .run = run_cpu_timer },
	{ .name = "posix_timer", .run = run_posix_timer },
	{ .name = "monotonic_over_cpus", .run = run_monotonic },
	{ }
};

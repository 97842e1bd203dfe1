// SPDX-License-Identifier: GPL-2.0
/*
 * FPU, SSE and AVX registers over signals, over task switches and over a
 * move to another CPU.
 */
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fpu_state.h"

#define ROUNDS		500

static bool use_avx;

static enum verdict compare(const struct fpu_state *want,
			    const struct fpu_state *got, unsigned int round)
{
	const char *difference = fpu_difference(want, got);

	return difference ? fail("%s in round %u", difference, round) : PASS;
}

static void trash_state(int sig, siginfo_t *info, void *context)
{
	struct fpu_state other;

	(void)sig;
	(void)info;
	(void)context;
	make_fpu_pattern(&other, 99, use_avx);
	load_fpu_state(&other, use_avx);
}

static enum verdict over_signals(void)
{
	struct fpu_state want, got;
	unsigned int round;
	pid_t self = getpid();

	set_handler(SIGUSR1, trash_state, 0);
	for (round = 0; round < ROUNDS; round++) {
		make_fpu_pattern(&want, round, use_avx);
		memset(&got, 0, sizeof(got));
		load_fpu_state(&want, use_avx);
		plain_call(SYS_kill, self, SIGUSR1, 0);
		store_fpu_state(&got, use_avx);
		if (compare(&want, &got, round))
			return FAIL;
	}
	return PASS;
}

static enum verdict over_yields(unsigned int seed)
{
	struct fpu_state want, got;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		make_fpu_pattern(&want, seed + round, use_avx);
		memset(&got, 0, sizeof(got));
		load_fpu_state(&want, use_avx);
		plain_call(SYS_sched_yield, 0, 0, 0);
		store_fpu_state(&got, use_avx);
		if (compare(&want, &got, round))
			return FAIL;
	}
	return PASS;
}

static enum verdict run_signals(const struct guest_case *c)
{
	(void)c;
	return over_signals();
}

static enum verdict run_signals_avx(const struct guest_case *c)
{
	(void)c;
	if (!cpu_has_avx())
		return skip("no AVX");
	use_avx = true;
	return over_signals();
}

static enum verdict switch_with_another(void)
{
	enum verdict verdict;
	int cpu, status;
	pid_t pid;

	online_cpus(&cpu, 1);
	pin_to(cpu);
	pid = fork();
	if (!pid)
		_exit(over_yields(1000));
	verdict = over_yields(0);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the other task ended with %#x", status);
	return verdict;
}

static enum verdict run_switches(const struct guest_case *c)
{
	(void)c;
	return switch_with_another();
}

static enum verdict run_switches_avx(const struct guest_case *c)
{
	(void)c;
	if (!cpu_has_avx())
		return skip("no AVX");
	use_avx = true;
	return switch_with_another();
}

static enum verdict run_moves(const struct guest_case *c)
{
	struct fpu_state want, got;
	unsigned int round;
	cpu_set_t set[2];
	int cpus[2];

	(void)c;
	if (two_cpus(cpus))
		return skip("one CPU only");
	use_avx = cpu_has_avx();
	for (round = 0; round < 2; round++) {
		CPU_ZERO(&set[round]);
		CPU_SET(cpus[round], &set[round]);
	}
	for (round = 0; round < ROUNDS / 5; round++) {
		make_fpu_pattern(&want, round, use_avx);
		memset(&got, 0, sizeof(got));
		load_fpu_state(&want, use_avx);
		plain_call(SYS_sched_setaffinity, 0, sizeof(set[0]),
			   (long)&set[round & 1]);
		store_fpu_state(&got, use_avx);
		if (compare(&want, &got, round))
			return FAIL;
		if (sched_getcpu() != cpus[round & 1])
			return fail("not moved to CPU %d", cpus[round & 1]);
	}
	return PASS;
}

const struct guest_case fpu_cases[] = {
	{ .name = "fpu_over_signals", .run = run_signals },
	{ .name = "fpu_over_signals_avx", .run = run_signals_avx },
	{ .name = "fpu_over_switches", .run = run_switches },
	{ .name = "fpu_over_switches_avx", .run = run_switches_avx },
	{ .name = "fpu_over_cpus", .run = run_moves },
	{ }
};

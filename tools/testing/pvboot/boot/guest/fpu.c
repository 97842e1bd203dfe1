// SPDX-License-Identifier: GPL-2.0
/*
 * FPU, SSE and AVX registers over signals, over task switches and over a
 * move to another CPU.
 */
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#ifdef __x86_64__
#define VECTORS		16
#else
#define VECTORS		8
#endif
#define ROUNDS		500

/**
 * struct fpu_state - what a round loads before the disturbance, and finds after
 * @vector:	xmm or ymm registers
 * @x87:	one register of the stack
 * @mxcsr:	SSE control
 * @control:	x87 control
 */
struct fpu_state {
	unsigned char vector[VECTORS][32];
	double x87;
	u32 mxcsr;
	u16 control;
};

/* fpu_regs.S */
void load_sse(const void *vectors);
void store_sse(void *vectors);
void load_avx(const void *vectors);
void store_avx(void *vectors);

static bool use_avx;

static void make_pattern(struct fpu_state *state, unsigned int seed)
{
	unsigned int i, j;

	memset(state, 0, sizeof(*state));
	for (i = 0; i < VECTORS; i++)
		for (j = 0; j < (use_avx ? 32 : 16); j++)
			state->vector[i][j] = (unsigned char)(seed * 31 +
							      i * 17 + j);
	state->x87 = 1.5 * seed + 0.25;
	state->mxcsr = 0x1f80 | (seed & 3) << 13;
	state->control = (u16)(0x37f | (seed & 3) << 10);
}

static void load_state(const struct fpu_state *state)
{
	asm volatile("fninit\n\t"
		     "fldcw %0\n\t"
		     "ldmxcsr %1\n\t"
		     "fldl %2" :: "m" (state->control), "m" (state->mxcsr),
		     "m" (state->x87));
	if (use_avx)
		load_avx(state->vector);
	else
		load_sse(state->vector);
}

static void store_state(struct fpu_state *state)
{
	if (use_avx)
		store_avx(state->vector);
	else
		store_sse(state->vector);
	asm volatile("fstpl %2\n\t"
		     "fnstcw %0\n\t"
		     "stmxcsr %1\n\t"
		     "fninit" : "=m" (state->control), "=m" (state->mxcsr),
		     "=m" (state->x87));
}

/* A system call without C around it, which would use the registers. */
static inline __attribute__((always_inline)) long plain_call(long nr, long a, long b)
{
	long result;

#ifdef __x86_64__
	asm volatile("syscall" : "=a" (result)
		     : "a" (nr), "D" (a), "S" (b)
		     : "rcx", "r11", "memory");
#else
	asm volatile("int $0x80" : "=a" (result)
		     : "a" (nr), "b" (a), "c" (b) : "memory");
#endif
	return result;
}

static enum verdict compare(const struct fpu_state *want,
			    const struct fpu_state *got, unsigned int round)
{
	const u32 sticky = 0x3f;
	unsigned int i;

	for (i = 0; i < VECTORS; i++)
		if (memcmp(want->vector[i], got->vector[i], 32))
			return fail("vector register %u changed in round %u",
				    i, round);
	if (want->x87 != got->x87)
		return fail("st(0) changed in round %u", round);
	if (want->control != got->control ||
	    (want->mxcsr & ~sticky) != (got->mxcsr & ~sticky))
		return fail("control words %#x %#x instead of %#x %#x",
			    got->control, got->mxcsr, want->control,
			    want->mxcsr);
	return PASS;
}

static void trash_state(int sig, siginfo_t *info, void *context)
{
	struct fpu_state other;

	(void)sig;
	(void)info;
	(void)context;
	make_pattern(&other, 99);
	load_state(&other);
}

static enum verdict over_signals(void)
{
	struct fpu_state want, got;
	unsigned int round;
	pid_t self = getpid();

	set_handler(SIGUSR1, trash_state, 0);
	for (round = 0; round < ROUNDS; round++) {
		make_pattern(&want, round);
		memset(&got, 0, sizeof(got));
		load_state(&want);
		plain_call(SYS_kill, self, SIGUSR1);
		store_state(&got);
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
		make_pattern(&want, seed + round);
		memset(&got, 0, sizeof(got));
		load_state(&want);
		plain_call(SYS_sched_yield, 0, 0);
		store_state(&got);
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
		make_pattern(&want, round);
		memset(&got, 0, sizeof(got));
		load_state(&want);
#ifdef __x86_64__
		asm volatile("syscall"
			     :: "a" (SYS_sched_setaffinity), "D" (0),
				"S" (sizeof(set[0])), "d" (&set[round & 1])
			     : "rcx", "r11", "memory");
#else
		asm volatile("int $0x80"
			     :: "a" (SYS_sched_setaffinity), "b" (0),
				"c" (sizeof(set[0])), "d" (&set[round & 1])
			     : "memory");
#endif
		store_state(&got);
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

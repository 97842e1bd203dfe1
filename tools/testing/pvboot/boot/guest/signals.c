// SPDX-License-Identifier: GPL-2.0
/*
 * Many signals: from a timer into a computation, and between processes.
 */
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define STORM_SECONDS	2
#define ROUNDS		300

static volatile unsigned int alarms;

static void count_alarm(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	alarms++;
}

/* A sum whose result is known, in integers and in floating point. */
static bool computes_right(void)
{
	u64 sum = 0;
	double halves = 0;
	unsigned int i;

	for (i = 1; i <= 100000; i++) {
		sum += i;
		halves += 0.5;
	}
	return sum == 5000050000ull && halves == 50000.0;
}

static enum verdict run_storm(const struct guest_case *c)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = 1000 },
		.it_value = { .tv_usec = 1000 },
	};
	const struct itimerval never = { .it_value = { 0 } };
	time_t end = time(NULL) + STORM_SECONDS;
	bool right = true;

	(void)c;
	set_handler(SIGALRM, count_alarm, SA_RESTART);
	setitimer(ITIMER_REAL, &every, NULL);
	while (right && time(NULL) <= end)
		right = computes_right();
	setitimer(ITIMER_REAL, &never, NULL);
	diag("%u signals", alarms);
	if (!right)
		return fail("a sum came out wrong");
	return alarms >= 100 ? PASS : fail("only %u signals", alarms);
}

static enum verdict answer(pid_t peer)
{
	sigset_t set;
	unsigned int i;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	for (i = 0; i < ROUNDS; i++)
		if (sigwait(&set, &sig) || kill(peer, SIGUSR1))
			return FAIL;
	return PASS;
}

static enum verdict run_ping_pong(const struct guest_case *c)
{
	sigset_t set;
	unsigned int i;
	int status, sig;
	pid_t pid;

	(void)c;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid)
		_exit(answer(getppid()));
	for (i = 0; i < ROUNDS; i++)
		if (kill(pid, SIGUSR1) || sigwait(&set, &sig))
			return fail("round %u broke off", i);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the other side ended with %#x", status);
	return PASS;
}

static volatile unsigned int depth;

static void nest(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (++depth < 50)
		raise(sig);
}

static enum verdict run_nested(const struct guest_case *c)
{
	(void)c;
	set_handler(SIGUSR2, nest, SA_NODEFER);
	raise(SIGUSR2);
	return depth == 50 ? PASS : fail("depth %u", depth);
}

/* Faults again and again: each one an exception, a frame and a return. */
static void touch_null(void *arg)
{
	*(volatile char *)arg = 1;
}

static enum verdict run_faults(const struct guest_case *c)
{
	struct caught caught;
	unsigned int i;

	(void)c;
	for (i = 0; i < ROUNDS; i++) {
		catch_signal(touch_null, (void *)(0x100ul + i), &caught);
		if (expect_signal(&caught, SIGSEGV, SEGV_MAPERR))
			return FAIL;
		if (caught.addr != 0x100ul + i)
			return fail("fault %u at %#lx", i, caught.addr);
	}
	return PASS;
}

const struct guest_case signal_cases[] = {
	{ .name = "signal_storm", .run = run_storm },
	{ .name = "signal_ping_pong", .run = run_ping_pong },
	{ .name = "signal_nested", .run = run_nested },
	{ .name = "signal_faults", .run = run_faults },
	{ }
};

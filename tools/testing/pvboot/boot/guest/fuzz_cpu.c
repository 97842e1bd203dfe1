// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a CPU is well: its timer comes, its clock goes, other CPUs can wake
 * it, processes start, sums are right.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define CHECK_SECONDS	60	/* how long a CPU may take to show it is well */

static volatile unsigned int alarms;

static void count_alarm(int sig, siginfo_t *info, void *context)
{
	const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	alarms++;
	note_frame(regs[REG_IP], regs[REG_EFL]);
}

static bool timer_comes(void)
{
	const struct itimerval once = { .it_value = { .tv_usec = 2000 } };
	struct timespec start;

	set_handler(SIGALRM, count_alarm, 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	setitimer(ITIMER_REAL, &once, NULL);
	while (!alarms && seconds_since(&start) < CHECK_SECONDS / 2)
		;
	return alarms;
}

static bool sums_are_right(void)
{
	volatile long double wide = 0;
	volatile double halves = 0;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		halves += 0.5;
		wide += 0.25L;
		if (i % 1000 == 0)
			sched_yield();
	}
	return halves == 10000.0 && wide == 5000.0L;
}

/* Back and forth with a process on another CPU: each wakes the other. */
static bool wakes_across(int other)
{
	char byte = 0;
	int to[2], from[2], status;
	unsigned int i;
	bool good;
	pid_t pid;

	if (pipe(to) || pipe(from))
		return false;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pin_to(other))
			_exit(1);
		for (i = 0; i < 20; i++)
			if (read(to[0], &byte, 1) != 1 ||
			    write(from[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	for (i = 0, good = pid > 0; good && i < 20; i++)
		good = write(to[1], &byte, 1) == 1 &&
		       read(from[0], &byte, 1) == 1;
	close(to[1]);
	close(from[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status && good;
}

static bool starts_processes(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "fuzz_frames", "--exec-probe", NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == EXEC_PROBE_STATUS;
}

static bool clock_goes(void)
{
	struct timespec a, b;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 1000; i++) {
		b = a;
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (a.tv_sec < b.tv_sec ||
		    (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec))
			return false;
	}
	usleep(1000);
	return seconds_since(&a) >= 0.001;
}

static int show_well(int cpu, int other)
{
	const char *ill = NULL;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (pin_to(cpu) || sched_getcpu() != cpu)
		ill = "refuses a process";
	else if (!clock_goes())
		ill = "has a clock that does not go";
	else if (!timer_comes())
		ill = "has a timer that does not come";
	else if (!sums_are_right())
		ill = "counts wrongly";
	else if (!starts_processes())
		ill = "starts no processes";
	else if (!wakes_across(other))
		ill = "is not woken by another, or does not wake it";
	else if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) &&
		 errno != ENOSYS && errno != EINVAL)
		ill = "has no barrier with the others";
	if (ill) {
		printf("# CPU %d %s\n", cpu, ill);
		fflush(stdout);
	}
	return !!ill;
}

bool is_well(int cpu, int other)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(show_well(cpu, other));
	if (pid > 0 && ends_within(pid, CHECK_SECONDS, &status))
		return !status;
	printf("# CPU %d does not answer\n", cpu);
	kill(pid, SIGKILL);
	return false;
}

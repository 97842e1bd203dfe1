// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_frames SECONDS SEED: registers that no program would have, handed to
 * the kernel by rt_sigreturn, by ptrace, and at all kinds of instructions.
 *
 * On each CPU a driver starts one victim after the other, as an ordinary user.
 * A victim's signal handler scrambles the frame that it returns to; the fault
 * that comes of it leads to the same handler.  A victim that lasts too long is
 * killed.  Every few seconds each CPU has to show that it is well: its timer
 * comes, its clock goes, other CPUs can wake it, processes start, sums are
 * right.
 *
 * What a victim does follows from the seed, its CPU and its number.  Prints
 * KTAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define VICTIM_MS	100	/* how long a victim may take */
#define KILL_SECONDS	60	/* how long a killed one may take to end */
#define CHECK_EVERY	3	/* seconds */

struct shared *shared;

/*
 * A driver: one victim after the other, on its CPU
 */

/* Return: whether the child has ended; it may be one that was stopped. */
bool ends_within(pid_t pid, double seconds, int *status)
{
	const struct timespec short_time = { .tv_nsec = 20000000 };
	struct timespec start;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (waitpid(pid, status, WNOHANG) != pid) {
		if (seconds_since(&start) > seconds)
			return false;
		sigtimedwait(&chld, NULL, &short_time);
	}
	return true;
}

static void drive(unsigned int slot, int cpu)
{
	unsigned int round;
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pin_to(cpu))
		_exit(1);
	for (round = 0; !shared->stop; round++) {
		pid = fork();
		if (!pid)
			victim(cpu, round);
		if (pid < 0)
			continue;
		shared->started[slot]++;
		if (!ends_within(pid, VICTIM_MS / 1e3, &status)) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			shared->killed[slot]++;
			if (!ends_within(pid, KILL_SECONDS, &status))
				shared->stuck = 1;
		}
		/* Whoever it has left behind. */
		kill(-pid, SIGKILL);
	}
	_exit(0);
}

/*
 * All of it
 */

static int cpus[CPUS_MAX];
static unsigned int count;
static bool well[CPUS_MAX];

static bool all_well(void)
{
	unsigned int i;
	bool all = true;

	for (i = 0; i < count; i++) {
		well[i] &= is_well(cpus[i], cpus[(i + 1) % count]);
		all &= well[i];
	}
	return all && !shared->stuck && !shared->masked_ip;
}

static void find_cpus(void)
{
	cpu_set_t set;
	int cpu;

	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			well[count] = true;
			cpus[count++] = cpu;
		}
}

static unsigned int verdicts;
static unsigned int bad;

static void tell(bool good, const char *name)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++verdicts, name);
	bad += !good;
}

static int results(void)
{
	unsigned int i;
	bool run = true;
	char name[32];

	for (i = 0; i < count; i++) {
		printf("# CPU %d: %u victims, %u of them killed\n", cpus[i],
		       shared->started[i], shared->killed[i]);
		run &= shared->started[i] > 10;
	}
	printf("# %u frames\n", shared->frames);
	tell(run && shared->frames > 100, "victims_run");
	tell(!shared->stuck, "victims_end");
	if (shared->masked_ip)
		printf("# flags %#lx at %#lx in victim %u\n",
		       shared->masked_flags, shared->masked_ip,
		       shared->masked_round);
	tell(!shared->masked_ip, "events_enabled_in_user_mode");
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "cpu%d_is_well", cpus[i]);
		tell(well[i], name);
	}
	return bad ? 1 : 0;
}

static int fuzz(double seconds)
{
	struct timespec start;
	pid_t drivers[CPUS_MAX];
	unsigned int i, shown = 0;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < count; i++) {
		drivers[i] = fork();
		if (!drivers[i])
			drive(i, cpus[i]);
	}
	while (all_well() && seconds_since(&start) < seconds) {
		if (seconds_since(&start) >= (shown + 1) * 60) {
			shown = seconds_since(&start) / 60;
			printf("# %u minutes, %u frames\n", shown,
			       shared->frames);
			fflush(stdout);
		}
		sleep(CHECK_EVERY);
	}
	shared->stop = 1;
	for (i = 0; i < count; i++)
		if (!ends_within(drivers[i], KILL_SECONDS, &status)) {
			printf("# the driver of CPU %d does not end\n",
			       cpus[i]);
			kill(drivers[i], SIGKILL);
			well[i] = false;
		}
	all_well();
	return results();
}

int main(int argc, char **argv)
{
	sigset_t chld;

	if (argc == 2 && !strcmp(argv[1], "--exec-probe"))
		return EXEC_PROBE_STATUS;
	if (argc != 3 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: fuzz_frames SECONDS SEED\n");
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || map_code_page()) {
		fprintf(stderr, "fuzz_frames: no memory\n");
		return 2;
	}
	shared->seed = strtoull(argv[2], NULL, 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	find_cpus();
	if (WIDTH == 64)
		find_entries();
	printf("KTAP version 1\n1..%u\n# seed %s, %u symbols of the kernel\n",
	       count + 3, argv[2], entry_count);
	if (WIDTH == 64 && !entry_count) {
		printf("Bail out! without symbols there is nowhere to go\n");
		return 1;
	}
	return fuzz(atoi(argv[1]));
}

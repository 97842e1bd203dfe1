// SPDX-License-Identifier: GPL-2.0
/*
 * fpu_hotplug: what a sleeping task has in its FPU, SSE and AVX registers,
 * while the CPU that it is bound to goes off and comes on again.
 *
 * Whoever brings a CPU on starts it with registers of no one.  Linux leaves
 * registers alone where it believes that they are still those of the task
 * which goes back to user mode; it has to forget that for such a CPU.
 *
 * Does so for each CPU but the first.  Prints KTAP.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fpu_state.h"

#define MOST_CPUS	64
#define ROUNDS		5
#define SLEEPS_AFTER_MS	5000

static bool use_avx;

static int pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(pid, sizeof(set), &set);
}

static unsigned int find_cpus(int *cpus)
{
	unsigned int count = 0;
	int cpu;

	for (cpu = 1; cpu < MOST_CPUS; cpu++)
		if (!set_online(cpu, true))
			cpus[count++] = cpu;
	return count;
}

/* The child: sleep with registers loaded, and look at them afterwards. */
static int sleep_with_registers(int cpu, int end, unsigned int seed)
{
	struct fpu_state want, got;
	const char *difference;
	char byte;
	long rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pin(0, cpu)) {
		printf("# CPU %d is refused\n", cpu);
		return 1;
	}
	memset(&got, 0, sizeof(got));
	make_fpu_pattern(&want, seed, use_avx);
	load_fpu_state(&want, use_avx);
	rc = plain_call(SYS_read, end, (long)&byte, 1);
	store_fpu_state(&got, use_avx);
	difference = fpu_difference(&want, &got);
	if (rc != 1) {
		printf("# read: %ld\n", rc);
		return 1;
	}
	if (sched_getcpu() != cpu) {
		printf("# woke up on CPU %d, not %d\n", sched_getcpu(), cpu);
		return 1;
	}
	if (difference)
		printf("# round %u: %s\n", seed, difference);
	return !!difference;
}

static char state_of(pid_t pid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return '?';
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state;
}

/* Whether the child has come to its read(): it sleeps nowhere else. */
static bool sleeps(pid_t pid, int cpu)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	unsigned int i;
	cpu_set_t set;

	for (i = 0; i < SLEEPS_AFTER_MS; i++) {
		nanosleep(&ms, NULL);
		if (!sched_getaffinity(pid, sizeof(set), &set) &&
		    CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set) &&
		    state_of(pid) == 'S')
			return true;
	}
	return false;
}

/* What the parent does meanwhile.  Return: NULL, or what failed. */
static const char *disturb(pid_t pid, int cpu)
{
	if (!sleeps(pid, cpu))
		return "it does not sleep";
	if (set_online(cpu, false))
		return "the CPU does not go off";
	if (set_online(cpu, true))
		return "the CPU does not come on";
	/* Where its CPU has gone, the kernel may have let it run elsewhere. */
	if (pin(pid, cpu))
		return "the CPU is refused";
	return NULL;
}

static bool round_is_good(int cpu, unsigned int seed)
{
	const char *problem;
	int pipes[2], status;
	pid_t pid;

	if (pipe(pipes))
		return false;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = sleep_with_registers(cpu, pipes[0], seed);
		fflush(stdout);
		_exit(status);
	}
	problem = pid < 0 ? strerror(errno) : disturb(pid, cpu);
	if (problem)
		printf("# round %u: %s\n", seed, problem);
	if (pid > 0) {
		if (problem)
			kill(pid, SIGKILL);
		else if (write(pipes[1], "", 1) != 1)
			problem = "write";
		if (waitpid(pid, &status, 0) != pid || status)
			problem = "registers";
	}
	close(pipes[0]);
	close(pipes[1]);
	return !problem;
}

static bool keeps_registers(int cpu)
{
	unsigned int i, good = 0;

	for (i = 1; i <= ROUNDS; i++)
		good += round_is_good(cpu, i);
	return good == ROUNDS;
}

int main(void)
{
	int cpus[MOST_CPUS];
	unsigned int count, i;
	bool all = true, good;

	use_avx = cpu_has_avx();
	if (pin(0, 0)) {
		fprintf(stderr, "fpu_hotplug: CPU 0 is refused\n");
		return 2;
	}
	count = find_cpus(cpus);
	if (!count) {
		fprintf(stderr, "fpu_hotplug: there is one CPU only\n");
		return 2;
	}
	printf("KTAP version 1\n1..%u\n", count);
	for (i = 0; i < count; i++) {
		good = keeps_registers(cpus[i]);
		printf("%sok %u cpu%d_fpu_kept\n", good ? "" : "not ", i + 1,
		       cpus[i]);
		fflush(stdout);
		all &= good;
	}
	return all ? 0 : 1;
}

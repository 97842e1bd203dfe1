// SPDX-License-Identifier: GPL-2.0
/*
 * bomb: processes that make processes, until memory is at its end.
 *
 * An address space that cannot be finished is undone from wherever it stopped, and
 * the OOM killer ends others in the middle of what they do.  Afterwards memory has to
 * be there again, and be good for processes.
 *
 *	bomb SECONDS
 *
 * As an ordinary user; the OOM killer takes these processes first.  Prints KTAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define DIRTY_SIZE	(256 << 10)	/* of each process */
#define TABLES		8		/* of the lowest level that each has */
#define TABLE_SPAN	(2UL << 20)
#define PROCESSES_MIN	200
#define AFTERWARDS	200		/* processes, one after the other */
#define LOST_KIB	(8 << 10)	/* caches and the like */

/* What all of them count */
static struct {
	unsigned int made, refused;
} *counts;

static unsigned long free_kib(void)
{
	return number_of("/proc/meminfo", "MemAvailable:");
}

static unsigned long killed_for_memory(void)
{
	return number_of("/proc/vmstat", "oom_kill ");
}

static void offer_to_oom_killer(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, score, strlen(score)) < 0)
		_exit(1);
	close(fd);
}

static char *take(size_t size)
{
	char *place = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return place == MAP_FAILED ? NULL : place;
}

/* What fork() copies: pages in many tables, which the child writes to anew */
static void dirty(char *much, char *wide)
{
	size_t i;

	for (i = 0; i < DIRTY_SIZE; i += 4096)
		much[i]++;
	for (i = 0; i < TABLES; i++)
		wide[i * TABLE_SPAN]++;
}

static void explode(void)
{
	char *much = take(DIRTY_SIZE), *wide = take(TABLES * TABLE_SPAN);
	pid_t pid;

	if (!much || !wide)
		_exit(1);
	for (;;) {
		dirty(much, wide);
		pid = fork();
		if (pid < 0) {
			__sync_fetch_and_add(&counts->refused, 1);
			usleep(10000);
		} else if (pid) {
			__sync_fetch_and_add(&counts->made, 1);
		}
	}
}

/* Those whose parents are killed are this process's then. */
static void explode_for(double seconds)
{
	struct timespec begun;
	pid_t first = fork();

	if (first < 0)
		return;
	if (!first) {
		setpgid(0, 0);
		offer_to_oom_killer("1000");
		if (become_user())
			_exit(1);
		explode();
	}
	setpgid(first, first);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (seconds_since(&begun) < seconds) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(10000);
	}
	do {
		kill(-first, SIGKILL);
	} while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

static int make_some(void)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < AFTERWARDS; i++) {
		pid = fork();
		if (!pid) {
			char *much = take(DIRTY_SIZE);

			_exit(!much || (memset(much, 1, DIRTY_SIZE), 0));
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	return 0;
}

static int verdict(unsigned int nr, const char *name, bool good)
{
	printf("%s %u %s\n", good ? "ok" : "not ok", nr, name);
	return !good;
}

int main(int argc, char **argv)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	double seconds = argc == 2 ? atof(argv[1]) : 0;
	unsigned long before, after, killed;
	int bad = 0;

	if (seconds <= 0) {
		fprintf(stderr, "bomb: say for how many seconds\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..3\n");
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || setrlimit(RLIMIT_NPROC, &all) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		perror("# bomb");
		return 1;
	}
	before = free_kib();
	killed = killed_for_memory();
	explode_for(seconds);
	killed = killed_for_memory() - killed;
	printf("# %u processes made, %u times none; %lu killed for memory\n",
	       counts->made, counts->refused, killed);
	bad |= verdict(1, "memory_was_at_its_end", counts->made >= PROCESSES_MIN &&
		       (counts->refused || killed));
	bad |= verdict(2, "processes_afterwards", !make_some());
	after = free_kib();
	printf("# %lu KiB before, %lu after\n", before, after);
	bad |= verdict(3, "memory_is_back", after + LOST_KIB > before);
	return bad;
}

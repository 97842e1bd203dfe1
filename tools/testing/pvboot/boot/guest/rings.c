// SPDX-License-Identifier: GPL-2.0
/*
 * rings: io_uring's rings end while processes begin.
 *
 * A ring for which there is no piece of memory is made of single pages, and mapped
 * by vmap().  Nearly all memory is taken, so that a page which a ring leaves is soon
 * another process's page table; Xen refuses one that is mapped writable anywhere.
 * Whether it did stands in the kernel's log.
 *
 *	rings SECONDS
 *
 * As an ordinary user, but for a look at what is mapped; four processes for each CPU.
 * Prints KTAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define LEFT_KIB	(20 * 1024)	/* what nobody takes, besides half the pipes */
#define ENOUGH_KIB	(14 * 1024)	/* for another ring, without the OOM killer */
#define PIPES		56
#define PIPE_SIZE	(1 << 20)	/* the most that a user may ask for */
#define STEP		(1 << 20)
#define ENTRIES		16384
#define LOOK_EVERY	16	/* rings */
#define FORKERS		3	/* of each CPU; they run when a ring is at its end */
#define TABLES		64	/* of the lowest level that a process has */
#define TABLE_SPAN	(2UL << 20)
#define DIRTY_SIZE	(2 << 20)	/* so much that it is copied as memory */

static struct timespec begun;
static double seconds;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

/* Return: what /proc/meminfo says of it, in KiB */
static unsigned long kib_of(const char *what)
{
	char line[128], *end;
	FILE *info = fopen("/proc/meminfo", "r");
	unsigned long kib;

	must(info, "# rings: /proc/meminfo");
	do {
		must(fgets(line, sizeof(line), info), what);
	} while (strncmp(line, what, strlen(what)));
	fclose(info);
	kib = strtoul(line + strlen(what), &end, 10);
	must(!strcmp(end, " kB\n"), what);
	return kib;
}

static void write_one(int fd)
{
	must(write(fd, "", 1) == 1, "# rings: write");
}

static void *take(size_t size)
{
	void *place = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return place == MAP_FAILED ? NULL : place;
}

/*
 * Each write() to a pipe of packets takes a page, which stays where it is: two
 * pipes in turn have every other page.
 */
static void make_pipes(int ends[PIPES][2])
{
	unsigned int i, n;
	int both[2];

	for (i = 0; i < PIPES; i++) {
		must(!pipe2(both, O_DIRECT | O_NONBLOCK), "# rings: pipe2");
		must(fcntl(both[1], F_SETPIPE_SZ, PIPE_SIZE) == PIPE_SIZE,
		     "# rings: F_SETPIPE_SZ");
		memcpy(ends[i], both, sizeof(both));
	}
	for (i = 0; i + 1 < PIPES; i += 2) {
		for (n = 0; n < PIPE_SIZE / 4096; n++) {
			write_one(ends[i][1]);
			write_one(ends[i + 1][1]);
		}
	}
}

/*
 * A process of its own has nearly all memory, for each fork() copies what its caller
 * has.  What is left are single pages.
 */
static pid_t take_memory(void)
{
	int ready[2], ends[PIPES][2];
	unsigned int i;
	pid_t pid;
	char c;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid) {
		close(ready[1]);
		return read(ready[0], &c, 1) == 1 ? pid : -1;
	}
	must(!become_user(), "# rings: become_user");
	make_pipes(ends);
	while (kib_of("MemFree:") > LEFT_KIB && take(STEP))
		;
	for (i = 1; i < PIPES; i += 2) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	write_one(ready[1]);
	pause();
	_exit(0);
}

/* Return: whether vmap() has some ring mapped, as it has those of single pages */
static bool is_mapped(FILE *areas)
{
	char line[256];
	bool is = false;

	rewind(areas);
	while (fgets(line, sizeof(line), areas))
		is |= strstr(line, " io_") && strstr(line, " vmap");
	return is;
}

/* Return: 0, or an errno */
static int ring_of_a_moment(FILE *areas, bool *mapped)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SQE128,
	};
	int fd = syscall(SYS_io_uring_setup, ENTRIES, &params);

	if (fd < 0)
		return errno;
	*mapped = areas && is_mapped(areas);
	close(fd);
	return 0;
}

/* Those of before end in a thread of the kernel's, later. */
static int make_rings(void)
{
	FILE *areas = fopen("/proc/vmallocinfo", "r");
	unsigned int made = 0, looked = 0, mapped = 0, later = 0;
	int error;

	must(areas, "# rings: /proc/vmallocinfo");
	must(!become_user(), "# rings: become_user");
	while (seconds_since(&begun) < seconds) {
		bool look = made % LOOK_EVERY == 0, is = false;

		if (kib_of("MemFree:") < ENOUGH_KIB) {
			later++;
			usleep(1000);
			continue;
		}
		error = ring_of_a_moment(look ? areas : NULL, &is);
		if (error && error != ENOMEM) {
			printf("# io_uring_setup: %s\n", strerror(error));
			return 1;
		}
		made += !error;
		looked += !error && look;
		mapped += is;
	}
	printf("# %u rings, %u of %u looked at of single pages, %u times too little memory\n",
	       made, mapped, looked, later);
	return !mapped;
}

static int make_processes(void)
{
	char *much = mmap(NULL, TABLES * TABLE_SPAN, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int i, made = 0, refused = 0;
	int status;
	pid_t pid;

	must(!become_user(), "# rings: become_user");
	if (!take(DIRTY_SIZE) || much == MAP_FAILED)
		return 1;
	for (i = 0; i < TABLES; i++)
		much[i * TABLE_SPAN] = 1;
	while (seconds_since(&begun) < seconds) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid < 0) {
			refused++;
			continue;
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 1;
		made++;
	}
	printf("# %u processes, %u times none\n", made, refused);
	return made <= refused;
}

static int start(int (*work)(void))
{
	pid_t pid = fork();

	if (!pid)
		exit(work());
	return pid < 0;
}

int main(int argc, char **argv)
{
	int status, bad = 0;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), i, n;
	pid_t taker, pid;

	seconds = argc == 2 ? atof(argv[1]) : 0;
	if (seconds <= 0) {
		fprintf(stderr, "rings: say for how many seconds\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..1\n");
	taker = take_memory();
	must(taker > 0, "# rings: memory cannot be taken");
	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (i = 0; i < cpus; i++) {
		bad |= start(make_rings);
		for (n = 0; n < FORKERS; n++)
			bad |= start(make_processes);
	}
	for (i = 0; i < (1 + FORKERS) * cpus; i++) {
		pid = wait(&status);
		if (pid < 0 || pid == taker || status)
			bad = 1;
	}
	kill(taker, SIGKILL);
	printf("%s 1 rings_end_while_processes_begin\n", bad ? "not ok" : "ok");
	return bad;
}

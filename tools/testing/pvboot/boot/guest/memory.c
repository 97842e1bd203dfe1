// SPDX-License-Identifier: GPL-2.0
/*
 * What processes leave behind in page tables, and what they are charged for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define PAGE		4096UL
#define TABLE		(512 * PAGE)	/* what a table of the lowest level maps */

/* More anonymous pages than a process has whose fork() uses kept tables */
#define BIG		(1024 * PAGE)

#define FORKS		300
#define SPARSE		100

unsigned char *map_anonymous(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

bool ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* Grown up, copied, shrunk to nothing, and gone: roots of the allocator's */
static bool big_forks(unsigned char *area, unsigned int nr)
{
	while (nr--) {
		pid_t pid = fork();

		if (!pid) {
			madvise(area, BIG, MADV_DONTNEED);
			_exit(area[0]);
		}
		if (!ended_well(pid))
			return false;
	}
	return true;
}

/*
 * Memory of a control group
 */

#define GROUPS	"/groups"
#define GROUP	GROUPS "/pvboot"

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static long charged(void)
{
	char text[32] = "";
	int fd = open(GROUP "/memory.current", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	close(fd);
	return atol(text);
}

static const char *enter_group(void)
{
	char pid[16];

	mkdir(GROUPS, 0755);
	if (mount("none", GROUPS, "cgroup2", 0, NULL) && errno != EBUSY)
		return "no cgroup2";
	if (!write_file(GROUPS "/cgroup.subtree_control", "+memory"))
		return "no memory cgroups";
	mkdir(GROUP, 0755);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (!write_file(GROUP "/cgroup.procs", pid))
		return "cannot enter a memory cgroup";
	return NULL;
}

static void leave_group(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	write_file(GROUPS "/cgroup.procs", pid);
	rmdir(GROUP);
	umount2(GROUPS, MNT_DETACH);
}

/* What a group is charged for goes when its processes go. */
static enum verdict run_charge(const struct guest_case *c)
{
	unsigned char *area = map_anonymous(BIG);
	const char *without = enter_group();
	enum verdict verdict = PASS;
	long before, after;

	(void)c;
	if (without)
		return skip("%s", without);
	if (!area)
		return fail("mmap failed");
	memset(area, 0x5a, BIG);

	/* caches of the kernel's fill up, and the group's reserve of charges */
	if (!big_forks(area, FORKS))
		verdict = fail("a child failed");
	before = charged();
	if (verdict == PASS && !big_forks(area, FORKS))
		verdict = fail("a child failed");
	after = charged();
	if (before < 0 || after < 0)
		verdict = fail("no memory.current");
	else if (after - before > FORKS / 2 * (long)PAGE)
		verdict = fail("%u forks leave %ld bytes charged", FORKS,
			       after - before);
	munmap(area, BIG);
	leave_group();
	return verdict;
}

/*
 * Contents
 */

/* A table for each page that is looked at, and all pages the page of zeros */
static int look_at_zeros(unsigned char *area)
{
	int sum = 0;
	unsigned int i;

	for (i = 0; i < SPARSE; i++)
		sum |= area[i * TABLE];
	return sum;
}

static enum verdict run_sparse(const struct guest_case *c)
{
	unsigned int i;
	pid_t pid;

	(void)c;
	for (i = 0; i < 10; i++) {
		pid = fork();
		if (!pid) {
			unsigned char *area = map_anonymous(SPARSE * TABLE);

			_exit(area ? look_at_zeros(area) : 255);
		}
		if (!ended_well(pid))
			return fail("child %u found something in new memory", i);
	}
	return PASS;
}

/* Tables that others have used map nothing. */
static enum verdict run_used_tables(const struct guest_case *c)
{
	unsigned char *area = map_anonymous(SPARSE * TABLE);
	unsigned int i, j;
	pid_t pid;

	(void)c;
	if (!area)
		return fail("mmap failed");
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (!pid) {
			for (j = 0; j < SPARSE; j += 4)
				area[j * TABLE + i * PAGE] = (unsigned char)(i + 1);
			/* some are cleared while the process lives, some not */
			munmap(area, SPARSE * TABLE / 2);
			_exit(0);
		}
		if (!ended_well(pid))
			return fail("child %u failed", i);
		pid = fork();
		if (!pid) {
			for (j = 0; j < SPARSE; j++)
				if (area[j * TABLE + i * PAGE])
					_exit(1);
			_exit(0);
		}
		if (!ended_well(pid))
			return fail("child %u found another's page", i);
	}
	munmap(area, SPARSE * TABLE);
	return PASS;
}

const struct guest_case memory_cases[] = {
	{ .name = "memory_charge", .run = run_charge, .timeout = 240 },
	{ .name = "memory_sparse", .run = run_sparse },
	{ .name = "memory_used_tables", .run = run_used_tables },
	{ }
};

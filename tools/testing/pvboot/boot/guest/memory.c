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

/* Trace events of upstream's multicalls: pvboot's kernel has them, too */
#define TRACING		"/sys/kernel/tracing/"
#define EVENT(name, file)	TRACING "events/xen/" name "/" file
#define MANY		512

#define FORKS		300
#define SPARSE		100

static unsigned char *map_anonymous(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

static bool ended_well(pid_t pid)
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

/*
 * Changes of many entries go to Xen together.
 */
static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

/* A trace event of which those of one process are counted */
struct event {
	const char *enable, *filter;
	const char *wanted;	/* which of them */
	const char *text;	/* in each line */
};

static const struct event hypercalls = {
	EVENT("xen_mc_flush", "enable"), EVENT("xen_mc_flush", "filter"),
	"mcidx > 0", " hypercalls,",
};

/* Pages that one CPU takes out of its TLB by themselves */
static const struct event pages_flushed = {
	EVENT("xen_mmu_flush_tlb_one_user", "enable"),
	EVENT("xen_mmu_flush_tlb_one_user", "filter"),
	"addr > 0", " addr ",
};

/* Flushes of other CPUs */
static const struct event flushes_of_others = {
	EVENT("xen_mmu_flush_tlb_multi", "enable"),
	EVENT("xen_mmu_flush_tlb_multi", "filter"),
	"ncpus > 0", " ncpus ",
};

static bool start_count(const struct event *event)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	return put(event->filter, event->wanted) && put(TRACING "trace", "\n") &&
	       put(TRACING "set_event_pid", pid) && put(event->enable, "1");
}

/* Return: how many there were since start_count(), or -1 */
static int end_count(const struct event *event)
{
	char line[512];
	int count = 0;
	FILE *trace;

	if (!put(event->enable, "0"))
		return -1;
	trace = fopen(TRACING "trace", "r");
	if (!trace)
		return -1;
	while (fgets(line, sizeof(line), trace))
		count += line[0] != '#' && strstr(line, event->text);
	fclose(trace);
	put(event->filter, "0");
	put(TRACING "set_event_pid", " ");
	return count;
}

static enum verdict run_batched(const struct guest_case *c)
{
	unsigned char *area = map_anonymous(MANY * PAGE);
	bool failed;
	int count;

	(void)c;
	if (access(hypercalls.enable, W_OK))
		return skip("the kernel does not trace multicalls");
	if (!area)
		return fail("mmap failed");
	memset(area, 1, MANY * PAGE);
	if (!start_count(&hypercalls))
		return fail("no trace: %s", strerror(errno));
	failed = mprotect(area, MANY * PAGE, PROT_READ);
	count = end_count(&hypercalls);
	if (failed || count < 0)
		return fail("no count: %s", strerror(errno));
	if (count < 1 || count > MANY / 4)
		return fail("%d hypercalls for %u pages", count, MANY);
	return PASS;
}

/*
 * What a flush costs depends on what has changed, not on how far it is apart.
 */

/* So far apart that core x86 flushes by tables: it takes up to 33 pieces by themselves */
#define APART		30

/* Two tables that map nothing, and nothing between them; Return: flushes, or -1 */
static int flushes_by_unmap(const int *cpus)
{
	unsigned char *area = map_anonymous((APART + 2) * TABLE);
	unsigned char *first, *last;

	(void)cpus;
	if (!area)
		return -1;
	first = (unsigned char *)(((unsigned long)area + TABLE - 1) & -TABLE);
	last = first + APART * TABLE;
	*first = 1;
	*last = 1;
	if (madvise(first, PAGE, MADV_DONTNEED) || madvise(last, PAGE, MADV_DONTNEED) ||
	    !start_count(&pages_flushed))
		return -1;
	munmap(area, (APART + 2) * TABLE);
	return end_count(&pages_flushed);
}

/* In a process of its own, that no CPU but one has met; Return: as above */
static int count_in_child(int (*count_flushes)(const int *cpus), const int *cpus, int cpu)
{
	int count = -1, fds[2];
	pid_t pid;

	if (pipe(fds) || pin_to(cpu))
		return -1;
	pid = fork();
	if (!pid) {
		count = count_flushes(cpus);
		_exit(write(fds[1], &count, sizeof(count)) != sizeof(count));
	}
	close(fds[1]);
	if (!ended_well(pid) || read(fds[0], &count, sizeof(count)) != sizeof(count))
		count = -1;
	close(fds[0]);
	return count;
}

/* A whole TLB may be flushed now and then, but not each time. */
static enum verdict run_far_apart(const struct guest_case *c)
{
	int cpu, i, count, most = 0;

	(void)c;
	if (access(pages_flushed.enable, W_OK))
		return skip("the kernel does not trace flushes");
	online_cpus(&cpu, 1);
	for (i = 0; i < 8; i++) {
		count = count_in_child(flushes_by_unmap, NULL, cpu);
		if (count < 0)
			return fail("no count of flushes");
		most = count > most ? count : most;
	}
	if (most < 1 || most > 2 * APART)
		return fail("%d pages flushed for two tables", most);
	return PASS;
}

/*
 * A CPU that a process has left needs no flush of its own.
 */

/* Return: how often others were flushed, or -1 */
static int flushes_after_a_move(const int *cpus)
{
	unsigned char *area = map_anonymous(PAGE);
	int i;

	if (!area)
		return -1;
	*area = 1;
	if (pin_to(cpus[0]))
		return -1;
	/* the other one has run somebody else since */
	usleep(200000);
	if (!start_count(&flushes_of_others))
		return -1;
	for (i = 0; i < MANY; i++) {
		*area = 1;
		if (mprotect(area, PAGE, PROT_READ) ||
		    mprotect(area, PAGE, PROT_READ | PROT_WRITE))
			break;
	}
	return i < MANY ? -1 : end_count(&flushes_of_others);
}

static enum verdict run_left_behind(const struct guest_case *c)
{
	int cpus[2], count;
	pid_t pid;

	(void)c;
	if (two_cpus(cpus))
		return skip("one CPU only");
	if (access(flushes_of_others.enable, W_OK))
		return skip("the kernel does not trace flushes");
	pid = fork();
	if (!pid) {
		pin_to(cpus[1]);
		for (;;)
			;
	}
	count = pid < 0 ? -1 : count_in_child(flushes_after_a_move, cpus, cpus[1]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (count < 0)
		return fail("no count of flushes");
	if (count > MANY / 8)
		return fail("%d flushes of a CPU that has another process", count);
	return PASS;
}

const struct guest_case memory_cases[] = {
	{ .name = "memory_charge", .run = run_charge, .timeout = 240 },
	{ .name = "memory_sparse", .run = run_sparse },
	{ .name = "memory_used_tables", .run = run_used_tables },
	{ .name = "memory_batched", .run = run_batched },
	{ .name = "memory_far_apart", .run = run_far_apart },
	{ .name = "memory_left_behind", .run = run_left_behind },
	{ }
};

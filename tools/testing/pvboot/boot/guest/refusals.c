// SPDX-License-Identifier: GPL-2.0
/*
 * refusals: what a program sees of a page that Xen does not let be a page table.
 *
 * The kernel asks Xen where a caller can be told: fork(), execve() and madvise() fail,
 * a page fault is taken again, and nothing is left half done.  xen/fail in debugfs
 * stands in for Xen's refusal; tables that the kernel has kept are used up first.
 *
 *	refusals
 *
 * As root.  Prints KTAP.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define RULES		"/sys/kernel/debug/xen/fail"
#define TABLE_SPAN	(2UL << 20)
#define TABLES		384		/* more than are ever kept */
#define CHILDREN	80		/* as many */
#define DIRTY_SIZE	(4 << 20)	/* so much that it is copied as memory */
#define AFTERWARDS	200		/* processes, one after the other */
#define LOST_TABLES	12		/* the kernel itself may need some */
#define TIMES		5		/* each case */
#define TRIES		8		/* within one */
#define GOOD		0
#define EXECUTED	"executed"	/* argument */
#define AWFUL		99		/* exit status, and no errno */

static char *wide, *much;

static void plan(const char *rule)
{
	int error = write_to(RULES, rule);

	if (!error)
		return;
	printf("# %s: %s\n", RULES, strerror(-error));
	exit(1);
}

static void plan_nothing(void)
{
	plan("\n");
}

static void refuse_tables(void)
{
	plan("memory.table:*:ENOMEM");
}

static void refuse_spaces(void)
{
	plan("memory.space:*:ENOMEM");
}

static char *take(size_t size)
{
	char *place = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (place != MAP_FAILED)
		return place;
	perror("# mmap");
	exit(1);
}

/* Those that are kept for the next process are given back before. */
static unsigned long tables(void)
{
	usleep(200000);
	if (write_to("/proc/sys/vm/drop_caches", "2"))
		return 0;
	return number_of("/proc/vmstat", "nr_page_table_pages ");
}

/* Return: 0 or the errno of the first that is refused */
static int populate(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (madvise(wide + i * TABLE_SPAN, 4096, MADV_POPULATE_WRITE))
			return errno;
	return 0;
}

static void depopulate(void)
{
	munmap(wide, TABLES * TABLE_SPAN);
	wide = take(TABLES * TABLE_SPAN);
}

/* Return: how a child ended: its exit status, or 256 and the signal */
static int end_by(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int end_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? end_by(status) : AWFUL;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(GOOD);
	return pid > 0 && end_of(pid) == GOOD;
}

static bool is_told(int error, int wanted)
{
	if (error == wanted)
		return true;
	printf("# %s in place of %s\n", error ? strerror(error) : "success",
	       strerror(wanted));
	return false;
}

static bool populate_without_tables(void)
{
	int error;

	refuse_tables();
	error = populate(TABLES);
	plan_nothing();
	return is_told(error, ENOMEM) && !populate(TABLES);
}

/* A child that waits until it is told to go on; what it is then told is true there */
static pid_t fork_waiting(int pipe_end[2], bool *is_child)
{
	pid_t pid;
	char c;

	*is_child = false;
	if (pipe(pipe_end))
		return -1;
	pid = fork();
	if (pid)
		return pid;
	*is_child = read(pipe_end[0], &c, 1) == 1;
	if (!*is_child)
		_exit(AWFUL);
	return 0;
}

static bool tell(const int pipe_end[2])
{
	bool told = write(pipe_end[1], "", 1) == 1;

	close(pipe_end[0]);
	close(pipe_end[1]);
	return told;
}

static void touch_tables(void)
{
	unsigned int i;

	for (i = 0; i < TABLES; i++)
		wide[i * TABLE_SPAN] = i;
	for (i = 0; i < TABLES; i++)
		if (wide[i * TABLE_SPAN] != (char)i)
			_exit(1);
	_exit(GOOD);
}

/* The kernel takes the fault again until there is a table. */
static bool fault_without_tables(void)
{
	int pipe_end[2], early, status;
	bool is_child;
	pid_t pid = fork_waiting(pipe_end, &is_child);

	if (is_child)
		touch_tables();
	if (pid < 0)
		return false;
	refuse_tables();
	if (!tell(pipe_end))
		return false;
	usleep(300000);
	early = waitpid(pid, &status, WNOHANG);
	plan_nothing();
	if (!early)
		return end_of(pid) == GOOD;
	printf("# it did not wait\n");
	return false;
}

/* A child that executes this program when it is told to */
static pid_t prepare_exec(int pipe_end[2])
{
	bool is_child;
	pid_t pid = fork_waiting(pipe_end, &is_child);

	if (!is_child)
		return pid;
	execl("/proc/self/exe", "refusals", EXECUTED, NULL);
	_exit(errno);
}

/* Return: how it ended */
static int let_it_exec(pid_t pid, const int pipe_end[2])
{
	return pid > 0 && tell(pipe_end) ? end_of(pid) : AWFUL;
}

static bool ended_as(int end, int this, int or_that)
{
	if (end == this || end == or_that)
		return true;
	printf("# ended as %d, neither %d nor %d\n", end, this, or_that);
	return false;
}

/* Return: how many were made, with errno where that is not all */
static unsigned int keep_forking(pid_t child[CHILDREN])
{
	unsigned int nr;

	for (nr = 0; nr < CHILDREN; nr++) {
		child[nr] = fork();
		if (!child[nr])
			for (;;)
				pause();
		if (child[nr] < 0)
			break;
	}
	return nr;
}

static void end_all(const pid_t child[CHILDREN], unsigned int nr)
{
	while (nr--) {
		kill(child[nr], SIGKILL);
		waitpid(child[nr], NULL, 0);
	}
}

/*
 * A 32-bit kernel keeps no roots: an address space is built as memory there, and asks
 * when all its tables are there.
 */
#if WIDTH == 64
/* Whoever has a root that was kept asks for its tables one by one, kept ones first. */
static bool fork_without_tables(void)
{
	pid_t child[CHILDREN];
	unsigned int nr;
	int error;

	refuse_tables();
	populate(TABLES);
	nr = keep_forking(child);
	error = nr < CHILDREN ? errno : 0;
	plan_nothing();
	end_all(child, nr);
	return is_told(error, ENOMEM) && forks();
}

/* Return: whether it has, and how: see end_of() */
static bool ends_soon(pid_t pid, int *end)
{
	unsigned int i;
	int status;

	for (i = 0; i < 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			*end = end_by(status);
			return true;
		}
		usleep(3000);
	}
	return false;
}

/*
 * The arguments need tables in the new address space, and may find some that a process
 * has left which ended meanwhile: another takes these, and then the next one tries.
 */
static bool exec_without_tables(void)
{
	int pipe_end[TRIES][2], end, told = GOOD;
	pid_t pid[TRIES];
	unsigned int i;

	for (i = 0; i < TRIES; i++)
		pid[i] = prepare_exec(pipe_end[i]);
	refuse_tables();
	for (i = 0; i < TRIES; i++) {
		populate(TABLES);
		if (pid[i] < 0 || !tell(pipe_end[i]))
			told = AWFUL;
		else if (!ends_soon(pid[i], &end))
			/* its arguments had tables, and the program waits for more */
			plan_nothing();
		else if (end != GOOD)
			told = end;
		refuse_tables();
	}
	plan_nothing();
	while (wait(NULL) > 0)
		;
	return ended_as(told, ENOMEM, E2BIG);
}
#endif

static bool fork_without_space(void)
{
	int error = 0;
	pid_t pid;

	memset(much, 1, DIRTY_SIZE);
	refuse_spaces();
	pid = fork();
	if (!pid)
		_exit(GOOD);
	if (pid < 0)
		error = errno;
	else
		end_of(pid);
	plan_nothing();
	return is_told(error, ENOMEM) && forks();
}

/* Whoever has a root that was kept has none that could be refused: others have them. */
static bool exec_without_space(void)
{
	pid_t child[CHILDREN], pid;
	int pipe_end[2], end;
	unsigned int nr;

	/* what is small is copied with a root that was kept */
	munmap(much, DIRTY_SIZE);
	much = take(DIRTY_SIZE);
	pid = prepare_exec(pipe_end);
	nr = keep_forking(child);
	refuse_spaces();
	end = let_it_exec(pid, pipe_end);
	plan_nothing();
	end_all(child, nr);
	return ended_as(end, 256 + SIGSEGV, 256 + SIGKILL);
}

static bool all_is_well_afterwards(void)
{
	unsigned int i;

	for (i = 0; i < AFTERWARDS; i++)
		if (!forks())
			return false;
	return true;
}

static const struct {
	const char *name;
	bool (*holds)(void);
} cases[] = {
#if WIDTH == 64
	{ "fork_without_tables",	fork_without_tables },
	{ "exec_without_tables",	exec_without_tables },
#endif
	{ "populate_without_tables",	populate_without_tables },
	{ "fault_without_tables",	fault_without_tables },
	{ "fork_without_space",		fork_without_space },
	{ "exec_without_space",		exec_without_space },
	{ "all_is_well_afterwards",	all_is_well_afterwards },
};

int main(int argc, char **argv)
{
	unsigned int i, n, bad = 0;
	unsigned long before, after;
	bool lost;

	if (argc == 2 && !strcmp(argv[1], EXECUTED))
		return GOOD;
	if (argc != 1) {
		fprintf(stderr, "refusals: has no arguments\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(cases) + 1);
	before = tables();
	wide = take(TABLES * TABLE_SPAN);
	much = take(DIRTY_SIZE);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int times = TIMES;
		bool holds;

		/* many stacks take new tables of the kernel's */
		if (cases[i].holds == all_is_well_afterwards)
			times = 1;
		for (n = 0, holds = true; n < times && holds; n++) {
			depopulate();
			holds = cases[i].holds();
		}
		bad += !holds;
		printf("%s %u %s\n", holds ? "ok" : "not ok", i + 1, cases[i].name);
	}
	munmap(wide, TABLES * TABLE_SPAN);
	after = tables();
	printf("# page tables: %lu, then %lu\n", before, after);
	lost = !before || !after || after > before + LOST_TABLES;
	printf("%s %u no_table_is_lost\n", lost ? "not ok" : "ok", i + 1);
	bad += lost;
	return bad ? 1 : 0;
}

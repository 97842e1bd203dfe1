// SPDX-License-Identifier: GPL-2.0
/*
 * What a program does with its memory, a page at a time, and with all of it.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGE	4096UL

/* Private memory of @pages pages, each of them there and written to */
static char *touched(unsigned int pages)
{
	unsigned int i;
	char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	for (i = 0; i < pages; i++)
		memory[i * PAGE] = 1;
	return memory;
}

static int ended(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return failed("waitpid");
	return status ? failed("the child") : 0;
}

static int fork_wait(void)
{
	pid_t child = fork();

	if (child < 0)
		return failed("fork");
	if (!child)
		_exit(0);
	return ended(child);
}

static int vfork_exec_wait(void)
{
	pid_t child = vfork();

	if (child < 0)
		return failed("vfork");
	if (!child) {
		execl(program, program, EXIT_AT_ONCE, NULL);
		_exit(1);
	}
	return ended(child);
}

static int repeat(const char *name, unsigned int ops, int (*run)(void))
{
	struct stamp from, to;
	unsigned int i;

	from = now();
	for (i = 0; i < ops; i++)
		if (run())
			return -1;
	to = now();
	result(name, ops, from, to);
	return 0;
}

int measure_fork(const char *name, unsigned int ops)
{
	return repeat(name, ops, fork_wait);
}

/* The child has the parent's memory until it is another program. */
int measure_vfork(const char *name, unsigned int ops)
{
	return repeat(name, ops, vfork_exec_wait);
}

/* An operation on @ops pages that are there, of which each is one */
static int on_pages(const char *name, unsigned int ops,
		    int (*run)(char *memory, unsigned int ops))
{
	char *memory = touched(ops);
	struct stamp from, to;

	if (!memory)
		return failed("mmap");
	from = now();
	if (run(memory, ops))
		return failed(name);
	to = now();
	result(name, ops, from, to);
	return munmap(memory, ops * PAGE);
}

/* So many pages that what else a fork costs is little */
static int fork_pages(char *memory, unsigned int ops)
{
	(void)memory;
	(void)ops;
	return fork_wait();
}

int measure_fork_page(const char *name, unsigned int ops)
{
	return on_pages(name, ops, fork_pages);
}

static int unmap_pages(char *memory, unsigned int ops)
{
	return munmap(memory, ops * PAGE);
}

int measure_munmap(const char *name, unsigned int ops)
{
	return on_pages(name, ops, unmap_pages);
}

static int protect_pages(char *memory, unsigned int ops)
{
	return mprotect(memory, ops * PAGE, PROT_READ);
}

int measure_mprotect(const char *name, unsigned int ops)
{
	return on_pages(name, ops, protect_pages);
}

static int drop_pages(char *memory, unsigned int ops)
{
	unsigned int i;

	for (i = 0; i < ops; i++)
		if (madvise(memory + i * PAGE, PAGE, MADV_DONTNEED))
			return -1;
	return 0;
}

int measure_madvise(const char *name, unsigned int ops)
{
	return on_pages(name, ops, drop_pages);
}

/* Pages that a child has as well, which waits until they are written to */
int measure_cow(const char *name, unsigned int ops)
{
	char *memory = touched(ops);
	struct stamp from, to;
	unsigned int i;
	int wait[2];
	pid_t child;
	char byte;

	if (!memory || pipe(wait))
		return failed("mmap");
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child) {
		close(wait[1]);
		_exit(read(wait[0], &byte, 1) != 0);
	}
	from = now();
	for (i = 0; i < ops; i++)
		memory[i * PAGE] = 2;
	to = now();
	close(wait[0]);
	close(wait[1]);
	if (ended(child))
		return -1;
	result(name, ops, from, to);
	return munmap(memory, ops * PAGE);
}

/*
 * A process of 100 MB
 */

#define BIG	(100U << 20 >> 12)

/* Its child ends at once. */
int measure_fork_big(const char *name, unsigned int ops)
{
	char *memory = touched(BIG);
	int rc;

	if (!memory)
		return failed("mmap");
	rc = repeat(name, ops, fork_wait);
	return munmap(memory, BIG * PAGE) || rc ? -1 : 0;
}

/* The child: it has its memory before it says so, and ends when it is told. */
static int be_big(int say, int told)
{
	char byte = 1;

	return !touched(BIG) || write(say, &byte, 1) != 1 ||
	       read(told, &byte, 1) != 1;
}

static int exit_big(const char *name)
{
	struct stamp from, to;
	int said[2], tell[2];
	pid_t child;
	char byte;

	if (pipe(said) || pipe(tell))
		return failed("pipe");
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child) {
		close(said[0]);
		close(tell[1]);
		_exit(be_big(said[1], tell[0]));
	}
	close(said[1]);
	errno = ENOMEM;
	if (read(said[0], &byte, 1) != 1)
		return failed("memory of the child");
	from = now();
	if (write(tell[1], &byte, 1) != 1)
		return failed("write to the child");
	if (ended(child))
		return -1;
	to = now();
	result(name, 1, from, to);
	return close(said[0]) || close(tell[0]) || close(tell[1]) ? -1 : 0;
}

/* One result for each of @ops */
int measure_exit_big(const char *name, unsigned int ops)
{
	while (ops--)
		if (exit_big(name))
			return -1;
	return 0;
}

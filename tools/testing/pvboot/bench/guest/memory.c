// SPDX-License-Identifier: GPL-2.0
/*
 * What a program does with its memory, a page at a time, and with all of it.
 */
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

int measure_fork(const char *name, unsigned int ops)
{
	struct stamp from, to;
	unsigned int i;

	from = now();
	for (i = 0; i < ops; i++)
		if (fork_wait())
			return -1;
	to = now();
	result(name, ops, from, to);
	return 0;
}

/* The child has the parent's memory until it is another program. */
int measure_vfork(const char *name, unsigned int ops)
{
	struct stamp from, to;
	unsigned int i;

	from = now();
	for (i = 0; i < ops; i++) {
		pid_t child = vfork();

		if (child < 0)
			return failed("vfork");
		if (!child) {
			execl(program, program, EXIT_AT_ONCE, NULL);
			_exit(1);
		}
		if (ended(child))
			return -1;
	}
	to = now();
	result(name, ops, from, to);
	return 0;
}

/* So many pages that what else a fork costs is little: @ops of them */
int measure_fork_page(const char *name, unsigned int ops)
{
	char *memory = touched(ops);
	struct stamp from, to;

	if (!memory)
		return failed("mmap");
	from = now();
	if (fork_wait())
		return -1;
	to = now();
	result(name, ops, from, to);
	return munmap(memory, ops * PAGE);
}

int measure_munmap(const char *name, unsigned int ops)
{
	char *memory = touched(ops);
	struct stamp from, to;

	if (!memory)
		return failed("mmap");
	from = now();
	if (munmap(memory, ops * PAGE))
		return failed("munmap");
	to = now();
	result(name, ops, from, to);
	return 0;
}

int measure_mprotect(const char *name, unsigned int ops)
{
	char *memory = touched(ops);
	struct stamp from, to;

	if (!memory)
		return failed("mmap");
	from = now();
	if (mprotect(memory, ops * PAGE, PROT_READ))
		return failed("mprotect");
	to = now();
	result(name, ops, from, to);
	return munmap(memory, ops * PAGE);
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

int measure_madvise(const char *name, unsigned int ops)
{
	char *memory = touched(ops);
	struct stamp from, to;
	unsigned int i;

	if (!memory)
		return failed("mmap");
	from = now();
	for (i = 0; i < ops; i++)
		if (madvise(memory + i * PAGE, PAGE, MADV_DONTNEED))
			return failed("madvise");
	to = now();
	result(name, ops, from, to);
	return munmap(memory, ops * PAGE);
}

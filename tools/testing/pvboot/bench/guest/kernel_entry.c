// SPDX-License-Identifier: GPL-2.0
/*
 * What one task can ask of the kernel: system call, page fault, signal.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define PAGE	4096UL

/* On a boundary of page tables: up to 512 pages need one, wherever they are. */
#ifdef __LP64__
#define PAGES	((void *)0x200000000UL)
#else
#define PAGES	((void *)0x20000000UL)
#endif

/* getppid() looks up one pointer: what is left is the way in and out. */
int measure_syscall(const char *name, unsigned int ops)
{
	struct stamp from, to;
	unsigned int i;

	from = now();
	for (i = 0; i < ops; i++)
		syscall(SYS_getppid);
	to = now();
	result(name, ops, from, to);
	return 0;
}

/* The first touch of anonymous pages, one after the other; at most 512 */
int measure_fault(const char *name, unsigned int ops)
{
	struct stamp from, to;
	volatile char *pages;
	unsigned int i;

	pages = mmap(PAGES, ops * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (pages == MAP_FAILED)
		return failed("mmap");
	/* a kernel that has no huge pages refuses the advice */
	if (madvise((void *)pages, ops * PAGE, MADV_NOHUGEPAGE) &&
	    errno != EINVAL)
		return failed("madvise");

	from = now();
	for (i = 0; i < ops; i++)
		pages[i * PAGE] = 1;
	to = now();

	if (munmap((void *)pages, ops * PAGE))
		return failed("munmap");
	result(name, ops, from, to);
	return 0;
}

static volatile unsigned int handled;

static void handler(int number)
{
	(void)number;
	handled++;
}

/* From sending it to oneself, through the handler, and back */
int measure_signal(const char *name, unsigned int ops)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t self = getpid();
	struct stamp from, to;
	unsigned int i;

	if (sigaction(SIGUSR1, &action, NULL))
		return failed("sigaction");
	handled = 0;

	from = now();
	for (i = 0; i < ops; i++)
		syscall(SYS_tgkill, self, self, SIGUSR1);
	to = now();

	if (handled != ops)
		return failed("signals were lost");
	result(name, ops, from, to);
	return 0;
}

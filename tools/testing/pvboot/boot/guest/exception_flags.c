// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions taken while DF, AC and NT are set: the kernel clears and copies
 * pages and builds signal frames in between, all with string instructions.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define PAGE		4096
#define PAGES		64
#define STORED_AT	5

#ifdef __x86_64__
#define AND_FLAGS	"andq"
#define TOP		"(%%rsp)"
#else
#define AND_FLAGS	"andl"
#define TOP		"(%%esp)"
#endif

/* Store one byte with flags set; the flags as they were afterwards. */
static unsigned long store_with(unsigned long flags, volatile char *where)
{
	unsigned long set = read_flags() | flags, after;

	asm volatile("push %[set]\n\t"
		     "popf\n\t"
		     "movb $1, (%[where])\n\t"
		     "pushf\n\t"
		     "mov " TOP ", %[after]\n\t"
		     AND_FLAGS " %[harmless], " TOP "\n\t"
		     "popf"
		     : [after] "=&r" (after)
		     : [set] "r" (set), [where] "r" (where),
		       [harmless] "i" (~FLAGS_ROGUE)
		     : "memory", "cc");
	return after;
}

static enum verdict check_kept(unsigned long flags, unsigned long after)
{
	if ((after & FLAGS_ROGUE) != flags)
		return fail("flags %#lx set, %#lx after the fault", flags,
			    after & FLAGS_ROGUE);
	return PASS;
}

static char expected(unsigned int offset)
{
	return offset == STORED_AT ? 1 : 0;
}

/* A new page is zero but for what was stored; so are its neighbours. */
static enum verdict run_demand(const struct guest_case *c)
{
	unsigned int i, j;
	char *area;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return fail("mmap failed");
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		if (check_kept(c->flags,
			       store_with(c->flags, area + i * PAGE +
					  STORED_AT)))
			return FAIL;
	for (i = 0; i < PAGES; i++)
		for (j = 0; j < PAGE; j++)
			if (area[i * PAGE + j] != expected(j))
				return fail("page %u has %d at %u", i,
					    area[i * PAGE + j], j);
	return PASS;
}

static enum verdict child_copies(unsigned long flags, char *area)
{
	unsigned int i, j;

	for (i = 0; i < PAGES; i += 2)
		if (check_kept(flags, store_with(flags, area + i * PAGE + 9)))
			return FAIL;
	for (i = 0; i < PAGES; i++)
		for (j = 0; j < PAGE; j++) {
			char expect = (char)(i + j);

			if (!(i & 1) && j == 9)
				expect = 1;
			if (area[i * PAGE + j] != expect)
				return fail("copied page %u has %d at %u", i,
					    area[i * PAGE + j], j);
		}
	return PASS;
}

/* Copy on write: the child's pages are whole, the parent's unchanged. */
static enum verdict run_cow(const struct guest_case *c)
{
	unsigned int i;
	char *area;
	int status;
	pid_t pid;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return fail("mmap failed");
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES * PAGE; i++)
		area[i] = (char)(i / PAGE + i % PAGE);
	pid = fork();
	if (!pid)
		_exit(child_copies(c->flags, area));
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the child ended with %#x", status);
	for (i = 0; i < PAGES * PAGE; i++)
		if (area[i] != (char)(i / PAGE + i % PAGE))
			return fail("the parent's copy changed at %u", i);
	return PASS;
}

static void bad_store(void *arg)
{
	store_with((unsigned long)arg, (char *)0x10);
}

static enum verdict run_bad_fault(const struct guest_case *c)
{
	struct caught caught;

	catch_signal(bad_store, (void *)c->flags, &caught);
	if (expect_signal(&caught, SIGSEGV, SEGV_MAPERR))
		return FAIL;
	if (caught.addr != 0x10)
		return fail("si_addr %#lx", caught.addr);
	return check_kept(c->flags, caught.flags);
}

static void break_with(void *arg)
{
	unsigned long set = read_flags() | (unsigned long)arg;

	asm volatile("push %0\n\t"
		     "popf\n\t"
		     "int3" :: "r" (set) : "memory", "cc");
}

static enum verdict run_breakpoint(const struct guest_case *c)
{
	struct caught caught;

	catch_signal(break_with, (void *)c->flags, &caught);
	if (expect_signal(&caught, SIGTRAP, SI_KERNEL))
		return FAIL;
	return check_kept(c->flags, caught.flags);
}

static void divide_with(void *arg)
{
	unsigned long set = read_flags() | (unsigned long)arg;

	asm volatile("push %0\n\t"
		     "popf\n\t"
		     "divl %%ecx" :: "r" (set), "a" (1), "d" (0), "c" (0)
		     : "memory", "cc");
}

static enum verdict run_divide(const struct guest_case *c)
{
	struct caught caught;

	catch_signal(divide_with, (void *)c->flags, &caught);
	if (expect_signal(&caught, SIGFPE, FPE_INTDIV))
		return FAIL;
	return check_kept(c->flags, caught.flags);
}

/* Interrupts that come while the flags are set; DF must still be there. */
static enum verdict run_interrupts(const struct guest_case *c)
{
	unsigned long set = read_flags() | c->flags, after;
	unsigned long rounds;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		rounds = 2000000;
		asm volatile("push %[set]\n\t"
			     "popf\n"
			     "1:\tdec %[rounds]\n\t"
			     "jnz 1b\n\t"
			     "pushf\n\t"
			     "mov " TOP ", %[after]\n\t"
			     AND_FLAGS " %[harmless], " TOP "\n\t"
			     "popf"
			     : [after] "=&r" (after), [rounds] "+r" (rounds)
			     : [set] "r" (set), [harmless] "i" (~FLAGS_ROGUE)
			     : "memory", "cc");
		if (check_kept(c->flags, after))
			return FAIL;
	}
	return PASS;
}

/* TF would be a trap of its own. */
#define FLAGS_NO_STEP	(FLAGS_ROGUE & ~FLAG_TF)

#define ROW(title, how, bits)	\
	{ .name = title, .run = how, .flags = bits }

const struct guest_case exception_flag_cases[] = {
	ROW("demand_fault_df", run_demand, FLAG_DF),
	ROW("demand_fault_ac", run_demand, FLAG_AC),
	ROW("demand_fault_nt", run_demand, FLAG_NT),
	ROW("demand_fault_all", run_demand, FLAGS_NO_STEP),
	ROW("cow_fault_df", run_cow, FLAG_DF),
	ROW("cow_fault_ac", run_cow, FLAG_AC),
	ROW("cow_fault_nt", run_cow, FLAG_NT),
	ROW("cow_fault_all", run_cow, FLAGS_NO_STEP),
	ROW("bad_fault_df", run_bad_fault, FLAG_DF),
	ROW("bad_fault_ac", run_bad_fault, FLAG_AC),
	ROW("bad_fault_nt", run_bad_fault, FLAG_NT),
	ROW("bad_fault_all", run_bad_fault, FLAGS_NO_STEP),
	ROW("breakpoint_df", run_breakpoint, FLAG_DF),
	ROW("breakpoint_ac", run_breakpoint, FLAG_AC),
	ROW("breakpoint_nt", run_breakpoint, FLAG_NT),
	ROW("breakpoint_all", run_breakpoint, FLAGS_NO_STEP),
	ROW("divide_df", run_divide, FLAG_DF),
	ROW("divide_ac", run_divide, FLAG_AC),
	ROW("divide_nt", run_divide, FLAG_NT),
	ROW("divide_all", run_divide, FLAGS_NO_STEP),
	ROW("interrupts_df", run_interrupts, FLAG_DF),
	ROW("interrupts_ac", run_interrupts, FLAG_AC),
	ROW("interrupts_nt", run_interrupts, FLAG_NT),
	ROW("interrupts_all", run_interrupts, FLAGS_NO_STEP),
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Thread-local storage: segment bases and GDT entries that belong to one
 * task, while another task with other ones runs on the same CPU.
 */
#include <asm/ldt.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define SWITCHES	2000

#ifdef __x86_64__
#include <asm/prctl.h>

#define GS_BASE(who)	(0x12345678000ul + (who) * 0x1000ul)

static unsigned long get_base(int code)
{
	unsigned long base = 0;

	syscall(SYS_arch_prctl, code, &base);
	return base;
}

static enum verdict keep_base(unsigned long base)
{
	unsigned long fs = get_base(ARCH_GET_FS);
	unsigned int i;

	if (syscall(SYS_arch_prctl, ARCH_SET_GS, base))
		return fail("ARCH_SET_GS refused");
	for (i = 0; i < SWITCHES; i++) {
		sched_yield();
		if (get_base(ARCH_GET_GS) != base)
			return fail("GS base %#lx instead of %#lx",
				    get_base(ARCH_GET_GS), base);
		if (get_base(ARCH_GET_FS) != fs)
			return fail("FS base changed");
	}
	return PASS;
}

/* What the base says is what a load through the segment sees. */
static enum verdict use_base(void)
{
	static unsigned long cell[2] = { 0x1111, 0x2222 };
	unsigned long value;

	syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)cell);
	sched_yield();
	asm volatile("mov %%gs:8, %0" : "=r" (value));
	return value == cell[1] ? PASS : fail("read %#lx by GS", value);
}

static enum verdict run_bases(const struct guest_case *c)
{
	enum verdict verdict;
	int cpu, status;
	pid_t pid;

	(void)c;
	online_cpus(&cpu, 1);
	pin_to(cpu);
	pid = fork();
	if (!pid)
		_exit(keep_base(GS_BASE(1)));
	verdict = keep_base(GS_BASE(2));
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the other task ended with %#x", status);
	return verdict == PASS ? use_base() : verdict;
}

/* A null selector in GS, as programs may load at any time. */
static enum verdict run_null_selector(const struct guest_case *c)
{
	unsigned int selector = 0xffff, i;

	(void)c;
	for (i = 0; i < 4; i++) {
		asm volatile("mov %1, %%gs\n\t"
			     "mov %%gs, %0" : "=r" (selector) : "r" (i));
		sched_yield();
		if (selector != i)
			return fail("GS holds %#x instead of %u", selector, i);
	}
	return PASS;
}

#define NON_CANONICAL	0x54ae64b04057ee2ful
#define HAS_FSGSBASE	2	/* in AT_HWCAP2 */

static enum verdict take_bad_base(void)
{
	unsigned long base;
	unsigned int i;

	asm volatile("wrgsbase %0" :: "r" (NON_CANONICAL));
	for (i = 0; i < SWITCHES; i++) {
		sched_yield();
		asm volatile("rdgsbase %0" : "=r" (base));
		if (base && base != NON_CANONICAL)
			return fail("GS base %#lx, which is another task's",
				    base);
	}
	return PASS;
}

/*
 * WRGSBASE is to fault; an emulated CPU may let a bad base through, and then
 * it is the hypervisor that refuses it when the kernel switches tasks.
 */
static enum verdict run_bad_base(const struct guest_case *c)
{
	enum verdict verdict;
	int cpu, status;
	pid_t pid;

	(void)c;
	if (!(getauxval(AT_HWCAP2) & HAS_FSGSBASE))
		return skip("no FSGSBASE");
	online_cpus(&cpu, 1);
	pin_to(cpu);
	pid = fork();
	if (!pid)
		_exit(take_bad_base());
	verdict = keep_base(GS_BASE(2));
	if (waitpid(pid, &status, 0) != pid)
		return fail("no child");
	if (status && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV))
		return fail("the other task ended with %#x", status);
	return verdict;
}
#else
static enum verdict run_bad_base(const struct guest_case *c)
{
	(void)c;
	return skip("32-bit code sets no base by itself");
}

static enum verdict run_bases(const struct guest_case *c)
{
	(void)c;
	return skip("32-bit code sets no base by itself");
}

static enum verdict run_null_selector(const struct guest_case *c)
{
	unsigned int selector = 0xffff;

	(void)c;
	asm volatile("mov %1, %%fs\n\t"
		     "mov %%fs, %0" : "=r" (selector) : "r" (0));
	sched_yield();
	return selector ? fail("FS holds %#x", selector) : PASS;
}
#endif

/* set_thread_area is an i386 call; a 64-bit program makes it by int $0x80. */
static long set_thread_area(struct user_desc *desc)
{
	long result;

	asm volatile("int $0x80" : "=a" (result)
		     : "a" (243), "b" (desc)
		     : "memory"
#ifdef __x86_64__
		     , "r8", "r9", "r10", "r11"
#endif
		     );
	return result;
}

/* The register that C does not use for its own thread pointer. */
static u32 read_by_segment(unsigned int selector)
{
	u32 value;

#ifdef __x86_64__
	asm volatile("mov %1, %%gs\n\t"
		     "movl %%gs:0, %0" : "=r" (value) : "r" (selector)
		     : "memory");
#else
	asm volatile("mov %1, %%fs\n\t"
		     "movl %%fs:0, %0" : "=r" (value) : "r" (selector)
		     : "memory");
#endif
	return value;
}

/* The register is loaded once; the task switches keep what it stands for. */
static u32 read_again(void)
{
	u32 value;

#ifdef __x86_64__
	asm volatile("movl %%gs:0, %0" : "=r" (value) :: "memory");
#else
	asm volatile("movl %%fs:0, %0" : "=r" (value) :: "memory");
#endif
	return value;
}

/* The tasks have one base each, at addresses that differ. */
static enum verdict keep_area(unsigned int number)
{
	static u32 cells[64];
	static struct user_desc desc;
	unsigned int i;
	u32 value;

	cells[number] = number;
	desc.entry_number = -1;
	desc.base_addr = (unsigned int)(unsigned long)&cells[number];
	desc.limit = 3;
	desc.seg_32bit = 1;
	desc.useable = 1;
	if (set_thread_area(&desc))
		return fail("set_thread_area was refused");
	value = read_by_segment(desc.entry_number * 8 + 3);
	for (i = 0; i < SWITCHES && value == number; i++) {
		sched_yield();
		value = read_again();
	}
	return value == number ? PASS :
	       fail("task %u read %u after %u switches", number, value, i);
}

static enum verdict run_areas(const struct guest_case *c)
{
	enum verdict verdict;
	int cpu, status;
	pid_t pid;

	(void)c;
	if (without_ia32())
		return skip("%s", without_ia32());
	online_cpus(&cpu, 1);
	pin_to(cpu);
	pid = fork();
	if (!pid)
		_exit(keep_area(1));
	verdict = keep_area(2);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the other task ended with %#x", status);
	return verdict;
}

const struct guest_case segment_cases[] = {
	{ .name = "segment_bases", .run = run_bases },
	{ .name = "segment_base_bad", .run = run_bad_base },
	{ .name = "null_selector", .run = run_null_selector },
	{ .name = "thread_areas", .run = run_areas },
	{ }
};

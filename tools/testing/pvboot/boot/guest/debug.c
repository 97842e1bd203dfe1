// SPDX-License-Identifier: GPL-2.0
/*
 * Single step by TF: one trap an instruction, also over a system call.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "guest_test.h"

#define STEPPED		5

extern char step_last[];
extern char step_nop_1[], step_nop_2[], step_nop_3[], step_nop_4[];
extern char step_sys_before[], step_sys_after[];

#ifdef __x86_64__
#define CLEAR_TF	"pushf; andq $~0x100, (%%rsp); popf\n"
#define SET_TF		"pushf; orq $0x100, (%%rsp); popf\n"
#else
#define CLEAR_TF	"pushf; andl $~0x100, (%%esp); popf\n"
#define SET_TF		"pushf; orl $0x100, (%%esp); popf\n"
#endif

/* The trap comes after an instruction, so the log begins with the second. */
static enum verdict run_single_step(const struct guest_case *c)
{
	const char *const expect[STEPPED] = {
		step_nop_1, step_nop_2, step_nop_3, step_nop_4, step_last,
	};
	unsigned int i;

	(void)c;
	start_trap_log();
	asm volatile(SET_TF
		     ".global step_nop_1, step_nop_2, step_nop_3, step_nop_4\n"
		     ".global step_last\n"
		     "nop\n"
		     "step_nop_1: nop\n"
		     "step_nop_2: nop\n"
		     "step_nop_3: nop\n"
		     "step_nop_4: nop\n"
		     "step_last:\n"
		     CLEAR_TF ::: "memory", "cc");
	/* pushf, and, popf are three more */
	if (trap_count != STEPPED + 3)
		return fail("%u traps for %u instructions", trap_count,
			    STEPPED + 3);
	for (i = 0; i < STEPPED; i++)
		if (trap_ip[i] != (unsigned long)expect[i])
			return fail("trap %u at %#lx instead of %p", i,
				    trap_ip[i], expect[i]);
	return PASS;
}

/*
 * The return to user mode sets TF again, so the system call and the
 * instruction behind it are one step; two where the CPU returned by sysret.
 */
static enum verdict run_step_syscall(const struct guest_case *c)
{
	unsigned long result = SYS_getpid;
	unsigned int i, hits = 0;

	(void)c;
	start_trap_log();
	asm volatile(SET_TF
		     ".global step_sys_before, step_sys_after\n"
		     "nop\n"
		     "step_sys_before:\n\t"
#ifdef __x86_64__
		     "syscall\n"
#else
		     "int $0x80\n"
#endif
		     "step_sys_after: nop\n"
		     CLEAR_TF : "+a" (result) :: "memory", "cc", "ecx"
#ifdef __x86_64__
		     , "r11"
#endif
		     );
	for (i = 0; i < trap_count && i < TRAP_LOG_MAX; i++)
		hits += trap_ip[i] == (unsigned long)step_sys_after;
	if (hits > 1 || trap_count != 5 + hits)
		return fail("%u traps, %u of them at the system call's end",
			    trap_count, hits);
	if (trap_ip[0] != (unsigned long)step_sys_before)
		return fail("first trap at %#lx", trap_ip[0]);
	if (result != (unsigned long)syscall(SYS_getpid))
		return fail("getpid returned %ld", result);
	return PASS;
}

static void step_once(void *arg)
{
	(void)arg;
	asm volatile(SET_TF "nop; nop" ::: "memory", "cc");
}

/* What the debugger of a single step is told. */
static enum verdict run_step_info(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(step_once, NULL, &caught);
	if (expect_signal(&caught, SIGTRAP, TRAP_TRACE))
		return FAIL;
	if (caught.addr != caught.ip)
		return fail("si_addr %#lx but ip %#lx", caught.addr,
			    caught.ip);
	if (!(caught.flags & FLAG_TF))
		return fail("TF lost in the saved flags %#lx", caught.flags);
	return PASS;
}

static void do_icebp(void *arg)
{
	(void)arg;
	asm volatile(".byte 0xf1");
}

static enum verdict run_icebp(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_icebp, NULL, &caught);
	return expect_signal(&caught, SIGTRAP, TRAP_BRKPT);
}

const struct guest_case debug_cases[] = {
	{ .name = "single_step", .run = run_single_step },
	{ .name = "single_step_syscall", .run = run_step_syscall },
	{ .name = "single_step_siginfo", .run = run_step_info },
	{ .name = "sigtrap_icebp", .run = run_icebp },
	{ }
};

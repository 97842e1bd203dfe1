// SPDX-License-Identifier: GPL-2.0
/*
 * entry.S, entry_32.S: an exception whose frame Xen pushed upon that of the failsafe
 * callback is served as that of whoever was to go on behind the callback.
 */
#include <kunit/test.h>

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/objtool.h>

#include <asm/asm.h>
#include <asm/processor-flags.h>

#include <xen/xen.h>

#include "../pv.h"

/* What Xen pushes in kernel mode, which goes on at @ip with the stack as it was */
#ifdef CONFIG_X86_64
#define PUSH_FRAME(ip)		"movq %%rsp, %[sp]\n\t" \
				"pushq %[ss]\n\t" \
				"pushq %[sp]\n\t" \
				"pushq %[flags]\n\t" \
				"pushq %[cs]\n\t" \
				"pushq $" ip "\n\t"
#define PUSH_RCX_R11		"pushq %%r11\n\t" \
				"pushq %%rcx\n\t"
#define KERNEL_RPL		"0"
#else
#define PUSH_FRAME(ip)		"pushl %[flags]\n\t" \
				"pushl %[cs]\n\t" \
				"pushl $" ip "\n\t"
#define PUSH_RCX_R11
#define KERNEL_RPL		"1"
#endif

/* The same for the failsafe callback, with selectors */
#define PUSH_FAILSAFE(ip)	PUSH_FRAME(ip) \
				"push $0\n\t" \
				"push $0\n\t" \
				"push $0\n\t" \
				"push $0\n\t" \
				PUSH_RCX_R11

#define PUSH_ERROR		"push $0\n\t"

/* The instruction at 1 has raised the exception, and that leads to 2. */
#define RAISE(frames, stub) do { \
	unsigned long cs, ss, sp; \
	\
	/* as Xen enters an interrupt gate; lockdep does not know of that yet */ \
	raw_local_irq_disable(); \
	asm volatile("mov %%cs, %[cs]\n\t" \
		     "mov %%ss, %[ss]\n\t" \
		     "and $~3, %[cs]\n\t" \
		     "or $" KERNEL_RPL ", %[cs]\n\t" \
		     frames \
		     "jmp " stub "\n" \
		     "1:	nop\n" \
		     "2:\n" \
		     _ASM_EXTABLE(1b, 2b) \
		     : [cs] "=&r" (cs), [ss] "=&r" (ss), [sp] "=&r" (sp) \
		     : [flags] "r" (native_save_fl() | X86_EFLAGS_IF) \
		     : "cc", "memory"); \
} while (0)

static noinline void raise_upon_one(void)
{
	RAISE(PUSH_FAILSAFE("1f")
	      PUSH_FRAME("xen_pv_failsafe")
	      PUSH_RCX_R11, "xen_asm_exc_invalid_op");
}

STACK_FRAME_NON_STANDARD(raise_upon_one);

static noinline void raise_upon_one_with_error(void)
{
	RAISE(PUSH_FAILSAFE("1f")
	      PUSH_FRAME("xen_pv_masking_failsafe")
	      PUSH_ERROR
	      PUSH_RCX_R11, "xen_asm_exc_general_protection");
}

STACK_FRAME_NON_STANDARD(raise_upon_one_with_error);

static noinline void raise_upon_two(void)
{
	RAISE(PUSH_FAILSAFE("1f")
	      PUSH_FAILSAFE("xen_pv_failsafe")
	      PUSH_FRAME("xen_pv_failsafe")
	      PUSH_RCX_R11, "xen_asm_exc_invalid_op");
}

STACK_FRAME_NON_STANDARD(raise_upon_two);

static noinline void raise_upon_two_with_error(void)
{
	RAISE(PUSH_FAILSAFE("1f")
	      PUSH_FAILSAFE("xen_pv_masking_failsafe")
	      PUSH_FRAME("xen_pv_masking_failsafe")
	      PUSH_ERROR
	      PUSH_RCX_R11, "xen_asm_exc_general_protection");
}

STACK_FRAME_NON_STANDARD(raise_upon_two_with_error);

/* Where a frame is left lying, the exception has no fixup: it ends this thread. */
static void exception_is_served(struct kunit *test)
{
	raise_upon_one();
	raise_upon_one_with_error();
	raise_upon_two();
	raise_upon_two_with_error();
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int failsafe_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(exception_is_served),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_failsafe",
	.init = failsafe_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: exceptions upon the failsafe callback of a Xen PV guest");
MODULE_LICENSE("GPL");

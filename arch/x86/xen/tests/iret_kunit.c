// SPDX-License-Identifier: GPL-2.0
/*
 * entry.S, entry_32.S: the way back into kernel mode by xen_iret().
 */
#include <kunit/test.h>

#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/objtool.h>

#include <asm/delay.h>
#include <asm/nmi.h>
#include <asm/processor-flags.h>
#include <asm/xen/hypercall.h>

#include <xen/interface/vcpu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "../pv.h"

/* Go on behind this call as from a trap in kernel mode that these flags were saved by. */
static noinline void go_back(unsigned long flags)
{
	unsigned long cs, ss, sp;

	asm volatile("mov %%cs, %[cs]\n\t"
		     "mov %%ss, %[ss]\n\t"
#ifdef CONFIG_X86_64
		     /* what Xen pushes for kernel mode */
		     "andq $~3, %[cs]\n\t"
		     "movq %%rsp, %[sp]\n\t"
		     "pushq %[ss]\n\t"
		     "pushq %[sp]\n\t"
#endif
		     "push %[flags]\n\t"
		     "push %[cs]\n\t"
		     "push $1f\n\t"
		     "jmp xen_iret\n"
		     "1:"
		     : [cs] "=&r" (cs), [ss] "=&r" (ss), [sp] "=&r" (sp)
		     : [flags] "r" (flags)
		     : "cc", "memory");
}

STACK_FRAME_NON_STANDARD(go_back);

static unsigned long flags_with(bool enabled)
{
	return (native_save_fl() & ~X86_EFLAGS_IF) | (enabled ? X86_EFLAGS_IF : 0);
}

static void mask_is_what_the_frame_says(struct kunit *test)
{
	bool masked, unmasked;

	local_irq_disable();
	go_back(flags_with(false));
	masked = raw_irqs_disabled();
	go_back(flags_with(true));
	unmasked = !raw_irqs_disabled();
	raw_local_irq_disable();
	local_irq_enable();
	KUNIT_EXPECT_TRUE(test, masked);
	KUNIT_EXPECT_TRUE(test, unmasked);
}

static bool served;

static void serve(struct irq_work *unused)
{
	served = true;
}

/* Still queued where nobody serves it */
static struct irq_work work = IRQ_WORK_INIT_HARD(serve);

/* What has come while events were masked is served before anything else is. */
static void pending_events_come_at_once(struct kunit *test)
{
	bool early, at_once;

	served = false;
	local_irq_disable();
	irq_work_queue(&work);
	go_back(flags_with(false));
	early = READ_ONCE(served);
	go_back(flags_with(true));
	at_once = READ_ONCE(served);
	raw_local_irq_disable();
	local_irq_enable();
	KUNIT_EXPECT_FALSE(test, early);
	KUNIT_EXPECT_TRUE(test, at_once);
	KUNIT_EXPECT_FALSE(test, irq_work_is_busy(&work));
}

static unsigned int nmis;

static int count_nmi(unsigned int type, struct pt_regs *regs)
{
	WRITE_ONCE(nmis, nmis + 1);
	return NMI_HANDLED;
}

/* Xen sends no other NMI to a vCPU before it has heard of the end of the last one. */
static void one_nmi_after_the_other(struct kunit *test)
{
	const unsigned int wanted = 3;
	unsigned int n, wait;
	int rc;

	rc = register_nmi_handler(NMI_LOCAL, count_nmi, 0, "xen_pv_iret");
	KUNIT_ASSERT_EQ(test, rc, 0);
	nmis = 0;
	/* Nothing else comes back by Xen meanwhile. */
	local_irq_disable();
	for (n = 1; n <= wanted && !rc; n++) {
		rc = HYPERVISOR_vcpu_op(VCPUOP_send_nmi,
					xen_vcpu_nr(smp_processor_id()), NULL);
		for (wait = 0; wait < 10000 && READ_ONCE(nmis) < n; wait++)
			udelay(1);
	}
	local_irq_enable();
	unregister_nmi_handler(NMI_LOCAL, "xen_pv_iret");
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_EQ(test, nmis, wanted);
}

static int iret_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(mask_is_what_the_frame_says),
	KUNIT_CASE(pending_events_come_at_once),
	KUNIT_CASE(one_nmi_after_the_other),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_iret",
	.init = iret_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: the way back into kernel mode of a Xen PV guest");
MODULE_LICENSE("GPL");

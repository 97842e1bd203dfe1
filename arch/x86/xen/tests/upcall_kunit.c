// SPDX-License-Identifier: GPL-2.0
/*
 * traps.c: what a task finds after events came in the midst of a hypercall
 * that the driver has marked as long.
 */
#include <kunit/test.h>

#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/processor.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

/* Some ticks have come when this returns, and nothing else was done. */
static void wait_for_ticks(void)
{
	unsigned long end = jiffies + max(HZ / 10, 5);

	while (time_before(jiffies, end))
		cpu_relax();
}

static void marked_hypercall(struct kunit *test)
{
	bool marked = true, traced = true;

	xen_preemptible_hcall_begin();
	wait_for_ticks();
#ifdef CONFIG_TRACE_IRQFLAGS
	traced = lockdep_hardirqs_enabled();
#endif
#ifndef CONFIG_PREEMPTION
	marked = __this_cpu_read(xen_in_preemptible_hcall);
#endif
	xen_preemptible_hcall_end();

	KUNIT_EXPECT_TRUE_MSG(test, marked, "the mark is gone");
	KUNIT_EXPECT_TRUE_MSG(test, traced, "interrupts are said to be off");
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int upcall_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(marked_hypercall),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_upcall",
	.init = upcall_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: the upcall in a Xen PV guest");
MODULE_LICENSE("GPL");

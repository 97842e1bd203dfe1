// SPDX-License-Identifier: GPL-2.0
/*
 * bring_up.c, ipi.c: what a CPU keeps while it is offline.
 */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irq.h>

#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

/* The interrupt of a CPU's timer, and its event channel */
struct timer {
	int irq;
	evtchn_port_t port;
};

static struct timer timer_of(unsigned int cpu)
{
	struct timer timer;

	timer.irq = irq_evtchn_from_virq(cpu, VIRQ_TIMER, &timer.port);
	return timer;
}

static bool is_disabled(const struct timer *timer)
{
	return irqd_irq_disabled(irq_get_irq_data(timer->irq));
}

static void events_stay_bound(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);
	struct timer before = timer_of(cpu);
	struct timer now;

	KUNIT_ASSERT_GE(test, before.irq, 0);
	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);

	now = timer_of(cpu);
	KUNIT_EXPECT_EQ(test, now.irq, before.irq);
	KUNIT_EXPECT_EQ(test, now.port, before.port);
	KUNIT_EXPECT_TRUE(test, is_disabled(&now));

	KUNIT_ASSERT_EQ(test, add_cpu(cpu), 0);
	now = timer_of(cpu);
	KUNIT_EXPECT_EQ(test, now.irq, before.irq);
	KUNIT_EXPECT_EQ(test, now.port, before.port);
	KUNIT_EXPECT_FALSE(test, is_disabled(&now));
}

static int skip_without_second_cpu(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	if (num_online_cpus() == 1)
		kunit_skip(test, "the boot CPU does not go offline");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(events_stay_bound),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_smp",
	.init = skip_without_second_cpu,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: a Xen PV guest's CPUs offline and online");
MODULE_LICENSE("GPL");

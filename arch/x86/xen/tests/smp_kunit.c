// SPDX-License-Identifier: GPL-2.0
/*
 * bring_up.c, ipi.c: what a CPU keeps while it is offline.  smp.c: where a panic
 * stops it.
 */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irq.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "../pv.h"

#define STOPS	20

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

/*
 * As somebody has the console's lock most of the time.  Where events are enabled
 * for less than it takes to stop a vCPU, to find such a moment is luck.
 */
static int mask_events(void *unused)
{
	unsigned long flags;

	while (!kthread_should_stop()) {
		local_irq_save(flags);
		mdelay(1);
		local_irq_restore(flags);
		usleep_range(500, 1000);
	}
	return 0;
}

/* Return: whether it was stopped with events masked; it goes on afterwards */
static bool stop_and_go_on(struct kunit *test, unsigned int cpu)
{
	bool masked;
	int rc;

	preempt_disable();
	xen_pv_stop_unmasked(cpu);
	masked = READ_ONCE(per_cpu(xen_vcpu, cpu)->evtchn_upcall_mask);
	rc = xen_pv_vcpu_up(xen_vcpu_nr(cpu));
	preempt_enable();

	KUNIT_EXPECT_EQ(test, rc, 0);
	return masked;
}

static void stops_where_events_are_enabled(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);
	unsigned int i, masked = 0;
	struct task_struct *task;

	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(0)), 0);
	task = kthread_create_on_cpu(mask_events, NULL, cpu, "mask_events/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wake_up_process(task);

	for (i = 0; i < STOPS; i++) {
		usleep_range(2000, 4000);
		masked += stop_and_go_on(test, cpu);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, masked, 0);
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
	KUNIT_CASE(stops_where_events_are_enabled),
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

// SPDX-License-Identifier: GPL-2.0
/*
 * traps.c: a hypercall that the driver has marked as long gives way to other
 * tasks, and what a task finds after events came in the midst of it.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/smp.h>

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
#if !defined(CONFIG_PREEMPTION) || defined(CONFIG_PREEMPT_DYNAMIC)
	marked = raw_cpu_read(xen_in_preemptible_hcall) == !preempt_model_preemptible();
#endif
	xen_preemptible_hcall_end();

	KUNIT_EXPECT_TRUE_MSG(test, marked, "the mark is wrong");
	KUNIT_EXPECT_TRUE_MSG(test, traced, "interrupts are said to be off");
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int say_that_it_ran(void *ran)
{
	WRITE_ONCE(*(bool *)ran, true);
	return 0;
}

static void other_tasks_run(struct kunit *test)
{
	unsigned long end = jiffies + 2 * HZ;
	unsigned int cpu = raw_smp_processor_id();
	struct task_struct *task;
	bool ran = false;

	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(cpu)), 0);
	task = kthread_create_on_cpu(say_that_it_ran, &ran, cpu, "gives_way/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);

	xen_preemptible_hcall_begin();
	wake_up_process(task);
	while (!READ_ONCE(ran) && time_before(jiffies, end))
		cpu_relax();
	xen_preemptible_hcall_end();

	KUNIT_EXPECT_TRUE_MSG(test, READ_ONCE(ran), "it kept the CPU for 2 s");
	kthread_stop(task);
	put_task_struct(task);
}

static int upcall_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(marked_hypercall),
	KUNIT_CASE(other_tasks_run),
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

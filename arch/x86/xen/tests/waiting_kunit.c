// SPDX-License-Identifier: GPL-2.0
/*
 * waiting.c: a CPU sleeps until it is kicked, and waits for one that runs.
 */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/stop_machine.h>

#include <xen/pvboot/vcpu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "../clock.h"
#include "../waiting.h"

#define TRIES	5

/* In ns; more than a long of 32 bits has room for */
#define A_LONG_SLEEP	(10 * (u64)NSEC_PER_SEC)

/* With interrupts off, so that what ends it is not served meanwhile */
static u64 time_of_a_sleep(u64 ns, bool kicked)
{
	unsigned long flags;
	u64 start, took;

	local_irq_save(flags);
	xen_take_kick();
	if (kicked)
		xen_kick_cpu(smp_processor_id());
	start = xen_pv_time();
	xen_sleep_until_kicked(start + ns);
	took = xen_pv_time() - start;
	xen_take_kick();
	local_irq_restore(flags);
	return took;
}

/* An event that becomes pending may end any of them, but hardly all. */
static void sleep_takes_its_time(struct kunit *test)
{
	unsigned int i;
	u64 longest = 0;

	for (i = 0; i < 20; i++)
		longest = max(longest, time_of_a_sleep(NSEC_PER_MSEC, false));

	KUNIT_EXPECT_GE(test, longest, NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, longest, A_LONG_SLEEP);
}

/* That of a CPU which RCU does not watch */
static void sleep_without_a_kicker_does(struct kunit *test)
{
	unsigned long flags;
	u64 start, longest = 0;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		local_irq_save(flags);
		start = xen_pv_time();
		xen_sleep_until(start + NSEC_PER_MSEC);
		longest = max(longest, xen_pv_time() - start);
		local_irq_restore(flags);
	}

	KUNIT_EXPECT_GE(test, longest, NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, longest, A_LONG_SLEEP);
}

static void kick_ends_a_sleep(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, time_of_a_sleep(A_LONG_SLEEP, true),
			A_LONG_SLEEP / 2);
}

/* What the CPU that keeps the machine stopped sees of one that waits for it, in ns */
struct watch {
	unsigned int vcpu;
	int rc;
	u64 took;
	u64 slept;
	u64 stolen;		/* from the one that keeps it stopped */
};

static int look(const struct watch *watch, struct vcpu_runstate_info *info)
{
	return xen_pv_vcpu_get_runstate(watch->vcpu, info);
}

static int keep_it_stopped(void *data)
{
	const u64 *runnable = &xen_runstate_area(smp_processor_id())->time[RUNSTATE_runnable];
	struct vcpu_runstate_info before, after;
	struct watch *watch = data;

	watch->stolen = READ_ONCE(*runnable);
	watch->took = xen_pv_time();
	watch->rc = look(watch, &before);
	mdelay(20);
	watch->rc = watch->rc ?: look(watch, &after);
	watch->stolen = READ_ONCE(*runnable) - watch->stolen;
	watch->took = xen_pv_time() - watch->took;
	if (watch->rc)
		return watch->rc;
	watch->slept = after.time[RUNSTATE_blocked] - before.time[RUNSTATE_blocked];
	return 77;
}

static struct watch stop(struct kunit *test, unsigned int busy, unsigned int waiting)
{
	struct watch watch = { .vcpu = xen_vcpu_nr(waiting) };

	KUNIT_EXPECT_EQ(test, 77,
			stop_machine_cpuslocked(keep_it_stopped, &watch,
						cpumask_of(busy)));
	KUNIT_EXPECT_EQ(test, watch.rc, 0);
	return watch;
}

/*
 * Whoever waits sleeps where the one at work has lost its CPU, so that it gets
 * it back, and where it works for long.
 */
static bool as_expected(const struct watch *watch)
{
	return watch->took > 10 * NSEC_PER_MSEC &&
	       watch->stolen <= watch->took / 4 &&
	       (watch->stolen || 5 * watch->slept > watch->took);
}

static void stopped_machine_sleeps(struct kunit *test)
{
	struct watch watch;
	unsigned int i;

	if (num_online_cpus() == 1)
		kunit_skip(test, "nobody waits where there is one CPU");

	/* Others may want the CPUs at the same time. */
	for (i = 0; i < TRIES; i++) {
		cpus_read_lock();
		watch = stop(test, cpumask_last(cpu_online_mask), 0);
		cpus_read_unlock();
		if (as_expected(&watch))
			break;
	}

	KUNIT_EXPECT_TRUE(test, as_expected(&watch));
	kunit_info(test, "%llu us, of which %llu asleep; %llu stolen",
		   div_u64(watch.took, NSEC_PER_USEC),
		   div_u64(watch.slept, NSEC_PER_USEC),
		   div_u64(watch.stolen, NSEC_PER_USEC));
}

/* A suspend is work of the boot CPU. */
static void nobody_sleeps_in_a_suspend(struct kunit *test)
{
	struct watch watch;

	if (num_online_cpus() == 1)
		kunit_skip(test, "nobody waits where there is one CPU");

	cpus_read_lock();
	watch = stop(test, 0, cpumask_last(cpu_online_mask));
	cpus_read_unlock();

	KUNIT_EXPECT_EQ(test, watch.slept, 0);
}

static int skip_without_xen(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sleep_takes_its_time),
	KUNIT_CASE(sleep_without_a_kicker_does),
	KUNIT_CASE(kick_ends_a_sleep),
	KUNIT_CASE(stopped_machine_sleeps),
	KUNIT_CASE(nobody_sleeps_in_a_suspend),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_waiting",
	.init = skip_without_xen,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: how a Xen PV guest's CPUs wait for each other");
MODULE_LICENSE("GPL");

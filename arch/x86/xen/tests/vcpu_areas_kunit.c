// SPDX-License-Identifier: GPL-2.0
/*
 * vcpu_areas.c: Xen writes where this kernel reads.
 *
 * An area that is moved without telling Xen, as the boot CPU's is when the
 * per-CPU areas are set up, is one that Xen goes on writing to after it has
 * been freed.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/smp.h>
#include <linux/time64.h>

#include <xen/pvboot/vcpu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "../pv.h"

#define LOOKS	10	/* a vCPU may be preempted between the two looks */

/* When the vCPU began to run, by the area and by the hypercall */
struct began {
	u64 area;
	u64 xen;
	int rc;
};

static void look(void *data)
{
	struct began *began = data;
	unsigned int cpu = smp_processor_id();
	struct vcpu_runstate_info info = {};

	began->area = READ_ONCE(xen_runstate_area(cpu)->state_entry_time);
	began->rc = xen_pv_vcpu_get_runstate(xen_vcpu_nr(cpu), &info);
	began->xen = info.state_entry_time;
}

static void runstate_is_where_xen_writes(struct kunit *test)
{
	struct began began = { .rc = -EINVAL };
	unsigned int cpu, i;

	for_each_online_cpu(cpu) {
		for (i = 0; i < LOOKS; i++) {
			/* it has been idle meanwhile, which Xen notes */
			msleep(20);
			smp_call_function_single(cpu, look, &began, true);
			if (began.rc || began.area == began.xen)
				break;
		}
		KUNIT_EXPECT_EQ_MSG(test, began.rc, 0, "CPU %u", cpu);
		KUNIT_EXPECT_EQ_MSG(test, began.area, began.xen, "CPU %u", cpu);
	}
}

/* A host whose vCPU had other times: how stolen time goes on from there, in ns */
static s64 change_host(unsigned int cpu, s64 offline)
{
	u64 before;

	xen_runstate_area(cpu)->time[RUNSTATE_offline] += offline;
	before = xen_steal_clock(cpu);
	xen_pv_register_runstate(cpu);

	return xen_steal_clock(cpu) - before;
}

static void stolen_time_goes_on(struct kunit *test)
{
	unsigned long flags;
	s64 more, less;

	/* The second one undoes the first, before a tick can see it. */
	local_irq_save(flags);
	more = change_host(smp_processor_id(), 100LL * NSEC_PER_SEC);
	less = change_host(smp_processor_id(), -100LL * NSEC_PER_SEC);
	local_irq_restore(flags);

	KUNIT_EXPECT_GE(test, more, 0);
	KUNIT_EXPECT_LT(test, more, NSEC_PER_SEC);
	KUNIT_EXPECT_GE(test, less, 0);
	KUNIT_EXPECT_LT(test, less, NSEC_PER_SEC);
}

static void vcpu_info_is_own(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		KUNIT_EXPECT_PTR_EQ_MSG(test, per_cpu(xen_vcpu, cpu),
					&per_cpu(xen_vcpu_info, cpu),
					"CPU %u", cpu);
}

static int skip_elsewhere(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(runstate_is_where_xen_writes),
	KUNIT_CASE(stolen_time_goes_on),
	KUNIT_CASE(vcpu_info_is_own),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_vcpu_areas",
	.init = skip_elsewhere,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: areas that Xen keeps up to date");
MODULE_LICENSE("GPL");

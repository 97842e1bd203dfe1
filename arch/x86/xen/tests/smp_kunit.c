// SPDX-License-Identifier: GPL-2.0
/*
 * smp.c: what becomes of a CPU that was stopped between its arrival and its
 * life in Linux.
 */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>

#include "../bring_up.h"

static int arrival(unsigned int cpu)
{
	const char *refused = NULL;

	return xen_pv_arrival(cpu, &refused);
}

/* Of an online CPU, which has said all it had to say: nobody moves. */
static void lost(struct kunit *test)
{
	unsigned int cpu;

	cpus_read_lock();
	cpu = cpumask_last(cpu_online_mask);
	KUNIT_EXPECT_EQ(test, arrival(cpu), 0);

	/* It goes on from where it was stopped, ... */
	xen_pv_call_off(cpu);
	KUNIT_EXPECT_EQ(test, arrival(cpu), -EINPROGRESS);
	xen_pv_call_cpu(cpu);
	KUNIT_EXPECT_EQ(test, arrival(cpu), 0);

	/* ... or over, where a resume left nothing of that. */
	xen_pv_call_off(cpu);
	xen_pv_forget_lost(cpu);
	xen_pv_call_cpu(cpu);
	KUNIT_EXPECT_EQ(test, arrival(cpu), -EINPROGRESS);

	/* as a CPU that died leaves it */
	xen_pv_call_off(cpu);
	cpus_read_unlock();
}

static int skip_without_second_cpu(struct kunit *test)
{
	if (num_online_cpus() == 1)
		kunit_skip(test, "the boot CPU is never called");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(lost),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_smp",
	.init = skip_without_second_cpu,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: a Xen PV guest's CPUs on their way up");
MODULE_LICENSE("GPL");

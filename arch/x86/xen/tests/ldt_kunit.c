// SPDX-License-Identifier: GPL-2.0
/*
 * ldt.c: an LDT goes with its address space.
 *
 * That happens wherever the last reference is given up, such as at the end of
 * another task's context switch, with preemption off.  It may wait for no CPU.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

#include <xen/xen.h>

#include "../pv.h"

#define BUSY_MS	40
#define TRIES	5	/* a vCPU may lose its CPU at any time */

static void be_busy(void *begun)
{
	WRITE_ONCE(*(bool *)begun, true);
	mdelay(BUSY_MS);
}

static void be_there(void *unused)
{
}

/* Return: milliseconds that it took, while another CPU answers nobody */
static s64 free_while_busy(unsigned int busy, struct desc_struct *ldt)
{
	bool begun = false;
	u64 start;

	smp_call_function_single(busy, be_busy, &begun, false);
	while (!READ_ONCE(begun))
		cpu_relax();
	start = ktime_get_ns();
	xen_pv_free_ldt(ldt, 1);
	return div_u64(ktime_get_ns() - start, NSEC_PER_MSEC);
}

static void end_waits_for_nobody(struct kunit *test)
{
	unsigned int cpu, busy, i;
	struct desc_struct *ldt;
	s64 took = BUSY_MS;

	if (num_online_cpus() == 1)
		kunit_skip(test, "no other CPU");
	ldt = (struct desc_struct *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ldt);

	for (i = 0; i < TRIES && took >= BUSY_MS / 2; i++) {
		xen_pv_alloc_ldt(ldt, 1);
		cpu = get_cpu();
		busy = cpumask_any_but(cpu_online_mask, cpu);
		took = free_while_busy(busy, ldt);
		put_cpu();
		smp_call_function_single(busy, be_there, NULL, true);
	}

	free_page((unsigned long)ldt);
	KUNIT_EXPECT_LT(test, took, BUSY_MS / 2);
}

static int skip_elsewhere(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(end_waits_for_nobody),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_ldt",
	.init = skip_elsewhere,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: LDTs of a Xen PV guest");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c, vdso_clock.c, wall_clock.c, timer.c: what is reckoned from Xen's time,
 * and what is done where Xen refuses.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/sched/clock.h>
#include <linux/stop_machine.h>
#include <linux/time64.h>
#include <linux/timekeeper_internal.h>

#include <asm/pvclock.h>

#include <xen/events.h>
#include <xen/interface/platform.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "../clock.h"
#include "../pv.h"

/*
 * A Xen that sets its time of day, or fills a copy of the time in
 */

struct stand_in {
	int rc64, rc32;		/* of XENPF_settime64 and XENPF_settime32 */
	unsigned int calls;
	struct xen_platform_op op;	/* the last one */

	int rc_register;	/* NULL is always taken */
	u8 flags;
	struct pvclock_vcpu_time_info *area;
};

static struct stand_in *stand_in(void)
{
	return kunit_get_current_test()->priv;
}

static int settime(struct xen_platform_op *op)
{
	struct stand_in *xen = stand_in();

	xen->calls++;
	xen->op = *op;
	return op->cmd == XENPF_settime64 ? xen->rc64 : xen->rc32;
}

static int register_area(struct pvclock_vcpu_time_info *area)
{
	struct stand_in *xen = stand_in();

	if (area && xen->rc_register)
		return xen->rc_register;
	xen->area = area;
	if (area) {
		area->version = 2;
		area->flags = xen->flags;
	}
	return 0;
}

static int take_its_place(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct stand_in), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	kunit_activate_static_stub(test, xen_pv_settime, settime);
	kunit_activate_static_stub(test, xen_pv_register_time_area,
				   register_area);
	return 0;
}

/*
 * Wall clock
 */

static const struct timespec64 today = { .tv_sec = 1795000000, .tv_nsec = 7 };
static const struct timespec64 in_2200 = { .tv_sec = 7258118400 };

static void settime64_is_enough(struct kunit *test)
{
	struct stand_in *xen = test->priv;

	KUNIT_EXPECT_EQ(test, xen_pv_set_wall_clock(&in_2200, 99), 0);
	KUNIT_EXPECT_EQ(test, xen->calls, 1);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime64.secs, 7258118400ULL);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime64.mbz, 0);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime64.system_time, 99);
}

static void old_xen_gets_settime32(struct kunit *test)
{
	struct stand_in *xen = test->priv;

	xen->rc64 = -ENOSYS;
	KUNIT_EXPECT_EQ(test, xen_pv_set_wall_clock(&today, 99), 0);
	KUNIT_EXPECT_EQ(test, xen->op.cmd, XENPF_settime32);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime32.secs, 1795000000);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime32.nsecs, 7);
	KUNIT_EXPECT_EQ(test, xen->op.u.settime32.system_time, 99);
}

static void old_xen_knows_no_2200(struct kunit *test)
{
	struct stand_in *xen = test->priv;

	xen->rc64 = -ENOSYS;
	KUNIT_EXPECT_EQ(test, xen_pv_set_wall_clock(&in_2200, 99), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, xen->calls, 1);
}

static void refusal_is_returned(struct kunit *test)
{
	struct stand_in *xen = test->priv;

	xen->rc64 = -EPERM;
	KUNIT_EXPECT_EQ(test, xen_pv_set_wall_clock(&today, 99), -EPERM);
	KUNIT_EXPECT_EQ(test, xen->calls, 1);

	xen->rc64 = -ENOSYS;
	xen->rc32 = -EACCES;
	KUNIT_EXPECT_EQ(test, xen_pv_set_wall_clock(&today, 99), -EACCES);
}

static void sync_every_11_minutes(struct kunit *test)
{
	u64 next = 0;

	KUNIT_EXPECT_TRUE(test, xen_pv_sync_is_due(1000, false, &next));
	KUNIT_EXPECT_FALSE(test, xen_pv_sync_is_due(1000, false, &next));
	KUNIT_EXPECT_FALSE(test, xen_pv_sync_is_due(1659, false, &next));
	KUNIT_EXPECT_TRUE(test, xen_pv_sync_is_due(1660, false, &next));

	/* Set back: the next one is 11 minutes from there. */
	KUNIT_EXPECT_TRUE(test, xen_pv_sync_is_due(5, true, &next));
	KUNIT_EXPECT_FALSE(test, xen_pv_sync_is_due(664, false, &next));
	KUNIT_EXPECT_TRUE(test, xen_pv_sync_is_due(665, false, &next));
}

static const struct extension {
	const char *what;
	u64 xtime_nsec, mask, last, cycles;
	u32 mult, shift;
	s64 sec;
	long nsec;
} extensions[] = {
	{ "no cycle", 500ULL << 8, U64_MAX, 1000, 1000, 256, 8, 100, 500 },
	{ "ns", 500ULL << 8, U64_MAX, 1000, 4000000, 256, 8, 100, 3999500 },
	{ "half a ns each", 0, U64_MAX, 0, 10, 128, 8, 100, 5 },
	{ "next second", 999999999ULL << 8, U64_MAX, 7, 8, 256, 8, 101, 0 },
	{ "two seconds", 1ULL << 8, U64_MAX, 0, 2000000000, 256, 8, 102, 1 },
	{ "TSC behind", 500ULL << 8, U64_MAX, 1000, 990, 256, 8, 100, 500 },
	{ "counter of 24 bits", 0, 0xffffff, 0xfffffe, 2, 256, 8, 100, 4 },
};

static void time_goes_on_since_the_tick(struct kunit *test)
{
	const struct extension *e;
	struct timespec64 now;

	for (e = extensions; e < extensions + ARRAY_SIZE(extensions); e++) {
		const struct tk_read_base base = {
			.mask = e->mask,
			.cycle_last = e->last,
			.mult = e->mult,
			.shift = e->shift,
			.xtime_nsec = e->xtime_nsec,
		};

		xen_pv_extend_wall_clock(&now, 100, &base, e->cycles);
		KUNIT_EXPECT_EQ_MSG(test, now.tv_sec, e->sec, "%s", e->what);
		KUNIT_EXPECT_EQ_MSG(test, now.tv_nsec, e->nsec, "%s", e->what);
	}
}

/*
 * Copy of the time for the vDSO
 */

static struct pvclock_vsyscall_time_info *new_copy(struct kunit *test)
{
	struct pvclock_vsyscall_time_info *copy =
		kunit_kzalloc(test, sizeof(*copy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	return copy;
}

static void stable_copy_is_used(struct kunit *test)
{
	struct pvclock_vsyscall_time_info *copy = new_copy(test);
	struct stand_in *xen = test->priv;

	xen->flags = PVCLOCK_TSC_STABLE_BIT;
	KUNIT_EXPECT_TRUE(test, xen_pv_use_time_area(copy));
	KUNIT_EXPECT_PTR_EQ(test, xen->area, &copy->pvti);
}

/* A host to which the domain was moved: no process may believe the page. */
static void unstable_copy_is_given_back(struct kunit *test)
{
	struct pvclock_vsyscall_time_info *copy = new_copy(test);
	struct stand_in *xen = test->priv;

	KUNIT_EXPECT_FALSE(test, xen_pv_use_time_area(copy));
	KUNIT_EXPECT_NULL(test, xen->area);
	KUNIT_EXPECT_EQ(test, copy->pvti.version, 0);
}

static void refused_copy_is_not_used(struct kunit *test)
{
	struct pvclock_vsyscall_time_info *copy = new_copy(test);
	struct stand_in *xen = test->priv;

	/* left from the host before, where that did not take it back */
	copy->pvti.flags = PVCLOCK_TSC_STABLE_BIT;
	xen->rc_register = -EFAULT;
	KUNIT_EXPECT_FALSE(test, xen_pv_use_time_area(copy));
}

/*
 * Timer and sched_clock() of the running guest
 */

static void slop_is_a_number_of_ns(struct kunit *test)
{
	unsigned long ns = 1;

	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("100k", &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, 102400);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("0", &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, 0);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("4294967295", &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, U32_MAX);

	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("4294967296", &ns), -ERANGE);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("10us", &ns), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("-1", &ns), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop("", &ns), -EINVAL);
	KUNIT_EXPECT_EQ(test, xen_pv_parse_slop(NULL, &ns), -EINVAL);
	KUNIT_EXPECT_EQ(test, ns, U32_MAX);
}

static void timer_is_bound_once(struct kunit *test)
{
	evtchn_port_t before = 0, after = 0;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");

	KUNIT_ASSERT_GE(test, irq_evtchn_from_virq(0, VIRQ_TIMER, &before), 0);
	KUNIT_EXPECT_EQ(test, xen_setup_timer(0), 0);
	KUNIT_ASSERT_GE(test, irq_evtchn_from_virq(0, VIRQ_TIMER, &after), 0);
	KUNIT_EXPECT_EQ(test, before, after);
}

/* sched_clock() before and behind a suspend */
struct span {
	u64 before, after;
};

/* As in a suspend that is cancelled, but that timekeeping is not stopped */
static int suspend(void *data)
{
	struct span *span = data;

	span->before = sched_clock();
	xen_save_time_memory_area();
	xen_restore_time_memory_area();
	span->after = sched_clock();
	return 0;
}

static void sched_clock_goes_on(struct kunit *test)
{
	struct span span = {};

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");

	KUNIT_EXPECT_EQ(test, stop_machine(suspend, &span, cpumask_of(0)), 0);
	KUNIT_EXPECT_GE(test, span.after, span.before);
	KUNIT_EXPECT_LT(test, span.after - span.before, NSEC_PER_SEC);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(settime64_is_enough),
	KUNIT_CASE(old_xen_gets_settime32),
	KUNIT_CASE(old_xen_knows_no_2200),
	KUNIT_CASE(refusal_is_returned),
	KUNIT_CASE(sync_every_11_minutes),
	KUNIT_CASE(time_goes_on_since_the_tick),
	KUNIT_CASE(stable_copy_is_used),
	KUNIT_CASE(unstable_copy_is_given_back),
	KUNIT_CASE(refused_copy_is_not_used),
	KUNIT_CASE(slop_is_a_number_of_ns),
	KUNIT_CASE(timer_is_bound_once),
	KUNIT_CASE(sched_clock_goes_on),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_time",
	.init = take_its_place,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: Xen's time in the kernel");
MODULE_LICENSE("GPL");

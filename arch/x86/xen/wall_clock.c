// SPDX-License-Identifier: GPL-2.0
/*
 * The time of day.
 *
 * Xen tells each domain when its system time began.  The first domain has the
 * machine's clock, and perhaps NTP: it tells Xen what time it is, so that other
 * domains start with the right one.
 */
#include <linux/clocksource.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/pvclock_gtod.h>
#include <linux/time64.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <asm/pvclock.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include <xen/interface/platform.h>
#include <xen/interface/xen.h>
#include <xen/xen-ops.h>

#include "clock.h"
#include "pv.h"

/*
 * In s.  Linux sets the machine's clock every 11 minutes; Xen's deviates by as
 * much.  After a refusal Xen is not asked at each tick.
 */
#define SYNC_PERIOD	(11 * 60)

/**
 * xen_pv_read_wall_clock - the time of day as Xen has it
 * @now: set to it
 *
 * ABI: shared info has the time of day at system time 0, as seconds of 32 bits.
 */
void xen_pv_read_wall_clock(struct timespec64 *now)
{
	struct vcpu_info *vcpu = get_cpu_var(xen_vcpu);

	pvclock_read_wallclock(&HYPERVISOR_shared_info->wc, &vcpu->time, now);
	put_cpu_var(xen_vcpu);
}

/**
 * xen_pv_refuse_wall_clock - what a domain does that has no clock to set
 * @now: not used
 *
 * Return: -ENODEV.
 */
int xen_pv_refuse_wall_clock(const struct timespec64 *now)
{
	return -ENODEV;
}

/**
 * xen_pv_take_wall_clock - set the kernel's time of day by Xen's
 *
 * Timekeeping did so when it started, but to the second only.
 */
void __init xen_pv_take_wall_clock(void)
{
	struct timespec64 now;
	int rc;

	xen_pv_read_wall_clock(&now);
	rc = do_settimeofday64(&now);
	if (rc)
		pr_warn("xen: not a time of day: %lld s: %s (%d)\n",
			(long long)now.tv_sec, xen_errno_name(rc), rc);
}

/*
 * The first domain tells Xen
 */

VISIBLE_IF_KUNIT int xen_pv_settime(struct xen_platform_op *op)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_pv_settime, op);
	return HYPERVISOR_platform_op(op);
}

static int settime64(const struct timespec64 *now, u64 at)
{
	struct xen_platform_op op = { .cmd = XENPF_settime64 };

	op.u.settime64.secs = now->tv_sec;
	op.u.settime64.nsecs = now->tv_nsec;
	op.u.settime64.system_time = at;
	return xen_pv_settime(&op);
}

static int settime32(const struct timespec64 *now, u64 at)
{
	struct xen_platform_op op = { .cmd = XENPF_settime32 };

	if (upper_32_bits(now->tv_sec))
		return -EOVERFLOW;
	op.u.settime32.secs = now->tv_sec;
	op.u.settime32.nsecs = now->tv_nsec;
	op.u.settime32.system_time = at;
	return xen_pv_settime(&op);
}

/*
 * @at: Xen's system time at which it is @now.
 * ABI: platform_op; Xen before 4.6 has XENPF_settime32 only.
 */
VISIBLE_IF_KUNIT int xen_pv_set_wall_clock(const struct timespec64 *now, u64 at)
{
	int rc = settime64(now, at);

	return rc == -ENOSYS ? settime32(now, at) : rc;
}

/* @next: when to do so next, in s; written to where it is due */
VISIBLE_IF_KUNIT bool xen_pv_sync_is_due(u64 sec, bool was_set, u64 *next)
{
	if (!was_set && sec < *next)
		return false;
	*next = sec + SYNC_PERIOD;
	return true;
}

/*
 * Timekeeping has the time of day as it was at its last tick.
 *
 * @base: the part that has the ns since @sec, and since which cycle
 * @cycles: of its clock now; a TSC may be behind another CPU's
 */
VISIBLE_IF_KUNIT void xen_pv_extend_wall_clock(struct timespec64 *now, u64 sec,
					       const struct tk_read_base *base,
					       u64 cycles)
{
	u64 delta = (cycles - base->cycle_last) & base->mask;
	u64 ns = base->xtime_nsec;
	u32 rest;

	if (delta <= base->mask >> 1)
		ns += delta * base->mult;
	now->tv_sec = sec + div_u64_rem(ns >> base->shift, NSEC_PER_SEC, &rest);
	now->tv_nsec = rest;
}

/*
 * Called with the timekeeper's lock held, at each tick and when the time is set.
 * printk() must not wake a console there.
 */
static int timekeeping_changed(struct notifier_block *self,
			       unsigned long was_set, void *timekeeper)
{
	const struct timekeeper *tk = timekeeper;
	struct clocksource *clock = tk->tkr_mono.clock;
	static u64 next_sync;
	struct timespec64 now;
	int rc;

	if (!xen_pv_sync_is_due(tk->xtime_sec, was_set, &next_sync))
		return NOTIFY_DONE;

	xen_pv_extend_wall_clock(&now, tk->xtime_sec, &tk->tkr_mono,
				 clock->read(clock));
	rc = xen_pv_set_wall_clock(&now, xen_pv_time());
	if (rc)
		printk_deferred_once("xen: Xen's time of day not set: %s (%d)\n",
				     xen_errno_name(rc), rc);
	return NOTIFY_OK;
}

static struct notifier_block on_timekeeping = {
	.notifier_call = timekeeping_changed,
};

/**
 * xen_pv_keep_wall_clock - keep Xen's time of day by the kernel's
 *
 * For the first domain.
 */
void __init xen_pv_keep_wall_clock(void)
{
	/* Fails where it is registered already, and it is not. */
	(void)pvclock_gtod_register_notifier(&on_timekeeping);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * How a CPU waits for another one: it spins for as long as the other one would
 * need if it ran, and then sleeps, for where there are more vCPUs than CPUs the
 * one that waits may be what keeps the other from running.
 *
 * SCHEDOP_yield would do for that, too.  But a loop of yields is a loop around
 * the locks of Xen's scheduler, and whoever is to be woken needs these.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/stop_machine.h>
#include <linux/time64.h>

#include <asm/cpufeature.h>
#include <asm/pvclock.h>
#include <asm/xen/hypercall.h>

#include <xen/interface/sched.h>
#include <xen/xen-ops.h>

#include "bring_up.h"

/* In ns: what a step takes where all CPUs run, and how long to sleep after it */
#define SPIN	(50 * NSEC_PER_USEC)
#define SLEEP	(100 * NSEC_PER_USEC)

/* Longer than this, in ns, since it last spun, and a CPU waits for something new. */
#define GAP	(20 * NSEC_PER_USEC)

/* Xen's time at which this CPU began to spin, and when it last did */
struct spell {
	u64 since;
	u64 last;
};

static DEFINE_PER_CPU(struct spell, spells);

static notrace u64 xen_time(void)
{
	return pvclock_clocksource_read_nowd(&__this_cpu_read(xen_vcpu)->time);
}

/**
 * xen_pv_sleep - give this CPU's time away, and what runs on it waits
 * @ns: how long at most; an event that comes ends it early, also where interrupts
 *	are off
 *
 * Not where the domain may be suspended meanwhile: the end is told by Xen's time.
 *
 * ABI: SCHEDOP_poll for no port at all, with a timeout.  Should Xen not do it, this
 * returns at once, and a caller in a loop spins.
 */
void xen_pv_sleep(u64 ns)
{
	struct sched_poll poll = { .timeout = xen_time() + ns };

	if (HYPERVISOR_sched_op(SCHEDOP_poll, &poll))
		cpu_relax();
}

static notrace void spin_or_sleep(struct spell *spell)
{
	u64 now = xen_time();

	if (now - spell->last > GAP)
		spell->since = now;
	if (now - spell->since > SPIN)
		xen_pv_sleep(SLEEP);
	spell->last = xen_time();
	cpu_relax();
}

/*
 * A suspend stops the machine, too, and continues where Xen's time is another
 * one: a sleep might go on for as long as the old host was up.  That is always
 * work of the boot CPU, and nothing that takes CPUs off ever is.
 */
static notrace bool may_sleep(const struct cpumask *at_work)
{
	return cpu_feature_enabled(X86_FEATURE_XENPV) &&
	       !cpumask_test_cpu(0, at_work);
}

/*
 * While the machine is stopped, as it is whenever a CPU goes off, each CPU
 * waits for all the others, step by step.
 */
notrace void stop_machine_yield(const struct cpumask *at_work)
{
	if (may_sleep(at_work))
		spin_or_sleep(this_cpu_ptr(&spells));
	else
		cpu_relax();
}

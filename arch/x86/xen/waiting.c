// SPDX-License-Identifier: GPL-2.0
/*
 * How a CPU waits for another one.
 *
 * It spins while the other vCPU runs, for as long as a short step takes.  Where
 * the hypervisor has preempted the other vCPU, spinning may keep that one from
 * being scheduled again: then the CPU that waits blocks in SCHEDOP_poll, on an
 * event channel of its own, the kicker, until the other CPU sends to it or a
 * timeout expires.  The kicker is bound on each vCPU and its interrupt stays
 * disabled; contended spinlocks wait on it, too.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stop_machine.h>
#include <linux/time64.h>

#include <asm/cpufeature.h>
#include <asm/xen/hypercall.h>

#include <xen/events.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>
#include <xen/xen-ops.h>

#include "clock.h"
#include "waiting.h"

/*
 * In us: how long a CPU spins at most, and for how long it then counts as
 * having spun.  The limit is for nested hypervisors: Xen's runstates do not
 * show when the one below Xen preempts a CPU.
 */
#define SPIN		200
#define SPELL		10000

/* In ns: timeout in case a kick is missed; and where there is no kick */
#define KICKED_SLEEP	(2 * NSEC_PER_MSEC)
#define STOPPED_SLEEP	(100 * NSEC_PER_USEC)

/* Linux's interrupt of the kicker, negative where there is none */
static DEFINE_PER_CPU(int, kicker) = -1;

/* Xen's time at which this CPU began to spin, in us */
static DEFINE_PER_CPU(u32, spins_since);

/* Not called: the interrupt is disabled as long as it is bound. */
static irqreturn_t kicker_delivered(int irq, void *unused)
{
	return IRQ_NONE;
}

/**
 * xen_bind_kicker - give a CPU its kicker
 * @cpu: Linux's number; it need not be online
 *
 * ABI: EVTCHNOP_bind_ipi.
 *
 * Return: 0, also where it has one, or a negative errno.
 */
int xen_bind_kicker(unsigned int cpu)
{
	int irq;

	if (per_cpu(kicker, cpu) >= 0)
		return 0;

	irq = bind_ipi_to_irqhandler(XEN_SPIN_UNLOCK_VECTOR, cpu,
				     kicker_delivered,
				     IRQF_PERCPU | IRQF_NOBALANCING |
				     IRQF_NO_AUTOEN, "kicker", NULL);
	if (irq < 0)
		return irq;
	per_cpu(kicker, cpu) = irq;
	return 0;
}

/**
 * xen_unbind_kicker - take a CPU's kicker away
 * @cpu: Linux's number, of a CPU that is offline
 */
void xen_unbind_kicker(unsigned int cpu)
{
	int irq = per_cpu(kicker, cpu);

	if (irq < 0)
		return;
	per_cpu(kicker, cpu) = -1;
	unbind_from_irqhandler(irq, NULL);
}

/**
 * xen_kick_cpu - wake a CPU that sleeps on its kicker, or will
 * @cpu: Linux's number
 */
void xen_kick_cpu(unsigned int cpu)
{
	if (per_cpu(kicker, cpu) >= 0)
		xen_send_IPI_one(cpu, XEN_SPIN_UNLOCK_VECTOR);
}

/**
 * xen_take_kick - test and clear whether this CPU was kicked
 *
 * Called with preemption off.
 *
 * Return: true where it was, and where it has no kicker to sleep on.
 */
bool xen_take_kick(void)
{
	int irq = __this_cpu_read(kicker);

	if (irq < 0)
		return true;
	if (!xen_test_irq_pending(irq))
		return false;
	xen_clear_irq_pending(irq);
	return true;
}

/**
 * xen_sleep_until_kicked - block this CPU's vCPU
 * @until: Xen's time at which that ends at the latest, in ns; 0 for none
 *
 * Returns at once where a kick has not been taken yet.  An event that becomes
 * pending for this CPU ends it early, also with interrupts off, and so does
 * nothing else of the domain.  Called with preemption off.
 *
 * ABI: SCHEDOP_poll.
 */
void xen_sleep_until_kicked(u64 until)
{
	int irq = __this_cpu_read(kicker);

	if (irq >= 0)
		xen_poll_irq_timeout(irq, until);
}

/**
 * xen_sleep_until - block the vCPU of a CPU that RCU does not watch
 * @until: Xen's time at which that ends at the latest, in ns
 *
 * The kicker is an interrupt, which Linux finds under RCU.  So this one waits for
 * no event channel, and Xen ends it early at an event for any vCPU of the domain.
 *
 * Context: interrupts off.
 *
 * ABI: SCHEDOP_poll, of no port.
 */
void xen_sleep_until(u64 until)
{
	struct sched_poll poll = { .timeout = until };
	int rc = HYPERVISOR_sched_op(SCHEDOP_poll, &poll);

	if (unlikely(rc))
		pr_err_once("xen: SCHEDOP_poll of no port: %d\n", rc);
}

static notrace bool runs(unsigned int cpu)
{
	return READ_ONCE(xen_runstate_area(cpu)->state) == RUNSTATE_running;
}

/* Called with preemption off, each time the condition is not met yet. */
static notrace bool has_spun(void)
{
	u32 now = div_u64(xen_pv_time(), NSEC_PER_USEC);
	u32 spun = now - __this_cpu_read(spins_since);

	if (spun > SPELL) {
		__this_cpu_write(spins_since, now);
		return false;
	}
	return spun > SPIN;
}

/**
 * xen_pv_wait_for - wait a little for something that another CPU is to do
 * @cpu: the other one, which does it and then calls xen_kick_cpu()
 *
 * For use in a loop around the condition.
 */
void xen_pv_wait_for(unsigned int cpu)
{
	preempt_disable();
	if (runs(cpu) && !has_spun())
		cpu_relax();
	else if (!xen_take_kick())
		xen_sleep_until_kicked(xen_pv_time() + KICKED_SLEEP);
	preempt_enable();
}

/*
 * In stop_machine() each CPU waits for all others, and none of them is kicked.
 *
 * A suspend runs in stop_machine(), too, and may continue on a host with
 * another system time: a sleep might last for as long as the old host was up.
 * Suspend always runs on the boot CPU, and CPU hotplug never does.
 */
static notrace bool may_sleep(const struct cpumask *at_work)
{
	unsigned int cpu;

	if (cpumask_test_cpu(0, at_work))
		return false;
	for_each_cpu(cpu, cpu_online_mask)
		if (xen_vcpu_stolen(cpu))
			return true;
	return has_spun();
}

notrace void stop_machine_yield(const struct cpumask *at_work)
{
	if (cpu_feature_enabled(X86_FEATURE_XENPV) && may_sleep(at_work) &&
	    !xen_take_kick())
		xen_sleep_until_kicked(xen_pv_time() + STOPPED_SLEEP);
	else
		cpu_relax();
}

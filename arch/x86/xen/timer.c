// SPDX-License-Identifier: GPL-2.0
/*
 * Each CPU's timer: a clock event device that has Xen raise VIRQ_TIMER once, at a
 * given system time.
 *
 * A vCPU has two timers.  The periodic one is of no use, as it stands still while
 * the vCPU is not running; a new vCPU has it on, at 100 Hz, and so has one that was
 * restored.  Xen before 3.0.4 has neither vcpu_op for them nor a way to stop it:
 * there set_timer_op is used, and ticks that nobody asked for come in between.
 */
#include <linux/cache.h>
#include <linux/clockchips.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <kunit/visibility.h>

#include <asm/xen/hypercall.h>

#include <xen/events.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/xen.h>
#include <xen/xen-ops.h>

#include "clock.h"
#include "pv.h"

/* In ns: fits an unsigned long of 32 bits, too */
#define LONGEST		U32_MAX

/* Better than a local APIC's timer, which has up to 150 */
#define RATING		500

/**
 * struct vcpu_timer - the timer of one CPU, not per-CPU data: bare metal has none
 * @dev: registered while the CPU is online
 * @irq: Linux's interrupt for VIRQ_TIMER; -1 where it is not bound
 * @name: of the interrupt, for /proc/interrupts
 */
struct vcpu_timer {
	struct clock_event_device dev;
	int irq;
	char name[16];
};

/* Allocated when it is bound for the first time, and kept */
static DEFINE_PER_CPU(struct vcpu_timer *, timers);

/* Whether Xen has vcpu_op for timers */
static bool has_vcpu_timers __ro_after_init;

/* In ns: no event is asked for that is nearer than this */
static unsigned long slop __ro_after_init = 1;

/*
 * Parameter
 */

/* Return: 0; -EINVAL for what is no number, -ERANGE for one that is too large */
VISIBLE_IF_KUNIT int xen_pv_parse_slop(const char *text, unsigned long *ns)
{
	unsigned long long value;
	char *end;

	if (!text || !isdigit(*text))
		return -EINVAL;
	value = memparse(text, &end);
	if (*end)
		return -EINVAL;
	if (value > LONGEST)
		return -ERANGE;
	*ns = value;
	return 0;
}

static int __init set_slop(char *text)
{
	int rc = xen_pv_parse_slop(text, &slop);

	if (rc)
		pr_warn("xen: xen_timer_slop=%s: %s (%d), ignored\n", text ?: "",
			xen_errno_name(rc), rc);
	/* An error would have the caller print another line. */
	return 0;
}
early_param("xen_timer_slop", set_slop);

/*
 * Asking Xen.  The timers' commands for a vCPU are for the one that calls, but for
 * those of the periodic timer.
 */

static int stop_periodic(unsigned int cpu)
{
	return HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, xen_vcpu_nr(cpu),
				  NULL);
}

/* @at: system time, in ns; one that has passed raises the event at once */
static int set_event(u64 at)
{
	struct vcpu_set_singleshot_timer event = { .timeout_abs_ns = at };

	if (!has_vcpu_timers)
		return HYPERVISOR_set_timer_op(at);
	return HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer,
				  xen_vcpu_nr(smp_processor_id()), &event);
}

static int cancel_event(void)
{
	if (!has_vcpu_timers)
		return HYPERVISOR_set_timer_op(0);
	return HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer,
				  xen_vcpu_nr(smp_processor_id()), NULL);
}

/* Callers may hold locks under which printk() must not wake a console. */
static void tell(const char *what, int rc)
{
	if (rc)
		printk_deferred_once("xen: CPU %d: %s: %s (%d)\n",
				     smp_processor_id(), what,
				     xen_errno_name(rc), rc);
}

/*
 * Clock event device.  Its functions run on its CPU with interrupts off.
 */

/*
 * The kernel's clock may run at another rate than Xen's, as NTP has it, so that
 * no absolute time of the kernel's can be told.
 */
static int next_event(unsigned long ns, struct clock_event_device *dev)
{
	int rc = set_event(xen_pv_time() + ns);

	tell("timer not set", rc);
	return rc;
}

/* Refused, there are ticks that the kernel ignores. */
static int want_events(struct clock_event_device *dev)
{
	if (has_vcpu_timers)
		tell("periodic timer not stopped",
		     stop_periodic(smp_processor_id()));
	return 0;
}

static int want_no_events(struct clock_event_device *dev)
{
	tell("timer not cancelled", cancel_event());
	return 0;
}

static irqreturn_t handle_timer(int irq, void *data)
{
	struct vcpu_timer *timer = data;
	struct clock_event_device *dev = &timer->dev;

	/* Before the device is registered there are ticks of the periodic timer. */
	if (!dev->event_handler)
		return IRQ_NONE;
	dev->event_handler(dev);
	return IRQ_HANDLED;
}

/**
 * xen_setup_cpu_clockevents - register this CPU's timer
 *
 * Called on the CPU itself when it comes up, with preemption off.
 */
void xen_setup_cpu_clockevents(void)
{
	struct vcpu_timer *timer = this_cpu_read(timers);

	timer->dev = (struct clock_event_device) {
		.name			= "xen",
		.features		= CLOCK_EVT_FEAT_ONESHOT,
		.rating			= RATING,
		.irq			= timer->irq,
		.cpumask		= cpumask_of(smp_processor_id()),
		/* Its ticks are ns. */
		.mult			= 1,
		.min_delta_ns		= slop,
		.min_delta_ticks	= slop,
		.max_delta_ns		= LONGEST,
		.max_delta_ticks	= LONGEST,
		.set_next_event		= next_event,
		.set_state_oneshot	= want_events,
		.set_state_shutdown	= want_no_events,
	};
	clockevents_register_device(&timer->dev);
}

/*
 * Interrupt
 */

/* The two-level ABI has no priorities. */
static void raise_priority(int irq, unsigned int cpu)
{
	int rc = xen_set_irq_priority(irq, XEN_IRQ_PRIORITY_MAX);

	if (rc && rc != -ENOSYS)
		pr_warn("xen: CPU %u: timer without priority: %s (%d)\n", cpu,
			xen_errno_name(rc), rc);
}

static struct vcpu_timer *timer_of(unsigned int cpu)
{
	struct vcpu_timer *timer = per_cpu(timers, cpu);

	if (timer)
		return timer;
	timer = kzalloc_obj(*timer);
	if (timer) {
		timer->irq = -1;
		per_cpu(timers, cpu) = timer;
	}
	return timer;
}

/**
 * xen_setup_timer - bind the interrupt of a CPU's timer
 * @cpu: Linux's number; it need not be online
 *
 * ABI: EVTCHNOP_bind_virq; EVTCHNOP_set_priority where there is one.
 *
 * Return: 0, also where it is bound, or a negative errno.
 */
int xen_setup_timer(int cpu)
{
	const unsigned long flags = IRQF_TIMER | IRQF_PERCPU | IRQF_NOBALANCING |
				    IRQF_EARLY_RESUME | IRQF_FORCE_RESUME;
	struct vcpu_timer *timer = timer_of(cpu);
	int irq;

	if (!timer)
		return -ENOMEM;
	if (timer->irq >= 0)
		return 0;

	scnprintf(timer->name, sizeof(timer->name), "timer%d", cpu);
	irq = bind_virq_to_irqhandler(VIRQ_TIMER, cpu, handle_timer, flags,
				      timer->name, timer);
	if (irq < 0)
		return irq;
	raise_priority(irq, cpu);
	timer->irq = irq;
	pr_debug("xen: CPU %d: timer is interrupt %d\n", cpu, irq);
	return 0;
}

/**
 * xen_teardown_timer - undo xen_setup_timer(), if that was done
 * @cpu: Linux's number, of a CPU that is offline
 */
void xen_teardown_timer(int cpu)
{
	struct vcpu_timer *timer = per_cpu(timers, cpu);
	int irq;

	if (!timer || timer->irq < 0)
		return;
	irq = timer->irq;
	timer->irq = -1;
	unbind_from_irqhandler(irq, timer);
}

/**
 * xen_timer_resume - stop what a restored domain has ticking
 *
 * Called in stop_machine() on the boot CPU.  Timekeeping sets the next events.
 * What is still on where Xen refuses are ticks that the kernel ignores.
 */
void xen_timer_resume(void)
{
	unsigned int cpu;
	int rc;

	if (!has_vcpu_timers)
		return;
	for_each_online_cpu(cpu) {
		rc = stop_periodic(cpu);
		if (rc)
			pr_warn("xen: CPU %u: periodic timer not stopped: %s (%d)\n",
				cpu, xen_errno_name(rc), rc);
	}
}

/**
 * xen_pv_init_timers - find out what timers there are, and start the boot CPU's
 *
 * Called on the boot CPU, with preemption off.
 */
void __init xen_pv_init_timers(void)
{
	int rc;

	has_vcpu_timers = !stop_periodic(smp_processor_id());
	if (!has_vcpu_timers)
		pr_notice("xen: no timers of vCPUs, set_timer_op in their place\n");

	rc = xen_setup_timer(smp_processor_id());
	if (rc)
		panic("xen: no timer for the boot CPU: %s (%d)\n",
		      xen_errno_name(rc), rc);
	xen_setup_cpu_clockevents();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * IPIs and per-CPU virtual interrupts, over event channels.
 *
 * A PV vCPU has no APIC to send IPIs through.  Each kind of IPI is an event
 * channel of its own instead, bound on every CPU; so are the virtual interrupts
 * that Xen raises on each vCPU.  There are two tables of them: the first is
 * used by HVM guests with vector callbacks as well.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <xen/events.h>
#include <xen/xen.h>
#include <xen/interface/sched.h>
#include <xen/interface/xen.h>

#include <asm/apicdef.h>
#include <asm/hardirq.h>
#include <asm/irq_vectors.h>
#include <asm/smp.h>
#include <asm/xen/hypercall.h>

#include "pmu.h"
#include "pv.h"

/*
 * Handlers: count the interrupt, hand it to the kernel
 */

static irqreturn_t handle_reschedule(int irq, void *unused)
{
	inc_irq_stat(RESCHEDULE);
	scheduler_ipi();
	return IRQ_HANDLED;
}

static irqreturn_t handle_call_function(int irq, void *unused)
{
	inc_irq_stat(CALL_FUNCTION);
	generic_smp_call_function_interrupt();
	return IRQ_HANDLED;
}

static irqreturn_t handle_call_function_single(int irq, void *unused)
{
	inc_irq_stat(CALL_FUNCTION);
	generic_smp_call_function_single_interrupt();
	return IRQ_HANDLED;
}

/*
 * Tables
 */

struct percpu_event {
	const char *name;	/* with the CPU's number, in /proc/interrupts */
	bool virq;		/* raised by Xen, not by another CPU */
	unsigned int nr;	/* enum ipi_vector, or VIRQ_* */
	irq_handler_t handler;
	bool (*wanted)(void);	/* NULL: always */
};

/* Binding of one event on one CPU; name is NULL if it is not bound */
struct binding {
	char *name;
	int irq;
};

static bool debug_virq_wanted(void)
{
	/* Its handler prints the two-level ABI's bitmaps */
	return !xen_fifo_events;
}

static const struct percpu_event common_events[] = {
	{
		.name = "resched",
		.nr = XEN_RESCHEDULE_VECTOR,
		.handler = handle_reschedule,
	}, {
		.name = "callfunc",
		.nr = XEN_CALL_FUNCTION_VECTOR,
		.handler = handle_call_function,
	}, {
		.name = "debug",
		.virq = true,
		.nr = VIRQ_DEBUG,
		.handler = xen_debug_interrupt,
		.wanted = debug_virq_wanted,
	}, {
		.name = "callfuncsingle",
		.nr = XEN_CALL_FUNCTION_SINGLE_VECTOR,
		.handler = handle_call_function_single,
	},
};

#ifdef CONFIG_XEN_PV
static irqreturn_t handle_irq_work(int irq, void *unused)
{
	inc_irq_stat(IRQ_WORK);
	irq_work_run();
	return IRQ_HANDLED;
}

static bool pmu_virq_wanted(void)
{
	/* Set when the boot CPU's first call to the PMU has succeeded */
	return xen_pv_has_pmu();
}

/* An HVM guest has interrupts of its own for these. */
static const struct percpu_event pv_events[] = {
	{
		.name = "irqwork",
		.nr = XEN_IRQ_WORK_VECTOR,
		.handler = handle_irq_work,
	}, {
		.name = "pmu",
		.virq = true,
		.nr = VIRQ_XENPMU,
		.handler = xen_pv_handle_pmu,
		.wanted = pmu_virq_wanted,
	},
};

#define PV_EVENTS	ARRAY_SIZE(pv_events)
#else
#define PV_EVENTS	0
#endif /* CONFIG_XEN_PV */

#define COMMON_EVENTS	ARRAY_SIZE(common_events)

/* Of each CPU that was ever bound: the common ones, then those of PV guests */
static DEFINE_PER_CPU(struct binding *, bindings);

/*
 * Binding
 */

static int bind_event(const struct percpu_event *event, unsigned int cpu,
		      const char *name)
{
	const unsigned long flags = IRQF_PERCPU | IRQF_NOBALANCING;

	if (event->virq)
		return bind_virq_to_irqhandler(event->nr, cpu, event->handler,
					       flags, name, NULL);

	return bind_ipi_to_irqhandler(event->nr, cpu, event->handler, flags,
				      name, NULL);
}

static void unbind_events(struct binding *bindings, size_t count)
{
	while (count--) {
		struct binding *b = &bindings[count];

		if (!b->name)
			continue;
		unbind_from_irqhandler(b->irq, NULL);
		kfree(b->name);
		b->name = NULL;
	}
}

/* Return: 0 with all events bound, or a negative errno with none bound */
static int bind_events(const struct percpu_event *events,
		       struct binding *bindings, size_t count,
		       unsigned int cpu)
{
	size_t i;
	int rc;

	for (i = 0; i < count; i++) {
		const struct percpu_event *event = &events[i];
		char *name;

		if (event->wanted && !event->wanted())
			continue;

		name = kasprintf(GFP_KERNEL, "%s%u", event->name, cpu);
		rc = name ? bind_event(event, cpu, name) : -ENOMEM;
		if (rc < 0) {
			pr_err("%s%u not bound: %pe\n", event->name, cpu,
			       ERR_PTR(rc));
			kfree(name);
			unbind_events(bindings, i);
			return rc;
		}
		bindings[i] = (struct binding) { .name = name, .irq = rc };
	}

	return 0;
}

/* Return: NULL where there is no memory for them */
static struct binding *bindings_of(unsigned int cpu)
{
	struct binding **b = per_cpu_ptr(&bindings, cpu);

	if (!*b)
		*b = kcalloc(COMMON_EVENTS + PV_EVENTS, sizeof(**b), GFP_KERNEL);
	return *b;
}

/**
 * xen_smp_intr_init() - bind the events that every kind of guest needs
 * @cpu: for which CPU; it need not be online
 *
 * Return: 0, or a negative errno and nothing is bound.  ABI:
 * EVTCHNOP_bind_ipi and EVTCHNOP_bind_virq.
 */
int xen_smp_intr_init(unsigned int cpu)
{
	struct binding *b = bindings_of(cpu);

	return b ? bind_events(common_events, b, COMMON_EVENTS, cpu) : -ENOMEM;
}

/**
 * xen_smp_intr_free() - undo xen_smp_intr_init(), all of it or what was done
 * @cpu: for which CPU, which is offline
 */
void xen_smp_intr_free(unsigned int cpu)
{
	if (per_cpu(bindings, cpu))
		unbind_events(per_cpu(bindings, cpu), COMMON_EVENTS);
}

#ifdef CONFIG_XEN_PV
/**
 * xen_pv_bind_ipis() - bind all events of a PV guest's CPU
 * @cpu: for which CPU; it need not be online
 *
 * Return: 0, also where they are bound, or a negative errno and nothing is.
 */
int xen_pv_bind_ipis(unsigned int cpu)
{
	struct binding *b = bindings_of(cpu);
	int rc;

	if (!b)
		return -ENOMEM;
	if (b[0].name)
		return 0;

	rc = bind_events(common_events, b, COMMON_EVENTS, cpu);
	if (rc)
		return rc;
	rc = bind_events(pv_events, b + COMMON_EVENTS, PV_EVENTS, cpu);
	if (rc)
		unbind_events(b, COMMON_EVENTS);
	return rc;
}

/**
 * xen_pv_unbind_ipis() - undo xen_pv_bind_ipis(), all of it or what was done
 * @cpu: for which CPU, which is offline
 */
void xen_pv_unbind_ipis(unsigned int cpu)
{
	if (per_cpu(bindings, cpu))
		unbind_events(per_cpu(bindings, cpu), COMMON_EVENTS + PV_EVENTS);
}

/*
 * CPUs whose events are bound but disabled, as the CPU is offline.  Protected
 * by cpu_hotplug_lock.
 */
static struct cpumask disabled;

static void do_with_event_irqs(unsigned int cpu,
			       void (*do_it)(unsigned int irq))
{
	const struct binding *b = per_cpu(bindings, cpu);
	evtchn_port_t port;
	size_t i;
	int irq;

	for (i = 0; b && i < COMMON_EVENTS + PV_EVENTS; i++)
		if (b[i].name)
			do_it(b[i].irq);

	irq = irq_evtchn_from_virq(cpu, VIRQ_TIMER, &port);
	if (irq >= 0)
		do_it(irq);
}

/**
 * xen_pv_disable_events() - disable the interrupts of a CPU's events
 * @cpu: the CPU, which is offline, or has not reported alive and is stopped next
 *
 * Hotplug callback, after @cpu has died or failed to come up; and when they have
 * been bound.
 *
 * Return: 0, always; a teardown callback must not fail.
 */
int xen_pv_disable_events(unsigned int cpu)
{
	if (!cpumask_test_and_set_cpu(cpu, &disabled))
		do_with_event_irqs(cpu, disable_irq_nosync);
	return 0;
}

/**
 * xen_pv_enable_events() - undo xen_pv_disable_events(), if that was done
 * @cpu: the CPU, which is about to come up
 *
 * Hotplug callback, on the control CPU before @cpu is started.
 *
 * Return: 0, always.
 */
int xen_pv_enable_events(unsigned int cpu)
{
	if (cpumask_test_and_clear_cpu(cpu, &disabled))
		do_with_event_irqs(cpu, enable_irq);
	return 0;
}
#endif /* CONFIG_XEN_PV */

/*
 * Sending
 */

static void send_to_mask(const struct cpumask *mask, enum ipi_vector ipi)
{
	unsigned int cpu;

	for_each_cpu_and(cpu, mask, cpu_online_mask)
		xen_send_IPI_one(cpu, ipi);
}

/**
 * xen_smp_send_reschedule() - make a CPU look at its run queue
 * @cpu: the CPU
 */
void xen_smp_send_reschedule(int cpu)
{
	xen_send_IPI_one(cpu, XEN_RESCHEDULE_VECTOR);
}

static bool any_is_descheduled(const struct cpumask *mask)
{
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		if (xen_vcpu_stolen(cpu))
			return true;

	return false;
}

/**
 * xen_smp_send_call_function_ipi() - make CPUs look at their call queues
 * @mask: the CPUs; those that are offline are left out
 *
 * The sender usually waits for all of them.  If the hypervisor has preempted
 * one of these vCPUs, yield, so that it may run instead of this one's spinning.
 */
void xen_smp_send_call_function_ipi(const struct cpumask *mask)
{
	send_to_mask(mask, XEN_CALL_FUNCTION_VECTOR);

	/* Only a hint; it cannot fail */
	if (any_is_descheduled(mask))
		(void)HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

/**
 * xen_smp_send_call_function_single_ipi() - make a CPU look at its call queue
 * @cpu: the CPU; nothing is sent where it is offline
 */
void xen_smp_send_call_function_single_ipi(int cpu)
{
	send_to_mask(cpumask_of(cpu), XEN_CALL_FUNCTION_SINGLE_VECTOR);
}

/**
 * xen_smp_cpus_done() - all CPUs that were to come up at boot are up
 * @max_cpus: how many were allowed
 *
 * native_smp_cpus_done() deals with packages, with NMIs sent by the APIC and
 * with MTRRs, none of which a PV guest has.
 */
void __init xen_smp_cpus_done(unsigned int max_cpus)
{
	if (xen_hvm_domain())
		native_smp_cpus_done(max_cpus);
}

/*
 * The APIC driver's functions to send IPIs.  Callers pass vectors of the IDT.
 */

static const struct {
	int vector;
	enum ipi_vector ipi;
} vector_map[] = {
	{ RESCHEDULE_VECTOR,		XEN_RESCHEDULE_VECTOR },
	{ CALL_FUNCTION_VECTOR,		XEN_CALL_FUNCTION_VECTOR },
	{ CALL_FUNCTION_SINGLE_VECTOR,	XEN_CALL_FUNCTION_SINGLE_VECTOR },
	{ IRQ_WORK_VECTOR,		XEN_IRQ_WORK_VECTOR },
	{ NMI_VECTOR,			XEN_NMI_VECTOR },
	/* Some callers pass the delivery mode instead */
	{ APIC_DM_NMI,			XEN_NMI_VECTOR },
};

/* Return: an enum ipi_vector, or -ENOENT */
static int ipi_of_vector(int vector)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vector_map); i++)
		if (vector_map[i].vector == vector)
			return vector_map[i].ipi;

	pr_err_ratelimited("no event channel stands for vector %#x\n", vector);
	return -ENOENT;
}

/**
 * xen_pv_send_IPI_mask() - send a vector to some CPUs
 * @mask:   the CPUs; those that are offline are left out
 * @vector: an IDT vector that has an event channel
 */
void xen_pv_send_IPI_mask(const struct cpumask *mask, int vector)
{
	int ipi = ipi_of_vector(vector);

	if (ipi >= 0)
		send_to_mask(mask, ipi);
}

/**
 * xen_pv_send_IPI_mask_allbutself() - send a vector to some CPUs, not to this one
 * @mask:   the CPUs
 * @vector: an IDT vector that has an event channel
 */
void xen_pv_send_IPI_mask_allbutself(const struct cpumask *mask, int vector)
{
	unsigned int self = smp_processor_id();
	int ipi = ipi_of_vector(vector);
	unsigned int cpu;

	if (ipi < 0)
		return;

	for_each_cpu_and(cpu, mask, cpu_online_mask)
		if (cpu != self)
			xen_send_IPI_one(cpu, ipi);
}

/**
 * xen_pv_send_IPI_allbutself() - send a vector to every other CPU
 * @vector: an IDT vector that has an event channel
 */
void xen_pv_send_IPI_allbutself(int vector)
{
	xen_pv_send_IPI_mask_allbutself(cpu_online_mask, vector);
}

/**
 * xen_pv_send_IPI_all() - send a vector to every CPU
 * @vector: an IDT vector that has an event channel
 */
void xen_pv_send_IPI_all(int vector)
{
	xen_pv_send_IPI_mask(cpu_online_mask, vector);
}

/**
 * xen_pv_send_IPI_self() - send a vector to this CPU
 * @vector: an IDT vector that has an event channel
 */
void xen_pv_send_IPI_self(int vector)
{
	int ipi = ipi_of_vector(vector);

	if (ipi >= 0)
		xen_send_IPI_one(smp_processor_id(), ipi);
}

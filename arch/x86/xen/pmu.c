// SPDX-License-Identifier: GPL-2.0
/*
 * The performance counters of a PV guest's vCPUs, where the host lends them
 * (vpmu= on Xen's command line; off by default).
 *
 * Xen takes the counters' interrupt.  It saves their registers, with those of what
 * was interrupted, in a page that it shares with the vCPU, stops the counters and
 * raises VIRQ_XENPMU.  When the guest has handled that it has Xen load the
 * registers from the page (XENPMU_flush).
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include <asm/ptrace.h>
#include <asm/segment.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/interface/xen.h>
#include <xen/interface/xenpmu.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "../events/perf_event.h"
#include "pmu.h"
#include "pv.h"

/* The page of each vCPU; NULL where it has none */
static DEFINE_PER_CPU(struct xen_pmu_data *, shared);
/* The page that it had before; it is kept */
static DEFINE_PER_CPU(struct xen_pmu_data *, given_back);

DEFINE_PER_CPU(struct xen_pmu_data *, xen_pv_pmu_registers);

/* Set when the boot CPU has a page for the first time, and stays set */
static bool has_pmu;

/**
 * xen_pv_has_pmu - whether the host of the boot lends its counters
 *
 * Return: true if the boot CPU has got them.
 */
bool xen_pv_has_pmu(void)
{
	return has_pmu;
}

/*
 * What was interrupted
 */

/* PV guests' kernels run in ring 3, too, so that Xen tells which it was. */
static bool was_user(const struct xen_pmu_data *data)
{
	if (data->pmu.pmu_flags & PMU_SAMPLE_PV)
		return data->pmu.pmu_flags & PMU_SAMPLE_USER;
	return data->pmu.r.regs.cpl & USER_RPL;
}

/* Only what a sample needs is known. */
VISIBLE_IF_KUNIT void xen_pv_pmu_sample(const struct xen_pmu_data *data,
					struct pt_regs *regs)
{
	const struct xen_pmu_regs *from = &data->pmu.r.regs;

	*regs = (struct pt_regs) {
		.ip = from->ip,
		.sp = from->sp,
	};
	regs->cs = from->cs & ~USER_RPL;
	if (was_user(data))
		regs->cs |= USER_RPL;
}

/*
 * Dom0 may be given samples of other domains, as if they were its guests.  Perf
 * asks for each sample, also for one of this kernel's timers or trace events:
 * the page then still tells of the last interrupt.
 */
VISIBLE_IF_KUNIT unsigned int xen_pv_pmu_guest_state(bool initial_domain)
{
	const struct xen_pmu_data *data = this_cpu_read(xen_pv_pmu_registers);

	if (!data || !initial_domain || data->domain_id >= DOMID_SELF)
		return 0;
	return was_user(data) ? PERF_GUEST_ACTIVE | PERF_GUEST_USER :
				PERF_GUEST_ACTIVE;
}

static unsigned int guest_state(void)
{
	return xen_pv_pmu_guest_state(xen_initial_domain());
}

static unsigned long guest_ip(void)
{
	const struct xen_pmu_data *data = this_cpu_read(xen_pv_pmu_registers);

	return data ? data->pmu.r.regs.ip : 0;
}

static struct perf_guest_info_callbacks of_other_domains = {
	.state	= guest_state,
	.get_ip	= guest_ip,
};

/*
 * Interrupt
 */

/**
 * xen_pv_handle_pmu - handle VIRQ_XENPMU
 * @irq: not used
 * @unused: not used
 *
 * ABI: XENPMU_flush looks at the registers, and refuses bits that are reserved.
 * The counters stand still then.
 *
 * Return: IRQ_HANDLED where a counter of perf's had overflowed.
 */
irqreturn_t xen_pv_handle_pmu(int irq, void *unused)
{
	struct xen_pmu_data *data = this_cpu_read(shared);
	struct pt_regs regs;
	int overflows = 0, rc;

	/* Taken away meanwhile */
	if (!data)
		return IRQ_NONE;

	xen_pv_pmu_sample(data, &regs);
	this_cpu_write(xen_pv_pmu_registers, data);
	/* NULL where perf does not know this CPU's counters */
	if (x86_pmu.handle_irq)
		overflows = x86_pmu.handle_irq(&regs);
	this_cpu_write(xen_pv_pmu_registers, NULL);

	rc = HYPERVISOR_xenpmu_op(XENPMU_flush, NULL);
	if (rc)
		pr_warn_once("xen: performance counters stopped: %s (%d)\n",
			     xen_errno_name(rc), rc);
	return overflows && !rc ? IRQ_HANDLED : IRQ_NONE;
}

/**
 * xen_pv_set_lvtpc - tell Xen how the counters are to interrupt
 * @val: as for the local APIC's register; Xen looks whether it is masked
 *
 * Called with preemption off.
 *
 * Return: 0; -ENODEV where this CPU has no counters, or Xen's error.
 */
int xen_pv_set_lvtpc(u32 val)
{
	struct xen_pmu_data *data = this_cpu_read(shared);

	if (!data)
		return -ENODEV;
	data->pmu.l.lapic_lvtpc = val;
	/* In the handler the flush does it. */
	if (this_cpu_read(xen_pv_pmu_registers))
		return 0;
	return HYPERVISOR_xenpmu_op(XENPMU_lvtpc_set, NULL);
}

/*
 * Life
 */

static int pmu_op(unsigned int op, unsigned int cpu, u64 mfn)
{
	struct xen_pmu_params params = {
		.version = { .maj = XENPMU_VER_MAJ, .min = XENPMU_VER_MIN },
		.vcpu = xen_vcpu_nr(cpu),
		.val = mfn,
	};

	return HYPERVISOR_xenpmu_op(op, &params);
}

/* That the host keeps them for itself is the usual case. */
static void tell_refusal(unsigned int cpu, int rc)
{
	if (rc == -EOPNOTSUPP || rc == -ENOSYS)
		pr_debug("xen: no performance counters: %s\n",
			 xen_errno_name(rc));
	else
		pr_notice_once("xen: CPU %u: no performance counters: %s (%d)\n",
			       cpu, xen_errno_name(rc), rc);
}

static void begin_to_use(void)
{
	if (has_pmu)
		return;
	xen_pv_init_pmu_model();
	perf_register_guest_info_callbacks(&of_other_domains);
	has_pmu = true;
}

/* The one that was given back, or a new one */
static struct xen_pmu_data *take_page(unsigned int cpu)
{
	struct xen_pmu_data *page = per_cpu(given_back, cpu);

	if (!page)
		return (struct xen_pmu_data *)get_zeroed_page(GFP_KERNEL);
	per_cpu(given_back, cpu) = NULL;
	clear_page(page);
	return page;
}

/**
 * xen_pmu_init - have a vCPU's performance counters
 * @cpu: Linux's number; where the boot CPU has got none no other is asked for
 *
 * Called at boot, when a CPU comes up and after a resume.  A CPU works without.
 *
 * ABI: XENPMU_init.
 */
void xen_pmu_init(int cpu)
{
	struct xen_pmu_data *data;
	int rc;

	BUILD_BUG_ON(sizeof(*data) > PAGE_SIZE);
	if (!xen_pv_domain() || (cpu && !has_pmu) || per_cpu(shared, cpu))
		return;

	data = take_page(cpu);
	rc = data ? pmu_op(XENPMU_init, cpu, virt_to_mfn(data)) : -ENOMEM;
	if (rc) {
		tell_refusal(cpu, rc);
		free_page((unsigned long)data);
		return;
	}

	per_cpu(shared, cpu) = data;
	begin_to_use();
}

/**
 * xen_pmu_finish - give a vCPU's performance counters back, if it has any
 * @cpu: Linux's number
 *
 * The page is kept for the next time: it could not be freed in any context.
 *
 * Context: any.  Called when a CPU has died, and by itself before a suspend.
 *
 * ABI: XENPMU_finish; the page is Xen's no more then.
 */
void xen_pmu_finish(int cpu)
{
	struct xen_pmu_data *data = per_cpu(shared, cpu);
	int rc;

	if (!data)
		return;
	per_cpu(shared, cpu) = NULL;

	rc = pmu_op(XENPMU_finish, cpu, 0);
	if (rc)
		pr_warn("xen: CPU %d: performance counters not given back: %s (%d)\n",
			cpu, xen_errno_name(rc), rc);
	else
		per_cpu(given_back, cpu) = data;
}

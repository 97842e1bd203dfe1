// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest does around being saved, on each of its CPUs.
 *
 * drivers/xen/manage.c calls these in this order: xen_arch_suspend() while all
 * CPUs run, xen_arch_pre_suspend() and xen_arch_post_suspend() while the machine is
 * stopped, xen_arch_resume() when it runs again.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/tick.h>
#include <linux/types.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "ops.h"
#include "pv.h"

static DEFINE_PER_CPU(u64, spec_ctrl);

static bool has_spec_ctrl(void)
{
	return xen_pv_domain() && boot_cpu_has(X86_FEATURE_SPEC_CTRL);
}

/* Xen up to 4.5 does not restore a guest in which the register is not 0. */
static void suspend_cpu(void *unused)
{
	u64 value;

	/* On the CPU itself no interrupt of the counters is being handled. */
	xen_pmu_finish(smp_processor_id());
	tick_suspend_local();
	if (!has_spec_ctrl())
		return;

	rdmsrq(MSR_IA32_SPEC_CTRL, value);
	this_cpu_write(spec_ctrl, value);
	wrmsrq(MSR_IA32_SPEC_CTRL, 0);
}

/* Timekeeping has started the boot CPU's tick. */
static void resume_cpu(void *unused)
{
	if (has_spec_ctrl())
		wrmsrq(MSR_IA32_SPEC_CTRL, this_cpu_read(spec_ctrl));
	if (smp_processor_id())
		tick_resume_local();
}

/**
 * xen_arch_suspend - stop what each CPU has going with Xen
 *
 * Context: process, all CPUs run.
 */
void xen_arch_suspend(void)
{
	on_each_cpu(suspend_cpu, NULL, 1);
}

/**
 * xen_arch_pre_suspend - the last before the domain is saved
 *
 * Context: stop_machine(), on CPU 0.
 */
void xen_arch_pre_suspend(void)
{
	xen_save_time_memory_area();
	if (xen_pv_domain())
		xen_pv_pre_suspend();
}

/**
 * xen_arch_post_suspend - the first after it
 * @cancelled: the domain goes on where it was
 *
 * Context: stop_machine(), on CPU 0.
 */
void xen_arch_post_suspend(int cancelled)
{
	if (xen_pv_domain())
		xen_pv_post_suspend(cancelled);
	else
		xen_hvm_post_suspend(cancelled);
	xen_restore_time_memory_area();
}

/**
 * xen_arch_resume - start on each CPU what was stopped
 *
 * Context: process, all CPUs run.
 */
void xen_arch_resume(void)
{
	unsigned int cpu;

	on_each_cpu(resume_cpu, NULL, 1);
	for_each_online_cpu(cpu)
		xen_pmu_init(cpu);
}

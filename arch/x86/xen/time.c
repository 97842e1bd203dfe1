// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks of x86_init and x86_platform that have to do with time, for PV guests and
 * for those in hardware containers.
 */
#include <linux/acpi_pmtmr.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/types.h>

#include <xen/events.h>
#include <xen/features.h>
#include <xen/interface/features.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/cpufeature.h>
#include <asm/x86_init.h>
#include <asm/xen/hypervisor.h>

#include "clock.h"
#include "pv.h"

/*
 * Dom0 finds the machine's ACPI timer.  Xen's time is better; without a port the
 * driver does not look whether it works, which takes many reads of it.
 */
static void __init leave_pm_timer_out(void)
{
#ifdef CONFIG_X86_PM_TIMER
	pmtmr_ioport = 0;
#endif
}

/* Memory can be allocated, and interrupts are about to be enabled. */
static void __init init_time(void)
{
	if (xen_pv_domain())
		leave_pm_timer_out();
	xen_pv_init_clocksource();
	xen_pv_take_wall_clock();
	setup_force_cpu_cap(X86_FEATURE_TSC);

	/* Anew: a PV guest's was in the initial per-CPU area, which is freed. */
	xen_setup_runstate_info(smp_processor_id());
	xen_pv_init_timers();
	xen_time_setup_guest();

	if (xen_initial_domain())
		xen_pv_keep_wall_clock();
}

static void __init init_clocks(void)
{
	xen_pv_init_sched_clock();
	x86_platform.get_wallclock = xen_pv_read_wall_clock;
}

/**
 * xen_init_time_ops - have a PV guest's time come from Xen
 *
 * Called on the boot CPU when shared info is mapped.
 */
void __init xen_init_time_ops(void)
{
	init_clocks();

	x86_init.timers.timer_init = init_time;
	/* CPUs have theirs set up by xen_setup_cpu_clockevents(). */
	x86_init.timers.setup_percpu_clockev = x86_init_noop;
	x86_cpuinit.setup_percpu_clockev = x86_init_noop;

	/* Dom0 sets the machine's. */
	if (!xen_initial_domain())
		x86_platform.set_wallclock = xen_pv_refuse_wall_clock;
}

#ifdef CONFIG_XEN_PVHVM
/*
 * Called on a CPU that comes up.  Its interrupt was bound before, where memory
 * can be allocated.
 */
static void init_secondary_hvm(void)
{
	xen_setup_runstate_info(smp_processor_id());
	xen_setup_cpu_clockevents();
}

/* Without a vector no event would reach another CPU than the first. */
static bool __init hvm_has_xen_time(void)
{
	if (!xen_have_vector_callback)
		return false;
	if (xen_feature(XENFEAT_hvm_safe_pvclock))
		return true;
	pr_info_once("xen: no time for guests in hardware containers, emulated timers are used\n");
	return false;
}

/**
 * xen_hvm_init_time_ops - have the time of a guest in a hardware container come
 *			   from Xen, if Xen has one for it
 *
 * Called on the boot CPU, as early as possible and again when its vcpu_info is
 * registered.  Shared info has room for those of 32 vCPUs: where a kexec left the
 * boot CPU on a later one, there is no time to read before that.
 */
void __init xen_hvm_init_time_ops(void)
{
	static bool done __initdata;

	if (done || !hvm_has_xen_time())
		return;
	if (!__this_cpu_read(xen_vcpu)) {
		pr_info("xen: vCPU %u has no clock before it has a vcpu_info\n",
			xen_vcpu_nr(0));
		return;
	}

	init_clocks();
	x86_init.timers.setup_percpu_clockev = init_time;
	x86_cpuinit.setup_percpu_clockev = init_secondary_hvm;
	x86_platform.set_wallclock = xen_pv_refuse_wall_clock;
	done = true;
}
#endif

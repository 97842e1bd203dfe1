// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's system time as a clock source and as sched_clock().
 *
 * Xen counts ns since the host was started.  For each vCPU it keeps, in vcpu_info,
 * the time at some value of the TSC and the factor from there on, so that reading
 * the time takes no hypercall.  <asm/pvclock.h> has the arithmetic; the layout is
 * the one that KVM has, too.
 */
#include <linux/cache.h>
#include <linux/clocksource.h>
#include <linux/init.h>
#include <linux/instrumentation.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/time64.h>
#include <linux/types.h>

#include <asm/clocksource.h>
#include <asm/cpufeature.h>
#include <asm/paravirt.h>
#include <asm/pvclock.h>
#include <asm/timer.h>
#include <asm/tsc.h>
#include <asm/x86_init.h>
#include <asm/xen/cpuid.h>
#include <asm/xen/hypervisor.h>

#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "clock.h"
#include "pv.h"

/* The TSC's clock source has 300, the HPET's 250 */
#define RATING_BEST		400
#define RATING_BELOW_TSC	299
#define RATING_DOM0		275

/* Leaf of Xen's, counted from the first, that tells how a guest has its TSC */
#define TSC_LEAF		3

/* What sched_clock() does not count of Xen's time */
static u64 not_counted __read_mostly;

/* sched_clock() as the domain was suspended */
static u64 counted;

/* A guest in a hardware container may have to do without Xen's time. */
static bool clock_in_use __ro_after_init;

/**
 * xen_pv_time - Xen's system time
 *
 * Context: any, also that of the tracer.
 *
 * Return: ns since the host was started, as this CPU's vCPU has it.
 */
u64 xen_pv_time(void)
{
	u64 now;

	preempt_disable_notrace();
	now = pvclock_clocksource_read_nowd(&__this_cpu_read(xen_vcpu)->time);
	preempt_enable_notrace();
	return now;
}

/*
 * sched_clock()
 */

/* Called with preemption off. */
static noinstr u64 time_counted(void)
{
	return pvclock_clocksource_read_nowd(&__this_cpu_read(xen_vcpu)->time) -
	       not_counted;
}

/* Return: kHz; 0 where Xen does not tell, and the kernel then measures it. */
static unsigned long tsc_khz_of_xen(void)
{
	struct pvclock_vcpu_time_info *time = &per_cpu(xen_vcpu, 0)->time;

	if (!time->tsc_to_system_mul)
		return 0;
	setup_force_cpu_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	return pvclock_tsc_khz(time);
}

/* Where Xen tells, it need not be measured by the PIT's ports. */
static unsigned long cpu_khz_of_xen(void)
{
	return tsc_khz_of_xen() ?: native_calibrate_cpu_early();
}

/**
 * xen_pv_init_sched_clock - have sched_clock() count from here on
 *
 * Called on the boot CPU as soon as it has a vcpu_info.
 */
void __init xen_pv_init_sched_clock(void)
{
	clock_in_use = true;
	not_counted = xen_pv_time();
	paravirt_set_sched_clock(time_counted);
	x86_platform.calibrate_tsc = tsc_khz_of_xen;
	x86_platform.calibrate_cpu = cpu_khz_of_xen;
}

/*
 * Clock source
 */

static u64 read_clocksource(struct clocksource *cs)
{
	u64 now;

	/* This one also looks whether the watchdogs have to be told of a stop. */
	preempt_disable_notrace();
	now = pvclock_clocksource_read(&__this_cpu_read(xen_vcpu)->time);
	preempt_enable_notrace();
	return now;
}

/* The page is there or not by then; processes can map it if it is. */
static int enable_clocksource(struct clocksource *cs)
{
	vclocks_set_used(VDSO_CLOCKMODE_PVCLOCK);
	return 0;
}

static struct clocksource xen_clocksource __read_mostly = {
	.name	= "xen",
	.mask	= CLOCKSOURCE_MASK(64),
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS,
	.read	= read_clocksource,
	.enable	= enable_clocksource,
};

/*
 * A domain that may be moved can use the TSC only where Xen says that it never
 * emulates RDTSC: everywhere else the next host may have another frequency.
 */
static bool __init tsc_survives_migration(void)
{
	u32 base = xen_cpuid_base();
	u32 eax, ebx, ecx, edx;

	if (!boot_cpu_has(X86_FEATURE_CONSTANT_TSC) ||
	    !boot_cpu_has(X86_FEATURE_NONSTOP_TSC) || check_tsc_unstable() ||
	    cpuid_eax(base) < base + TSC_LEAF)
		return false;

	cpuid_count(base + TSC_LEAF, 0, &eax, &ebx, &ecx, &edx);
	return ebx == XEN_CPUID_TSC_MODE_NEVER_EMULATE;
}

static int __init rating(void)
{
	/* Dom0 stays where it is. */
	if (xen_initial_domain())
		return RATING_DOM0;
	return tsc_survives_migration() ? RATING_BELOW_TSC : RATING_BEST;
}

/**
 * xen_pv_init_clocksource - register Xen's time as a clock source
 *
 * Called on the boot CPU when memory can be allocated.  Where Xen says that the
 * TSCs of all CPUs agree, the vDSO reads the time as well, and reading it does
 * not have to compare with what other CPUs have read.
 */
void __init xen_pv_init_clocksource(void)
{
	int rc;

	if (__this_cpu_read(xen_vcpu)->time.flags & PVCLOCK_TSC_STABLE_BIT) {
		pvclock_set_flags(PVCLOCK_TSC_STABLE_BIT);
		xen_clocksource.vdso_clock_mode = xen_pv_init_vdso_clock();
	}

	xen_clocksource.rating = rating();
	rc = clocksource_register_hz(&xen_clocksource, NSEC_PER_SEC);
	if (rc)
		pr_err("xen: clock source not registered: %s (%d)\n",
		       xen_errno_name(rc), rc);
}

/*
 * Suspend: the next host was started at another time.  Both are called on the
 * boot CPU in stop_machine(), and for a domain that goes on where it was, too.
 */

/**
 * xen_save_time_memory_area - the last that is done with this host's time
 */
void xen_save_time_memory_area(void)
{
	if (!clock_in_use)
		return;
	counted = xen_pv_time() - not_counted;
	xen_pv_suspend_vdso_clock();
}

/**
 * xen_restore_time_memory_area - the first that is done with the next host's
 *
 * Timekeeping is resumed behind it, and tells the vDSO what mode the clock has
 * here.
 */
void xen_restore_time_memory_area(void)
{
	/* Later than any time that this host has told. */
	pvclock_resume();
	if (!clock_in_use)
		return;
	xen_clocksource.vdso_clock_mode = xen_pv_resume_vdso_clock();
	not_counted = xen_pv_time() - counted;
}

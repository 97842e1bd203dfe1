// SPDX-License-Identifier: GPL-2.0
/*
 * The page in which the vDSO reads Xen's time.
 *
 * vcpu_info has the time, but much else as well, so that no process may map it.
 * Xen keeps a second copy of the boot CPU's where it is told to.  One copy serves
 * all CPUs, as long as Xen says that their TSCs agree.
 */
#include <linux/cache.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <asm/pvclock.h>
#include <asm/xen/hypercall.h>

#include <xen/interface/vcpu.h>
#include <xen/xen-ops.h>

#include "clock.h"
#include "pv.h"

/* NULL: the host of the boot had none, and then no other is asked */
static struct pvclock_vsyscall_time_info *time_page __ro_after_init;

/*
 * @area: NULL for Xen to write to it no more.
 * ABI: VCPUOP_register_vcpu_time_memory_area.
 */
VISIBLE_IF_KUNIT int xen_pv_register_time_area(struct pvclock_vcpu_time_info *area)
{
	struct vcpu_register_time_memory_area where = {};

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_register_time_area, area);
	where.addr.v = area;
	return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area,
				  xen_vcpu_nr(0), &where);
}

/* Return: whether Xen writes to the page no more */
static bool give_up(void)
{
	int rc = xen_pv_register_time_area(NULL);

	if (rc)
		pr_warn("xen: the vDSO's copy of the time stays registered: %s (%d)\n",
			xen_errno_name(rc), rc);
	return !rc;
}

/*
 * Xen fills the area in before the call returns.  A process that maps a page
 * without the flag makes a system call instead.
 */
VISIBLE_IF_KUNIT bool xen_pv_use_time_area(struct pvclock_vsyscall_time_info *page)
{
	int rc = xen_pv_register_time_area(&page->pvti);

	if (rc)
		pr_notice("xen: no clock in the vDSO: %s (%d)\n",
			  xen_errno_name(rc), rc);
	else if (page->pvti.flags & PVCLOCK_TSC_STABLE_BIT)
		return true;
	else if (give_up())
		memset(page, 0, sizeof(*page));
	return false;
}

static bool __init never_used(struct pvclock_vsyscall_time_info *page)
{
	return !page->pvti.version;
}

/**
 * xen_pv_init_vdso_clock - let the vDSO read Xen's time
 *
 * Called on the boot CPU, before the clock source is registered.
 *
 * Return: how the vDSO reads it: VDSO_CLOCKMODE_PVCLOCK, or
 * VDSO_CLOCKMODE_NONE, and then it makes a system call.
 */
enum vdso_clock_mode __init xen_pv_init_vdso_clock(void)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);

	if (!page)
		return VDSO_CLOCKMODE_NONE;
	if (!xen_pv_use_time_area(page)) {
		/* Xen may go on writing to one that it did not give back. */
		if (never_used(page))
			free_page((unsigned long)page);
		return VDSO_CLOCKMODE_NONE;
	}

	time_page = page;
	pvclock_set_pvti_cpu0_va(time_page);
	return VDSO_CLOCKMODE_PVCLOCK;
}

/**
 * xen_pv_suspend_vdso_clock - have no copy of this host's time
 *
 * Context: stop_machine(), or with interrupts off.
 */
void xen_pv_suspend_vdso_clock(void)
{
	if (time_page && give_up())
		clear_page(time_page);
}

/**
 * xen_pv_resume_vdso_clock - have a copy of this host's time
 *
 * The host may refuse, or its TSCs may not agree.
 *
 * Context: stop_machine(), or with interrupts off.
 *
 * Return: how the vDSO reads the time from here on.
 */
enum vdso_clock_mode xen_pv_resume_vdso_clock(void)
{
	if (time_page && xen_pv_use_time_area(time_page))
		return VDSO_CLOCKMODE_PVCLOCK;
	return VDSO_CLOCKMODE_NONE;
}

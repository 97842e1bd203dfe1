// SPDX-License-Identifier: GPL-2.0
/*
 * The two areas of guest memory that Xen keeps up to date for each vCPU:
 * vcpu_info, with pending events and the time, and the runstate, with the
 * time that others took.
 *
 * The first 32 vCPUs have a vcpu_info in the shared page from the start, the
 * others have none.  Neither will do: the few instructions that mask events
 * count on one in the per-CPU area.
 */
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <xen/page.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen-ops.h>

#include "pv.h"

/* Registered already: Xen takes it once only, and there is no way back. */
static bool has_own_vcpu_info(unsigned int cpu)
{
	return per_cpu(xen_vcpu, cpu) == &per_cpu(xen_vcpu_info, cpu);
}

/**
 * xen_pv_register_vcpu_info - give a vCPU a vcpu_info in the per-CPU area
 * @cpu: Linux's number; this CPU itself, or one that is offline
 *
 * ABI: VCPUOP_register_vcpu_info; struct vcpu_info is 64 bytes and may not
 * cross a page's end, which its alignment sees to.
 *
 * Return: 0, also where it has it; or Xen's error, and the vCPU cannot run.
 */
int xen_pv_register_vcpu_info(unsigned int cpu)
{
	struct vcpu_info *info = &per_cpu(xen_vcpu_info, cpu);
	int rc;

	BUILD_BUG_ON(sizeof(*info) > SMP_CACHE_BYTES);
	if (has_own_vcpu_info(cpu))
		return 0;

	rc = xen_pv_vcpu_register_info(xen_vcpu_nr(cpu),
				       arbitrary_virt_to_mfn(info),
				       offset_in_page(info));
	if (!rc)
		per_cpu(xen_vcpu, cpu) = info;
	return rc;
}

/**
 * xen_pv_forget_runstate - zero the figures of a vCPU that Xen does not account
 * @cpu: Linux's number; its area is not registered
 *
 * After a resume they are another host's.  The sum of stolen time is taken
 * from all possible CPUs at each suspend, and would have them once more.
 */
void xen_pv_forget_runstate(unsigned int cpu)
{
	memset(xen_runstate_area(cpu), 0, sizeof(struct vcpu_runstate_info));
}

/**
 * xen_pv_register_runstate - have Xen account a vCPU's time, or go on without
 * @cpu: Linux's number
 *
 * At boot, on a CPU's way up and after a resume alike: where Xen refuses, one
 * line says so, and the CPU runs without an account of stolen time.
 *
 * ABI: VCPUOP_register_runstate_memory_area; registering again, as after a
 * resume, is no error.
 *
 * Return: 0, always.
 */
int xen_pv_register_runstate(unsigned int cpu)
{
	int rc = xen_pv_vcpu_register_runstate(xen_vcpu_nr(cpu),
					       xen_runstate_area(cpu));

	if (rc) {
		xen_pv_forget_runstate(cpu);
		pr_warn("xen: no account of stolen time on CPU %u: %s (%d)\n",
			cpu, xen_errno_name(rc), rc);
	}
	return 0;
}

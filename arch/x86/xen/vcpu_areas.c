// SPDX-License-Identifier: GPL-2.0
/*
 * The two areas of guest memory that Xen keeps up to date for each vCPU:
 * vcpu_info, with pending events and the time, and the runstate, with the
 * time that others took.
 *
 * The first 32 vCPUs have a vcpu_info in the shared page from the start, the
 * others have none.  The instructions that mask events need it in the per-CPU
 * area, so each vCPU registers one there.
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

/* Xen accepts one registration for each vCPU, and cannot undo it. */
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
 * xen_pv_register_runstate - register a vCPU's runstate area
 * @cpu: Linux's number
 *
 * Called at boot, when a CPU comes up and after a resume.  If Xen rejects the
 * area a warning is printed, and the CPU runs without an account of stolen
 * time.
 *
 * The time that the vCPU was down or did not exist counts as stolen with Xen,
 * but not here.
 *
 * ABI: VCPUOP_register_runstate_memory_area; registering again, as after a
 * resume, is no error.  Xen writes to the area before it returns.
 *
 * Return: 0, always.
 */
int xen_pv_register_runstate(unsigned int cpu)
{
	struct vcpu_runstate_info *area = xen_runstate_area(cpu);
	struct vcpu_runstate_info before = *area;
	int rc = xen_pv_vcpu_register_runstate(xen_vcpu_nr(cpu), area);

	if (rc) {
		memset(area, 0, sizeof(*area));
		pr_warn("xen: no account of stolen time on CPU %u: %s (%d)\n",
			cpu, xen_errno_name(rc), rc);
	}
	xen_runstate_replaced(cpu, &before);
	return 0;
}

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

#include <xen/page.h>
#include <xen/pvboot/vcpu.h>

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

	rc = vcpu_register_info(xen_vcpu_nr(cpu), arbitrary_virt_to_mfn(info),
				offset_in_page(info));
	if (!rc)
		per_cpu(xen_vcpu, cpu) = info;
	return rc;
}

/**
 * xen_pv_register_runstate - have Xen account a vCPU's time
 * @cpu: Linux's number
 *
 * ABI: VCPUOP_register_runstate_memory_area; registering again, as after a
 * resume, is no error.
 *
 * Return: 0 or a negative errno; the vCPU can run without, and then nothing is
 * known of stolen time.
 */
int xen_pv_register_runstate(unsigned int cpu)
{
	return vcpu_register_runstate(xen_vcpu_nr(cpu),
				      &per_cpu(xen_runstate, cpu));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPUs of a guest in a hardware container, for the tree's own files of
 * such guests: their vcpu_info, their return after a resume, and the steps of
 * CPU hotplug.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <xen/features.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>
#include <xen/interface/vcpu.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "pv.h"

/**
 * xen_vcpu_setup - register a CPU's own vcpu_info
 * @cpu: Linux's number
 *
 * Once in the life of a vCPU: Xen refuses a second area, so a CPU that comes
 * back keeps the one that it had.  Its time and events are read there, and it
 * cannot run without.
 *
 * Context: boot, CPU hotplug, resume.
 * ABI: VCPUOP_register_vcpu_info; the area may not cross the end of a page.
 */
void xen_vcpu_setup(int cpu)
{
	struct vcpu_info *area = &per_cpu(xen_vcpu_info, cpu);
	struct vcpu_register_vcpu_info info;
	int rc;

	BUILD_BUG_ON(sizeof(*area) > SMP_CACHE_BYTES);
	if (per_cpu(xen_vcpu, cpu) == area)
		return;

	info.mfn = arbitrary_virt_to_mfn(area);
	info.offset = offset_in_page(area);
	rc = HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, xen_vcpu_nr(cpu),
				&info);
	if (rc)
		panic("xen: vcpu_info of CPU %d: %s (%d)\n", cpu,
		      xen_errno_name(rc), rc);

	per_cpu(xen_vcpu, cpu) = area;
}

static bool is_up(unsigned int cpu)
{
	return HYPERVISOR_vcpu_op(VCPUOP_is_up, xen_vcpu_nr(cpu), NULL) > 0;
}

static void vcpu_op_or_panic(unsigned int cmd, unsigned int cpu)
{
	int rc = HYPERVISOR_vcpu_op(cmd, xen_vcpu_nr(cpu), NULL);

	if (rc)
		panic("xen: vcpu_op %u of CPU %u after a resume: %s (%d)\n",
		      cmd, cpu, xen_errno_name(rc), rc);
}

/* Offline CPUs get theirs when they come up. */
static void register_again(unsigned int cpu)
{
	if (xen_feature(XENFEAT_hvm_safe_pvclock))
		xen_setup_runstate_info(cpu);

	xen_vcpu_info_reset(cpu);
	if (cpu_online(cpu))
		xen_vcpu_setup(cpu);
}

/**
 * xen_vcpu_restore - register again what a resumed domain's vCPUs had
 *
 * A vCPU must not run while its vcpu_info changes place, so the others are
 * taken down meanwhile.
 *
 * Context: stop_machine(), on one CPU.
 */
void xen_vcpu_restore(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		bool stop;

		if (xen_vcpu_nr(cpu) == XEN_VCPU_ID_INVALID)
			continue;

		stop = cpu != smp_processor_id() && is_up(cpu);
		if (stop)
			vcpu_op_or_panic(VCPUOP_down, cpu);
		register_again(cpu);
		if (stop)
			vcpu_op_or_panic(VCPUOP_up, cpu);
	}
}

static int init_lock(unsigned int cpu)
{
	xen_init_lock_cpu(cpu);
	return 0;
}

/**
 * xen_cpuhp_setup - install what a guest does when a CPU comes or goes
 * @prepare: before a CPU starts, on another CPU
 * @dead: after it has gone
 *
 * Return: 0, or an error and neither is installed.
 */
int xen_cpuhp_setup(int (*prepare)(unsigned int), int (*dead)(unsigned int))
{
	int rc;

	rc = cpuhp_setup_state_nocalls(CPUHP_XEN_PREPARE,
				       "x86/xen/guest:prepare", prepare, dead);
	if (rc < 0)
		return rc;

	rc = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
				       "x86/xen/guest:online", init_lock, NULL);
	if (rc < 0) {
		cpuhp_remove_state_nocalls(CPUHP_XEN_PREPARE);
		return rc;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Around SCHEDOP_shutdown with SHUTDOWN_suspend: a PV guest that comes back
 * may find itself on another host, with other machine frames under its pages.
 *
 * Called on the boot CPU in stop_machine(), with interrupts off on all CPUs.
 */
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <asm/fixmap.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "pv.h"

/*
 * In the image of a suspended domain these two frame numbers of start_info are
 * pfns, which the toolstack translates.
 */
static void start_info_to_pfns(void)
{
	struct start_info *si = xen_start_info;

	si->console.domU.mfn = mfn_to_pfn(si->console.domU.mfn);
	si->store_mfn = mfn_to_pfn(si->store_mfn);
}

static void start_info_to_mfns(void)
{
	struct start_info *si = xen_start_info;

	si->console.domU.mfn = pfn_to_mfn(si->console.domU.mfn);
	si->store_mfn = pfn_to_mfn(si->store_mfn);
}

/**
 * xen_pv_pre_suspend - unmap and translate what belongs to this host
 *
 * ABI: the shared info page must not be mapped in a suspended domain.
 */
void xen_pv_pre_suspend(void)
{
	unsigned long va = fix_to_virt(FIX_PARAVIRT_BOOTMAP);
	int rc;

	WARN_ON_ONCE(!irqs_disabled());

	xen_mm_pin_all();
	xen_mm_kmaps_to_pfns();

	HYPERVISOR_shared_info = &xen_dummy_shared_info;
	rc = HYPERVISOR_update_va_mapping(va, __pte_ma(0), 0);
	if (rc)
		xen_pv_fatal("unmapping shared info", 0, va, rc);

	start_info_to_pfns();
}

static void map_shared_info(void)
{
	set_fixmap(FIX_PARAVIRT_BOOTMAP, xen_start_info->shared_info);
	HYPERVISOR_shared_info = (void *)fix_to_virt(FIX_PARAVIRT_BOOTMAP);
}

/*
 * Xen moves another vCPU's vcpu_info only while that vCPU is down.  The other
 * CPUs are in stop_machine() with interrupts off, so that they do not notice.
 */
static void renew_areas(unsigned int cpu)
{
	unsigned int vcpu = xen_vcpu_nr(cpu);
	bool other = cpu != smp_processor_id();
	int rc;

	rc = other ? xen_pv_vcpu_down(vcpu) : 0;
	if (rc)
		xen_pv_fatal("VCPUOP_down after a resume", vcpu, 0, rc);

	xen_vcpu_info_reset(cpu);
	rc = xen_pv_register_vcpu_info(cpu);
	if (rc)
		xen_pv_fatal("VCPUOP_register_vcpu_info after a resume", vcpu,
			     0, rc);

	rc = other ? xen_pv_vcpu_up(vcpu) : 0;
	if (rc)
		xen_pv_fatal("VCPUOP_up after a resume", vcpu, 0, rc);

	xen_pv_register_runstate(cpu);
}

/*
 * A toolstack that restores a domain restores callbacks and trap tables too,
 * as far as its image has them.  Do not rely on that for the boot CPU, on which
 * this runs before it can take a trap or an event.  Neither function returns if
 * Xen rejects a registration.
 */
static void reregister_boot_cpu(void)
{
	xen_pv_reregister_callbacks();
	xen_pv_reregister_traps();
}

/*
 * vCPUs that were up continue with the context that the toolstack saved.  Those
 * that were offline have no context and no registrations any more: they get
 * both when they come up, as at boot.
 */
static void renew_vcpus(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu_online(cpu))
			renew_areas(cpu);
		else
			xen_vcpu_info_reset(cpu);
	}
#ifdef CONFIG_SMP
	cpumask_copy(xen_cpu_initialized_map, cpu_online_mask);
#endif
	xen_pv_forget_cpuid();
	reregister_boot_cpu();
}

/**
 * xen_pv_post_suspend - map and register what belongs to the host
 * @suspend_cancelled: not 0 where the domain was not suspended after all: what
 *		       was registered with Xen still is
 */
void xen_pv_post_suspend(int suspend_cancelled)
{
	xen_pv_resuming = !suspend_cancelled;
	xen_pv_build_mfn_list_list();
	map_shared_info();
	xen_pv_setup_mfn_list_list();

	if (suspend_cancelled)
		start_info_to_mfns();
	else
		renew_vcpus();
	xen_pv_resuming = false;

	xen_mm_kmaps_to_mfns();
	xen_mm_unpin_all(!suspend_cancelled);
}

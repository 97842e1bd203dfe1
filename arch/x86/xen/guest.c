// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest of any kind knows of itself and of Xen: which kind it is, where
 * the pages lie that it shares with Xen, which number Xen has for each CPU.
 */
#include <linux/cache.h>
#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/printk.h>

#include <xen/events.h>
#include <xen/features.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <xen/interface/version.h>
#include <xen/interface/xen.h>

#include <asm/cpu.h>
#include <asm/paravirt.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/interface.h>
#include <asm/xen/page.h>

#include "ops.h"

/*
 * Set by the first code of a guest.  A PVH guest's runs before .bss is cleared,
 * so these two have sections of their own.
 */
enum xen_domain_type xen_domain_type __ro_after_init = XEN_NATIVE;
EXPORT_SYMBOL_GPL(xen_domain_type);
u32 xen_start_flags __ro_after_init;
EXPORT_SYMBOL(xen_start_flags);

/* A PV guest's page of the toolstack; NULL in others */
struct start_info *xen_start_info;
EXPORT_SYMBOL_GPL(xen_start_info);

/*
 * The page that the domain shares with Xen.  Until it is mapped, and from
 * before a suspend until it is mapped again, an empty one stands in for it.
 */
struct shared_info xen_dummy_shared_info;
struct shared_info *HYPERVISOR_shared_info = &xen_dummy_shared_info;

/*
 * Each CPU's vcpu_info: in the shared page at first, then the area of its own
 * as soon as that is registered.  Masking events reads the pointer.
 */
DEFINE_PER_CPU(struct vcpu_info *, xen_vcpu);
DEFINE_PER_CPU_ALIGNED(struct vcpu_info, xen_vcpu_info);

/* Xen's number of each CPU */
DEFINE_PER_CPU(u32, xen_vcpu_id);
EXPORT_PER_CPU_SYMBOL(xen_vcpu_id);

/* The machine's table from its frames to the guest's, in Xen's address space */
unsigned long *machine_to_phys_mapping = (void *)MACH2PHYS_VIRT_START;
EXPORT_SYMBOL(machine_to_phys_mapping);
unsigned long machine_to_phys_nr;
EXPORT_SYMBOL(machine_to_phys_nr);

/* Events come by a vector: an HVM guest of an old Xen clears this. */
bool xen_have_vector_callback __read_mostly = true;
EXPORT_SYMBOL_GPL(xen_have_vector_callback);

/**
 * xen_vcpu_info_reset - take the vcpu_info in the shared page
 * @cpu: Linux's number; nothing is registered for it
 *
 * Beyond the shared page's 32 there is none: the pointer is NULL until the
 * CPU's own area is registered.
 */
void xen_vcpu_info_reset(int cpu)
{
	u32 id = xen_vcpu_nr(cpu);
	struct vcpu_info *info = NULL;

	if (id < MAX_VIRT_CPUS)
		info = &HYPERVISOR_shared_info->vcpu_info[id];
	per_cpu(xen_vcpu, cpu) = info;
}

static unsigned int xen_version(void)
{
	return HYPERVISOR_xen_version(XENVER_version, NULL);
}

#define VERSION(major, minor)	((major) << 16 | (minor))

/**
 * xen_running_on_version_or_later - compare the version of Xen
 * @major: 4 in 4.17
 * @minor: 17 in 4.17; 65535 at most
 *
 * ABI: XENVER_version; it cannot fail.
 *
 * Return: true where this Xen is that version or a newer one; false on an older
 * one, and where there is no Xen.
 */
bool xen_running_on_version_or_later(unsigned int major, unsigned int minor)
{
	return xen_domain() && xen_version() >= VERSION(major, minor);
}

/**
 * xen_banner - say what the kernel runs on
 *
 * Context: setup_arch() by x86_init.oem.banner.
 */
void __init xen_banner(void)
{
	struct xen_extraversion extra = {};
	unsigned int version = xen_version();

	/* Without an answer the line ends earlier. */
	if (HYPERVISOR_xen_version(XENVER_extraversion, &extra))
		extra.extraversion[0] = '\0';

	pr_info("Booting kernel on %s\n", pv_info.name);
	pr_info("Xen version: %u.%u%s%s\n", version >> 16, version & 0xffff,
		extra.extraversion,
		xen_feature(XENFEAT_mmu_pt_update_preserve_ad) ?
		" (preserve-AD)" : "");
}

/**
 * xen_add_preferred_consoles - where messages go without console=
 *
 * The last one is /dev/console: the screen where the machine has one, Xen's
 * console elsewhere.
 */
void __init xen_add_preferred_consoles(void)
{
	bool has_screen = boot_params.screen_info.orig_video_isVGA;

	add_preferred_console("xenboot", 0, NULL);
	if (!has_screen)
		add_preferred_console("tty", 0, NULL);
	add_preferred_console("hvc", 0, NULL);
	if (has_screen)
		add_preferred_console("tty", 0, NULL);
}

#ifdef CONFIG_HOTPLUG_CPU
/* For drivers/xen/cpu_hotplug.c, which every architecture has */
void xen_arch_register_cpu(int num)
{
	int rc = arch_register_cpu(num);

	if (rc)
		pr_warn("xen: CPU %d cannot be registered: %d\n", num, rc);
}
EXPORT_SYMBOL(xen_arch_register_cpu);

void xen_arch_unregister_cpu(int num)
{
	arch_unregister_cpu(num);
}
EXPORT_SYMBOL(xen_arch_unregister_cpu);
#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks of x86_init, x86_platform and machine_ops: the machine as a PV guest
 * finds it.
 *
 * xen_pv_install_platform_ops() at the end installs every one, by theme.  The
 * functions above it are what the hooks call, by theme as well.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/acpi.h>
#include <linux/bug.h>
#include <linux/cpufreq.h>
#include <linux/cpuidle.h>
#include <linux/init.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/virtio_anchor.h>

#include <xen/acpi.h>
#include <xen/events.h>
#include <xen/xen.h>
#include <xen/interface/nmi.h>
#include <xen/interface/sched.h>
#include <xen/interface/xen.h>

#include <asm/apic.h>
#include <asm/fixmap.h>
#include <asm/hypervisor.h>
#include <asm/io_apic.h>
#include <asm/mach_traps.h>
#include <asm/numa.h>
#include <asm/pci_x86.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <asm/reboot.h>
#include <asm/setup.h>
#include <asm/x86_init.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/pci.h>

#include "pv.h"

/*
 * Platform: page tables can change by now
 */

static void __init map_shared_info(void)
{
	/* The fixmap's last level is not there yet */
	xen_pv_populate_fixmap(FIX_PARAVIRT_BOOTMAP);

	/* start_info has the machine address, and so does the page table */
	set_fixmap(FIX_PARAVIRT_BOOTMAP, xen_start_info->shared_info);
	HYPERVISOR_shared_info = (void *)fix_to_virt(FIX_PARAVIRT_BOOTMAP);

	/* The boot CPU's part of the stand-in page is out of date now */
	xen_vcpu_info_reset(0);
}

static void __init init_platform(void)
{
	xen_pv_check_memory_limit();

	/* virtio's back ends reach a PV guest's memory by grants only */
	if (IS_ENABLED(CONFIG_XEN_VIRTIO))
		virtio_set_mem_acc_cb(xen_virtio_restricted_mem_acc);

	/*
	 * maxcpus=0 and nosmp do without I/O APICs, too.  One CPU is all that they
	 * need to mean: interrupts come through Xen.
	 */
	if (IS_ENABLED(CONFIG_SMP) && !setup_max_cpus)
		ioapic_is_disabled = false;

	map_shared_info();
	xen_pv_choose_apic();

	/* The clock reads the shared page */
	xen_init_time_ops();

	xen_pv_show_memory_types();

	/* Before any table is sized by the number of CPUs */
	xen_pv_smp_count_cpus();
}

static void __init late_init(void)
{
#ifndef CONFIG_SMP
	/* With SMP, done when the boot CPU's per-CPU area is at its place */
	xen_pv_setup_vcpu_info_placement();
#endif
}

/*
 * Architecture: what setup_arch() leaves to the platform
 */

/*
 * Later page-table code writes single entries of pinned tables and counts on
 * Xen to emulate that.
 */
static void __init want_writable_pagetables(void)
{
	int rc = HYPERVISOR_vm_assist(VMASST_CMD_enable,
				      VMASST_TYPE_writable_pagetables);

	if (rc)
		xen_pv_fatal("vm_assist", 0, VMASST_TYPE_writable_pagetables,
			     rc);
}

static void __init leave_to_xen(void)
{
#ifdef CONFIG_ACPI
	/* Firmware tables are dom0's */
	if (!xen_initial_domain()) {
		pr_info("ACPI is for the initial domain, off in this one\n");
		disable_acpi();
	}
#endif

	/* Idling is a hypercall and knows no states; nor do frequencies */
	disable_cpuidle();
	disable_cpufreq();
	WARN(xen_set_default_idle(), "an idle routine was chosen before Xen's\n");

#ifdef CONFIG_NUMA
	/* Pages come from wherever Xen had some */
	numa_off = 1;
#endif
}

static void __init arch_setup(void)
{
	xen_panic_handler_init();
	want_writable_pagetables();
	xen_pv_register_boot_callbacks();
	leave_to_xen();
}

static void __init init_irq(void)
{
	xen_init_IRQ();

	/* Linux has set its gates up: Xen may have them instead of early stubs */
	xen_pv_commit_early_gates();
	xen_pv_register_boot_compat();
}

/* The last of x86_late_time_init(): there are consoles, traps and a timer. */
static void __init init_interrupt_mode(void)
{
	x86_64_probe_apic();
	xen_pv_end_by_panic();
}

/*
 * Runtime
 */

/* Port 0x61 as dom0's NMI handler would find it */
static unsigned char nmi_reason(void)
{
	const unsigned long *reason = &HYPERVISOR_shared_info->arch.nmi_reason;
	unsigned char port = 0;

	if (test_bit(_XEN_NMIREASON_pci_serr, reason))
		port |= NMI_REASON_SERR;
	if (test_bit(_XEN_NMIREASON_io_error, reason))
		port |= NMI_REASON_IOCHK;

	return port;
}

static void dom0_legacy_features(void)
{
	x86_platform.legacy.rtc = 1;
}

static void domu_legacy_features(void)
{
	/* The wall clock comes from Xen */
	x86_platform.legacy.rtc = 0;
}

/*
 * Reset and power: the reason that the toolstack acts on
 */

static void do_restart(char *command)
{
	xen_reboot(SHUTDOWN_reboot);
}

static void do_halt(void)
{
	xen_reboot(SHUTDOWN_poweroff);
}

static void do_power_off(void)
{
	/* In dom0 a driver may know how to switch the machine off */
	do_kernel_power_off();
	xen_reboot(SHUTDOWN_poweroff);
}

static void do_crash_shutdown(struct pt_regs *regs)
{
	xen_reboot(SHUTDOWN_crash);
}

/*
 * Hypervisor detection
 */

static u32 __init detect(void)
{
	return xen_pv_domain() ? xen_cpuid_base() : 0;
}

/* Listed in cpu/hypervisor.c by this name */
const __initconst struct hypervisor_x86 x86_hyper_xen_pv = {
	.name		= "Xen PV",
	.type		= X86_HYPER_XEN_PV,
	.detect		= detect,
	.runtime	= { .pin_vcpu = xen_pin_vcpu },

	/* "nopv" cannot be obeyed: this kernel is PV already */
	.ignore_nopv	= true,
};

/*
 * Installation
 */

static void __init install_setup_hooks(void)
{
	x86_init.resources.memory_setup = xen_memory_setup;
	x86_init.oem.arch_setup = arch_setup;
	x86_init.oem.banner = xen_banner;
	x86_init.hyper.init_platform = init_platform;
	x86_init.hyper.guest_late_init = late_init;

	/* No CPU of ours starts in real mode, so no trampoline is needed */
	x86_platform.realmode_reserve = x86_init_noop;
	x86_platform.realmode_init = x86_init_noop;

	x86_platform.set_legacy_features = xen_initial_domain() ?
					   dom0_legacy_features :
					   domu_legacy_features;
}

static void __init install_interrupt_hooks(void)
{
	/* There is one mode, event channels, and so nothing to select */
	x86_init.irqs.intr_mode_select = x86_init_noop;
	x86_init.irqs.intr_mode_init = init_interrupt_mode;
	x86_init.irqs.intr_init = init_irq;

	x86_platform.get_nmi_reason = nmi_reason;
}

static void __init install_pci_hooks(void)
{
#ifdef CONFIG_PCI
	/* A PV guest cannot call the BIOS */
	pci_probe &= ~PCI_PROBE_BIOS;

	if (xen_initial_domain())
		pci_request_acs();
#endif
	/* A domU has no bus of its own, only what pciback passes to it */
	if (pci_xen && !xen_initial_domain())
		x86_init.pci.arch_init = pci_xen_init;
}

static void __init install_acpi_hooks(void)
{
#ifdef CONFIG_ACPI_NUMA
	/* Its ranges are of machine memory, ours are not */
	disable_srat();
#endif
	if (!xen_initial_domain())
		return;

	xen_acpi_sleep_register();
#ifdef CONFIG_ACPI
	/* How corrected errors are reported is for the hypervisor to decide */
	acpi_disable_cmcff = 1;
#endif
}

static void __init install_machine_ops(void)
{
	machine_ops.restart = do_restart;
	machine_ops.halt = do_halt;
	machine_ops.power_off = do_power_off;
	machine_ops.shutdown = do_halt;
	machine_ops.crash_shutdown = do_crash_shutdown;
	machine_ops.emergency_restart = xen_emergency_restart;
}

/**
 * xen_pv_install_platform_ops() - put Xen's machine in place of a PC
 *
 * Once, on the boot CPU, as soon as it is known which domain this is.
 */
void __init xen_pv_install_platform_ops(void)
{
	install_setup_hooks();
	install_interrupt_hooks();
	install_pci_hooks();
	install_acpi_hooks();
	install_machine_ops();
}

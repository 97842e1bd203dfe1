// SPDX-License-Identifier: GPL-2.0
/*
 * The boot CPU from its first C function to start_kernel().  What each step
 * does is in the file that is named after it.
 *
 * Compiled without the stack protector: its canary cannot be read until the
 * GDT and the per-CPU base are set up.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/start_kernel.h>
#include <linux/static_call.h>

#include <asm/cpu.h>
#include <asm/bios_ebda.h>
#include <asm/desc.h>
#include <asm/io_apic.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/text-patching.h>
#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>

#include <xen/features.h>
#include <xen/hvc-console.h>
#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>
#include <xen/xen.h>

#include "entry.h"
#include "pv.h"
#include "../kernel/cpu/cpu.h"

#ifdef CONFIG_X86_32
/* 64-bit has it in head64.c; natively head_32.S does it. */
void __init clear_bss(void)
{
	memset(__bss_start, 0, __bss_stop - __bss_start);
}
#endif

/* From here on hypercalls work. */
static void __init enable_hypercalls(void)
{
	xen_domain_type = XEN_PV_DOMAIN;
	/* Code all over the kernel asks this bit whether it runs as PV */
	setup_force_cpu_cap(X86_FEATURE_XENPV);
	/*
	 * A null selector may have a base on any CPU: Xen puts in the selector where
	 * one does not load, and restores the base that it had.
	 */
	if (IS_ENABLED(CONFIG_X86_64))
		setup_force_cpu_bug(X86_BUG_NULL_SEG);
	static_call_update_early(xen_hypercall, xen_hypercall_pv);
}

#ifdef CONFIG_X86_64
/* Called by xen-head.S, in place of xen_start_kernel(). */
asmlinkage void xen_pv_no_percpu_area(int rc);
asmlinkage __visible void __init xen_pv_no_percpu_area(int rc)
{
	clear_bss();
	enable_hypercalls();
	xen_pv_fatal("set_segment_base", 0, 0, rc);
}
#endif

/* Until then nothing that is called is instrumented, nor formats a line. */
static void __init map_early_shadow(const struct start_info *si)
{
	static char line[] __initdata =
		"xen: FATAL: no early shadow memory for KASAN\r\n";

	if (!IS_ENABLED(CONFIG_KASAN) || !xen_pv_map_early_shadow(si))
		return;
	for (;;)
		xen_pv_crash_with(line, sizeof(line) - 1);
}

static void __init take_start_info(struct start_info *si)
{
	clear_bss();
	xen_start_info = si;
	xen_start_flags = si->flags;
	early_boot_irqs_disabled = true;
	enable_hypercalls();
	map_early_shadow(si);
	xen_setup_features();
}

/*
 * Exceptions may come before alternatives are patched in.  The one jump of the
 * way back that hardware and Xen disagree on is patched by hand.
 */
static void __init return_by_xen_iret(void)
{
	__text_gen_insn(&early_xen_iret_patch, JMP32_INSN_OPCODE,
			&early_xen_iret_patch, &xen_iret, JMP32_INSN_SIZE);
}

static void __init prepare_page_tables(void)
{
	xen_pv_setup_machphys_mapping();
	xen_pv_init_mmu_ops();

	/* Global pages are Xen's way of telling user from kernel pages. */
	__default_kernel_pte_mask &= ~_PAGE_GLOBAL;
	__supported_pte_mask &= ~_PAGE_GLOBAL;

	xen_pv_build_dynamic_phys_to_machine();

	cpuid_scan_cpu(&boot_cpu_data);
	get_cpu_cap(&boot_cpu_data);
	x86_configure_nx();
}

static void __init map_all_memory(void)
{
	xen_raw_console_write("mapping kernel into physical memory\n");
	xen_setup_kernel_pagetable((pgd_t *)xen_start_info->pt_base,
				   xen_start_info->nr_pages);
	xen_pv_reserve_special_pages();
}

/* The kernel itself uses ports: on AMD as soon as it identifies the CPU. */
static void __init allow_ports(void)
{
	struct physdev_set_iopl set_iopl = { .iopl = 1 };
	int rc = HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &set_iopl);

	if (rc)
		xen_raw_printk("PHYSDEVOP_set_iopl: %s (%d)\n",
			       xen_errno_name(rc), rc);
}

#ifdef CONFIG_X86_64
static void __init start_linux(void)
{
	x86_64_start_reservations((char *)__pa_symbol(&boot_params));
}
#else
/*
 * What head_32.S and i386_start_kernel() do on hardware, without its IDT and
 * microcode.  setup_arch() copies new_cpu_data over what was found out.
 */
static void __init start_linux(void)
{
	strscpy(boot_command_line, xen_start_info->cmd_line, COMMAND_LINE_SIZE);
	new_cpu_data = boot_cpu_data;

	x86_early_init_platform_quirks();
	x86_init.resources.reserve_resources = i386_reserve_resources;
	x86_init.mpparse.setup_ioapic_ids = setup_ioapic_ids_from_mpc;
	start_kernel();
}
#endif

/**
 * xen_start_kernel - first C function of the boot CPU
 * @si: this domain's start_info, mapped and writable
 *
 * Called by xen-head.S with events masked.  Does not return.
 */
asmlinkage __visible void __init xen_start_kernel(struct start_info *si)
{
	/* Xen: hypercalls, the way back from traps, every hook */
	take_start_info(si);
	return_by_xen_iret();
	xen_pv_install_ops();
	xen_vcpu_info_reset(0);
	xen_pv_install_platform_ops();

	/* The CPU: page-table format, GDT, virtual IDT, features */
	prepare_page_tables();
	xen_pv_setup_boot_gdt();
	get_cpu_address_sizes(&boot_cpu_data);
	per_cpu(xen_vcpu_id, 0) = 0;
	xen_pv_plan_failures();
	idt_setup_early_handler();
	xen_pv_init_capabilities();

	/* The machine: APIC, other CPUs, memory, ports */
	xen_pv_init_apic();
	xen_pv_install_smp_ops();
	local_irq_disable();
	map_all_memory();
	allow_ports();

	/* What Linux expects to find; then Linux */
	xen_pv_fill_boot_params();
	xen_add_preferred_consoles();
	xen_raw_console_write("about to get started...\n");
	xen_pv_register_runstate(0);
	xen_efi_init(&boot_params);
	cr4_init_shadow();
	start_linux();
}

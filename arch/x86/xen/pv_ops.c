// SPDX-License-Identifier: GPL-2.0
/*
 * What Linux calls in place of privileged instructions, all in one place.
 *
 * The memory management half of pv_ops is installed by xen_pv_init_mmu_ops().
 */
#include <linux/init.h>

#include <asm/io_bitmap.h>
#include <asm/paravirt.h>

#include "pmu.h"
#include "pv.h"

#ifdef _ARCH_X86_XEN_COMPAT_H
/* In 6.12 a write has two halves, and the delay is a function. */
static u64 read_msr_safe(unsigned int msr, int *err)
{
	u64 val;

	*err = xen_pv_read_msr_safe(msr, &val);
	return val;
}

static void write_msr(unsigned int msr, unsigned int low, unsigned int high)
{
	xen_pv_write_msr(msr, (u64)high << 32 | low);
}

static int write_msr_safe(unsigned int msr, unsigned int low, unsigned int high)
{
	return xen_pv_write_msr_safe(msr, (u64)high << 32 | low);
}

static void no_io_delay(void)
{
}

static void __init install_msr_ops(void)
{
	pv_ops.cpu.read_msr_safe = read_msr_safe;
	pv_ops.cpu.write_msr = write_msr;
	pv_ops.cpu.write_msr_safe = write_msr_safe;
}

static void __init leave_io_delay_out(void)
{
	pv_ops.cpu.io_delay = no_io_delay;
}
#else
static void __init install_msr_ops(void)
{
	pv_ops.cpu.read_msr_safe = xen_pv_read_msr_safe;
	pv_ops.cpu.write_msr = xen_pv_write_msr;
	pv_ops.cpu.write_msr_safe = xen_pv_write_msr_safe;
}

static void __init leave_io_delay_out(void)
{
	pv_info.io_delay = false;
}
#endif

/* Installed field by field, by theme: what is not named keeps the native op. */
static void __init install_processor_ops(void)
{
	pv_ops.cpu.cpuid = xen_pv_cpuid;

	pv_ops.cpu.read_msr = xen_pv_read_msr;
	pv_ops.cpu.read_pmc = xen_pv_read_pmc;

	pv_ops.cpu.read_cr0 = xen_pv_read_cr0;
	pv_ops.cpu.write_cr0 = xen_pv_write_cr0;
	pv_ops.cpu.write_cr4 = xen_pv_write_cr4;

	pv_ops.cpu.get_debugreg = xen_pv_get_debugreg;
	pv_ops.cpu.set_debugreg = xen_pv_set_debugreg;
}

static void __init install_descriptor_ops(void)
{
	pv_ops.cpu.load_idt = xen_pv_load_idt;
	pv_ops.cpu.write_idt_entry = xen_pv_write_idt_entry;

	pv_ops.cpu.load_gdt = xen_pv_load_gdt;
	pv_ops.cpu.write_gdt_entry = xen_pv_write_gdt_entry;

	pv_ops.cpu.alloc_ldt = xen_pv_alloc_ldt;
	pv_ops.cpu.free_ldt = xen_pv_free_ldt;
	pv_ops.cpu.set_ldt = xen_pv_set_ldt;
	pv_ops.cpu.write_ldt_entry = xen_pv_write_ldt_entry;

	pv_ops.cpu.load_tls = xen_pv_load_tls;
#ifdef CONFIG_X86_64
	pv_ops.cpu.load_gs_index = xen_pv_load_gs_index;
#endif

	/* The task register is the hypervisor's. */
	pv_ops.cpu.load_tr_desc = paravirt_nop;
	pv_ops.cpu.store_tr = xen_pv_store_tr;
}

static void __init install_task_ops(void)
{
	pv_ops.cpu.load_sp0 = xen_pv_load_sp0;
	pv_ops.cpu.start_context_switch = xen_pv_start_context_switch;
	pv_ops.cpu.end_context_switch = xen_pv_end_context_switch;
#ifdef CONFIG_X86_IOPL_IOPERM
	pv_ops.cpu.update_io_bitmap = xen_pv_update_io_bitmap;
	pv_ops.cpu.invalidate_io_bitmap = xen_pv_invalidate_io_bitmap;
#endif
}

/**
 * xen_pv_install_ops - put Xen's way in place of the processor's
 *
 * The first thing that xen_start_kernel() needs: from here on C code may use
 * what Linux offers on any machine.
 */
void __init xen_pv_install_ops(void)
{
	pv_info.name = "Xen";
#ifdef CONFIG_X86_64
	/* What Xen itself puts into cs of a 64-bit program */
	pv_info.extra_user_64bit_cs = FLAT_USER_CS64;
#endif
	/* Ports are the hypervisor's or emulated: no slow bus to wait for */
	leave_io_delay_out();

	install_msr_ops();
	install_processor_ops();
	install_descriptor_ops();
	install_task_ops();
	xen_pv_install_early_irq_ops();
}

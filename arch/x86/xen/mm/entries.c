// SPDX-License-Identifier: GPL-2.0
/*
 * Entries as Linux sees them and as the processor has them.
 *
 * A pte_t in memory is the machine's.  What Linux makes of it, and makes it of,
 * passes through here, so that a frame number in Linux is always a pfn.  The
 * functions here are the whole of it; those in entry_ops.S come first and do
 * what is plain.
 */
#include <linux/init.h>

#include <asm/paravirt.h>

#include "mm.h"

/* The lowest level maps anything: this guest's memory, others', devices. */
__visible pteval_t xen_pv_pte_val(pte_t pte)
{
	return xen_pv_entry_to_kernel(pte.pte);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pte_val);

/* Every other level points to tables. */
__visible pmdval_t xen_pv_pmd_val(pmd_t pmd)
{
	return xen_pv_table_entry_to_kernel(pmd.pmd);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pmd_val);

/* What the processor has to have is the same at all of them. */
__visible pte_t xen_pv_make_pte(pteval_t val)
{
	return native_make_pte(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_pte);

#ifdef CONFIG_X86_64
#define PTE_VAL		__PV_IS_CALLEE_SAVE(xen_pv_fast_pte_val)
#define TABLE_VAL	__PV_IS_CALLEE_SAVE(xen_pv_fast_table_val)
#define MAKE		__PV_IS_CALLEE_SAVE(xen_pv_fast_make)
#else
#define PTE_VAL		PV_CALLEE_SAVE(xen_pv_pte_val)
#define TABLE_VAL	PV_CALLEE_SAVE(xen_pv_pmd_val)
#define MAKE		PV_CALLEE_SAVE(xen_pv_make_pte)
#endif

#if CONFIG_PGTABLE_LEVELS >= 4
static void __init install_pud_ops(void)
{
	pv_ops.mmu.pud_val = TABLE_VAL;
	pv_ops.mmu.make_pud = MAKE;
}
#else
static void __init install_pud_ops(void)
{
}
#endif

#if CONFIG_PGTABLE_LEVELS >= 5
static void __init install_p4d_ops(void)
{
	pv_ops.mmu.p4d_val = TABLE_VAL;
	pv_ops.mmu.make_p4d = MAKE;
}
#else
static void __init install_p4d_ops(void)
{
}
#endif

/**
 * xen_pv_install_entry_ops - pv_ops of this file
 */
void __init xen_pv_install_entry_ops(void)
{
	pv_ops.mmu.pte_val = PTE_VAL;
	pv_ops.mmu.pmd_val = TABLE_VAL;
	pv_ops.mmu.pgd_val = TABLE_VAL;

	pv_ops.mmu.make_pte = MAKE;
	pv_ops.mmu.make_pmd = MAKE;
	pv_ops.mmu.make_pgd = MAKE;

	install_pud_ops();
	install_p4d_ops();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Entries as Linux sees them and as the processor has them.
 *
 * A pte_t in memory is the machine's.  What Linux makes of it, and makes it of,
 * passes through here, so that a frame number in Linux is always a pfn.
 */
#include <linux/init.h>

#include <asm/paravirt.h>

#include "mm.h"

/*
 * The lowest level maps anything: this guest's memory, other domains', devices.
 */

__visible pteval_t xen_pv_pte_val(pte_t pte)
{
	return xen_pv_entry_to_kernel(pte.pte);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pte_val);

__visible pte_t xen_pv_make_pte(pteval_t val)
{
	return native_make_pte(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_pte);

/*
 * Every other level points to tables.
 */

__visible pmdval_t xen_pv_pmd_val(pmd_t pmd)
{
	return xen_pv_table_entry_to_kernel(pmd.pmd);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pmd_val);

__visible pmd_t xen_pv_make_pmd(pmdval_t val)
{
	return native_make_pmd(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_pmd);

__visible pudval_t xen_pv_pud_val(pud_t pud)
{
	return xen_pv_table_entry_to_kernel(pud.pud);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pud_val);

__visible pud_t xen_pv_make_pud(pudval_t val)
{
	return native_make_pud(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_pud);

#if CONFIG_PGTABLE_LEVELS >= 5
__visible p4dval_t xen_pv_p4d_val(p4d_t p4d)
{
	return xen_pv_table_entry_to_kernel(p4d.p4d);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_p4d_val);

__visible p4d_t xen_pv_make_p4d(p4dval_t val)
{
	return native_make_p4d(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_p4d);

static void __init install_p4d_ops(void)
{
	pv_ops.mmu.p4d_val = PV_CALLEE_SAVE(xen_pv_p4d_val);
	pv_ops.mmu.make_p4d = PV_CALLEE_SAVE(xen_pv_make_p4d);
}
#else
static void __init install_p4d_ops(void)
{
}
#endif

__visible pgdval_t xen_pv_pgd_val(pgd_t pgd)
{
	return xen_pv_table_entry_to_kernel(pgd.pgd);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_pgd_val);

__visible pgd_t xen_pv_make_pgd(pgdval_t val)
{
	return native_make_pgd(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_make_pgd);

/**
 * xen_pv_install_entry_ops - pv_ops of this file
 */
void __init xen_pv_install_entry_ops(void)
{
	pv_ops.mmu.pte_val = PV_CALLEE_SAVE(xen_pv_pte_val);
	pv_ops.mmu.make_pte = PV_CALLEE_SAVE(xen_pv_make_pte);
	pv_ops.mmu.pmd_val = PV_CALLEE_SAVE(xen_pv_pmd_val);
	pv_ops.mmu.make_pmd = PV_CALLEE_SAVE(xen_pv_make_pmd);
	pv_ops.mmu.pud_val = PV_CALLEE_SAVE(xen_pv_pud_val);
	pv_ops.mmu.make_pud = PV_CALLEE_SAVE(xen_pv_make_pud);
	install_p4d_ops();
	pv_ops.mmu.pgd_val = PV_CALLEE_SAVE(xen_pv_pgd_val);
	pv_ops.mmu.make_pgd = PV_CALLEE_SAVE(xen_pv_make_pgd);
}

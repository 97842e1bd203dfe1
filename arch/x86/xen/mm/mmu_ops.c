// SPDX-License-Identifier: GPL-2.0
/*
 * What Linux calls in place of writing page tables, stage by stage.
 *
 * Until paging_init() all tables are Xen's to know, and there is no struct page;
 * afterwards a table's page says whether it is.
 */
#include <linux/init.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>

#include <asm/paravirt.h>
#include <asm/tlb.h>
#include <asm/x86_init.h>

#include "mm.h"

/* From here on there are addresses for everything, and soon struct pages. */
static void __init init_paging(void)
{
	xen_pv_install_late_boot_update_ops();
	xen_pv_install_late_boot_upper_ops();
	native_pagetable_init();

	/* calls of pv_ops are not patched yet */
	xen_pv_install_entry_ops();
	xen_pv_install_table_ops();
	xen_pv_install_update_ops();
	xen_pv_install_upper_ops();
	xen_pv_install_space_ops();

	xen_pv_release_boot_p2m();

	xen_pv_build_mfn_list_list();
	xen_pv_remap_memory();
	xen_pv_setup_mfn_list_list();
}

static void __init init_after_bootmem(void)
{
	xen_pv_init_pools();
	xen_pv_mark_tables();
	xen_pv_release_early_shadow();
	xen_pv_init_contiguous();
}

/*
 * Lazy mode
 */

/* An NMI may find half of an element in the queue. */
static void flush_lazy(void)
{
	if (in_nmi())
		return;
	preempt_disable();
	xen_mc_flush();
	preempt_enable();
}

#ifdef _ARCH_X86_XEN_COMPAT_H
/* In 6.12 the mode is ours to keep, and tables are freed as an op says. */
static void enter_lazy_mmu(void)
{
	enter_lazy(XEN_LAZY_MMU);
}

static void leave_lazy_mmu(void)
{
	preempt_disable();
	xen_mc_flush();
	leave_lazy(XEN_LAZY_MMU);
	preempt_enable();
}

static void flush_lazy_mmu(void)
{
	if (is_lazy_mmu_mode_active())
		flush_lazy();
}

static void __init install_lazy_ops(void)
{
	pv_ops.mmu.lazy_mode.enter = enter_lazy_mmu;
	pv_ops.mmu.lazy_mode.leave = leave_lazy_mmu;
	pv_ops.mmu.lazy_mode.flush = flush_lazy_mmu;
	pv_ops.mmu.tlb_remove_table = tlb_remove_table;
}
#else
static void __init install_lazy_ops(void)
{
	pv_ops.mmu.lazy_mode_flush = flush_lazy;
}
#endif

/**
 * xen_pv_init_mmu_ops - put Xen's way in place of the processor's page tables
 *
 * The other half of xen_pv_install_ops().
 */
void __init xen_pv_init_mmu_ops(void)
{
	x86_init.paging.pagetable_init = init_paging;
	x86_init.hyper.init_after_bootmem = init_after_bootmem;

	xen_pv_install_entry_ops();
#ifdef CONFIG_X86_64
	pv_ops.mmu.make_pte = __PV_IS_CALLEE_SAVE(xen_pv_fast_boot_make);
#endif
	xen_pv_install_boot_table_ops();
	xen_pv_install_boot_update_ops();
	xen_pv_install_boot_upper_ops();
	xen_pv_install_boot_space_ops();
	xen_pv_install_tlb_ops();
	xen_pv_install_fixmap_ops();
	install_lazy_ops();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * From the tables that Xen starts the guest on to the kernel's own.
 *
 * Xen maps the kernel, and what else start_info tells of, at the kernel's
 * address, with a root, an L3, and as many L2 and L1 as that takes.  The kernel
 * has a root of its own in its image.  Xen's L2 becomes that of the kernel's
 * mapping and of the begin of the direct map:
 *
 *	root            L3                  L2
 *	 [273] -------> direct_l3 [0] ----> direct_l2   = Xen's L2, no execution
 *	 [511] -------> level3_kernel [510] level2_kernel = Xen's L2 -> Xen's L1s
 *	                              [511] level2_fixmap -> level1_fixmap
 *
 * init_mem_mapping() makes the rest of the direct map from there.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen.h>

#include <asm/fixmap.h>
#include <asm/paravirt.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "mm.h"

#ifdef CONFIG_X86_VSYSCALL_EMULATION
/* in every user's root, at the address of the vsyscall page */
pud_t xen_pv_vsyscall_l3[PTRS_PER_PUD] __page_aligned_bss;
#endif
#ifndef _ARCH_X86_XEN_COMPAT_H

/* the begin of the direct map */
static pud_t direct_l3[PTRS_PER_PUD] __page_aligned_bss;
static pmd_t direct_l2[PTRS_PER_PMD] __page_aligned_bss;
#endif

static void __init to_machine(void *table)
{
	u64 *entry = table;
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		entry[i] = xen_pv_entry_to_machine(entry[i]);
}

/* A table of Xen's, at its address in the kernel's mapping. */
static void * __init xens_table(u64 entry)
{
	unsigned long pfn = mfn_to_pfn(xen_pv_entry_frame(entry));

	return (void *)((pfn << PAGE_SHIFT) + __START_KERNEL_map);
}

/* Lines of the image's tables that are not there yet, or are pfns. */
static void __init fill_tables(void)
{
	init_top_pgt[0] = __pgd(0);
	init_top_pgt[pgd_index(__PAGE_OFFSET_BASE_L4)].pgd =
		__pa_symbol(direct_l3) + _KERNPG_TABLE_NOENC;
	init_top_pgt[pgd_index(__START_KERNEL_map)].pgd =
		__pa_symbol(level3_kernel_pgt) + _PAGE_TABLE_NOENC;
	direct_l3[0].pud = __pa_symbol(direct_l2) + _KERNPG_TABLE_NOENC;

	to_machine(init_top_pgt);
	to_machine(direct_l3);
	to_machine(level3_kernel_pgt);
	to_machine(level2_fixmap_pgt);
}

/*
 * Both L2 have the same L1s.  Those may be executable, so that the direct map
 * is kept from it by its L2.
 */
static void __init adopt_l2(pmd_t *l2)
{
	unsigned int i;

	copy_page(direct_l2, l2);
	copy_page(level2_kernel_pgt, l2);
	if (!(__supported_pte_mask & _PAGE_NX))
		return;
	for (i = 0; i < PTRS_PER_PMD; i++)
		if (direct_l2[i].pmd)
			direct_l2[i].pmd |= _PAGE_NX;
}

/* dom0's list of frames has a slot of the root to itself. */
static void __init adopt_p2m_slot(const pgd_t *root)
{
	unsigned int slot = pgd_index(xen_start_info->mfn_list);

	if (slot && slot < pgd_index(__START_KERNEL_map))
		init_top_pgt[slot] = root[slot];
}

static void __init protect_tables(void)
{
	unsigned int i;

	xen_pv_set_boot_prot(init_top_pgt, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_set_boot_prot(direct_l3, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_set_boot_prot(level3_kernel_pgt, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_set_boot_prot(direct_l2, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_set_boot_prot(level2_kernel_pgt, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_set_boot_prot(level2_fixmap_pgt, PAGE_KERNEL_RO, UVMF_NONE);
	for (i = 0; i < FIXMAP_PMD_NUM; i++)
		xen_pv_set_boot_prot(level1_fixmap_pgt + i * PTRS_PER_PTE,
				     PAGE_KERNEL_RO, UVMF_NONE);
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	xen_pv_set_boot_prot(xen_pv_vsyscall_l3, PAGE_KERNEL_RO, UVMF_NONE);
#endif
}

static void __init change_roots(const pgd_t *xens)
{
	xen_pv_table_op(MMUEXT_PIN_L4_TABLE, PFN_DOWN(__pa_symbol(init_top_pgt)));
	xen_pv_table_op(MMUEXT_UNPIN_TABLE, PFN_DOWN(__pa(xens)));
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	xen_pv_table_op(MMUEXT_PIN_L3_TABLE,
			PFN_DOWN(__pa_symbol(xen_pv_vsyscall_l3)));
#endif
	pv_ops.mmu.write_cr3(__pa(init_top_pgt));
}

/**
 * xen_setup_kernel_pagetable - run on the kernel's own tables
 * @xens: Xen's root, where Xen has mapped it
 * @max_pfn: not used: what is mapped is told by start_info
 *
 * xen_start_info is in the direct map afterwards.
 */
void __init xen_setup_kernel_pagetable(pgd_t *xens, unsigned long max_pfn)
{
	pud_t *l3 = xens_table(xens[pgd_index(__START_KERNEL_map)].pgd);
	pmd_t *l2 = xens_table(l3[pud_index(__START_KERNEL_map)].pud);
	void *const unused[] = { xens, l3, l2 };

	/* behind the list of frames there are pages that have no pfn */
	if (xen_start_info->mfn_list < __START_KERNEL_map)
		max_pfn_mapped = xen_start_info->first_p2m_pfn;
	else
		max_pfn_mapped = PFN_DOWN(__pa(xen_start_info->mfn_list));

	xen_pv_note_boot_list();
	fill_tables();
	adopt_l2(l2);
	adopt_p2m_slot(xens);
	xen_pv_adopt_shadow(xens);
	protect_tables();
	change_roots(xens);
	xen_pv_keep_boot_tables(unused, ARRAY_SIZE(unused));

	xen_start_info = __va(__pa(xen_start_info));
}

/*
 * The direct map's first pages are those of the kernel's mapping, and dom0's
 * list of frames and its tables are among the others: read-only.
 */
unsigned long xen_pv_boot_list_pfn __ro_after_init;
unsigned long xen_pv_boot_list_nr __ro_after_init;

/**
 * xen_pv_note_boot_list - start_info has another place for the list of frames
 */
void __init xen_pv_note_boot_list(void)
{
	const struct start_info *si = xen_start_info;

	if (si->mfn_list >= __START_KERNEL_map)
		return;
	xen_pv_boot_list_pfn = si->first_p2m_pfn;
	xen_pv_boot_list_nr = si->nr_p2m_frames;
}

/* xen_pv_fast_boot_make() comes first, and is how pv_ops knows it. */
__visible pte_t xen_pv_boot_make_pte(pteval_t val)
{
	if (xen_pv_entry_frame(val) - xen_pv_boot_list_pfn < xen_pv_boot_list_nr)
		val &= ~_PAGE_RW;
	return native_make_pte(xen_pv_entry_to_machine(val));
}

PV_CALLEE_SAVE_REGS_THUNK(xen_pv_boot_make_pte);

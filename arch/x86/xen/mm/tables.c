// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a table page.
 *
 * Xen lets a frame be a page table as long as no entry maps it writable.  A
 * table that is linked into tables that Xen knows is first mapped read-only,
 * in the direct map, and pinned, so that it keeps its type while no table points
 * to it.  When it is no table any more, both are undone.  A table of an address
 * space that is still under construction is ordinary memory until pinning.c pins
 * the whole.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>

#include <asm/paravirt.h>
#include <asm/xen/hypercall.h>

#include "../calls.h"
#include "mm.h"

/* off: Xen knows every table, and there is no struct page to say so */
DEFINE_STATIC_KEY_FALSE(xen_pv_pages_ready);

/**
 * xen_pv_set_direct_pte - change a mapping of the kernel's
 * @address: its address
 * @val: the entry
 * @flags: UVMF_*
 *
 * ABI: update_va_mapping.
 *
 * Return: 0, or Xen's error, which is told: a page that was to be read-only
 * and is not cannot become a table.
 */
int xen_pv_set_direct_pte(unsigned long address, pte_t val, unsigned long flags)
{
	int rc = HYPERVISOR_update_va_mapping(address, val, flags);

	WARN(rc, "xen: update_va_mapping: %s (%d): address %#lx := %#llx; called by %pS\n",
	     xen_errno_name(rc), rc, address, (u64)pte_val_ma(val),
	     __builtin_return_address(0));
	return rc;
}

/* A page that the direct map has not got yet needs no change. */
static void change_direct_pte(void *page, pte_t (*change)(pte_t pte))
{
	unsigned long address = (unsigned long)page;
	unsigned int level;
	pte_t *pte = lookup_address(address, &level);

	if (pte)
		xen_pv_set_direct_pte(address, change(*pte), UVMF_NONE);
}

static pte_t readonly(pte_t pte)
{
	return pte_wrprotect(pte);
}

static pte_t writable(pte_t pte)
{
	return pte_mkwrite_novma(pte);
}

/**
 * make_lowmem_page_readonly - let a page become a table
 * @page: its address in the direct map
 */
void make_lowmem_page_readonly(void *page)
{
	change_direct_pte(page, readonly);
}

/**
 * make_lowmem_page_readwrite - make a table that Xen has forgotten memory again
 * @page: its address in the direct map
 */
void make_lowmem_page_readwrite(void *page)
{
	change_direct_pte(page, writable);
}

/**
 * xen_pv_table_op - have Xen pin or unpin a table, at once
 * @cmd: MMUEXT_PIN_*, MMUEXT_UNPIN_TABLE
 * @pfn: of the table
 *
 * Without it there are no tables to run on, so a failure is the end.
 */
void __init xen_pv_table_op(unsigned int cmd, unsigned long pfn)
{
	struct mmuext_op op = {
		.cmd = cmd,
		.arg1.mfn = pfn_to_mfn(pfn),
	};
	int rc = HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);

	if (rc)
		xen_pv_fatal(cmd == MMUEXT_UNPIN_TABLE ? "unpin of a page table" :
			     "pin of a page table", 0, pfn, rc);
}

/*
 * Until struct pages are ready: init_mm's tables only, all of them Xen's
 */

/* In lazy mode it may wait until the table is linked. */
static void __init boot_alloc_pte(struct mm_struct *mm, unsigned long pfn)
{
	unsigned long address = (unsigned long)__va(PFN_PHYS(pfn));
	unsigned int level;
	pte_t *pte = lookup_address(address, &level);

	xen_mc_batch();
	if (pte)
		xen_pv_queue_va(address, readonly(*pte), UVMF_NONE);
	xen_pv_queue_ext(MMUEXT_PIN_L1_TABLE, pfn_to_mfn(pfn));
	xen_mc_issue(!is_lazy_mmu_mode_active());
}

static void __init boot_release_pte(unsigned long pfn)
{
	xen_pv_table_op(MMUEXT_UNPIN_TABLE, pfn);
	make_lowmem_page_readwrite(__va(PFN_PHYS(pfn)));
}

static void __init boot_alloc_table(struct mm_struct *mm, unsigned long pfn)
{
	make_lowmem_page_readonly(__va(PFN_PHYS(pfn)));
}

static void __init boot_release_table(unsigned long pfn)
{
	make_lowmem_page_readwrite(__va(PFN_PHYS(pfn)));
}

/**
 * xen_pv_install_boot_table_ops - pv_ops of this file, until struct pages are ready
 */
void __init xen_pv_install_boot_table_ops(void)
{
	pv_ops.mmu.alloc_pte = boot_alloc_pte;
	pv_ops.mmu.release_pte = boot_release_pte;
	pv_ops.mmu.alloc_pmd = boot_alloc_table;
	pv_ops.mmu.release_pmd = boot_release_table;
#if CONFIG_PGTABLE_LEVELS >= 4
	pv_ops.mmu.alloc_pud = boot_alloc_table;
	pv_ops.mmu.release_pud = boot_release_table;
#endif
}

/*
 * Afterwards
 */

/* Stale writable mappings of all its tables go with a root. */
static unsigned long prot_flags(unsigned int level)
{
	return level == XEN_PV_ROOT_LEVEL ? UVMF_TLB_FLUSH : UVMF_NONE;
}

/**
 * xen_pv_queue_pin - have Xen know a table
 * @pfn: of the table; those that it points to are known
 * @level: 1 to 4
 *
 * ABI: update_va_mapping, MMUEXT_PIN_L*_TABLE.
 *
 * Context: between xen_mc_batch() and xen_mc_issue().  Until the queue is sent
 * nobody may write to the table.
 */
void xen_pv_queue_pin(unsigned long pfn, unsigned int level)
{
	xen_pv_queue_prot(pfn, PAGE_KERNEL_RO, prot_flags(level));
	xen_pv_queue_ext(MMUEXT_PIN_L1_TABLE + level - 1, pfn_to_mfn(pfn));
}

/**
 * xen_pv_queue_unpin - have Xen forget a table
 * @pfn: of the table; none that Xen knows points to it
 * @level: 1 to 4
 *
 * ABI: MMUEXT_UNPIN_TABLE, update_va_mapping.
 *
 * Context: as of xen_pv_queue_pin().
 */
void xen_pv_queue_unpin(unsigned long pfn, unsigned int level)
{
	xen_pv_queue_ext(MMUEXT_UNPIN_TABLE, pfn_to_mfn(pfn));
	xen_pv_queue_prot(pfn, PAGE_KERNEL, prot_flags(level));
}

/**
 * xen_pv_make_table - have Xen know a page as a table, before it is linked
 * @page: which, empty
 * @level: 1 to 3
 *
 * ABI: see xen_pv_queue_pin().  Xen refuses a page that is mapped writable at
 * another address, too: somebody has given it back who still has it mapped.
 *
 * Return: true; or false, and it is memory.
 */
bool xen_pv_make_table(struct page *page, unsigned int level)
{
	bool made;

	if (xen_pv_refuses(XEN_PV_TABLE))
		return false;

	xen_mc_batch();
	xen_mc_flush();
	xen_pv_queue_pin(page_to_pfn(page), level);
	made = !xen_mc_try();
	if (!made)
		xen_pv_queue_prot(page_to_pfn(page), PAGE_KERNEL, UVMF_NONE);
	xen_mc_issue(true);

	if (made)
		SetPagePinned(page);
	return made;
}

/*
 * A table is about to be linked into those of @mm.  What new_tables.c has allocated
 * is known already.
 */
static void alloc_table(struct mm_struct *mm, unsigned long pfn,
			unsigned int level)
{
	bool known = xen_pv_is_table(mm->pgd);

	trace_xen_mmu_alloc_ptpage(mm, pfn, level, known);
	if (!known)
		return;

	if (static_branch_likely(&xen_pv_pages_ready)) {
		struct page *page = pfn_to_page(pfn);
		bool was_known = TestSetPagePinned(page);

		/* a constructor may have cleared what says it */
		page_ptdesc(page)->pt_index = mm == &init_mm ? 0 : level;
		if (was_known)
			return;
	} else if (xen_pv_is_early_shadow(pfn)) {
		return;
	}

	xen_mc_batch();
	xen_pv_queue_pin(pfn, level);
	xen_mc_issue(!is_lazy_mmu_mode_active());
}

static void alloc_pte(struct mm_struct *mm, unsigned long pfn)
{
	alloc_table(mm, pfn, 1);
}

static void alloc_pmd(struct mm_struct *mm, unsigned long pfn)
{
	alloc_table(mm, pfn, 2);
}

#if CONFIG_PGTABLE_LEVELS >= 4
static void alloc_pud(struct mm_struct *mm, unsigned long pfn)
{
	alloc_table(mm, pfn, 3);
}
#endif

/**
 * xen_pv_install_table_ops - pv_ops of this file, from paging_init() on
 */
void __init xen_pv_install_table_ops(void)
{
	pv_ops.mmu.alloc_pte = alloc_pte;
	pv_ops.mmu.alloc_pmd = alloc_pmd;
#if CONFIG_PGTABLE_LEVELS >= 4
	pv_ops.mmu.alloc_pud = alloc_pud;
	pv_ops.mmu.release_pud = xen_pv_release_table;
#endif

	pv_ops.mmu.release_pte = xen_pv_release_table;
	pv_ops.mmu.release_pmd = xen_pv_release_table;
}

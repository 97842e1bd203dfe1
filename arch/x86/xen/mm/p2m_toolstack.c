// SPDX-License-Identifier: GPL-2.0
/*
 * The list of frames as a toolstack sees it that saves or migrates the domain.
 *
 * There are two ways to it.  One is the list's address, with the tables that map
 * it and a number that is odd while these change.  The other, of toolstacks that
 * do not walk tables, is a tree of frames: the top lists mids, a mid lists pages
 * of the list.
 *
 *	top		mids		pages of the list
 *	[  0] -------->	[  0] -------->	pfn 0 ...
 *			[  1] -------->	pfn 512 ...
 *			[  2] -+
 *	[  1] -+->	[  0] -+----->	blank page
 *	[  2] -+	[  1] -+
 *
 * A mid without own pages is one that all such share.  All of it is the machine's
 * numbers, which the guest has anew after it was restored.
 */
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/pgtable.h>
#include <linux/printk.h>

#include <xen/interface/xen.h>

#include <asm/barrier.h>
#include <asm/xen/hypervisor.h>

#include "p2m.h"

/* What a page of the tree has room for */
#define PER_PAGE	(PAGE_SIZE / sizeof(unsigned long))
#define MID_PFNS	(PER_PAGE * P2M_PER_PAGE)
#define TREE_PFNS	(PER_PAGE * MID_PFNS)

/**
 * struct tree - the tree of frames
 * @top: the frames of mids; NULL where there is no tree
 * @shared: the mid of what has no own pages
 * @mid: where the others are
 */
static struct tree {
	unsigned long *top;
	unsigned long *shared;
	unsigned long **mid;
} tree;

static struct arch_shared_info *arch_shared(void)
{
	return &HYPERVISOR_shared_info->arch;
}

/**
 * xen_pv_begin_list_change - the list's tables are about to change
 *
 * ABI: whoever walks them sees that p2m_generation is odd, or has changed.
 *
 * Context: as xen_pv_end_list_change(), under the list's lock.
 */
void xen_pv_begin_list_change(void)
{
	arch_shared()->p2m_generation++;
	wmb();	/* odd before the first change is seen */
}

/**
 * xen_pv_end_list_change - they have changed
 */
void xen_pv_end_list_change(void)
{
	wmb();	/* even after the last one */
	arch_shared()->p2m_generation++;
}

/*
 * Filling the tree
 */

static unsigned long list_page_frame(unsigned long pfn)
{
	if (pfn >= xen_p2m_size)
		return virt_to_mfn(xen_pv_list.blank);
	return pte_mfn(xen_pv_list_entry(pfn));
}

static void fill_mid(unsigned long *mid, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < PER_PAGE; i++, pfn += P2M_PER_PAGE)
		mid[i] = list_page_frame(pfn);
}

static void fill_shared(void)
{
	const unsigned long frame = virt_to_mfn(xen_pv_list.blank);
	unsigned int i;

	for (i = 0; i < PER_PAGE; i++)
		tree.shared[i] = frame;
}

static void fill_top(unsigned int slot)
{
	wmb();	/* the mid is complete when the top has it */
	tree.top[slot] = virt_to_mfn(tree.mid[slot] ?: tree.shared);
}

/**
 * xen_pv_show_list_table - a table of the list is its own now
 * @pfn: one of the table's
 * @mid: a page for a mid, NULL afterwards where it was of use
 *
 * Context: under the list's lock.
 */
void xen_pv_show_list_table(unsigned long pfn, unsigned long **mid)
{
	const unsigned long slot = pfn / MID_PFNS;

	if (!tree.top || pfn >= TREE_PFNS || tree.mid[slot])
		return;
	fill_mid(*mid, slot * MID_PFNS);
	tree.mid[slot] = *mid;
	*mid = NULL;
	fill_top(slot);
}

/**
 * xen_pv_show_list_page - a page of the list is its own now
 * @pfn: one of the page's; its table was shown
 *
 * Context: under the list's lock.
 */
void xen_pv_show_list_page(unsigned long pfn)
{
	if (!tree.top || pfn >= TREE_PFNS)
		return;
	tree.mid[pfn / MID_PFNS][pfn / P2M_PER_PAGE % PER_PAGE] =
		list_page_frame(pfn);
}

/**
 * xen_pv_show_list_end - there are more pfns to look at
 *
 * Context: under the list's lock.
 */
void xen_pv_show_list_end(void)
{
	arch_shared()->max_pfn = xen_pv_list.end;
}

/*
 * Making it
 */

static bool needs_mid(unsigned int slot)
{
	unsigned long pfn = slot * MID_PFNS;
	const unsigned long end = min(pfn + MID_PFNS, xen_p2m_size);

	for (; pfn < end; pfn += XEN_PV_TABLE_PFNS)
		if (!xen_pv_is_blank_table(xen_pv_list_table(pfn)))
			return true;
	return false;
}

static void free_tree(void)
{
	unsigned int slot;

	for (slot = 0; tree.mid && slot < PER_PAGE; slot++)
		xen_pv_free_list_page(tree.mid[slot]);
	xen_pv_free_list_page(tree.top);
	xen_pv_free_list_page(tree.shared);
	xen_pv_free_list_page(tree.mid);
	tree = (struct tree){};
}

/*
 * What resumes may not sleep, and there are no other CPUs that could take care.
 * With PREEMPT_RT it may not allocate either: the tree is made at boot then.
 */
static void *alloc_tree_page(void)
{
	return xen_pv_alloc_list_page(GFP_ATOMIC | __GFP_ZERO | __GFP_NOWARN);
}

static bool alloc_tree(void)
{
	unsigned int slot;

	tree.top = alloc_tree_page();
	tree.shared = alloc_tree_page();
	tree.mid = alloc_tree_page();
	if (!tree.top || !tree.shared || !tree.mid)
		return false;

	for (slot = 0; slot < PER_PAGE; slot++) {
		if (!needs_mid(slot))
			continue;
		tree.mid[slot] = alloc_tree_page();
		if (!tree.mid[slot])
			return false;
	}
	return true;
}

/**
 * xen_pv_build_mfn_list_list - list the frames of the list for the toolstack
 *
 * ABI: SIF_VIRT_P2M_4TOOLS says that it will not look at them.  A toolstack
 * that restores the domain clears it, so that the tree may be made then.  Once
 * there is a tree it is kept.
 *
 * Context: at boot, or in stop_machine() when the domain resumes.
 */
void xen_pv_build_mfn_list_list(void)
{
	unsigned int slot;

	if (!tree.top) {
		if (xen_start_info->flags & SIF_VIRT_P2M_4TOOLS &&
		    !IS_ENABLED(CONFIG_PREEMPT_RT))
			return;
		if (!alloc_tree()) {
			pr_warn("xen: no memory to list the frames of the list of frames: -ENOMEM; only new toolstacks can save this domain\n");
			free_tree();
			return;
		}
	}

	fill_shared();
	for (slot = 0; slot < PER_PAGE; slot++) {
		if (tree.mid[slot])
			fill_mid(tree.mid[slot], slot * MID_PFNS);
		fill_top(slot);
	}
}

/**
 * xen_pv_setup_mfn_list_list - tell the toolstack where the list of frames is
 *
 * ABI: arch_shared_info: frames and address are this host's.
 *
 * Context: shared_info is mapped; at boot, or in stop_machine() when the domain
 * resumes.
 */
void xen_pv_setup_mfn_list_list(void)
{
	struct arch_shared_info *arch = arch_shared();

	arch->pfn_to_mfn_frame_list_list =
		tree.top ? virt_to_mfn(tree.top) : ~0UL;
	arch->p2m_cr3 = xen_pfn_to_cr3(virt_to_mfn(swapper_pg_dir));
	arch->p2m_vaddr = (unsigned long)xen_p2m_addr;
	arch->p2m_generation = 0;
	xen_pv_show_list_end();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of the list of frames for pfns that had none to themselves.
 *
 * All that may be needed is allocated first.  Then, under the list's lock, what
 * is still needed is put in place: another CPU may have been first.
 */
#include <kunit/static_stub.h>

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <xen/interface/xen.h>

#include <asm/paravirt.h>
#include <asm/xen/hypercall.h>

#include "p2m.h"

#if IS_ENABLED(CONFIG_XEN_PV_KUNIT_TEST)
enum xen_pv_list_part xen_pv_list_refused;
#endif

/**
 * struct spare - what has been allocated and is not in use yet
 * @page: of the list, filled
 * @table: of the list
 * @mid: for the toolstack's tree: missing at most where the table is
 */
struct spare {
	unsigned long *page;
	pte_t *table;
	unsigned long *mid;
};

/**
 * xen_pv_alloc_list_page - a page to keep the list with
 * @gfp: how, once there is more than memblock
 *
 * Return: the page, or NULL.
 */
void __ref *xen_pv_alloc_list_page(gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_pv_alloc_list_page, gfp);

	if (likely(slab_is_available()))
		return (void *)__get_free_page(gfp);
	return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
}

/**
 * xen_pv_free_list_page - give one back
 * @page: by xen_pv_alloc_list_page(), or NULL
 */
void __ref xen_pv_free_list_page(void *page)
{
	if (likely(slab_is_available()))
		free_page((unsigned long)page);
	else if (page)
		memblock_free(page, PAGE_SIZE);
}

static void free_spare(struct spare *spare)
{
	xen_pv_free_list_page(spare->page);
	xen_pv_free_list_page(spare->table);
	xen_pv_free_list_page(spare->mid);
}

static int alloc_spare(struct spare *spare, unsigned long pfn)
{
	enum xen_pv_kind kind = xen_pv_list_page_kind(pfn);

	if (kind == XEN_PV_OWN)
		return 0;

	spare->page = xen_pv_alloc_list_page(GFP_KERNEL);
	if (!spare->page)
		return -ENOMEM;
	xen_pv_fill_words(spare->page, kind, round_down(pfn, P2M_PER_PAGE),
			  P2M_PER_PAGE);
	if (!xen_pv_is_blank_table(xen_pv_list_table(pfn)))
		return 0;

	spare->table = xen_pv_alloc_list_page(GFP_KERNEL);
	spare->mid = xen_pv_alloc_list_page(GFP_KERNEL);
	return spare->table && spare->mid ? 0 : -ENOMEM;
}

/**
 * xen_pv_link_list_table - have a table map a part of the list
 * @address: of the part; the tables above are there
 * @table: one that Xen knows
 *
 * ABI: mmu_update.  pv_ops would not give its result.
 *
 * Return: 0 or Xen's error.
 */
int xen_pv_link_list_table(unsigned long address, pte_t *table)
{
	pmd_t *pmdp = pmd_off_k(address);
	pmd_t pmd = __pmd(__pa(table) | _KERNPG_TABLE);
	struct mmu_update update = {
		.ptr = virt_to_machine(pmdp).maddr | MMU_NORMAL_PT_UPDATE,
		.val = pmd_val_ma(pmd),
	};

	if (xen_pv_list_refused == XEN_PV_LIST_TABLE)
		return -EINVAL;
	return HYPERVISOR_mmu_update(&update, 1, NULL, DOMID_SELF);
}

/* ABI: update_va_mapping, for all vCPUs. */
static int map_list_page(unsigned long address, pte_t entry)
{
	if (xen_pv_list_refused == XEN_PV_LIST_PAGE)
		return -EINVAL;
	return HYPERVISOR_update_va_mapping(address, entry,
					    UVMF_INVLPG | UVMF_ALL);
}

/*
 * In place.  Called with the list's lock held.
 */

/* It maps what the blank one does, until one of its entries is changed. */
static int put_table(unsigned long pfn, struct spare *spare)
{
	const unsigned long i = pfn / XEN_PV_TABLE_PFNS;
	unsigned long table_pfn;
	int rc;

	if (!xen_pv_is_blank_table(xen_pv_list.table[i]))
		return 0;

	copy_page(spare->table, xen_pv_list.table[i]);
	table_pfn = virt_to_pfn(spare->table);
	paravirt_alloc_pte(&init_mm, table_pfn);
	rc = xen_pv_link_list_table((unsigned long)xen_pv_list_page(pfn),
				    spare->table);
	if (!rc) {
		/* entries before the table, for xen_pv_list_table() */
		smp_store_release(&xen_pv_list.table[i], spare->table);
		spare->table = NULL;
		xen_pv_show_list_table(pfn, &spare->mid);
		return 0;
	}

	/* a table is released by its struct page */
	if (!static_branch_likely(&xen_pv_pages_ready))
		xen_pv_fatal("link of a table of the list of frames", 0, pfn,
			     rc);
	paravirt_release_pte(table_pfn);
	return rc;
}

/*
 * No TLB may go on with the blank page, nor with the blank table: it would have
 * none of the new page's words.
 */
static int put_list_page(unsigned long pfn, struct spare *spare)
{
	unsigned long address = (unsigned long)xen_pv_list_page(pfn);
	pte_t entry = pfn_pte(virt_to_pfn(spare->page), PAGE_KERNEL);
	int rc = map_list_page(address, entry);

	if (!rc) {
		spare->page = NULL;
		xen_pv_show_list_page(pfn);
	}
	return rc;
}

static int grow(unsigned long pfn, struct spare *spare)
{
	int rc = 0;

	if (xen_pv_list_page_kind(pfn) != XEN_PV_OWN) {
		xen_pv_begin_list_change();
		rc = put_table(pfn, spare);
		if (!rc)
			rc = put_list_page(pfn, spare);
		xen_pv_end_list_change();
	}
	if (rc)
		return rc;

	if (pfn >= xen_pv_list.end) {
		WRITE_ONCE(xen_pv_list.end, round_up(pfn + 1, P2M_PER_PAGE));
		xen_pv_show_list_end();
	}
	return 0;
}

/**
 * xen_alloc_p2m_entry - let a pfn have a word of its own
 * @pfn: below xen_p2m_size
 *
 * Its word says what it did before, and __set_phys_to_machine() changes it from
 * here on.
 *
 * ABI: update_va_mapping, mmu_update, MMUEXT_PIN_L1_TABLE; p2m_generation is odd
 * meanwhile.
 *
 * Context: may sleep, unless the page is own.
 *
 * Return: 0, -EINVAL behind the list, -ENOMEM, or Xen's error, which is told.
 */
int xen_alloc_p2m_entry(unsigned long pfn)
{
	struct spare spare = {};
	unsigned long flags;
	int rc;

	if (pfn >= xen_p2m_size)
		return -EINVAL;
	if (xen_pv_list_page_kind(pfn) == XEN_PV_OWN &&
	    pfn < READ_ONCE(xen_pv_list.end))
		return 0;

	rc = alloc_spare(&spare, pfn);
	if (rc)
		goto out;

	raw_spin_lock_irqsave(&xen_pv_list.lock, flags);
	rc = grow(pfn, &spare);
	raw_spin_unlock_irqrestore(&xen_pv_list.lock, flags);
	if (rc)
		pr_warn_ratelimited("xen: no room in the list of frames for pfn %#lx: %s (%d)\n",
				    pfn, xen_errno_name(rc), rc);
out:
	free_spare(&spare);
	return rc;
}
EXPORT_SYMBOL(xen_alloc_p2m_entry);

// SPDX-License-Identifier: GPL-2.0
/*
 * The list of frames: what stands behind each pfn.
 *
 * asm/xen/page.h reads it inline, by the three variables here, and comes to
 * get_phys_to_machine() only where a word does not tell all.
 */
#include <kunit/static_stub.h>

#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>

#include <asm/xen/hypervisor.h>

#include "p2m.h"

/*
 * Words from xen_p2m_addr on: xen_p2m_size of them.  From there to
 * xen_max_p2m_pfn a pfn is memory that may come yet, or identity, until the list
 * is in vmalloc space; behind that it is identity.
 */
unsigned long *xen_p2m_addr __read_mostly;
EXPORT_SYMBOL_GPL(xen_p2m_addr);
unsigned long xen_p2m_size __read_mostly;
EXPORT_SYMBOL_GPL(xen_p2m_size);
unsigned long xen_max_p2m_pfn __read_mostly;
EXPORT_SYMBOL_GPL(xen_max_p2m_pfn);

struct xen_pv_list xen_pv_list = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(xen_pv_list.lock),
};

/* What the software may note in an entry: the blank page is identity. */
#define IS_IDENTITY	_PAGE_SOFTW1

static_assert(INVALID_P2M_ENTRY == XEN_PV_NO_FRAME);
static_assert(FOREIGN_FRAME_BIT == XEN_PV_FOREIGN_BIT);
static_assert(IDENTITY_FRAME_BIT == XEN_PV_IDENTITY_BIT);

/*
 * Pages and tables of the list
 */

/**
 * xen_pv_list_table - the table that maps a pfn's word
 * @pfn: below xen_p2m_size
 *
 * Return: the table, own or blank; NULL before there are any.
 */
pte_t *xen_pv_list_table(unsigned long pfn)
{
	if (!xen_pv_list.table)
		return NULL;
	/* its entries are there before it is, see p2m_grow.c */
	return smp_load_acquire(&xen_pv_list.table[pfn / XEN_PV_TABLE_PFNS]);
}

/**
 * xen_pv_list_entry - the entry that maps a pfn's word
 * @pfn: below xen_p2m_size, and there are tables
 *
 * Return: the entry, with the machine's frame.
 */
pte_t xen_pv_list_entry(unsigned long pfn)
{
	return ptep_get(xen_pv_list_table(pfn) +
			pfn / P2M_PER_PAGE % PTRS_PER_PTE);
}

/**
 * xen_pv_list_page_kind - whether a page of the list is blank
 * @pfn: one of the page's, below xen_p2m_size
 *
 * No frame is looked at: a suspend may come at any time.
 *
 * Return: XEN_PV_MISSING or XEN_PV_IDENTITY where it is, and all its pfns are
 * that; XEN_PV_OWN where each has a word of its own.
 */
enum xen_pv_kind xen_pv_list_page_kind(unsigned long pfn)
{
	pteval_t entry;

	if (!xen_pv_list.table)
		return XEN_PV_OWN;
	entry = pte_val_ma(xen_pv_list_entry(pfn));
	if (entry & _PAGE_RW)
		return XEN_PV_OWN;
	return entry & IS_IDENTITY ? XEN_PV_IDENTITY : XEN_PV_MISSING;
}

/**
 * xen_pv_blank_entry - map the blank page
 * @kind: XEN_PV_MISSING or XEN_PV_IDENTITY: what it is to stand for
 *
 * Return: the entry, with the machine's frame.
 */
pte_t xen_pv_blank_entry(enum xen_pv_kind kind)
{
	pgprotval_t prot = pgprot_val(PAGE_KERNEL_RO);

	if (kind == XEN_PV_IDENTITY)
		prot |= IS_IDENTITY;
	return pfn_pte(virt_to_pfn(xen_pv_list.blank), __pgprot(prot));
}

/**
 * xen_pv_fill_words - make words of one kind
 * @word: the first
 * @kind: XEN_PV_MISSING or XEN_PV_IDENTITY
 * @pfn: of the first
 * @nr: how many
 */
void xen_pv_fill_words(unsigned long *word, enum xen_pv_kind kind,
		       unsigned long pfn, unsigned long nr)
{
	for (; nr; nr--)
		*word++ = xen_pv_word(kind, pfn++);
}

/*
 * Reading and writing
 */

/**
 * get_phys_to_machine - what stands behind a pfn, where __pfn_to_mfn() asks
 * @pfn: any
 *
 * Context: any.
 *
 * Return: its word.
 */
unsigned long get_phys_to_machine(unsigned long pfn)
{
	if (likely(pfn < xen_p2m_size)) {
		if (xen_pv_list_page_kind(pfn) == XEN_PV_IDENTITY)
			return xen_pv_word(XEN_PV_IDENTITY, pfn);
		return READ_ONCE(xen_p2m_addr[pfn]);
	}
	if (pfn < xen_max_p2m_pfn)
		return xen_pv_extra_mem_frame(pfn);
	return xen_pv_word(XEN_PV_IDENTITY, pfn);
}
EXPORT_SYMBOL_GPL(get_phys_to_machine);

/**
 * __set_phys_to_machine - say what stands behind a pfn, if the list has room
 * @pfn: any
 * @mfn: its word
 *
 * ABI: a word is changed by one store.
 *
 * Context: any.
 *
 * Return: true where the list says so now.  On a blank page it does only where
 * it did before, and behind the list where the frame is missing.
 */
bool __set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	enum xen_pv_kind kind;

	if (unlikely(pfn >= xen_p2m_size))
		return mfn == XEN_PV_NO_FRAME;

	/* nearly all pages are own: rather a fault on the others than a look */
	if (likely(!xen_safe_write_ulong(xen_p2m_addr + pfn, mfn)))
		return true;

	kind = xen_pv_list_page_kind(pfn);
	return kind != XEN_PV_OWN && mfn == xen_pv_word(kind, pfn);
}

/**
 * set_phys_to_machine - say what stands behind a pfn
 * @pfn: any
 * @mfn: its word
 *
 * Context: may sleep where the pfn is on a blank page, see xen_alloc_p2m_entry().
 *
 * Return: true where the list says so now; false behind the list, or where there
 * is no memory for a page of it.
 */
bool set_phys_to_machine(unsigned long pfn, unsigned long mfn)
{
	KUNIT_STATIC_STUB_REDIRECT(set_phys_to_machine, pfn, mfn);

	if (likely(__set_phys_to_machine(pfn, mfn)))
		return true;
	return !xen_alloc_p2m_entry(pfn) && __set_phys_to_machine(pfn, mfn);
}

/**
 * set_phys_range_identity - say of pfns that the machine is behind them
 * @pfn_s: the first
 * @pfn_e: the first that is not
 *
 * Context: the list is where the boot had it.
 *
 * Return: how many are within the list.
 */
unsigned long __init set_phys_range_identity(unsigned long pfn_s,
					     unsigned long pfn_e)
{
	unsigned long end = min(pfn_e, xen_p2m_size);

	if (pfn_s >= end)
		return 0;
	xen_pv_fill_words(xen_p2m_addr + pfn_s, XEN_PV_IDENTITY, pfn_s,
			  end - pfn_s);
	return end - pfn_s;
}

/**
 * xen_pv_build_dynamic_phys_to_machine - use the list that came with the boot
 *
 * ABI: start_info has its address, and how many pages the guest has.  Behind
 * the last word of its last page there is room.
 */
void __init xen_pv_build_dynamic_phys_to_machine(void)
{
	const unsigned long nr = xen_start_info->nr_pages;

	xen_p2m_addr = (unsigned long *)xen_start_info->mfn_list;
	xen_p2m_size = round_up(nr, P2M_PER_PAGE);
	xen_max_p2m_pfn = xen_p2m_size;
	xen_pv_fill_words(xen_p2m_addr + nr, XEN_PV_MISSING, nr,
			  xen_p2m_size - nr);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of frames in vmalloc space, as the files that keep it see it.
 *
 *	xen_p2m_addr		tables		pages of the list
 *
 *	pfn 0 ...		own table  ---->  own page	words, writable
 *				           ---->  own page
 *				           -+
 *	pfn 0x40000 ...		blank table  +->  blank page	read-only
 *	pfn 0x80000 ...		same table  -^
 *
 * An own page has a word for each of its pfns.  The blank page is mapped wherever
 * all pfns of a page are missing, or all are identity, and has no frame in any
 * word, as the toolstack wants it for both.  Which of the two it stands for is in
 * the entry that maps it; the entries of a blank table all map it.
 *
 * A page or a table only ever turns from blank to own.
 */
#ifndef _ARCH_X86_XEN_MM_P2M_H
#define _ARCH_X86_XEN_MM_P2M_H

#include <linux/gfp_types.h>
#include <linux/pgtable.h>
#include <linux/spinlock.h>

#include <xen/pvboot/frame.h>

#include <asm/xen/page.h>

#include "mm.h"

/* What a table of the list stands for */
#define XEN_PV_TABLE_PFNS	(P2M_PER_PAGE * PTRS_PER_PTE)

/**
 * struct xen_pv_list - how the list is mapped
 * @table: of each XEN_PV_TABLE_PFNS, own or blank; NULL as long as the list is
 *	   where the boot had it
 * @missing: the blank table that stands for missing
 * @identity: the other one
 * @blank: the blank page
 * @end: pfns from here on have no frame: the toolstack need not look
 * @lock: held while @table, entries of tables, @end, or what the toolstack sees
 *	  change.  Interrupts are off, so that a suspend cannot come between: what
 *	  is made of a frame's number would go with the old one to a new host.
 *	  Nothing is allocated.  Words are not under it: each is one store, by
 *	  whoever has the page.
 */
struct xen_pv_list {
	pte_t **table;
	pte_t *missing, *identity;
	unsigned long *blank;
	unsigned long end;
	raw_spinlock_t lock;	/* all of the above; see @lock */
};

extern struct xen_pv_list xen_pv_list;

static inline unsigned long *xen_pv_list_page(unsigned long pfn)
{
	return xen_p2m_addr + round_down(pfn, P2M_PER_PAGE);
}

static inline bool xen_pv_is_blank_table(const pte_t *table)
{
	return table == xen_pv_list.missing || table == xen_pv_list.identity;
}

/* p2m.c */
pte_t *xen_pv_list_table(unsigned long pfn);
pte_t xen_pv_list_entry(unsigned long pfn);
enum xen_pv_kind xen_pv_list_page_kind(unsigned long pfn);
pte_t xen_pv_blank_entry(enum xen_pv_kind kind);
void xen_pv_fill_words(unsigned long *word, enum xen_pv_kind kind,
		       unsigned long pfn, unsigned long nr);

/* p2m_grow.c */
void *xen_pv_alloc_list_page(gfp_t gfp);
void xen_pv_free_list_page(void *page);
int xen_pv_link_list_table(unsigned long address, pte_t *table);

/* What a test has Xen refuse where the list grows */
enum xen_pv_list_part {
	XEN_PV_LIST_NOTHING, XEN_PV_LIST_TABLE, XEN_PV_LIST_PAGE
};

#if IS_ENABLED(CONFIG_XEN_PV_KUNIT_TEST)
extern enum xen_pv_list_part xen_pv_list_refused;
#else
#define xen_pv_list_refused	XEN_PV_LIST_NOTHING
#endif

/* p2m_toolstack.c: under the lock */
void xen_pv_begin_list_change(void);
void xen_pv_end_list_change(void);
void xen_pv_show_list_table(unsigned long pfn, unsigned long **mid);
void xen_pv_show_list_page(unsigned long pfn);
void xen_pv_show_list_end(void);

/* p2m_grants.c */
int xen_pv_grant_op(unsigned int cmd, void *ops, unsigned int nr);

#endif /* _ARCH_X86_XEN_MM_P2M_H */

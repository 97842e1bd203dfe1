// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for page tables.
 *
 * Xen lets no page be a table that is mapped writable at whichever address, as by
 * somebody who has given it back and has not unmapped it.  Where a table is linked
 * nobody is left to return an error to.  So, in an address space whose tables Xen
 * knows, a page becomes one as soon as it is allocated.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "mm.h"

/*
 * Pages that Xen does not let be tables.  They are given back after a while, when
 * whoever has one mapped may have unmapped it: the allocator would give the same
 * ones again.
 */
static LIST_HEAD(refused);
static DEFINE_RAW_SPINLOCK(refused_lock);

static struct ptdesc *first_refused(void)
{
	struct ptdesc *table;
	unsigned long flags;

	raw_spin_lock_irqsave(&refused_lock, flags);
	table = list_first_entry_or_null(&refused, struct ptdesc, pt_list);
	if (table)
		list_del(&table->pt_list);
	raw_spin_unlock_irqrestore(&refused_lock, flags);
	return table;
}

static void give_back(struct work_struct *work)
{
	struct ptdesc *table;

	while ((table = first_refused()))
		__free_page(ptdesc_page(table));
}

static DECLARE_DELAYED_WORK(give_back_work, give_back);

static void set_aside(struct ptdesc *table)
{
	unsigned long flags;

	pr_warn_ratelimited("pfn %#lx refused as a page table: it is mapped writable\n",
			    page_to_pfn(ptdesc_page(table)));
	raw_spin_lock_irqsave(&refused_lock, flags);
	list_add(&table->pt_list, &refused);
	raw_spin_unlock_irqrestore(&refused_lock, flags);
	schedule_delayed_work(&give_back_work, HZ / 10);
}

/* How many pages are looked at for one that Xen lets be a table */
#define MOST_TRIES	8

static struct ptdesc *make_new(unsigned int level, gfp_t gfp)
{
	struct ptdesc *table;
	unsigned int i;

	for (i = 0; i < MOST_TRIES; i++) {
		table = pagetable_alloc_noprof(gfp, 0);
		if (!table || xen_pv_make_table(ptdesc_page(table), level))
			return table;
		set_aside(table);
	}
	return NULL;
}

/**
 * xen_pv_alloc_table - memory for a table
 * @mm: of which address space
 * @level: 1 to 3
 * @gfp: how to allocate it
 *
 * Where Xen knows the tables of the address space, it knows this one, too: what it
 * refuses here may be told to the caller.
 *
 * Context: may sleep.
 *
 * Return: the table, empty, for the caller to construct, also one that was kept: its
 * lock is of the same lockdep class then.  Or NULL.
 */
struct ptdesc *xen_pv_alloc_table(struct mm_struct *mm, unsigned int level,
				  gfp_t gfp)
{
	struct ptdesc *table = NULL;

	if (!static_branch_likely(&xen_pv_pages_ready) ||
	    !xen_pv_is_table(mm->pgd))
		return pagetable_alloc_noprof(gfp, 0);

	if (mm != &init_mm)
		table = xen_pv_take_kept(level);
	if (!table)
		table = make_new(level, gfp);
	if (table)
		table->pt_index = mm == &init_mm ? 0 : level;
	return table;
}

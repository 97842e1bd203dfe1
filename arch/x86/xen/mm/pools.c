// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables between two address spaces.
 *
 * To make a page a table, Xen looks at all its entries, and once more when it is
 * to be memory again: 10000 instructions each time for the lowest level, 20000
 * for those above.  What is in a table that Linux is done with is known: nothing.
 * So it stays what it is, pinned, read-only and empty, for the next that needs a
 * table of its level; roots stay with the kernel's half filled, and in pgd_list.
 *
 * In an address space that began with such a root Xen knows every table from
 * the start.  Each change there is a hypercall, so that one that many
 * entries are copied into at once begins as ordinary memory: see spaces.c.
 */
#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/shrinker.h>
#include <linux/spinlock.h>

#include <xen/xen.h>

#include <asm/pgalloc.h>

#include "mm.h"

#define ROOT	XEN_PV_ROOT_LEVEL

/* With a table's level, in its pt_index, where there is room for it in the pool */
#define PROMISED	XEN_PV_PROMISED

/*
 * @tables: @nr of them; roots by that of the programs, which leads to the
 *	kernel's: Linux has the latter in a list of its own
 * @promised: those that will come
 */
struct pool {
	raw_spinlock_t lock;
	struct list_head tables;
	unsigned int nr, promised, max;
};

static struct pool pools[ROOT + 1];

static struct ptdesc *take(unsigned int level)
{
	struct pool *pool = &pools[level];
	struct ptdesc *table;
	unsigned long flags;

	raw_spin_lock_irqsave(&pool->lock, flags);
	table = list_first_entry_or_null(&pool->tables, struct ptdesc, pt_list);
	if (table) {
		list_del(&table->pt_list);
		pool->nr--;
	}
	raw_spin_unlock_irqrestore(&pool->lock, flags);
	return table;
}

static bool has_room(const struct pool *pool)
{
	return pool->nr + pool->promised < pool->max;
}

static bool promise(unsigned int level)
{
	struct pool *pool = &pools[level];
	unsigned long flags;
	bool room;

	raw_spin_lock_irqsave(&pool->lock, flags);
	room = has_room(pool);
	pool->promised += room;
	raw_spin_unlock_irqrestore(&pool->lock, flags);
	return room;
}

static void break_promise(unsigned int level)
{
	struct pool *pool = &pools[level];
	unsigned long flags;

	raw_spin_lock_irqsave(&pool->lock, flags);
	pool->promised--;
	raw_spin_unlock_irqrestore(&pool->lock, flags);
}

static bool keep(struct ptdesc *table, unsigned int level, bool promised)
{
	struct pool *pool = &pools[level];
	unsigned long flags;
	bool room;

	raw_spin_lock_irqsave(&pool->lock, flags);
	pool->promised -= promised;
	room = has_room(pool);
	if (room) {
		list_add(&table->pt_list, &pool->tables);
		pool->nr++;
	}
	raw_spin_unlock_irqrestore(&pool->lock, flags);
	return room;
}

/* What was cleared while a program could write may have kept two bits. */
static bool is_empty(const void *table, unsigned int nr)
{
	const u64 *entry = table;

	while (nr--)
		if (*entry++ & ~(u64)(_PAGE_ACCESSED | _PAGE_DIRTY))
			return false;
	return true;
}

/*
 * A page that is kept is nobody's memory: whoever takes it is charged anew.
 */

static int charge(struct ptdesc *table, unsigned int order)
{
	return memcg_kmem_charge_page(ptdesc_page(table), GFP_PGTABLE_USER,
				      order);
}

static void uncharge(struct ptdesc *table, unsigned int order)
{
	memcg_kmem_uncharge_page(ptdesc_page(table), order);
}

/*
 * Tables below the root
 */

static void forget(struct ptdesc *table, unsigned int level)
{
	struct page *page = ptdesc_page(table);

	xen_mc_batch();
	xen_pv_queue_unpin(page_to_pfn(page), level);
	xen_mc_issue(true);
	ClearPagePinned(page);
}

/**
 * xen_pv_take_kept - take a table out of the pool
 * @level: 1 to 3
 *
 * Context: may sleep.
 *
 * Return: it, pinned and empty, or NULL.
 */
struct ptdesc *xen_pv_take_kept(unsigned int level)
{
	struct ptdesc *table = take(level);

	if (!table)
		return NULL;

	if (charge(table, 0)) {
		if (!keep(table, level, false)) {
			forget(table, level);
			__free_page(ptdesc_page(table));
		}
		return NULL;
	}
	/* a lock that was allocated is freed, and the pointer still there */
	set_page_private(ptdesc_page(table), 0);
	return table;
}

/**
 * xen_pv_release_table - a table has gone out of those of its address space
 * @pfn: its page, which is freed when no CPU's walk can be in it any more
 *
 * What has no room in the pool is unpinned here, and not when it is freed: that
 * may be in a softirq, for hundreds of tables at once.
 *
 * ABI: a frame that is pinned keeps its type while no table points to it.
 *
 * Context: any but NMI.
 */
void xen_pv_release_table(unsigned long pfn)
{
	struct ptdesc *table = page_ptdesc(pfn_to_page(pfn));
	unsigned int level = xen_pv_process_level(table);

	trace_xen_mmu_release_ptpage(pfn, level, PagePinned(ptdesc_page(table)));
	if (!PagePinned(ptdesc_page(table)))
		return;
	if (level && promise(level))
		table->pt_index = level | PROMISED;
	else
		forget(table, level);
}

/**
 * xen_pv_keep_table - look at a table that is about to be freed
 * @table: no CPU's walk can be in it any more
 *
 * Context: any but NMI.
 *
 * Return: true where it is kept.  Else it is ordinary memory, to be freed.
 */
bool xen_pv_keep_table(struct ptdesc *table)
{
	struct page *page = ptdesc_page(table);
	unsigned int level = xen_pv_process_level(table);
	/* one that was never linked has not been released */
	bool promised = table->pt_index & PROMISED;

	if (!PagePinned(page))
		return false;

	/* the kernel's */
	if (!level)
		goto forget;
	if (IS_ENABLED(CONFIG_DEBUG_VM) &&
	    WARN_ON_ONCE(!is_empty(page_address(page), PTRS_PER_PTE))) {
		if (promised)
			break_promise(level);
		goto forget;
	}

	uncharge(table, 0);
	if (keep(table, level, promised))
		return true;
forget:
	forget(table, level);
	return false;
}
EXPORT_SYMBOL(xen_pv_keep_table);

/*
 * Roots
 */

static pgd_t *kernel_root(struct ptdesc *user)
{
	return (pgd_t *)page_private(ptdesc_page(user));
}

/* Whoever walks pgd_list takes the lock of the address space. */
static void give_root_to(struct mm_struct *mm, pgd_t *root)
{
	spin_lock(&pgd_lock);
	virt_to_ptdesc(root)->pt_mm = mm;
	spin_unlock(&pgd_lock);
}

#ifdef _ARCH_X86_XEN_COMPAT_H
/* 6.12 does not count roots among the page tables of a memory cgroup. */
static void count_root(pgd_t *root, int nr)
{
}
#else
static void count_root(pgd_t *root, int nr)
{
	lruvec_stat_mod_folio(page_folio(virt_to_page(root)), NR_PAGETABLE, nr);
}
#endif

static void uncharge_roots(pgd_t *root, struct ptdesc *user)
{
	count_root(root, -1);
	uncharge(virt_to_ptdesc(root), pgd_allocation_order());
	uncharge(user, 0);
}

/* Back to memory, which pgd_free() frees */
static void free_root(struct ptdesc *user)
{
	pgd_t *root = kernel_root(user);

	xen_pv_unpin_roots(root);
	count_root(root, 1);
	pgd_free(&xen_pv_no_process, root);
}

/**
 * xen_pv_take_root - the roots of a new address space
 * @mm: which
 *
 * Context: may sleep.
 *
 * Return: the kernel's, or NULL, and one is to be allocated.
 */
pgd_t *xen_pv_take_root(struct mm_struct *mm)
{
	struct ptdesc *user;
	pgd_t *root;

	if (xen_pv_copies_much(mm))
		return NULL;
	user = take(ROOT);
	if (!user)
		return NULL;

	root = kernel_root(user);
	if (charge(user, 0))
		goto back;
	if (charge(virt_to_ptdesc(root), pgd_allocation_order()))
		goto uncharge;
	count_root(root, 1);
	give_root_to(mm, root);
	return root;

uncharge:
	uncharge(user, 0);
back:
	if (!keep(user, ROOT, false))
		free_root(user);
	return NULL;
}

/**
 * xen_pv_keep_root - look at roots that are about to be freed
 * @root: the kernel's; no CPU has it loaded
 *
 * Return: true where they are kept.  Else they are ordinary memory, to be freed.
 */
bool xen_pv_keep_root(pgd_t *root)
{
	struct ptdesc *user;

	if (!xen_pv_is_table(root))
		return false;

	give_root_to(&xen_pv_no_process, root);
	/* with PAE the L2s that it was given at first are still in it */
	if (!XEN_PV_USER_ROOTS)
		goto unpin;
	if (IS_ENABLED(CONFIG_DEBUG_VM) &&
	    WARN_ON_ONCE(!is_empty(root, XEN_PV_USER_SLOTS)))
		goto unpin;

	user = virt_to_ptdesc(xen_pv_user_root(root));
	uncharge_roots(root, user);
	if (keep(user, ROOT, false))
		return true;
	count_root(root, 1);
unpin:
	xen_pv_unpin_roots(root);
	return false;
}

/*
 * How many
 */

/**
 * xen_pv_nr_kept - how many tables of a level are kept
 * @level: 1 to 4; roots are counted in pairs
 *
 * Return: that.
 */
unsigned int xen_pv_nr_kept(unsigned int level)
{
	return READ_ONCE(pools[level].nr);
}

static unsigned int root_pages(void)
{
	return 1 + BIT(pgd_allocation_order());
}

static unsigned long count_kept(struct shrinker *shrinker,
				struct shrink_control *control)
{
	unsigned long nr = root_pages() * xen_pv_nr_kept(ROOT);
	unsigned int level;

	for (level = 1; level < ROOT; level++)
		nr += xen_pv_nr_kept(level);
	return nr ?: SHRINK_EMPTY;
}

/* Returns how many pages were freed. */
static unsigned int free_one(unsigned int level)
{
	struct ptdesc *table = take(level);

	if (!table)
		return 0;
	if (level == ROOT) {
		free_root(table);
		return root_pages();
	}
	forget(table, level);
	__free_page(ptdesc_page(table));
	return 1;
}

static unsigned long free_kept(struct shrinker *shrinker,
			       struct shrink_control *control)
{
	unsigned long freed = 0;
	unsigned int level;

	for (level = 1; level <= ROOT; level++) {
		while (freed < control->nr_to_scan) {
			unsigned int nr = free_one(level);

			if (!nr)
				break;
			freed += nr;
		}
	}
	return freed ?: SHRINK_STOP;
}

/**
 * xen_pv_init_pools - pools without room
 *
 * Context: there is no address space of programs yet.
 */
void __init xen_pv_init_pools(void)
{
	struct pool *pool;

	for (pool = pools; pool <= &pools[ROOT]; pool++) {
		raw_spin_lock_init(&pool->lock);
		INIT_LIST_HEAD(&pool->tables);
	}
}

/* At most a 450th of memory, and 2.25 MB */
static int __init start_keeping(void)
{
	unsigned int roots = clamp(totalram_pages() >> 12, 4UL, 64UL);
	struct shrinker *shrinker;
	unsigned int level;

	if (!xen_pv_domain())
		return 0;
	shrinker = shrinker_alloc(0, "xen-pv-page-tables");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count_kept;
	shrinker->scan_objects = free_kept;
	shrinker_register(shrinker);

	for (level = 1; level <= ROOT; level++)
		pools[level].max = level == 1 ? 4 * roots : roots;
	return 0;
}
core_initcall(start_keeping);

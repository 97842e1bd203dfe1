// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning: all tables of an address space, one by one.
 *
 * An address space may be built, and torn down, as memory; before a CPU loads it
 * each of its tables is pinned, and when none may load it any more unpinned.  A
 * walk finds them.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include <xen/interface/xen.h>

#include "../calls.h"
#include "../multicalls.h"
#include "mm.h"

/*
 * A walk over the tables of an address space
 */

enum walk_order { PARENTS_FIRST, CHILDREN_FIRST };

/**
 * struct walk - over the tables of an address space
 * @mm: whose lock is held
 * @order: whether @fn is called before or behind a table's own
 * @fn: called for each table but the root
 * @before: how many calls Xen had refused this CPU when the queue was begun
 * @refused: whether it has refused one of the walk's
 */
struct walk {
	struct mm_struct *mm;
	enum walk_order order;
	void (*fn)(struct walk *walk, struct page *table, unsigned int level);
	unsigned int before;
	bool refused;
};

/* @nr: slots from the first, Xen's own left out */
static void walk_tables_below(struct walk *walk, const u64 *table,
			      unsigned int level, unsigned int nr)
{
	unsigned int slot;

	for (slot = 0; slot < nr; slot++) {
		u64 entry = xen_pv_table_entry_to_kernel(table[slot]);
		struct page *child;

		if (!(entry & XEN_PV_ENTRY_PRESENT))
			continue;
		child = pfn_to_page(xen_pv_entry_frame(entry));
		if (walk->order == PARENTS_FIRST)
			walk->fn(walk, child, level - 1);
		if (level > 2 && !xen_pv_is_early_shadow(page_to_pfn(child)))
			walk_tables_below(walk, page_address(child), level - 1,
					  PTRS_PER_PTE);
		if (walk->order == CHILDREN_FIRST)
			walk->fn(walk, child, level - 1);
	}
}

static void walk_user_tables(struct walk *walk, pgd_t *pgd)
{
	walk_tables_below(walk, (u64 *)pgd, XEN_PV_ROOT_LEVEL, XEN_PV_USER_SLOTS);
}

/*
 * What a walk asks for is queued with interrupts off.  Between end_queue() and the
 * next begin_queue() the CPU may be another one.
 */
static void begin_queue(struct walk *walk)
{
	xen_mc_batch();
	walk->before = this_cpu_read(xen_pv_batch)->nr_refused;
}

static void end_queue(struct walk *walk)
{
	xen_mc_flush();
	if (walk->before != this_cpu_read(xen_pv_batch)->nr_refused)
		walk->refused = true;
	xen_mc_issue(false);
}

/*
 * Pinning
 *
 * Each table is pinned by itself, behind those that it points to.  One of the
 * lowest level is changed under its own lock.  Between the time that it is mapped
 * read-only and the time that Xen knows it, a store to it would fault, and Xen
 * emulate none, so that its lock is held until the queue has been sent.
 *
 * With PREEMPT_RT that lock sleeps: the queue is sent before it is taken, and
 * again before it is given back.  stop_machine() cannot sleep.  It pins for
 * xen_pv_no_process, when all programs are frozen, and takes no lock: a thread of
 * the kernel's that was preempted with one is not looked for.
 */
#define LOCKS_SLEEP	IS_ENABLED(CONFIG_PREEMPT_RT)

/*
 * Whose roots are that no process has: kept ones, and for the time of a suspend
 * those that are under construction.  Nothing of it is used but its lock, which
 * nests in pgd_lock as that of each owner of a root does.  It cannot be init_mm:
 * phys_pte_init() of core x86 takes pgd_lock while it holds init_mm's lock.
 */
struct mm_struct xen_pv_no_process = {
	.page_table_lock =
		__SPIN_LOCK_UNLOCKED(xen_pv_no_process.page_table_lock),
};

/* Returns the lock, or NULL, for unlock_table(). */
static void *lock_table(struct walk *walk, struct page *table,
			unsigned int level)
{
#ifdef CONFIG_SPLIT_PTE_PTLOCKS
	if (level == 1 && !(LOCKS_SLEEP && walk->mm == &xen_pv_no_process)) {
		void *lock = ptlock_ptr(page_ptdesc(table));

		if (LOCKS_SLEEP)
			end_queue(walk);
		spin_lock_nest_lock((spinlock_t *)lock,
				    &walk->mm->page_table_lock);
		__release(lock);
		if (LOCKS_SLEEP)
			begin_queue(walk);
		return lock;
	}
#endif
	return NULL;
}

static void unlock(void *lock)
{
	__acquire(lock);
	spin_unlock(lock);
}

/* When the queue has been sent */
static void unlock_table(struct walk *walk, void *lock)
{
	if (!lock)
		return;
	if (!LOCKS_SLEEP) {
		xen_mc_callback(unlock, lock);
		return;
	}
	end_queue(walk);
	unlock(lock);
	begin_queue(walk);
}

/*
 * A user sets how many tables there are.  Interrupts come in where the queue has to be
 * sent anyway, after sixteen: no table's lock is held there, and none is half known.
 */
#define CALLS_OF_A_TABLE	2

static bool is_queue_full(void)
{
	return this_cpu_read(xen_pv_batch)->queue.nr_calls + CALLS_OF_A_TABLE >
	       XEN_PV_QUEUE_CALLS;
}

/*
 * Other tasks may run there, too.  No CPU has the space.  A suspend does not come while
 * fork() pins: it freezes whoever forks before.  One that comes while a space goes pins
 * what is left and makes all of it memory.  execve() pins a space of a few tables, as
 * its own and with more than this lock held.
 */
static void make_way(struct walk *walk)
{
	if (!is_queue_full())
		return;
	end_queue(walk);
	if (walk->mm != &xen_pv_no_process && walk->mm != current->mm)
		cond_resched_lock(&walk->mm->page_table_lock);
	begin_queue(walk);
}

/* The flag changes under the lock: with PREEMPT_RT a suspend may come before it. */
static void pin_table(struct walk *walk, struct page *table, unsigned int level)
{
	void *lock = lock_table(walk, table, level);

	if (!TestSetPagePinned(table)) {
		if (level < XEN_PV_ROOT_LEVEL)
			page_ptdesc(table)->pt_index = level;
		xen_pv_queue_pin(page_to_pfn(table), level);
	}
	unlock_table(walk, lock);
}

static void pin_table_below(struct walk *walk, struct page *table,
			    unsigned int level)
{
	make_way(walk);
	pin_table(walk, table, level);
}

static void unpin_table(struct walk *walk, struct page *table,
			unsigned int level)
{
	void *lock;

	make_way(walk);
	lock = lock_table(walk, table, level);
	if (TestClearPagePinned(table))
		xen_pv_queue_unpin(page_to_pfn(table), level);
	unlock_table(walk, lock);
}

/*
 * A root in 32 bits has a table of its own for the kernel's part, in which Xen
 * has entries, too.  Xen types it with the root, and nobody may pin it.
 */
static struct page *own_kernel_table(pgd_t *pgd)
{
	const u64 *root = (u64 *)pgd;
	u64 entry;

	if (!XEN_PV_OWN_KERNEL_TABLE)
		return NULL;
	entry = xen_pv_table_entry_to_kernel(root[XEN_PV_USER_SLOTS]);
	return pfn_to_page(xen_pv_entry_frame(entry));
}

/* Before its root is pinned, which flushes the TLB */
static void protect_kernel_table(struct page *table)
{
	if (table && !TestSetPagePinned(table)) {
		page_ptdesc(table)->pt_index = 0;
		xen_pv_queue_prot(page_to_pfn(table), PAGE_KERNEL_RO, UVMF_NONE);
	}
}

/* When its root has been unpinned */
static void unprotect_kernel_table(struct page *table)
{
	if (table && TestClearPagePinned(table))
		xen_pv_queue_prot(page_to_pfn(table), PAGE_KERNEL, UVMF_NONE);
}

static void pin_roots(struct walk *walk, pgd_t *pgd)
{
	pgd_t *user = xen_pv_user_root(pgd);

	protect_kernel_table(own_kernel_table(pgd));
	pin_table(walk, virt_to_page(pgd), XEN_PV_ROOT_LEVEL);
	if (user)
		pin_table(walk, virt_to_page(user), XEN_PV_ROOT_LEVEL);
}

static void unpin_roots(struct walk *walk, pgd_t *pgd)
{
	pgd_t *user = xen_pv_user_root(pgd);

	unpin_table(walk, virt_to_page(pgd), XEN_PV_ROOT_LEVEL);
	if (user)
		unpin_table(walk, virt_to_page(user), XEN_PV_ROOT_LEVEL);
	unprotect_kernel_table(own_kernel_table(pgd));
}

/**
 * xen_pv_pin_space - have Xen know all tables of an address space
 * @mm: which
 * @pgd: its root, not pinned; any where @mm is xen_pv_no_process
 *
 * ABI: see xen_pv_queue_pin().  Xen does not know a root with a table below it that
 * cannot be one: in refused calls it says which.
 *
 * Context: @mm's page_table_lock is held; sleeps, and gives the lock back for a while,
 * unless @mm is xen_pv_no_process or the current task's.
 *
 * Return: 0; or -ENOMEM where it has refused a table, and the caller has to undo the
 * rest.
 */
int xen_pv_pin_space(struct mm_struct *mm, pgd_t *pgd)
{
	struct walk walk = {
		.mm = mm, .order = CHILDREN_FIRST, .fn = pin_table_below,
	};
	int rc;

	trace_xen_mmu_pgd_pin(mm, pgd);

	begin_queue(&walk);
	walk_user_tables(&walk, pgd);
	/* without those of no process there is no way back from a suspend */
	rc = mm == &xen_pv_no_process ? 0 : xen_pv_refuses(XEN_PV_SPACE);
	if (!rc)
		pin_roots(&walk, pgd);
	end_queue(&walk);
	return rc || walk.refused ? -ENOMEM : 0;
}

/**
 * xen_pv_unpin_space - undo xen_pv_pin_space()
 * @mm: as there
 * @pgd: its root, which no CPU has loaded
 *
 * The walk reads the root, which is memory again, and nobody else's.
 *
 * Context: as there.
 */
void xen_pv_unpin_space(struct mm_struct *mm, pgd_t *pgd)
{
	struct walk walk = {
		.mm = mm, .order = PARENTS_FIRST, .fn = unpin_table,
	};

	trace_xen_mmu_pgd_unpin(mm, pgd);

	begin_queue(&walk);
	unpin_roots(&walk, pgd);
	walk_user_tables(&walk, pgd);
	end_queue(&walk);
}

/**
 * xen_pv_unpin_roots - make roots of xen_pv_no_process memory again
 * @root: the kernel's; no CPU has it loaded, and the user's half is empty
 *
 * Whoever changes the kernel's half of all roots takes the lock.
 */
void xen_pv_unpin_roots(pgd_t *root)
{
	struct walk walk = { .mm = &xen_pv_no_process };

	spin_lock(&xen_pv_no_process.page_table_lock);
	begin_queue(&walk);
	unpin_roots(&walk, root);
	end_queue(&walk);
	spin_unlock(&xen_pv_no_process.page_table_lock);
}

/*
 * Save and restore: what is not pinned keeps the old machine's frames
 */

static void lock_all(void)
	__acquires(&pgd_lock)
	__acquires(&xen_pv_no_process.page_table_lock)
{
	if (LOCKS_SLEEP)
		return;
	spin_lock(&pgd_lock);
	spin_lock(&xen_pv_no_process.page_table_lock);
}

static void unlock_all(void)
	__releases(&xen_pv_no_process.page_table_lock)
	__releases(&pgd_lock)
{
	if (LOCKS_SLEEP)
		return;
	spin_unlock(&xen_pv_no_process.page_table_lock);
	spin_unlock(&pgd_lock);
}

/* Of which Xen has refused a pin: these keep the old machine's frames. */
static int refused_pin;

/**
 * xen_mm_pin_all - pin address spaces that are under construction
 *
 * The toolstack translates tables that Xen knows, and no others.  One that Xen
 * refuses is told.
 *
 * Context: stop_machine(), so that the locks are free, or not needed.
 */
void xen_mm_pin_all(void)
{
	struct ptdesc *root;

	refused_pin = 0;
	lock_all();
	list_for_each_entry(root, &pgd_list, pt_list) {
		int rc;

		if (PagePinned(ptdesc_page(root)))
			continue;
		rc = xen_pv_pin_space(&xen_pv_no_process, ptdesc_address(root));
		refused_pin = refused_pin ?: rc;
		SetPageSavePinned(ptdesc_page(root));
	}
	unlock_all();
}

/**
 * xen_mm_unpin_all - undo xen_mm_pin_all()
 * @restored: on another host, or on this one in other frames
 *
 * Does not return where tables were not translated: what is in them are the old
 * host's frames, and a process would have another one's memory.
 *
 * Context: stop_machine().
 */
void xen_mm_unpin_all(bool restored)
{
	struct ptdesc *root;

	if (refused_pin && restored)
		xen_pv_fatal("pin of an address space before a save", 0, 0,
			     refused_pin);

	lock_all();
	list_for_each_entry(root, &pgd_list, pt_list) {
		if (!PageSavePinned(ptdesc_page(root)))
			continue;
		xen_pv_unpin_space(&xen_pv_no_process, ptdesc_address(root));
		ClearPageSavePinned(ptdesc_page(root));
	}
	unlock_all();
}

static void __init mark_table(struct walk *walk, struct page *table,
			      unsigned int level)
{
	SetPagePinned(table);
}

/**
 * xen_pv_mark_tables - note that Xen knows the tables that the boot has made
 *
 * Context: struct pages have just become ready.
 */
void __init xen_pv_mark_tables(void)
{
#ifdef CONFIG_X86_64
	const unsigned int xen_end = pgd_index(GUARD_HOLE_END_ADDR);
#else
	const unsigned int xen_end = XEN_PV_USER_SLOTS;
#endif
	struct walk walk = {
		.mm = &init_mm, .order = PARENTS_FIRST, .fn = mark_table,
	};
	u64 *root = (u64 *)init_mm.pgd;

	static_branch_enable(&xen_pv_pages_ready);
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	SetPagePinned(virt_to_page(xen_pv_vsyscall_l3));
#endif
	walk_tables_below(&walk, root, XEN_PV_ROOT_LEVEL, XEN_PV_USER_SLOTS);
	walk_tables_below(&walk, root + xen_end, XEN_PV_ROOT_LEVEL,
			  PTRS_PER_PGD - xen_end);
	mark_table(&walk, virt_to_page(root), XEN_PV_ROOT_LEVEL);
}

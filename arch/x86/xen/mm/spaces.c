// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces: two roots each, pinned while a CPU may load them.
 *
 * A 64-bit guest's kernel runs on one root and its programs on another, which
 * has the user's slots and the vsyscall page, and nothing of the kernel.  The
 * page of the first has a pointer to the second, and the other way round.  While
 * an address space is pinned, table by table, every change is a hypercall.  One
 * that gets roots of the pool is pinned from its first table on, and stays so
 * where it is small when it ends; else it is built, and torn down, as memory.
 */
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/pgtable.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <xen/interface/xen.h>

#include <asm/fixmap.h>
#include <asm/paravirt.h>
#include <asm/pgalloc.h>
#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>

#include "../multicalls.h"
#include "mm.h"

/*
 * What this CPU believes to be on: of the same life as its queue.  What Xen has
 * loaded is in struct xen_pv_batch, and may be older.
 */
DEFINE_PER_CPU(unsigned long, xen_cr3);

/*
 * Roots
 */

/**
 * xen_pv_user_root - the root of the programs that belong to a kernel's root
 * @root: any entry of the kernel's, in the direct map
 *
 * Return: it, NULL where there is none: init_mm runs no program.
 */
pgd_t *xen_pv_user_root(const void *root)
{
	if (!XEN_PV_USER_ROOTS || !static_branch_likely(&xen_pv_pages_ready))
		return NULL;
	return (pgd_t *)page_private(virt_to_page(root));
}

static int alloc_roots(struct mm_struct *mm)
{
	pgd_t *user;

	if (!XEN_PV_USER_ROOTS)
		return 0;
	user = (pgd_t *)__get_free_page(GFP_PGTABLE_USER);
	if (!user)
		return -ENOMEM;
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	user[pgd_index(VSYSCALL_ADDR)] =
		__pgd(__pa_symbol(xen_pv_vsyscall_l3) | _PAGE_TABLE);
#endif
	set_page_private(virt_to_page(mm->pgd), (unsigned long)user);
	set_page_private(virt_to_page(user), (unsigned long)mm->pgd);
	return 0;
}

static void free_roots(struct mm_struct *mm, pgd_t *pgd)
{
	struct page *page = virt_to_page(pgd);

	if (!XEN_PV_USER_ROOTS)
		return;
	free_page(page_private(page));
	set_page_private(page, 0);
}

/*
 * There is no user mode during boot.  What another CPU sees as loaded is set by
 * the flush: see multicalls.c.
 */
static void __init boot_write_cr3(unsigned long cr3)
{
	lockdep_assert_preemption_disabled();

	trace_xen_mmu_write_cr3(true, cr3);
	xen_mc_batch();
	xen_pv_queue_ext(MMUEXT_NEW_BASEPTR, pfn_to_mfn(PFN_DOWN(cr3)));
	this_cpu_write(xen_cr3, cr3);
	xen_mc_issue(!xen_is_cpu_lazy_mode());
}

static void set_root(struct mmuext_op *op, unsigned int cmd, unsigned long root)
{
	op->cmd = cmd;
	op->arg1.mfn = root ? pfn_to_mfn(PFN_DOWN(root)) : 0;
}

/* With interrupts off: what this CPU is to have loaded next */
static struct xen_pv_batch *note_root(unsigned long cr3)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);
	pgd_t *user = xen_pv_user_root(__va(cr3));
	unsigned long user_cr3 = user ? __pa(user) : 0;

	trace_xen_mmu_write_cr3(true, cr3);
	trace_xen_mmu_write_cr3(false, user_cr3);

	set_root(&batch->root[0], MMUEXT_NEW_BASEPTR, cr3);
	set_root(&batch->root[1], MMUEXT_NEW_USER_BASEPTR, user_cr3);
	this_cpu_write(xen_cr3, cr3);
	return batch;
}

/* Inside a context switch, where interrupts are off, it waits for the end. */
static void write_cr3_op(unsigned long cr3)
{
	unsigned long flags;

	lockdep_assert_preemption_disabled();

	if (xen_is_cpu_lazy_mode()) {
		note_root(cr3)->root_waits = true;
		return;
	}
	local_irq_save(flags);
	xen_pv_send_root(note_root(cr3));
	local_irq_restore(flags);
}

static unsigned long read_cr3_op(void)
{
	return this_cpu_read(xen_cr3);
}

/* Where Linux looks for the address of a page fault. */
static noinstr void write_cr2_op(unsigned long cr2)
{
	this_cpu_read(xen_vcpu)->arch.cr2 = cr2;
}

/*
 * A walk over the tables of an address space
 */

enum walk_order { PARENTS_FIRST, CHILDREN_FIRST };

typedef void table_fn(struct mm_struct *mm, struct page *table,
		      unsigned int level);

/* @nr: slots from the first, Xen's own left out */
static void walk_tables_below(struct mm_struct *mm, const u64 *table,
			      unsigned int level, unsigned int nr,
			      enum walk_order order, table_fn *fn)
{
	unsigned int slot;

	for (slot = 0; slot < nr; slot++) {
		u64 entry = xen_pv_table_entry_to_kernel(table[slot]);
		struct page *child;

		if (!(entry & XEN_PV_ENTRY_PRESENT))
			continue;
		child = pfn_to_page(xen_pv_entry_frame(entry));
		if (order == PARENTS_FIRST)
			fn(mm, child, level - 1);
		if (level > 2)
			walk_tables_below(mm, page_address(child), level - 1,
					  PTRS_PER_PTE, order, fn);
		if (order == CHILDREN_FIRST)
			fn(mm, child, level - 1);
	}
}

static void walk_user_tables(struct mm_struct *mm, pgd_t *pgd,
			     enum walk_order order, table_fn *fn)
{
	walk_tables_below(mm, (u64 *)pgd, XEN_PV_ROOT_LEVEL, XEN_PV_USER_SLOTS,
			  order, fn);
}

/*
 * Pinning
 *
 * Each table is pinned by itself, behind those that it points to.  One of the
 * lowest level is changed under its own lock.  Between the time that it is mapped
 * read-only and the time that Xen knows it, a store to it would fault, and Xen
 * emulate none, so that its lock is held until the queue has been sent.
 */

/* Returns the lock, or NULL.  unlock() gives it back, after the flush. */
static void *lock_table(struct mm_struct *mm, struct page *table,
			unsigned int level)
{
#ifdef CONFIG_SPLIT_PTE_PTLOCKS
	if (level == 1) {
		void *lock = ptlock_ptr(page_ptdesc(table));

		spin_lock_nest_lock((spinlock_t *)lock, &mm->page_table_lock);
		__release(lock);
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

static void pin_table(struct mm_struct *mm, struct page *table,
		      unsigned int level)
{
	void *lock;

	if (TestSetPagePinned(table))
		return;

	if (level < XEN_PV_ROOT_LEVEL)
		page_ptdesc(table)->pt_index = level;
	lock = lock_table(mm, table, level);
	xen_pv_queue_pin(page_to_pfn(table), level);
	if (lock)
		xen_mc_callback(unlock, lock);
}

static void unpin_table(struct mm_struct *mm, struct page *table,
			unsigned int level)
{
	void *lock;

	if (!TestClearPagePinned(table))
		return;

	lock = lock_table(mm, table, level);
	xen_pv_queue_unpin(page_to_pfn(table), level);
	if (lock)
		xen_mc_callback(unlock, lock);
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
	if (table && !TestSetPagePinned(table))
		xen_pv_queue_prot(page_to_pfn(table), PAGE_KERNEL_RO, UVMF_NONE);
}

/* When its root has been unpinned */
static void unprotect_kernel_table(struct page *table)
{
	if (table && TestClearPagePinned(table))
		xen_pv_queue_prot(page_to_pfn(table), PAGE_KERNEL, UVMF_NONE);
}

static void pin_roots(struct mm_struct *mm, pgd_t *pgd)
{
	pgd_t *user = xen_pv_user_root(pgd);

	protect_kernel_table(own_kernel_table(pgd));
	pin_table(mm, virt_to_page(pgd), XEN_PV_ROOT_LEVEL);
	if (user)
		pin_table(mm, virt_to_page(user), XEN_PV_ROOT_LEVEL);
}

static void unpin_roots(struct mm_struct *mm, pgd_t *pgd)
{
	pgd_t *user = xen_pv_user_root(pgd);

	unpin_table(mm, virt_to_page(pgd), XEN_PV_ROOT_LEVEL);
	if (user)
		unpin_table(mm, virt_to_page(user), XEN_PV_ROOT_LEVEL);
	unprotect_kernel_table(own_kernel_table(pgd));
}

static void pin_space(struct mm_struct *mm, pgd_t *pgd)
{
	trace_xen_mmu_pgd_pin(mm, pgd);

	xen_mc_batch();
	walk_user_tables(mm, pgd, CHILDREN_FIRST, pin_table);
	pin_roots(mm, pgd);
	xen_mc_issue(true);
}

/* The walk reads the root, which is memory again, and nobody else's. */
static void unpin_space(struct mm_struct *mm, pgd_t *pgd)
{
	trace_xen_mmu_pgd_unpin(mm, pgd);

	xen_mc_batch();
	unpin_roots(mm, pgd);
	walk_user_tables(mm, pgd, PARENTS_FIRST, unpin_table);
	xen_mc_issue(true);
}

/**
 * xen_pv_unpin_roots - make roots that are init_mm's memory again
 * @root: the kernel's; no CPU has it loaded, and the user's half is empty
 *
 * Whoever changes the kernel's half of all roots takes the lock.
 */
void xen_pv_unpin_roots(pgd_t *root)
{
	spin_lock(&init_mm.page_table_lock);
	xen_mc_batch();
	unpin_roots(&init_mm, root);
	xen_mc_issue(true);
	spin_unlock(&init_mm.page_table_lock);
}

/*
 * An address space whose roots were kept is pinned all its life.  There each
 * entry takes some 500 instructions of Xen, to set and to clear; pinning and
 * unpinning a table takes 20000 to 40000, and less than 350 for each entry.
 */
#define FEW_COPIED	400
#define FEW_MAPPED	700
#define FEW_TABLES	64

/**
 * xen_pv_copies_much - whether a new address space is better built as memory
 * @mm: which; that of a fork() is a copy of the parent's at first
 *
 * Return: true where many entries will be copied into it at once.
 */
bool xen_pv_copies_much(struct mm_struct *mm)
{
	struct mm_struct *from = current->mm;

	return mm->total_vm && from &&
	       get_mm_counter(from, MM_ANONPAGES) +
	       get_mm_counter(from, MM_SWAPENTS) > FEW_COPIED;
}

/* The page of zeros is in none of the counts of pages. */
static bool maps_much(struct mm_struct *mm)
{
	return get_mm_rss(mm) + get_mm_counter(mm, MM_SWAPENTS) > FEW_MAPPED ||
	       mm_pgtables_bytes(mm) > FEW_TABLES * PAGE_SIZE;
}

static void enter_mmap(struct mm_struct *mm)
{
	if (xen_pv_is_table(mm->pgd))
		return;

	spin_lock(&mm->page_table_lock);
	pin_space(mm, mm->pgd);
	spin_unlock(&mm->page_table_lock);
}

/*
 * Before an address space is unpinned, no CPU may have it loaded: neither one
 * that runs a kernel thread on it, nor one whose next root is still queued.
 */

static unsigned long loaded_root(unsigned int cpu)
{
	return READ_ONCE(per_cpu(xen_pv_batch, cpu)->loaded_cr3);
}

static void leave_space(void *info)
{
	struct mm_struct *mm = info;

	if (this_cpu_read(cpu_tlbstate.loaded_mm) == mm)
		leave_mm();
	if (loaded_root(smp_processor_id()) == __pa(mm->pgd))
		xen_mc_flush();
}

static bool has_space_loaded(int cpu, void *info)
{
	struct mm_struct *mm = info;

	return loaded_root(cpu) == __pa(mm->pgd);
}

static void exit_mmap_op(struct mm_struct *mm)
{
	/* an execve() that failed has not pinned it */
	if (!xen_pv_is_table(mm->pgd) || !maps_much(mm))
		return;

	preempt_disable();
	leave_space(mm);
	on_each_cpu_cond_mask(has_space_loaded, leave_space, mm, true,
			      cpu_online_mask);
	preempt_enable();

	spin_lock(&mm->page_table_lock);
	unpin_space(mm, mm->pgd);
	spin_unlock(&mm->page_table_lock);
}

/*
 * Save and restore: what is not pinned keeps the old machine's frames
 */

/**
 * xen_mm_pin_all - pin address spaces that are under construction
 *
 * The toolstack translates tables that Xen knows, and no others.
 *
 * Context: stop_machine(), so that the locks are free.
 */
void xen_mm_pin_all(void)
{
	struct ptdesc *root;

	spin_lock(&pgd_lock);
	spin_lock(&init_mm.page_table_lock);
	list_for_each_entry(root, &pgd_list, pt_list) {
		if (PagePinned(ptdesc_page(root)))
			continue;
		pin_space(&init_mm, ptdesc_address(root));
		SetPageSavePinned(ptdesc_page(root));
	}
	spin_unlock(&init_mm.page_table_lock);
	spin_unlock(&pgd_lock);
}

/**
 * xen_mm_unpin_all - undo xen_mm_pin_all()
 *
 * Context: stop_machine().
 */
void xen_mm_unpin_all(void)
{
	struct ptdesc *root;

	spin_lock(&pgd_lock);
	spin_lock(&init_mm.page_table_lock);
	list_for_each_entry(root, &pgd_list, pt_list) {
		if (!PageSavePinned(ptdesc_page(root)))
			continue;
		unpin_space(&init_mm, ptdesc_address(root));
		ClearPageSavePinned(ptdesc_page(root));
	}
	spin_unlock(&init_mm.page_table_lock);
	spin_unlock(&pgd_lock);
}

static void __init mark_table(struct mm_struct *mm, struct page *table,
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
	u64 *root = (u64 *)init_mm.pgd;

	static_branch_enable(&xen_pv_pages_ready);
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	SetPagePinned(virt_to_page(xen_pv_vsyscall_l3));
#endif
	walk_tables_below(&init_mm, root, XEN_PV_ROOT_LEVEL, XEN_PV_USER_SLOTS,
			  PARENTS_FIRST, mark_table);
	walk_tables_below(&init_mm, root + xen_end, XEN_PV_ROOT_LEVEL,
			  PTRS_PER_PGD - xen_end, PARENTS_FIRST, mark_table);
	mark_table(&init_mm, virt_to_page(root), XEN_PV_ROOT_LEVEL);
}

/**
 * xen_pv_install_root_op - the root is the kernel's own, and there is no other
 */
void __init xen_pv_install_root_op(void)
{
	pv_ops.mmu.write_cr3 = boot_write_cr3;
}

/**
 * xen_pv_install_boot_space_ops - pv_ops of this file, while init_mm is all
 */
void __init xen_pv_install_boot_space_ops(void)
{
	pv_ops.mmu.read_cr2 = __PV_IS_CALLEE_SAVE(xen_read_cr2);
	pv_ops.mmu.write_cr2 = write_cr2_op;
	pv_ops.mmu.read_cr3 = read_cr3_op;
#ifdef CONFIG_X86_32
	pv_ops.mmu.write_cr3 = xen_pv_adopt_root;
#else
	xen_pv_install_root_op();
#endif

	pv_ops.mmu.pgd_alloc = alloc_roots;
	pv_ops.mmu.pgd_free = free_roots;
	pv_ops.mmu.enter_mmap = enter_mmap;
	pv_ops.mmu.exit_mmap = exit_mmap_op;
}

/**
 * xen_pv_install_space_ops - pv_ops of this file, from paging_init() on
 */
void __init xen_pv_install_space_ops(void)
{
	pv_ops.mmu.write_cr3 = write_cr3_op;
}

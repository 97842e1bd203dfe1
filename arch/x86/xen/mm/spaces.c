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

/* What Xen refuses is memory again, which fork() and exec look for. */
static void enter_mmap(struct mm_struct *mm)
{
	if (xen_pv_is_table(mm->pgd))
		return;

	spin_lock(&mm->page_table_lock);
	if (xen_pv_pin_space(mm, mm->pgd))
		xen_pv_unpin_space(mm, mm->pgd);
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
	xen_pv_unpin_space(mm, mm->pgd);
	spin_unlock(&mm->page_table_lock);
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of page-table entries of the lowest level.
 *
 * In lazy mode they wait, as elements of one mmu_update; else each is a
 * hypercall.  Tables that Xen does not know are written as memory.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mmu_notifier.h>
#include <linux/page_table_check.h>
#include <linux/pgtable.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>

#include <xen/interface/xen.h>

#include <asm/io.h>
#include <asm/paravirt.h>
#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>

#include "../multicalls.h"
#include "mm.h"

static u64 direct_maddr(const void *entry)
{
	return virt_to_machine(entry).maddr;
}

static bool is_in_list(const struct xen_pv_batch *batch, u64 maddr)
{
	unsigned int i;

	for (i = 0; i < batch->nr_updates; i++)
		if ((batch->update[i].ptr & ~3ULL) == maddr)
			return true;
	return false;
}

/* What waits was asked for before: it goes first, if it is for the same entry. */
static void send_waiting(u64 maddr)
{
	struct xen_pv_batch *batch;

	preempt_disable();
	batch = this_cpu_read(xen_pv_batch);
	if (unlikely(batch->queue.nr_calls || is_in_list(batch, maddr)) &&
	    in_task())
		xen_mc_flush();
	preempt_enable();
}

static noinline void set_pte_now(pte_t *ptep, pte_t pte, unsigned int type)
{
	u64 maddr = direct_maddr(ptep);
	struct mmu_update update = {
		.ptr = maddr | type,
		.val = pte_val_ma(pte),
	};
	int rc;

	send_waiting(maddr);
	rc = HYPERVISOR_mmu_update(&update, 1, NULL, DOMID_SELF);
	WARN_RATELIMIT(rc, "xen: mmu_update: %s (%d): entry %#lx of the table of pfn %#lx := %#llx\n",
		       xen_errno_name(rc), rc,
		       offset_in_page(ptep) / sizeof(*ptep),
		       PFN_DOWN(__pa(ptep)), (u64)pte_val_ma(pte));
}

/* Behind calls that wait, such as the pin of the table */
static noinline void queue_behind(pte_t *ptep, pte_t pte, unsigned int type)
{
	xen_mc_batch();
	xen_pv_queue_update(direct_maddr(ptep) | type, pte_val_ma(pte));
	xen_mc_issue(!is_lazy_mmu_mode_active());
}

/* In lazy mode only */
static __always_inline void let_wait(pte_t *ptep, pte_t pte, unsigned int type)
{
	unsigned long table = (unsigned long)ptep & PAGE_MASK;
	struct xen_pv_batch *batch;
	struct mmu_update *update;

	preempt_disable();
	batch = this_cpu_read(xen_pv_batch);
	if (unlikely(batch->queue.nr_calls)) {
		queue_behind(ptep, pte, type);
		goto out;
	}
	if (unlikely(batch->nr_updates == XEN_PV_UPDATES))
		xen_pv_send_updates(batch);
	/* no table where nothing waits */
	if (batch->update_table != table) {
		if (!batch->nr_updates)
			batch->update_origin = _RET_IP_;
		batch->update_table = table;
		batch->update_frame = direct_maddr((void *)table);
	}
	update = &batch->update[batch->nr_updates++];
	update->ptr = batch->update_frame | offset_in_page(ptep) | type;
	update->val = pte_val_ma(pte);
out:
	preempt_enable();
}

static __always_inline void set_typed_pte(pte_t *ptep, pte_t pte,
					  unsigned int type)
{
	if (is_lazy_mmu_mode_active())
		let_wait(ptep, pte, type);
	else
		set_pte_now(ptep, pte, type);
}

/*
 * A swap entry or the like is taken away, and userfaultfd looks at what is left;
 * or becomes a page again, which fork() looks for.
 */
static bool is_looked_at(pte_t *ptep, pte_t pte)
{
	pte_t before = ptep_get(ptep);

	return (pte_none(pte) || pte_present(pte)) &&
	       !pte_none(before) && !pte_present(before);
}

static void set_pte_op(pte_t *ptep, pte_t pte)
{
	trace_xen_mmu_set_pte(ptep, pte);

	if (!xen_pv_is_table(ptep))
		native_set_pte(ptep, pte);
	else if (unlikely(is_looked_at(ptep, pte)))
		set_pte_now(ptep, pte, MMU_NORMAL_PT_UPDATE);
	else
		set_typed_pte(ptep, pte, MMU_NORMAL_PT_UPDATE);
}

/* While init_mm is all, and there are no struct pages */
static void __init set_known_pte(pte_t *ptep, pte_t pte)
{
	set_typed_pte(ptep, pte, MMU_NORMAL_PT_UPDATE);
}

/*
 * By address
 */

/* Whether Xen has it loaded on whatever CPU this task runs. */
static bool is_loaded(const struct mm_struct *mm)
{
	return mm == current->mm || mm == &init_mm;
}

/**
 * xen_pv_set_pte_at - change an entry
 * @mm: whose
 * @addr: the address that it maps
 * @ptep: the entry
 * @pte: what it becomes
 *
 * ABI: update_va_mapping changes the tables that are loaded; where these have no
 * such entry yet, as for new parts of the kernel's half, mmu_update does.
 *
 * Context: the table is locked.
 */
void xen_pv_set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		       pte_t pte)
{
	/* the boot has ways of its own */
	if (!static_branch_likely(&xen_pv_pages_ready)) {
		set_pte(ptep, pte);
		return;
	}

	if (!xen_pv_is_table(ptep)) {
		trace_xen_mmu_set_pte(ptep, pte);
		native_set_pte(ptep, pte);
		return;
	}

	if (is_lazy_mmu_mode_active() || !is_loaded(mm)) {
		set_pte_op(ptep, pte);
		return;
	}

	trace_xen_mmu_set_pte(ptep, pte);
	if (unlikely(HYPERVISOR_update_va_mapping(addr, pte, UVMF_NONE)))
		set_pte_now(ptep, pte, MMU_NORMAL_PT_UPDATE);
}
EXPORT_SYMBOL(xen_pv_set_pte_at);

#ifdef CONFIG_X86_64
/*
 * Most tables of the boot are filled before Xen knows them, and nothing says
 * which.  Xen emulates the stores to the others.
 */
static void __init set_new_pte(pte_t *ptep, pte_t pte)
{
	native_set_pte(ptep, pte);
}
#else
/*
 * In 32 bits Xen knows most tables before they are filled, and the direct map is
 * made over what Xen has mapped: a table stays read-only there.  Each entry of
 * the tables for highmem is copied, and most are clear.
 */
static void __init set_new_pte(pte_t *ptep, pte_t pte)
{
	const u64 before = pte_val_ma(ptep_get(ptep));
	u64 val = pte_val_ma(pte);

	if ((before & _PAGE_PRESENT) && !(before & _PAGE_RW) &&
	    xen_pv_entry_frame(before) == xen_pv_entry_frame(val))
		val &= ~_PAGE_RW;
	/* what waits in lazy mode may change it yet */
	if (val != before || is_lazy_mmu_mode_active())
		set_known_pte(ptep, __pte_ma(val));
}
#endif

/* The last one that is not the fixmap's: most entries follow on one of the same table. */
static unsigned long new_table __initdata;

/* The fixmap's table is known, and its entries are for use at once. */
static void __init boot_set_pte(pte_t *ptep, pte_t pte)
{
	const unsigned long table = (unsigned long)ptep & PAGE_MASK;

	if (unlikely(table != new_table)) {
		if (is_early_ioremap_ptep(ptep)) {
			set_pte_now(ptep, pte, MMU_NORMAL_PT_UPDATE);
			return;
		}
		new_table = table;
	}
	set_new_pte(ptep, pte);
}

/* A change of protection keeps what the processor has noted meanwhile. */
static __always_inline void set_protection(pte_t *ptep, pte_t pte)
{
	set_typed_pte(ptep, pte, MMU_PT_UPDATE_PRESERVE_AD);
}

static pte_t modify_prot_start(struct vm_area_struct *vma, unsigned long addr,
			       pte_t *ptep)
{
	trace_xen_mmu_ptep_modify_prot_start(vma->vm_mm, addr, ptep, *ptep);
	return *ptep;
}

static void modify_prot_commit(struct vm_area_struct *vma, unsigned long addr,
			       pte_t *ptep, pte_t pte)
{
	trace_xen_mmu_ptep_modify_prot_commit(vma->vm_mm, addr, ptep, pte);

	/* the entry that is replaced is in its table still */
	page_table_check_ptes_set(vma->vm_mm, addr, ptep, pte, 1);
	set_protection(ptep, pte);
}

/*
 * Whether the processor may note that a page is dirty while its entry is being
 * cleared: whoever runs the address space elsewhere may write to the page.
 */
static bool may_become_dirty(pte_t pte)
{
	return pte_present(pte) && pte_write(pte) && !pte_dirty(pte);
}

/* What the processor notes until the rest is cleared stays, and is read. */
static pte_t clear_now(pte_t *ptep, pte_t pte)
{
	set_pte_now(ptep, __pte_ma(0), MMU_PT_UPDATE_PRESERVE_AD);
	pte.pte |= ptep_get(ptep).pte & (_PAGE_ACCESSED | _PAGE_DIRTY);
	return pte;
}

/**
 * xen_pv_ptep_get_and_clear - take an entry out of its table
 * @mm: whose
 * @ptep: the entry
 *
 * A program's entry has gone when this returns, also in lazy mode: who looks at
 * page tables without their lock (GUP) must not find it any more.  It may keep the
 * accessed and dirty bits that it had when Xen cleared the rest: what is left is
 * none to pte_none().  The kernel's own, which becomes 0, may wait.
 *
 * ABI: mmu_update, MMU_PT_UPDATE_PRESERVE_AD.
 *
 * Context: the table is locked.
 *
 * Return: the entry as it was.
 */
pte_t xen_pv_ptep_get_and_clear(struct mm_struct *mm, pte_t *ptep)
{
	pte_t pte;

	if (!xen_pv_is_table(ptep))
		return native_ptep_get_and_clear(ptep);

	if (mm == &init_mm) {
		pte = ptep_get(ptep);
		set_typed_pte(ptep, __pte_ma(0), MMU_NORMAL_PT_UPDATE);
		return pte;
	}

	if (is_lazy_mmu_mode_active())
		send_waiting(direct_maddr(ptep));
	pte = ptep_get(ptep);
	if (may_become_dirty(pte))
		pte = clear_now(ptep, pte);
	else
		set_pte_now(ptep, __pte_ma(0), MMU_NORMAL_PT_UPDATE);
	return pte;
}
EXPORT_SYMBOL(xen_pv_ptep_get_and_clear);

/**
 * xen_pv_ptep_zap - the same for a page that is unmapped for good
 * @mm: whose
 * @ptep: the entry
 * @dead: no program will run in @mm again
 *
 * In lazy mode the entry may be cleared at its end, before the TLB is flushed
 * and the page freed: nobody looks for it until then.  An entry that the caller
 * is going to replace by a userfaultfd marker is cleared at once.  One that mremap()
 * moves waits only where truncate() flushes the same @mm: its page stays.
 *
 * Context: the table is locked.
 *
 * Return: the entry as it was.
 */
pte_t xen_pv_ptep_zap(struct mm_struct *mm, pte_t *ptep, bool dead)
{
	pte_t pte = ptep_get(ptep);

	if (!xen_pv_is_table(ptep)) {
		native_set_pte(ptep, __pte_ma(0));
		return pte;
	}

	if (!is_lazy_mmu_mode_active() || pte_flags(pte) & _PAGE_UFFD ||
	    !mm_tlb_flush_pending(mm) ||
	    (may_become_dirty(pte) && !dead))
		return xen_pv_ptep_get_and_clear(mm, ptep);

	let_wait(ptep, __pte_ma(0), MMU_NORMAL_PT_UPDATE);
	return pte;
}
EXPORT_SYMBOL(xen_pv_ptep_zap);

/* A CPU that loads it says so before, and until it has loaded another one. */
static bool runs_here_only(struct mm_struct *mm)
{
	return cpumask_any_but(mm_cpumask(mm), smp_processor_id()) >= nr_cpu_ids;
}

/**
 * xen_pv_ptep_clear_flush - take an entry out of its table and of the TLB
 * @vma: whose
 * @address: that it maps
 * @ptep: the entry
 * @old: set to the entry as it was
 *
 * ABI: update_va_mapping, UVMF_INVLPG.
 *
 * Context: the table is locked.
 *
 * Return: true where that was done, in one hypercall; nothing was done else.
 */
bool xen_pv_ptep_clear_flush(struct vm_area_struct *vma, unsigned long address,
			     pte_t *ptep, pte_t *old)
{
	struct mm_struct *mm = vma->vm_mm;
	bool done = false;

	*old = ptep_get(ptep);
	if (is_lazy_mmu_mode_active() || may_become_dirty(*old) ||
	    mm != current->mm)
		return false;

	preempt_disable();
	if (runs_here_only(mm))
		done = !HYPERVISOR_update_va_mapping(address, __pte_ma(0),
						     UVMF_INVLPG | UVMF_LOCAL);
	if (done) {
		mmu_notifier_arch_invalidate_secondary_tlbs(mm, address,
							    address + PAGE_SIZE);
		/* a CPU that has loaded it meanwhile may have seen the entry */
		if (unlikely(!runs_here_only(mm)))
			flush_tlb_page(vma, address);
	}
	preempt_enable();
	return done;
}

/**
 * xen_pv_ptep_set_wrprotect - make an entry read-only
 * @ptep: the entry
 *
 * Context: the table is locked.
 */
void xen_pv_ptep_set_wrprotect(pte_t *ptep)
{
	pte_t pte = pte_wrprotect(ptep_get(ptep));

	if (!xen_pv_is_table(ptep))
		native_set_pte(ptep, pte);
	else
		set_protection(ptep, pte);
}
EXPORT_SYMBOL(xen_pv_ptep_set_wrprotect);

/**
 * xen_pv_install_boot_update_ops - pv_ops of this file, for boot's tables
 */
void __init xen_pv_install_boot_update_ops(void)
{
	new_table = 0;
	pv_ops.mmu.set_pte = boot_set_pte;
	pv_ops.mmu.ptep_modify_prot_start = modify_prot_start;
	pv_ops.mmu.ptep_modify_prot_commit = modify_prot_commit;
}

/**
 * xen_pv_install_late_boot_update_ops - pv_ops of this file, inside paging_init()
 *
 * Once the direct map is there, most entries are in tables that Xen knows.
 */
void __init xen_pv_install_late_boot_update_ops(void)
{
	pv_ops.mmu.set_pte = set_known_pte;
}

/**
 * xen_pv_install_update_ops - pv_ops of this file, from paging_init() on
 */
void __init xen_pv_install_update_ops(void)
{
	pv_ops.mmu.set_pte = set_pte_op;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of page-table entries above the lowest level: tables that are linked,
 * and taken out again.
 *
 * Each is an mmu_update of its own, in lazy mode with what waits before it.  None
 * waits itself: who maps the next page looks for the table, and who would still find
 * one that was taken out, would free it once more.  Tables that Xen does not know are
 * written as memory.
 *
 * Of a table of the kernel's, or one above the lowest level, nobody looks whether it
 * was linked: the entry that says none would lead to page 0, as a table.  So that is
 * the end.  A program's fault looks, and is taken again.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>

#include <asm/io.h>
#include <asm/paravirt.h>
#include <asm/xen/hypercall.h>

#include "../multicalls.h"
#include "mm.h"

/* Tables of the boot may be mapped elsewhere, too. */
static u64 any_maddr(void *entry)
{
	return arbitrary_virt_to_machine(entry).maddr;
}

/* Whether it leads to another table than asked for */
static bool is_refused(const void *entry, u64 val)
{
	return val & _PAGE_PRESENT &&
	       (READ_ONCE(*(const u64 *)entry) ^ val) & PTE_PFN_MASK;
}

/* Xen has told why.  Interrupts are off: after a restore @val is the old host's. */
static bool was_linked(const void *entry, u64 val)
{
	xen_mc_flush();
	return !is_refused(entry, val);
}

/* Returns whether it was done, or needed not to be. */
static bool set_typed_entry(void *entry, u64 val)
{
	bool done;

	/*
	 * Boot clears what is clear already, past the end of memory.  Each of
	 * these would flush all TLBs.
	 */
	if (READ_ONCE(*(u64 *)entry) == val)
		return true;

	xen_mc_batch();
	xen_pv_queue_update(any_maddr(entry) | MMU_NORMAL_PT_UPDATE, val);
	done = was_linked(entry, val);
	xen_mc_issue(false);
	return done;
}

/* Until there are struct pages there are no other tables. */
static bool is_kernels(const void *table)
{
	return !static_branch_likely(&xen_pv_pages_ready) ||
	       !xen_pv_process_level(page_ptdesc(virt_to_page(table)));
}

static void end_link(const void *entry)
{
	xen_pv_fatal("mmu_update: link of a page table", 0,
		     PFN_DOWN(__pa(entry)), -EINVAL);
}

/* While the direct map is made, nobody looks for what goes. */
static bool __init may_wait(u64 val)
{
	return !val && is_lazy_mmu_mode_active();
}

/*
 * While the direct map is made, what is queued is for other entries: none changes
 * twice meanwhile.
 */
static void __init boot_set_entry(void *entry, u64 val, bool is_waiting)
{
	if (READ_ONCE(*(u64 *)entry) == val)
		return;

	xen_mc_batch();
	xen_pv_queue_update(any_maddr(entry) | MMU_NORMAL_PT_UPDATE, val);
	xen_mc_issue(!is_waiting);
}

/* In lazy mode tables of the memory that is being mapped wait: nobody looks for them. */
static void __init boot_set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	boot_set_entry(pmdp, pmd_val_ma(pmd), is_lazy_mmu_mode_active());
}

/* Until struct pages are ready */
static void __init set_known_pmd(pmd_t *pmdp, pmd_t pmd)
{
	set_typed_entry(pmdp, pmd_val_ma(pmd));
}

static void set_pmd_op(pmd_t *pmdp, pmd_t pmd)
{
	trace_xen_mmu_set_pmd(pmdp, pmd);

	if (!xen_pv_is_table(pmdp)) {
		native_set_pmd(pmdp, pmd);
		return;
	}
	if (unlikely(!set_typed_entry(pmdp, pmd_val_ma(pmd))) &&
	    is_kernels(pmdp))
		end_link(pmdp);
}

static void __init boot_set_pud(pud_t *pudp, pud_t pud)
{
	const u64 val = pud_val_ma(pud);

	boot_set_entry(pudp, val, may_wait(val));
}

static void set_pud_op(pud_t *pudp, pud_t pud)
{
	trace_xen_mmu_set_pud(pudp, pud);

	if (!xen_pv_is_table(pudp)) {
		native_set_pud(pudp, pud);
		return;
	}
	if (unlikely(!set_typed_entry(pudp, pud_val_ma(pud))))
		end_link(pudp);
}

#if CONFIG_PGTABLE_LEVELS >= 4
/* During boot there is one root, and it has no user part of its own. */
static void __init boot_set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	const u64 val = p4d_val_ma(p4d);

	boot_set_entry(p4dp, val, may_wait(val));
}

/* A user's slot is in both of an address space's roots. */
static p4d_t *user_p4d(p4d_t *p4dp)
{
	unsigned int slot = offset_in_page(p4dp) / sizeof(*p4dp);
	pgd_t *user;

	if (slot >= XEN_PV_USER_SLOTS)
		return NULL;
	user = xen_pv_user_root(p4dp);
	return user ? (p4d_t *)(user + slot) : NULL;
}

static void set_p4d_op(p4d_t *p4dp, p4d_t p4d)
{
	p4d_t *user = user_p4d(p4dp);
	bool done;

	trace_xen_mmu_set_p4d(p4dp, user, p4d);

	if (!xen_pv_is_table(p4dp)) {
		WRITE_ONCE(*p4dp, p4d);
		if (user)
			WRITE_ONCE(*user, p4d);
		return;
	}

	xen_mc_batch();
	xen_pv_queue_update(virt_to_machine(p4dp).maddr, p4d_val_ma(p4d));
	if (user)
		xen_pv_queue_update(virt_to_machine(user).maddr, p4d_val_ma(p4d));
	done = was_linked(p4dp, p4d_val_ma(p4d)) &&
	       (!user || was_linked(user, p4d_val_ma(p4d)));
	xen_mc_issue(false);
	if (unlikely(!done))
		end_link(p4dp);
}
#endif

/**
 * xen_pv_install_boot_upper_ops - pv_ops of this file, for boot's tables
 */
void __init xen_pv_install_boot_upper_ops(void)
{
	pv_ops.mmu.set_pmd = boot_set_pmd;
	pv_ops.mmu.set_pud = boot_set_pud;
#if CONFIG_PGTABLE_LEVELS >= 4
	pv_ops.mmu.set_p4d = boot_set_p4d;
#endif
}

/**
 * xen_pv_install_late_boot_upper_ops - pv_ops of this file, inside paging_init()
 *
 * The direct map is there: what is linked is looked for at once, again.
 */
void __init xen_pv_install_late_boot_upper_ops(void)
{
	pv_ops.mmu.set_pmd = set_known_pmd;
}

/**
 * xen_pv_install_upper_ops - pv_ops of this file, from paging_init() on
 */
void __init xen_pv_install_upper_ops(void)
{
	pv_ops.mmu.set_pmd = set_pmd_op;
	pv_ops.mmu.set_pud = set_pud_op;
#if CONFIG_PGTABLE_LEVELS >= 4
	pv_ops.mmu.set_p4d = set_p4d_op;
#endif
}

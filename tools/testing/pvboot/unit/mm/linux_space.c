// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces as Linux makes and drops them, by the pv_ops and hooks that
 * the files of arch/x86/xen/mm/ are.
 */
#include <stdlib.h>

#include "linux_mm.h"
#include "../../../../../arch/x86/xen/mm/mm.h"

#include "host.h"

/* new_tables.c, pools.c: asm/pgtable.h has them, by a patch */
struct ptdesc *xen_pv_alloc_table(struct mm_struct *mm, unsigned int level,
				  gfp_t gfp);
bool xen_pv_keep_table(struct ptdesc *table);
pgd_t *xen_pv_take_root(struct mm_struct *mm);
bool xen_pv_keep_root(pgd_t *root);

void xen_pv_set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		       pte_t pte);

/* Slots of a table of that level */
static unsigned int slots(unsigned int level)
{
	return level == XEN_PV_ROOT_LEVEL ? PTRS_PER_PGD : 512;
}

static unsigned int index_at(unsigned long address, unsigned int level)
{
	return address >> (12 + 9 * (level - 1)) & (slots(level) - 1);
}

static u64 *below(u64 entry)
{
	entry = xen_pv_table_entry_to_kernel(entry);
	return entry & _PAGE_PRESENT ? __va(entry & PTE_PFN_MASK) : NULL;
}

/**
 * host_table - the table of an address
 * @mm: whose
 * @address: a program's
 * @level: of the table
 *
 * Return: NULL where there is none.
 */
u64 *host_table(struct mm_struct *mm, unsigned long address,
		unsigned int level)
{
	u64 *table = (u64 *)mm->pgd;
	unsigned int at;

	for (at = XEN_PV_ROOT_LEVEL; table && at > level; at--)
		table = below(table[index_at(address, at)]);
	return table;
}

/* host_pte - the entry that maps an address, which has a table */
pte_t *host_pte(struct mm_struct *mm, unsigned long address)
{
	return (pte_t *)host_table(mm, address, 1) + index_at(address, 1);
}

/* The calls of pv_ops, by level */

static void alloc_op(struct mm_struct *mm, unsigned long pfn,
		     unsigned int level)
{
	void (*const alloc[])(struct mm_struct *mm, unsigned long pfn) = {
		pv_ops.mmu.alloc_pte, pv_ops.mmu.alloc_pmd, pv_ops.mmu.alloc_pud,
	};

	alloc[level - 1](mm, pfn);
}

static void release_op(unsigned long pfn, unsigned int level)
{
	void (*const release[])(unsigned long pfn) = {
		pv_ops.mmu.release_pte, pv_ops.mmu.release_pmd,
		pv_ops.mmu.release_pud,
	};

	release[level - 1](pfn);
}

static void set_op(u64 *entry, u64 val, unsigned int level)
{
	if (level == 2)
		pv_ops.mmu.set_pmd((pmd_t *)entry, __pmd(val));
	else if (level == 3)
		pv_ops.mmu.set_pud((pud_t *)entry, __pud(val));
	else
		pv_ops.mmu.set_p4d((p4d_t *)entry, __p4d(val));
}

static bool construct(struct mm_struct *mm, struct page *page,
		      unsigned int level)
{
	if (level == 1)
		return pagetable_pte_ctor(mm, page);
	if (level == 2)
		return pagetable_pmd_ctor(mm, page);
	pagetable_pud_ctor(page);
	return true;
}

static struct page *new_table(struct mm_struct *mm, unsigned int level)
{
	struct page *page = xen_pv_alloc_table(mm, level, GFP_PGTABLE_USER);

	if (!page)
		return NULL;
	if (construct(mm, page, level))
		return page;
	/* as pagetable_free() does */
	if (!xen_pv_keep_table(page))
		__free_page(page);
	return NULL;
}

/* A PAE root's entries have no such flags. */
static u64 link_flags(unsigned int level)
{
	return level == XEN_PV_ROOT_LEVEL && !XEN_PV_USER_ROOTS ?
	       _PAGE_PRESENT : _PAGE_TABLE;
}

/**
 * host_link - have a table for an address
 * @mm: whose
 * @address: a program's; the tables above are there
 * @level: of the table
 *
 * Return: it, which is new where there was none; NULL without memory or where
 * there is none above.
 */
u64 *host_link(struct mm_struct *mm, unsigned long address, unsigned int level)
{
	u64 *table = host_table(mm, address, level);
	u64 *entry = host_table(mm, address, level + 1);
	struct page *page;

	/* Xen may have refused the link above */
	if (table || !entry)
		return table;
	page = new_table(mm, level);
	if (!page)
		return NULL;
	entry += index_at(address, level + 1);
	alloc_op(mm, page_to_pfn(page), level);
	set_op(entry, PFN_PHYS(page_to_pfn(page)) | link_flags(level + 1),
	       level + 1);
	mm->pgtables_bytes += PAGE_SIZE;
	return page_address(page);
}

/* host_free_table - no CPU's walk is in it any more */
void host_free_table(u64 *table)
{
	struct page *page = virt_to_page(table);

	if (!xen_pv_keep_table(page))
		__free_page(page);
}

/**
 * host_unlink - take a table out of those of an address space
 * @mm: whose
 * @address: that the table is for
 * @level: of the table, which is empty
 */
void host_unlink(struct mm_struct *mm, unsigned long address,
		 unsigned int level)
{
	u64 *table = host_table(mm, address, level);
	u64 *entry = host_table(mm, address, level + 1) +
		     index_at(address, level + 1);

	set_op(entry, 0, level + 1);
	release_op(host_pfn(table), level);
	mm->pgtables_bytes -= PAGE_SIZE;
}

static bool link_all(struct mm_struct *mm, unsigned long address)
{
	unsigned int level;

	for (level = XEN_PV_ROOT_LEVEL - 1; level; level--)
		if (!host_link(mm, address, level))
			return false;
	return true;
}

/**
 * host_map - map a new page
 * @mm: where
 * @address: at which nothing is
 *
 * Return: the page, NULL without memory.
 */
u64 *host_map(struct mm_struct *mm, unsigned long address)
{
	unsigned long page;

	if (!link_all(mm, address) || !host_table(mm, address, 1))
		return NULL;
	page = __get_free_page(GFP_KERNEL);
	if (!page)
		return NULL;
	xen_pv_set_pte_at(mm, address, host_pte(mm, address),
			  __pte(__pa(page) | USER_FLAGS));
	mm->rss++;
	mm->counters[MM_ANONPAGES]++;
	mm->total_vm++;
	return (u64 *)page;
}

/* host_unmap - take a page away and free it */
void host_unmap(struct mm_struct *mm, unsigned long address)
{
	pte_t entry = xen_pv_ptep_get_and_clear(mm, host_pte(mm, address));

	pv_ops.mmu.flush_tlb_one_user(address);
	mm->rss--;
	mm->counters[MM_ANONPAGES]--;
	host_put(below(entry.pte));
}

/*
 * Lazy mode: see mm/mmu_ops.c
 */

void host_enter_lazy(void)
{
	host_cpu.lazy_mmu = true;
}

void host_leave_lazy(void)
{
	preempt_disable();
	xen_mc_flush();
	host_cpu.lazy_mmu = false;
	preempt_enable();
}

/*
 * From begin to end
 */

static int new_root(struct mm_struct *mm)
{
	unsigned long root;

	if (XEN_PV_USER_ROOTS) {
		mm->pgd = xen_pv_take_root(mm);
		if (mm->pgd)
			return 0;
	}
	root = __get_free_page(GFP_PGTABLE_USER);
	if (!root)
		return -ENOMEM;
	mm->pgd = (pgd_t *)root;
	if (pv_ops.mmu.pgd_alloc(mm)) {
		free_page(root);
		return -ENOMEM;
	}
	host_copy_kernel((u64 *)root);
	virt_to_page(root)->pt_mm = mm;
	list_add(&virt_to_page(root)->pt_list, &pgd_list);
	return 0;
}

static struct mm_struct *make_space(unsigned long total_vm)
{
	struct mm_struct *mm = calloc(1, sizeof(*mm));

	if (!mm)
		return NULL;
	mm->total_vm = total_vm;
	if (new_root(mm)) {
		free(mm);
		return NULL;
	}
	return mm;
}

/* host_new_space - for execve(), without mappings; NULL without memory */
struct mm_struct *host_new_space(void)
{
	return make_space(0);
}

/* host_child_space - for a fork() of the loaded one */
struct mm_struct *host_child_space(void)
{
	return make_space(current->mm->total_vm);
}

/* host_load_space - a program of this address space is to run, unless Xen refuses it */
void host_load_space(struct mm_struct *mm)
{
	pv_ops.mmu.enter_mmap(mm);
	if (!xen_pv_is_table(mm->pgd))
		return;
	preempt_disable();
	if (cpu_tlbstate.loaded_mm)
		cpu_tlbstate.loaded_mm->cpus.bits[0] = 0;
	mm->cpus.bits[0] = 1;
	current->mm = mm;
	cpu_tlbstate.loaded_mm = mm;
	pv_ops.mmu.write_cr3(__pa(mm->pgd));
	preempt_enable();
}

void pgd_free(struct mm_struct *mm, pgd_t *root)
{
	if (XEN_PV_USER_ROOTS) {
		if (xen_pv_keep_root(root))
			return;
	} else if (xen_pv_is_table(root)) {
		xen_pv_unpin_roots(root);
	}
	list_del(&virt_to_page(root)->pt_list);
	host_drop_kernel((u64 *)root);
	pv_ops.mmu.pgd_free(mm, root);
	free_page((unsigned long)root);
}

/* fn of each table below the root, those that it points to first */
static void each_entry(struct mm_struct *mm, u64 *table, unsigned int level,
		       unsigned long address,
		       void (*fn)(struct mm_struct *mm, unsigned long address,
				  unsigned int level))
{
	unsigned int nr = level == XEN_PV_ROOT_LEVEL ? XEN_PV_USER_SLOTS : 512;
	unsigned int slot;

	for (slot = 0; slot < nr; slot++) {
		unsigned long at = address | (unsigned long)slot << (12 + 9 * (level - 1));

		if (!(table[slot] & _PAGE_PRESENT))
			continue;
		if (level > 1)
			each_entry(mm, below(table[slot]), level - 1, at, fn);
		fn(mm, at, level);
	}
}

/* Pages that are gone are freed once the TLB is flushed. */
static u64 *gone[HOST_PAGES];
static unsigned int nr_gone;

static void zap(struct mm_struct *mm, unsigned long address, unsigned int level)
{
	pte_t entry;

	if (level != 1)
		return;
	entry = xen_pv_ptep_zap(mm, host_pte(mm, address), true);
	gone[nr_gone++] = below(entry.pte);
}

static void unlink_table(struct mm_struct *mm, unsigned long address,
			 unsigned int level)
{
	if (level == 1)
		return;
	gone[nr_gone++] = host_table(mm, address, level - 1);
	host_unlink(mm, address, level - 1);
}

/* host_drop_space - its last program has ended; no page of its own is left */
void host_drop_space(struct mm_struct *mm)
{
	unsigned int i;

	pv_ops.mmu.exit_mmap(mm);
	nr_gone = 0;
	host_enter_lazy();
	each_entry(mm, (u64 *)mm->pgd, XEN_PV_ROOT_LEVEL, 0, zap);
	pv_ops.mmu.flush_tlb_user();
	host_leave_lazy();
	for (i = 0; i < nr_gone; i++)
		host_put(gone[i]);

	nr_gone = 0;
	each_entry(mm, (u64 *)mm->pgd, XEN_PV_ROOT_LEVEL, 0, unlink_table);
	pv_ops.mmu.flush_tlb_user();
	for (i = 0; i < nr_gone; i++)
		host_free_table(gone[i]);

	if (current->mm == mm) {
		current->mm = NULL;
		preempt_disable();
		leave_mm();
		preempt_enable();
	}
	pgd_free(mm, mm->pgd);
	free(mm);
}

static struct mm_struct *forked;

static void copy_entry(struct mm_struct *mm, unsigned long address,
		       unsigned int level)
{
	pte_t *ptep, entry;

	if (level != 1)
		return;
	ptep = host_pte(mm, address);
	if (!link_all(forked, address)) {
		host_warn("no memory to copy address %#lx", address);
		return;
	}
	xen_pv_ptep_set_wrprotect(ptep);
	entry = pte_wrprotect(ptep_get(ptep));
	host_get(below(entry.pte));
	set_pte(host_pte(forked, address), entry);
	forked->rss++;
	forked->counters[MM_ANONPAGES]++;
}

/* host_fork - copy the entries of an address space, for copy on write */
void host_fork(struct mm_struct *child, struct mm_struct *parent)
{
	forked = child;
	host_enter_lazy();
	each_entry(parent, (u64 *)parent->pgd, XEN_PV_ROOT_LEVEL, 0, copy_entry);
	host_leave_lazy();
	pv_ops.mmu.flush_tlb_user();
}

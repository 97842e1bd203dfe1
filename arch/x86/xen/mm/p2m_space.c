// SPDX-License-Identifier: GPL-2.0
/*
 * Where the list of frames that Xen made for the boot lies.
 *
 * dom0's has a slot of the root to itself, far from the kernel, with tables
 * of Xen's; a domU's may be part of the kernel's mapping.  Where it is in the
 * way of the host's memory map, it moves to another slot, with tables of ours.
 * Once the list is in vmalloc space, list and tables become memory.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/xen.h>

#include <asm/early_ioremap.h>
#include <asm/paravirt.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/xen/hypervisor.h>

#include "mm.h"

/*
 * The slot that a list moves to: Xen uses another one, see xen-head.S.  With KASAN
 * both are in the kernel's half, of which all has shadow.
 */
#ifdef CONFIG_KASAN
#define MOVED_TO	0xffffe90000000000
#else
#define MOVED_TO	(2 * PGDIR_SIZE)
#endif
#define MOVED_LIST	((unsigned long *)MOVED_TO)
#define MOVED_SLOT	pgd_index(MOVED_TO)

static unsigned long __init list_bytes(void)
{
	return PAGE_ALIGN(xen_start_info->nr_pages * sizeof(unsigned long));
}

static bool __init has_slot(void)
{
	return xen_start_info->mfn_list < __START_KERNEL_map;
}

/*
 * Moving
 */

/**
 * struct level - pages of one level, one behind the other
 * @pfn: of the first
 * @nr: how many
 */
struct level {
	unsigned long pfn, nr;
};

/* A table is filled through the fixmap, and Xen takes it once that is gone. */
static void __init make_table(unsigned long pfn, const struct level *children,
			      unsigned long first, pgprotval_t flags,
			      unsigned int pin)
{
	u64 *table = early_memremap(PFN_PHYS(pfn), PAGE_SIZE);
	unsigned long i;

	clear_page(table);
	for (i = 0; i < PTRS_PER_PTE && first + i < children->nr; i++)
		table[i] = xen_pv_entry_to_machine(PFN_PHYS(children->pfn +
							    first + i) | flags);
	early_memunmap(table, PAGE_SIZE);

	make_lowmem_page_readonly(__va(PFN_PHYS(pfn)));
	xen_pv_table_op(pin, pfn);
}

static void __init make_tables(const struct level *tables,
			       const struct level *children, pgprotval_t flags,
			       unsigned int pin)
{
	unsigned long i;

	for (i = 0; i < tables->nr; i++)
		make_table(tables->pfn + i, children, i * PTRS_PER_PTE, flags, pin);
}

static unsigned long __init lay_out(struct level level[4], unsigned long bytes)
{
	unsigned long pages = 0;
	int i;

	level[0].nr = PFN_DOWN(bytes);
	level[1].nr = DIV_ROUND_UP(bytes, PMD_SIZE);
	level[2].nr = DIV_ROUND_UP(bytes, PUD_SIZE);
	level[3].nr = DIV_ROUND_UP(bytes, PGDIR_SIZE);

	for (i = 3; i >= 0; i--) {
		level[i].pfn = pages;
		pages += level[i].nr;
	}
	return pages;
}

static void __init map_moved_list(struct level level[4])
{
	pgd_t *root = __va(read_cr3_pa());
	unsigned long i;

	make_tables(&level[1], &level[0], pgprot_val(PAGE_KERNEL),
		    MMUEXT_PIN_L1_TABLE);
	make_tables(&level[2], &level[1], _PAGE_TABLE, MMUEXT_PIN_L2_TABLE);
	make_tables(&level[3], &level[2], _PAGE_TABLE, MMUEXT_PIN_L3_TABLE);
	for (i = 0; i < level[3].nr; i++)
		set_pgd(root + MOVED_SLOT + i,
			__pgd(PFN_PHYS(level[3].pfn + i) | _PAGE_TABLE));
}

/* What the old list has occupied becomes memory; its tables, if any, with it. */
static void __init leave_old_list(void)
{
	unsigned long pfn, end;

	if (has_slot()) {
		pfn = xen_start_info->first_p2m_pfn;
		end = pfn + xen_start_info->nr_p2m_frames;
		set_pgd((pgd_t *)__va(read_cr3_pa()) +
			pgd_index(xen_start_info->mfn_list), __pgd(0));
	} else {
		pfn = PFN_DOWN(__pa(xen_start_info->mfn_list));
		end = pfn + PFN_DOWN(list_bytes());
	}

	memblock_phys_free(PFN_PHYS(pfn), PFN_PHYS(end - pfn));
	for (; pfn < end; pfn++)
		make_lowmem_page_readwrite(__va(PFN_PHYS(pfn)));
}

/**
 * xen_pv_relocate_p2m - move the list of frames to where there is memory
 *
 * Its place is where the host has none.
 */
void __init xen_pv_relocate_p2m(void)
{
	struct level level[4];
	unsigned long nr, pfn;
	int i;

	nr = lay_out(level, list_bytes());
	pfn = PFN_DOWN(xen_pv_reserve_free(PFN_PHYS(nr)));
	if (!pfn)
		xen_pv_fatal("no memory to move the list of frames to", 0, nr,
			     -ENOMEM);
	for (i = 0; i < ARRAY_SIZE(level); i++)
		level[i].pfn += pfn;

	map_moved_list(level);
	memcpy(MOVED_LIST, xen_p2m_addr, list_bytes());
	xen_p2m_addr = MOVED_LIST;

	leave_old_list();
	xen_start_info->mfn_list = (unsigned long)xen_p2m_addr;
	xen_start_info->first_p2m_pfn = pfn;
	xen_start_info->nr_p2m_frames = nr;
	xen_pv_note_boot_list();

	pr_info("list of frames moved to [mem %#010llx-%#010llx]\n",
		(u64)PFN_PHYS(pfn), (u64)PFN_PHYS(pfn + nr) - 1);
}

/*
 * Releasing
 */

static void __init free_frames(unsigned long pfn, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		make_lowmem_page_readwrite(__va(PFN_PHYS(pfn + i)));
	memblock_phys_free(PFN_PHYS(pfn), PFN_PHYS(nr));
}

static void __init clear_entry(u64 *entry, unsigned int level)
{
	switch (level) {
	case 4:
		set_pgd((pgd_t *)entry, __pgd(0));
		break;
	case 3:
		set_pud((pud_t *)entry, __pud(0));
		break;
	case 2:
		set_pmd((pmd_t *)entry, __pmd(0));
		break;
	}
}

/*
 * What an entry of some level points to: memory of the list at the lowest
 * level, or where Xen has used a large page; else a table.  Tables of ours are
 * pinned.  An entry is cleared before its table is freed.
 */
static void __init free_below(u64 *at, unsigned int level, bool is_moved)
{
	u64 entry = xen_pv_table_entry_to_kernel(*at);
	unsigned long pfn = xen_pv_entry_frame(entry);
	u64 *table = __va(PFN_PHYS(pfn));
	unsigned int i;

	if (!(entry & XEN_PV_ENTRY_PRESENT))
		return;
	if (level == 1) {
		free_frames(pfn, 1);
		return;
	}
	if (entry & XEN_PV_ENTRY_LARGE) {
		free_frames(pfn, level == 3 ? PTRS_PER_PUD * PTRS_PER_PMD :
				 PTRS_PER_PMD);
		return;
	}

	for (i = 0; i < PTRS_PER_PTE; i++)
		free_below(table + i, level - 1, is_moved);
	clear_entry(at, level);
	if (is_moved)
		xen_pv_table_op(MMUEXT_UNPIN_TABLE, pfn);
	free_frames(pfn, 1);
}

/* The kernel's mapping, without what is not the kernel; whole L1s. */
static void __init clear_kernel_mapping(unsigned long first, unsigned long end)
{
	const unsigned long kernel_end = roundup((unsigned long)_brk_end,
						 PMD_SIZE);
	pmd_t *pmd = level2_kernel_pgt + pmd_index(first);

	for (; first <= end && pmd < level2_kernel_pgt + PTRS_PER_PMD;
	     first += PMD_SIZE, pmd++) {
		if (!pmd_none(*pmd) && (first < (unsigned long)_text ||
					first >= kernel_end))
			set_pmd(pmd, __pmd(0));
	}
}

static void __init free_boot_list(void)
{
	unsigned long list = xen_start_info->mfn_list;
	unsigned long slot;

	/* nobody may read it any more */
	memset((void *)list, 0xff, list_bytes());

	if (!has_slot()) {
		clear_kernel_mapping(list, list + roundup(list_bytes(), PMD_SIZE));
		memblock_free((void *)list, list_bytes());
		return;
	}
	for (slot = pgd_index(list);
	     slot <= pgd_index(list + list_bytes() - 1); slot++)
		free_below((u64 *)pgd_offset_k(0) + slot, 4,
			   pgd_index(list) == MOVED_SLOT);
}

/**
 * xen_pv_release_boot_p2m - use a list in vmalloc space
 *
 * The kernel's mapping loses Xen's tables, too: the direct map has them.
 *
 * Context: paging_init() is done.
 */
void __init xen_pv_release_boot_p2m(void)
{
	struct start_info *si = xen_start_info;
	unsigned long tables = si->pt_base;

	xen_pv_vmalloc_p2m_tree();
	if ((unsigned long)xen_p2m_addr != si->mfn_list)
		free_boot_list();

	clear_kernel_mapping(tables, roundup(tables + PFN_PHYS(si->nr_pt_frames),
					     2 * PMD_SIZE));
	si->pt_base = (unsigned long)__va(__pa(tables));
	si->mfn_list = (unsigned long)xen_p2m_addr;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * KASAN's shadow: one byte for eight of the kernel's half.
 *
 * Instrumented code looks at the shadow of what it reads and writes, so that it
 * has to be mapped before the first of such code runs: on the tables that Xen has
 * made.  One page is all of it until kasan_init(), and stays the shadow of what
 * has none of its own:
 *
 *	root            L3              L2              L1
 *	 [472..503] --> early_pud ----> early_pmd ----> early_pte ----> early_page
 *	                 each entry      each entry      each entry
 *
 * These tables are in the kernel's image.  kasan_init() makes the others while
 * another root has the shadow as it was.
 *
 * This file is not instrumented, and runs before the stack protector's canary can
 * be reached.
 */
#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>
#include <xen/pvboot/shadow.h>

#include <asm/kasan.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "mm.h"
#include "p2m.h"

/* KASAN_SHADOW_START, before it is known how many levels tables have: always 4 */
#define NR_SLOTS	(PTRS_PER_PGD / 2 >> KASAN_SHADOW_SCALE_SHIFT)
#define FIRST_SLOT	pgd_index(KASAN_SHADOW_OFFSET + \
				  (MACH2PHYS_VIRT_START >> KASAN_SHADOW_SCALE_SHIFT))

static void *const tables[] = {
	kasan_early_shadow_pte, kasan_early_shadow_pmd, kasan_early_shadow_pud,
};

/*
 * On Xen's tables
 */

/* Machine address of a page of the kernel's mapping: no other code is to be had. */
static u64 __init maddr_of(const struct start_info *si, const void *page)
{
	const unsigned long *list = (const unsigned long *)si->mfn_list;

	return PFN_PHYS((u64)list[PFN_DOWN(__pa_nodebug(page))]);
}

static void __init fill(u64 *table, u64 entry)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = entry;
}

static int __init protect(const struct start_info *si, const void *table)
{
	pte_t entry = __pte_ma(maddr_of(si, table) | _PAGE_PRESENT |
			       _PAGE_ACCESSED);

	return HYPERVISOR_update_va_mapping((unsigned long)table, entry,
					    UVMF_NONE);
}

static int __init link_slots(const struct start_info *si)
{
	const u64 root = maddr_of(si, (const void *)si->pt_base);
	const u64 entry = maddr_of(si, kasan_early_shadow_pud) | _KERNPG_TABLE;
	struct mmu_update update[NR_SLOTS];
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		update[i].ptr = root + (FIRST_SLOT + i) * sizeof(pgd_t);
		update[i].val = entry;
	}
	return HYPERVISOR_mmu_update(update, NR_SLOTS, NULL, DOMID_SELF);
}

/**
 * xen_pv_map_early_shadow - map one page for all of the shadow
 * @si: start_info
 *
 * ABI: update_va_mapping, mmu_update.
 *
 * Context: .bss is cleared, hypercalls work, and no instrumented code has run.
 *
 * Return: 0, or Xen's error, and there is no shadow.
 */
int __init xen_pv_map_early_shadow(const struct start_info *si)
{
	const void *below = kasan_early_shadow_page;
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		fill(tables[i], maddr_of(si, below) | _KERNPG_TABLE);
		rc = protect(si, tables[i]);
		if (rc)
			return rc;
		below = tables[i];
	}
	return link_slots(si);
}

/**
 * xen_pv_adopt_shadow - have the shadow in the kernel's root, too
 * @root: the one that the kernel runs on
 *
 * Context: Xen does not know the kernel's own yet.
 */
void __init xen_pv_adopt_shadow(const pgd_t *root)
{
	unsigned int i;

	for (i = FIRST_SLOT; i < FIRST_SLOT + NR_SLOTS; i++)
		init_top_pgt[i] = root[i];
}

/*
 * kasan_init()
 */

/**
 * xen_pv_is_early_shadow - whether a table is one that maps the one page
 * @pfn: of the table
 *
 * Xen knows these from the beginning, and from many entries.
 *
 * Return: true for the three that are in the image.
 */
bool xen_pv_is_early_shadow(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		if (pfn == PFN_DOWN(__pa_symbol(tables[i])))
			return true;
	return false;
}

/**
 * xen_pv_keep_early_shadow - have Xen take early_top_pgt for a root
 *
 * kasan_init() loads it while init_top_pgt gets another shadow.
 *
 * Context: it is a copy of init_top_pgt.
 */
void __init xen_pv_keep_early_shadow(void)
{
	xen_pv_set_boot_prot(early_top_pgt, PAGE_KERNEL_RO, UVMF_NONE);
	xen_pv_table_op(MMUEXT_PIN_L4_TABLE,
			PFN_DOWN(__pa_symbol(early_top_pgt)));
}

/**
 * xen_pv_map_list_shadow - say that all of the list of frames may be read
 *
 * It has been mapped in vmalloc space before there was a shadow to map with it.
 *
 * Context: init_top_pgt has its shadow, and is not loaded.
 */
void __init xen_pv_map_list_shadow(void)
{
	if (IS_ENABLED(CONFIG_KASAN_VMALLOC))
		kasan_populate_early_shadow(kasan_mem_to_shadow(xen_p2m_addr),
					    kasan_mem_to_shadow(xen_p2m_addr +
								xen_p2m_size));
}

/**
 * xen_pv_release_early_shadow - early_top_pgt is memory again
 *
 * Context: kasan_init() is done, and struct pages have just become ready.
 */
void __init xen_pv_release_early_shadow(void)
{
	unsigned int i;

	xen_pv_table_op(MMUEXT_UNPIN_TABLE, PFN_DOWN(__pa_symbol(early_top_pgt)));
	xen_pv_set_boot_prot(early_top_pgt, PAGE_KERNEL, UVMF_INVLPG);

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		SetPagePinned(virt_to_page(tables[i]));
}

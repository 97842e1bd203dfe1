// SPDX-License-Identifier: GPL-2.0
/*
 * Where the list of frames that Xen made for the boot lies: in the direct map,
 * behind the kernel.
 *
 * Where it is in the way of the host's memory map, it moves to memory whose part
 * of the direct map is made early.  Once the list is in vmalloc space, it becomes
 * memory.
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
#include <asm/setup.h>
#include <asm/xen/hypervisor.h>

#include "mm.h"

static unsigned long __init list_bytes(void)
{
	return PAGE_ALIGN(xen_start_info->nr_pages * sizeof(unsigned long));
}

/*
 * Moving
 *
 *	pfn              pfn + nr_tables           pfn + nr_tables + list
 *	 | not used | tables | list of frames ... |
 *
 * The tables map each other, read-only, and the list.  Who makes the direct map
 * finds them there, and changes what they map at most in its attributes.
 */

/* An empty one: Xen takes it once the fixmap does not map it. */
static void __init link_table(pmd_t *pmd, unsigned long pfn)
{
	void *table = early_memremap(PFN_PHYS(pfn), PAGE_SIZE);

	if (!table)
		xen_pv_fatal("early_memremap", 0, pfn, -ENOMEM);
	clear_page(table);
	early_memunmap(table, PAGE_SIZE);

	make_lowmem_page_readonly(__va(PFN_PHYS(pfn)));
	xen_pv_table_op(MMUEXT_PIN_L1_TABLE, pfn);
	set_pmd(pmd, __pmd(PFN_PHYS(pfn) | _PAGE_TABLE));
}

/* Returns the first table: those before it were not needed. */
static unsigned long __init link_tables(unsigned long pfn, unsigned long list,
					unsigned long end)
{
	unsigned long address = (unsigned long)__va(PFN_PHYS(pfn)) & PMD_MASK;
	unsigned long table = list;

	for (; address < (unsigned long)__va(PFN_PHYS(end)); address += PMD_SIZE) {
		pmd_t *pmd = pmd_off_k(address);

		if (pmd_none(*pmd))
			link_table(pmd, --table);
	}
	return table;
}

static void __init map_pages(unsigned long pfn, unsigned long end, pgprot_t prot)
{
	for (; pfn < end; pfn++)
		xen_pv_set_boot_prot(__va(PFN_PHYS(pfn)), prot, UVMF_INVLPG);
}

/* What is mapped is a part of the direct map, which has to reach so far. */
static unsigned long __init reserve_place(unsigned long nr)
{
	phys_addr_t place = xen_pv_reserve_free(PFN_PHYS(nr));

	if (!place || place + PFN_PHYS(nr) > MAXMEM)
		xen_pv_fatal("no memory to move the list of frames to", 0, nr,
			     -ENOMEM);
	return PFN_DOWN(place);
}

/**
 * xen_pv_relocate_p2m - move the list of frames to where there is memory
 *
 * Its place is where the host has none.
 *
 * ABI: update_va_mapping, mmu_update, MMUEXT_PIN_L1_TABLE.
 */
void __init xen_pv_relocate_p2m(void)
{
	const unsigned long bytes = list_bytes();
	/* at most: either end may be in the middle of what a table maps */
	const unsigned long nr_tables = DIV_ROUND_UP(bytes, PMD_SIZE) + 2;
	const unsigned long nr = nr_tables + PFN_DOWN(bytes);
	unsigned long pfn = reserve_place(nr), list = pfn + nr_tables;
	unsigned long table = link_tables(pfn, list, pfn + nr);

	map_pages(table, list, PAGE_KERNEL_RO);
	map_pages(list, pfn + nr, PAGE_KERNEL);
	memcpy(__va(PFN_PHYS(list)), xen_p2m_addr, bytes);
	xen_p2m_addr = __va(PFN_PHYS(list));

	memblock_phys_free(PFN_PHYS(pfn), PFN_PHYS(table - pfn));
	memblock_free((void *)xen_start_info->mfn_list, bytes);
	xen_start_info->mfn_list = (unsigned long)xen_p2m_addr;

	pr_info("list of frames moved to [mem %#010llx-%#010llx]\n",
		(u64)PFN_PHYS(list), (u64)PFN_PHYS(pfn + nr) - 1);
}

/*
 * Releasing
 */

/**
 * xen_pv_release_boot_p2m - use a list in vmalloc space
 *
 * Context: paging_init() is done.
 */
void __init xen_pv_release_boot_p2m(void)
{
	void *list = (void *)xen_start_info->mfn_list;

	xen_pv_vmalloc_p2m_tree();
	if (xen_p2m_addr == list)
		return;

	/* nobody may read it any more */
	memset(list, 0xff, list_bytes());
	memblock_free(list, list_bytes());
	xen_start_info->mfn_list = (unsigned long)xen_p2m_addr;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the domain builder has made, and that stay in use.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen.h>

#include <asm/e820/api.h>
#include <asm/paravirt.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "mm.h"

/* Xen's tables, those that stay in use */
static phys_addr_t boot_tables __initdata, boot_tables_size __initdata;

/**
 * xen_pv_setup_machphys_mapping - find the machine's list of pfns
 *
 * ABI: XENMEM_machphys_mapping.  Without it the list is where it was when the
 * ABI was made, and as long as its hole.
 */
void __init xen_pv_setup_machphys_mapping(void)
{
	struct xen_machphys_mapping mapping;

	if (HYPERVISOR_memory_op(XENMEM_machphys_mapping, &mapping)) {
		machine_to_phys_nr = MACH2PHYS_NR_ENTRIES;
		return;
	}
	machine_to_phys_mapping = (unsigned long *)mapping.v_start;
	machine_to_phys_nr = mapping.max_mfn + 1;
}

/**
 * xen_pv_set_boot_prot - change the mapping of a page of the boot's
 * @page: its address in the kernel's mapping
 * @prot: what it becomes
 * @flags: UVMF_*
 *
 * ABI: update_va_mapping.  Without it there are no tables to run on, so a failure
 * is the end.
 */
void __init xen_pv_set_boot_prot(void *page, pgprot_t prot, unsigned long flags)
{
	pte_t pte = pfn_pte(PFN_DOWN(__pa(page)), prot);
	int rc = HYPERVISOR_update_va_mapping((unsigned long)page, pte, flags);

	if (rc)
		xen_pv_fatal("update_va_mapping of a page table", 0,
			     (unsigned long)page, rc);
}

/* What lies at an end of the range is cut off, and is memory again. */
static void __init cut_off(unsigned long *first, unsigned long *end, void *table)
{
	unsigned long pfn = PFN_DOWN(__pa(table));

	if (pfn != *first && pfn != *end - 1)
		return;
	xen_pv_set_boot_prot(table, PAGE_KERNEL, UVMF_INVLPG);
	clear_page(table);
	if (pfn == *first)
		(*first)++;
	else
		(*end)--;
}

/**
 * xen_pv_keep_boot_tables - keep those of Xen's tables that stay in use
 * @unused: the others, which no table points to; their order is the builder's
 * @nr: how many
 */
void __init xen_pv_keep_boot_tables(void *const unused[], unsigned int nr)
{
	unsigned long first = PFN_DOWN(__pa(xen_start_info->pt_base));
	unsigned long end = first + xen_start_info->nr_pt_frames;

	while (nr--)
		cut_off(&first, &end, *unused++);

	boot_tables = PFN_PHYS(first);
	boot_tables_size = PFN_PHYS(end - first);
	memblock_reserve(boot_tables, boot_tables_size);
}

/**
 * xen_pv_require_table_memory - make sure that Xen's tables lie in memory
 *
 * They cannot be moved.
 */
void __init xen_pv_require_table_memory(void)
{
	xen_pv_require_memory(boot_tables, boot_tables_size, "page table");
}

static bool __init is_memory(phys_addr_t first, phys_addr_t end)
{
	return e820__mapped_all(first, end, E820_TYPE_RAM);
}

/**
 * xen_pv_check_memory_limit - make sure that mem= leaves what the kernel runs on
 *
 * The direct map is made without the rest: start_info, the console and the
 * tables themselves would go while it is made, and nobody could say so.
 *
 * Context: early parameters are parsed, there is no direct map yet.
 */
void __init xen_pv_check_memory_limit(void)
{
	const struct start_info *si = xen_start_info;
	phys_addr_t end = boot_tables + boot_tables_size;
	phys_addr_t list = PFN_PHYS(si->first_p2m_pfn);

	if (!is_memory(boot_tables, end) ||
	    !is_memory(__pa(si), __pa(si) + PAGE_SIZE))
		xen_pv_fatal("mem= leaves out the kernel's page tables", 0, end,
			     -ENOMEM);
	if (si->mfn_list < __START_KERNEL_map &&
	    !is_memory(list, list + PFN_PHYS(si->nr_p2m_frames)))
		xen_pv_fatal("mem= leaves out the list of frames", 0, list,
			     -ENOMEM);
}

/**
 * xen_pv_reserve_special_pages - keep what start_info points to
 */
void __init xen_pv_reserve_special_pages(void)
{
	const struct start_info *si = xen_start_info;

	memblock_reserve(__pa(si), PAGE_SIZE);
	if (si->store_mfn)
		memblock_reserve(PFN_PHYS(mfn_to_pfn(si->store_mfn)), PAGE_SIZE);
	if (!xen_initial_domain())
		memblock_reserve(PFN_PHYS(mfn_to_pfn(si->console.domU.mfn)),
				 PAGE_SIZE);
}

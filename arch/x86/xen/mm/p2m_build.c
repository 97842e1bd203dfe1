// SPDX-License-Identifier: GPL-2.0
/*
 * From the list of frames that came with the boot to one in vmalloc space.
 *
 * There it has room for all pfns that may ever come, and memory only for those
 * that have a word of their own.
 */
#include <linux/init.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <asm/paravirt.h>

#include "p2m.h"

#ifdef CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#define HOTPLUG_GB	CONFIG_XEN_MEMORY_HOTPLUG_LIMIT
#else
#define HOTPLUG_GB	0
#endif

/* KUnit wants a blank table to grow. */
#define FOR_TESTS	(IS_ENABLED(CONFIG_XEN_PV_KUNIT_TEST) ? XEN_PV_TABLE_PFNS : 0)

static void * __init need_page(void)
{
	void *page = xen_pv_alloc_list_page(GFP_KERNEL);

	if (!page)
		xen_pv_fatal("no memory for the list of frames", 0, PAGE_SIZE,
			     -ENOMEM);
	return page;
}

/*
 * What is to be mapped.  Behind the boot's list all is identity until
 * xen_pv_enter_extra_mem() says what is not.
 */

static bool __init is_all(enum xen_pv_kind kind, unsigned long pfn,
			  unsigned long nr)
{
	for (; nr && pfn < xen_p2m_size; nr--, pfn++)
		if (xen_p2m_addr[pfn] != xen_pv_word(kind, pfn))
			return false;
	return !nr || kind == XEN_PV_IDENTITY;
}

static enum xen_pv_kind __init kind_of_all(unsigned long pfn, unsigned long nr)
{
	if (is_all(XEN_PV_IDENTITY, pfn, nr))
		return XEN_PV_IDENTITY;
	return is_all(XEN_PV_MISSING, pfn, nr) ? XEN_PV_MISSING : XEN_PV_OWN;
}

static pte_t __init make_entry(unsigned long pfn)
{
	enum xen_pv_kind kind = kind_of_all(pfn, P2M_PER_PAGE);
	void *page;

	if (kind != XEN_PV_OWN)
		return xen_pv_blank_entry(kind);

	page = need_page();
	copy_page(page, xen_p2m_addr + pfn);
	return pfn_pte(virt_to_pfn(page), PAGE_KERNEL);
}

/*
 * Tables are filled as memory, and then Xen takes them.
 */

static pte_t * __init make_blank_table(enum xen_pv_kind kind)
{
	pte_t *table = need_page();
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = xen_pv_blank_entry(kind);
	paravirt_alloc_pte(&init_mm, virt_to_pfn(table));
	return table;
}

static void __init make_blanks(void)
{
	xen_pv_list.blank = need_page();
	xen_pv_fill_words(xen_pv_list.blank, XEN_PV_MISSING, 0, P2M_PER_PAGE);
	xen_pv_list.missing = make_blank_table(XEN_PV_MISSING);
	xen_pv_list.identity = make_blank_table(XEN_PV_IDENTITY);
}

/*
 * A blank one makes way for its part's own once that is needed, in the one table
 * above that all roots share.  In 32 bits each has its own.
 */
static pte_t * __init make_table(unsigned long pfn)
{
	enum xen_pv_kind kind = kind_of_all(pfn, XEN_PV_TABLE_PFNS);
	pte_t *table;
	unsigned int i;

	if (kind != XEN_PV_OWN && IS_ENABLED(CONFIG_X86_64))
		return kind == XEN_PV_MISSING ? xen_pv_list.missing :
						xen_pv_list.identity;

	table = need_page();
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = make_entry(pfn + i * P2M_PER_PAGE);
	paravirt_alloc_pte(&init_mm, virt_to_pfn(table));
	return table;
}

static void __init make_tables(pte_t **table, unsigned long nr,
			       unsigned long address)
{
	unsigned long i;
	int rc;

	for (i = 0; i < nr; i++, address += PMD_SIZE) {
		table[i] = make_table(i * XEN_PV_TABLE_PFNS);
		populate_extra_pmd(address);
		rc = xen_pv_link_list_table(address, table[i]);
		if (rc)
			xen_pv_fatal("link of a table of the list of frames", 0,
				     i, rc);
	}
}

static unsigned long __init nr_tables(void)
{
	unsigned long hotplug = HOTPLUG_GB * ((u64)SZ_1G >> PAGE_SHIFT);
	unsigned long pfns = max(xen_max_p2m_pfn, hotplug) + FOR_TESTS;

	return DIV_ROUND_UP(pfns, XEN_PV_TABLE_PFNS);
}

/**
 * xen_pv_vmalloc_p2m_tree - map the list of frames in vmalloc space
 *
 * ABI: the words must be what the boot's list says, whatever is mapped.
 *
 * Context: paging_init() is done, vmalloc_init() is not.
 */
void __init xen_pv_vmalloc_p2m_tree(void)
{
	static struct vm_struct area = { .flags = VM_ALLOC };
	const unsigned long nr = nr_tables();
	pte_t **table;

	table = memblock_alloc(nr * sizeof(*table), sizeof(*table));
	if (!table)
		xen_pv_fatal("no memory for tables of the list of frames", 0,
			     nr, -ENOMEM);
	area.size = nr * PMD_SIZE;
	vm_area_register_early(&area, PMD_SIZE);
	pr_info("xen: list of frames: %lu MiB of memory, room for %lu\n",
		xen_max_p2m_pfn >> (20 - PAGE_SHIFT),
		nr * XEN_PV_TABLE_PFNS >> (20 - PAGE_SHIFT));

	make_blanks();
	make_tables(table, nr, (unsigned long)area.addr);

	xen_pv_list.end = xen_max_p2m_pfn;
	xen_pv_list.table = table;
	xen_p2m_addr = area.addr;
	xen_p2m_size = nr * XEN_PV_TABLE_PFNS;
	xen_max_p2m_pfn = xen_p2m_size;

	xen_pv_enter_extra_mem();
}

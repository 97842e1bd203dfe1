// SPDX-License-Identifier: GPL-2.0
/*
 * Extra memory: page frames of the guest that have struct pages and no memory
 * of the machine yet.  The balloon driver populates them, or they serve as
 * places for other domains' pages.
 *
 * The memory map adds regions while it is set up (mm/, enlighten_pvh.c); one
 * of two drivers takes them over as soon as there is an allocator.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <kunit/visibility.h>

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/printk.h>

#include <xen/page.h>
#include <xen/xen.h>

#include "pv.h"

/* Pages that the boot gave back, and that are in none of the regions below */
unsigned long xen_released_pages;

/* A region without pages is free to be used. */
struct xen_memory_region xen_extra_mem[XEN_EXTRA_MEM_MAX_REGIONS] __initdata;

/*
 * Return: the region that pages from @start_pfn on continue, or a free one that
 * begins there now; or NULL.
 */
VISIBLE_IF_KUNIT struct xen_memory_region *
xen_pv_region_for(struct xen_memory_region *regions, unsigned int nr,
		  unsigned long start_pfn)
{
	struct xen_memory_region *region;

	for (region = regions; region < regions + nr; region++) {
		if (!region->n_pfns) {
			region->start_pfn = start_pfn;
			return region;
		}
		if (region->start_pfn + region->n_pfns == start_pfn)
			return region;
	}
	return NULL;
}

/**
 * xen_add_extra_mem - note pages without memory
 * @start_pfn: the first one
 * @n_pfns: how many
 *
 * They are reserved, so that Linux does not touch them.  Without room to note
 * them they stay unused.
 *
 * Context: boot, while memblock is the allocator.
 */
void __init xen_add_extra_mem(unsigned long start_pfn, unsigned long n_pfns)
{
	struct xen_memory_region *region;
	int rc;

	region = xen_pv_region_for(xen_extra_mem, XEN_EXTRA_MEM_MAX_REGIONS,
				   start_pfn);
	if (region)
		region->n_pfns += n_pfns;
	else
		pr_warn("more than %u regions of extra memory, %lu pages lost\n",
			XEN_EXTRA_MEM_MAX_REGIONS, n_pfns);

	rc = memblock_reserve(PFN_PHYS(start_pfn), PFN_PHYS(n_pfns));
	if (rc)
		panic("xen: %lu pages without memory at pfn %#lx not reserved: %d\n",
		      n_pfns, start_pfn, rc);
}

#ifdef CONFIG_XEN_UNPOPULATED_ALLOC
/* What mem= or memmap= leaves out has no struct page. */
static void __init hand_over(struct xen_memory_region *region)
{
	unsigned long end = min(region->start_pfn + region->n_pfns, max_pfn);
	unsigned long pfn;

	for (pfn = region->start_pfn; pfn < end; pfn++) {
		struct page *page;

		if (!pfn_valid(pfn))
			continue;
		page = pfn_to_page(pfn);
		xen_free_unpopulated_pages(1, &page);
		/* The balloon driver counts them, which are not its own any more. */
		xen_unpopulated_pages++;
	}
	region->n_pfns = 0;
}

/**
 * arch_xen_unpopulated_init - give the extra memory to the allocator of
 *	unpopulated pages
 * @res: where it may look for more, set before it gets the first page
 *
 * Return: 0, or -ENODEV where there is no Xen.
 */
int __init arch_xen_unpopulated_init(struct resource **res)
{
	unsigned int i;

	if (!xen_domain())
		return -ENODEV;

	*res = &iomem_resource;
	for (i = 0; i < XEN_EXTRA_MEM_MAX_REGIONS; i++)
		hand_over(&xen_extra_mem[i]);
	return 0;
}
#endif

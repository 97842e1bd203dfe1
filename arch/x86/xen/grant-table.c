// SPDX-License-Identifier: GPL-2.0
/*
 * Where the tables lie in which this domain grants its pages to others.
 *
 * Xen has them.  A PV guest maps their frames into an area of vmalloc space, as
 * many as are in use, and maps them anew after it was restored on another host.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

/* Room for as many frames as Xen will ever give */
static struct vm_struct *shared_area, *status_area;

/* A guest of another kind maps no frame, but is linked with what could. */
static int set_entry(unsigned long address, pte_t val, unsigned long flags)
{
#ifdef CONFIG_XEN_PV
	return HYPERVISOR_update_va_mapping(address, val, flags);
#else
	return -EOPNOTSUPP;
#endif
}

/* @first: where the table begins.  One that grows has its frames mapped again. */
static int map_frame(void *first, unsigned long nr, unsigned long mfn)
{
	return set_entry((unsigned long)first + nr * PAGE_SIZE,
			 mfn_pte(mfn, PAGE_KERNEL), 0);
}

/**
 * arch_gnttab_unmap - take frames of either table out of the kernel's tables
 * @where: the address of the first
 * @nr: how many
 */
void arch_gnttab_unmap(void *where, unsigned long nr)
{
	unsigned long address = (unsigned long)where;

	for (; nr--; address += PAGE_SIZE)
		WARN_ON_ONCE(set_entry(address, __pte_ma(0),
				       UVMF_INVLPG | UVMF_ALL));
}

/**
 * arch_gnttab_map_shared - map frames of the grants
 * @frames: the machine's numbers
 * @nr: how many
 * @max_nr: not used
 * @where: where they are mapped; set, if it is NULL
 *
 * ABI: GNTTABOP_setup_table gives the frames, update_va_mapping maps them.
 *
 * Return: 0, or Xen's error, and then what was mapped before still is.
 */
int arch_gnttab_map_shared(unsigned long *frames, unsigned long nr,
			   unsigned long max_nr, void **where)
{
	void *first = *where ?: shared_area->addr;
	unsigned long i;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++)
		rc = map_frame(first, i, frames[i]);
	if (!rc)
		*where = first;
	return rc;
}

/**
 * arch_gnttab_map_status - map frames of what version 2 says of the grants
 * @frames: the machine's numbers
 * @nr: how many
 * @max_nr: not used
 * @where: where they are mapped; set, if it is NULL
 *
 * ABI: GNTTABOP_get_status_frames gives the frames.
 *
 * Return: 0, or Xen's error, and then what was mapped before still is.
 */
int arch_gnttab_map_status(u64 *frames, unsigned long nr,
			   unsigned long max_nr, grant_status_t **where)
{
	void *first = *where ?: status_area->addr;
	unsigned long i;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++)
		rc = map_frame(first, i, frames[i]);
	if (!rc)
		*where = first;
	return rc;
}

/* The walk allocates what tables there are not. */
static int nothing(pte_t *pte, unsigned long address, void *data)
{
	return 0;
}

static struct vm_struct *alloc_area(unsigned long nr_frames)
{
	unsigned long size = nr_frames * PAGE_SIZE;
	struct vm_struct *area = get_vm_area(size, VM_IOREMAP);

	if (!area)
		return NULL;
	if (apply_to_page_range(&init_mm, (unsigned long)area->addr, size,
				nothing, NULL)) {
		free_vm_area(area);
		return NULL;
	}
	return area;
}

/**
 * arch_gnttab_init - make room for both tables
 * @nr_shared: frames of the grants, at most
 * @nr_status: frames of their status, at most
 *
 * There is room for the status also where this host has version 1 only: the
 * next one may have version 2.
 *
 * Return: 0 or -ENOMEM.
 */
int arch_gnttab_init(unsigned long nr_shared, unsigned long nr_status)
{
	if (!xen_pv_domain())
		return 0;

	shared_area = alloc_area(nr_shared);
	if (!shared_area)
		return -ENOMEM;
	status_area = alloc_area(nr_status);
	if (!status_area) {
		free_vm_area(shared_area);
		return -ENOMEM;
	}
	return 0;
}

#ifdef CONFIG_XEN_PVH
/* Before the grant table is set up, which asks for this */
static int __init map_pvh_frames(void)
{
	if (!xen_pvh_domain())
		return -ENODEV;

	xen_auto_xlat_grant_frames.count = gnttab_max_grant_frames();
	return xen_xlate_map_ballooned_pages(&xen_auto_xlat_grant_frames.pfn,
					     &xen_auto_xlat_grant_frames.vaddr,
					     xen_auto_xlat_grant_frames.count);
}
core_initcall(map_pvh_frames);
#endif

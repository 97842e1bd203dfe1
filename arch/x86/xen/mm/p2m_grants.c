// SPDX-License-Identifier: GPL-2.0
/*
 * Pages behind which another domain's memory is, by its grant.
 *
 * drivers/xen/grant-table.c maps grants at the addresses of pages that have no
 * frame.  Here the list of frames learns what is behind them, and a program's
 * mappings of the same grants are made and taken away.
 */
#include <kunit/static_stub.h>

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/printk.h>

#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

#include "p2m.h"

/* In a status that Xen is to set: it has not */
#define NO_STATUS	1

/**
 * xen_pv_grant_op - grant_table_op, which tests replace
 * @cmd: GNTTABOP_*
 * @ops: operations
 * @nr: how many
 *
 * Return: 0, or Xen's error: some of @ops are done, each has its status.
 */
int xen_pv_grant_op(unsigned int cmd, void *ops, unsigned int nr)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_pv_grant_op, cmd, ops, nr);

	return HYPERVISOR_grant_table_op(cmd, ops, nr);
}

static bool is_mapped(const struct gnttab_map_grant_ref *map)
{
	return map->status == GNTST_okay;
}

static int map_for_program(struct gnttab_map_grant_ref *kmap_ops,
			   unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kmap_ops[i].status = NO_STATUS;
	return xen_pv_grant_op(GNTTABOP_map_grant_ref, kmap_ops, count);
}

/* Returns how many operations that took. */
static unsigned int add_unmap(struct gnttab_unmap_grant_ref *unmap,
			      struct gnttab_map_grant_ref *map)
{
	if (!map || !is_mapped(map))
		return 0;

	unmap->host_addr = map->host_addr;
	unmap->dev_bus_addr = map->flags & GNTMAP_device_map ?
			      map->dev_bus_addr : 0;
	unmap->handle = map->handle;
	unmap->status = NO_STATUS;

	map->status = GNTST_general_error;
	map->handle = INVALID_GRANT_HANDLE;
	return 1;
}

/* What cannot be recorded must not stay mapped.  For the caller it never was. */
static void undo(struct gnttab_map_grant_ref *map,
		 struct gnttab_map_grant_ref *kmap)
{
	struct gnttab_unmap_grant_ref unmap[2];
	unsigned int nr, i;
	int rc;

	nr = add_unmap(unmap, map);
	nr += add_unmap(unmap + nr, kmap);
	if (!nr)
		return;

	rc = xen_pv_grant_op(GNTTABOP_unmap_grant_ref, unmap, nr);
	for (i = 0; i < nr; i++)
		if (rc || unmap[i].status != GNTST_okay)
			pr_err_ratelimited("xen: unmap_grant_ref: %s (%d), status %d: address %#llx stays mapped\n",
					   xen_errno_name(rc), rc,
					   unmap[i].status,
					   (u64)unmap[i].host_addr);
}

/* A mapping at an entry's address has its frame there. */
static unsigned long granted_frame(const struct gnttab_map_grant_ref *map)
{
	const u8 *page;

	if (!(map->flags & GNTMAP_contains_pte))
		return PFN_DOWN(map->dev_bus_addr);
	page = mfn_to_virt(PFN_DOWN(map->host_addr));
	return pte_mfn(ptep_get((pte_t *)(page + offset_in_page(map->host_addr))));
}

static bool record(struct page *page, const struct gnttab_map_grant_ref *map)
{
	const unsigned long pfn = page_to_pfn(page);

	WARN_ONCE(pfn_to_mfn(pfn) != XEN_PV_NO_FRAME,
		  "xen: a grant is mapped at pfn %#lx, which has a frame", pfn);
	return set_phys_to_machine(pfn, xen_pv_word(XEN_PV_FOREIGN,
						    granted_frame(map)));
}

/**
 * set_foreign_p2m_mapping - record which grants have been mapped
 * @map_ops: how, and each with its status; an address must have no frame
 * @kmap_ops: how a program maps the same, to be done here; or NULL
 * @pages: that of each address
 * @count: how many
 *
 * One that cannot be recorded is unmapped, and its status is an error then.  So
 * are all if the program's could not be mapped.
 *
 * ABI: GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref.
 *
 * Context: may sleep where a page was not made by xen_alloc_unpopulated_pages().
 *
 * Return: 0, or Xen's error.
 */
int set_foreign_p2m_mapping(struct gnttab_map_grant_ref *map_ops,
			    struct gnttab_map_grant_ref *kmap_ops,
			    struct page **pages, unsigned int count)
{
	unsigned int i;
	int rc = 0;

	if (!xen_pv_domain())
		return 0;

	if (kmap_ops)
		rc = map_for_program(kmap_ops, count);

	for (i = 0; i < count; i++) {
		struct gnttab_map_grant_ref *kmap = kmap_ops ? kmap_ops + i :
							       NULL;

		if (rc) {
			undo(map_ops + i, kmap);
			continue;
		}
		/* of two mappings the caller takes away the one that there is */
		if (!is_mapped(map_ops + i) || (kmap && !is_mapped(kmap)))
			continue;
		if (!record(pages[i], map_ops + i))
			undo(map_ops + i, kmap);
	}
	return rc;
}

/**
 * clear_foreign_p2m_mapping - record which grants have been unmapped
 * @unmap_ops: not used
 * @kunmap_ops: how a program unmaps the same, to be done here; or NULL
 * @pages: as set_foreign_p2m_mapping() had them
 * @count: how many
 *
 * ABI: GNTTABOP_unmap_grant_ref.
 *
 * Context: any.
 *
 * Return: 0; -EINVAL where a page had none behind it; or Xen's error.
 */
int clear_foreign_p2m_mapping(struct gnttab_unmap_grant_ref *unmap_ops,
			      struct gnttab_unmap_grant_ref *kunmap_ops,
			      struct page **pages, unsigned int count)
{
	unsigned int i;
	int rc = 0;

	if (!xen_pv_domain())
		return 0;

	for (i = 0; i < count; i++) {
		const unsigned long pfn = page_to_pfn(pages[i]);

		if (xen_pv_word_kind(__pfn_to_mfn(pfn)) != XEN_PV_FOREIGN ||
		    !__set_phys_to_machine(pfn, XEN_PV_NO_FRAME))
			rc = -EINVAL;
	}

	if (kunmap_ops)
		rc = xen_pv_grant_op(GNTTABOP_unmap_grant_ref, kunmap_ops,
				     count) ?: rc;
	return rc;
}

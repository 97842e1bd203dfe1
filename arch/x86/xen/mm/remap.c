// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of pages that lie in holes of the host's memory map.
 *
 * Such a page is the machine's: it is its own frame.  The frame that it had is
 * noted in a list, and becomes that of a page of extra memory as soon as the list
 * of frames can grow.  Frames that there is no extra memory for go back to Xen.
 *
 *	page in a hole    frame     page in extra memory
 *	first             a  -----> first of the first region
 *	next              b  -----> next
 *
 * The noted frames stay in order, so that memory which is contiguous in the
 * machine remains so.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>

#include <asm/early_ioremap.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "map.h"
#include "mm.h"

/* Frames that are looked at, or given back, at a time */
#define BATCH	512

static unsigned long frames[BATCH] __initdata;

/**
 * struct noted_frames - frames that wait for pages
 * @list: address of their numbers
 * @room: how many numbers there is room for
 * @nr: how many there are
 */
static struct noted_frames {
	phys_addr_t list;
	unsigned long room, nr;
} noted __initdata;

/* A part of the list, from number @first on. */
static unsigned long * __init map_list(unsigned long first, unsigned int nr)
{
	unsigned long *part = early_memremap(noted.list + first * sizeof(*part),
					     nr * sizeof(*part));

	if (!part)
		xen_pv_fatal("early_memremap of a list of frames", 0, first,
			     -ENOMEM);
	return part;
}

/*
 * Out of the holes
 */

static void __init make_list(void)
{
	unsigned long size;

	noted.room = min(xen_pv_pages_in_holes(&xen_pv_host_map,
					       xen_pv_boot_pages),
			 xen_pv_count_regions(xen_extra_mem,
					      XEN_EXTRA_MEM_MAX_REGIONS));
	if (!noted.room)
		return;

	size = PAGE_ALIGN(noted.room * sizeof(unsigned long));
	noted.list = xen_pv_reserve_free(size);
	if (noted.list)
		return;
	pr_warn("no memory for a list of %lu frames: they go back\n", noted.room);
	noted.room = 0;
}

static unsigned int __init read_frames(unsigned long pfn, unsigned int nr)
{
	unsigned int i, found = 0;

	for (i = 0; i < nr; i++) {
		unsigned long mfn = pfn_to_mfn(pfn + i);

		if (mfn != INVALID_P2M_ENTRY && mfn_to_pfn(mfn) == pfn + i)
			frames[found++] = mfn;
	}
	return found;
}

static bool __init is_mapped(unsigned long pfn)
{
	unsigned int level;

	return lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);
}

/*
 * In 32 bits Xen has mapped the list of frames and its tables, too, which lie
 * behind what max_pfn_mapped counts.
 */
static unsigned long __init no_page_mapped_from(void)
{
	return IS_ENABLED(CONFIG_X86_32) ? PFN_DOWN(MAXMEM) : max_pfn_mapped;
}

/*
 * Devices are mapped by those who know them.  max_pfn_mapped counts the initrd,
 * which lies behind what Xen has mapped.
 */
static void __init unmap(unsigned long pfn, unsigned int nr)
{
	unsigned long end = min(pfn + nr, no_page_mapped_from());

	while (pfn < end && !is_mapped(end - 1))
		end--;
	if (pfn >= end)
		return;

	xen_mc_batch();
	for (; pfn < end; pfn++) {
		if (!is_mapped(pfn))
			continue;
		xen_pv_queue_va((unsigned long)__va(PFN_PHYS(pfn)), __pte_ma(0),
				pfn == end - 1 ? UVMF_TLB_FLUSH : UVMF_NONE);
	}
	xen_mc_issue(true);
}

static void __init note_frames(unsigned int nr)
{
	unsigned long *part = map_list(noted.nr, nr);

	memcpy(part, frames, nr * sizeof(*part));
	early_memunmap(part, nr * sizeof(*part));
	noted.nr += nr;
}

/* ABI: XENMEM_decrease_reservation; the frames have no mapping any more. */
static void __init release(unsigned long *mfns, unsigned int nr)
{
	struct xen_memory_reservation args = {
		.nr_extents = nr,
		.domid = DOMID_SELF,
	};
	long rc;

	set_xen_guest_handle(args.extent_start, mfns);
	rc = HYPERVISOR_memory_op(XENMEM_decrease_reservation, &args);
	if (rc > 0)
		xen_released_pages += rc;
	if (rc != nr)
		pr_warn("memory_op (decrease_reservation): %s (%ld), of %u frames from mfn %#lx on; the others are lost\n",
			xen_errno_name(rc), rc, nr, *mfns);
}

static void __init take_frames(unsigned long pfn, unsigned int nr)
{
	unsigned int found = read_frames(pfn, nr);
	unsigned int kept = min_t(unsigned long, found, noted.room - noted.nr);

	unmap(pfn, nr);
	if (kept)
		note_frames(kept);
	if (found > kept)
		release(frames + kept, found - kept);
}

static void __init clear_hole(const struct xen_pv_pages *hole)
{
	unsigned long end = min(hole->end, xen_pv_boot_pages);
	unsigned long pfn;

	for (pfn = hole->first; pfn < end; pfn += BATCH)
		take_frames(pfn, min_t(unsigned long, end - pfn, BATCH));
	set_phys_range_identity(hole->first, hole->end);
}

/**
 * xen_pv_clear_holes - take the frames of pages that lie in holes
 *
 * Those pages are the machine's afterwards.
 *
 * ABI: XENMEM_decrease_reservation.
 *
 * Context: setup_arch(); nothing that is in use lies in a hole.
 */
void __init xen_pv_clear_holes(void)
{
	struct xen_pv_pages hole = {};

	make_list();
	do {
		xen_pv_hole_from(&xen_pv_host_map, hole.end, &hole);
		clear_hole(&hole);
	} while (hole.end != ~0UL);

	pr_info("released %lu pages in holes of the memory map\n",
		xen_released_pages);
}

/*
 * Into extra memory
 */

/* For each page what Xen's list has for its frame, and what maps it */
static struct mmu_update updates[2 * BATCH] __initdata;

static unsigned int __init add_update(unsigned int nr, u64 ptr, u64 val)
{
	updates[nr] = (struct mmu_update) { .ptr = ptr, .val = val };
	return nr + 1;
}

/* With mem=, and of highmem, there is no mapping. */
static unsigned int __init add_mapping(unsigned int nr, unsigned long pfn,
				       unsigned long mfn)
{
	unsigned int level;
	pte_t *pte;

	if (!xen_is_in_direct_map(pfn))
		return nr;
	pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);
	if (!pte || level != PG_LEVEL_4K)
		return nr;
	return add_update(nr, virt_to_machine(pte).maddr | MMU_NORMAL_PT_UPDATE,
			  pte_val_ma(mfn_pte(mfn, PAGE_KERNEL)));
}

/* ABI: mmu_update, with MMU_MACHPHYS_UPDATE and MMU_NORMAL_PT_UPDATE. */
static void __init give_frames(unsigned long pfn, const unsigned long *mfns,
			       unsigned int nr)
{
	unsigned int i, done = 0, nr_updates = 0;
	int rc;

	for (i = 0; i < nr; i++) {
		if (!set_phys_to_machine(pfn + i, mfns[i]))
			xen_pv_fatal("no memory for the list of frames", 0,
				     pfn + i, -ENOMEM);
		nr_updates = add_update(nr_updates, PFN_PHYS((u64)mfns[i]) |
					MMU_MACHPHYS_UPDATE, pfn + i);
		nr_updates = add_mapping(nr_updates, pfn + i, mfns[i]);
	}

	rc = HYPERVISOR_mmu_update(updates, nr_updates, &done, DOMID_SELF);
	if (rc)
		xen_pv_fatal("mmu_update of extra memory", 0,
			     done < nr_updates ? updates[done].ptr : pfn, rc);
}

static void __init fill_pages(unsigned long pfn, unsigned long nr,
			      unsigned long from)
{
	unsigned long *part;
	unsigned int n;

	for (; nr; nr -= n, pfn += n, from += n) {
		n = min_t(unsigned long, nr, BATCH);
		part = map_list(from, n);
		memcpy(frames, part, n * sizeof(*part));
		early_memunmap(part, n * sizeof(*part));
		give_frames(pfn, frames, n);
	}
}

/**
 * xen_pv_remap_memory - give the frames that were noted to extra memory
 *
 * The pages become memory.
 *
 * ABI: mmu_update, with MMU_MACHPHYS_UPDATE and MMU_NORMAL_PT_UPDATE.
 *
 * Context: paging_init() is done, and the list of frames can grow.
 */
void __init xen_pv_remap_memory(void)
{
	unsigned long first, nr, done;

	for (done = 0; done < noted.nr; done += nr) {
		nr = xen_pv_take_from_regions(xen_extra_mem,
					      XEN_EXTRA_MEM_MAX_REGIONS,
					      noted.nr - done, &first);
		if (!nr)
			xen_pv_fatal("extra memory is gone", 0, done, 0);
		fill_pages(first, nr, done);
		memblock_phys_free(PFN_PHYS(first), PFN_PHYS(nr));
	}

	if (noted.list)
		memblock_phys_free(noted.list,
				   PAGE_ALIGN(noted.room * sizeof(unsigned long)));
	pr_info("remapped %lu pages from holes of the memory map\n", noted.nr);

	xen_pv_do_remap_nonram();
}

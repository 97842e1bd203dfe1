// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of pages that lie in holes of the host's memory map.
 *
 * Such a page is the machine's: it is its own frame.  The frame that it had becomes
 * that of a page of extra memory, which the direct map maps from the start and the
 * list of frames knows as soon as it can grow; moved_frames.c knows it until then.
 * Frames that there is no extra memory for go back to Xen.
 *
 *	page in a hole    frame     page in extra memory
 *	first             a  -----> first of the first region
 *	next              b  -----> next
 *
 * The frames stay in order, so that memory which is contiguous in the machine
 * remains so.
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

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "map.h"
#include "mm.h"

/* Frames that are looked at, or given back, at a time */
#define BATCH	512

static unsigned long frames[BATCH] __initdata;

/* How many can move */
static unsigned long room __initdata;

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

/* For each frame, what Xen's list has for it */
static struct mmu_update updates[BATCH] __initdata;

/*
 * A frame becomes that of the first page of extra memory that has none.  The list
 * that came with the boot ends with a whole page of words, which may be the page's.
 */
static unsigned long __init move(unsigned long mfn)
{
	unsigned long pfn = xen_pv_page_of_regions(xen_extra_mem,
						   XEN_EXTRA_MEM_MAX_REGIONS,
						   xen_pv_nr_moved());

	xen_pv_note_frame(mfn);
	if (pfn < xen_p2m_size)
		WRITE_ONCE(xen_p2m_addr[pfn], mfn);
	return pfn;
}

/* ABI: mmu_update, MMU_MACHPHYS_UPDATE. */
static void __init move_all(const unsigned long *mfns, unsigned int nr)
{
	unsigned int i, done = 0;
	int rc;

	for (i = 0; i < nr; i++) {
		updates[i].ptr = PFN_PHYS((u64)mfns[i]) | MMU_MACHPHYS_UPDATE;
		updates[i].val = move(mfns[i]);
	}

	rc = HYPERVISOR_mmu_update(updates, nr, &done, DOMID_SELF);
	if (rc)
		xen_pv_fatal("mmu_update of frames of extra memory", 0,
			     done < nr ? mfns[done] : *mfns, rc);
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
	unsigned int kept = min_t(unsigned long, found, room - xen_pv_nr_moved());

	unmap(pfn, nr);
	if (kept)
		move_all(frames, kept);
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

static void __init make_room(void)
{
	unsigned long nr = min(xen_pv_pages_in_holes(&xen_pv_host_map,
						     xen_pv_boot_pages),
			       xen_pv_count_regions(xen_extra_mem,
						    XEN_EXTRA_MEM_MAX_REGIONS));

	room = xen_pv_note_room(nr);
	if (room < nr)
		pr_warn("no memory to note %lu frames: they go back\n", nr);
}

/**
 * xen_pv_clear_holes - move the frames of pages that lie in holes to extra memory
 *
 * The pages in holes are the machine's afterwards.
 *
 * ABI: update_va_mapping; mmu_update, MMU_MACHPHYS_UPDATE;
 * XENMEM_decrease_reservation.
 *
 * Context: setup_arch(); nothing that is in use lies in a hole, and extra memory
 * is not mapped yet.
 */
void __init xen_pv_clear_holes(void)
{
	struct xen_pv_pages hole = {};

	make_room();
	do {
		xen_pv_hole_from(&xen_pv_host_map, hole.end, &hole);
		clear_hole(&hole);
	} while (hole.end != ~0UL);

	pr_info("released %lu pages in holes of the memory map\n",
		xen_released_pages);
}

/**
 * xen_pv_remap_memory - pages of extra memory that have frames become memory
 *
 * Context: paging_init() is done, and the list of frames knows them.
 */
void __init xen_pv_remap_memory(void)
{
	const unsigned long moved = xen_pv_nr_moved();
	unsigned long first, nr, done;

	for (done = 0; done < moved; done += nr) {
		nr = xen_pv_take_from_regions(xen_extra_mem,
					      XEN_EXTRA_MEM_MAX_REGIONS,
					      moved - done, &first);
		if (!nr)
			xen_pv_fatal("extra memory is gone", 0, done, 0);
		memblock_phys_free(PFN_PHYS(first), PFN_PHYS(nr));
	}

	xen_pv_drop_notes();
	pr_info("remapped %lu pages from holes of the memory map\n", moved);

	xen_pv_do_remap_nonram();
}

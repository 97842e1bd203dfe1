// SPDX-License-Identifier: GPL-2.0
/*
 * Memory whose frames follow each other in the machine, for DMA.
 *
 * Frames are exchanged for others of Xen's: the pages lose theirs, Xen gives
 * an extent or takes one back, and the pages get what came out of it.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen-ops.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <asm/xen/swiotlb-xen.h>

#include "mm.h"

/* A page of frames: the order that there is always room for */
#define MIN_ORDER	9

/* The frames of the scattered side.  All of this is under the lock. */
static DEFINE_RAW_SPINLOCK(exchange_lock);
static unsigned long boot_frames[BIT(MIN_ORDER)] __initdata;
static unsigned long *frames __refdata = boot_frames;
static unsigned int frames_order = MIN_ORDER;
static bool frames_allocated;

/* Room for an extent of @order; what another CPU has made meanwhile stays. */
static int make_room(unsigned int order)
{
	unsigned long *more, *less = NULL;
	unsigned int less_order = 0;
	unsigned long flags;

	more = (unsigned long *)__get_free_pages(GFP_KERNEL, order - MIN_ORDER);
	if (!more)
		return -ENOMEM;

	raw_spin_lock_irqsave(&exchange_lock, flags);
	if (order > frames_order || !frames_allocated) {
		if (frames_allocated)
			less = frames;
		less_order = frames_order;
		frames = more;
		frames_order = order;
		frames_allocated = true;
	} else {
		less = more;
		less_order = order;
	}
	raw_spin_unlock_irqrestore(&exchange_lock, flags);

	if (less)
		free_pages((unsigned long)less, less_order - MIN_ORDER);
	return 0;
}

/**
 * xen_pv_init_contiguous - what the boot had is init memory
 */
void __init xen_pv_init_contiguous(void)
{
	if (make_room(MIN_ORDER))
		panic("xen: no page for a list of frames\n");
}

/* An extent of several frames follows on the first of the list. */
static unsigned long frame_of(const unsigned long *list, bool is_extent,
			      unsigned long i)
{
	return is_extent ? *list + i : list[i];
}

/*
 * Mappings
 */

/* Entries go to Xen by so many. */
static struct mmu_update updates[64];

static void send_updates(unsigned int nr, unsigned long address)
{
	int rc = HYPERVISOR_mmu_update(updates, nr, NULL, DOMID_SELF);

	WARN(rc, "xen: mmu_update of %u pages up to %#lx: %s (%d)\n", nr, address,
	     xen_errno_name(rc), rc);
}

/* The entry follows on that of the page before, if it is in the same table. */
static pte_t *next_entry(pte_t *pte, unsigned long address)
{
	unsigned int level;

	return pte && pte_index(address) ? pte + 1 :
					   lookup_address(address, &level);
}

/* @mfns: what the pages map, or NULL for nothing */
static void map_frames(unsigned long address, unsigned int order,
		       const unsigned long *mfns, bool is_extent)
{
	unsigned long i, last = BIT(order) - 1;
	unsigned int nr = 0;
	pte_t *pte = NULL;

	for (i = 0; i <= last; i++, address += PAGE_SIZE) {
		pte_t val = __pte_ma(0);

		if (mfns)
			val = mfn_pte(frame_of(mfns, is_extent, i), PAGE_KERNEL);
		pte = next_entry(pte, address);
		updates[nr++] = (struct mmu_update) {
			.ptr = virt_to_machine(pte).maddr | MMU_NORMAL_PT_UPDATE,
			.val = pte_val_ma(val),
		};
		if (nr == ARRAY_SIZE(updates) || i == last) {
			send_updates(nr, address);
			nr = 0;
		}
	}
}

/* The pages have no frames and no mapping afterwards. */
static void take_frames(unsigned long address, unsigned int order,
			unsigned long *mfns)
{
	unsigned long pfn = virt_to_pfn((void *)address);
	unsigned long i;

	map_frames(address, order, NULL, false);
	for (i = 0; i < BIT(order); i++) {
		if (mfns)
			mfns[i] = pfn_to_mfn(pfn + i);
		__set_phys_to_machine(pfn + i, INVALID_P2M_ENTRY);
	}
}

/* Afterwards no TLB has what was there before. */
static void give_frames(unsigned long address, unsigned int order,
			const unsigned long *mfns, bool is_extent)
{
	unsigned long pfn = virt_to_pfn((void *)address);
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		__set_phys_to_machine(pfn + i, frame_of(mfns, is_extent, i));
	map_frames(address, order, mfns, is_extent);
	xen_pv_flush_all();
}

static void list_pfns(unsigned long address, unsigned int order,
		      unsigned long *pfns)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		pfns[i] = virt_to_pfn((void *)address) + i;
}

/*
 * ABI: XENMEM_exchange; @in are frames, @out the pages that get some and then
 * these frames.  Each side is a list of single frames, or one extent.  All of
 * it or nothing is exchanged: a part would have cost pages their frames.
 */
static bool exchange_frames(unsigned long *in, unsigned int in_order,
			    unsigned long *out, unsigned int out_order,
			    unsigned int address_bits)
{
	const unsigned int order = in_order + out_order;
	struct xen_memory_exchange args = {
		.in = {
			.nr_extents	= BIT(order - in_order),
			.extent_order	= in_order,
			.domid		= DOMID_SELF,
		},
		.out = {
			.nr_extents	= BIT(order - out_order),
			.extent_order	= out_order,
			.address_bits	= address_bits,
			.domid		= DOMID_SELF,
		},
	};
	int rc;

	set_xen_guest_handle(args.in.extent_start, in);
	set_xen_guest_handle(args.out.extent_start, out);
	rc = HYPERVISOR_memory_op(XENMEM_exchange, &args);
	if (args.nr_exchanged == args.in.nr_extents)
		return true;
	if (args.nr_exchanged)
		panic("xen: memory_op (exchange): %s (%d) after %lu of %lu extents\n",
		      xen_errno_name(rc), rc, (unsigned long)args.nr_exchanged,
		      (unsigned long)args.in.nr_extents);
	return false;
}

/**
 * xen_create_contiguous_region - give pages frames that follow each other
 * @pstart: of the pages, in the direct map; what they hold is lost
 * @order: how many, a power of two
 * @address_bits: bits that an address of the frames may have
 * @dma_handle: set to the machine address of the first
 *
 * ABI: XENMEM_exchange.
 *
 * Context: any but NMI; only where there is room for a list of the frames: for
 * an order of more than 9, one that may sleep.
 *
 * Return: 0, or -ENOMEM where Xen has none, and the pages have their old frames.
 */
int xen_create_contiguous_region(phys_addr_t pstart, unsigned int order,
				 unsigned int address_bits,
				 dma_addr_t *dma_handle)
{
	unsigned long address = (unsigned long)phys_to_virt(pstart);
	unsigned long flags, extent;
	bool done;

	if (order > frames_order && (!frames_allocated || make_room(order)))
		return -ENOMEM;

	memset((void *)address, 0, PAGE_SIZE << order);

	raw_spin_lock_irqsave(&exchange_lock, flags);
	take_frames(address, order, frames);
	extent = virt_to_pfn((void *)address);
	done = exchange_frames(frames, 0, &extent, order, address_bits);
	give_frames(address, order, done ? &extent : frames, done);
	raw_spin_unlock_irqrestore(&exchange_lock, flags);

	*dma_handle = virt_to_machine((void *)address).maddr;
	return done ? 0 : -ENOMEM;
}

/**
 * xen_destroy_contiguous_region - give Xen the extent back for single frames
 * @pstart: as xen_create_contiguous_region() had it
 * @order: as there
 *
 * Where Xen has no frames, the pages keep theirs.
 */
void xen_destroy_contiguous_region(phys_addr_t pstart, unsigned int order)
{
	unsigned long address = (unsigned long)phys_to_virt(pstart);
	unsigned long flags, extent;
	bool done;

	if (order > frames_order)
		return;

	memset((void *)address, 0, PAGE_SIZE << order);

	raw_spin_lock_irqsave(&exchange_lock, flags);
	extent = virt_to_mfn((void *)address);
	take_frames(address, order, NULL);
	list_pfns(address, order, frames);
	done = exchange_frames(&extent, order, frames, 0, 0);
	give_frames(address, order, done ? frames : &extent, !done);
	raw_spin_unlock_irqrestore(&exchange_lock, flags);
}

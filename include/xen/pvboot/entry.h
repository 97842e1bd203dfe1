/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of page tables.
 *
 * The kernel's hold frame numbers of its own (pfn), the processor's those of
 * the machine (mfn).  At every level and in both widths an entry has 64 bits,
 * and its frame the same ones.
 */
#ifndef _XEN_PVBOOT_ENTRY_H
#define _XEN_PVBOOT_ENTRY_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <asm/xen/page.h>
#include <xen/pvboot/frame.h>

/* the machine's frame of a pfn, XEN_PV_NO_FRAME where there is none */
static inline unsigned long host_mfn_of(unsigned long pfn)
{
	return xen_pv_word_frame(__pfn_to_mfn(pfn));
}

/* the pfn of any frame, XEN_PV_NO_FRAME for one that is not this guest's */
static inline unsigned long host_pfn_of(unsigned long mfn)
{
	return mfn_to_pfn(mfn);
}

/* the pfn of a frame that is this guest's, without proof */
static inline unsigned long host_own_pfn_of(unsigned long mfn)
{
	return mfn_to_pfn_no_overrides(mfn);
}

static inline bool host_has_pfn(unsigned long pfn)
{
	return pfn < xen_max_p2m_pfn;
}
#else
#include "pvboot_host.h"
#include <xen/pvboot/frame.h>
#endif

#define XEN_PV_ENTRY_PRESENT	0x001ULL
#define XEN_PV_ENTRY_LARGE	0x080ULL
#define XEN_PV_ENTRY_FRAME	0x000ffffffffff000ULL
#define XEN_PV_ENTRY_SHIFT	12

/* what is left of an entry whose frame the kernel has no number for */
#define XEN_PV_ENTRY_LOST	(XEN_PV_ENTRY_FRAME | XEN_PV_ENTRY_PRESENT)

static inline unsigned long xen_pv_entry_frame(u64 entry)
{
	return (entry & XEN_PV_ENTRY_FRAME) >> XEN_PV_ENTRY_SHIFT;
}

static inline u64 xen_pv_entry_with_frame(u64 entry, unsigned long frame)
{
	return (entry & ~XEN_PV_ENTRY_FRAME) | (u64)frame << XEN_PV_ENTRY_SHIFT;
}

/**
 * xen_pv_entry_to_machine - what the processor has to have
 * @entry: the kernel's
 *
 * Return: the entry with the machine's frame.  One that is not present is left
 * as it is; one whose pfn has no frame, such as a ballooned page's, becomes 0.
 */
static inline u64 xen_pv_entry_to_machine(u64 entry)
{
	unsigned long mfn;

	if (!(entry & XEN_PV_ENTRY_PRESENT))
		return entry;
	mfn = host_mfn_of(xen_pv_entry_frame(entry));
	if (mfn == XEN_PV_NO_FRAME)
		return 0;
	return xen_pv_entry_with_frame(entry, mfn);
}

/**
 * xen_pv_entry_to_kernel - what the kernel is to see
 * @entry: the processor's, of any level, of a frame that may be anybody's
 *
 * Return: the entry with the kernel's frame.  One that is not present is left
 * as it is; one whose frame is another domain's has its flags but for the
 * present bit.
 */
static inline u64 xen_pv_entry_to_kernel(u64 entry)
{
	unsigned long pfn;

	if (!(entry & XEN_PV_ENTRY_PRESENT))
		return entry;
	pfn = host_pfn_of(xen_pv_entry_frame(entry));
	if (pfn == XEN_PV_NO_FRAME)
		return entry & ~XEN_PV_ENTRY_LOST;
	return xen_pv_entry_with_frame(entry, pfn);
}

/**
 * xen_pv_table_entry_to_kernel - xen_pv_entry_to_kernel() of a table's entry
 * @entry: the processor's, above the lowest level
 *
 * What such an entry points to is a table, so a frame of this guest, or Xen's
 * own in its part of the top level, for which the machine's list has no pfn
 * that this guest could have.
 *
 * Return: as xen_pv_entry_to_kernel().
 */
static inline u64 xen_pv_table_entry_to_kernel(u64 entry)
{
	unsigned long pfn;

	if (!(entry & XEN_PV_ENTRY_PRESENT))
		return entry;
	pfn = host_own_pfn_of(xen_pv_entry_frame(entry));
	if (!host_has_pfn(pfn))
		return entry & ~XEN_PV_ENTRY_LOST;
	return xen_pv_entry_with_frame(entry, pfn);
}

#endif /* _XEN_PVBOOT_ENTRY_H */

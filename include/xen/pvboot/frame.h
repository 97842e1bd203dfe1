/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of the list of frames.
 *
 * The list has a word for each pfn.  For the toolstack a word is a frame of the
 * machine, or all ones where there is none.  No machine has so many frames that
 * a number would need the two highest bits: there the kernel notes which kind of
 * frame it is.
 */
#ifndef _XEN_PVBOOT_FRAME_H
#define _XEN_PVBOOT_FRAME_H

#define XEN_PV_NO_FRAME		(~0UL)

#define XEN_PV_FOREIGN_BIT	(~(~0UL >> 1))
#define XEN_PV_IDENTITY_BIT	(XEN_PV_FOREIGN_BIT >> 1)

/**
 * enum xen_pv_kind - what stands behind a pfn
 * @XEN_PV_MISSING: nothing: a page in the balloon, or memory that may come yet
 * @XEN_PV_OWN: memory of this guest
 * @XEN_PV_FOREIGN: memory that another domain has granted
 * @XEN_PV_IDENTITY: what the machine has at the same number, such as a device
 */
enum xen_pv_kind {
	XEN_PV_MISSING,
	XEN_PV_OWN,
	XEN_PV_FOREIGN,
	XEN_PV_IDENTITY,
};

/**
 * xen_pv_word - make a word of the list
 * @kind: of the frame
 * @frame: its number; does not matter where the frame is missing
 *
 * Return: the word.
 */
static inline unsigned long xen_pv_word(enum xen_pv_kind kind,
					unsigned long frame)
{
	switch (kind) {
	case XEN_PV_MISSING:
		return XEN_PV_NO_FRAME;
	case XEN_PV_FOREIGN:
		return frame | XEN_PV_FOREIGN_BIT;
	case XEN_PV_IDENTITY:
		return frame | XEN_PV_IDENTITY_BIT;
	default:
		return frame;
	}
}

/**
 * xen_pv_word_kind - the kind of a frame
 * @word: of the list
 *
 * Return: the kind.
 */
static inline enum xen_pv_kind xen_pv_word_kind(unsigned long word)
{
	if (word == XEN_PV_NO_FRAME)
		return XEN_PV_MISSING;
	if (word & XEN_PV_FOREIGN_BIT)
		return XEN_PV_FOREIGN;
	return word & XEN_PV_IDENTITY_BIT ? XEN_PV_IDENTITY : XEN_PV_OWN;
}

/**
 * xen_pv_word_frame - the number of a frame
 * @word: of the list
 *
 * Return: the frame of the machine, XEN_PV_NO_FRAME where it is missing.
 */
static inline unsigned long xen_pv_word_frame(unsigned long word)
{
	if (word == XEN_PV_NO_FRAME)
		return XEN_PV_NO_FRAME;
	return word & ~(XEN_PV_FOREIGN_BIT | XEN_PV_IDENTITY_BIT);
}

#endif /* _XEN_PVBOOT_FRAME_H */

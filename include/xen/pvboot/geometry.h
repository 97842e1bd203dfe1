/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shape of page tables, by the width of the guest.  Part of the core.
 *
 * An entry has 64 bits at every level and in both widths.  What differs is
 * where the root is and how much of it is the programs'.
 */
#ifndef _XEN_PVBOOT_GEOMETRY_H
#define _XEN_PVBOOT_GEOMETRY_H

#ifdef __x86_64__

/* The level of a root, by Xen's numbers: 1 is the lowest */
#define XEN_PV_ROOT_LEVEL	4
/* Slots of a root that are programs': those below Xen's */
#define XEN_PV_USER_SLOTS	256
/* Whether programs run on a root of their own, with these slots in it */
#define XEN_PV_USER_ROOTS	1
/* Whether the kernel's slot behind them has a table for each root */
#define XEN_PV_OWN_KERNEL_TABLE	0

#else

#define XEN_PV_ROOT_LEVEL	3
#define XEN_PV_USER_SLOTS	3
#define XEN_PV_USER_ROOTS	0
#define XEN_PV_OWN_KERNEL_TABLE	1

#endif

#endif /* _XEN_PVBOOT_GEOMETRY_H */

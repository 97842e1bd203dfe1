/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TLB: what a Xen PV guest does where core x86 flushes a few pages.
 */
#ifndef _XEN_PVBOOT_TLB_H
#define _XEN_PVBOOT_TLB_H

void xen_pv_flush_pages(unsigned long start, unsigned long end);

#endif /* _XEN_PVBOOT_TLB_H */

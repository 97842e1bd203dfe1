/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entry points that a vCPU registers with Xen besides its trap table.
 *
 * ABI: Xen's public headers callback.h (callback_op) and xen.h
 * (set_callbacks).  Both act on the calling vCPU only.
 */
#ifndef _XEN_PVBOOT_CALLBACKS_H
#define _XEN_PVBOOT_CALLBACKS_H

#include <xen/pvboot/host.h>

/**
 * struct callback_entry - one entry point
 * @name: for messages and debugfs
 * @address: where Xen enters the kernel; 0 where the kernel has none
 * @type: CALLBACKTYPE_*
 * @masks_events: Xen masks events on the way in.  It does so for the event
 *		  callback in any case.
 */
struct callback_entry {
	const char *name;
	unsigned long address;
	u16 type;
	bool masks_events;
};

/**
 * struct callback_table - all entry points of a kernel
 * @entry: the entry points; each type once
 * @nr: how many
 * @cs: the selector Xen enters them with.  Only a 32-bit guest's is its own
 *	to choose; Xen raises its RPL to 1.
 */
struct callback_table {
	const struct callback_entry *entry;
	unsigned int nr;
	u16 cs;
};

const struct callback_entry *
xen_pv_callback_find(const struct callback_table *table, u16 type);
int xen_pv_callback_register(const struct callback_table *table, u16 type);
int xen_pv_callback_register_legacy(const struct callback_table *table);
int xen_pv_callback_fill_context(const struct callback_table *table,
				 struct vcpu_guest_context *ctxt);

#endif /* _XEN_PVBOOT_CALLBACKS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual IDT: what one vCPU has registered with set_trap_table.
 *
 * ABI: struct trap_info and HYPERVISOR_set_trap_table in Xen's public header
 * arch-x86/xen.h.  The table belongs to the calling vCPU.  A list given to
 * set_trap_table ends with an entry whose address is 0; vectors that the list
 * does not name keep what they had; NULL clears all of them.
 */
#ifndef _XEN_PVBOOT_TRAP_TABLE_H
#define _XEN_PVBOOT_TRAP_TABLE_H

#include <xen/pvboot/host.h>

#define TRAP_VECTORS	256

/* Bits of trap_info.flags */
#define TRAP_DPL_MASK		3	/* least privileged ring for int N */
#define TRAP_MASKS_EVENTS	4	/* entered with events masked */

/**
 * struct trap_table - the virtual IDT of one vCPU, as Xen holds it
 * @entry: one entry a vector, at the vector's own index; address 0 means that
 *	   nothing is registered.  Laid out as in a vCPU context, so that it
 *	   can be handed over there.
 * @calls: set_trap_table calls made for this table
 */
struct trap_table {
	struct trap_info entry[TRAP_VECTORS];
	unsigned int calls;
};

void xen_pv_trap_entry_build(struct trap_info *entry, u8 vector, u16 cs,
			     unsigned long address, u8 dpl, bool masks_events);
bool xen_pv_trap_entry_equal(const struct trap_info *a,
			     const struct trap_info *b);
int xen_pv_trap_table_register(struct trap_table *table,
			       const struct trap_info *entry);
int xen_pv_trap_table_load(struct trap_table *table,
			   const struct trap_info wanted[TRAP_VECTORS]);
int xen_pv_trap_table_clear(struct trap_table *table);
void xen_pv_trap_table_forget(struct trap_table *table);
void xen_pv_trap_table_adopt(struct trap_table *table,
			     const struct trap_info handed_over[TRAP_VECTORS]);
unsigned int xen_pv_trap_table_count(const struct trap_table *table);

#endif /* _XEN_PVBOOT_TRAP_TABLE_H */

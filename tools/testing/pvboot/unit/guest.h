/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <guest.h> of the bare guest's files that are compiled into this program:
 * table_pages.c, and the rows about page tables.  Here fake_memory.c is Xen, the
 * processor and the guest's memory.
 */
#ifndef PVBOOT_UNIT_GUEST_H
#define PVBOOT_UNIT_GUEST_H

#include "pvboot_host.h"
#include "../guest/pte.h"
#include "../guest/rows.h"

#define PAGE_SIZE	4096UL
#define IS_64BIT	(sizeof(long) == 8)

/* No table covers it. */
#define NOWHERE		0x70000000UL
#define hypervisor_area	((void *)HYPERVISOR_VIRT_START)

/* How a store was refused */
struct seen {
	struct {
		unsigned long entry;
		unsigned long error_code;
	} regs;
	unsigned long cr2;
};

extern struct start_info *start_info;
extern u64 *kernel_root;

unsigned long mfn_of(const void *address);
void *page_of(unsigned long mfn);
unsigned long spare_mfn(void);
int set_mapping(const void *address, u64 entry);
int set_page(const void *address, unsigned int flags);
long hypercall(unsigned int nr, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d);

extern const struct suite suite_boot_tables;
extern const struct suite suite_tables, suite_top_level, suite_entries;

#endif /* PVBOOT_UNIT_GUEST_H */

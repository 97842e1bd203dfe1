/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames and page tables as Xen sees them.
 *
 * fake_memory.c keeps the types and counts, fake_tables.c what a guest calls.
 * The rules are those of Documentation/arch/x86/pvboot/contract.rst; the rows
 * by which the bare guest proves them on Xen are run over the fake, too.
 */
#ifndef FAKE_MEMORY_H
#define FAKE_MEMORY_H

#include <guest.h>

#include "../guest/table_pages.h"

/* What a frame is used as; a table's type is its level. */
enum fake_type {
	FAKE_ANYTHING = 0,
	FAKE_L1, FAKE_L2, FAKE_L3, FAKE_L4,
	FAKE_WRITABLE,
};

/**
 * struct fake_page - a frame of the guest's
 * @words: where it lies in this process
 * @type: what it is used as while @count is not 0
 * @count: entries, pins and cr3 registers that use it so
 * @pinned: one of them is a pin
 * @slot_3: the L2 of a PAE root's slot 3, with Xen's entries
 */
struct fake_page {
	u64 *words;
	enum fake_type type;
	unsigned int count;
	bool pinned;
	bool slot_3;
};

extern struct fake_page *fake_root, *fake_user_root;

/**
 * struct fake_area - memory of this process that is the guest's
 * @from: its begin
 * @size: in bytes, whole pages
 */
struct fake_area {
	const void *from;
	size_t size;
};

/* Each program has its own. */
extern const struct fake_area fake_areas[];
extern const unsigned int fake_nr_areas;

/* What the guest's address of a page is above that in this process */
extern unsigned long fake_offset;

void fake_memory_reset(void);
struct fake_page *fake_page_of(u64 entry);
int fake_get_type(struct fake_page *page, enum fake_type type);
void fake_put_type(struct fake_page *page);
int fake_change_entry(struct fake_page *page, unsigned int slot, u64 value,
		      bool preserve_ad);
u64 *fake_walk(unsigned long address, unsigned int level);

#endif /* FAKE_MEMORY_H */

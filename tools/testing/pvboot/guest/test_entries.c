// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of live tables: by mmu_update, by update_va_mapping, and by an
 * ordinary store to the read-only page, which Xen carries out for an L1.
 *
 * The rows work on an L1 of their own, linked at SCRATCH.
 */
#include <guest.h>

#include "table_pages.h"

#define PF_WRITE	2
#define PF_PROTECTION	1

/* A frame that is no memory of this machine's */
#define NO_FRAME	0xffffff0ULL

/* The upper half of an entry for an address that no processor here reaches */
#define HIGH_BAD	0x000f0000

/* Bits that Xen adds to an L1 entry of a 64-bit kernel */
#define XEN_ADDS	(IS_64BIT ? PTE_USER | 1ULL << 52 : 0)

/* What a store that Xen carries out is tried on */
#define table		space_a.bottom
#define page		space_a.data
#define other		space_b.data
#define READ_FLAGS	(PTE_PRESENT | PTE_ACCESSED)

static void expect_entry(const char *what, u64 got, u64 wanted)
{
	got &= ~XEN_ADDS;
	wanted &= ~XEN_ADDS;
	expect_hex(what, got, wanted);
	expect_hex("its upper half", got >> 32, wanted >> 32);
}

static bool linked(void)
{
	page[0] = 0x1;
	other[0] = 0x2;
	if (!protect(table) &&
	    !set_entry(slot_of((void *)SCRATCH, 2),
		       entry_of(table, TABLE_FLAGS)))
		return true;
	broken("no table of our own at SCRATCH");
	return false;
}

static void update(const struct row *row)
{
	if (!linked())
		return;
	expect_errno("map", set_entry(table, entry_of(page, DATA_FLAGS)), 0);
	expect_hex("what is mapped", read_word(SCRATCH), 0x1);
	write_word(SCRATCH, 0x11);
	expect_hex("what was written", page[0], 0x11);
	expect_errno("another page",
		     set_entry(table, entry_of(other, DATA_FLAGS)), 0);
	/* Xen does not say that it flushes. */
	expect_errno("flush", set_mapping((void *)SCRATCH,
					  entry_of(other, DATA_FLAGS)), 0);
	expect_hex("what is mapped", read_word(SCRATCH), 0x2);
}

/* arg[1]: by update_va_mapping */
static void map_table(const struct row *row)
{
	u64 entry = entry_of(table, DATA_FLAGS);

	if (!linked())
		return;
	expect_errno("writable", row->arg[1] ?
		     set_mapping((void *)SCRATCH, entry) :
		     set_entry(table, entry), -EBUSY);
	expect_entry("the entry", table[0], 0);
	entry &= ~(u64)PTE_WRITE;
	expect_errno("read-only", row->arg[1] ?
		     set_mapping((void *)SCRATCH, entry) :
		     set_entry(table, entry), 0);
	expect_entry("the entry", table[0], entry);
}

/* The processor may have noted something since the entry was read. */
static void preserve_ad(const struct row *row)
{
	u64 ptr = entry_of(table, MMU_PT_UPDATE_PRESERVE_AD);
	u64 entry = entry_of(page, PTE_PRESENT | PTE_WRITE);

	if (!linked())
		return;
	expect_errno("map", set_entry(table, entry), 0);
	write_word(SCRATCH, 1);
	expect_errno("read-only", mmu_update(ptr, entry & ~(u64)PTE_WRITE), 0);
	expect_entry("the entry", table[0],
		     entry_of(page, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY));
	expect_errno("again", set_entry(table, entry & ~(u64)PTE_WRITE), 0);
	expect_entry("without the command", table[0],
		     entry_of(page, PTE_PRESENT));
}

static void no_table(const struct row *row)
{
	expect_errno("an ordinary page", set_entry(page, 0x123456789abcULL),
		     0);
	expect_entry("is written", page[0], 0x123456789abcULL);
	expect_errno("no memory", mmu_update(NO_FRAME * PAGE_SIZE, 0),
		     -EINVAL);
	expect_errno("no such command",
		     mmu_update(entry_of(page, 4), 0), -ENOSYS);
}

/* Those before the one that is refused are done, and counted. */
static void stops(const struct row *row)
{
	struct mmu_update list[3] = {
		{ entry_of(&table[0], 0), entry_of(page, DATA_FLAGS) },
		{ entry_of(&table[1], 8), entry_of(table, DATA_FLAGS) },
		{ entry_of(&table[2], 16), entry_of(page, DATA_FLAGS) },
	};
	unsigned int done = 0;

	if (!linked())
		return;
	expect_errno("mmu_update",
		     hypercall(__HYPERVISOR_mmu_update, (unsigned long)list, 3,
			       (unsigned long)&done, DOMID_SELF), -EBUSY);
	expect("done", done, 1);
	expect_entry("before", table[0], list[0].val);
	expect_entry("after", table[2], 0);
}

/* 32-bit: address, low half, high half, flags; the high half has a flag. */
static void va_halves(const struct row *row)
{
	u64 entry = entry_of(page, DATA_FLAGS | PTE_NX);

	if (!linked())
		return;
	expect_errno("map", set_mapping((void *)SCRATCH, entry), 0);
	expect_entry("the entry", table[0], entry);
	expect_hex("what is mapped", read_word(SCRATCH), 0x1);
	expect_errno("another page",
		     set_mapping((void *)SCRATCH, entry_of(other, DATA_FLAGS)),
		     0);
	expect_hex("flushed, too", read_word(SCRATCH), 0x2);
	expect_errno("not present, any bits",
		     set_mapping((void *)SCRATCH, 0x1234567800000000ULL), 0);
	expect_entry("the entry", table[0], 0x1234567800000000ULL);
}

static void va_no_table(const struct row *row)
{
	expect_errno("no L1", set_mapping((void *)NOWHERE, 0), -EINVAL);
	expect_errno("Xen's", set_mapping(hypervisor_area, 0), -EINVAL);
}

static void store_good(const struct row *row)
{
	struct seen seen;

	if (!linked())
		return;
	expect_true("no trap", !store_entry(&seen, table,
					    entry_of(page, DATA_FLAGS)));
	expect_entry("the entry", table[0], entry_of(page, DATA_FLAGS));
	expect_hex("what is mapped", read_word(SCRATCH), 0x1);
	page[0] = 0;
	expect_errno("protect", protect(page), 0);
	expect_errno("pin what is mapped writable", pin(page, 1), -EINVAL);
	expect_errno("unmap", set_entry(table, 0), 0);
	expect_errno("pin", pin(page, 1), 0);
}

/* A store that makes an entry which Xen would refuse is a page fault. */
static void store_bad(const struct row *row)
{
	u64 entry = entry_of(table, DATA_FLAGS);
	struct seen seen;

	if (!linked())
		return;
	expect_true("it traps", store_entry(&seen, table, entry));
	expect_hex("entry", seen.regs.entry, 14);
	expect_hex("cr2", seen.cr2, (unsigned long)table);
	expect_hex("error code", seen.regs.error_code,
		   PF_PROTECTION | PF_WRITE);
	expect_hex("present", table[0] & PTE_PRESENT, 0);
}

/* Only an L1 is written so. */
static void store_above(const struct row *row)
{
	u64 *slot = slot_of((void *)SCRATCH, 2);
	struct seen seen;

	if (!linked())
		return;
	expect_true("it traps", store_entry(&seen, slot, 0));
	expect_hex("entry", seen.regs.entry, 14);
	expect_entry("the entry", slot[0] & FRAME_MASK, entry_of(table, 0));
}

/*
 * A PAE kernel without cmpxchg8b writes an entry in two halves.  64-bit: Xen's
 * own mark in the upper half is lost, and it takes the page for user mode's.
 */
static void store_halves(const struct row *row)
{
	u64 entry = entry_of(page, DATA_FLAGS | PTE_NX);
	u32 *halves = (u32 *)table;
	struct seen seen;

	if (!linked())
		return;
	expect_true("high", !store_half(&seen, halves + 1, entry >> 32));
	expect_true("then low", !store_half(&seen, halves, entry));
	expect_entry("the entry", table[0], entry);
	expect_errno("clear", set_entry(table, 0), 0);
	expect_true("low", !store_half(&seen, halves, entry));
	expect_true("then high", !store_half(&seen, halves + 1, entry >> 32));
	expect_entry("the entry", table[0],
		     entry | (IS_64BIT ? PTE_GLOBAL : 0));
}

/*
 * Xen takes the halves for swapped: 32-bit guests get an entry that is not
 * present, and go on.
 */
static void store_high_half_bad(const struct row *row)
{
	u64 entry = entry_of(page, DATA_FLAGS);
	struct seen seen;
	bool trapped;

	if (!linked())
		return;
	expect_errno("map", set_entry(table, entry), 0);
	trapped = store_half(&seen, (u32 *)table + 1, HIGH_BAD);
	expect("it traps", trapped, IS_64BIT);
	expect_entry("the entry", table[0], IS_64BIT ? entry :
		     (entry & ~(u64)PTE_PRESENT) |
		     (u64)HIGH_BAD << 32);
}

static void exchange(const struct row *row)
{
	u64 wanted = entry_of(page, DATA_FLAGS), old = 0x4711;
	struct seen seen;

	if (!linked())
		return;
	expect_errno("map", set_entry(table, entry_of(other, READ_FLAGS)), 0);
	expect_true("no trap", !compare_and_swap(&seen, table, &old, wanted));
	expect_entry("what is there instead", old, entry_of(other, READ_FLAGS));
	expect_entry("the entry", table[0], entry_of(other, READ_FLAGS));
	expect_true("no trap", !compare_and_swap(&seen, table, &old, wanted));
	expect_entry("the entry", table[0], wanted);
	expect_hex("what is mapped", read_word(SCRATCH), 0x1);
}

static void bits(const struct row *row)
{
	struct seen seen;

	if (!linked())
		return;
	expect_errno("map", set_entry(table, entry_of(page, DATA_FLAGS)), 0);
	expect_true("no trap", !clear_bit(&seen, table, 1));
	expect_entry("not writable", table[0],
		     entry_of(page, DATA_FLAGS & ~PTE_WRITE));
	expect_true("no trap", !clear_bit(&seen, table, 0));
	expect_hex("present", table[0] & PTE_PRESENT, 0);
}

static const struct row rows[] = {
	ON_PAGES("mmu_update.l1", update),
	ON_PAGES("mmu_update.table_writable", map_table, 0),
	ON_PAGES("mmu_update.preserve_ad", preserve_ad),
	ON_PAGES("mmu_update.no_table", no_table),
	ON_PAGES("mmu_update.stops_at_an_error", stops),
	ON_PAGES("va_mapping.table_writable", map_table, 1),
	ON_PAGES("va_mapping.both_halves", va_halves),
	ON_PAGES("va_mapping.no_table", va_no_table),
	ON_PAGES("store.entry", store_good),
	ON_PAGES("store.refused", store_bad),
	ON_PAGES("store.not_l1", store_above),
	ON_PAGES("store.halves", store_halves),
	ON_PAGES("store.high_half_bad", store_high_half_bad),
	ON_PAGES("store.compare_and_swap", exchange),
	ON_PAGES("store.bits", bits),
};

const struct suite suite_entries = { "entries", rows, ARRAY_SIZE(rows) };

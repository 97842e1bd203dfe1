// SPDX-License-Identifier: GPL-2.0
/*
 * Frames as Xen sees them: one type at a time, and a count of those who use
 * the frame as that.  Entries are checked as a table comes to be one, and as
 * they are changed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake_memory.h"

#define FRAMES		192
#define FIRST_FRAME	0x1000UL
/* The builder's tables */
#define BUILT		16

/* Flags that the processor knows and that no entry of a guest's may have */
#define BAD_ABOVE_L1	(PTE_PSE | PTE_GLOBAL)
#define BAD_PAE_L3	(PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL)

/* Flags that are changed without another look at the frame */
#define HARMLESS	(PTE_NX | PTE_GLOBAL | PTE_DIRTY | PTE_ACCESSED | \
			 PTE_USER | 0x7ff0000000000e00ULL)

/* 64-bit: what Xen marks the entries of kernel pages with */
#define GUEST_KERNEL	(1ULL << 52)

/* An entry of Xen's own */
#define XENS(slot)	(0xabc000000ULL | (u64)(slot) << 36 | PTE_PSE | PTE_PRESENT)

static struct fake_page frames[FRAMES];
static unsigned int nr_frames;
static _Alignas(4096) u64 built[BUILT][ENTRIES];
static unsigned int nr_built;

static struct start_info given;
static _Alignas(4096) u64 spare[ENTRIES];

struct start_info *start_info = &given;
unsigned long fake_offset;
struct fake_page *fake_root, *fake_user_root;
u64 *kernel_root;

/* A page becomes memory of the guest's when it is first asked for. */
static unsigned int frame_of(const void *address)
{
	u64 *words = (u64 *)((unsigned long)address & ~(PAGE_SIZE - 1));
	unsigned int i;

	for (i = 0; i < nr_frames; i++)
		if (frames[i].words == words)
			return i;
	if (nr_frames == FRAMES) {
		fprintf(stderr, "more pages than the fake has frames\n");
		abort();
	}
	frames[nr_frames].words = words;
	return nr_frames++;
}

unsigned long mfn_of(const void *address)
{
	return FIRST_FRAME + frame_of(address);
}

void *page_of(unsigned long mfn)
{
	unsigned long frame = mfn - FIRST_FRAME;

	return frame < nr_frames ? frames[frame].words : NULL;
}

/* spare_mfn - the frame of a page that nothing uses */
unsigned long spare_mfn(void)
{
	return mfn_of(spare);
}

/* fake_page_of - the frame in an entry; NULL where it is not the guest's */
struct fake_page *fake_page_of(u64 entry)
{
	u64 frame = (entry & FRAME_MASK) / PAGE_SIZE - FIRST_FRAME;

	return frame < nr_frames ? &frames[frame] : NULL;
}

static bool is_xens(const struct fake_page *page, enum fake_type type,
		    unsigned int slot)
{
	if (slot < XEN_FIRST || slot > XEN_LAST)
		return false;
	return IS_64BIT ? type == FAKE_L4 : type == FAKE_L2 && page->slot_3;
}

/* What Xen makes of an entry that it has taken */
static u64 adjusted(enum fake_type type, u64 entry)
{
	if (!(entry & PTE_PRESENT))
		return entry;
	if (!IS_64BIT)
		return type == FAKE_L3 ? entry | PTE_USER | PTE_WRITE : entry;
	if (type != FAKE_L1)
		return entry | PTE_USER;
	if (!(entry & PTE_USER))
		return entry | GUEST_KERNEL | PTE_USER;
	return entry & GUEST_KERNEL ? entry : entry | PTE_GLOBAL;
}

static u64 bad_flags(enum fake_type type)
{
	if (type == FAKE_L1)
		return 0;
	return type == FAKE_L3 && !IS_64BIT ? BAD_PAE_L3 : BAD_ABOVE_L1;
}

/* Take what an entry refers to into use, by the rules of its table's level */
static int get_entry(enum fake_type type, u64 entry)
{
	struct fake_page *page = fake_page_of(entry);

	if (!(entry & PTE_PRESENT))
		return 0;
	if (entry & bad_flags(type))
		return -EINVAL;
	if (type != FAKE_L1)
		return page ? fake_get_type(page, type - 1) : -EINVAL;
	if (!page)
		return -EPERM;
	if (!(entry & PTE_WRITE))
		return 0;
	return fake_get_type(page, FAKE_WRITABLE) ? -EBUSY : 0;
}

static void put_entry(enum fake_type type, u64 entry)
{
	struct fake_page *page = fake_page_of(entry);

	if (!(entry & PTE_PRESENT) || !page)
		return;
	if (type != FAKE_L1 || entry & PTE_WRITE)
		fake_put_type(page);
}

static void put_entries(struct fake_page *page, unsigned int below)
{
	while (below--)
		if (!is_xens(page, page->type, below))
			put_entry(page->type, page->words[below]);
}

/* The L2 of slot 3: present, and used by nobody else */
static int get_slot_3(u64 entry)
{
	struct fake_page *page = fake_page_of(entry);
	int rc;

	if (!(entry & PTE_PRESENT) || entry & BAD_PAE_L3 || !page)
		return -EINVAL;
	if (page->count)
		return -EINVAL;
	page->slot_3 = true;
	rc = fake_get_type(page, FAKE_L2);
	if (rc)
		page->slot_3 = false;
	return rc;
}

static int promote_slot(struct fake_page *page, unsigned int slot)
{
	u64 *entry = &page->words[slot];
	int rc;

	if (is_xens(page, page->type, slot)) {
		*entry = XENS(slot);
		return 0;
	}
	if (!IS_64BIT && page->type == FAKE_L3 && slot > 3) {
		*entry = 0;
		return 0;
	}
	if (!IS_64BIT && page->type == FAKE_L3 && slot == 3)
		rc = get_slot_3(*entry);
	else
		rc = get_entry(page->type, *entry);
	if (!rc)
		*entry = adjusted(page->type, *entry);
	return rc;
}

static int promote(struct fake_page *page)
{
	unsigned int slot;
	int rc;

	for (slot = 0; slot < ENTRIES; slot++) {
		rc = promote_slot(page, slot);
		if (rc) {
			put_entries(page, slot);
			return rc;
		}
	}
	return 0;
}

/**
 * fake_get_type - one more who uses a frame as something
 * @page: the frame
 * @type: as what
 *
 * Return: 0, or why Xen refuses it.
 */
int fake_get_type(struct fake_page *page, enum fake_type type)
{
	int rc;

	if (page->count++) {
		if (page->type == type && !page->slot_3)
			return 0;
		page->count--;
		return -EINVAL;
	}
	page->type = type;
	if (type == FAKE_WRITABLE)
		return 0;
	rc = promote(page);
	if (rc)
		page->count = 0;
	return rc;
}

/**
 * fake_put_type - one less
 * @page: the frame
 */
void fake_put_type(struct fake_page *page)
{
	if (page->count == 1 && page->type != FAKE_WRITABLE)
		put_entries(page, ENTRIES);
	if (!--page->count)
		page->slot_3 = false;
}

/**
 * fake_change_entry - write an entry of a table
 * @page: the table
 * @slot: 0 to 511
 * @value: the entry
 * @preserve_ad: keep accessed and dirty bits that are there
 *
 * Return: 0, or why Xen refuses it.
 */
int fake_change_entry(struct fake_page *page, unsigned int slot, u64 value,
		      bool preserve_ad)
{
	u64 *entry = &page->words[slot], old = *entry;
	int rc;

	if (is_xens(page, page->type, slot))
		return IS_64BIT ? -EINVAL : -EPERM;
	if (!IS_64BIT && page->type == FAKE_L3 && slot >= 3)
		return -EINVAL;
	if (value & PTE_PRESENT && value & bad_flags(page->type))
		return -EINVAL;
	value = adjusted(page->type, value);
	if (!(value & old & PTE_PRESENT) || (value ^ old) & ~HARMLESS) {
		rc = get_entry(page->type, value);
		if (rc)
			return rc;
		put_entry(page->type, old);
	}
	if (preserve_ad)
		value |= old & (PTE_ACCESSED | PTE_DIRTY);
	*entry = value;
	return 0;
}

/**
 * fake_walk - the entry by which the guest runs
 * @address: any
 * @level: 1 for the one that maps a page
 *
 * Return: NULL where there are no tables down to that level.
 */
u64 *fake_walk(unsigned long address, unsigned int level)
{
	u64 *table = fake_root->words, *entry;
	unsigned int at = ROOT_LEVEL;

	for (;; at--) {
		entry = &table[address >> (12 + 9 * (at - 1)) & (ENTRIES - 1)];
		if (at == level)
			return entry;
		if (!(*entry & PTE_PRESENT) || !fake_page_of(*entry))
			return NULL;
		table = fake_page_of(*entry)->words;
	}
}

static u64 *build_table(void)
{
	if (nr_built == BUILT) {
		fprintf(stderr, "more tables than the fake has pages for\n");
		abort();
	}
	return built[nr_built++];
}

/* Tables for an address, down to a level, as Xen's builder writes them */
static u64 *build(unsigned long address, unsigned int level)
{
	unsigned int at = ROOT_LEVEL;
	u64 *table = kernel_root, *entry;

	for (;; at--) {
		entry = &table[address >> (12 + 9 * (at - 1)) & (ENTRIES - 1)];
		if (at == level)
			return entry;
		if (!*entry)
			*entry = entry_of(build_table(), at == ROOT_LEVEL ?
					  ROOT_FLAGS : TABLE_FLAGS);
		table = page_of((*entry & FRAME_MASK) / PAGE_SIZE);
	}
}

static void build_mappings(const void *from, size_t size, u64 flags)
{
	unsigned long address = (unsigned long)from, end = address + size;

	for (; address < end; address += PAGE_SIZE)
		*build(address + fake_offset, 1) =
			entry_of((void *)address, flags);
}

static bool promoted(void)
{
	unsigned int uses = IS_64BIT ? 3 : 2;	/* pin, cr3, user mode's */

	while (uses--)
		if (fake_get_type(fake_root, ROOT_LEVEL))
			return false;
	fake_root->pinned = true;
	return true;
}

/**
 * fake_memory_reset - a guest that runs on its builder's tables
 *
 * They map the pages of fake_areas, writable, and themselves.
 */
void fake_memory_reset(void)
{
	unsigned long slot;
	unsigned int i;

	memset(frames, 0, sizeof(frames));
	memset(built, 0, sizeof(built));
	nr_frames = 0;
	nr_built = 0;
	kernel_root = build_table();
	for (i = 0; i < fake_nr_areas; i++)
		build_mappings(fake_areas[i].from, fake_areas[i].size,
			       DATA_FLAGS);
	build_mappings(built, sizeof(built), DATA_FLAGS & ~PTE_WRITE);
	build(SCRATCH, 2);
	for (slot = 0; slot < 4 && !IS_64BIT; slot++)
		build(slot << 30, 2);
	start_info->pt_base = (unsigned long)built;
	start_info->nr_pt_frames = nr_built;
	fake_root = &frames[frame_of(kernel_root)];
	fake_user_root = IS_64BIT ? fake_root : NULL;
	if (!promoted()) {
		fprintf(stderr, "the builder's tables are refused\n");
		abort();
	}
}

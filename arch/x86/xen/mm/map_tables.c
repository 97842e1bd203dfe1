// SPDX-License-Identifier: GPL-2.0
/*
 * Memory maps as tables, for those who lay memory out.
 *
 * A map is settled before it is asked anything: sorted, without overlaps, and its
 * memory in whole pages.  A page that is not all memory belongs to the host, so
 * that tables of firmware which begin in the middle of one can be reached.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include <asm/e820/api.h>

#include "../ops.h"
#include "map.h"

/* Firmware, option ROMs and old drivers expect to find things below. */
#define FIRST_FREE_PFN	PFN_UP(ISA_END_ADDRESS)

static bool __init is_sane(const struct e820_table *map)
{
	u32 i;

	for (i = 0; i < map->nr_entries; i++)
		if (map->entries[i].addr + map->entries[i].size <
		    map->entries[i].addr)
			return false;
	return true;
}

static void __init cut_to_pages(struct e820_entry *entry)
{
	u64 end = round_down(entry->addr + entry->size, (u64)PAGE_SIZE);

	entry->addr = round_up(entry->addr, (u64)PAGE_SIZE);
	entry->size = end > entry->addr ? end - entry->addr : 0;
}

/**
 * xen_pv_settle_map - make a map fit for the functions below
 * @map: any
 *
 * Where entries overlap, that of the higher type stays.
 *
 * Return: 0, or -EINVAL where an entry has more bytes than there are addresses.
 */
int __init xen_pv_settle_map(struct e820_table *map)
{
	u32 i, nr = 0;

	if (!is_sane(map))
		return -EINVAL;
	/* what it would refuse is seen to, but for a single entry: that is sorted */
	e820__update_table(map);

	for (i = 0; i < map->nr_entries; i++) {
		struct e820_entry entry = map->entries[i];

		if (entry.type == E820_TYPE_RAM)
			cut_to_pages(&entry);
		if (entry.size)
			map->entries[nr++] = entry;
	}
	map->nr_entries = nr;
	return 0;
}

/**
 * xen_pv_add_to_map - add an entry, wherever it belongs
 * @map: the map, which has to be settled afterwards
 * @addr: of the entry
 * @size: of the entry
 * @type: of the entry
 *
 * Return: 0, or -E2BIG where the map is full.
 */
int __init xen_pv_add_to_map(struct e820_table *map, u64 addr, u64 size,
			     enum e820_type type)
{
	if (map->nr_entries >= ARRAY_SIZE(map->entries))
		return -E2BIG;

	map->entries[map->nr_entries++] = (struct e820_entry) {
		.addr = addr,
		.size = size,
		.type = type,
	};
	return 0;
}

/*
 * Memory and holes
 */

/**
 * xen_pv_memory_from - the next memory of a map
 * @map: the map
 * @pfn: where to begin
 * @memory: set to the first pages at or behind it that follow each other
 *
 * Return: false where there is none.
 */
bool __init xen_pv_memory_from(const struct e820_table *map, unsigned long pfn,
			       struct xen_pv_pages *memory)
{
	const struct e820_entry *entry = map->entries;
	const struct e820_entry *end = entry + map->nr_entries;

	for (; entry < end; entry++) {
		if (entry->type != E820_TYPE_RAM ||
		    PFN_DOWN(entry->addr + entry->size) <= pfn)
			continue;
		memory->first = max(pfn, PFN_DOWN(entry->addr));
		memory->end = PFN_DOWN(entry->addr + entry->size);
		return true;
	}
	return false;
}

/**
 * xen_pv_is_memory - whether all of a range is memory
 * @map: the map
 * @addr: of the range
 * @size: of the range; of nothing all is memory
 *
 * Return: whether it is.
 */
bool __init xen_pv_is_memory(const struct e820_table *map, u64 addr, u64 size)
{
	struct xen_pv_pages memory;

	if (!size)
		return true;
	return xen_pv_memory_from(map, PFN_DOWN(addr), &memory) &&
	       memory.first == PFN_DOWN(addr) &&
	       memory.end >= PFN_UP(addr + size);
}

/**
 * xen_pv_hole_from - the next pages that a map has no memory for
 * @map: the map
 * @pfn: where to begin
 * @hole: set to the first such pages at or behind it.  The last hole has no end.
 */
void __init xen_pv_hole_from(const struct e820_table *map, unsigned long pfn,
			     struct xen_pv_pages *hole)
{
	struct xen_pv_pages memory;

	hole->first = pfn;
	hole->end = ~0UL;
	while (xen_pv_memory_from(map, hole->first, &memory)) {
		if (memory.first > hole->first) {
			hole->end = memory.first;
			return;
		}
		hole->first = memory.end;
	}
}

/**
 * xen_pv_pages_in_holes - count the pages that a map has no memory for
 * @map: the map
 * @nr: of how many pages from the first on
 *
 * Return: how many of these.
 */
unsigned long __init xen_pv_pages_in_holes(const struct e820_table *map,
					   unsigned long nr)
{
	struct xen_pv_pages hole = {};
	unsigned long pages = 0;

	for (;;) {
		xen_pv_hole_from(map, hole.end, &hole);
		if (hole.first >= nr)
			return pages;
		pages += min(hole.end, nr) - hole.first;
		if (hole.end == ~0UL)
			return pages;
	}
}

/*
 * What this guest makes of a map
 */

/**
 * xen_pv_cut_map - cut a map's memory to what a guest has
 * @map: the map
 * @nr: pages that have frames, from the first on
 * @extra: pages behind them that may get frames one day
 * @take: called for each range that is left, in ascending order
 *
 * Of memory behind @nr as much is left as @extra allows, and told apart.  What
 * is not memory is left as it is.
 */
void __init xen_pv_cut_map(const struct e820_table *map, unsigned long nr,
			   unsigned long extra, xen_pv_take_range take)
{
	const struct e820_entry *entry = map->entries;
	const struct e820_entry *last = entry + map->nr_entries;
	unsigned long first, middle, end;

	for (; entry < last; entry++) {
		if (entry->type != E820_TYPE_RAM) {
			take(entry->addr, entry->size, entry->type, false);
			continue;
		}

		first = PFN_DOWN(entry->addr);
		end = PFN_DOWN(entry->addr + entry->size);
		middle = clamp(nr, first, end);
		if (middle > first)
			take(PFN_PHYS(first), PFN_PHYS(middle - first),
			     E820_TYPE_RAM, false);

		end = min(end, middle + extra);
		if (end > middle)
			take(PFN_PHYS(middle), PFN_PHYS(end - middle),
			     E820_TYPE_RAM, true);
		extra -= end - middle;
	}
}

/**
 * xen_pv_find_free - find memory that nobody has reserved
 * @map: the map
 * @nr: pages that have frames, from the first on
 * @size: bytes wanted
 * @reserved_end: says for a range where the first reserved one ends that
 *		  overlaps it, or 0
 *
 * Return: the lowest address, of a page above the first MB; or 0.
 */
u64 __init xen_pv_find_free(const struct e820_table *map, unsigned long nr,
			    u64 size, xen_pv_reserved_end reserved_end)
{
	struct xen_pv_pages memory = { .end = FIRST_FREE_PFN };
	u64 addr, end, behind;

	while (xen_pv_memory_from(map, memory.end, &memory)) {
		addr = PFN_PHYS(memory.first);
		end = PFN_PHYS(min(memory.end, nr));
		while (addr < end && size <= end - addr) {
			behind = reserved_end(addr, size);
			if (!behind)
				return addr;
			addr = round_up(behind, (u64)PAGE_SIZE);
		}
	}
	return 0;
}

/*
 * Firmware's memory that is in the way
 */

static struct e820_entry * __init find_nvs(struct e820_table *map, u64 addr,
					   u64 size)
{
	struct e820_entry *entry = map->entries;
	struct e820_entry *end = entry + map->nr_entries;

	for (; entry < end; entry++)
		if (entry->type == E820_TYPE_NVS && entry->addr < addr + size &&
		    entry->addr + entry->size > addr)
			return entry;
	return NULL;
}

/* Memory without frames: what is mapped at its end is not missed. */
static struct e820_entry * __init find_frameless(struct e820_table *map,
						 unsigned long nr, u64 size)
{
	struct e820_entry *entry = map->entries;
	struct e820_entry *end = entry + map->nr_entries;

	for (; entry < end; entry++)
		if (entry->type == E820_TYPE_RAM && entry->size >= size &&
		    entry->addr + entry->size - size >= PFN_PHYS(nr))
			return entry;
	return NULL;
}

/**
 * xen_pv_move_nvs - move one ACPI NVS area out of the way
 * @map: the map; changed so that there is memory where the area was
 * @addr: of the range that it is in the way of
 * @size: of the range
 * @nr: pages that have frames, from the first on
 * @move: set to what was moved
 *
 * Nobody but ACPI reads such an area, and it can be told where it is.  The area
 * gets the end of the first memory behind @nr that is large enough.
 *
 * Return: 0; -ENOENT where none is in the way; -ENOSPC where there is no room
 * for it; -E2BIG where the map is full.
 */
int __init xen_pv_move_nvs(struct e820_table *map, u64 addr, u64 size,
			   unsigned long nr, struct xen_pv_move *move)
{
	struct e820_entry *nvs = find_nvs(map, addr, size);
	struct e820_entry *room;
	int rc;

	if (!nvs)
		return -ENOENT;

	move->from = round_down(nvs->addr, (u64)PAGE_SIZE);
	move->size = round_up(nvs->addr + nvs->size, (u64)PAGE_SIZE) - move->from;
	room = find_frameless(map, nr, move->size);
	if (!room)
		return -ENOSPC;
	move->to = room->addr + room->size - move->size;

	rc = xen_pv_add_to_map(map, move->to + (nvs->addr - move->from),
			       nvs->size, nvs->type);
	if (rc)
		return rc;

	room->size -= move->size;
	nvs->type = E820_TYPE_RAM;
	nvs->addr = move->from;
	nvs->size = move->size;
	return xen_pv_settle_map(map);
}

/*
 * Extra memory
 */

/**
 * xen_pv_nr_extra - how many pages without frames a guest keeps an eye on
 * @nr: pages that have frames
 * @most: pages that it may have
 *
 * Each costs a struct page, and with KASAN 512 bytes of shadow, which could leave
 * no memory for anything else.
 *
 * Return: at most EXTRA_MEM_RATIO times as many as have frames.
 */
unsigned long __init xen_pv_nr_extra(unsigned long nr, unsigned long most)
{
	if (most <= nr)
		return 0;
	return min(most - nr, EXTRA_MEM_RATIO * nr);
}

/**
 * xen_pv_count_regions - count the pages of regions
 * @region: the regions
 * @nr_regions: how many
 *
 * Return: pages in all of them.
 */
unsigned long __init xen_pv_count_regions(const struct xen_memory_region *region,
					  unsigned int nr_regions)
{
	unsigned long pages = 0;

	while (nr_regions--)
		pages += region++->n_pfns;
	return pages;
}

/**
 * xen_pv_page_of_regions - a page of regions, by its place
 * @region: the regions
 * @nr_regions: how many
 * @nth: how many pages come before it
 *
 * Return: its pfn; ~0UL where there are no more than @nth.
 */
unsigned long __init
xen_pv_page_of_regions(const struct xen_memory_region *region,
		       unsigned int nr_regions, unsigned long nth)
{
	for (; nr_regions--; region++) {
		if (nth < region->n_pfns)
			return region->start_pfn + nth;
		nth -= region->n_pfns;
	}
	return ~0UL;
}

/**
 * xen_pv_nth_of_regions - the place of a page in regions
 * @region: the regions
 * @nr_regions: how many
 * @pfn: the page
 * @nth: set to how many pages come before it
 *
 * Return: false where it is in none of them.
 */
bool __init xen_pv_nth_of_regions(const struct xen_memory_region *region,
				  unsigned int nr_regions, unsigned long pfn,
				  unsigned long *nth)
{
	unsigned long before = 0;

	for (; nr_regions--; region++) {
		if (pfn - region->start_pfn < region->n_pfns) {
			*nth = before + pfn - region->start_pfn;
			return true;
		}
		before += region->n_pfns;
	}
	return false;
}

/**
 * xen_pv_take_from_regions - take pages out of the first region that has any
 * @region: the regions
 * @nr_regions: how many
 * @want: how many pages
 * @first: set to the pfn of the first
 *
 * Return: how many there were, at most @want; 0 where all regions are empty.
 */
unsigned long __init xen_pv_take_from_regions(struct xen_memory_region *region,
					      unsigned int nr_regions,
					      unsigned long want,
					      unsigned long *first)
{
	for (; nr_regions--; region++) {
		unsigned long got = min(want, region->n_pfns);

		if (!region->n_pfns)
			continue;
		*first = region->start_pfn;
		region->start_pfn += got;
		region->n_pfns -= got;
		return got;
	}
	return 0;
}

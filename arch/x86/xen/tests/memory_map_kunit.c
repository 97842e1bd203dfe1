// SPDX-License-Identifier: GPL-2.0
/*
 * mm/map_tables.c: memory maps as tables.
 *
 * The functions under test are init code, so that the suite runs at boot only.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <xen/page.h>

#include <asm/e820/api.h>

#include "../mm/map.h"
#include "../ops.h"

#define RAM		E820_TYPE_RAM
#define RESERVED	E820_TYPE_RESERVED
#define NVS		E820_TYPE_NVS

static struct e820_table map __initdata;

static void __init add(u64 addr, u64 end, enum e820_type type)
{
	map.entries[map.nr_entries++] = (struct e820_entry) {
		.addr = addr,
		.size = end - addr,
		.type = type,
	};
}

static int __init clear_map(struct kunit *test)
{
	map.nr_entries = 0;
	return 0;
}

static void __init expect_entry(struct kunit *test, unsigned int i, u64 addr,
				u64 end, enum e820_type type)
{
	KUNIT_ASSERT_LT(test, i, map.nr_entries);
	KUNIT_EXPECT_EQ_MSG(test, map.entries[i].addr, addr, "entry %u", i);
	KUNIT_EXPECT_EQ_MSG(test, map.entries[i].addr + map.entries[i].size,
			    end, "entry %u", i);
	KUNIT_EXPECT_EQ_MSG(test, map.entries[i].type, type, "entry %u", i);
}

/* A small machine: the ISA hole, one for devices, memory above 4 GB */
static void __init make_pc(struct kunit *test)
{
	add(0, 0x9fc00, RAM);
	add(0x9fc00, 0xa0000, RESERVED);
	add(0xf0000, 0x100000, RESERVED);
	add(SZ_1M, 0x7ffd8000, RAM);
	add(0x7ffd8000, SZ_2G, RESERVED);
	add(0xfffc0000, 4ULL * SZ_1G, RESERVED);
	add(4ULL * SZ_1G, 6ULL * SZ_1G, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);
}

/*
 * Settling
 */

static void __init memory_is_cut_to_pages(struct kunit *test)
{
	add(0x10800, 0x20800, RAM);
	add(0x20800, 0x21400, RESERVED);
	add(0x21400, 0x21800, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_EXPECT_EQ(test, map.nr_entries, 2);
	expect_entry(test, 0, 0x11000, 0x20000, RAM);
	expect_entry(test, 1, 0x20800, 0x21400, RESERVED);
}

/* e820__update_table() has nothing to do for one entry. */
static void __init single_entry_is_cut(struct kunit *test)
{
	add(0x10800, 0x20800, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);
	expect_entry(test, 0, 0x11000, 0x20000, RAM);
}

/* Two halves of a page that are both memory are a page. */
static void __init neighbours_are_merged_before(struct kunit *test)
{
	add(0x20800, 0x30000, RAM);
	add(0x10000, 0x20800, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_EXPECT_EQ(test, map.nr_entries, 1);
	expect_entry(test, 0, 0x10000, 0x30000, RAM);
}

static void __init overlap_belongs_to_the_higher_type(struct kunit *test)
{
	add(0, 0x100000, RAM);
	add(0x80800, 0x90000, RESERVED);
	add(0x88000, 0x98000, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_EXPECT_EQ(test, map.nr_entries, 3);
	expect_entry(test, 0, 0, 0x80000, RAM);
	expect_entry(test, 1, 0x80800, 0x90000, RESERVED);
	expect_entry(test, 2, 0x90000, 0x100000, RAM);
}

static void __init endless_entry_is_refused(struct kunit *test)
{
	add(0, SZ_1M, RAM);
	map.entries[map.nr_entries++] = (struct e820_entry) {
		.addr = SZ_2M,
		.size = ~0ULL,
		.type = RAM,
	};
	KUNIT_EXPECT_EQ(test, xen_pv_settle_map(&map), -EINVAL);
}

static void __init full_map_takes_no_more(struct kunit *test)
{
	map.nr_entries = ARRAY_SIZE(map.entries) - 1;
	KUNIT_EXPECT_EQ(test, xen_pv_add_to_map(&map, 0, SZ_1M, RAM), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_add_to_map(&map, 0, SZ_1M, RAM), -E2BIG);
	KUNIT_EXPECT_EQ(test, map.nr_entries, ARRAY_SIZE(map.entries));
}

/*
 * Memory and holes
 */

static void __init holes_are_what_is_not_memory(struct kunit *test)
{
	static const struct xen_pv_pages expected[] __initconst = {
		{ 0x9f, 0x100 },
		{ 0x7ffd8, 0x100000 },
		{ 0x180000, ~0UL },
	};
	struct xen_pv_pages hole = {};
	unsigned int i;

	make_pc(test);
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		xen_pv_hole_from(&map, hole.end, &hole);
		KUNIT_EXPECT_EQ_MSG(test, hole.first, expected[i].first, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, hole.end, expected[i].end, "%u", i);
	}
}

static void __init hole_may_begin_anywhere(struct kunit *test)
{
	struct xen_pv_pages hole;

	make_pc(test);
	xen_pv_hole_from(&map, 0xc0, &hole);
	KUNIT_EXPECT_EQ(test, hole.first, 0xc0);
	KUNIT_EXPECT_EQ(test, hole.end, 0x100);
	xen_pv_hole_from(&map, 0x100, &hole);
	KUNIT_EXPECT_EQ(test, hole.first, 0x7ffd8);
}

static void __init pages_in_holes_are_counted(struct kunit *test)
{
	make_pc(test);
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0x9f), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0xa1), 2);
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0x7ffd8), 0x61);
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0x90000),
			0x61 + 0x90000 - 0x7ffd8);
	/* behind the last entry there is no memory either */
	KUNIT_EXPECT_EQ(test, xen_pv_pages_in_holes(&map, 0x180010),
			0x61 + 0x100000 - 0x7ffd8 + 0x10);
}

static void __init range_is_memory_as_a_whole(struct kunit *test)
{
	make_pc(test);
	KUNIT_EXPECT_TRUE(test, xen_pv_is_memory(&map, 0x9e000, 0x1000));
	KUNIT_EXPECT_TRUE(test, xen_pv_is_memory(&map, 0x9e800, 0x800));
	KUNIT_EXPECT_FALSE(test, xen_pv_is_memory(&map, 0x9e800, 0x801));
	KUNIT_EXPECT_FALSE(test, xen_pv_is_memory(&map, 0xff000, 0x2000));
	KUNIT_EXPECT_FALSE(test, xen_pv_is_memory(&map, 6ULL * SZ_1G, 1));
	KUNIT_EXPECT_TRUE(test, xen_pv_is_memory(&map, 0xff000, 0));
}

/*
 * Cutting
 */

#define MOST_RANGES	16

static struct e820_entry taken[MOST_RANGES] __initdata;
static bool taken_as_extra[MOST_RANGES] __initdata;
static unsigned int nr_taken __initdata;

static void __init take(u64 addr, u64 size, enum e820_type type, bool is_extra)
{
	if (nr_taken == MOST_RANGES)
		return;
	taken[nr_taken].addr = addr;
	taken[nr_taken].size = size;
	taken[nr_taken].type = type;
	taken_as_extra[nr_taken++] = is_extra;
}

static void __init expect_taken(struct kunit *test, unsigned int i, u64 addr,
				u64 end, enum e820_type type, bool is_extra)
{
	KUNIT_ASSERT_LT(test, i, nr_taken);
	KUNIT_EXPECT_EQ_MSG(test, taken[i].addr, addr, "range %u", i);
	KUNIT_EXPECT_EQ_MSG(test, taken[i].addr + taken[i].size, end,
			    "range %u", i);
	KUNIT_EXPECT_EQ_MSG(test, taken[i].type, type, "range %u", i);
	KUNIT_EXPECT_EQ_MSG(test, taken_as_extra[i], is_extra, "range %u", i);
}

static void __init cut(unsigned long nr, unsigned long extra)
{
	nr_taken = 0;
	xen_pv_cut_map(&map, nr, extra, take);
}

static void __init memory_ends_with_the_pages(struct kunit *test)
{
	make_pc(test);
	cut(0x10000, 0);

	KUNIT_EXPECT_EQ(test, nr_taken, 6);
	expect_taken(test, 0, 0, 0x9f000, RAM, false);
	expect_taken(test, 1, 0x9fc00, 0xa0000, RESERVED, false);
	expect_taken(test, 3, SZ_1M, 0x10000000, RAM, false);
	expect_taken(test, 4, 0x7ffd8000, SZ_2G, RESERVED, false);
	expect_taken(test, 5, 0xfffc0000, 4ULL * SZ_1G, RESERVED, false);
}

static void __init extra_memory_goes_on_behind(struct kunit *test)
{
	make_pc(test);
	cut(0x7ff00, 0x200);

	KUNIT_EXPECT_EQ(test, nr_taken, 8);
	expect_taken(test, 3, SZ_1M, 0x7ff00000, RAM, false);
	expect_taken(test, 4, 0x7ff00000, 0x7ffd8000, RAM, true);
	expect_taken(test, 5, 0x7ffd8000, SZ_2G, RESERVED, false);
	expect_taken(test, 7, 4ULL * SZ_1G,
		     4ULL * SZ_1G + (0x200 - 0xd8) * PAGE_SIZE, RAM, true);
}

static void __init no_more_than_there_is(struct kunit *test)
{
	make_pc(test);
	cut(0x17ffff, ~0UL >> 1);

	KUNIT_EXPECT_EQ(test, nr_taken, 8);
	expect_taken(test, 6, 4ULL * SZ_1G, 6ULL * SZ_1G - PAGE_SIZE, RAM, false);
	expect_taken(test, 7, 6ULL * SZ_1G - PAGE_SIZE, 6ULL * SZ_1G, RAM, true);
}

static void __init extra_memory_is_bounded(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xen_pv_nr_extra(100, 100), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_extra(100, 50), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_extra(100, 101), 1);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_extra(100, 1100), 100 * EXTRA_MEM_RATIO);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_extra(100, 5000), 100 * EXTRA_MEM_RATIO);
}

static void __init regions_are_taken_from_in_order(struct kunit *test)
{
	struct xen_memory_region region[] = {
		{ 0x50, 0 }, { 0x100, 600 }, { 0x1000, 5 },
	};
	unsigned long first = 0;

	KUNIT_EXPECT_EQ(test, xen_pv_count_regions(region, 3), 605);
	KUNIT_EXPECT_EQ(test, xen_pv_take_from_regions(region, 3, 512, &first), 512);
	KUNIT_EXPECT_EQ(test, first, 0x100);
	KUNIT_EXPECT_EQ(test, region[1].start_pfn, 0x300);
	KUNIT_EXPECT_EQ(test, xen_pv_count_regions(region, 3), 93);
	KUNIT_EXPECT_EQ(test, xen_pv_take_from_regions(region, 3, 512, &first), 88);
	KUNIT_EXPECT_EQ(test, first, 0x300);
	KUNIT_EXPECT_EQ(test, xen_pv_take_from_regions(region, 3, 4, &first), 4);
	KUNIT_EXPECT_EQ(test, first, 0x1000);
	KUNIT_EXPECT_EQ(test, xen_pv_take_from_regions(region, 3, 4, &first), 1);
	KUNIT_EXPECT_EQ(test, first, 0x1004);
	KUNIT_EXPECT_EQ(test, xen_pv_take_from_regions(region, 3, 4, &first), 0);
}

/*
 * Free memory
 */

static struct xen_pv_move reserved[4] __initdata;

static u64 __init ends_at(u64 addr, u64 size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (reserved[i].from < addr + size && reserved[i].to > addr)
			return reserved[i].to;
	return 0;
}

static void __init reserve(unsigned int i, u64 from, u64 to)
{
	reserved[i].from = from;
	reserved[i].to = to;
}

static void __init free_memory_is_not_reserved(struct kunit *test)
{
	make_pc(test);
	memset(reserved, 0, sizeof(reserved));
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, 0x10000, SZ_1M, ends_at),
			SZ_1M);

	reserve(0, 0x180000, SZ_16M);
	reserve(1, SZ_16M + 0x800, SZ_32M + 1);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, 0x10000, 0x80000, ends_at),
			SZ_1M);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, 0x10000, 0x80001, ends_at),
			SZ_32M + PAGE_SIZE);
}

/* Behind the last page that has a frame there is none. */
static void __init free_memory_has_frames(struct kunit *test)
{
	const u64 end = 0x2000000;

	make_pc(test);
	memset(reserved, 0, sizeof(reserved));
	reserve(0, SZ_1M, end - SZ_64K);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, PFN_DOWN(end), SZ_64K,
					       ends_at), end - SZ_64K);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, PFN_DOWN(end), SZ_64K + 1,
					       ends_at), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, PFN_DOWN(end), SZ_4G,
					       ends_at), 0);

	/* the other side of a hole, up to the last page */
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, 0x100001, SZ_2G, ends_at), 0);
	reserve(0, SZ_1M, SZ_2G);
	KUNIT_EXPECT_EQ(test, xen_pv_find_free(&map, 0x100001, PAGE_SIZE, ends_at),
			4ULL * SZ_1G);
}

/*
 * ACPI NVS
 */

static void __init nvs_makes_room(struct kunit *test)
{
	struct xen_pv_move move = {};

	add(0, SZ_16M + 0x800, RAM);
	add(SZ_16M + 0x800, SZ_16M + 0x1900, NVS);
	add(SZ_16M + 0x1900, SZ_1G, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);
	KUNIT_ASSERT_FALSE(test, xen_pv_is_memory(&map, SZ_8M, SZ_16M));

	KUNIT_ASSERT_EQ(test, xen_pv_move_nvs(&map, SZ_8M, SZ_16M, 0x3fffe, &move), 0);
	KUNIT_EXPECT_EQ(test, move.from, SZ_16M);
	KUNIT_EXPECT_EQ(test, move.to, SZ_1G - 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, move.size, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, map.nr_entries, 2);
	expect_entry(test, 0, 0, SZ_1G - 2 * PAGE_SIZE, RAM);
	expect_entry(test, 1, SZ_1G - 0x1800, SZ_1G - 0x700, NVS);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, SZ_8M, SZ_16M, 0x3fffe, &move),
			-ENOENT);
}

/* Entries before the second change places when the first is moved. */
static void __init each_nvs_makes_room(struct kunit *test)
{
	struct xen_pv_move move[2] = {};

	add(0, SZ_1M, RAM);
	add(SZ_1M, SZ_1M + SZ_64K, NVS);
	add(SZ_1M + SZ_64K, SZ_2M, RAM);
	add(SZ_2M, SZ_2M + SZ_4K, NVS);
	add(SZ_2M + SZ_4K, SZ_1G, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_ASSERT_EQ(test, xen_pv_move_nvs(&map, SZ_512K, SZ_16M, 0x1000, &move[0]), 0);
	KUNIT_ASSERT_EQ(test, xen_pv_move_nvs(&map, SZ_512K, SZ_16M, 0x1000, &move[1]), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, SZ_512K, SZ_16M, 0x1000, &move[1]),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, move[0].to, SZ_1G - SZ_64K);
	KUNIT_EXPECT_EQ(test, move[1].from, SZ_2M);
	KUNIT_EXPECT_EQ(test, move[1].to, SZ_1G - SZ_64K - SZ_4K);
	KUNIT_EXPECT_TRUE(test, xen_pv_is_memory(&map, SZ_512K, SZ_16M));
}

static void __init nvs_needs_room(struct kunit *test)
{
	struct xen_pv_move move;

	add(0, SZ_1M, RAM);
	add(SZ_1M, SZ_2M, NVS);
	add(SZ_2M, SZ_4M, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_4M, 0x301, &move), -ENOSPC);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_1M, 0x300, &move), -ENOENT);
	expect_entry(test, 1, SZ_1M, SZ_2M, NVS);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_4M, 0x300, &move), 0);
	expect_entry(test, 0, 0, SZ_1M + SZ_2M, RAM);
}

/* Too small, too low, and then the first that will do */
static void __init nvs_takes_the_first_room(struct kunit *test)
{
	struct xen_pv_move move = {};

	add(0, SZ_1M, RAM);
	add(SZ_1M, SZ_1M + SZ_64K, NVS);
	add(SZ_1M + SZ_64K, SZ_16M, RAM);
	add(SZ_32M, SZ_32M + SZ_4K, RAM);
	add(SZ_1G, SZ_2G, RAM);
	add(4ULL * SZ_1G, 6ULL * SZ_1G, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);

	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, SZ_2M, SZ_4M, 0x1000, &move), -ENOENT);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_4M, 0x1000, &move), 0);
	KUNIT_EXPECT_EQ(test, move.to, SZ_2G - SZ_64K);
}

static void __init full_map_keeps_its_nvs(struct kunit *test)
{
	struct xen_pv_move move;

	add(SZ_1M, SZ_2M, NVS);
	while (map.nr_entries < ARRAY_SIZE(map.entries))
		add(SZ_1G, SZ_2G, RAM);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_4M, 0x1000, &move), -E2BIG);
	expect_entry(test, 0, SZ_1M, SZ_2M, NVS);
	expect_entry(test, 1, SZ_1G, SZ_2G, RAM);
}

/* Another type stays: the kernel would not find its tables any more. */
static void __init only_nvs_is_moved(struct kunit *test)
{
	struct xen_pv_move move;

	add(0, SZ_1M, RAM);
	add(SZ_1M, SZ_2M, E820_TYPE_ACPI);
	add(SZ_2M, SZ_4M, RAM);
	KUNIT_ASSERT_EQ(test, xen_pv_settle_map(&map), 0);
	KUNIT_EXPECT_EQ(test, xen_pv_move_nvs(&map, 0, SZ_4M, 0x300, &move), -ENOENT);
}

static struct kunit_case cases[] __refdata = {
	KUNIT_CASE(memory_is_cut_to_pages),
	KUNIT_CASE(single_entry_is_cut),
	KUNIT_CASE(neighbours_are_merged_before),
	KUNIT_CASE(overlap_belongs_to_the_higher_type),
	KUNIT_CASE(endless_entry_is_refused),
	KUNIT_CASE(full_map_takes_no_more),
	KUNIT_CASE(holes_are_what_is_not_memory),
	KUNIT_CASE(hole_may_begin_anywhere),
	KUNIT_CASE(pages_in_holes_are_counted),
	KUNIT_CASE(range_is_memory_as_a_whole),
	KUNIT_CASE(memory_ends_with_the_pages),
	KUNIT_CASE(extra_memory_goes_on_behind),
	KUNIT_CASE(no_more_than_there_is),
	KUNIT_CASE(extra_memory_is_bounded),
	KUNIT_CASE(regions_are_taken_from_in_order),
	KUNIT_CASE(free_memory_is_not_reserved),
	KUNIT_CASE(free_memory_has_frames),
	KUNIT_CASE(nvs_makes_room),
	KUNIT_CASE(each_nvs_makes_room),
	KUNIT_CASE(nvs_needs_room),
	KUNIT_CASE(nvs_takes_the_first_room),
	KUNIT_CASE(full_map_keeps_its_nvs),
	KUNIT_CASE(only_nvs_is_moved),
	{}
};

static struct kunit_suite suite __refdata = {
	.name = "xen_pv_memory_map",
	.init = clear_map,
	.test_cases = cases,
};

kunit_test_init_section_suite(suite);

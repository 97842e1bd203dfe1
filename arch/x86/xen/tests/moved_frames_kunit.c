// SPDX-License-Identifier: GPL-2.0
/*
 * mm/moved_frames.c: which frame is behind which page of extra memory.
 *
 * The boot has dropped its notes by now.  The functions are init code, so that the
 * suite runs at boot only.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xen/page.h>

#include "../mm/map.h"

#define NR_PAGES	2
#define RUNS_PER_PAGE	(PAGE_SIZE / sizeof(u64))

/* as many as one run has at most, and a few */
#define LONG_RUN	4100

static u64 notes[NR_PAGES][RUNS_PER_PAGE] __initdata;
static int mapped __initdata;

static u64 * __init map_notes(unsigned long page_nr)
{
	struct kunit *test = kunit_get_current_test();

	KUNIT_ASSERT_LT(test, page_nr, NR_PAGES);
	KUNIT_EXPECT_EQ(test, mapped++, 0);
	return notes[page_nr];
}

static void __init unmap_notes(u64 *page)
{
	mapped--;
}

static int __init begin(struct kunit *test)
{
	mapped = 0;
	memset(notes, 0, sizeof(notes));
	kunit_activate_static_stub(test, xen_pv_map_notes, map_notes);
	kunit_activate_static_stub(test, xen_pv_unmap_notes, unmap_notes);
	return 0;
}

static void __init end(struct kunit *test)
{
	xen_pv_drop_notes();
	KUNIT_EXPECT_EQ(test, mapped, 0);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_moved(), 0);
}

static void __init note_run(unsigned long mfn, unsigned long nr)
{
	while (nr--)
		xen_pv_note_frame(mfn++);
}

static void __init expect_run(struct kunit *test, unsigned long nth,
			      unsigned long mfn, unsigned long nr)
{
	for (; nr; nr--, nth++, mfn++)
		KUNIT_ASSERT_EQ(test, xen_pv_moved_frame(nth), mfn);
}

static void __init runs_are_told_apart(struct kunit *test)
{
	note_run(0x1000, 3);
	note_run(0x2000, 1);
	note_run(0x2000, 1);
	note_run(0x1fff, 1);
	note_run(0x3000, 2);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_moved(), 8);

	expect_run(test, 0, 0x1000, 3);
	expect_run(test, 3, 0x2000, 1);
	expect_run(test, 4, 0x2000, 1);
	expect_run(test, 5, 0x1fff, 1);
	expect_run(test, 6, 0x3000, 2);
	KUNIT_EXPECT_EQ(test, notes[0][5], 0);
}

static void __init any_may_be_asked_for(struct kunit *test)
{
	note_run(0x100, 10);
	note_run(0x200, 10);
	expect_run(test, 15, 0x205, 1);
	expect_run(test, 5, 0x105, 1);
	expect_run(test, 19, 0x209, 1);
	expect_run(test, 0, 0x100, 1);

	/* what has been looked at goes on */
	expect_run(test, 19, 0x209, 1);
	note_run(0x20a, 3);
	expect_run(test, 18, 0x208, 5);
}

static void __init long_run_is_more_than_one(struct kunit *test)
{
	note_run(0x5000, LONG_RUN);
	note_run(0x9000, 1);
	expect_run(test, 0, 0x5000, LONG_RUN);
	expect_run(test, LONG_RUN, 0x9000, 1);
	KUNIT_EXPECT_NE(test, notes[0][2], 0);
	KUNIT_EXPECT_EQ(test, notes[0][3], 0);
}

/* No two follow each other: more runs than a page has */
static void __init notes_may_have_pages(struct kunit *test)
{
	const unsigned long nr = RUNS_PER_PAGE + 5;
	unsigned long i;

	for (i = 0; i < nr; i++)
		xen_pv_note_frame(0x8000 + 2 * i);
	for (i = 0; i < nr; i++)
		expect_run(test, i, 0x8000 + 2 * i, 1);
	expect_run(test, 3, 0x8006, 1);
	KUNIT_EXPECT_EQ(test, mapped, 1);
}

static void __init pages_of_regions_have_places(struct kunit *test)
{
	const struct xen_memory_region region[] = {
		{ 0x50, 0 }, { 0x100, 600 }, { 0x40, 5 },
	};
	const unsigned int nr = ARRAY_SIZE(region);
	unsigned long nth = 0, i;

	for (i = 0; i < 605; i++) {
		unsigned long pfn = xen_pv_page_of_regions(region, nr, i);

		KUNIT_EXPECT_EQ(test, pfn, i < 600 ? 0x100 + i : 0x40 + i - 600);
		KUNIT_EXPECT_TRUE(test, xen_pv_nth_of_regions(region, nr, pfn, &nth));
		KUNIT_EXPECT_EQ(test, nth, i);
	}
	KUNIT_EXPECT_EQ(test, xen_pv_page_of_regions(region, nr, 605), ~0UL);
	KUNIT_EXPECT_FALSE(test, xen_pv_nth_of_regions(region, nr, 0x50, &nth));
	KUNIT_EXPECT_FALSE(test, xen_pv_nth_of_regions(region, nr, 0x45, &nth));
	KUNIT_EXPECT_FALSE(test, xen_pv_nth_of_regions(region, nr, 0xff, &nth));
	KUNIT_EXPECT_FALSE(test, xen_pv_nth_of_regions(region, nr, 0x358, &nth));
}

static struct kunit_case cases[] __refdata = {
	KUNIT_CASE(runs_are_told_apart),
	KUNIT_CASE(any_may_be_asked_for),
	KUNIT_CASE(long_run_is_more_than_one),
	KUNIT_CASE(notes_may_have_pages),
	KUNIT_CASE(pages_of_regions_have_places),
	{}
};

static struct kunit_suite suite __refdata = {
	.name = "xen_pv_moved_frames",
	.init = begin,
	.exit = end,
	.test_cases = cases,
};

kunit_test_init_section_suite(suite);

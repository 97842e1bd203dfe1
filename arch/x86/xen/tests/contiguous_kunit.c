// SPDX-License-Identifier: GPL-2.0
/*
 * mm/contiguous.c, with frames of Xen's: pages that get some, and pages for which Xen
 * has none.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xen/xen.h>

#include <asm/xen/page.h>
#include <asm/xen/swiotlb-xen.h>

#define ORDER		3
#define PAGES		BIT(ORDER)
#define ANY_BITS	52		/* an address may have */
#define NO_BITS		PAGE_SHIFT	/* as no frame has that Xen gives away */
#define PATTERN		0x5a

/* Pages of a test, and what is behind them at its beginning */
struct region {
	u8 *pages;
	unsigned long mfn[PAGES];
};

static struct region *region_of(struct kunit *test)
{
	return test->priv;
}

static phys_addr_t start_of(struct kunit *test)
{
	return virt_to_phys(region_of(test)->pages);
}

static unsigned long mfn_of(struct kunit *test, unsigned int i)
{
	return virt_to_mfn(region_of(test)->pages + i * PAGE_SIZE);
}

static int contiguous_init(struct kunit *test)
{
	struct region *region;
	unsigned int i;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	region = kunit_kzalloc(test, sizeof(*region), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region);
	region->pages = (u8 *)__get_free_pages(GFP_KERNEL, ORDER);
	KUNIT_ASSERT_NOT_NULL(test, region->pages);
	test->priv = region;
	for (i = 0; i < PAGES; i++)
		region->mfn[i] = mfn_of(test, i);
	return 0;
}

static void contiguous_exit(struct kunit *test)
{
	struct region *region = region_of(test);

	if (region)
		free_pages((unsigned long)region->pages, ORDER);
}

/* Each page has a frame that is its own by both lists, and can be written to. */
static void expect_memory(struct kunit *test)
{
	u8 *pages = region_of(test)->pages;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		u8 *page = pages + i * PAGE_SIZE;

		KUNIT_EXPECT_EQ(test, mfn_to_pfn(mfn_of(test, i)),
				virt_to_pfn(page));
		memset(page, PATTERN + i, PAGE_SIZE);
	}
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(pages + i * PAGE_SIZE,
						   PATTERN + i, PAGE_SIZE));
}

/* The old frames; Xen may have written to others. */
static void expect_empty(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, memchr_inv(region_of(test)->pages, 0,
					   PAGE_SIZE << ORDER));
}

static void frames_follow_each_other(struct kunit *test)
{
	dma_addr_t handle = 0;
	unsigned int i;

	expect_memory(test);
	KUNIT_ASSERT_EQ(test, xen_create_contiguous_region(start_of(test), ORDER,
							   ANY_BITS, &handle), 0);
	KUNIT_EXPECT_EQ(test, (u64)handle, (u64)mfn_of(test, 0) << PAGE_SHIFT);
	for (i = 1; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, mfn_of(test, i), mfn_of(test, 0) + i);
	expect_memory(test);

	xen_destroy_contiguous_region(start_of(test), ORDER);
	expect_memory(test);
}

static void no_frames_is_an_error(struct kunit *test)
{
	struct region *region = region_of(test);
	dma_addr_t handle;
	unsigned int i;

	expect_memory(test);
	KUNIT_EXPECT_EQ(test, xen_create_contiguous_region(start_of(test), ORDER,
							   NO_BITS, &handle),
			-ENOMEM);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, mfn_of(test, i), region->mfn[i]);
	expect_empty(test);
	expect_memory(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(frames_follow_each_other),
	KUNIT_CASE(no_frames_is_an_error),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_memory_contiguous",
	.init = contiguous_init,
	.exit = contiguous_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: frames of a Xen PV guest that follow each other");
MODULE_LICENSE("GPL");

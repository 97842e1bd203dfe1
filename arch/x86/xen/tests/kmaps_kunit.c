// SPDX-License-Identifier: GPL-2.0
/*
 * mm/kmaps.c: what a task has mapped for itself is noted by this domain's numbers
 * while the domain is suspended.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/stop_machine.h>

#include <xen/xen.h>

#include "../pv.h"

#define PATTERN	0x6b6d6170

/* What is noted of the page, before, while and after the domain is suspended */
struct noted {
	struct kmap_ctrl *kmaps;
	pte_t before, suspended, after;
};

static pte_t last_noted(const struct noted *noted)
{
	return noted->kmaps->pteval[noted->kmaps->idx - 1];
}

static int as_if_suspended(void *data)
{
	struct noted *noted = data;

	noted->before = last_noted(noted);
	xen_mm_kmaps_to_pfns();
	noted->suspended = last_noted(noted);
	xen_mm_kmaps_to_mfns();
	noted->after = last_noted(noted);
	return 0;
}

static void noted_by_pfn(struct kunit *test)
{
	struct noted noted = { .kmaps = &current->kmap_ctrl };
	struct page *page = alloc_page(GFP_HIGHUSER);
	u32 *words;

	KUNIT_ASSERT_NOT_NULL(test, page);
	if (!PageHighMem(page) && !IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL_FORCE_MAP)) {
		__free_page(page);
		kunit_skip(test, "no high memory");
	}
	words = kmap_local_page(page);
	words[0] = PATTERN;
	KUNIT_EXPECT_EQ(test, stop_machine(as_if_suspended, &noted, NULL), 0);
	KUNIT_EXPECT_EQ(test, words[0], PATTERN);
	kunmap_local(words);

	KUNIT_EXPECT_EQ(test, (native_pte_val(noted.suspended) & PTE_PFN_MASK) >> PAGE_SHIFT,
			(pteval_t)page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, native_pte_val(noted.after), native_pte_val(noted.before));
	__free_page(page);
}

static int kmaps_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(noted_by_pfn),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_memory_kmaps",
	.init = kmaps_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: kmap_local_page() over a suspend of a Xen PV guest");
MODULE_LICENSE("GPL");

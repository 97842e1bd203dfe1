// SPDX-License-Identifier: GPL-2.0
/*
 * mm/memory_map.c, mm/remap.c: what has become of this guest's memory.
 *
 * The host's map is init data, so that the suite runs at boot only.
 */
#include <kunit/test.h>

#include <linux/ioport.h>
#include <linux/kfence.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>

#include <xen/page.h>
#include <xen/xen.h>

#include <asm/page.h>
#include <asm/xen/page.h>

#include "../mm/map.h"

/**
 * struct checked - what was seen of memory
 * @pages: how many pages
 * @frames: how many of them have a frame
 * @wrong: how many have one that is not theirs, or is not mapped
 * @pfn: the last of these
 */
struct checked {
	unsigned long pages, frames, wrong, pfn;
};

static unsigned long mapped_frame(unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(PFN_PHYS(pfn)), &level);

	if (!pte || !(pte_val_ma(*pte) & _PAGE_PRESENT))
		return INVALID_P2M_ENTRY;
	return pte_mfn(*pte);
}

/* Memory that is free, or that KFENCE watches, may not be mapped. */
static bool is_mapped_as(unsigned long pfn, unsigned long mfn)
{
	unsigned long mapped = mapped_frame(pfn);

	return mapped == mfn ||
	       (mapped == INVALID_P2M_ENTRY &&
		(debug_pagealloc_enabled() ||
		 is_kfence_address(__va(PFN_PHYS(pfn)))));
}

/* The kernel's list, Xen's and the direct map, where it is in that, agree. */
static bool is_right(unsigned long pfn, unsigned long mfn)
{
	if (!PageHighMem(pfn_to_page(pfn)) && !is_mapped_as(pfn, mfn))
		return false;
	/* foreign frames and the machine's have bits that no frame has */
	return mfn == INVALID_P2M_ENTRY || mfn_to_pfn_no_overrides(mfn) == pfn;
}

static int check_frames(unsigned long pfn, unsigned long nr, void *data)
{
	struct checked *seen = data;

	for (; nr; nr--, pfn++) {
		unsigned long mfn = __pfn_to_mfn(pfn);

		seen->pages++;
		seen->frames += mfn != INVALID_P2M_ENTRY;
		if (is_right(pfn, mfn))
			continue;
		seen->wrong++;
		seen->pfn = pfn;
	}
	return 0;
}

/* Those of holes are in extra memory now, and Xen knows. */
static void memory_has_frames_of_its_own(struct kunit *test)
{
	struct checked seen = {};

	walk_system_ram_range(0, max_pfn, &seen, check_frames);
	KUNIT_EXPECT_GT(test, seen.frames, 0);
	KUNIT_EXPECT_EQ_MSG(test, seen.wrong, 0, "of %lu, the last at pfn %#lx",
			    seen.pages, seen.pfn);
}

static void __init holes_are_the_machines(struct kunit *test)
{
	struct xen_pv_pages hole = {};
	unsigned long end, pfn, wrong = 0;

	do {
		xen_pv_hole_from(&xen_pv_host_map, hole.end, &hole);
		end = min(hole.end, max_pfn);
		for (pfn = hole.first; pfn < end; pfn++)
			wrong += __pfn_to_mfn(pfn) != IDENTITY_FRAME(pfn);
	} while (hole.end != ~0UL);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* A frame that has a mapping left can neither be given back nor become a table. */
static void __init holes_have_no_mapping_of_memory(struct kunit *test)
{
	unsigned long mapped = PFN_DOWN(__pa(high_memory - 1)) + 1;
	struct xen_pv_pages hole = {};
	unsigned long end, pfn, mfn, wrong = 0, last = 0;

	do {
		xen_pv_hole_from(&xen_pv_host_map, hole.end, &hole);
		end = min(hole.end, mapped);
		for (pfn = hole.first; pfn < end; pfn++) {
			mfn = mapped_frame(pfn);
			if (mfn == INVALID_P2M_ENTRY || mfn == pfn)
				continue;
			wrong++;
			last = pfn;
		}
	} while (hole.end != ~0UL);
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "the last at pfn %#lx", last);
}

static int need_pv(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	return 0;
}

static struct kunit_case cases[] __refdata = {
	KUNIT_CASE(memory_has_frames_of_its_own),
	KUNIT_CASE(holes_are_the_machines),
	KUNIT_CASE(holes_have_no_mapping_of_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_memory",
	.init = need_pv,
	.test_cases = cases,
};

kunit_test_init_section_suite(suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory is added, has no frames, and is removed again, as where a driver that adds it
 * fails: its page tables are memory afterwards, and nothing is lost.
 */
#include <kunit/test.h>

#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <xen/xen.h>

#include <asm/pgtable.h>
#include <asm/xen/page.h>

/* A piece of the direct map, and whose tables are looked at */
#define SIZE		SZ_128M
#define MOST		(SIZE / PMD_SIZE + 1)

/* What the direct map has of its GB is the piece's alone; 0 where there is none. */
static u64 unused_start(void)
{
	u64 start = ALIGN(PFN_PHYS((u64)max_pfn), SZ_1G) + SZ_1G;

	for (; PFN_DOWN(start + SIZE) <= xen_p2m_size; start += SZ_1G)
		if (region_intersects(start, SIZE, IORESOURCE_MEM,
				      IORES_DESC_NONE) == REGION_DISJOINT)
			return start;
	return 0;
}

/* As the balloon does where it adds memory: without a frame an entry is empty. */
static bool forget_frames(u64 start)
{
	unsigned long pfn = PFN_DOWN(start), end = PFN_DOWN(start + SIZE);

	for (; pfn < end; pfn++)
		if (!set_phys_to_machine(pfn, INVALID_P2M_ENTRY))
			return false;
	return true;
}

/* What is no memory of the guest's has the host's frames. */
static void put_frames_back(u64 start)
{
	unsigned long pfn = PFN_DOWN(start), end = PFN_DOWN(start + SIZE);

	for (; pfn < end; pfn++)
		set_phys_to_machine(pfn, IDENTITY_FRAME(pfn));
}

static void *address_of(u64 start)
{
	return __va(start);
}

/* The last one is the table of the others. */
static unsigned int hold_tables(u64 start, struct page **table)
{
	unsigned int level, nr = 0;
	u64 at;

	for (at = start; at < start + SIZE; at += PMD_SIZE) {
		pte_t *pte = lookup_address((long)address_of(at), &level);

		if (pte && level == PG_LEVEL_4K)
			table[nr++] = virt_to_page(pte);
	}
	table[nr++] = virt_to_page(lookup_pmd_address((long)address_of(start)));
	for (level = 0; level < nr; level++)
		get_page(table[level]);
	return nr;
}

static bool is_memory(struct page *page)
{
	unsigned int level;
	pte_t *pte = lookup_address((long)page_address(page), &level);

	return !PagePinned(page) && pte && pte_write(*pte);
}

static void tables_are_memory(struct kunit *test)
{
	struct mhp_params params = { .pgprot = pgprot_mhp(PAGE_KERNEL) };
	const unsigned long end = max_pfn, low_end = max_low_pfn;
	void *const memory_end = high_memory;
	struct page *table[MOST];
	unsigned int i, nr;
	u64 start;
	int rc;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	start = unused_start();
	if (!start)
		kunit_skip(test, "the list of frames has no room");
	if (!forget_frames(start)) {
		put_frames_back(start);
		KUNIT_FAIL(test, "no entry of the list can be set");
		return;
	}

	mem_hotplug_begin();
	rc = arch_add_memory(0, start, SIZE, &params);
	if (!rc) {
		nr = hold_tables(start, table);
		arch_remove_memory(start, SIZE, NULL, NULL);
	}
	max_pfn = end;
	max_low_pfn = low_end;
	high_memory = memory_end;
	mem_hotplug_done();
	put_frames_back(start);
	KUNIT_ASSERT_EQ(test, rc, 0);

	KUNIT_EXPECT_EQ(test, nr, MOST);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_TRUE_MSG(test, is_memory(table[i]), "table %u of %u",
				      i, nr);
		put_page(table[i]);
	}
}

static struct kunit_case hotremove_cases[] = {
	KUNIT_CASE(tables_are_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_hotremove",
	.test_cases = hotremove_cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: memory of a Xen PV guest that is removed");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * mm/pools.c: page tables between two address spaces.
 *
 * Programs may run meanwhile, and take and keep tables of their own.
 */
#include <kunit/test.h>

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include <xen/pvboot/geometry.h>
#include <xen/xen.h>

#include <asm/paravirt.h>
#include <asm/pgalloc.h>

#include "../mm/mm.h"

/* More than are ever kept */
#define MANY	80

static int need_pv(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	return 0;
}

/* An address space that Xen knows, with roots of its own or of the pool */
static struct mm_struct *known_space(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	paravirt_enter_mmap(mm);
	return mm;
}

static bool is_writable(const void *address)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)address, &level);

	return pte_write(ptep_get(pte));
}

#if XEN_PV_USER_ROOTS
static void roots_are_kept_and_taken(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	pgd_t *root = mm->pgd;
	unsigned int nr;

	mmput(mm);
	KUNIT_EXPECT_TRUE(test, xen_pv_is_table(root));
	nr = xen_pv_nr_kept(XEN_PV_ROOT_LEVEL);
	KUNIT_EXPECT_GT(test, nr, 0);

	mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_EXPECT_PTR_EQ(test, mm->pgd, root);
	KUNIT_EXPECT_TRUE(test, xen_pv_is_table(mm->pgd));
	KUNIT_EXPECT_PTR_EQ(test, virt_to_ptdesc(root)->pt_mm, mm);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(XEN_PV_ROOT_LEVEL), nr - 1);
	mmput(mm);
}

/* A walk of pgd_list takes the lock of each root's address space. */
static void kept_roots_are_of_no_process(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	pgd_t *root = mm->pgd;

	mmput(mm);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_ptdesc(root)->pt_mm,
			    &xen_pv_no_process);
}

static void their_number_is_bounded(struct kunit *test)
{
	struct mm_struct *mm[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++)
		mm[i] = known_space(test);
	for (i = 0; i < MANY; i++)
		mmput(mm[i]);
	KUNIT_EXPECT_LE(test, xen_pv_nr_kept(XEN_PV_ROOT_LEVEL), 64);
	KUNIT_EXPECT_GE(test, xen_pv_nr_kept(XEN_PV_ROOT_LEVEL), 4);
}
#else
/* A 32-bit root is small, and its kernel's table not pinned: it is made anew. */
static void no_root_is_kept(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	pgd_t *root = mm->pgd;

	KUNIT_ASSERT_TRUE(test, xen_pv_is_table(root));
	mmput(mm);
	KUNIT_EXPECT_FALSE(test, xen_pv_is_table(root));
	KUNIT_EXPECT_TRUE(test, is_writable(root));
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(XEN_PV_ROOT_LEVEL), 0);
}
#endif

/* What pmd_install() does when another thread was first, and when it was not */
static void tables_are_kept_and_taken(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	struct page *table = pte_alloc_one(mm);
	unsigned int nr;

	KUNIT_ASSERT_NOT_NULL(test, table);
	paravirt_alloc_pte(mm, page_to_pfn(table));
	KUNIT_EXPECT_TRUE(test, PagePinned(table));
	KUNIT_EXPECT_FALSE(test, is_writable(page_address(table)));
	pte_free(mm, table);
	KUNIT_EXPECT_TRUE(test, PagePinned(table));
	nr = xen_pv_nr_kept(1);

	KUNIT_EXPECT_PTR_EQ(test, pte_alloc_one(mm), table);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(1), nr - 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(page_address(table), 0, PAGE_SIZE),
			    NULL);
	pte_free(mm, table);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(1), nr);
	mmput(mm);
}

static pmd_t *linked_pmd(struct kunit *test, struct mm_struct *mm)
{
	pmd_t *table = pmd_alloc_one(mm, 0);

	KUNIT_ASSERT_NOT_NULL(test, table);
	paravirt_alloc_pmd(mm, PFN_DOWN(__pa(table)));
	return table;
}

static void free_linked_pmd(struct mm_struct *mm, pmd_t *table)
{
	paravirt_release_pmd(PFN_DOWN(__pa(table)));
	pmd_free(mm, table);
}

/* With HUGETLBFS their constructor clears a word that says the level. */
static void upper_tables_are_kept_twice(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	pmd_t *table = linked_pmd(test, mm);
	unsigned int nr;

	free_linked_pmd(mm, table);
	nr = xen_pv_nr_kept(2);
	KUNIT_EXPECT_GT(test, nr, 0);

	KUNIT_EXPECT_PTR_EQ(test, linked_pmd(test, mm), table);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(2), nr - 1);
	free_linked_pmd(mm, table);
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(2), nr);
	mmput(mm);
}

/* One that Xen does not know is written as memory; init_mm's are not kept. */
static void other_spaces_take_none(struct kunit *test)
{
	static struct mm_struct unknown;
	struct mm_struct *mm = known_space(test);
	struct page *table = pte_alloc_one(mm);
	struct ptdesc *new;

	KUNIT_ASSERT_NOT_NULL(test, table);
	paravirt_alloc_pte(mm, page_to_pfn(table));
	pte_free(mm, table);
	KUNIT_EXPECT_GT(test, xen_pv_nr_kept(1), 0);
	new = xen_pv_alloc_table(&init_mm, 1, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_EXPECT_GT(test, xen_pv_nr_kept(1), 0);
	KUNIT_EXPECT_TRUE(test, PagePinned(ptdesc_page(new)));
	pagetable_free(new);

	unknown.pgd = (pgd_t *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, unknown.pgd);
	new = xen_pv_alloc_table(&unknown, 1, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_EXPECT_FALSE(test, PagePinned(ptdesc_page(new)));
	pagetable_free(new);
	free_page((unsigned long)unknown.pgd);
	mmput(mm);
}

/* Somebody still has it mapped writable: Xen says so while there is an error to return. */
static void a_mapped_page_is_no_table(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	void *mapped;

	KUNIT_ASSERT_NOT_NULL(test, page);
	mapped = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mapped);
	KUNIT_EXPECT_FALSE(test, xen_pv_make_table(page, 1));
	KUNIT_EXPECT_FALSE(test, PagePinned(page));
	KUNIT_EXPECT_TRUE(test, is_writable(page_address(page)));
	vunmap(mapped);

	KUNIT_ASSERT_TRUE(test, xen_pv_make_table(page, 1));
	KUNIT_EXPECT_FALSE(test, is_writable(page_address(page)));
	page_ptdesc(page)->pt_index = 0;
	paravirt_release_pte(page_to_pfn(page));
	KUNIT_EXPECT_TRUE(test, is_writable(page_address(page)));
	__free_page(page);
}

/* The kernel's have other contents: the list of frames makes one and drops it. */
static void the_kernels_are_not_kept(struct kunit *test)
{
	void *table = (void *)get_zeroed_page(GFP_KERNEL);
	unsigned int nr = xen_pv_nr_kept(1);

	KUNIT_ASSERT_NOT_NULL(test, table);
	paravirt_alloc_pte(&init_mm, PFN_DOWN(__pa(table)));
	KUNIT_EXPECT_FALSE(test, is_writable(table));
	paravirt_release_pte(PFN_DOWN(__pa(table)));
	KUNIT_EXPECT_TRUE(test, is_writable(table));
	KUNIT_EXPECT_FALSE(test, PagePinned(virt_to_page(table)));
	KUNIT_EXPECT_EQ(test, xen_pv_nr_kept(1), nr);
	free_page((unsigned long)table);
}

static void memory_gets_them_back(struct kunit *test)
{
	struct mm_struct *mm = known_space(test);
	struct page *table = pte_alloc_one(mm);
	struct page *root = virt_to_page(mm->pgd);

	KUNIT_ASSERT_NOT_NULL(test, table);
	paravirt_alloc_pte(mm, page_to_pfn(table));
	pte_free(mm, table);
	mmput(mm);
	KUNIT_ASSERT_TRUE(test, PagePinned(table));
	KUNIT_ASSERT_EQ(test, !!PagePinned(root), XEN_PV_USER_ROOTS);

	drop_slab();
	KUNIT_EXPECT_FALSE(test, PagePinned(table));
	KUNIT_EXPECT_FALSE(test, PagePinned(root));
	/* free memory is not mapped at all */
	if (debug_pagealloc_enabled())
		return;
	KUNIT_EXPECT_TRUE(test, is_writable(page_address(table)));
	KUNIT_EXPECT_TRUE(test, is_writable(page_address(root)));
}

static struct kunit_case cases[] = {
#if XEN_PV_USER_ROOTS
	KUNIT_CASE(roots_are_kept_and_taken),
	KUNIT_CASE(kept_roots_are_of_no_process),
	KUNIT_CASE(their_number_is_bounded),
#else
	KUNIT_CASE(no_root_is_kept),
#endif
	KUNIT_CASE(tables_are_kept_and_taken),
	KUNIT_CASE(upper_tables_are_kept_twice),
	KUNIT_CASE(other_spaces_take_none),
	KUNIT_CASE(a_mapped_page_is_no_table),
	KUNIT_CASE(the_kernels_are_not_kept),
	KUNIT_CASE(memory_gets_them_back),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_pools",
	.init = need_pv,
	.test_cases = cases,
};

kunit_test_suite(suite);

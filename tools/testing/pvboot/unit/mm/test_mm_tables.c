// SPDX-License-Identifier: GPL-2.0
/* tables.c: the life of a table page, step by step. */
#include "checks.h"

static void boot_leaves_one_root(void **state)
{
	(void)state;
	must_be_sound();
	must_be_quiet();
	must_be_table(init_mm.pgd, ROOT, 2);		/* pin, cr3 */
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	assert_null(fake_loaded_root(true));
}

/* Each step of a table of the lowest level, and what Xen has after it */
static void life_of_a_table(void **state)
{
	struct mm_struct *mm = known_space();
	u64 *table, *middle, *page;

	(void)state;
	for (unsigned int level = ROOT - 1; level > 1; level--)
		assert_non_null(host_link(mm, HERE, level));
	middle = host_table(mm, HERE, 2);
	must_be_table(middle, 2, 2);			/* pin, link */

	table = (u64 *)__get_free_page(GFP_PGTABLE_USER);
	must_be_memory(table, 1);			/* direct map */
	pv_ops.mmu.alloc_pte(mm, host_pfn(table));
	must_be_table(table, 1, 1);			/* pin */
	must_be_sound();

	pv_ops.mmu.set_pmd((pmd_t *)&middle[HERE >> 21],
			   __pmd(__pa(table) | _PAGE_TABLE));
	must_be_table(table, 1, 2);			/* pin, link */
	assert_ptr_equal(host_table(mm, HERE, 1), table);

	page = (u64 *)__get_free_page(GFP_KERNEL);
	pv_ops.mmu.set_pte((pte_t *)&table[0], __pte(__pa(page) | USER_FLAGS));
	must_be_memory(page, 2);				/* direct map, entry */
	assert_int_equal(pte_val(*host_pte(mm, HERE)) & PTE_PFN_MASK, __pa(page));
	pv_ops.mmu.set_pte((pte_t *)&table[0], __pte_ma(0));
	must_be_memory(page, 1);
	must_be_sound();

	pv_ops.mmu.set_pmd((pmd_t *)&middle[HERE >> 21], __pmd(0));
	must_be_table(table, 1, 1);			/* pin */
	pv_ops.mmu.release_pte(host_pfn(table));
	must_be_memory(table, 1);
	assert_false(xen_pv_keep_table(virt_to_page(table)));

	free_page((unsigned long)table);
	free_page((unsigned long)page);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* Between two uses as a table a page is memory like any other. */
static void a_page_is_a_table_twice(void **state)
{
	struct mm_struct *mm = known_space();
	u64 *first, *second;

	(void)state;
	assert_non_null(host_map(mm, HERE));
	first = host_table(mm, HERE, 1);
	host_unmap(mm, HERE);
	host_unlink(mm, HERE, 1);
	host_free_table(first);
	first[7] = 7;

	second = host_link(mm, FAR, 2);
	assert_ptr_equal(second, first);
	must_be_table(second, 2, 2);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* Above a table that Xen does not know, tables are memory. */
static void tables_of_a_new_space_are_memory(void **state)
{
	struct mm_struct *mm = host_new_space();
	u64 *page;

	(void)state;
	fake_count_anew();
	page = host_map(mm, HERE);
	assert_non_null(page);
	for (unsigned int level = 1; level <= ROOT; level++)
		must_be_memory(host_table(mm, HERE, level), 1);
	assert_int_equal(fake_calls.hypercalls, 0);
	must_be_memory(page, 1);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* A table that was pinned with its space is not pinned once more. */
static void known_tables_are_left_alone(void **state)
{
	struct mm_struct *mm = known_space();
	u64 *table;

	(void)state;
	assert_non_null(host_map(mm, HERE));
	table = host_table(mm, HERE, 1);
	fake_count_anew();
	pv_ops.mmu.alloc_pte(mm, host_pfn(table));
	assert_int_equal(fake_calls.hypercalls, 0);
	must_be_table(table, 1, 2);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* In lazy mode a pin waits, and what the table gets waits behind it. */
static void a_table_in_lazy_mode(void **state)
{
	struct mm_struct *mm = known_space();
	u64 *table, *page;

	(void)state;
	assert_non_null(host_map(mm, HERE));
	host_enter_lazy();
	table = (u64 *)__get_free_page(GFP_PGTABLE_USER);
	page = (u64 *)__get_free_page(GFP_KERNEL);
	pv_ops.mmu.alloc_pte(mm, host_pfn(table));
	set_pte((pte_t *)table, __pte(__pa(page) | USER_FLAGS));
	assert_int_equal(fake_state(table).type, FAKE_MEMORY);
	assert_int_equal(table[0], 0);
	host_leave_lazy();
	must_be_table(table, 1, 1);
	must_be_memory(page, 2);
	assert_int_equal(pte_val(*(pte_t *)table) & PTE_PFN_MASK, __pa(page));

	set_pte((pte_t *)table, __pte_ma(0));
	pv_ops.mmu.release_pte(host_pfn(table));
	host_free_table(table);
	free_page((unsigned long)page);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* A table is read-only in the address space that is loaded, too. */
static void tables_of_the_loaded_space(void **state)
{
	struct mm_struct *mm = host_new_space();
	u64 *page;

	(void)state;
	host_load_space(mm);
	page = host_map(mm, HERE);
	assert_non_null(page);
	assert_int_equal(fake_entry(HERE) & PTE_PFN_MASK,
			 PFN_PHYS(pfn_to_mfn(host_pfn(page))));
	must_be_table(host_table(mm, HERE, 1), 1, 2);
	must_be_sound();
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

int run_mm_tables(void)
{
	const struct CMUnitTest cases[] = {
		CASE(boot_leaves_one_root),
		CASE(life_of_a_table),
		CASE(a_page_is_a_table_twice),
		CASE(tables_of_a_new_space_are_memory),
		CASE(known_tables_are_left_alone),
		CASE(a_table_in_lazy_mode),
		CASE(tables_of_the_loaded_space),
	};

	return cmocka_run_group_tests_name("mm_tables", cases, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/* pools.c: tables that are kept, from one address space to the next. */
#include <stdlib.h>

#include "checks.h"

#define MANY	40

/* With less than 1 GB: four pairs of roots, sixteen tables of level 1 */
#define ROOTS_KEPT	(XEN_PV_USER_ROOTS ? 4U : 0U)
#define LOWEST_KEPT	16U
#define OTHERS_KEPT	4U

static int pools(void **state)
{
	booted(state);
	host_keep_tables();
	note_all();
	return 0;
}

#define POOL_CASE(function)	cmocka_unit_test_setup(function, pools)

static void end(void)
{
	drop_all_kept();
	must_be_back();
	must_be_quiet();
}

static struct mm_struct *filled(unsigned int nr)
{
	struct mm_struct *mm = known_space();
	unsigned int i;

	for (i = 0; i < nr; i++)
		assert_non_null(host_map(mm, HERE + i * 512 * PAGE_SIZE));
	return mm;
}

/* What is kept is a table still, empty, and pinned. */
static void filled_and_drained(void **state)
{
	struct mm_struct *mm = filled(3);
	u64 *table = host_table(mm, HERE, 1);
	u64 *root = (u64 *)mm->pgd;
	unsigned int level;

	(void)state;
	host_drop_space(mm);
	assert_int_equal(xen_pv_nr_kept(1), 3);
	for (level = 2; level < ROOT; level++)
		assert_int_equal(xen_pv_nr_kept(level), 1);
	if (XEN_PV_USER_ROOTS) {
		assert_int_equal(xen_pv_nr_kept(ROOT), 1);
		must_be_table(root, ROOT, 1);
		must_be_table(xen_pv_user_root(root), ROOT, 1);
		assert_ptr_equal(virt_to_page(root)->pt_mm,
				 &xen_pv_no_process);
	}
	must_be_table(table, 1, 1);
	assert_false(virt_to_page(table)->charged);
	must_be_sound();
	end();
	assert_int_equal(xen_pv_nr_kept(1), 0);
}

/* What was kept once is kept again, whatever its constructor does. */
static void kept_a_second_time(void **state)
{
	unsigned int level;

	(void)state;
	host_drop_space(filled(3));
	host_drop_space(filled(3));
	assert_int_equal(xen_pv_nr_kept(1), 3);
	for (level = 2; level < ROOT; level++)
		assert_int_equal(xen_pv_nr_kept(level), 1);
	must_be_sound();
	end();
}

/* One that was built as memory is pinned as a whole, and kept like another. */
static void built_as_memory_and_kept(void **state)
{
	struct mm_struct *mm = host_new_space();
	unsigned int level;

	(void)state;
	assert_non_null(host_map(mm, HERE));
	host_load_space(mm);
	host_drop_space(mm);
	for (level = 1; level < ROOT; level++)
		assert_int_equal(xen_pv_nr_kept(level), 1);
	end();
}

/* The next address space is pinned from its first table on. */
static void taken_by_the_next(void **state)
{
	struct mm_struct *mm = filled(3);
	pgd_t *root = mm->pgd;

	(void)state;
	host_drop_space(mm);
	fake_count_anew();
	mm = host_new_space();
	if (XEN_PV_USER_ROOTS) {
		assert_ptr_equal(mm->pgd, root);
		assert_int_equal(fake_calls.hypercalls, 0);
		assert_ptr_equal(virt_to_page(root)->pt_mm, mm);
		assert_int_equal(xen_pv_nr_kept(ROOT), 0);
		assert_true(virt_to_page(root)->charged);
	} else {
		pv_ops.mmu.enter_mmap(mm);
	}
	fake_count_anew();
	assert_non_null(host_map(mm, FAR));
	assert_int_equal(fake_calls.mappings, 0);
	assert_int_equal(xen_pv_nr_kept(1), 2);
	must_be_table(host_table(mm, FAR, 1), 1, 2);
	assert_true(virt_to_page(host_table(mm, FAR, 1))->charged);
	must_be_sound();
	host_load_space(mm);
	host_drop_space(mm);
	assert_int_equal(xen_pv_nr_kept(1), 3);
	end();
}

/* What has no room is memory when it is unlinked, before it is freed. */
static void no_more_than_there_is_room_for(void **state)
{
	struct mm_struct *mm = filled(MANY);
	u64 *table[MANY];
	unsigned int i, pinned = 0;

	(void)state;
	for (i = 0; i < MANY; i++) {
		unsigned long address = HERE + i * 512 * PAGE_SIZE;

		table[i] = host_table(mm, address, 1);
		host_unmap(mm, address);
		host_unlink(mm, address, 1);
		pinned += fake_state(table[i]).pinned;
	}
	assert_int_equal(pinned, LOWEST_KEPT);
	assert_int_equal(xen_pv_nr_kept(1), 0);
	for (i = 0; i < MANY; i++)
		host_free_table(table[i]);
	assert_int_equal(xen_pv_nr_kept(1), LOWEST_KEPT);
	host_drop_space(mm);
	must_be_sound();
	end();
}

static void no_more_roots_than_there_is_room_for(void **state)
{
	struct mm_struct *mm[6];
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++)
		mm[i] = filled(1);
	for (i = 0; i < 6; i++)
		host_drop_space(mm[i]);
	assert_int_equal(xen_pv_nr_kept(ROOT), ROOTS_KEPT);
	assert_int_equal(xen_pv_nr_kept(2), OTHERS_KEPT);
	must_be_sound();
	end();
}

/* fork() of much is built as memory, and its tables are unpinned at the end. */
static void not_for_what_copies_much(void **state)
{
	struct mm_struct *mm = filled(2), *child;

	(void)state;
	host_drop_space(filled(1));
	host_load_space(mm);
	mm->counters[MM_ANONPAGES] += 1000;
	child = host_child_space();
	assert_non_null(child);
	must_be_memory(child->pgd, 1);
	assert_non_null(host_map(child, FAR));
	must_be_memory(host_table(child, FAR, 1), 1);
	host_drop_space(child);

	mm->counters[MM_ANONPAGES] -= 1000;
	mm->counters[MM_SWAPENTS] = 1000;
	child = host_child_space();
	assert_non_null(child);
	must_be_memory(child->pgd, 1);
	host_drop_space(child);

	mm->counters[MM_SWAPENTS] = 0;
	child = host_child_space();
	assert_non_null(child);
	assert_int_equal(xen_pv_is_table(child->pgd), XEN_PV_USER_ROOTS);
	host_drop_space(child);
	host_drop_space(mm);
	end();
}

/* Tables of the kernel's are never kept. */
static void not_the_kernels(void **state)
{
	u64 *table;

	(void)state;
	host_drop_space(filled(1));
	table = page_address(xen_pv_alloc_table(&init_mm, 1, GFP_KERNEL));
	assert_int_equal(xen_pv_nr_kept(1), 1);
	must_be_table(table, 1, 1);
	fake_count_anew();
	pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
	assert_int_equal(fake_calls.hypercalls, 0);
	must_be_table(table, 1, 1);
	pv_ops.mmu.release_pte(host_pfn(table));
	must_be_memory(table, 1);
	assert_false(xen_pv_keep_table(virt_to_page(table)));
	pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
	assert_false(xen_pv_keep_table(virt_to_page(table)));
	must_be_memory(table, 1);
	free_page((unsigned long)table);
	end();
}

/* One that was never linked was not released, and no room promised for it. */
static void kept_without_a_release(void **state)
{
	struct mm_struct *mm = filled(1);
	struct page *page;
	unsigned int i;

	(void)state;
	host_drop_space(mm);
	mm = filled(0);
	for (i = 0; i < 2 * LOWEST_KEPT; i++) {
		page = xen_pv_alloc_table(mm, 1, GFP_PGTABLE_USER);
		assert_non_null(page);
		pv_ops.mmu.alloc_pte(mm, page_to_pfn(page));
		assert_true(xen_pv_keep_table(page));
	}
	assert_int_equal(xen_pv_nr_kept(1), 1);
	host_drop_space(mm);
	end();
}

/* With CONFIG_DEBUG_VM: what is not empty is told, and not kept. */
static void not_what_is_not_empty(void **state)
{
	struct mm_struct *mm = filled(2);
	u64 *table = host_table(mm, HERE, 1);
	u64 *page = __va(pte_val(*host_pte(mm, HERE)) & PTE_PFN_MASK);
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * LOWEST_KEPT; i++) {
		pv_ops.mmu.set_pmd((pmd_t *)host_table(mm, HERE, 2) +
				   (HERE >> 21 & 511), __pmd(0));
		pv_ops.mmu.release_pte(host_pfn(table));
		if (!i)
			assert_int_equal(fake_state(table).pinned, true);
		assert_false(xen_pv_keep_table(virt_to_page(table)));
		must_be_told("is_empty");
		must_be_memory(table, 1);
		pv_ops.mmu.alloc_pte(mm, host_pfn(table));
		pv_ops.mmu.set_pmd((pmd_t *)host_table(mm, HERE, 2) +
				   (HERE >> 21 & 511),
				   __pmd(__pa(table) | _PAGE_TABLE));
	}
	must_be_memory(page, 2);
	host_drop_space(mm);
	end();
}

/* The two bits that a processor may have noted are nothing. */
static void accessed_and_dirty_are_empty(void **state)
{
	struct mm_struct *mm = filled(1);
	u64 *table = host_table(mm, HERE, 1);

	(void)state;
	fake_note_use((uint64_t *)&table[5], _PAGE_ACCESSED | _PAGE_DIRTY);
	host_drop_space(mm);
	assert_int_equal(xen_pv_nr_kept(1), 1);
	end();
}

/* A memory cgroup that is full: all stays kept, and a page is asked for. */
static void a_charge_fails(void **state)
{
	struct mm_struct *mm;
	struct page *page;
	unsigned int nth;

	(void)state;
	host_drop_space(filled(1));
	for (nth = 1; nth <= 2 && XEN_PV_USER_ROOTS; nth++) {
		host_failures.charges = nth;
		mm = calloc(1, sizeof(*mm));
		assert_non_null(mm);
		assert_null(xen_pv_take_root(mm));
		assert_int_equal(xen_pv_nr_kept(ROOT), 1);
		must_be_sound();
		free(mm);
	}
	mm = filled(0);
	host_failures.charges = 1;
	page = xen_pv_alloc_table(mm, 1, GFP_PGTABLE_USER);
	assert_int_equal(xen_pv_nr_kept(1), 1);
	must_be_table(page_address(page), 1, 1);
	assert_true(xen_pv_keep_table(page));
	must_be_sound();
	/* Linux has no lock for one, and gives it back. */
	for (nth = 1; nth <= ROOT - 2; nth++) {
		host_failures.constructors = nth;
		assert_null(host_map(mm, FAR));
		assert_int_equal(host_failures.constructors, 0);
		assert_int_equal(xen_pv_nr_kept(1), 2);
		must_be_sound();
	}
	assert_non_null(host_map(mm, FAR));
	assert_int_equal(xen_pv_nr_kept(1), 1);
	host_drop_space(mm);
	end();
}

/* As many as are asked for, lowest level first; there is a count of them. */
static void the_shrinker_takes_so_many(void **state)
{
	struct shrink_control control = { .nr_to_scan = 2 };
	unsigned long all;

	(void)state;
	assert_int_equal(host_shrinker->count_objects(host_shrinker, &control),
			 SHRINK_EMPTY);
	assert_int_equal(host_shrinker->scan_objects(host_shrinker, &control),
			 SHRINK_STOP);
	host_drop_space(filled(3));
	all = host_shrinker->count_objects(host_shrinker, &control);
	assert_int_equal(all, XEN_PV_USER_ROOTS ? 3 + 1 + 1 + 2 : 3 + 1);
	assert_int_equal(host_shrinker->scan_objects(host_shrinker, &control), 2);
	assert_int_equal(xen_pv_nr_kept(1), 1);
	must_be_sound();
	control.nr_to_scan = 100;
	assert_int_equal(host_shrinker->scan_objects(host_shrinker, &control),
			 all - 2);
	end();
}

int run_mm_pools(void)
{
	const struct CMUnitTest cases[] = {
		POOL_CASE(filled_and_drained),
		POOL_CASE(kept_a_second_time),
		POOL_CASE(built_as_memory_and_kept),
		POOL_CASE(taken_by_the_next),
		POOL_CASE(no_more_than_there_is_room_for),
		POOL_CASE(no_more_roots_than_there_is_room_for),
		POOL_CASE(not_for_what_copies_much),
		POOL_CASE(not_the_kernels),
		POOL_CASE(kept_without_a_release),
		POOL_CASE(not_what_is_not_empty),
		POOL_CASE(accessed_and_dirty_are_empty),
		POOL_CASE(a_charge_fails),
		POOL_CASE(the_shrinker_takes_so_many),
	};

	return cmocka_run_group_tests_name("mm_pools", cases, NULL, NULL);
}

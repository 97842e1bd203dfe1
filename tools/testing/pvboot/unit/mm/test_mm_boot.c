// SPDX-License-Identifier: GPL-2.0
/* Until struct pages are ready: all tables are init_mm's, and Xen's to know. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"

static u64 *table, *page;

static int boot(void **state)
{
	(void)state;
	host_boot_begin();
	note_all();
	table = (u64 *)__get_free_page(GFP_KERNEL);
	page = (u64 *)__get_free_page(GFP_KERNEL);
	return 0;
}

#define BOOT_CASE(function)	cmocka_unit_test_setup(function, boot)

static void must_be_left(void)
{
	assert_null(fake_wrong());
	must_be_quiet();
	free_page((unsigned long)table);
	free_page((unsigned long)page);
	assert_int_equal(fake_state(init_mm.pgd).count, 2);
}

static pte_t entry(u64 flags)
{
	return __pte(__pa(page) | flags);
}

/*
 * Filled as memory, by plain stores; pinned, and memory again.  In 32 bits it is
 * filled when it is known.
 */
static void lowest_table(void **state)
{
	struct fake_state now;

	(void)state;
	if (XEN_PV_OWN_KERNEL_TABLE) {
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
		fake_count_anew();
		set_pte((pte_t *)table, entry(USER_FLAGS));
		assert_int_equal(fake_calls.updates, 1);
	} else {
		set_pte((pte_t *)table, entry(USER_FLAGS));
		assert_int_equal(fake_calls.hypercalls, 0);
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
	}
	now = fake_state(table);
	assert_int_equal(now.type, 1);
	assert_int_equal(now.count, 1);
	assert_true(now.pinned && !now.writable);
	assert_int_equal(fake_state(page).count, 2);

	pv_ops.mmu.release_pte(host_pfn(table));
	now = fake_state(table);
	assert_int_equal(now.type, FAKE_MEMORY);
	assert_true(!now.pinned && now.writable);
	assert_int_equal(fake_state(page).count, 1);
	must_be_left();
}

/* 32-bit: the direct map is made over what maps tables, read-only, already. */
static void mapped_over(void **state)
{
	const u64 flags = _PAGE_PRESENT | _PAGE_ACCESSED;
	void *other = (void *)__get_free_page(GFP_KERNEL);
	pte_t *map = (pte_t *)page;

	(void)state;
	if (XEN_PV_OWN_KERNEL_TABLE) {
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(page));
		set_pte(map, __pte(__pa(table) | flags));
		set_pte(map, __pte(__pa(table) | flags | _PAGE_RW));
		assert_int_equal(page[0] & _PAGE_RW, 0);

		/* another page is writable in the same place */
		set_pte(map, __pte(__pa(other) | flags | _PAGE_RW));
		assert_int_equal(page[0] & _PAGE_RW, _PAGE_RW);

		/* and so is the table where it has not been mapped before */
		pv_ops.mmu.release_pte(host_pfn(table));
		set_pte(map, __pte(0));
		set_pte(map, __pte(__pa(table) | flags | _PAGE_RW));
		assert_int_equal(page[0] & _PAGE_RW, _PAGE_RW);
		pv_ops.mmu.release_pte(host_pfn(page));
	}
	free_page((unsigned long)other);
	must_be_left();
}

/*
 * 32-bit: a table of the direct map is filled by plain stores, and Xen looks at it
 * once.  An entry of one that Xen knows costs no hypercall where it has its value,
 * and may wait.
 */
static void changed_entries(void **state)
{
	pte_t *const map = (pte_t *)table;
	const pte_t mapped = entry(USER_FLAGS);

	(void)state;
	if (XEN_PV_OWN_KERNEL_TABLE) {
		native_set_pte(map, mapped);
		assert_int_equal(fake_calls.hypercalls, 0);
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
		fake_count_anew();

		set_pte(map, mapped);
		set_pte(map + 1, __pte(0));
		assert_int_equal(fake_calls.hypercalls, 0);
		set_pte(map, __pte(0));
		set_pte(map + 1, mapped);
		assert_int_equal(fake_calls.updates, 2);

		/* what waits is not there yet, and the last that is asked for stays */
		fake_count_anew();
		host_enter_lazy();
		set_pte(map, mapped);
		set_pte(map + 1, __pte(0));
		set_pte(map, __pte(0));
		assert_int_equal(fake_calls.hypercalls, 0);
		host_leave_lazy();
		assert_int_equal(fake_calls.hypercalls, 1);
		assert_int_equal(fake_calls.updates, 3);
		assert_int_equal(table[0], 0);
		assert_int_equal(table[1], 0);
		pv_ops.mmu.release_pte(host_pfn(table));
	}
	must_be_left();
}

/* Others have their type by the entry that links them. */
static void table_above(void **state)
{
	struct fake_state now;

	(void)state;
	pv_ops.mmu.alloc_pmd(&init_mm, host_pfn(table));
	now = fake_state(table);
	assert_true(!now.pinned && !now.writable && !now.count);
	if (!XEN_PV_USER_ROOTS) {
		pv_ops.mmu.set_pud((pud_t *)init_mm.pgd,
				   __pud(__pa(table) | _PAGE_PRESENT));
		assert_int_equal(fake_state(table).type, 2);
		pv_ops.mmu.set_pmd((pmd_t *)table, __pmd(0));
		pv_ops.mmu.set_pud((pud_t *)init_mm.pgd, __pud(0));
	}
	assert_int_equal(fake_state(table).count, 0);
	pv_ops.mmu.release_pmd(host_pfn(table));
	assert_true(fake_state(table).writable);
	must_be_left();
}

/* 64-bit: an L3 in the root, an L2 in it, and back */
static void tables_of_the_root(void **state)
{
	p4d_t *link = (p4d_t *)init_mm.pgd;

	(void)state;
	if (XEN_PV_USER_ROOTS) {
		pv_ops.mmu.alloc_pud(&init_mm, host_pfn(table));
		pv_ops.mmu.set_p4d(link, __p4d(__pa(table) | _PAGE_TABLE));
		assert_int_equal(fake_state(table).type, 3);
		pv_ops.mmu.alloc_pmd(&init_mm, host_pfn(page));
		pv_ops.mmu.set_pud((pud_t *)table, __pud(__pa(page) | _PAGE_TABLE));
		assert_int_equal(fake_state(page).type, 2);
		fake_count_anew();
		pv_ops.mmu.set_pmd((pmd_t *)page, __pmd(0));
		assert_int_equal(fake_calls.hypercalls, 0);
		pv_ops.mmu.set_pud((pud_t *)table, __pud(0));
		pv_ops.mmu.set_p4d(link, __p4d(0));
		pv_ops.mmu.release_pmd(host_pfn(page));
		pv_ops.mmu.release_pud(host_pfn(table));
	}
	must_be_left();
}

/*
 * In lazy mode a table of the direct map is pinned and linked at its end, and an
 * entry that is clear is left alone.  Inside paging_init() links do not wait.
 */
static void direct_map(void **state)
{
	pmd_t *const l2 = (pmd_t *)page;

	(void)state;
	pv_ops.mmu.alloc_pmd(&init_mm, host_pfn(page));
	fake_count_anew();
	host_enter_lazy();
	pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
	assert_int_equal(fake_calls.hypercalls, 0);
	pv_ops.mmu.set_pmd(l2, __pmd(__pa(table) | _PAGE_TABLE));
	pv_ops.mmu.set_pmd(l2 + 1, __pmd(0));
	pv_ops.mmu.set_pud((pud_t *)l2 + 2, __pud(0));
	assert_int_equal(fake_calls.hypercalls, 0);
	host_leave_lazy();
	assert_int_equal(fake_calls.updates, 1);
	assert_true(fake_state(table).pinned && !fake_state(table).writable);

	pv_ops.mmu.set_pmd(l2, __pmd(0));
	xen_pv_install_late_boot_upper_ops();
	fake_count_anew();
	host_enter_lazy();
	pv_ops.mmu.set_pmd(l2, __pmd(__pa(table) | _PAGE_TABLE));
	assert_int_equal(fake_calls.updates, 1);
	host_leave_lazy();

	pv_ops.mmu.set_pmd(l2, __pmd(0));
	pv_ops.mmu.release_pte(host_pfn(table));
	pv_ops.mmu.release_pmd(host_pfn(page));
	must_be_left();
}

/* Where Xen takes no table, the boot ends: it would go on without this memory. */
static void refused_table(void **state)
{
	char told[200] = "";
	int ends[2], status;
	ssize_t size;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	if (!fork()) {
		dup2(ends[1], STDERR_FILENO);
		fake_calls.fail_at = 1;
		fake_calls.fail_with = -EINVAL;
		pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
		_exit(0);
	}
	close(ends[1]);
	assert_true(wait(&status) > 0);
	size = read(ends[0], told, sizeof(told) - 1);
	close(ends[0]);
	assert_true(size > 0);
	assert_true(WIFSIGNALED(status));
	if (!strstr(told, "fatal: ") || !strstr(told, ": -22"))
		fail_msg("told: %s", told);
	must_be_left();
}

/* The fixmap's table is known, and so is each inside paging_init(). */
static void known_tables(void **state)
{
	(void)state;
	pv_ops.mmu.alloc_pte(&init_mm, host_pfn(table));
	set_pte((pte_t *)page, __pte_ma(0));
	fake_count_anew();
	host_fixmap_entry = (pte_t *)table + 3;
	host_enter_lazy();
	set_pte(host_fixmap_entry, entry(USER_FLAGS));
	assert_int_equal(fake_calls.updates, 1);
	host_leave_lazy();
	xen_pv_set_pte_at(&init_mm, HERE, host_fixmap_entry, __pte_ma(0));
	assert_int_equal(fake_calls.updates, 2);
	assert_int_equal(table[3], 0);

	xen_pv_install_late_boot_update_ops();
	set_pte((pte_t *)table, entry(USER_FLAGS));
	assert_int_equal(fake_calls.updates, 3);
	host_enter_lazy();
	set_pte((pte_t *)table, __pte_ma(0));
	assert_int_equal(fake_calls.updates, 3);
	host_leave_lazy();
	assert_int_equal(table[0], 0);
	pv_ops.mmu.release_pte(host_pfn(table));
	must_be_left();
}

static void root_is_loaded(void **state)
{
	const unsigned long cr3 = pv_ops.mmu.read_cr3();

	(void)state;
	preempt_disable();
	pv_ops.mmu.write_cr3(cr3);
	preempt_enable();
	assert_int_equal(fake_calls.ops, 1);
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	assert_int_equal(xen_pv_batch->loaded_cr3, cr3);
	assert_null(xen_pv_user_root(init_mm.pgd));
	must_be_left();
}

int run_mm_boot(void)
{
	const struct CMUnitTest cases[] = {
		BOOT_CASE(lowest_table),
		BOOT_CASE(mapped_over),
		BOOT_CASE(changed_entries),
		BOOT_CASE(table_above),
		BOOT_CASE(tables_of_the_root),
		BOOT_CASE(direct_map),
		BOOT_CASE(refused_table),
		BOOT_CASE(known_tables),
		BOOT_CASE(root_is_loaded),
	};

	return cmocka_run_group_tests_name("mm_boot", cases, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen refuses.  Where a table is allocated, or an address space pinned, there is
 * an error to return; elsewhere it is told: what, why and for whom.  All else goes on.
 */
#include <stdlib.h>

#include "checks.h"

static struct mm_struct *mm;
static pte_t *here, *next;
static u64 *page;

static int space(void **state)
{
	booted(state);
	mm = known_space();
	page = host_map(mm, HERE);
	here = host_pte(mm, HERE);
	next = host_pte(mm, NEXT);
	fake_count_anew();
	return 0;
}

#define FAILURE_CASE(function)	cmocka_unit_test_setup(function, space)

static void end(void)
{
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* must_tell - the last warning has these words */
static void must_tell(const char *format, ...)
{
	char part[100];
	va_list args;

	va_start(args, format);
	vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	if (!strstr(host_warnings.last, part))
		fail_msg("told: %s; not: %s", host_warnings.last, part);
}

/* refuse - the nth element of what is called from now on */
static void refuse(unsigned int nth, int rc)
{
	fake_count_anew();
	fake_calls.fail_at = nth;
	fake_calls.fail_with = rc;
}

static void a_change(void **state)
{
	(void)state;
	refuse(1, -EINVAL);
	set_pte(next, __pte(__pa(page) | USER_FLAGS));
	assert_int_equal(next->pte, 0);
	must_tell("mmu_update: -EINVAL (-22)");
	must_tell("entry 0x1 of the table of pfn %#lx", host_pfn(next));
	must_be_told("-EINVAL");
	must_be_sound();

	set_pte(next, __pte(__pa(page) | USER_FLAGS));
	assert_true(pte_present(*next));
	set_pte(next, __pte_ma(0));
	end();
}

/* Where Xen has no such entry by address, it has it by frame. */
static void a_change_by_address(void **state)
{
	(void)state;
	host_load_space(mm);
	refuse(1, -EINVAL);
	xen_pv_set_pte_at(mm, NEXT, next, __pte(__pa(page) | USER_FLAGS));
	must_be_quiet();
	assert_int_equal(fake_calls.updates, 1);
	assert_true(pte_present(*next));
	xen_pv_set_pte_at(mm, NEXT, next, __pte_ma(0));
	end();
}

/* Copy on write falls back to the long way. */
static void a_clear_and_flush(void **state)
{
	struct vm_area_struct vma = { .vm_mm = mm };
	pte_t old;

	(void)state;
	host_load_space(mm);
	fake_note_use((uint64_t *)here, _PAGE_ACCESSED | _PAGE_DIRTY);
	refuse(1, -EINVAL);
	assert_false(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	must_be_quiet();
	assert_true(pte_present(*here));
	end();
}

/* Another domain's frame, which Xen itself refuses */
static void another_domains_frame(void **state)
{
	(void)state;
	set_pte(next, __pte_ma(PFN_PHYS(fake_other_mfn()) | USER_FLAGS));
	assert_int_equal(next->pte, 0);
	must_be_told("mmu_update: -EPERM (-1)");
	end();
}

/* In a list: which entry of how many, and what it was to become */
static void one_of_a_list(void **state)
{
	(void)state;
	host_enter_lazy();
	set_pte(next, __pte(__pa(page) | USER_FLAGS));
	set_pte(next + 1, __pte(__pa(page) | USER_FLAGS));
	set_pte(next + 2, __pte(__pa(page) | USER_FLAGS));
	refuse(2, -ENOMEM);
	host_leave_lazy();
	assert_true(pte_present(*next));
	assert_int_equal(next[1].pte, 0);
	assert_true(pte_present(next[2]));
	must_tell("mmu_update (1): -ENOMEM (-12): entry 2 of 3");
	must_tell("in the table of pfn %#lx at %#lx", host_pfn(next),
		  offset_in_page(next + 1));
	must_tell("(pfn %#lx)", host_pfn(page));
	must_be_told("call 1 of 1, 1 failed, 0 pages leaked");
	must_be_sound();
	set_pte(next, __pte_ma(0));
	set_pte(next + 2, __pte_ma(0));
	end();
}

/* fork() must not leave writable what the child has, whatever is refused. */
static void some_of_a_list(void **state)
{
	pte_t bad = __pte_ma(PFN_PHYS(fake_other_mfn()) | USER_FLAGS);

	(void)state;
	host_enter_lazy();
	set_pte(next, bad);
	xen_pv_ptep_set_wrprotect(here);
	set_pte(next + 1, bad);
	set_pte(next + 2, __pte(__pa(page) | (USER_FLAGS & ~_PAGE_RW)));
	set_pte(next + 3, bad);
	host_leave_lazy();
	assert_false(pte_write(*here));
	assert_true(pte_present(next[2]));
	assert_int_equal(next->pte | next[1].pte | next[3].pte, 0);
	must_tell("-EPERM (-1): entry 1 of 5");
	must_be_told("call 1 of 1, 3 failed, 0 pages leaked");
	must_be_sound();
	set_pte(next + 2, __pte_ma(0));
	end();
}

static void a_pin(void **state)
{
	u64 *table = (u64 *)__get_free_page(GFP_PGTABLE_USER);

	(void)state;
	refuse(2, -ENOMEM);
	pv_ops.mmu.alloc_pte(mm, host_pfn(table));
	must_tell("mmuext_op (26): -ENOMEM (-12): command 0, the first of 1");
	must_tell("(pfn %#lx)", host_pfn(table));
	must_be_told("call 2 of 2, 1 failed, 0 pages leaked");
	/* it is read-only, and would be a table by its link */
	assert_false(fake_state(table).writable);
	assert_false(fake_state(table).pinned);

	pv_ops.mmu.release_pte(host_pfn(table));
	must_be_told("command 4, the first of 1");
	host_free_table(table);
	end();
}

/* A page that could not be made read-only is no table, and says so twice. */
static void a_read_only_mapping(void **state)
{
	u64 *table = (u64 *)__get_free_page(GFP_PGTABLE_USER);

	(void)state;
	refuse(1, -EINVAL);
	pv_ops.mmu.alloc_pte(mm, host_pfn(table));
	must_tell("address %#lx := ", (unsigned long)table);
	must_tell("update_va_mapping (14): -EINVAL (-22)");
	must_be_told("call 1 of 2, 2 failed, 0 pages leaked");
	pv_ops.mmu.set_pmd((pmd_t *)host_table(mm, HERE, 2) + 77,
			   __pmd(__pa(table) | _PAGE_TABLE));
	must_be_told("mmu_update (1): -EINVAL (-22): entry 1 of 1");
	assert_int_equal(host_table(mm, HERE, 2)[77], 0);

	pv_ops.mmu.release_pte(host_pfn(table));
	must_be_told("mmuext_op (26): -EINVAL");
	host_free_table(table);
	end();
}

/*
 * A page that somebody has given back and still has mapped: another is taken, and it
 * may be a table later.
 */
static void a_page_that_is_mapped(void **state)
{
	void *page = (void *)__get_free_page(GFP_KERNEL);
	struct page *table;

	(void)state;
	set_pte(next, __pte(__pa(page) | USER_FLAGS));
	free_page((unsigned long)page);
	table = xen_pv_alloc_table(mm, 1, GFP_PGTABLE_USER);
	must_tell("pfn %#lx refused as a page table", host_pfn(page));
	must_be_told("it is mapped writable");
	assert_true(page_address(table) != page);
	must_be_table(page_address(table), 1, 1);
	assert_true(fake_state(page).writable);
	must_be_sound();

	set_pte(next, __pte_ma(0));
	host_wait();
	pv_ops.mmu.release_pte(page_to_pfn(table));
	host_free_table(page_address(table));
	table = xen_pv_alloc_table(&init_mm, 1, GFP_KERNEL);
	assert_ptr_equal(page_address(table), page);
	must_be_table(page, 1, 1);
	assert_false(xen_pv_keep_table(table));
	free_page((unsigned long)page);
	end();
}

/* Where none is found that can be one, the next to ask sees others; none is lost. */
static void pages_that_are_mapped(void **state)
{
	struct page *table;
	void *pages[8];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = (void *)__get_free_page(GFP_KERNEL);
		set_pte(next + i, __pte(__pa(pages[i]) | USER_FLAGS));
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		free_page((unsigned long)pages[i]);
	assert_null(xen_pv_alloc_table(mm, 2, GFP_PGTABLE_USER));
	must_be_told_times(ARRAY_SIZE(pages), "it is mapped writable");
	table = xen_pv_alloc_table(mm, 2, GFP_PGTABLE_USER);
	must_be_table(page_address(table), 2, 1);
	pv_ops.mmu.release_pmd(page_to_pfn(table));
	host_free_table(page_address(table));
	must_be_quiet();
	host_wait();
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		set_pte(next + i, __pte_ma(0));
	end();
}

/* Another of its tables is refused, too: fork() has no child, and all is memory. */
static void an_address_space(void **state)
{
	struct mm_struct *child;
	u64 *table;

	(void)state;
	host_load_space(mm);
	mm->counters[MM_ANONPAGES] += 1000;
	child = host_child_space();
	host_fork(child, mm);
	assert_false(xen_pv_is_table(child->pgd));
	table = host_table(child, HERE, 1);
	set_pte(next, __pte(__pa(table) | USER_FLAGS));
	pv_ops.mmu.enter_mmap(child);
	assert_false(xen_pv_is_table(child->pgd));
	assert_false(xen_pv_is_table(table));
	/* pinned, which is not done, and then unpinned */
	must_tell("command 4, the first of 1");
	must_be_told_times(2, "-EINVAL (-22)");
	set_pte(next, __pte_ma(0));
	must_be_sound();
	host_drop_space(child);
	mm->counters[MM_ANONPAGES] -= 1000;
	end();
}

/* Xen may know all that are above: still this one cannot be unpinned. */
static void the_first_of_many_tables(void **state)
{
	struct mm_struct *many = host_new_space();
	unsigned int i;

	(void)state;
	for (i = 0; i < XEN_PV_QUEUE_CALLS; i++)
		host_map(many, i * 512 * PAGE_SIZE);
	/* read-only, and then pinned */
	refuse(2, -EINVAL);
	pv_ops.mmu.enter_mmap(many);
	assert_false(xen_pv_is_table(many->pgd));
	must_tell("command 4, the first of 1");
	host_warnings.nr = 0;
	must_be_sound();
	host_drop_space(many);
	end();
}

/* Its tables keep the old host's frames, which nobody may take for the new one's. */
static void a_pin_before_a_save(void **state)
{
	struct mm_struct *other = host_new_space();

	(void)state;
	host_map(other, HERE);
	refuse(fake_calls.ops + 2, -EINVAL);
	xen_mm_pin_all();
	host_warnings.nr = 0;
	host_fatal.expected = true;
	if (!setjmp(host_fatal.leave)) {
		xen_mm_unpin_all(true);
		fail_msg("goes on with the frames of another host");
	}
	assert_string_equal(host_fatal.what,
			    "pin of an address space before a save");
	/* but where it was not saved after all they are right */
	xen_mm_unpin_all(false);
	host_warnings.nr = 0;
	must_be_sound();
	xen_mm_pin_all();
	xen_mm_unpin_all(true);
	host_drop_space(other);
	end();
}

/* A root, or a link that is used unseen: another one's memory would be taken. */
static void must_have_ended(void)
{
	if (strcmp(host_fatal.what, "mmu_update: link of a page table"))
		assert_string_equal(host_fatal.what, "mmuext_op: load of a root");
}

/* Page 0 is used as the table that is not there; a program's lowest is looked for. */
static void a_link_of_the_kernels(void **state)
{
	struct page *above = xen_pv_alloc_table(&init_mm, 2, GFP_KERNEL);
	struct page *table = xen_pv_alloc_table(&init_mm, 1, GFP_KERNEL);

	(void)state;
	refuse(1, -ENOMEM);
	host_fatal.expected = true;
	if (!setjmp(host_fatal.leave)) {
		pv_ops.mmu.set_pmd((pmd_t *)page_address(above) + 77,
				   __pmd(PFN_PHYS(page_to_pfn(table)) | _PAGE_TABLE));
		fail_msg("goes on without the table");
	}
	assert_string_equal(host_fatal.what, "mmu_update: link of a page table");
	assert_int_equal(host_fatal.arg, page_to_pfn(above));
	must_be_told("mmu_update (1): -ENOMEM (-12)");
	host_free_table(page_address(table));
	host_free_table(page_address(above));
	end();
}

#ifdef CONFIG_X86_64
static void a_link(void **state)
{
	u64 *above = host_table(mm, HERE, ROOT - 1);
	struct page *table = xen_pv_alloc_table(mm, ROOT - 2, GFP_PGTABLE_USER);

	(void)state;
	pv_ops.mmu.alloc_pmd(mm, page_to_pfn(table));
	refuse(1, -ENOMEM);
	host_fatal.expected = true;
	if (!setjmp(host_fatal.leave)) {
		pv_ops.mmu.set_pud((pud_t *)above + 77,
				   __pud(PFN_PHYS(page_to_pfn(table)) | _PAGE_TABLE));
		fail_msg("goes on without the table");
	}
	must_have_ended();
	assert_int_equal(host_fatal.arg, host_pfn(above));
	must_be_told("mmu_update (1): -ENOMEM (-12)");
	pv_ops.mmu.release_pmd(page_to_pfn(table));
	host_free_table(page_address(table));
	end();
}
#endif

static void a_root(void **state)
{
	(void)state;
	refuse(1, -EINVAL);
	preempt_disable();
	host_fatal.expected = true;
	if (!setjmp(host_fatal.leave)) {
		pv_ops.mmu.write_cr3(__pa(mm->pgd));
		fail_msg("goes on in the space of before");
	}
	must_have_ended();
	assert_int_equal(host_fatal.rc, -EINVAL);
	assert_int_equal(host_fatal.arg, pfn_to_mfn(host_pfn(mm->pgd)));
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	local_irq_restore(false);
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
	preempt_enable();
	end();
}

static void a_flush(void **state)
{
	(void)state;
	refuse(1, -EINVAL);
	pv_ops.mmu.flush_tlb_user();
	must_be_told("TLB not flushed, command 6: -EINVAL (-22)");
	refuse(1, -EPERM);
	host_enter_lazy();
	pv_ops.mmu.flush_tlb_one_user(HERE);
	host_leave_lazy();
	must_be_told("mmuext_op (26): -EPERM (-1): command 7");
	end();
}

static void a_direct_mapping(void **state)
{
	(void)state;
	refuse(1, -EINVAL);
	make_lowmem_page_readonly(page);
	must_tell("address %#lx", (unsigned long)page);
	must_be_told("update_va_mapping: -EINVAL (-22)");
	must_be_memory(page, 2);
	end();
}

/* No memory for the second root: the first is given back. */
static void memory_for_roots(void **state)
{
	unsigned int nth;

	(void)state;
	note_all();
	for (nth = 1; nth <= 1 + XEN_PV_USER_ROOTS; nth++) {
		host_failures.pages = nth;
		assert_null(host_new_space());
		must_be_back();
	}
	host_failures.pages = 0;
	must_be_quiet();
	host_drop_space(mm);
}

static void memory_for_a_queue(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_alloc_batch(0), 0);
	host_failures.pages = 1;
	assert_int_equal(xen_pv_alloc_batch(1), -ENOMEM);
	end();
}

/*
 * Each step of a whole life
 */

static struct mm_struct *child;

static void live(void)
{
	unsigned int i;

	mm = host_new_space();
	for (i = 0; i < 3; i++)
		host_map(mm, HERE + i * PAGE_SIZE);
	host_load_space(mm);
	if (current->mm != mm) {
		host_drop_space(mm);
		host_wait();
		return;
	}
	host_map(mm, FAR);
	child = host_child_space();
	host_fork(child, mm);
	pv_ops.mmu.enter_mmap(child);
	host_drop_space(child);
	child = NULL;
	mm->rss += 1000;
	host_drop_space(mm);
	host_wait();
}

static unsigned int pages_left(void)
{
	unsigned int pfn, left = 0;

	for (pfn = 1; pfn < HOST_PAGES; pfn++) {
		struct fake_state now = fake_state(host_memory[pfn]);

		left += !host_pages[pfn].uses &&
			(!now.writable || now.pinned ||
			 now.type != FAKE_MEMORY || now.count != 1);
	}
	return left;
}

static unsigned int pages_leaked(void)
{
	unsigned int pfn, leaked = 0;

	for (pfn = 1; pfn < HOST_PAGES; pfn++)
		leaked += host_pages[pfn].leaked;
	return leaked;
}

/*
 * The first that is refused is told, with why.  No lock is held, and nothing
 * waits.  What Xen did not let become memory again is nobody's.
 */
static void must_have_survived(unsigned int nth, const char *why)
{
	const unsigned int refused = fake_calls.refused;
	/* the long way was taken, and has done it */
	const bool made_up = refused == 1 && !host_warnings.nr;

	if (!made_up && !strstr(host_warnings.first, why) &&
	    !strstr(host_warnings.first, "refused as a page table"))
		fail_msg("step %u: told: %s", nth, host_warnings.first);
	if (made_up && !fake_calls.mappings)
		fail_msg("step %u: nothing was told", nth);
	if (pages_left())
		fail_msg("step %u: %u pages are free and no memory", nth,
			 pages_left());
	/* what Xen keeps as a table is written to as memory, and faults */
	if (fake_wrong() && !pages_leaked())
		fail_msg("step %u: %s; told: %s", nth, fake_wrong(), host_warnings.first);
	assert_false(host_cpu.irqs_off || host_cpu.preempt_count);
	assert_false(pgd_lock.held || init_mm.page_table_lock.held);
	assert_int_equal(xen_pv_batch->queue.nr_calls, 0);
	assert_int_equal(xen_pv_batch->queue.nr_callbacks, 0);
	assert_int_equal(xen_pv_batch->nr_updates, 0);
}

/* What the end of a life leaves to the next one */
static void bury(void)
{
	host_wait();
	free(mm);
	free(child);
	child = NULL;
	host_cpu.irqs_off = false;
	host_cpu.preempt_count = 0;
}

static void each_step(void **state)
{
	static const struct {
		int rc;
		const char *name;
	} errors[] = {
		{ -EINVAL, "-EINVAL (-22)" }, { -ENOMEM, "-ENOMEM (-12)" },
	};
	static unsigned int i, nth, nr_ended;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		nr_ended = 0;
		for (nth = 1; ; nth++) {
			booted(state);
			refuse(nth, errors[i].rc);
			host_fatal.expected = true;
			if (setjmp(host_fatal.leave)) {
				must_have_ended();
				nr_ended++;
				bury();
				continue;
			}
			live();
			host_fatal.expected = false;
			if (!fake_calls.refused)
				break;
			must_have_survived(nth, errors[i].name);
		}
		assert_true(nth > 30);
		/* loaded and left; and where a table of it was refused before */
		assert_true(nr_ended > 2 * (1 + XEN_PV_USER_ROOTS));
		assert_true(nr_ended < nth / 2);
		must_be_back();
		must_be_quiet();
	}
}

int run_mm_failures(void)
{
	const struct CMUnitTest cases[] = {
		FAILURE_CASE(a_change),
		FAILURE_CASE(a_change_by_address),
		FAILURE_CASE(a_clear_and_flush),
		FAILURE_CASE(another_domains_frame),
		FAILURE_CASE(one_of_a_list),
		FAILURE_CASE(some_of_a_list),
		FAILURE_CASE(a_pin),
		FAILURE_CASE(a_read_only_mapping),
		FAILURE_CASE(a_page_that_is_mapped),
		FAILURE_CASE(pages_that_are_mapped),
		FAILURE_CASE(an_address_space),
		FAILURE_CASE(the_first_of_many_tables),
		FAILURE_CASE(a_pin_before_a_save),
		FAILURE_CASE(a_link_of_the_kernels),
#ifdef CONFIG_X86_64
		FAILURE_CASE(a_link),
#endif
		FAILURE_CASE(a_root),
		FAILURE_CASE(a_flush),
		FAILURE_CASE(a_direct_mapping),
		FAILURE_CASE(memory_for_roots),
		FAILURE_CASE(memory_for_a_queue),
		CASE(each_step),
	};

	return cmocka_run_group_tests_name("mm_failures", cases, NULL, NULL);
}

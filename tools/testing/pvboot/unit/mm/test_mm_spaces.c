// SPDX-License-Identifier: GPL-2.0
/* spaces.c: address spaces built, pinned, copied, changed and dropped. */
#include "checks.h"

#define MANY	24

/* Pages of a space, in tables of more than one level */
static unsigned long address_of(unsigned int i)
{
	return (i % 3 ? HERE : FAR) + i * (i % 2 ? PAGE_SIZE : 512 * PAGE_SIZE);
}

static u64 *pages[MANY];

static void fill(struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		pages[i] = host_map(mm, address_of(i));
		assert_non_null(pages[i]);
	}
}

/* Each table of an address is known to Xen, or none is. */
static void expect_known(struct mm_struct *mm, bool known)
{
	unsigned int i, level;

	for (i = 0; i < MANY; i++) {
		for (level = 1; level < ROOT; level++) {
			u64 *table = host_table(mm, address_of(i), level);
			unsigned int links = XEN_PV_USER_ROOTS &&
					     level == ROOT - 1 ? 2 : 1;

			if (known)
				must_be_table(table, level, 1 + links);
			else
				must_be_memory(table, 1);
		}
	}
	assert_int_equal(xen_pv_is_table(mm->pgd), known);
	must_be_sound();
}

static void expect_mapped(struct mm_struct *mm, bool writable,
			  unsigned int writers)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		pte_t entry = *host_pte(mm, address_of(i));

		assert_true(pte_present(entry));
		assert_int_equal(pte_write(entry), writable);
		assert_int_equal(pte_val(entry) & PTE_PFN_MASK, __pa(pages[i]));
		must_be_memory(pages[i], 1 + writers);
	}
}

static void built_as_memory_then_pinned(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fake_count_anew();
	fill(mm);
	assert_int_equal(fake_calls.hypercalls, 0);
	expect_known(mm, false);
	pv_ops.mmu.enter_mmap(mm);
	expect_known(mm, true);
	must_be_table(mm->pgd, ROOT, 1);
	expect_mapped(mm, true, 1);

	fake_count_anew();
	pv_ops.mmu.enter_mmap(mm);
	assert_int_equal(fake_calls.hypercalls, 0);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static struct page *watched;

static void must_be_locked(void)
{
	assert_true(watched->ptl.held);
}

/* A store to a table that is read-only and no table yet would fault. */
static void locked_until_it_is_pinned(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fill(mm);
	watched = virt_to_page(host_table(mm, HERE, 1));
	fake_count_anew();
	fake_calls.before = must_be_locked;
	pv_ops.mmu.enter_mmap(mm);
	must_be_sound();

	host_load_space(mm);
	mm->rss += 1000;
	cpu_tlbstate.loaded_mm = &init_mm;
	preempt_disable();
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
	preempt_enable();
	fake_calls.before = must_be_locked;
	pv_ops.mmu.exit_mmap(mm);
	must_be_sound();
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static void loaded_and_left(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fill(mm);
	host_load_space(mm);
	assert_ptr_equal(fake_loaded_root(false), mm->pgd);
	assert_ptr_equal(fake_loaded_root(true), xen_pv_user_root(mm->pgd));
	assert_int_equal(pv_ops.mmu.read_cr3(), __pa(mm->pgd));
	must_be_table(mm->pgd, ROOT, 2);
	must_be_table(init_mm.pgd, ROOT, 1);
	assert_int_equal(xen_pv_batch->loaded_cr3, __pa(mm->pgd));
	host_drop_space(mm);
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	assert_null(fake_loaded_root(true));
	must_be_back();
	must_be_quiet();
}

/* In a context switch the root waits for its end, with all that waits. */
static void loaded_in_a_context_switch(void **state)
{
	struct mm_struct *mm = known_space();

	(void)state;
	host_cpu.lazy_cpu = true;
	preempt_disable();
	host_cpu.irqs_off = true;
	pv_ops.mmu.write_cr3(__pa(mm->pgd));
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	assert_int_equal(pv_ops.mmu.read_cr3(), __pa(mm->pgd));
	xen_mc_flush();
	assert_ptr_equal(fake_loaded_root(false), mm->pgd);
	assert_ptr_equal(fake_loaded_root(true), xen_pv_user_root(mm->pgd));
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
	xen_mc_flush();
	host_cpu.irqs_off = false;
	preempt_enable();
	host_cpu.lazy_cpu = false;
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* Tables come and go in one that is pinned, and it stays so to its end. */
static void changed_while_it_is_loaded(void **state)
{
	struct mm_struct *mm = host_new_space();
	unsigned int i;

	(void)state;
	host_load_space(mm);
	fill(mm);
	expect_known(mm, true);
	expect_mapped(mm, true, 1);
	for (i = 0; i < MANY; i += 2)
		host_unmap(mm, address_of(i));
	must_be_sound();
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* fork(): what both have is read-only in both, and the child's is memory. */
static void copied(void **state)
{
	struct mm_struct *parent = host_new_space(), *child;

	(void)state;
	fill(parent);
	host_load_space(parent);
	child = host_child_space();
	host_fork(child, parent);
	expect_known(parent, true);
	expect_known(child, false);
	expect_mapped(parent, false, 0);
	expect_mapped(child, false, 0);
	assert_int_equal(fake_stale(), 0);

	pv_ops.mmu.enter_mmap(child);
	expect_known(child, true);
	host_drop_space(parent);
	expect_mapped(child, false, 0);
	host_load_space(child);
	host_drop_space(child);
	must_be_back();
	must_be_quiet();
}

/* Much to take down: the tables are memory before the first entry goes. */
static void unpinned_before_much_goes(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fill(mm);
	host_load_space(mm);
	mm->rss += 1000;
	pv_ops.mmu.exit_mmap(mm);
	expect_known(mm, false);
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	expect_mapped(mm, true, 0);
	fake_count_anew();
	host_drop_space(mm);
	assert_int_equal(fake_calls.updates, 0);
	must_be_back();
	must_be_quiet();
}

/* A CPU that has the root still to load gets no root that is memory. */
static void unpinned_while_a_root_waits(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fill(mm);
	host_load_space(mm);
	cpu_tlbstate.loaded_mm = &init_mm;
	preempt_disable();
	host_cpu.lazy_cpu = true;
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
	mm->rss += 1000;
	pv_ops.mmu.exit_mmap(mm);
	host_cpu.lazy_cpu = false;
	preempt_enable();
	assert_ptr_equal(fake_loaded_root(false), init_mm.pgd);
	expect_known(mm, false);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/* What is not pinned would keep the old machine's frames. */
static void pinned_to_be_saved(void **state)
{
	struct mm_struct *mm = host_new_space(), *other = known_space();

	(void)state;
	fill(mm);
	xen_mm_pin_all();
	expect_known(mm, true);
	must_be_table(mm->pgd, ROOT, 1);
	must_be_table(other->pgd, ROOT, 1);
	xen_mm_unpin_all(true);
	expect_known(mm, false);
	must_be_memory(mm->pgd, 1);
	must_be_table(other->pgd, ROOT, 1);
	host_drop_space(other);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

/*
 * Many tables: what a user decides about does not keep interrupts out
 */

#define GIGABYTES	3
#define TABLES_EACH	10
#define AT_ONCE		16

static void fill_many(struct mm_struct *mm)
{
	unsigned long i;

	for (i = 0; i < GIGABYTES * TABLES_EACH; i++)
		assert_non_null(host_map(mm, i / TABLES_EACH * (512UL * 512 * PAGE_SIZE) +
					 (i % TABLES_EACH + 1) * 512 * PAGE_SIZE));
	mm->pgtables_bytes += 1000 * PAGE_SIZE;
}

static void leave(struct mm_struct *mm)
{
	current->mm = NULL;
	cpu_tlbstate.loaded_mm = &init_mm;
	preempt_disable();
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
	preempt_enable();
	pv_ops.mmu.exit_mmap(mm);
	must_be_memory(mm->pgd, 1);
	must_be_memory(host_table(mm, 2 * 512 * PAGE_SIZE, 1), 1);
	mm->pgtables_bytes -= 1000 * PAGE_SIZE;
}

static void interrupts_come_in(void **state)
{
	struct mm_struct *mm = host_new_space();
	unsigned int most;

	(void)state;
	fill_many(mm);
	fake_count_anew();
	host_count_masked();
	pv_ops.mmu.enter_mmap(mm);
	most = host_count_masked();
	assert_true(most && most <= AT_ONCE);
	must_be_sound();

	host_load_space(mm);
	host_count_masked();
	leave(mm);
	most = host_count_masked();
	assert_true(most && most <= AT_ONCE);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static void run_others(void)
{
}

/* execve() pins its own space, with more than the space's lock held. */
static void others_run_while_a_fork_is_pinned(void **state)
{
	struct mm_struct *mm = host_new_space(), *child = host_new_space();

	(void)state;
	fill_many(mm);
	fill_many(child);
	host_cpu.others = run_others;
	current->mm = mm;
	pv_ops.mmu.enter_mmap(mm);
	assert_ptr_equal(host_cpu.others, run_others);
	pv_ops.mmu.enter_mmap(child);
	assert_null(host_cpu.others);
	must_be_sound();

	current->mm = NULL;
	host_drop_space(child);
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static void save_and_restore(void)
{
	xen_mm_pin_all();
	xen_mm_unpin_all(true);
}

/* With some tables still pinned; one that comes is pinned at once. */
static void saved_while_a_space_goes(void **state)
{
	struct mm_struct *mm = host_new_space();

	(void)state;
	fill_many(mm);
	host_load_space(mm);
	must_be_sound();
	host_cpu.others = save_and_restore;
	leave(mm);
	assert_null(host_cpu.others);
	must_be_sound();
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static unsigned int called;

static void note_call(void *data)
{
	assert_ptr_equal(data, &called);
	called++;
}

/* Each table of a space has a lock to be given back. */
static void callbacks_beyond_their_room(void **state)
{
	unsigned int i;

	(void)state;
	called = 0;
	xen_mc_batch();
	for (i = 0; i < 2 * XEN_PV_QUEUE_CALLBACKS + 1; i++)
		xen_mc_callback(note_call, &called);
	xen_mc_issue(true);
	assert_int_equal(called, 2 * XEN_PV_QUEUE_CALLBACKS + 1);
	must_be_back();
	must_be_quiet();
}

/* A page that is read-only, writable, and so on */
static void calls_beyond_their_room(void **state)
{
	void *page = (void *)__get_free_page(0);
	unsigned int i;

	(void)state;
	assert_non_null(page);
	fake_count_anew();
	xen_mc_batch();
	for (i = 1; i <= 2 * XEN_PV_QUEUE_CALLS + 2; i++)
		xen_pv_queue_prot(page_to_pfn(virt_to_page(page)),
				  i % 2 ? PAGE_KERNEL_RO : PAGE_KERNEL, UVMF_NONE);
	xen_mc_issue(true);
	assert_int_equal(fake_calls.mappings, 2 * XEN_PV_QUEUE_CALLS + 2);
	assert_int_equal(fake_calls.hypercalls, 3);
	must_be_memory(page, 1);
	free_page((unsigned long)page);
	must_be_back();
	must_be_quiet();
}

static void where_faults_are_found(void **state)
{
	(void)state;
	pv_ops.mmu.write_cr2(0x1234);
	assert_int_equal(xen_vcpu->arch.cr2, 0x1234);
	must_be_back();
}

int run_mm_spaces(void)
{
	const struct CMUnitTest cases[] = {
		CASE(built_as_memory_then_pinned),
		CASE(locked_until_it_is_pinned),
		CASE(loaded_and_left),
		CASE(loaded_in_a_context_switch),
		CASE(changed_while_it_is_loaded),
		CASE(copied),
		CASE(unpinned_before_much_goes),
		CASE(unpinned_while_a_root_waits),
		CASE(pinned_to_be_saved),
		CASE(interrupts_come_in),
		CASE(others_run_while_a_fork_is_pinned),
		CASE(saved_while_a_space_goes),
		CASE(callbacks_beyond_their_room),
		CASE(calls_beyond_their_room),
		CASE(where_faults_are_found),
	};

	return cmocka_run_group_tests_name("mm_spaces", cases, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/* updates.c, multicalls.c: changes of entries, at once and in lazy mode. */
#include "checks.h"

#include <xen/pvboot/tlb.h>

static struct mm_struct *mm;
static pte_t *here, *next;
static u64 *page;

/* An address space that Xen knows, with a page mapped and an entry free */
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

#define UPDATE_CASE(function)	cmocka_unit_test_setup(function, space)

static void end(void)
{
	host_drop_space(mm);
	must_be_back();
	must_be_quiet();
}

static pte_t entry_for(const u64 *to, u64 flags)
{
	return __pte(__pa(to) | flags);
}

static bool is_same(pte_t a, pte_t b)
{
	/* Xen adds flags of its own. */
	return !((a.pte ^ b.pte) & (PTE_PFN_MASK | _PAGE_PRESENT | _PAGE_RW));
}

static void at_once_outside_lazy_mode(void **state)
{
	(void)state;
	set_pte(next, entry_for(page, USER_FLAGS));
	assert_int_equal(fake_calls.hypercalls, 1);
	assert_int_equal(fake_calls.updates, 1);
	assert_true(is_same(*next, entry_for(page, USER_FLAGS)));
	must_be_memory(page, 3);
	set_pte(next, __pte_ma(0));
	must_be_memory(page, 2);
	end();
}

static void by_address_where_it_is_loaded(void **state)
{
	(void)state;
	xen_pv_set_pte_at(mm, NEXT, next, entry_for(page, USER_FLAGS));
	assert_int_equal(fake_calls.mappings, 0);
	assert_int_equal(fake_calls.updates, 1);
	host_load_space(mm);
	fake_count_anew();
	xen_pv_set_pte_at(mm, NEXT, next, __pte_ma(0));
	assert_int_equal(fake_calls.mappings, 1);
	assert_int_equal(fake_calls.updates, 0);
	assert_int_equal(next->pte, 0);
	must_be_memory(page, 2);
	end();
}

/* Nothing is called and nothing changes before its end; then one call does. */
static void lazy_mode_waits(void **state)
{
	(void)state;
	host_load_space(mm);
	fake_count_anew();
	host_enter_lazy();
	xen_pv_set_pte_at(mm, NEXT, next, entry_for(page, USER_FLAGS));
	set_pte(here, entry_for(page, USER_FLAGS & ~_PAGE_RW));
	assert_int_equal(fake_calls.hypercalls, 0);
	assert_int_equal(next->pte, 0);
	must_be_sound();
	host_leave_lazy();
	assert_int_equal(fake_calls.hypercalls, 1);
	assert_int_equal(fake_calls.updates, 2);
	assert_true(is_same(*next, entry_for(page, USER_FLAGS)));
	assert_false(pte_write(*here));
	set_pte(next, __pte_ma(0));
	end();
}

static void lazy_mode_beyond_its_list(void **state)
{
	pte_t *table = (pte_t *)host_table(mm, HERE, 1);
	unsigned int slot;

	(void)state;
	host_enter_lazy();
	for (slot = 1; slot <= 2 * XEN_PV_UPDATES + 1; slot++)
		set_pte(&table[slot], entry_for(page, USER_FLAGS & ~_PAGE_RW));
	assert_int_equal(fake_calls.hypercalls, 2);
	host_leave_lazy();
	assert_int_equal(fake_calls.hypercalls, 3);
	assert_int_equal(fake_calls.updates, 2 * XEN_PV_UPDATES + 1);
	for (slot = 1; slot <= 2 * XEN_PV_UPDATES + 1; slot++) {
		assert_true(pte_present(table[slot]));
		set_pte(&table[slot], __pte_ma(0));
	}
	end();
}

/* Two tables by turns: each entry has to be in its own. */
static void lazy_mode_in_two_tables(void **state)
{
	pte_t *far;

	(void)state;
	assert_non_null(host_map(mm, FAR));
	far = host_pte(mm, FAR + PAGE_SIZE);
	host_enter_lazy();
	set_pte(next, entry_for(page, USER_FLAGS));
	set_pte(far, entry_for(page, USER_FLAGS & ~_PAGE_RW));
	set_pte(next + 1, entry_for(page, USER_FLAGS & ~_PAGE_RW));
	host_leave_lazy();
	assert_true(pte_write(*next));
	assert_true(pte_present(*far) && !pte_write(*far));
	assert_true(pte_present(next[1]) && !pte_write(next[1]));
	must_be_memory(page, 3);
	set_pte(next, __pte_ma(0));
	set_pte(far, __pte_ma(0));
	set_pte(next + 1, __pte_ma(0));
	end();
}

/* The last value that was asked for counts, in whatever way it went. */
static void the_order_is_kept(void **state)
{
	(void)state;
	host_enter_lazy();
	set_pte(next, entry_for(page, USER_FLAGS));
	pv_ops.mmu.flush_tlb_user();
	set_pte(next, entry_for(page, USER_FLAGS & ~_PAGE_RW));
	set_pte(next + 1, entry_for(page, USER_FLAGS));
	host_leave_lazy();
	assert_true(pte_present(*next) && !pte_write(*next));
	assert_true(pte_write(next[1]));
	set_pte(next, __pte_ma(0));
	set_pte(next + 1, __pte_ma(0));
	end();
}

static void assert_flush(unsigned int command, unsigned long address,
			 unsigned long cpus)
{
	assert_int_equal(fake_calls.flush.command, command);
	assert_int_equal(fake_calls.flush.address, address);
	assert_int_equal(fake_calls.flush.cpus, cpus);
}

/* No TLB may have an entry any more once the flush behind it has been made. */
static void a_flush_waits_behind_changes(void **state)
{
	(void)state;
	fake_note_use((uint64_t *)here, _PAGE_ACCESSED | _PAGE_DIRTY);
	host_enter_lazy();
	xen_pv_ptep_set_wrprotect(here);
	pv_ops.mmu.flush_tlb_one_user(HERE + 5);
	assert_int_equal(fake_calls.flushes, 0);
	host_leave_lazy();
	assert_int_equal(fake_calls.flushes, 1);
	assert_int_equal(fake_stale(), 0);
	assert_flush(MMUEXT_INVLPG_LOCAL, HERE, 0);
	assert_false(pte_write(*here));
	end();
}

/* The fake's own: another page's flush leaves it where it was. */
static void a_flush_is_of_its_page(void **state)
{
	(void)state;
	fake_note_use((uint64_t *)here, _PAGE_ACCESSED | _PAGE_DIRTY);
	xen_pv_ptep_set_wrprotect(here);
	assert_int_equal(fake_stale(), 1);
	pv_ops.mmu.flush_tlb_one_user(NEXT);
	assert_int_equal(fake_stale(), 1);
	pv_ops.mmu.flush_tlb_kernel();
	assert_int_equal(fake_stale(), 0);
	assert_flush(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	end();
}

/* Some pages take one hypercall, behind what waits. */
static void several_pages_by_one_call(void **state)
{
	unsigned int i;

	(void)state;
	host_load_space(mm);
	for (i = 0; i < 3; i++) {
		set_pte(next + i, entry_for(page, USER_FLAGS));
		fake_note_use((uint64_t *)(next + i), _PAGE_ACCESSED);
	}
	host_enter_lazy();
	for (i = 0; i < 3; i++)
		set_pte(next + i, __pte_ma(0));
	xen_pv_flush_pages(NEXT, NEXT + 3 * PAGE_SIZE);
	assert_int_equal(fake_calls.flushes, 0);
	host_leave_lazy();
	assert_int_equal(fake_calls.flushes, 3);
	assert_int_equal(fake_stale(), 0);

	fake_count_anew();
	xen_pv_flush_pages(NEXT + 5, NEXT + 3 * PAGE_SIZE);
	assert_int_equal(fake_calls.flushes, 3);
	assert_int_equal(fake_calls.hypercalls, 1);
	assert_flush(MMUEXT_INVLPG_LOCAL, NEXT + 2 * PAGE_SIZE, 0);
	xen_pv_flush_pages(NEXT, NEXT + PAGE_SIZE);
	assert_int_equal(fake_calls.flushes, 4);
	assert_flush(MMUEXT_INVLPG_LOCAL, NEXT, 0);
	end();
}

/* What an interrupt changes does not wait, and leaves alone what does. */
static void interrupts_do_not_wait(void **state)
{
	const struct flush_tlb_info one = { mm, NEXT, NEXT + PAGE_SIZE };
	const struct cpumask all = { .bits = { 1 } };

	(void)state;
	host_enter_lazy();
	set_pte(next, entry_for(page, USER_FLAGS));
	host_cpu.in_interrupt = true;
	set_pte(next + 1, entry_for(page, USER_FLAGS));
	pv_ops.mmu.flush_tlb_one_user(NEXT);
	pv_ops.mmu.flush_tlb_multi(&all, &one);
	host_cpu.in_interrupt = false;
	assert_int_equal(fake_calls.flushes, 2);
	assert_true(pte_present(next[1]));
	assert_false(pte_present(*next));
	assert_int_equal(xen_pv_batch->nr_updates, 1);
	host_leave_lazy();
	assert_true(pte_present(*next));
	set_pte(next, __pte_ma(0));
	set_pte(next + 1, __pte_ma(0));
	end();
}

static void page_becomes_dirty(void)
{
	fake_note_use((uint64_t *)here, _PAGE_ACCESSED | _PAGE_DIRTY);
}

/* mprotect(): what the processor notes before Xen has the change stays. */
static void protection_keeps_what_was_noted(void **state)
{
	struct vm_area_struct vma = { .vm_mm = mm };
	pte_t entry;

	(void)state;
	host_enter_lazy();
	entry = pv_ops.mmu.ptep_modify_prot_start(&vma, HERE, here);
	page_becomes_dirty();
	pv_ops.mmu.ptep_modify_prot_commit(&vma, HERE, here, pte_wrprotect(entry));
	host_leave_lazy();
	assert_false(pte_write(*here));
	assert_true(pte_dirty(*here));
	end();
}

static void wrprotect_keeps_what_was_noted(void **state)
{
	(void)state;
	fake_calls.before = page_becomes_dirty;
	xen_pv_ptep_set_wrprotect(here);
	assert_false(pte_write(*here));
	assert_true(pte_dirty(*here));
	assert_true(pte_present(*here));
	end();
}

/* The page may be written to until Xen has cleared the entry. */
static void a_cleared_entry_tells_dirty(void **state)
{
	pte_t entry;

	(void)state;
	fake_calls.before = page_becomes_dirty;
	entry = xen_pv_ptep_get_and_clear(mm, here);
	assert_true(pte_dirty(entry));
	assert_true(pte_write(entry));
	assert_true(pte_none(*here));
	must_be_memory(page, 1);
	free_page((unsigned long)page);
	end();
}

/* GUP must not find it any more, though it was changed before in lazy mode. */
static void cleared_at_once_in_lazy_mode(void **state)
{
	pte_t entry;

	(void)state;
	host_enter_lazy();
	set_pte(next, entry_for(page, USER_FLAGS));
	entry = xen_pv_ptep_get_and_clear(mm, next);
	assert_true(pte_write(entry));
	assert_true(pte_none(*next));
	must_be_memory(page, 2);

	/* a change of protection is one, too */
	xen_pv_ptep_set_wrprotect(here);
	entry = xen_pv_ptep_get_and_clear(mm, here);
	assert_false(pte_write(entry));
	host_leave_lazy();
	assert_true(pte_none(*next));
	assert_true(pte_none(*here));
	free_page((unsigned long)page);
	end();
}

static void zapped_for_good_waits(void **state)
{
	pte_t entry;

	(void)state;
	host_enter_lazy();
	entry = xen_pv_ptep_zap(mm, here, true);
	assert_true(pte_write(entry));
	assert_true(pte_present(*here));
	pv_ops.mmu.flush_tlb_user();
	host_leave_lazy();
	assert_int_equal(here->pte, 0);
	assert_int_equal(fake_stale(), 0);
	assert_int_equal(fake_calls.hypercalls, 2);
	free_page((unsigned long)page);
	end();
}

/* While a program lives it may write to the page, so that is looked at. */
static void zapped_while_it_may_be_written(void **state)
{
	pte_t entry;

	(void)state;
	host_enter_lazy();
	fake_calls.before = page_becomes_dirty;
	entry = xen_pv_ptep_zap(mm, here, false);
	assert_true(pte_dirty(entry));
	assert_true(pte_none(*here));
	host_leave_lazy();
	free_page((unsigned long)page);
	end();
}

/* mremap() looks at entries that it has taken. */
static void moved_at_once_in_lazy_mode(void **state)
{
	(void)state;
	mm->moves = true;
	host_enter_lazy();
	xen_pv_ptep_zap(mm, here, true);
	assert_true(pte_none(*here));
	host_leave_lazy();
	mm->moves = false;
	free_page((unsigned long)page);
	end();
}

static void zapped_under_userfaultfd(void **state)
{
	(void)state;
	set_pte(here, entry_for(page, (USER_FLAGS & ~_PAGE_RW) | _PAGE_UFFD));
	host_enter_lazy();
	xen_pv_ptep_zap(mm, here, true);
	assert_true(pte_none(*here));
	host_leave_lazy();
	free_page((unsigned long)page);
	end();
}

/* fork() restores an entry that a device had, and looks at what it has restored. */
static void a_swap_entry_becomes_a_page_at_once(void **state)
{
	const pte_t swap = { .pte = 0x1234560000000ULL };

	(void)state;
	set_pte(next, swap);
	host_enter_lazy();
	set_pte(next, entry_for(page, USER_FLAGS));
	assert_true(pte_present(*next));
	host_leave_lazy();
	set_pte(next, __pte_ma(0));
	end();
}

/* userfaultfd looks at what a swap entry has left. */
static void a_swap_entry_goes_at_once(void **state)
{
	const pte_t swap = { .pte = 0x1234560000000ULL };

	(void)state;
	set_pte(next, swap);
	assert_int_equal(next->pte, swap.pte);
	host_enter_lazy();
	set_pte(next, __pte_ma(0));
	assert_int_equal(next->pte, 0);
	host_leave_lazy();
	end();
}

static void kernel_entries_may_wait(void **state)
{
	(void)state;
	host_enter_lazy();
	assert_true(pte_present(xen_pv_ptep_get_and_clear(&init_mm, here)));
	assert_true(pte_present(*here));
	host_leave_lazy();
	assert_int_equal(here->pte, 0);
	free_page((unsigned long)page);
	end();
}

/* Copy on write: one hypercall, and no TLB has it. */
static void cleared_and_flushed(void **state)
{
	struct vm_area_struct vma = { .vm_mm = mm };
	struct mm_struct *other = known_space();
	pte_t old;

	(void)state;
	host_load_space(mm);
	assert_false(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	page_becomes_dirty();
	host_load_space(other);
	assert_non_null(host_map(other, HERE));
	assert_false(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	assert_true(pte_present(*host_pte(other, HERE)));
	host_load_space(mm);
	host_drop_space(other);
	host_enter_lazy();
	assert_false(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	host_leave_lazy();
	mm->cpus.bits[0] |= 2;
	assert_false(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	mm->cpus.bits[0] = 1;
	fake_count_anew();
	assert_true(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	assert_true(pte_dirty(old));
	assert_int_equal(fake_calls.hypercalls, 1);
	assert_int_equal(here->pte, 0);
	assert_int_equal(fake_stale(), 0);
	assert_flush(MMUEXT_INVLPG_LOCAL, HERE, 0);
	free_page((unsigned long)page);
	end();
}

static void another_cpu_loads_it(void)
{
	mm->cpus.bits[0] |= 2;
}

/* One that has loaded the space meanwhile may have seen the entry. */
static void cleared_and_flushed_elsewhere(void **state)
{
	struct vm_area_struct vma = { .vm_mm = mm };
	pte_t old;

	(void)state;
	host_load_space(mm);
	page_becomes_dirty();
	fake_count_anew();
	fake_calls.before = another_cpu_loads_it;
	assert_true(xen_pv_ptep_clear_flush(&vma, HERE, here, &old));
	assert_int_equal(fake_calls.flushes, 2);
	mm->cpus.bits[0] = 1;
	free_page((unsigned long)page);
	end();
}

/*
 * A link is there for the next page that is mapped.  Its end is there for whoever
 * else would take the table out, and free it once more.
 */
static void links_do_not_wait(void **state)
{
	u64 *table = host_table(mm, HERE, 1), *middle = host_table(mm, HERE, 2);
	pmd_t *link = (pmd_t *)&middle[77];

	(void)state;
	host_enter_lazy();
	pv_ops.mmu.set_pmd(link, __pmd(__pa(table) | _PAGE_TABLE));
	assert_int_equal(pmd_val(*link) & PTE_PFN_MASK, __pa(table));
	must_be_table(table, 1, 3);
	pv_ops.mmu.set_pmd(link, __pmd(0));
	assert_int_equal(link->pmd, 0);
	must_be_table(table, 1, 2);
	pv_ops.mmu.set_pmd(link, __pmd(__pa(table) | _PAGE_TABLE));
	host_leave_lazy();
	assert_int_equal(pmd_val(*link) & PTE_PFN_MASK, __pa(table));
	must_be_table(table, 1, 3);
	pv_ops.mmu.set_pmd(link, __pmd(0));
	must_be_table(table, 1, 2);
	end();
}

/* Xen would flush all TLBs for a change that is none. */
static void what_is_so_is_not_asked_for(void **state)
{
	u64 *middle = host_table(mm, HERE, 2);
	pmd_t *link = (pmd_t *)&middle[0];

	(void)state;
	assert_int_equal(link->pmd, 0);
	pv_ops.mmu.set_pmd(link, __pmd(0));
	assert_int_equal(fake_calls.hypercalls, 0);
	end();
}

/* The programs' root has what the kernel's has of a program's slots. */
static void both_roots_change(void **state)
{
	u64 *root = (u64 *)mm->pgd, *user;

	(void)state;
	if (XEN_PV_USER_ROOTS) {
		user = (u64 *)xen_pv_user_root(root);
		assert_non_null(user);
		assert_int_equal(user[0] & PTE_PFN_MASK, root[0] & PTE_PFN_MASK);
		assert_int_equal(user[511], 0);
		assert_ptr_equal(xen_pv_user_root(user), root);
		must_be_table(host_table(mm, HERE, 3), 3, 3);
	} else {
		assert_null(xen_pv_user_root(root));
		must_be_table(host_table(mm, HERE, 2), 2, 2);
	}
	end();
}

static void memory_is_written_to(void **state)
{
	struct mm_struct *new = host_new_space();
	u64 *mapped = host_map(new, HERE);
	pte_t *entry = host_pte(new, HERE);

	(void)state;
	fake_count_anew();
	xen_pv_ptep_set_wrprotect(entry);
	assert_false(pte_write(*entry));
	set_pte(entry, entry_for(mapped, USER_FLAGS));
	assert_true(pte_write(xen_pv_ptep_get_and_clear(new, entry)));
	assert_int_equal(entry->pte, 0);
	set_pte(entry, entry_for(mapped, USER_FLAGS));
	host_enter_lazy();
	assert_true(pte_write(xen_pv_ptep_zap(new, entry, false)));
	assert_int_equal(entry->pte, 0);
	host_leave_lazy();
	assert_int_equal(fake_calls.hypercalls, 0);
	free_page((unsigned long)mapped);
	host_drop_space(new);
	end();
}

static void flushes_of_others(void **state)
{
	/* the third CPU is off */
	const struct cpumask nobody = {}, all = { .bits = { 5 } };
	const struct flush_tlb_info two = { mm, HERE, HERE + 2 * PAGE_SIZE };
	const struct flush_tlb_info one = { mm, HERE, HERE + PAGE_SIZE };
	const struct flush_tlb_info space_of_it = { mm, 0, TLB_FLUSH_ALL };

	(void)state;
	pv_ops.mmu.flush_tlb_multi(&nobody, &one);
	assert_int_equal(fake_calls.flushes, 0);
	pv_ops.mmu.flush_tlb_multi(&all, &one);
	assert_flush(MMUEXT_INVLPG_MULTI, HERE, 1);
	pv_ops.mmu.flush_tlb_multi(&all, &two);
	assert_flush(MMUEXT_TLB_FLUSH_MULTI, 0, 1);
	pv_ops.mmu.flush_tlb_multi(&all, &space_of_it);
	assert_flush(MMUEXT_TLB_FLUSH_MULTI, 0, 1);
	xen_pv_flush_all();
	assert_flush(MMUEXT_TLB_FLUSH_ALL, 0, 0);
	assert_int_equal(fake_calls.flushes, 4);
	page_becomes_dirty();
	host_enter_lazy();
	xen_pv_ptep_zap(mm, here, true);
	pv_ops.mmu.flush_tlb_multi(&all, &one);
	assert_int_equal(fake_calls.flushes, 4);
	host_leave_lazy();
	assert_int_equal(fake_calls.flushes, 5);
	assert_int_equal(fake_stale(), 0);
	free_page((unsigned long)page);
	end();
}

int run_mm_updates(void)
{
	const struct CMUnitTest cases[] = {
		UPDATE_CASE(at_once_outside_lazy_mode),
		UPDATE_CASE(by_address_where_it_is_loaded),
		UPDATE_CASE(lazy_mode_waits),
		UPDATE_CASE(lazy_mode_beyond_its_list),
		UPDATE_CASE(lazy_mode_in_two_tables),
		UPDATE_CASE(the_order_is_kept),
		UPDATE_CASE(a_flush_waits_behind_changes),
		UPDATE_CASE(a_flush_is_of_its_page),
		UPDATE_CASE(several_pages_by_one_call),
		UPDATE_CASE(interrupts_do_not_wait),
		UPDATE_CASE(protection_keeps_what_was_noted),
		UPDATE_CASE(wrprotect_keeps_what_was_noted),
		UPDATE_CASE(a_cleared_entry_tells_dirty),
		UPDATE_CASE(cleared_at_once_in_lazy_mode),
		UPDATE_CASE(zapped_for_good_waits),
		UPDATE_CASE(zapped_while_it_may_be_written),
		UPDATE_CASE(zapped_under_userfaultfd),
		UPDATE_CASE(moved_at_once_in_lazy_mode),
		UPDATE_CASE(a_swap_entry_goes_at_once),
		UPDATE_CASE(a_swap_entry_becomes_a_page_at_once),
		UPDATE_CASE(kernel_entries_may_wait),
		UPDATE_CASE(cleared_and_flushed),
		UPDATE_CASE(cleared_and_flushed_elsewhere),
		UPDATE_CASE(links_do_not_wait),
		UPDATE_CASE(what_is_so_is_not_asked_for),
		UPDATE_CASE(both_roots_change),
		UPDATE_CASE(memory_is_written_to),
		UPDATE_CASE(flushes_of_others),
	};

	return cmocka_run_group_tests_name("mm_updates", cases, NULL, NULL);
}

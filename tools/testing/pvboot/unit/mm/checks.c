// SPDX-License-Identifier: GPL-2.0
/* What the cases about memory share, and the program that they are. */
#include "checks.h"

static struct fake_state noted[HOST_PAGES];
static unsigned int noted_used;

int booted(void **state)
{
	(void)state;
	host_boot();
	note_all();
	return 0;
}

/* note_all - what Xen has of each page, for must_be_back() */
void note_all(void)
{
	unsigned int pfn;

	for (pfn = 0; pfn < HOST_PAGES; pfn++)
		noted[pfn] = fake_state(host_memory[pfn]);
	noted_used = host_pages_used();
}

void must_be_quiet(void)
{
	if (host_warnings.nr)
		fail_msg("%u warnings: %s", host_warnings.nr, host_warnings.last);
}

/* must_be_told - one warning, with these words; it is forgotten */
void must_be_told(const char *part)
{
	if (host_warnings.nr != 1 || !strstr(host_warnings.last, part))
		fail_msg("%u warnings: %s; not: %s", host_warnings.nr,
			 host_warnings.last, part);
	host_warnings.nr = 0;
}

/* must_be_told_times - so many, of which the last has these words */
void must_be_told_times(unsigned int nr, const char *part)
{
	if (host_warnings.nr == nr)
		host_warnings.nr = 1;
	must_be_told(part);
}

static void must_be_sound_page(unsigned int pfn)
{
	struct fake_state state = fake_state(host_memory[pfn]);
	struct page *page = &host_pages[pfn];

	if (page->ptl.held)
		fail_msg("the lock of pfn %u is held", pfn);
	if (fake_pfn_of(host_p2m[pfn]) != pfn)
		fail_msg("pfn %u is not what Xen has", pfn);
	/* PAE: the table of slot 3 is its root's, and pinned with it */
	if (page->slot_3)
		return;
	if (page->pinned != state.pinned)
		fail_msg("pfn %u is %spinned", pfn, state.pinned ? "" : "not ");
	if (page->pinned == state.writable)
		fail_msg("pfn %u is %swritable", pfn, state.writable ? "" : "not ");
	if (page->pinned && !page->uses)
		fail_msg("pfn %u is nobody's, and pinned", pfn);
}

/* must_be_sound - nothing is half done, and Linux knows what Xen does */
void must_be_sound(void)
{
	unsigned int pfn;

	if (fake_wrong())
		fail_msg("%s", fake_wrong());
	assert_false(host_cpu.irqs_off);
	assert_int_equal(host_cpu.preempt_count, 0);
	assert_false(pgd_lock.held);
	assert_false(init_mm.page_table_lock.held);
	assert_false(xen_pv_no_process.page_table_lock.held);
	assert_int_equal(xen_pv_batch->queue.nr_callbacks, 0);
	if (!host_cpu.lazy_mmu) {
		assert_int_equal(xen_pv_batch->queue.nr_calls, 0);
		assert_int_equal(xen_pv_batch->nr_updates, 0);
	}
	for (pfn = 1; pfn < HOST_PAGES; pfn++)
		must_be_sound_page(pfn);
}

/* must_be_back - each page is what it was at note_all() */
void must_be_back(void)
{
	unsigned int pfn;

	must_be_sound();
	assert_int_equal(host_pages_used(), noted_used);
	for (pfn = 0; pfn < HOST_PAGES; pfn++) {
		struct fake_state now = fake_state(host_memory[pfn]);

		if (now.type != noted[pfn].type || now.count != noted[pfn].count)
			fail_msg("pfn %u is used as %u by %u, and was as %u by %u",
				 pfn, now.type, now.count, noted[pfn].type,
				 noted[pfn].count);
		assert_int_equal(now.pinned, noted[pfn].pinned);
		assert_int_equal(now.writable, noted[pfn].writable);
	}
}

/* must_be_table - a page is a pinned table with so many uses */
void must_be_table(const void *table, unsigned int level, unsigned int count)
{
	struct fake_state state = fake_state(table);

	assert_int_equal(state.type, level);
	assert_int_equal(state.count, count);
	assert_true(state.pinned);
	assert_false(state.writable);
	assert_true(xen_pv_is_table(table));
}

/* must_be_memory - a page is memory, with so many writable mappings */
void must_be_memory(const void *page, unsigned int count)
{
	struct fake_state state = fake_state(page);

	assert_int_equal(state.type, FAKE_MEMORY);
	assert_int_equal(state.count, count);
	assert_false(state.pinned);
	assert_true(state.writable);
	assert_false(xen_pv_is_table(page));
}

/* known_space - an address space whose tables Xen knows, and not loaded */
struct mm_struct *known_space(void)
{
	struct mm_struct *mm = host_new_space();

	assert_non_null(mm);
	pv_ops.mmu.enter_mmap(mm);
	return mm;
}

/* drop_all_kept - what the shrinker does where memory is short */
void drop_all_kept(void)
{
	struct shrink_control control = { .nr_to_scan = HOST_PAGES };

	host_shrinker->scan_objects(host_shrinker, &control);
}

int main(void)
{
	int failed = 0;

	/* What was said stays said where a case kills the program. */
	setvbuf(stdout, NULL, _IONBF, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed += run_mm_boot();
	failed += run_mm_tables();
	failed += run_mm_updates();
	failed += run_mm_spaces();
	failed += run_mm_failures();
	failed += run_mm_pools();
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel does with its page tables as it starts: it runs on tables of
 * its own, twice, and the pages of those that it was given become memory like
 * any other.  These rows build on one another, while one vCPU runs; all rows of
 * all other suites run on what they leave.
 *
 *	given	from Xen's builder: start_info->pt_base, nr_pt_frames pages
 *	first	copies of all of them
 *	second	a root of its own, and in 32 bits an L2 for slot 3; below it
 *		are the tables of the first
 */
#include <guest.h>

#include "table_pages.h"

/* No table covers it, as yet. */
#define FURTHER		0x42000000UL

struct boot_pages boot_pages;

#define first		boot_pages.first
#define second		boot_pages.second
#define further		boot_pages.further

static unsigned int nr_first;

static u64 *given(unsigned int i)
{
	return (u64 *)(start_info->pt_base + i * PAGE_SIZE);
}

static void as_given(const struct row *row)
{
	unsigned int i;

	expect_true("room for copies", start_info->nr_pt_frames <= ARRAY_SIZE(first));
	for (i = 0; i < start_info->nr_pt_frames; i++)
		expect_errno("writable", unprotect(given(i)), -EBUSY);
	expect_errno("pinned", pin(given(0), ROOT_LEVEL), -EINVAL);
	for (i = 0; i < 4 && !IS_64BIT; i++)
		expect_true("an L2 in each slot", given(0)[i] & PTE_PRESENT);
}

static bool is_xens(unsigned int level, unsigned int index)
{
	return IS_64BIT && level == ROOT_LEVEL && index >= XEN_FIRST &&
	       index <= XEN_LAST;
}

/* Xen's entries are copied as they are: Xen writes them anew. */
static u64 *copy_tree(const u64 *table, unsigned int level)
{
	u64 *copy = first[nr_first++], *below;
	unsigned int i;

	memcpy(copy, table, PAGE_SIZE);
	if (level == 1)
		return copy;
	for (i = 0; i < ENTRIES; i++) {
		if (!(table[i] & PTE_PRESENT) || is_xens(level, i))
			continue;
		below = page_behind(table[i]);
		if (below)
			copy[i] = entry_of(copy_tree(below, level - 1),
					   table[i] & ~FRAME_MASK);
	}
	return copy;
}

/* Both in the copies and in what the guest runs on as yet */
static bool protect_first(void)
{
	unsigned int i;

	for (i = 0; i < nr_first; i++)
		*slot_below(first[0], first[i], 1) &= ~(u64)PTE_WRITE;
	for (i = 0; i < nr_first; i++)
		if (protect(first[i]))
			return false;
	return true;
}

/* User mode runs on the same. */
static void run_on(u64 *root)
{
	expect_errno("load", load_root(root), 0);
	expect_errno("for user mode", load_user_root(root), 0);
	kernel_root = root;
}

static void own_tables(const struct row *row)
{
	copy_tree(kernel_root, ROOT_LEVEL);
	expect("tables", nr_first, start_info->nr_pt_frames);
	if (!protect_first()) {
		broken("the copies cannot be made read-only");
		return;
	}
	expect_errno("unpin the given", unpin(given(0)), 0);
	expect_errno("pin the first", pin(first[0], ROOT_LEVEL), 0);
	run_on(first[0]);
}

static void use(u64 *page)
{
	unsigned int i, wrong = 0;

	expect_errno("writable", unprotect(page), 0);
	for (i = 0; i < ENTRIES; i++)
		page[i] = ~(u64)i;
	for (i = 0; i < ENTRIES; i++)
		if (page[i] != ~(u64)i)
			wrong++;
	expect("words that are not as written", wrong, 0);
}

static void given_released(const struct row *row)
{
	unsigned int i;

	if (kernel_root != first[0]) {
		broken("the guest runs on the given tables");
		return;
	}
	for (i = 0; i < start_info->nr_pt_frames; i++)
		use(given(i));
}

/* The L2 of slot 3 has one root: it has to be copied once more. */
static void second_root(const struct row *row)
{
	if (kernel_root != first[0]) {
		broken("the guest runs on the given tables");
		return;
	}
	memcpy(second[0], first[0], PAGE_SIZE);
	if (!IS_64BIT) {
		memcpy(second[1], page_behind(first[0][PRIVATE_SLOT]),
		       PAGE_SIZE);
		second[0][PRIVATE_SLOT] = entry_of(second[1], ROOT_FLAGS);
		expect_errno("protect the L2", protect(second[1]), 0);
	}
	expect_errno("protect the root", protect(second[0]), 0);
	expect_errno("pin the second", pin(second[0], ROOT_LEVEL), 0);
	run_on(second[0]);
	expect_errno("unpin the first", unpin(first[0]), 0);
}

/* A kernel may go on writing to it as to any memory. */
static void first_released(const struct row *row)
{
	u64 *private = page_behind(first[0][PRIVATE_SLOT]);
	u64 below = *slot_of(first, 2);

	if (kernel_root != second[0]) {
		broken("the guest does not run on the second root");
		return;
	}
	use(first[0]);
	if (!IS_64BIT)
		use(private);
	expect_errno("a table below is in use",
		     unprotect(page_behind(below)), -EBUSY);
}

/* Memory that the builder has not mapped gets a table. */
static void extended(const struct row *row)
{
	u64 *slot = slot_of((void *)FURTHER, 2);

	expect_hex("as yet", *slot, 0);
	further[0] = (u64)spare_mfn() * PAGE_SIZE | DATA_FLAGS;
	expect_errno("protect", protect(further), 0);
	expect_errno("link", set_entry(slot, entry_of(further, TABLE_FLAGS)),
		     0);
	write_word(FURTHER, 0x4711);
	expect_hex("what was written", read_word(FURTHER), 0x4711);
	expect_errno("map one more page",
		     set_mapping((void *)(FURTHER + PAGE_SIZE),
				 entry_of(further, PTE_PRESENT)), 0);
	expect_hex("what is there", read_word(FURTHER + PAGE_SIZE),
		   further[0]);
	expect_errno("unlink", set_entry(slot, 0), 0);
	use(further);
}

static const struct row rows[] = {
	{ "as_given", as_given },
	{ "first", own_tables },
	{ "given_are_memory", given_released },
	{ "second", second_root },
	{ "first_is_memory", first_released },
	{ "extended", extended },
};

const struct suite suite_boot_tables = { "boot_tables", rows, ARRAY_SIZE(rows) };

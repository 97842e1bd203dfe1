// SPDX-License-Identifier: GPL-2.0
/*
 * trap_table.c: from a table that is registered to one that is wanted, in the
 * fewest calls.
 */
#include "told_xen.h"

#define A_SELECTOR	0x10

/*
 * Vectors FIRST to LAST of each table, none where it begins behind its end; of
 * those in both, CHANGED differ.
 */
struct delta {
	const char *name;
	unsigned int first_before, last_before;
	unsigned int first_after, last_after;
	unsigned int changed;
	/* what it takes */
	unsigned int calls, clears, entries;
};

static const struct delta deltas[] = {
	{ "nothing to nothing", 1, 0, 1, 0, 0, 0, 0, 0 },
	{ "nothing to one", 1, 0, 14, 14, 0, 1, 0, 1 },
	{ "nothing to the exceptions", 1, 0, 0, 31, 0, 1, 0, 32 },
	{ "nothing to one full call", 1, 0, 0, 39, 0, 1, 0, 40 },
	{ "nothing to one more", 1, 0, 0, 40, 0, 2, 0, 41 },
	{ "nothing to all", 1, 0, 0, 255, 0, 7, 0, 256 },
	{ "the same", 0, 31, 0, 31, 0, 0, 0, 0 },
	{ "all the same", 0, 255, 0, 255, 0, 0, 0, 0 },
	{ "one more", 0, 31, 0, 32, 0, 1, 0, 1 },
	{ "one changed", 0, 31, 0, 31, 1, 1, 0, 1 },
	{ "three changed", 0, 31, 0, 31, 3, 1, 0, 3 },
	{ "two changed and one more", 0, 31, 0, 32, 2, 1, 0, 3 },
	{ "the last gone", 0, 31, 0, 30, 0, 2, 1, 31 },
	{ "the first gone", 0, 31, 1, 31, 0, 2, 1, 31 },
	{ "all gone", 0, 31, 1, 0, 0, 1, 1, 0 },
	{ "all others", 0, 9, 10, 19, 0, 2, 1, 10 },
};

KUNIT_ARRAY_PARAM_DESC(delta, deltas, name);

/* @other: another address than usual for that many vectors */
static void fill(struct trap_info *table, unsigned int first,
		 unsigned int last, unsigned int other)
{
	unsigned int v;

	for (v = first; v <= last && v < TRAP_VECTORS; v++)
		xen_pv_trap_entry_build(&table[v], v, A_SELECTOR,
					0x1000 + 16 * v + (v < first + other),
					0, false);
}

static void deltas_are_sent(struct kunit *test)
{
	const struct delta *delta = test->param_value;
	struct told_xen *xen = xen_pv_told_start(test);
	struct trap_table *table = kunit_kzalloc(test, sizeof(*table),
						 GFP_KERNEL);
	struct trap_info *wanted = kunit_kcalloc(test, TRAP_VECTORS,
						 sizeof(*wanted), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_NOT_NULL(test, wanted);
	fill(xen->table, delta->first_before, delta->last_before, 0);
	xen_pv_trap_table_adopt(table, xen->table);
	fill(wanted, delta->first_after, delta->last_after, delta->changed);

	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_load(table, wanted), 0);
	xen_pv_expect_traps(test, xen->table, wanted);
	xen_pv_expect_traps(test, table->entry, wanted);
	KUNIT_EXPECT_EQ(test, xen->calls, delta->calls);
	KUNIT_EXPECT_EQ(test, xen->clears, delta->clears);
	KUNIT_EXPECT_EQ(test, xen->entries, delta->entries);
	KUNIT_EXPECT_EQ(test, table->calls, delta->calls);

	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_load(table, wanted), 0);
	KUNIT_EXPECT_EQ_MSG(test, xen->calls, delta->calls,
			    "a second load has nothing to send");
}

/* What an error left open is sent again, and the errno is Xen's own. */
static void errors_are_made_good(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);
	struct trap_table *table = kunit_kzalloc(test, sizeof(*table),
						 GFP_KERNEL);
	struct trap_info *wanted = kunit_kcalloc(test, TRAP_VECTORS,
						 sizeof(*wanted), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_NOT_NULL(test, wanted);
	fill(wanted, 0, 31, 0);
	xen->rc = -EFAULT;
	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_load(table, wanted), -EFAULT);
	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_register(table, &wanted[3]),
			-EFAULT);
	xen->rc = 0;
	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_load(table, wanted), 0);
	xen_pv_expect_traps(test, xen->table, wanted);

	xen->rc = -EINVAL;
	wanted[31].address = 0;
	KUNIT_EXPECT_EQ_MSG(test, xen_pv_trap_table_load(table, wanted),
			    -EINVAL, "the clear that failed");
	xen->rc = 0;
	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_load(table, wanted), 0);
	xen_pv_expect_traps(test, xen->table, wanted);
}

/* An entry without an address would end Xen's list. */
static void no_address_is_refused(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);
	struct trap_table *table = kunit_kzalloc(test, sizeof(*table),
						 GFP_KERNEL);
	struct trap_info entry;

	KUNIT_ASSERT_NOT_NULL(test, table);
	xen_pv_trap_entry_build(&entry, 3, A_SELECTOR, 0, 3, false);
	KUNIT_EXPECT_EQ(test, xen_pv_trap_table_register(table, &entry),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, xen->calls, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(deltas_are_sent, delta_gen_params),
	KUNIT_CASE(errors_are_made_good),
	KUNIT_CASE(no_address_is_refused),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_trap_table",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: what differs between two trap tables is sent");
MODULE_LICENSE("GPL");

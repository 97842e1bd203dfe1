// SPDX-License-Identifier: GPL-2.0
/* trap_table.c, where nothing goes wrong. */
#include "unit.h"

static struct trap_table table;
static struct trap_info wanted[TRAP_VECTORS];

static int empty(void **state)
{
	memset(&table, 0, sizeof(table));
	memset(wanted, 0, sizeof(wanted));
	return fresh(state);
}

/* Gates @first to @last, no two alike. */
static void want(unsigned int first, unsigned int last)
{
	unsigned int v;

	for (v = first; v <= last; v++)
		xen_pv_trap_entry_build(&wanted[v], v, GIVEN_CS,
					KERNEL_TEXT + 16 * v, v & 3, v & 4);
}

/* Xen has what is wanted, and the table remembers as much. */
static void assert_loaded(void)
{
	const struct trap_info *has;
	unsigned int v, nr = 0;

	for (v = 0; v < TRAP_VECTORS; v++) {
		has = &fake_current()->trap[v];
		assert_int_equal(has->address, wanted[v].address);
		if (!wanted[v].address)
			continue;
		nr++;
		assert_int_equal(has->vector, v);
		assert_int_equal(has->flags, wanted[v].flags);
		assert_int_equal(has->cs, wanted[v].cs | KERNEL_RPL);
		assert_true(xen_pv_trap_entry_equal(&table.entry[v],
						    &wanted[v]));
	}
	assert_int_equal(xen_pv_trap_table_count(&table), nr);
	assert_int_equal(table.calls, fake_xen.calls[FAKE_SET_TRAP_TABLE]);
}

static void assert_load(unsigned int calls, unsigned int entries)
{
	unsigned int before = table.calls;

	fake_xen.entries = 0;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_int_equal(table.calls - before, calls);
	assert_int_equal(fake_xen.entries, entries);
	assert_loaded();
}

static void build_fills_each_field(void **state)
{
	struct trap_info entry;

	(void)state;
	memset(&entry, 0xff, sizeof(entry));
	xen_pv_trap_entry_build(&entry, 14, GIVEN_CS, KERNEL_TEXT, 0, false);
	assert_int_equal(entry.vector, 14);
	assert_int_equal(entry.flags, 0);
	assert_int_equal(entry.cs, GIVEN_CS);
	assert_int_equal(entry.address, KERNEL_TEXT);
}

static void build_leaves_nothing_as_it_was(void **state)
{
	struct trap_info a, b;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	memset(&b, 0, sizeof(b));
	xen_pv_trap_entry_build(&a, 14, GIVEN_CS, KERNEL_TEXT, 0, false);
	xen_pv_trap_entry_build(&b, 14, GIVEN_CS, KERNEL_TEXT, 0, false);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void build_flags_as_xen_reads_them(void **state)
{
	struct trap_info entry;
	unsigned int dpl;

	(void)state;
	for (dpl = 0; dpl < 4; dpl++) {
		xen_pv_trap_entry_build(&entry, 3, 0, KERNEL_TEXT, dpl, false);
		assert_int_equal(TI_GET_DPL(&entry), dpl);
		assert_false(TI_GET_IF(&entry));
		xen_pv_trap_entry_build(&entry, 3, 0, KERNEL_TEXT, dpl, true);
		assert_int_equal(TI_GET_DPL(&entry), dpl);
		assert_true(TI_GET_IF(&entry));
	}
}

static void build_takes_no_more_than_a_dpl(void **state)
{
	struct trap_info entry;

	(void)state;
	xen_pv_trap_entry_build(&entry, 0, 0, KERNEL_TEXT, 0xfd, false);
	assert_int_equal(entry.flags, 1);
}

static void equal_looks_at_what_xen_keeps(void **state)
{
	struct trap_info a, b;

	(void)state;
	xen_pv_trap_entry_build(&a, 1, GIVEN_CS, KERNEL_TEXT, 0, true);
	b = a;
	assert_true(xen_pv_trap_entry_equal(&a, &b));
	b.cs ^= 8;
	assert_false(xen_pv_trap_entry_equal(&a, &b));
	b = a;
	b.flags ^= TRAP_MASKS_EVENTS;
	assert_false(xen_pv_trap_entry_equal(&a, &b));
	b = a;
	b.flags ^= 3;
	assert_false(xen_pv_trap_entry_equal(&a, &b));
	b = a;
	b.address++;
	assert_false(xen_pv_trap_entry_equal(&a, &b));
	b = a;
	b.address = 0;
	assert_false(xen_pv_trap_entry_equal(&a, &b));
	assert_false(xen_pv_trap_entry_equal(&b, &a));
}

static void equal_without_gates(void **state)
{
	struct trap_info a, b;

	(void)state;
	xen_pv_trap_entry_build(&a, 1, GIVEN_CS, 0, 3, true);
	xen_pv_trap_entry_build(&b, 1, 0, 0, 0, false);
	assert_true(xen_pv_trap_entry_equal(&a, &b));
}

static void register_one(void **state)
{
	(void)state;
	want(14, 14);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[14]), 0);
	assert_int_equal(table.calls, 1);
	assert_loaded();
}

static void register_first_and_last_vector(void **state)
{
	(void)state;
	want(0, 0);
	want(255, 255);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[0]), 0);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[255]), 0);
	assert_int_equal(table.calls, 2);
	assert_loaded();
}

static void register_again_makes_no_call(void **state)
{
	(void)state;
	want(14, 14);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[14]), 0);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[14]), 0);
	assert_int_equal(table.calls, 1);
	assert_loaded();
}

static void register_a_changed_gate(void **state)
{
	(void)state;
	want(14, 15);
	assert_load(1, 2);
	wanted[14].flags ^= 3;
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[14]), 0);
	assert_int_equal(table.calls, 2);
	assert_loaded();
}

static void register_without_address(void **state)
{
	(void)state;
	want(14, 14);
	assert_load(1, 1);
	wanted[14].address = 0;
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[14]),
			 -EINVAL);
	assert_int_equal(table.calls, 1);
	assert_int_equal(fake_current()->trap[14].address,
			 KERNEL_TEXT + 16 * 14);
}

static void load_nothing(void **state)
{
	(void)state;
	assert_load(0, 0);
}

static void load_one(void **state)
{
	(void)state;
	want(255, 255);
	assert_load(1, 1);
}

static void load_what_one_call_carries(void **state)
{
	(void)state;
	want(0, 39);
	assert_load(1, 40);
}

static void load_one_more(void **state)
{
	(void)state;
	want(0, 40);
	assert_load(2, 41);
}

static void load_all_vectors(void **state)
{
	(void)state;
	want(0, 255);
	assert_load(7, 256);
}

static void load_again_makes_no_call(void **state)
{
	(void)state;
	want(0, 50);
	assert_load(2, 51);
	assert_load(0, 0);
}

static void load_sends_only_what_differs(void **state)
{
	(void)state;
	want(0, 31);
	assert_load(1, 32);
	wanted[3].cs += 8;
	wanted[13].address += 4;
	wanted[14].flags ^= TRAP_MASKS_EVENTS;
	want(128, 128);
	assert_load(1, 4);
}

static void load_goes_by_the_index(void **state)
{
	(void)state;
	want(6, 6);
	wanted[6].vector = 99;
	assert_load(1, 1);
}

static void load_without_a_gate_that_was(void **state)
{
	(void)state;
	want(0, 31);
	assert_load(1, 32);
	wanted[14].address = 0;
	assert_load(2, 31);
}

static void load_without_any_gate(void **state)
{
	(void)state;
	want(255, 255);
	assert_load(1, 1);
	wanted[255].address = 0;
	assert_load(1, 0);
}

static void load_what_was_registered(void **state)
{
	(void)state;
	want(3, 4);
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[3]), 0);
	fake_xen.entries = 0;
	assert_load(1, 1);
}

static void clear(void **state)
{
	(void)state;
	want(0, 255);
	assert_load(7, 256);
	assert_int_equal(xen_pv_trap_table_clear(&table), 0);
	assert_int_equal(table.calls, 8);
	memset(wanted, 0, sizeof(wanted));
	assert_loaded();
}

static void forget_sends_all_again(void **state)
{
	(void)state;
	want(0, 20);
	assert_load(1, 21);
	xen_pv_trap_table_forget(&table);
	assert_int_equal(xen_pv_trap_table_count(&table), 0);
	assert_int_equal(table.calls, 1);
	memset(fake_current()->trap, 0, sizeof(fake_current()->trap));
	assert_load(1, 21);
}

static void adopt_what_a_context_brought(void **state)
{
	(void)state;
	want(0, 20);
	memcpy(fake_current()->trap, wanted, sizeof(wanted));
	xen_pv_trap_table_adopt(&table, wanted);
	assert_int_equal(table.calls, 0);
	assert_int_equal(xen_pv_trap_table_count(&table), 21);
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_int_equal(table.calls, 0);
}

static void adopt_replaces_what_was_remembered(void **state)
{
	(void)state;
	want(100, 110);
	assert_load(1, 11);
	memset(wanted, 0, sizeof(wanted));
	want(0, 4);
	xen_pv_trap_table_adopt(&table, wanted);
	assert_int_equal(xen_pv_trap_table_count(&table), 5);
	assert_true(xen_pv_trap_entry_equal(&table.entry[0], &wanted[0]));
}

static void tables_are_each_vcpus_own(void **state)
{
	struct trap_table other = { 0 };

	(void)state;
	want(0, 10);
	assert_load(1, 11);
	fake_xen.current = 1;
	assert_int_equal(xen_pv_trap_table_count(&other), 0);
	assert_int_equal(xen_pv_trap_table_load(&other, wanted), 0);
	assert_int_equal(other.calls, 1);
	assert_int_equal(table.calls, 1);
	assert_int_equal(fake_xen.vcpu[1].trap[10].address, wanted[10].address);
}

#define EMPTY(function)	cmocka_unit_test_setup(function, empty)

int run_trap_table(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY(build_fills_each_field),
		EMPTY(build_leaves_nothing_as_it_was),
		EMPTY(build_flags_as_xen_reads_them),
		EMPTY(build_takes_no_more_than_a_dpl),
		EMPTY(equal_looks_at_what_xen_keeps),
		EMPTY(equal_without_gates),
		EMPTY(register_one),
		EMPTY(register_first_and_last_vector),
		EMPTY(register_again_makes_no_call),
		EMPTY(register_a_changed_gate),
		EMPTY(register_without_address),
		EMPTY(load_nothing),
		EMPTY(load_one),
		EMPTY(load_what_one_call_carries),
		EMPTY(load_one_more),
		EMPTY(load_all_vectors),
		EMPTY(load_again_makes_no_call),
		EMPTY(load_sends_only_what_differs),
		EMPTY(load_goes_by_the_index),
		EMPTY(load_without_a_gate_that_was),
		EMPTY(load_without_any_gate),
		EMPTY(load_what_was_registered),
		EMPTY(clear),
		EMPTY(forget_sends_all_again),
		EMPTY(adopt_what_a_context_brought),
		EMPTY(adopt_replaces_what_was_remembered),
		EMPTY(tables_are_each_vcpus_own),
	};

	return cmocka_run_group_tests_name("trap_table", tests, NULL, NULL);
}

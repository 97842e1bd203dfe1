// SPDX-License-Identifier: GPL-2.0
/* trap_table.c after a call that failed: what it says, and what it knows. */
#include "unit.h"

static struct trap_table table;
static struct trap_info wanted[TRAP_VECTORS];

static void want(unsigned int first, unsigned int last, unsigned long base)
{
	unsigned int v;

	for (v = first; v <= last; v++)
		xen_pv_trap_entry_build(&wanted[v], v, GIVEN_CS, base + 16 * v,
					0, true);
}

static void assert_xen_has_wanted(void)
{
	unsigned int v;

	for (v = 0; v < TRAP_VECTORS; v++)
		assert_int_equal(fake_current()->trap[v].address,
				 wanted[v].address);
}

/* Gates 0 to 9 are registered; 5 to 14 are wanted with other handlers. */
static int registered(void **state)
{
	fresh(state);
	memset(&table, 0, sizeof(table));
	memset(wanted, 0, sizeof(wanted));
	want(0, 9, KERNEL_TEXT);
	if (xen_pv_trap_table_load(&table, wanted))
		return -1;
	want(5, 14, KERNEL_TEXT + 0x10000);
	return 0;
}

static void load_that_fails_says_so(void **state)
{
	(void)state;
	fake_xen.readable = 3;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EFAULT);
	assert_int_equal(table.calls, 2);
}

static void load_after_one_that_failed(void **state)
{
	int readable;

	for (readable = 0; readable < 10; readable++) {
		registered(state);
		fake_xen.readable = readable;
		assert_int_equal(xen_pv_trap_table_load(&table, wanted),
				 -EFAULT);
		fake_xen.readable = -1;
		assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
		assert_xen_has_wanted();
	}
}

static void load_of_what_was_before_one_that_failed(void **state)
{
	int readable;

	for (readable = 0; readable < 10; readable++) {
		registered(state);
		fake_xen.readable = readable;
		assert_int_equal(xen_pv_trap_table_load(&table, wanted),
				 -EFAULT);
		fake_xen.readable = -1;
		memset(wanted, 0, sizeof(wanted));
		want(0, 9, KERNEL_TEXT);
		assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
		assert_xen_has_wanted();
	}
}

static void register_after_a_load_that_failed(void **state)
{
	(void)state;
	fake_xen.readable = 7;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EFAULT);
	fake_xen.readable = -1;
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[5]), 0);
	assert_int_equal(table.calls, 3);
	assert_int_equal(fake_current()->trap[5].address, wanted[5].address);
}

static void register_that_fails_changes_nothing(void **state)
{
	(void)state;
	fake_xen.answer[FAKE_SET_TRAP_TABLE] = -ENOSYS;
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[5]),
			 -ENOSYS);
	fake_xen.answer[FAKE_SET_TRAP_TABLE] = 0;
	assert_int_equal(xen_pv_trap_table_register(&table, &wanted[5]), 0);
	assert_int_equal(fake_current()->trap[5].address, wanted[5].address);
	assert_int_equal(fake_current()->trap[6].address,
			 KERNEL_TEXT + 16 * 6);
}

static void second_call_of_a_load_fails(void **state)
{
	(void)state;
	want(0, 99, KERNEL_TEXT + 0x20000);
	fake_xen.readable = 60;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EFAULT);
	assert_int_equal(table.calls, 3);
	fake_xen.readable = -1;
	/* What the first call carried is known, and is not sent again. */
	fake_xen.entries = 0;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_int_equal(fake_xen.entries, 60);
	assert_xen_has_wanted();
}

static void last_call_of_a_load_fails(void **state)
{
	(void)state;
	want(0, 79, KERNEL_TEXT + 0x20000);
	fake_xen.readable = 41 + 40;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EFAULT);
	fake_xen.readable = -1;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_xen_has_wanted();
}

static void clear_that_fails_keeps_what_is_known(void **state)
{
	(void)state;
	fake_xen.answer[FAKE_SET_TRAP_TABLE] = -ENOSYS;
	assert_int_equal(xen_pv_trap_table_clear(&table), -ENOSYS);
	assert_int_equal(table.calls, 2);
	assert_int_equal(xen_pv_trap_table_count(&table), 10);
}

static void load_whose_clear_fails(void **state)
{
	(void)state;
	wanted[0].address = 0;
	fake_xen.answer[FAKE_SET_TRAP_TABLE] = -ENOSYS;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -ENOSYS);
	assert_int_equal(table.calls, 2);
	fake_xen.answer[FAKE_SET_TRAP_TABLE] = 0;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_xen_has_wanted();
}

static void load_that_fails_after_its_clear(void **state)
{
	(void)state;
	wanted[0].address = 0;
	fake_xen.readable = 4;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EFAULT);
	fake_xen.readable = -1;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_xen_has_wanted();
}

#ifdef __x86_64__
static void register_at_the_edges_of_canonical(void **state)
{
	static const unsigned long good[] = { LOW_LAST, HIGH_FIRST, ~0UL, 1 };
	static const unsigned long bad[] = { HOLE_FIRST, HOLE_LAST };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		wanted[3].address = good[i];
		assert_int_equal(xen_pv_trap_table_register(&table, &wanted[3]),
				 0);
		assert_int_equal(fake_current()->trap[3].address, good[i]);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		wanted[3].address = bad[i];
		assert_int_equal(xen_pv_trap_table_register(&table, &wanted[3]),
				 -EINVAL);
	}
}

static void load_with_an_address_that_is_not_canonical(void **state)
{
	(void)state;
	wanted[10].address = HOLE_FIRST;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), -EINVAL);
	/* Those before it stay. */
	assert_int_equal(fake_current()->trap[9].address, wanted[9].address);
	assert_int_equal(fake_current()->trap[11].address, 0);
	wanted[10].address = KERNEL_TEXT;
	assert_int_equal(xen_pv_trap_table_load(&table, wanted), 0);
	assert_xen_has_wanted();
}
#endif

#define REGISTERED(function)	cmocka_unit_test_setup(function, registered)

int run_trap_table_errors(void)
{
	const struct CMUnitTest tests[] = {
		REGISTERED(load_that_fails_says_so),
		REGISTERED(load_after_one_that_failed),
		REGISTERED(load_of_what_was_before_one_that_failed),
		REGISTERED(register_after_a_load_that_failed),
		REGISTERED(register_that_fails_changes_nothing),
		REGISTERED(second_call_of_a_load_fails),
		REGISTERED(last_call_of_a_load_fails),
		REGISTERED(clear_that_fails_keeps_what_is_known),
		REGISTERED(load_whose_clear_fails),
		REGISTERED(load_that_fails_after_its_clear),
#ifdef __x86_64__
		REGISTERED(register_at_the_edges_of_canonical),
		REGISTERED(load_with_an_address_that_is_not_canonical),
#endif
	};

	return cmocka_run_group_tests_name("trap_table_errors", tests, NULL,
					   NULL);
}

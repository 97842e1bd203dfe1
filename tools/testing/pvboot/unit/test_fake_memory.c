// SPDX-License-Identifier: GPL-2.0
/*
 * fake_memory.c, held to what Xen answers: the rows of the bare guest that are
 * about page tables, as they are, over the fake.
 */
#include "unit.h"

#include "fake_rows.h"

/* Cases are run in their order. */
static unsigned int suite, next;

static void holds(void **state)
{
	(void)state;
	assert_true(row_holds(suite, next++));
}

int run_fake_memory(void)
{
	int failed = 0;

	for (suite = 0; suite < ROW_SUITES; suite++) {
		struct CMUnitTest tests[rows_of(suite)];

		for (next = 0; next < rows_of(suite); next++) {
			const struct CMUnitTest test =
				cmocka_unit_test_setup(holds, NULL);

			tests[next] = test;
			tests[next].name = row_name(suite, next);
		}
		next = 0;
		failed += cmocka_run_group_tests_name(rows_name(suite), tests,
						      NULL, NULL);
	}
	return failed;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The bare guest's rows in this program: which there are, and what they
 * compare.
 */
#include <stdio.h>

#include "fake_memory.h"
#include "fake_rows.h"

static const struct suite *const suites[ROW_SUITES] = {
	&suite_boot_tables, &suite_tables, &suite_top_level, &suite_entries,
};

const struct fake_area fake_areas[] = {
	{ table_pages, sizeof(table_pages) },
	{ &boot_pages, sizeof(boot_pages) },
};

const unsigned int fake_nr_areas = ARRAY_SIZE(fake_areas);

static unsigned int compared, wrong;
static bool skipped;

static void tell(bool good, const char *what, long got, long wanted)
{
	compared++;
	if (good)
		return;
	wrong++;
	printf("# %s: %ld (0x%lx), not %ld (0x%lx)\n", what, got,
	       (unsigned long)got, wanted, (unsigned long)wanted);
}

void expect(const char *what, long got, long wanted)
{
	tell(got == wanted, what, got, wanted);
}

void expect_hex(const char *what, unsigned long got, unsigned long wanted)
{
	tell(got == wanted, what, got, wanted);
}

void expect_errno(const char *what, long got, long wanted)
{
	tell(got == wanted, what, got, wanted);
}

void expect_true(const char *what, bool so)
{
	tell(so, what, so, true);
}

void broken(const char *why)
{
	wrong++;
	printf("# ERROR: %s\n", why);
}

void skip(const char *why)
{
	printf("# skipped: %s\n", why);
	skipped = true;
}

/* rows_of - how many rows a suite has */
unsigned int rows_of(unsigned int suite)
{
	return suites[suite]->nr;
}

/* rows_name - a suite's name */
const char *rows_name(unsigned int suite)
{
	return suites[suite]->name;
}

/* row_name - a row's name */
const char *row_name(unsigned int suite, unsigned int row)
{
	return suites[suite]->row[row].name;
}

static bool may_be_skipped(const struct row *row)
{
	return IS_64BIT && !strcmp(row->name, "pin.no_such_level");
}

/**
 * row_holds - run a row of the bare guest over the fake
 * @suite: 0 to ROW_SUITES - 1
 * @row: 0 to rows_of() - 1
 *
 * The first row of all starts with a new guest.
 *
 * Return: whether the fake answers as the row says.
 */
bool row_holds(unsigned int suite, unsigned int row)
{
	const struct row *this = &suites[suite]->row[row];

	if (!suite && !row)
		fake_memory_reset();
	compared = 0;
	wrong = 0;
	skipped = false;
	this->run(this);
	return (skipped ? may_be_skipped(this) : compared > 0) && !wrong;
}

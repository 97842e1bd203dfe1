/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of the bare guest, run over fake_memory.c.  Not one header with theirs:
 * cmocka has other things of the same names.
 */
#ifndef FAKE_ROWS_H
#define FAKE_ROWS_H

#define ROW_SUITES	4

unsigned int rows_of(unsigned int suite);
const char *rows_name(unsigned int suite);
const char *row_name(unsigned int suite, unsigned int row);
bool row_holds(unsigned int suite, unsigned int row);

#endif /* FAKE_ROWS_H */

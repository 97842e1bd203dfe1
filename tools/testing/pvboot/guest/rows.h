/* SPDX-License-Identifier: GPL-2.0 */
/* Rows: one promise of Xen's each, and what is compared in them. */
#ifndef PVBOOT_GUEST_ROWS_H
#define PVBOOT_GUEST_ROWS_H

struct row {
	const char *name;
	void (*run)(const struct row *row);
	long arg[5];
};

struct suite {
	const char *name;
	const struct row *row;
	unsigned int nr;
};

void expect(const char *what, long got, long wanted);
void expect_hex(const char *what, unsigned long got, unsigned long wanted);
void expect_errno(const char *what, long got, long wanted);
void expect_true(const char *what, bool so);
void broken(const char *why);
void skip(const char *why);

#endif /* PVBOOT_GUEST_ROWS_H */

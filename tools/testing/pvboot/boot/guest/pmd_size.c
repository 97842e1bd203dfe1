// SPDX-License-Identifier: GPL-2.0
/*
 * How large a large page is, for Linux's uffd-unit-tests: it asks the kernel, is told
 * nothing where there are none, and divides by it.  What it moves in such units it can
 * move in small pages, too.
 */
unsigned long __wrap_read_pmd_pagesize(void);

unsigned long __wrap_read_pmd_pagesize(void)
{
	return 2UL << 20;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stand-in for Xen: what the code under test told it, and what it has of it.
 * No hypercall is made.
 */
#ifndef _ARCH_X86_XEN_TESTS_TOLD_XEN_H
#define _ARCH_X86_XEN_TESTS_TOLD_XEN_H

#include <kunit/test.h>

#include <xen/pvboot/trap_table.h>

#define MOST_CALLBACKS	8

/* event, failsafe and syscall; or event and failsafe, a selector before each */
#define LEGACY_ARGUMENTS	(IS_ENABLED(CONFIG_X86_64) ? 3 : 4)

/**
 * struct told_xen - what the stand-in was told
 * @rc: what it answers; where that is an error, it takes nothing
 * @table: the trap table that it has of all calls
 * @calls: how often set_trap_table was called
 * @clears: how many of these calls were to clear the table
 * @entries: how many entries the others had
 * @callbacks: registrations by callback_op, in their order
 * @nr_callbacks: how many
 * @legacy: what set_callbacks was given, in the order of its arguments
 * @nr_legacy: how often it was called
 */
struct told_xen {
	int rc;
	struct trap_info table[TRAP_VECTORS];
	unsigned int calls, clears, entries;
	struct callback_register callbacks[MOST_CALLBACKS];
	unsigned int nr_callbacks;
	unsigned long legacy[LEGACY_ARGUMENTS];
	unsigned int nr_legacy;
};

struct told_xen *xen_pv_told_start(struct kunit *test);
void xen_pv_expect_traps(struct kunit *test, const struct trap_info *has,
			 const struct trap_info *wanted);

#endif /* _ARCH_X86_XEN_TESTS_TOLD_XEN_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Rows, and a verdict for each of them.
 *
 * FAILURE: Xen or the core does otherwise than is written.  ERROR: the row
 * itself broke, and nothing is known.  A verdict only gets worse, and a row
 * that has none when it ends is an ERROR.
 */
#include "guest.h"

enum verdict { NONE, OK, SKIP, FAILURE, ERROR };

static const char *const words[] = {
	[NONE]		= "ERROR",
	[OK]		= "",
	[SKIP]		= "SKIP",
	[FAILURE]	= "FAILURE",
	[ERROR]		= "ERROR",
};

static enum verdict verdict;
static const char *why_skipped;

/* The row that is run, NULL where none is */
static struct {
	const struct suite *suite;
	const struct row *row;
	unsigned int number;
} current;

static void worsen(enum verdict to)
{
	if (to > verdict)
		verdict = to;
}

static const char *errno_name(long value)
{
	static const struct {
		int value;
		const char *name;
	} names[] = {
#define XEN_ERRNO(name, value) { value, "-" #name },
#include <xen/errno.h>
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].value == -value)
			return names[i].name;
	return value ? "no errno" : "0";
}

/**
 * expect - compare a number
 * @what: what it is, for the message
 * @got: what it is in truth
 * @wanted: what it ought to be
 */
void expect(const char *what, long got, long wanted)
{
	worsen(got == wanted ? OK : FAILURE);
	if (got != wanted)
		say("# FAILURE: %s: %ld, not %ld", what, got, wanted);
}

/**
 * expect_hex - compare a number that is bits or an address
 * @what: what it is
 * @got: what it is in truth
 * @wanted: what it ought to be
 */
void expect_hex(const char *what, unsigned long got, unsigned long wanted)
{
	worsen(got == wanted ? OK : FAILURE);
	if (got != wanted)
		say("# FAILURE: %s: 0x%lx, not 0x%lx", what, got, wanted);
}

/**
 * expect_errno - compare a hypercall's result
 * @what: which one
 * @got: what it answered
 * @wanted: 0, a number, or a negative errno
 */
void expect_errno(const char *what, long got, long wanted)
{
	worsen(got == wanted ? OK : FAILURE);
	if (got != wanted)
		say("# FAILURE: %s: %ld (%s), not %ld (%s)", what, got,
		    errno_name(got), wanted, errno_name(wanted));
}

/**
 * expect_true - look at a condition
 * @what: what ought to be so
 * @so: whether it is
 */
void expect_true(const char *what, bool so)
{
	worsen(so ? OK : FAILURE);
	if (!so)
		say("# FAILURE: not so: %s", what);
}

/**
 * broken - the row cannot go on, through no fault of what it tests
 * @why: for the message
 */
void broken(const char *why)
{
	worsen(ERROR);
	say("# ERROR: %s", why);
}

/**
 * skip - the row cannot be reached on this machine
 * @why: for the message
 */
void skip(const char *why)
{
	worsen(SKIP);
	why_skipped = why;
}

static void call_row(unsigned long row)
{
	const struct row *this = (const struct row *)row;

	this->run(this);
}

/* What every row may rely on, whatever the one before it has done */
static void reset(void)
{
	struct vcpu_local *me = this_vcpu();

	mask_events();
	close_ports();
	me->event_jumps = false;
	reset_entry_points();
	xen_pv_trap_table_forget(&me->traps);
	if (HYPERVISOR_set_trap_table(NULL) || load_gates(&me->traps))
		broken("the trap table cannot be loaded");
}

static void tell_verdict(void)
{
	const char *suite = current.suite->name, *row = current.row->name;

	if (verdict == OK)
		say("ok %u %s.%s", current.number, suite, row);
	else if (verdict == SKIP)
		say("ok %u %s.%s # SKIP %s", current.number, suite, row,
		    why_skipped);
	else
		say("not ok %u %s.%s # %s", current.number, suite, row,
		    verdict == NONE ? "ERROR no verdict" : words[verdict]);
	current.row = NULL;
}

/**
 * bail_out - end it all, with a verdict on the row that led there
 * @why: for the message
 */
void bail_out(const char *why)
{
	broken(why);
	if (current.row)
		tell_verdict();
	say("Bail out! %s", why);
	power_off(SHUTDOWN_crash);
}

static void run_row(const struct suite *suite, const struct row *row,
		    unsigned int number)
{
	struct seen seen;

	verdict = NONE;
	current.suite = suite;
	current.row = row;
	current.number = number;
	reset();
	if (traps(&seen, call_row, (unsigned long)row)) {
		say("# entry 0x%lx, error code 0x%lx, at 0x%lx, cr2 0x%lx",
		    seen.regs.entry, seen.regs.error_code, seen.regs.ip,
		    seen.cr2);
		broken("a trap that nobody expected");
	}

	tell_verdict();
}

/**
 * run_suites - run every row of every suite and say how each ended
 * @suite: the suites
 * @nr: how many
 */
void run_suites(const struct suite *const *suite, unsigned int nr)
{
	unsigned int i, j, rows = 0;

	for (i = 0; i < nr; i++)
		rows += suite[i]->nr;
	say("KTAP version 1");
	say("1..%u", rows);
	say("# Xen %u.%u", xen_version() >> 16, xen_version() & 0xffff);

	rows = 0;
	for (i = 0; i < nr; i++)
		for (j = 0; j < suite[i]->nr; j++)
			run_row(suite[i], &suite[i]->row[j], ++rows);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Any sequence of loads, registrations and clears, some of which fail on the
 * way, and Xen has what the last good load asked for.
 *
 * The input is a list of steps of STEP bytes each.
 */
#include <stdio.h>
#include <stdlib.h>

#include <xen/pvboot/trap_table.h>

#include "fake_xen.h"

#define STEP		4

/* A step's first byte: what, and the rest for how. */
enum step {
	WANT,		/* a gate, in what the next load asks for */
	WANT_NONE,	/* the same, no gate */
	WANT_RANGE,
	LOAD,
	REGISTER,
	CLEAR,
	FAIL_AFTER,	/* the next call fails after so many reads */
	FORGET,		/* as after a resume: Xen forgot, too */
	STEPS,
};

static struct trap_table table;
static struct trap_info wanted[TRAP_VECTORS];

static void must(bool fact, const char *text)
{
	if (fact)
		return;
	fprintf(stderr, "does not hold: %s\n", text);
	abort();
}

static unsigned long address_of(u8 choice)
{
	static const unsigned long addresses[] = {
#ifdef __x86_64__
		0xffffffff81000000UL, 0x00007fffffffffffUL,
		0xffff800000000000UL, 0x0000800000000000UL,
		0xffff7fffffffffffUL,
#else
		0xc1000000UL, 0xffffffffUL, 1,
#endif
	};

	/* Those that Xen refuses come seldom. */
	if (choice < 0xf8)
		return addresses[0] + choice;
	return addresses[choice % ARRAY_SIZE(addresses)];
}

static bool same(const struct trap_info *has, const struct trap_info *want)
{
	if (!want->address)
		return !has->address;
	return has->address == want->address && has->flags == want->flags &&
	       has->cs == fake_selector(want->cs);
}

static unsigned int differing(void)
{
	unsigned int v, nr = 0;

	for (v = 0; v < TRAP_VECTORS; v++)
		nr += !same(&fake_current()->trap[v], &wanted[v]);
	return nr;
}

static bool wants_what_is_refused(void)
{
	unsigned int v;

	for (v = 0; v < TRAP_VECTORS; v++)
		if (!fake_canonical(wanted[v].address))
			return true;
	return false;
}

static void do_load(void)
{
	bool fails = fake_xen.readable >= 0;
	unsigned int calls = table.calls;
	int rc = xen_pv_trap_table_load(&table, wanted);

	must(table.calls - calls <= 8, "a load takes no more than 8 calls");
	fake_xen.readable = -1;
	if (rc) {
		must(fails || wants_what_is_refused(), "a load fails for a reason");
		return;
	}
	must(!differing(), "Xen has what a good load asked for");
	calls = table.calls;
	must(!xen_pv_trap_table_load(&table, wanted) && table.calls == calls,
	     "nothing differs after a good load");
}

static void register_one(u8 vector)
{
	struct trap_info before[TRAP_VECTORS];
	const struct trap_info *entry = &wanted[vector];
	const struct trap_info *now = fake_current()->trap;
	unsigned int v;
	int rc;

	memcpy(before, now, sizeof(before));
	rc = xen_pv_trap_table_register(&table, entry);
	if (!entry->address)
		must(rc == -EINVAL, "a gate without address is refused");
	else if (!rc)
		must(same(&now[vector], entry), "Xen has what was registered");
	for (v = 0; v < TRAP_VECTORS; v++)
		if (v != vector)
			must(!memcmp(&before[v], &now[v], sizeof(*now)),
			     "other vectors stay");
	fake_xen.readable = -1;
}

static void want(u8 vector, u8 where, u8 how)
{
	xen_pv_trap_entry_build(&wanted[vector], vector,
				8 * (how >> 3) + (how & 3), address_of(where),
				how & 3, how & 4);
}

static void do_step(const uint8_t *step)
{
	unsigned int v;

	switch (step[0] % STEPS) {
	case WANT:
		want(step[1], step[2], step[3]);
		break;
	case WANT_NONE:
		wanted[step[1]].address = 0;
		break;
	case WANT_RANGE:
		for (v = 0; v <= step[1]; v++)
			want(step[2] + v, 16 + v % 16, step[3]);
		break;
	case LOAD:
		do_load();
		break;
	case REGISTER:
		register_one(step[1]);
		break;
	case CLEAR:
		must(!xen_pv_trap_table_clear(&table), "a clear succeeds");
		must(!xen_pv_trap_table_count(&table),
		     "nothing is left after it");
		break;
	case FAIL_AFTER:
		fake_xen.readable = step[1];
		break;
	case FORGET:
		xen_pv_trap_table_forget(&table);
		memset(fake_current()->trap, 0, sizeof(fake_current()->trap));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int v;

	fake_reset();
	memset(&table, 0, sizeof(table));
	memset(wanted, 0, sizeof(wanted));
	for (; size >= STEP; size -= STEP, data += STEP)
		do_step(data);

	/* Whatever went wrong before, it can be put right. */
	fake_xen.readable = -1;
	for (v = 0; v < TRAP_VECTORS; v++)
		if (!fake_canonical(wanted[v].address))
			wanted[v].address = 0;
	must(!xen_pv_trap_table_load(&table, wanted) && !differing(),
	     "a last load puts all right");
	return 0;
}

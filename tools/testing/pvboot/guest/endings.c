// SPDX-License-Identifier: GPL-2.0
/*
 * Ways to end that leave nobody to give a verdict: what Xen says on the
 * console is looked at from outside.  end=NAME on the command line chooses
 * one, in place of the suites.
 */
#include "guest.h"

/* Xen finds no handler at the delivery of an event. */
static void null_event(void)
{
	evtchn_port_t port;

	if (bind_self(0, &port) || open_port(port))
		return;
#ifdef __x86_64__
	HYPERVISOR_set_callbacks(0, (unsigned long)failsafe_entry,
				 (unsigned long)syscall_entry);
#else
	HYPERVISOR_set_callbacks(0, 0, 0, 0);
#endif
	unmask_events();
	notify(port);
}

/* The stack for entries from user mode is no memory. */
static void bad_stack(void)
{
	struct seen seen;

	hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, NOWHERE, 0, 0);
	traps_in_user(&seen, do_ud, 0);
}

/* No gate for an exception */
static void no_gate(void)
{
	HYPERVISOR_set_trap_table(NULL);
	do_ud(0);
}

/* The last vCPU that runs goes down: Xen powers the domain off. */
static void last_down(void)
{
	xen_pv_vcpu_down(0);
}

static const struct {
	const char *word;
	void (*end)(void);
} endings[] = {
	{ "end=null_event", null_event },
	{ "end=bad_stack", bad_stack },
	{ "end=no_gate", no_gate },
	{ "end=last_down", last_down },
};

/* told - whether a word stands on the command line */
bool told(const char *word)
{
	const char *c = (const char *)start_info->cmd_line;
	unsigned int i;

	for (;;) {
		while (*c == ' ')
			c++;
		if (!*c)
			return false;
		for (i = 0; word[i] && c[i] == word[i]; i++)
			;
		if (!word[i] && (!c[i] || c[i] == ' '))
			return true;
		while (*c && *c != ' ')
			c++;
	}
}

/* end_as_told - come to the end that the command line asks for, if any */
void end_as_told(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		if (!told(endings[i].word))
			continue;
		reset_entry_points();
		load_gates(&this_vcpu()->traps);
		say("# %s", endings[i].word);
		endings[i].end();
		say("# FAILURE: the domain lives on");
		power_off(SHUTDOWN_suspend);
	}
}

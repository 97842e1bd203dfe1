// SPDX-License-Identifier: GPL-2.0
/*
 * Traps, caught.  Whoever provokes one says so first; the entry then writes
 * down what it sees and goes on where traps() was called, so that the frame
 * is looked at and never returned through.
 */
#include "guest.h"

unsigned long failsafe_segments[4];

/* Called by the stubs, events as Xen left them. */
void trap_entered(struct regs *regs)
{
	struct vcpu_local *me = this_vcpu();
	struct vcpu_info *info = vcpu_info();

	/* A vCPU whose context could not be loaded: it starts from here. */
	if (regs->entry == ENTRY_FAILSAFE && me->id && !me->running) {
		me->event.regs = *regs;
		me->event.mask = info->evtchn_upcall_mask;
		secondary_main();
	}

	if (!me->back) {
		say("# ERROR: vCPU %u: entry 0x%lx at 0x%lx", me->id,
		    regs->entry, regs->ip);
		bail_out("a trap that nobody waited for");
	}

	me->seen->regs = *regs;
	me->seen->mask = info->evtchn_upcall_mask;
	me->seen->cr2 = info->arch.cr2;
	jump_back(me->back);
}

/**
 * traps - call a function and see whether a trap ends it
 * @seen: the trap, where there is one
 * @fn: called in the kernel
 * @arg: for it
 *
 * A trap leaves events masked.
 *
 * Return: true where a trap ended it.
 */
bool traps(struct seen *seen, void (*fn)(unsigned long), unsigned long arg)
{
	struct vcpu_local *me = this_vcpu();
	unsigned long outer_back = me->back;
	struct seen *outer_seen = me->seen;
	bool caught;

	memset(seen, 0, sizeof(*seen));
	me->seen = seen;
	caught = try_call(&me->back, fn, arg);
	me->back = outer_back;
	me->seen = outer_seen;
	if (caught)
		vcpu_info()->evtchn_upcall_mask = 1;
	if (caught && (seen->regs.entry == ENTRY_NMI || seen->regs.entry == 2))
		end_nmi();
	return caught;
}

/**
 * user_start_at - how user mode starts where nothing is special
 * @start: filled in: flat segments, events unmasked
 * @fn: from provoke.S
 * @arg: for it
 */
void user_start_at(struct user_start *start, void (*fn)(unsigned long),
		   unsigned long arg)
{
	start->ip = (unsigned long)fn;
	start->cs = USER_CS;
	start->flags = EFLAGS_FIXED | EFLAGS_IF;
	start->sp = (unsigned long)user_sp;
	start->ss = USER_SS;
	start->arg = arg;
}

static void enter(unsigned long start)
{
	enter_user((const struct user_start *)start);
}

/**
 * traps_in_user_with - enter user mode and see what ends it
 * @seen: the trap
 * @start: how user mode starts
 *
 * Return: true; user mode has no other way back.
 */
bool traps_in_user_with(struct seen *seen, const struct user_start *start)
{
	return traps(seen, enter, (unsigned long)start);
}

/**
 * traps_in_user - enter user mode in the usual way and see what ends it
 * @seen: the trap
 * @fn: from provoke.S
 * @arg: for it
 *
 * Return: true.
 */
bool traps_in_user(struct seen *seen, void (*fn)(unsigned long),
		   unsigned long arg)
{
	struct user_start start;

	user_start_at(&start, fn, arg);
	return traps_in_user_with(seen, &start);
}

/**
 * gate - the entry for one of our stubs
 * @entry: filled in
 * @vector: any
 * @dpl: as xen_pv_trap_entry_build() has it
 * @masks_events: the same
 */
void gate(struct trap_info *entry, unsigned int vector, unsigned int dpl,
	  bool masks_events)
{
	xen_pv_trap_entry_build(entry, vector, FLAT_KERNEL_CS,
				(unsigned long)trap_stubs + vector * STUB_SIZE,
				dpl, masks_events);
}

/**
 * put_gate - register one of our stubs on the calling vCPU
 * @vector: any
 * @dpl: as xen_pv_trap_entry_build() has it
 * @masks_events: the same
 *
 * Return: what xen_pv_trap_table_register() says.
 */
int put_gate(unsigned int vector, unsigned int dpl, bool masks_events)
{
	struct trap_info entry;

	gate(&entry, vector, dpl, masks_events);
	return xen_pv_trap_table_register(&this_vcpu()->traps, &entry);
}

/**
 * wanted_gates - what every row starts with: the exceptions, none for int N
 * @wanted: filled in
 */
void wanted_gates(struct trap_info wanted[TRAP_VECTORS])
{
	unsigned int v;

	memset(wanted, 0, TRAP_VECTORS * sizeof(wanted[0]));
	for (v = 0; v < 32; v++)
		gate(&wanted[v], v, 0, false);
}

/**
 * load_gates - register wanted_gates()
 * @table: the calling vCPU's
 *
 * Return: what xen_pv_trap_table_load() says.
 */
int load_gates(struct trap_table *table)
{
	struct trap_info wanted[TRAP_VECTORS];

	wanted_gates(wanted);
	return xen_pv_trap_table_load(table, wanted);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A second vCPU, from its context to its end and back again; and a third one,
 * whose data segment cannot be loaded, so that it starts in the failsafe
 * callback.  The rows build on one another, in their order.
 */
#include "guest.h"

#define LONG_ENOUGH	50
#define MS		1000000ULL

#define NO_SUCH_SEGMENT	0x13

static struct vcpu_guest_context ctxt;

/* What vCPU 1 found; written by its job, read when that is done. */
static struct {
	bool trapped;
	struct seen kernel, user, other;
	int rc;
	unsigned int events;
	unsigned long event_entry;
	u8 mask;
} found;

static struct vcpu_local *const it = (struct vcpu_local *)blocks[1];

static bool do_there(void (*job)(void))
{
	if (!it->running) {
		broken("vCPU 1 does not run");
		return false;
	}
	memset(&found, 0, sizeof(found));
	if (on_vcpu(1, job))
		return true;
	broken("vCPU 1 does not do what it is told");
	return false;
}

static bool ends_up_offline(unsigned int vcpu_id)
{
	struct vcpu_runstate_info info;
	u64 end = now() + soon * MS;

	do {
		if (xen_pv_vcpu_get_runstate(vcpu_id, &info))
			return false;
		if (info.state == RUNSTATE_offline)
			return true;
		relax();
	} while (now() < end);
	return false;
}

/* Never an error: Xen puts these right. */
static void initialise(const struct row *row)
{
	build_context(&ctxt, 1);
	ctxt.user_regs.cs &= ~3;
	ctxt.user_regs.ss &= ~3;
	ctxt.kernel_ss &= ~3UL;
	ctxt.user_regs.eflags |= EFLAGS_IOPL;
	ctxt.trap_ctxt[6].cs &= ~3;
	ctxt.ctrlreg[0] = 0;
	ctxt.ctrlreg[4] = ~0UL;

	expect_errno("validator", xen_pv_vcpu_context_check(&ctxt, NULL), 0);
	expect_errno("is_up before", xen_pv_vcpu_is_up(1), 0);
	expect_errno("initialise", xen_pv_vcpu_initialise(1, &ctxt), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(1), 0);
	xen_pv_trap_table_adopt(&it->traps, ctxt.trap_ctxt);
}

static void initialise_again(const struct row *row)
{
	expect_errno("initialise", xen_pv_vcpu_initialise(1, &ctxt), -EEXIST);
}

static void nothing(void)
{
}

static void goes_up(const struct row *row)
{
	expect_true("it did not run before", !load(it->running));
	expect_errno("up", xen_pv_vcpu_up(1), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(1), 1);
	expect_true("it runs", wait_for(&it->running, true, soon));
	if (!do_there(nothing))
		return;
	expect_errno("up again", xen_pv_vcpu_up(1), 0);
}

/* Whether a data segment is in the GDT, asked without loading it */
static bool in_gdt(unsigned int entry)
{
	unsigned int rights;
	bool there;

	asm volatile("lar %2, %1"
		     : "=@ccz" (there), "=r" (rights)
		     : "r" (entry << 3 | 3)
		     : "cc");
	return there;
}

static void gdt_there(void)
{
	found.trapped = in_gdt(GDT_ENTRY_DATA);
}

/* The boot vCPU has never been given one. */
static void has_its_gdt(const struct row *row)
{
	if (!do_there(gdt_there))
		return;
	expect_true("the segment is there", found.trapped);
	expect_true("not here", !in_gdt(GDT_ENTRY_DATA));
}

#ifdef __x86_64__
static void read_by_gs(unsigned long unused)
{
	asm volatile("mov %%gs:0, %0" : "=r" (found.events));
}

static void gs_there(void)
{
	found.trapped = traps(&found.kernel, read_by_gs, 0);
}
#endif

/* Kernel mode's gs base: the vCPU's block, which begins with its number */
static void has_its_gs_base(const struct row *row)
{
#ifdef __x86_64__
	if (!do_there(gs_there))
		return;
	expect_true("no trap", !found.trapped);
	expect("the number there", found.events, 1);
#else
	skip("32-bit contexts have no gs base");
#endif
}

static void trap_there(void)
{
	found.trapped = traps(&found.kernel, do_ud, 0);
	traps_in_user(&found.user, do_pf_read, NOWHERE);
	traps_in_user(&found.other, do_int81, 0);
}

static void takes_traps(const struct row *row)
{
	if (!do_there(trap_there))
		return;
	expect_true("it traps", found.trapped);
	expect_hex("kernel: entry", found.kernel.regs.entry, 6);
	expect_hex("kernel: cs in the handler", found.kernel.regs.entry_cs,
		   FLAT_KERNEL_CS);
	expect_hex("kernel: ip", found.kernel.regs.ip, (unsigned long)do_ud_at);
	expect_hex("kernel: cs", found.kernel.regs.cs, FRAME_KERNEL_CS);
	expect_hex("user: entry", found.user.regs.entry, 14);
	expect_hex("user: cr2", found.user.cr2, NOWHERE);
	expect_hex("user: cs", found.user.regs.cs, USER_CS);
}

static void put_gate_there(void)
{
	found.rc = put_gate(0x81, 3, false);
	traps_in_user(&found.user, do_int81, 0);
}

/* The trap table belongs to the vCPU. */
static void own_trap_table(const struct row *row)
{
	struct seen seen;

	expect_errno("register here", put_gate(0x81, 3, false), 0);
	if (!do_there(trap_there))
		return;
	expect_hex("not registered there", found.other.regs.entry, 13);
	if (!do_there(put_gate_there))
		return;
	expect_errno("register there", found.rc, 0);
	expect_hex("registered there", found.user.regs.entry, 0x81);
	expect_errno("clear here", xen_pv_trap_table_clear(&this_vcpu()->traps),
		     0);
	expect_errno("load here", load_gates(&this_vcpu()->traps), 0);
	if (!do_there(put_gate_there))
		return;
	expect_hex("still registered there", found.user.regs.entry, 0x81);
	traps_in_user(&seen, do_int81, 0);
	expect_hex("not here", seen.regs.entry, 13);
}

static evtchn_port_t timer_port, self_port;

static void event_there(void)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;

	unmask_events();
	found.rc = notify(self_port);
	event_within(soon, before);
	mask_events();
	found.events = me->events - before;
	found.event_entry = me->event_entry;
	found.mask = me->event.mask;
}

static void timer_there(void)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;

	unmask_events();
	found.rc = xen_pv_vcpu_set_singleshot_timer(me->id, now() + 5 * MS,
						    false);
	event_within(soon, before);
	mask_events();
	found.events = me->events - before;
	found.event_entry = me->event_entry;
	found.mask = me->event.mask;
}

static void takes_event(const struct row *row)
{
	unsigned int here = this_vcpu()->events;

	if (bind_self(1, &self_port) || open_port(self_port) ||
	    bind_timer(1, &timer_port) || open_port(timer_port)) {
		broken("no ports for vCPU 1");
		return;
	}
	if (!do_there((void (*)(void))row->arg[0]))
		return;
	expect_errno("the call", found.rc, 0);
	expect("events there", found.events, 1);
	expect_hex("entry", found.event_entry, ENTRY_EVENT);
	expect("mask on entry", found.mask, 1);
	expect("events here", this_vcpu()->events - here, 0);
}

/* An event that one vCPU sends to the other */
static void event_from_here(const struct row *row)
{
	unsigned int before = it->events;
	u64 end = now() + soon * MS;

	if (bind_self(1, &self_port) || open_port(self_port)) {
		broken("no port for vCPU 1");
		return;
	}
	if (!do_there(unmask_events))
		return;
	expect_errno("send", notify(self_port), 0);
	while (load(it->events) == before && now() < end)
		pause();
	expect("events there", it->events - before, 1);
	if (do_there(mask_events))
		expect("the mask there",
		       shared_info->vcpu_info[1].evtchn_upcall_mask, 1);
}

/* 64-bit: the context carries the entry and, in its flags, the mask. */
#ifdef __x86_64__
static void syscall_there(void)
{
	traps_in_user(&found.user, do_syscall, 0);
}
#endif

static void syscall_from_context(const struct row *row)
{
#ifdef __x86_64__
	if (!do_there(syscall_there))
		return;
	expect_hex("entry", found.user.regs.entry, ENTRY_SYSCALL);
	expect("mask on entry", found.user.mask, 1);
	expect("saved mask", found.user.regs.saved_mask, 0);
#else
	skip("32-bit kernels have no such entry");
#endif
}

static void user_32(struct seen *seen)
{
	struct user_start start;

	user_start_at(&start, do_syscall32, 0);
#ifdef __x86_64__
	start.cs = FLAT_USER_CS32;
#endif
	traps_in_user_with(seen, &start);
}

static void syscall32_there(void)
{
	user_32(&found.user);
	found.rc = xen_pv_callback_register(&entry_points,
					    CALLBACKTYPE_syscall32);
	user_32(&found.other);
}

/* The context has no field for it: a new vCPU registers it itself. */
static void syscall32_by_itself(const struct row *row)
{
	struct seen seen;

	user_32(&seen);
	if (seen.regs.entry != ENTRY_SYSCALL32) {
		skip("this processor lacks the instruction");
		return;
	}
	if (!do_there(syscall32_there))
		return;
	expect_hex("before", found.user.regs.entry, IS_64BIT ? 6 : 13);
	expect_errno("callback_op", found.rc, 0);
	expect_hex("after", found.other.regs.entry, ENTRY_SYSCALL32);
}

static void nmi_there(unsigned long unused)
{
	u64 end = now() + soon * MS;

	store(found.mask, 1);		/* ready */
	while (now() < end)
		relax();
}

static void wait_for_nmi(void)
{
	found.trapped = traps(&found.kernel, nmi_there, 0);
}

static void nmi_from_here(const struct row *row)
{
	u64 end = now() + soon * MS;

	if (!it->running) {
		broken("vCPU 1 does not run");
		return;
	}
	memset(&found, 0, sizeof(found));
	store(it->job, wait_for_nmi);
	while (!load(found.mask) && now() < end)
		relax();
	expect_errno("send_nmi", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 1, NULL),
		     0);
	while (load(it->job) && now() < end)
		relax();
	expect_true("it came", !it->job && found.trapped);
	expect_hex("entry", found.kernel.regs.entry, 2);
}

static void runstate(const struct row *row)
{
	struct vcpu_runstate_info first, second;

	expect_errno("get", xen_pv_vcpu_get_runstate(1, &first), 0);
	expect_true("running, or about to", first.state <= RUNSTATE_runnable);
	if (!do_there(trap_there))
		return;
	expect_errno("get", xen_pv_vcpu_get_runstate(1, &second), 0);
	expect_true("it has run on", second.time[RUNSTATE_running] >
				     first.time[RUNSTATE_running]);
}

/* From outside: asked for at once, and done some time later */
static void goes_down(const struct row *row)
{
	expect_errno("down", xen_pv_vcpu_down(1), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(1), 0);
	expect_true("it stops", ends_up_offline(1));
	expect_errno("down again", xen_pv_vcpu_down(1), 0);
	store(it->job, trap_there);
	expect_true("it does nothing",
		    !event_within(LONG_ENOUGH, this_vcpu()->events) &&
		    load(it->job) == trap_there);
	store(it->job, NULL);
}

/* It goes on where it was, with what it had registered. */
static void up_again(const struct row *row)
{
	expect_errno("up", xen_pv_vcpu_up(1), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(1), 1);
	if (!do_there(trap_there))
		return;
	expect_hex("its trap table", found.user.regs.entry, 14);
	expect_hex("vector 0x81 is there yet", found.other.regs.entry, 0x81);
}

static void down_there(void)
{
	found.rc = xen_pv_vcpu_down(1);
	found.events = 1;
}

/* By itself: it stops within the call, which returns when it is up again. */
static void downs_itself(const struct row *row)
{
	u64 end;

	if (!it->running) {
		broken("vCPU 1 does not run");
		return;
	}
	memset(&found, 0, sizeof(found));
	store(it->job, down_there);
	expect_true("it stops", ends_up_offline(1));
	expect_errno("is_up", xen_pv_vcpu_is_up(1), 0);
	expect("the call is not back", load(found.events), 0);
	expect_errno("up", xen_pv_vcpu_up(1), 0);
	for (end = now() + soon * MS; load(it->job) && now() < end;)
		relax();
	expect("the call is back", load(found.events), 1);
	expect_errno("down", found.rc, 0);
	expect_true("it runs on", !load(it->job) && do_there(trap_there));
}

/*
 * vCPU 2: VGCF_online makes it up, but Xen does not wake it, and VCPUOP_up,
 * which finds it up already, does not either.  It takes a down and an up.
 * Its vcpu_info was moved by an earlier row.
 */
static void online(const struct row *row)
{
	struct vcpu_local *third = local_of(2);

	build_context(&ctxt, 2);
	ctxt.user_regs.ds = NO_SUCH_SEGMENT;
#ifdef __i386__
	/* Xen enters failsafe by its own flat selector, whatever is given. */
	ctxt.failsafe_callback_cs = 0;
#endif
	ctxt.flags |= VGCF_online;
	expect_errno("validator", xen_pv_vcpu_context_check(&ctxt, NULL), 0);
	expect_errno("initialise", xen_pv_vcpu_initialise(2, &ctxt), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(2), 1);
	expect_errno("up", xen_pv_vcpu_up(2), 0);
	expect_true("it does not run",
		    !wait_for(&third->running, true, LONG_ENOUGH));
	expect_errno("down", xen_pv_vcpu_down(2), 0);
	expect_errno("is_up after down", xen_pv_vcpu_is_up(2), 0);
}

/* Any data segment is taken; it is at its first run that it matters. */
static void failsafe(const struct row *row)
{
	struct vcpu_local *third = local_of(2);
	const struct regs *regs = &third->event.regs;

	/* Events unmasked, so that it is the entry that masks them */
	third->info->evtchn_pending_sel = 0;
	third->info->evtchn_upcall_pending = 0;
	third->info->evtchn_upcall_mask = 0;
	expect_errno("up", xen_pv_vcpu_up(2), 0);
	expect_true("it runs", wait_for(&third->running, true, soon));

	expect_hex("entry", regs->entry, ENTRY_FAILSAFE);
	expect_hex("ip", regs->ip, (unsigned long)start_secondary);
	expect_hex("cs", regs->cs, FRAME_KERNEL_CS);
	expect_hex("cs in the handler", regs->entry_cs, FLAT_KERNEL_CS);
	expect_hex("ds that could not be loaded",
		   failsafe_segments[0] & 0xffff, NO_SUCH_SEGMENT);
	expect_hex("es", failsafe_segments[1] & 0xffff, FLAT_USER_DS);
	expect_hex("fs", failsafe_segments[2] & 0xffff, 0);
	expect_hex("gs", failsafe_segments[3] & 0xffff, 0);
	expect("mask on entry", third->event.mask, 1);
	expect("saved mask", regs->saved_mask, 0);
	expect_errno("down", xen_pv_vcpu_down(2), 0);
	expect_true("it stops", ends_up_offline(2));
}

static const struct row rows[] = {
	{ "initialise_and_what_xen_puts_right", initialise },
	{ "initialise_again", initialise_again },
	{ "up", goes_up },
	{ "has_its_gdt", has_its_gdt },
	{ "has_its_gs_base", has_its_gs_base },
	{ "takes_traps", takes_traps },
	{ "has_its_own_trap_table", own_trap_table },
	{ "takes_an_event_of_its_own", takes_event, { (long)event_there } },
	{ "takes_its_timer", takes_event, { (long)timer_there } },
	{ "takes_an_event_of_another", event_from_here },
	{ "syscall_from_the_context", syscall_from_context },
	{ "syscall32_registered_by_itself", syscall32_by_itself },
	{ "nmi", nmi_from_here },
	{ "runstate", runstate },
	{ "down", goes_down },
	{ "up_again", up_again },
	{ "downs_itself", downs_itself },
	{ "online_is_up_but_not_woken", online },
	{ "failsafe_at_first_run", failsafe },
};

const struct suite suite_vcpu = { "vcpu", rows, ARRAY_SIZE(rows) };

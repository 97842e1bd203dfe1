// SPDX-License-Identifier: GPL-2.0
/*
 * The event callback, by a timer and by an event that the vCPU sends itself,
 * registered either way, masked and unmasked.
 */
#include "guest.h"

#define MS		1000000ULL
#define LONG_ENOUGH	50

static bool open_self(evtchn_port_t *port)
{
	if (bind_self(0, port) || open_port(*port)) {
		broken("no port for an event to oneself");
		return false;
	}
	return true;
}

static bool open_timer(void)
{
	evtchn_port_t port;

	if (bind_timer(0, &port) || open_port(port)) {
		broken("no port for the timer");
		return false;
	}
	return true;
}

/* An event that interrupts the kernel with events unmasked */
static void check_frame(void)
{
	const struct seen *event = &this_vcpu()->event;

	expect("mask on entry", event->mask, 1);
	expect("saved mask", event->regs.saved_mask, 0);
	expect_hex("IF in the frame", event->regs.flags & EFLAGS_IF, EFLAGS_IF);
	expect_hex("cs in the handler", event->regs.entry_cs, FLAT_KERNEL_CS);
	expect_hex("cs in the frame", event->regs.cs, FRAME_KERNEL_CS);
	expect("mask after iret", vcpu_info()->evtchn_upcall_mask, 0);
}

/* Send an event to oneself and expect it at an entry. */
static void comes_in_at(unsigned long entry)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;
	evtchn_port_t port;

	if (!open_self(&port))
		return;
	unmask_events();
	expect_errno("send", notify(port), 0);
	expect_true("the event comes", event_within(soon, before));
	mask_events();
	expect("how many", me->events - before, 1);
	expect_hex("entry", me->event_entry, entry);
	expect_hex("the port", me->ports, 1UL << port);
	vcpu_info()->evtchn_upcall_mask = 0;
	check_frame();
	mask_events();
}

static void self(const struct row *row)
{
	comes_in_at(ENTRY_EVENT);
}

static void masked(const struct row *row)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;
	evtchn_port_t port;

	if (!open_self(&port))
		return;
	expect_errno("send", notify(port), 0);
	expect_true("nothing comes", !event_within(LONG_ENOUGH, before));
	expect("pending", vcpu_info()->evtchn_upcall_pending, 1);
	unmask_events();
	expect_true("it comes now", event_within(soon, before));
	expect("how many", me->events - before, 1);
	check_frame();
}

/* A port's own mask: it is pending, but nobody is called. */
static void masked_port(const struct row *row)
{
	unsigned int before = this_vcpu()->events;
	evtchn_port_t port;

	if (!open_self(&port))
		return;
	shared_info->evtchn_mask[0] |= 1UL << port;
	unmask_events();
	expect_errno("send", notify(port), 0);
	expect_true("nothing comes", !event_within(LONG_ENOUGH, before));
	expect_true("the port is pending",
		    shared_info->evtchn_pending[0] & (1UL << port));
}

static void timer(const struct row *row)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;
	u64 then = now() + 20 * MS;

	if (!open_timer())
		return;
	unmask_events();
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, then, row->arg[0]), 0);
	expect_true("it comes", event_within(soon, before));
	expect_true("not before its time", now() >= then);
	mask_events();
	expect_hex("entry", me->event_entry, ENTRY_EVENT);
	vcpu_info()->evtchn_upcall_mask = 0;
	check_frame();
	expect_true("only once", !event_within(LONG_ENOUGH, before + 1));
}

static void timer_masked(const struct row *row)
{
	unsigned int before = this_vcpu()->events;

	if (!open_timer())
		return;
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, now() + MS, false), 0);
	expect_true("nothing comes", !event_within(LONG_ENOUGH, before));
	unmask_events();
	expect_true("it comes now", event_within(soon, before));
	check_frame();
}

static void timer_expired(const struct row *row)
{
	unsigned int before = this_vcpu()->events;

	if (!open_timer())
		return;
	unmask_events();
	expect_errno("set", xen_pv_vcpu_set_singleshot_timer(0, 1, row->arg[0]),
		     0);
	expect("the event has come when the call is back",
	       this_vcpu()->events - before, 1);
}

/* All 64 bits count: the lower ones alone would be a time that has passed. */
static void timer_far_away(const struct row *row)
{
	unsigned int before = this_vcpu()->events;

	if (!open_timer())
		return;
	unmask_events();
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0,
						      ((now() >> 32) + 2) << 32,
						      false), 0);
	expect_true("nothing comes", !event_within(LONG_ENOUGH, before));
	expect_errno("stop", xen_pv_vcpu_stop_singleshot_timer(0), 0);
}

static void timer_stopped(const struct row *row)
{
	unsigned int before = this_vcpu()->events;

	if (!open_timer())
		return;
	unmask_events();
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, now() + 20 * MS,
						      false), 0);
	expect_errno("stop", xen_pv_vcpu_stop_singleshot_timer(0), 0);
	expect_true("nothing comes", !event_within(LONG_ENOUGH, before));
}

static void timer_periodic(const struct row *row)
{
	struct vcpu_set_periodic_timer every = { .period_ns = 5 * MS };
	struct vcpu_local *me = this_vcpu();
	unsigned int i;

	if (!open_timer())
		return;
	unmask_events();
	expect_errno("set",
		     HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &every),
		     0);
	for (i = 0; i < 3; i++)
		expect_true("it comes", event_within(soon, me->events));
	expect_errno("stop", xen_pv_vcpu_stop_periodic_timer(0), 0);
}

/* Blocking lets events in. */
static void block(const struct row *row)
{
	unsigned int before = this_vcpu()->events;

	if (!open_timer())
		return;
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, now() + 5 * MS, false),
		     0);
	expect_errno("block", hypercall(__HYPERVISOR_sched_op, SCHEDOP_block,
					0, 0, 0), 0);
	expect("the event has come", this_vcpu()->events - before, 1);
	check_frame();
}

/* User mode is interrupted, and the handler runs on the kernel's stack. */
static void in_user_mode(const struct row *row)
{
	struct vcpu_local *me = this_vcpu();
	unsigned int before = me->events;
	const struct regs *regs = &me->event.regs;
	struct seen seen;

	if (!open_timer())
		return;
	me->event_jumps = true;
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, now() + 5 * MS, false),
		     0);
	traps_in_user(&seen, do_spin, 0);
	expect("an event", me->events - before, 1);
	expect("mask on entry", me->event.mask, 1);
	expect("saved mask", regs->saved_mask, 0);
	expect_hex("cs in the frame", regs->cs, USER_CS);
	expect_hex("cs in the handler", regs->entry_cs, FLAT_KERNEL_CS);
	expect_hex("ss in the frame", regs->ss, USER_SS);
	expect_hex("sp in the frame", regs->sp, (unsigned long)user_sp);
	expect_true("ip in the loop",
		    regs->ip >= (unsigned long)do_spin &&
		    regs->ip <= (unsigned long)do_spin_at + 2);
}

/* Entry 2 is registered, in each way, and then entry 1 again. */
static void by_set_callbacks(const struct row *row)
{
#ifdef __x86_64__
	int rc = HYPERVISOR_set_callbacks((unsigned long)event_entry_2,
					  (unsigned long)failsafe_entry,
					  (unsigned long)syscall_entry);
#else
	unsigned long cs = (FLAT_KERNEL_CS & ~3) | row->arg[0];
	int rc = HYPERVISOR_set_callbacks(cs, (unsigned long)event_entry_2,
					  cs, (unsigned long)failsafe_entry);
#endif

	expect_errno("set_callbacks", rc, 0);
	comes_in_at(ENTRY_EVENT_2);
	expect_errno("callback_op",
		     xen_pv_callback_register(&entry_points,
					      CALLBACKTYPE_event), 0);
	comes_in_at(ENTRY_EVENT);
	expect_errno("set_callbacks by the core",
		     xen_pv_callback_register_legacy(&entry_points), 0);
	comes_in_at(ENTRY_EVENT);
}

static int register_event_2(unsigned long rpl)
{
	struct callback_register reg;

	memset(&reg, 0, sizeof(reg));
	reg.type = CALLBACKTYPE_event;
	reg.address = XEN_CALLBACK((FLAT_KERNEL_CS & ~3) | rpl,
				   (unsigned long)event_entry_2);
	return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

/* Without CALLBACKF_mask_events: the event callback masks in any case. */
static void by_callback_op(const struct row *row)
{
	expect_errno("callback_op", register_event_2(row->arg[0]), 0);
	comes_in_at(ENTRY_EVENT_2);
}

/*
 * 32-bit: Xen takes a selector of RPL 3 as it is.  The processor cannot load
 * it for a segment of ring 1, and the guest gets a #GP in its stead.
 */
static void send_to_self(unsigned long port)
{
	unmask_events();
	expect_errno("send", notify(port), 0);
	event_within(LONG_ENOUGH, this_vcpu()->events);
}

static void rpl_3(const struct row *row)
{
	evtchn_port_t port;
	struct seen seen;

	if (IS_64BIT) {
		skip("64-bit kernels give no selector");
		return;
	}
	expect_errno("callback_op", register_event_2(3), 0);
	if (!open_self(&port))
		return;
	expect_true("a trap", traps(&seen, send_to_self, port));
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, FLAT_KERNEL_CS & ~3);
	expect_hex("ip", seen.regs.ip, (unsigned long)event_entry_2);
}

static const struct row rows[] = {
	{ "self.unmasked", self },
	{ "self.masked", masked },
	{ "self.masked_port", masked_port },
	{ "timer.unmasked", timer, { false } },
	{ "timer.flag_future", timer, { true } },
	{ "timer.masked", timer_masked },
	{ "timer.expired", timer_expired, { false } },
	{ "timer.expired_flag_future", timer_expired, { true } },
	{ "timer.far_away", timer_far_away },
	{ "timer.stopped", timer_stopped },
	{ "timer.periodic", timer_periodic },
	{ "block_unmasks", block },
	{ "user_mode", in_user_mode },
	{ "set_callbacks.rpl_of_the_kernel", by_set_callbacks,
	  { FLAT_KERNEL_CS & 3 } },
	{ "set_callbacks.rpl_0", by_set_callbacks, { 0 } },
	{ "callback_op.rpl_of_the_kernel", by_callback_op,
	  { FLAT_KERNEL_CS & 3 } },
	{ "callback_op.rpl_0", by_callback_op, { 0 } },
	{ "callback_op.rpl_3", rpl_3 },
};

const struct suite suite_events = { "events", rows, ARRAY_SIZE(rows) };

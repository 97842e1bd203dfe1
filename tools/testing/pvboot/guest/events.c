// SPDX-License-Identifier: GPL-2.0
/* Event channels, time, and the entry points besides the trap table. */
#include "guest.h"

#define WORD_BITS	(8 * sizeof(long))

static const struct callback_entry entries[] = {
	{ "event", (unsigned long)event_entry, CALLBACKTYPE_event, true },
	{ "failsafe", (unsigned long)failsafe_entry, CALLBACKTYPE_failsafe,
	  true },
#ifdef __x86_64__
	{ "syscall", (unsigned long)syscall_entry, CALLBACKTYPE_syscall, true },
#endif
	{ "syscall32", (unsigned long)syscall32_entry, CALLBACKTYPE_syscall32,
	  true },
	{ "sysenter", (unsigned long)sysenter_entry, CALLBACKTYPE_sysenter,
	  true },
};

const struct callback_table entry_points = {
	.entry = entries,
	.nr = ARRAY_SIZE(entries),
	.cs = FLAT_KERNEL_CS,
};

/*
 * Milliseconds in which something has to come where it comes at all.  A host
 * that is busy needs many; where rows are known to fail (hasty), few will do.
 */
unsigned int soon = 10000;

struct vcpu_info *vcpu_info(void)
{
	struct vcpu_local *me = this_vcpu();

	return me->info ? me->info : &shared_info->vcpu_info[me->id];
}

/**
 * reset_entry_points - register those of the table above, and no other
 */
void reset_entry_points(void)
{
	unsigned int i;

	for (i = 0; i < entry_points.nr; i++)
		if (xen_pv_callback_register(&entry_points, entries[i].type))
			broken("an entry point cannot be registered");
}

/* What is set in a word, which is cleared in one go */
static unsigned long take(unsigned long *word)
{
	return __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST);
}

/* Called by the stubs: write down, take what is pending, go back. */
void event_entered_c(struct regs *regs)
{
	struct vcpu_local *me = this_vcpu();
	struct vcpu_info *info = vcpu_info();
	unsigned long words;
	unsigned int w;

	me->event.regs = *regs;
	me->event.mask = info->evtchn_upcall_mask;
	me->event_entry = regs->entry;

	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	words = take(&info->evtchn_pending_sel);
	for (w = 0; words; w++, words >>= 1)
		if (words & 1)
			me->ports |= take(&shared_info->evtchn_pending[w]);
	store(me->events, me->events + 1);

	if (me->event_jumps) {
		me->event_jumps = false;
		jump_back(me->back);
	}
}

static u64 read_tsc(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

/**
 * now - Xen's system time
 *
 * Return: nanoseconds since Xen started.
 */
u64 now(void)
{
	struct vcpu_time_info *time = &vcpu_info()->time;
	u32 version, mul;
	u64 delta, then;
	int shift;

	do {
		version = load(time->version);
		barrier();
		delta = read_tsc();
		delta -= time->tsc_timestamp;
		shift = time->tsc_shift;
		mul = time->tsc_to_system_mul;
		then = time->system_time;
		barrier();
	} while ((version & 1) || version != load(time->version));

	delta = shift < 0 ? delta >> -shift : delta << shift;
	return then + (((delta & 0xffffffff) * mul) >> 32) +
	       (delta >> 32) * mul;
}

void mask_events(void)
{
	vcpu_info()->evtchn_upcall_mask = 1;
	barrier();
}

/**
 * unmask_events - let events in, those pending first
 *
 * Xen looks for pending events whenever it returns from a hypercall.
 */
void unmask_events(void)
{
	barrier();
	vcpu_info()->evtchn_upcall_mask = 0;
	barrier();
	hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
}

/**
 * event_within - wait for an event on the calling vCPU
 * @ms: as long as that
 * @before: the count of events from which on one counts
 *
 * Return: true where one came.
 */
bool event_within(unsigned int ms, unsigned int before)
{
	u64 end = now() + ms * 1000000ULL;

	while (load(this_vcpu()->events) == before) {
		if (now() > end)
			return false;
		pause();
	}
	return true;
}

bool wait_for(const bool *flag, bool wanted, unsigned int ms)
{
	u64 end = now() + ms * 1000000ULL;

	while (load(*flag) != wanted) {
		if (now() > end)
			return false;
		relax();
	}
	return true;
}

void relax(void)
{
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

static long event_op(unsigned int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_event_channel_op, cmd,
			 (unsigned long)arg, 0, 0);
}

/* Ports stay bound for good; Xen gives a VIRQ only once. */
static evtchn_port_t timer_port[MAX_VCPUS], self_port[MAX_VCPUS];

int bind_timer(unsigned int vcpu_id, evtchn_port_t *port)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = vcpu_id };
	int rc = 0;

	if (!timer_port[vcpu_id]) {
		rc = event_op(EVTCHNOP_bind_virq, &bind);
		if (!rc)
			timer_port[vcpu_id] = bind.port;
	}
	*port = timer_port[vcpu_id];
	return rc;
}

int bind_self(unsigned int vcpu_id, evtchn_port_t *port)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu_id };
	int rc = 0;

	if (!self_port[vcpu_id]) {
		rc = event_op(EVTCHNOP_bind_ipi, &bind);
		if (!rc)
			self_port[vcpu_id] = bind.port;
	}
	*port = self_port[vcpu_id];
	return rc;
}

/**
 * open_port - let a port's events through; what it had pending is dropped
 * @port: below the number of bits in a word, as the few of ours are
 *
 * Return: 0, or -ENXIO for another port.
 */
int open_port(evtchn_port_t port)
{
	if (port >= WORD_BITS)
		return -ENXIO;
	__atomic_fetch_and(&shared_info->evtchn_pending[0], ~(1UL << port),
			   __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&shared_info->evtchn_mask[0], ~(1UL << port),
			   __ATOMIC_SEQ_CST);
	return 0;
}

/**
 * close_ports - let no port's events through, and forget what is pending
 */
void close_ports(void)
{
	struct vcpu_info *info = vcpu_info();
	unsigned int w;

	for (w = 0; w < ARRAY_SIZE(shared_info->evtchn_mask); w++) {
		shared_info->evtchn_mask[w] = ~0UL;
		shared_info->evtchn_pending[w] = 0;
	}
	info->evtchn_pending_sel = 0;
	info->evtchn_upcall_pending = 0;
	this_vcpu()->ports = 0;
}

int notify(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	return event_op(EVTCHNOP_send, &send);
}

/**
 * power_off - end the domain
 * @reason: SHUTDOWN_*
 */
void power_off(unsigned int reason)
{
	struct sched_shutdown shutdown = { .reason = reason };

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
			  (unsigned long)&shutdown, 0, 0);
}

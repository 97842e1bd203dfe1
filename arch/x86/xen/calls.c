// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers for the hypercalls of start of day: each is counted and traced, and
 * may be made to fail with CONFIG_XEN_PV_FAIL.
 *
 * <xen/pvboot/host.h> has the core call these instead of the plain ones.
 */
#include <kunit/static_stub.h>

#include <linux/atomic.h>
#include <linux/smp.h>

#include <xen/interface/xen.h>
#include <xen/interface/callback.h>
#include <xen/interface/vcpu.h>
#include <xen/pvboot/calls.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "calls.h"
#include "pv.h"

#ifdef HYPERVISOR_set_trap_table
#error "<xen/pvboot/host.h> makes these functions call themselves"
#endif

#define CREATE_TRACE_POINTS
#include <trace/events/xen_pvboot.h>

#define CALL(call, sub, number, sub_number) \
	{ .name = call, .command = sub, .nr = number, .sub_nr = sub_number }

/* By hypercall; debugfs and xen_fail= know them by these names. */
const struct xen_pv_call xen_pv_calls[] = {
	CALL("set_trap_table", NULL, __HYPERVISOR_set_trap_table, 0),
	CALL("callback_op", "event", __HYPERVISOR_callback_op,
	     CALLBACKTYPE_event),
	CALL("callback_op", "failsafe", __HYPERVISOR_callback_op,
	     CALLBACKTYPE_failsafe),
	CALL("callback_op", "syscall", __HYPERVISOR_callback_op,
	     CALLBACKTYPE_syscall),
	CALL("callback_op", "syscall32", __HYPERVISOR_callback_op,
	     CALLBACKTYPE_syscall32),
	CALL("callback_op", "sysenter", __HYPERVISOR_callback_op,
	     CALLBACKTYPE_sysenter),
	CALL("set_callbacks", NULL, __HYPERVISOR_set_callbacks, 0),
	CALL("vcpu_op", "register_vcpu_info", __HYPERVISOR_vcpu_op,
	     VCPUOP_register_vcpu_info),
	CALL("vcpu_op", "register_runstate", __HYPERVISOR_vcpu_op,
	     VCPUOP_register_runstate_memory_area),
	CALL("vcpu_op", "initialise", __HYPERVISOR_vcpu_op, VCPUOP_initialise),
	CALL("vcpu_op", "up", __HYPERVISOR_vcpu_op, VCPUOP_up),
	CALL("vcpu_op", "down", __HYPERVISOR_vcpu_op, VCPUOP_down),
	CALL("vcpu_op", "is_up", __HYPERVISOR_vcpu_op, VCPUOP_is_up),
	CALL("vcpu_op", "get_runstate", __HYPERVISOR_vcpu_op,
	     VCPUOP_get_runstate_info),
	CALL("linux", "alive", XEN_PV_NO_HYPERCALL, XEN_PV_ALIVE),
	CALL("linux", "dead", XEN_PV_NO_HYPERCALL, XEN_PV_DEAD),
	CALL("memory", "table", XEN_PV_NO_HYPERCALL, XEN_PV_TABLE),
	CALL("memory", "space", XEN_PV_NO_HYPERCALL, XEN_PV_SPACE),
};

#undef CALL

const unsigned int xen_pv_nr_calls = ARRAY_SIZE(xen_pv_calls);

/* How often each was made, on all CPUs */
static atomic_t made[ARRAY_SIZE(xen_pv_calls)];

/* Return: NULL for a command that is not of start of day. */
static const struct xen_pv_call *find_call(unsigned int nr, unsigned int sub_nr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(xen_pv_calls); i++)
		if (xen_pv_calls[i].nr == nr &&
		    xen_pv_calls[i].sub_nr == sub_nr)
			return &xen_pv_calls[i];
	return NULL;
}

/*
 * Return: whether to make the call.  One that is to fail is not made, so that
 * nothing has to be undone, and @rc is set to its error.
 */
static bool may_call(unsigned int nr, unsigned int sub_nr, unsigned int vcpu,
		     int *rc)
{
	const struct xen_pv_call *call = find_call(nr, sub_nr);

	if (!call)
		return true;
	atomic_inc(&made[call - xen_pv_calls]);
	return !xen_pv_is_to_fail(call, vcpu, rc);
}

/**
 * xen_pv_delays - whether a CPU may not report yet that it is alive, or dead
 * @report: which
 * @vcpu: Xen's number of its vCPU
 *
 * Fault injection; it makes no hypercall.
 *
 * Return: true as long as it may not.
 */
bool xen_pv_delays(enum xen_pv_fail_point report, unsigned int vcpu)
{
	int rc;

	return xen_pv_is_to_fail(find_call(XEN_PV_NO_HYPERCALL, report), vcpu,
				 &rc);
}

static unsigned int this_vcpu(void)
{
	return xen_vcpu_nr(raw_smp_processor_id());
}

#ifdef CONFIG_XEN_PV_FAIL
/**
 * xen_pv_refuses - whether Xen is to refuse something of memory, for a test
 * @point: XEN_PV_TABLE or XEN_PV_SPACE; it is not asked then
 *
 * Return: 0, or a negative errno.
 */
int xen_pv_refuses(enum xen_pv_fail_point point)
{
	const struct xen_pv_call *call = find_call(XEN_PV_NO_HYPERCALL, point);
	int rc;

	return xen_pv_is_to_fail(call, this_vcpu(), &rc) ? rc : 0;
}
#endif

/**
 * xen_pv_set_trap_table - set_trap_table for the calling vCPU
 * @table: entries, the last one with address 0; NULL clears all vectors
 *
 * Return: what Xen answered.
 */
int xen_pv_set_trap_table(struct trap_info *table)
{
	unsigned int vcpu = this_vcpu();
	int rc;

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_set_trap_table, table);
	if (may_call(__HYPERVISOR_set_trap_table, 0, vcpu, &rc))
		rc = HYPERVISOR_set_trap_table(table);
	trace_xen_pv_set_trap_table(vcpu, table, rc);
	return rc;
}

/**
 * xen_pv_callback_op - callback_op for the calling vCPU
 * @cmd: CALLBACKOP_register is the one that is counted
 * @arg: struct callback_register
 *
 * Return: what Xen answered.
 */
int xen_pv_callback_op(int cmd, void *arg)
{
	const struct callback_register *reg = arg;
	unsigned int vcpu = this_vcpu();
	int rc;

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_callback_op, cmd, arg);
	if (may_call(__HYPERVISOR_callback_op, reg->type, vcpu, &rc))
		rc = HYPERVISOR_callback_op(cmd, arg);
	trace_xen_pv_callback_op(vcpu, reg, rc);
	return rc;
}

#ifdef CONFIG_X86_64
/**
 * xen_pv_set_callbacks - set_callbacks for the calling vCPU
 * @event_address: entry point of the event callback
 * @failsafe_address: of the failsafe callback
 * @syscall_address: of the 64-bit system call
 *
 * Linux has no wrapper of its own for it.
 *
 * Return: what Xen answered.
 */
int xen_pv_set_callbacks(unsigned long event_address,
			 unsigned long failsafe_address,
			 unsigned long syscall_address)
{
	unsigned int vcpu = this_vcpu();
	int rc;

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_set_callbacks, event_address,
				   failsafe_address, syscall_address);
	if (may_call(__HYPERVISOR_set_callbacks, 0, vcpu, &rc))
		rc = _hypercall3(int, set_callbacks, event_address,
				 failsafe_address, syscall_address);
	trace_xen_pv_set_callbacks(vcpu, event_address, failsafe_address,
				   syscall_address, rc);
	return rc;
}
#else
/*
 * In 32 bits set_callbacks takes a code selector and an address, for the event
 * callback and for failsafe.
 */
int xen_pv_set_callbacks(unsigned long event_selector,
			 unsigned long event_address,
			 unsigned long failsafe_selector,
			 unsigned long failsafe_address)
{
	unsigned int vcpu = this_vcpu();
	int rc;

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_set_callbacks, event_selector,
				   event_address, failsafe_selector,
				   failsafe_address);
	if (may_call(__HYPERVISOR_set_callbacks, 0, vcpu, &rc))
		rc = _hypercall4(int, set_callbacks, event_selector,
				 event_address, failsafe_selector,
				 failsafe_address);
	trace_xen_pv_set_callbacks(vcpu, event_address, failsafe_address, 0, rc);
	return rc;
}
#endif

/**
 * xen_pv_vcpu_op - vcpu_op
 * @cmd: VCPUOP_*
 * @vcpu: Xen's number
 * @arg: as the command wants it, or NULL
 *
 * Return: what Xen answered.
 */
int xen_pv_vcpu_op(int cmd, int vcpu, void *arg)
{
	int rc;

	if (may_call(__HYPERVISOR_vcpu_op, cmd, vcpu, &rc))
		rc = HYPERVISOR_vcpu_op(cmd, vcpu, arg);
	trace_xen_pv_vcpu_op(cmd, vcpu, rc);
	return rc;
}

/**
 * xen_pv_count_traps - how many entries a list for set_trap_table has
 * @table: ends with an entry without an address; may be NULL
 *
 * Return: the number, without the last one.
 */
unsigned int xen_pv_count_traps(const struct trap_info *table)
{
	unsigned int nr = 0;

	while (table && table[nr].address)
		nr++;
	return nr;
}

/**
 * xen_pv_calls_made - how often a hypercall of start of day was made
 * @call: index into xen_pv_calls
 *
 * Includes those that were made to fail.
 *
 * Return: the number, of all vCPUs together.
 */
unsigned int xen_pv_calls_made(unsigned int call)
{
	return atomic_read(&made[call]);
}

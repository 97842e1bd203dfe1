// SPDX-License-Identifier: GPL-2.0
/*
 * A domain's end, with the reason that the toolstack acts on, and the placing
 * of a vCPU: SCHEDOP_shutdown and SCHEDOP_pin_override.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>

#include <xen/xen-ops.h>
#include <xen/interface/sched.h>

#include <asm/xen/hypercall.h>

#include "pv.h"

/* What a restart in an emergency says: that it is one after a panic */
static int emergency_reason = SHUTDOWN_reboot;

/* xen_legacy_crash: leave the domain at a panic before messages are dumped */
static bool crash_at_once __ro_after_init;

static int __init parse_legacy_crash(char *arg)
{
	crash_at_once = true;
	return 0;
}
early_param("xen_legacy_crash", parse_legacy_crash);

/**
 * xen_reboot - end the domain
 * @reason: SHUTDOWN_*, by which the toolstack decides what becomes of it
 *
 * Returns only where Xen refuses, and the caller's own way to halt is left.
 *
 * Context: any.
 */
void xen_reboot(int reason)
{
	struct sched_shutdown shutdown = { .reason = reason };
	int rc;

	rc = HYPERVISOR_sched_op(SCHEDOP_shutdown, &shutdown);
	pr_emerg("shutdown for reason %d: %s (%d)\n", reason,
		 xen_errno_name(rc), rc);
}

/**
 * xen_emergency_restart - end the domain from any state
 *
 * Context: any, panic() among them.
 */
void xen_emergency_restart(void)
{
	xen_reboot(emergency_reason);
}

/*
 * Called by panic(), the last of the notifiers.  A crash kernel that is loaded
 * has the domain to itself.
 */
static int note_panic(struct notifier_block *self, unsigned long event,
		      void *text)
{
	if (kexec_crash_loaded())
		return NOTIFY_DONE;

	if (crash_at_once)
		xen_reboot(SHUTDOWN_crash);

	/*
	 * panic() dumps messages, then restarts the machine: that becomes a
	 * crash.  Waiting for ever, the default, would leave a domain that the
	 * toolstack takes for a live one.
	 */
	emergency_reason = SHUTDOWN_crash;
	if (!panic_timeout)
		panic_timeout = -1;
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call	= note_panic,
	.priority	= INT_MIN,
};

/**
 * xen_panic_handler_init - have a panic reported as a crash of the domain
 *
 * Return: 0, always.
 */
int xen_panic_handler_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}

/*
 * Return: whether it is worthwhile to ask again, about another CPU.
 */
static bool tell_why_not_pinned(int cpu, int rc)
{
	switch (rc) {
	case -EINVAL:
	case -EBUSY:
		pr_warn("no physical CPU %d to pin to, see Xen's CPU pools\n",
			cpu);
		return true;
	case -EPERM:
		pr_warn("only a hardware domain may pin itself to CPU %d\n",
			cpu);
		return false;
	case -ENOSYS:
		pr_warn("this Xen cannot pin to CPU %d, a pinned vCPU may help\n",
			cpu);
		return false;
	default:
		pr_warn("cannot pin to physical CPU %d: %s (%d)\n", cpu,
			xen_errno_name(rc), rc);
		return false;
	}
}

/**
 * xen_pin_vcpu - have this vCPU run on one physical CPU, or on any again
 * @cpu: the machine's number of a CPU; negative: the override ends
 *
 * Used by drivers whose firmware has to be called on a certain CPU.  Where it
 * cannot be done a line says so, and the call is made wherever the vCPU runs.
 *
 * Context: process, on the CPU whose vCPU is meant.
 * ABI: SCHEDOP_pin_override, for the hardware domain only.
 */
void xen_pin_vcpu(int cpu)
{
	static bool cannot_pin;
	struct sched_pin_override override = { .pcpu = cpu };
	int rc;

	if (cannot_pin)
		return;

	rc = HYPERVISOR_sched_op(SCHEDOP_pin_override, &override);
	if (rc && cpu >= 0)
		cannot_pin = !tell_why_not_pinned(cpu, rc);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * PV spinlocks, for PV and HVM guests.
 *
 * The lock's owner may have been preempted by the hypervisor.  Core code queues
 * the waiters; this file has how the first of them blocks and how it is woken.
 */
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>

#include <asm/paravirt.h>
#include <asm/qspinlock.h>

#include <xen/xen-ops.h>

#include "pv.h"
#include "waiting.h"

/*
 * Set while this CPU waits for a lock.  A waiter that interrupts another one on
 * the same CPU must not take its kick.
 */
static DEFINE_PER_CPU(bool, lock_wait);

static void wait_for_lock(u8 *lock, u8 taken)
{
	bool outer;

	if (in_nmi())
		return;

	outer = this_cpu_xchg(lock_wait, true);
	if (READ_ONCE(*lock) == taken && (outer || !xen_take_kick()))
		xen_sleep_until_kicked(0);
	this_cpu_write(lock_wait, outer);
}

static void kick_waiter(int cpu)
{
	xen_kick_cpu(cpu);
}

PV_CALLEE_SAVE_REGS_THUNK(xen_vcpu_stolen);

static void __init install_queued_locks(void)
{
#ifdef _ARCH_X86_XEN_COMPAT_H
	/* In 6.12 these are no static calls. */
	pv_ops.lock.queued_spin_lock_slowpath = __pv_queued_spin_lock_slowpath;
	pv_ops.lock.queued_spin_unlock = PV_CALLEE_SAVE(__pv_queued_spin_unlock);
#else
	static_call_update(queued_spin_lock_slowpath,
			   __pv_queued_spin_lock_slowpath);
	static_call_update(queued_spin_unlock,
			   __raw_callee_save___pv_queued_spin_unlock);
#endif
}

/**
 * xen_init_spinlocks - have contended locks sleep
 *
 * Before alternatives are patched, which covers the lock functions.
 */
void __init xen_init_spinlocks(void)
{
	if (num_possible_cpus() == 1)
		nopvspin = true;
	if (nopvspin) {
		static_branch_disable(&virt_spin_lock_key);
		return;
	}

	__pv_init_lock_hash();
	install_queued_locks();
	pv_ops_lock.wait = wait_for_lock;
	pv_ops_lock.kick = kick_waiter;
	pv_ops_lock.vcpu_is_preempted = PV_CALLEE_SAVE(xen_vcpu_stolen);
}

/**
 * xen_init_lock_cpu - an HVM guest's CPU comes up
 * @cpu: Linux's number
 *
 * If the kicker cannot be bound, this CPU spins on contended locks.
 */
void xen_init_lock_cpu(int cpu)
{
	int rc = nopvspin ? 0 : xen_bind_kicker(cpu);

	if (rc)
		pr_err("xen: CPU %d: no kicker (%d), locks spin\n", cpu, rc);
}

/**
 * xen_uninit_lock_cpu - an HVM guest's CPU has died
 * @cpu: Linux's number
 */
void xen_uninit_lock_cpu(int cpu)
{
	xen_unbind_kicker(cpu);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPU's event mask as the interrupt flag.
 *
 * Xen keeps both the mask and the pending flag in vcpu_info, in guest memory.
 * Reading and changing them is in entry.S, in a few instructions that count on
 * vcpu_info lying in the per-CPU area.  That is arranged here; before it is,
 * events are off and nothing may turn them on.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/instruction_pointer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <asm/paravirt.h>

#include <xen/interface/sched.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "pv.h"

/*
 * Wait for an event.  Xen unmasks events and looks for one in the same step,
 * as sti; hlt does.
 */
static noinstr void xen_pv_safe_halt(void)
{
	int rc = HYPERVISOR_sched_op(SCHEDOP_block, NULL);

	/* It cannot fail; if it did, the idle loop would only spin. */
	if (unlikely(rc)) {
		instrumentation_begin();
		WARN_ONCE(1, "xen: SCHEDOP_block: %d\n", rc);
		instrumentation_end();
		raw_local_irq_enable();
	}
}

/*
 * hlt with interrupts off: no event can wake this vCPU up.  If other CPUs are
 * online they continue without it.  If it is the only one, VCPUOP_down would
 * have Xen power the domain off as if that had been requested; but a regular
 * shutdown goes through machine_ops, which tell Xen the reason.  What gets here
 * is an error, in core x86 an exception before there are handlers, and without
 * earlyprintk= nothing has been printed: crash the domain.
 */
static void xen_pv_halt(void)
{
	unsigned int vcpu;
	int rc;

	if (!irqs_disabled()) {
		xen_pv_safe_halt();
		return;
	}

	vcpu = xen_vcpu_nr(smp_processor_id());

	/* It is 0 until the boot CPU is marked online. */
	if (num_online_cpus() <= 1)
		xen_pv_fatal("halt with interrupts off", vcpu, _RET_IP_, 0);

	rc = xen_pv_vcpu_down(vcpu);
	if (rc)
		xen_pv_fatal("VCPUOP_down", vcpu, 0, rc);
}

/**
 * xen_pv_install_early_irq_ops - irq ops for use until vcpu_info is in place
 *
 * Xen starts the boot vCPU with events masked, and they stay so: the flag
 * reads as clear, clearing it does nothing, setting it is a bug in the kernel.
 */
void __init xen_pv_install_early_irq_ops(void)
{
	pv_ops.irq.save_fl = __PV_IS_CALLEE_SAVE(paravirt_ret0);
	pv_ops.irq.irq_disable = __PV_IS_CALLEE_SAVE(paravirt_nop);
	pv_ops.irq.irq_enable = __PV_IS_CALLEE_SAVE(BUG_func);
	pv_ops.irq.safe_halt = xen_pv_safe_halt;
	pv_ops.irq.halt = xen_pv_halt;
}

/**
 * xen_pv_setup_vcpu_info_placement - number the vCPUs, move vcpu_info into the
 *				   per-CPU area
 *
 * The boot CPU's.  The others get theirs on their way up.  The name is one that
 * other files know.
 *
 * ABI: evtchn_upcall_mask, evtchn_upcall_pending and arch.cr2 of struct
 * vcpu_info.
 */
void __init xen_pv_setup_vcpu_info_placement(void)
{
	unsigned int cpu;
	int rc;

	for_each_possible_cpu(cpu) {
		/* a PV guest's vCPUs are numbered like Linux's CPUs */
		per_cpu(xen_vcpu_id, cpu) = cpu;
		xen_vcpu_info_reset(cpu);
	}

	rc = xen_pv_register_vcpu_info(0);
	if (rc)
		xen_pv_fatal("VCPUOP_register_vcpu_info", 0, 0, rc);

	pv_ops.mmu.read_cr2 = __PV_IS_CALLEE_SAVE(xen_read_cr2_direct);
	pv_ops.irq.irq_enable = __PV_IS_CALLEE_SAVE(xen_irq_enable_direct);
	pv_ops.irq.irq_disable = __PV_IS_CALLEE_SAVE(xen_irq_disable_direct);
	pv_ops.irq.save_fl = __PV_IS_CALLEE_SAVE(xen_save_fl_direct);
}

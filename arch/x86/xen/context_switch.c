// SPDX-License-Identifier: GPL-2.0
/*
 * What a context switch costs: two hypercalls.
 *
 * Between start and end the changes that a switch makes (root, TLS, LDT) wait.
 * The end loads the roots, and sends the others, which are rare, as one
 * multicall; the stack is the last.  The page-table code batches in the same way;
 * a CPU is in one of the two modes at a time, and an interrupt handler is in none,
 * as it must not wait for the code under it.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/thread_info.h>

#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>

#include <asm/io_bitmap.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/segment.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "multicalls.h"
#include "pv.h"

#ifdef _ARCH_X86_XEN_COMPAT_H
/* In 6.12 one mode is for page tables or for CPU state, and mm/ uses it. */
DEFINE_PER_CPU(enum xen_lazy_mode, xen_lazy_mode) = XEN_LAZY_NONE;
DEFINE_PER_CPU(unsigned int, xen_lazy_nesting);

enum xen_lazy_mode xen_get_lazy_mode(void)
{
	return in_interrupt() ? XEN_LAZY_NONE : this_cpu_read(xen_lazy_mode);
}

static void start_switch(struct task_struct *prev)
{
	if (this_cpu_read(xen_lazy_mode) == XEN_LAZY_MMU) {
		arch_leave_lazy_mmu_mode();
		set_tsk_thread_flag(prev, TIF_LAZY_MMU_UPDATES);
	}
	enter_lazy(XEN_LAZY_CPU);
}

static void end_switch(struct task_struct *next)
{
	leave_lazy(XEN_LAZY_CPU);
	if (test_and_clear_tsk_thread_flag(next, TIF_LAZY_MMU_UPDATES))
		arch_enter_lazy_mmu_mode();
}
#else
static DEFINE_PER_CPU(bool, switching);

/**
 * xen_is_cpu_lazy_mode() - whether changes of CPU state may wait
 *
 * Return: true inside a context switch, but not in an interrupt, whose changes
 * must have happened when it returns.
 */
bool xen_is_cpu_lazy_mode(void)
{
	return !in_interrupt() && this_cpu_read(switching);
}

static void start_switch(struct task_struct *prev)
{
	__task_lazy_mmu_mode_pause(prev);
	this_cpu_write(switching, true);
}

/* A task that has never run was never paused: its count would fall below 0. */
static void end_switch(struct task_struct *next)
{
	this_cpu_write(switching, false);
	if (next->lazy_mmu_state.pause_count)
		__task_lazy_mmu_mode_resume(next);
}
#endif

/**
 * xen_pv_start_context_switch() - from here on, changes of CPU state may wait
 * @prev: the task that is left, which may be inside a page-table batch
 *
 * That batch is sent first, and goes on when @prev runs again.
 */
void xen_pv_start_context_switch(struct task_struct *prev)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);

	lockdep_assert_preemption_disabled();

	start_switch(prev);
	/* start_switch() sends nothing where softirqs are disabled */
	if (unlikely(batch->nr_updates))
		xen_pv_send_updates(batch);

	batch->switching = true;
	if (!(prev->flags & PF_KTHREAD))
		batch->user_gs_known = false;
}

/**
 * xen_pv_end_context_switch() - send what waited
 * @next: the task that runs now; a page-table batch of its own goes on
 */
void xen_pv_end_context_switch(struct task_struct *next)
{
	lockdep_assert_preemption_disabled();

	xen_mc_flush();
	end_switch(next);
}

/*
 * The GS base of programs
 *
 * A switch reads what the last task has and writes what the next one gets.  Xen
 * emulates the read, as the base is the one that SWAPGS would bring.  Programs
 * change it as they like; a kernel thread does not, so that behind one the CPU
 * has what was loaded last.  Nothing is known outside a switch, where a program
 * may have run since.
 */

/**
 * xen_pv_read_user_gs() - the base that programs have, or had when they were left
 *
 * Not read inside a switch in which it was read or written, or from a kernel
 * thread that came after one.
 *
 * Context: any; where interrupts are on nothing is known, as the CPU may change.
 *
 * Return: it.
 */
u64 xen_pv_read_user_gs(void)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);
	bool in_switch = batch->switching && irqs_disabled();
	u64 base;

	if (in_switch && batch->user_gs_known)
		return batch->user_gs;

	base = native_read_msr(MSR_KERNEL_GS_BASE);
	if (in_switch) {
		batch->user_gs = base;
		batch->user_gs_known = true;
	}
	return base;
}

/**
 * xen_pv_note_user_gs() - the base is about to be written
 * @base: it
 *
 * Context: as for xen_pv_read_user_gs().
 *
 * Return: false where it is what the CPU has, so that it need not be written.
 */
bool xen_pv_note_user_gs(u64 base)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);

	if (!irqs_disabled())
		return true;
	if (batch->switching && batch->user_gs_known && batch->user_gs == base)
		return false;

	batch->user_gs = base;
	batch->user_gs_known = batch->switching;
	return true;
}

/**
 * xen_pv_forget_user_gs() - the base has become another one, which is not known
 */
void xen_pv_forget_user_gs(void)
{
	this_cpu_read(xen_pv_batch)->user_gs_known = false;
}

static int switch_stack(unsigned long ss, unsigned long sp0)
{
	return _hypercall2(int, stack_switch, ss, sp0);
}

/**
 * xen_pv_load_sp0() - choose the stack for entries from user mode
 * @sp0: its top
 *
 * The last thing of a context switch.  A kernel thread has no such entries, so
 * that it leaves what is there.
 *
 * Refused, the task's entries would be upon the stack of another one.
 *
 * ABI: stack_switch.  The TSS that Linux keeps is of no use to the CPU: it says
 * what Xen has.
 */
void xen_pv_load_sp0(unsigned long sp0)
{
	int rc;

	this_cpu_read(xen_pv_batch)->switching = false;

	/* in 32 bits the task is not the current one yet */
	if ((IS_ENABLED(CONFIG_X86_64) && current->flags & PF_KTHREAD) ||
	    this_cpu_read(cpu_tss_rw.x86_tss.sp0) == sp0)
		return;

	rc = switch_stack(XEN_PV_KERNEL_DS, sp0);
	if (unlikely(rc))
		xen_pv_fatal("stack_switch", xen_vcpu_nr(smp_processor_id()),
			     sp0, rc);
	this_cpu_write(cpu_tss_rw.x86_tss.sp0, sp0);
}

#ifdef CONFIG_X86_IOPL_IOPERM
/* @bitmap: a bit a port, set where access is denied; read at each access */
static int set_io_bitmap(void *bitmap, unsigned int ports)
{
	struct physdev_set_iobitmap op = {
		.bitmap = bitmap,
		.nr_ports = ports,
	};

	return HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

/**
 * xen_pv_invalidate_io_bitmap() - no port for the task that runs next
 *
 * Xen checks the number of ports only, so 0 cannot fail.  If it did, the next
 * task would have the last one's ports: worth more than a line in the log.
 */
void xen_pv_invalidate_io_bitmap(void)
{
	int rc;

	native_tss_invalidate_io_bitmap();

	rc = set_io_bitmap(NULL, 0);
	WARN_ONCE(rc, "I/O ports not taken back: %s\n", xen_errno_name(rc));
}

/**
 * xen_pv_update_io_bitmap() - the ports of the task that runs next
 *
 * The bitmap that Linux chose for it stands in the TSS.  One that Xen refuses
 * is replaced by none, never left to be the last task's.
 */
void xen_pv_update_io_bitmap(void)
{
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss_rw.x86_tss);
	int rc;

	native_tss_update_io_bitmap();

	if (tss->io_bitmap_base == IO_BITMAP_OFFSET_INVALID) {
		xen_pv_invalidate_io_bitmap();
		return;
	}

	rc = set_io_bitmap((void *)tss + tss->io_bitmap_base, IO_BITMAP_BITS);
	if (rc) {
		pr_err_ratelimited("I/O ports not granted: %s\n",
				   xen_errno_name(rc));
		xen_pv_invalidate_io_bitmap();
	}
}
#endif /* CONFIG_X86_IOPL_IOPERM */

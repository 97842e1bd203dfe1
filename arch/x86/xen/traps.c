// SPDX-License-Identifier: GPL-2.0
/*
 * The C side of entries that differ from hardware's.
 *
 * #DB, NMI, #DF and #MC run on stacks of their own on hardware; under Xen they
 * come on the kernel stack like every other trap.  The functions that do the
 * work are the same, but which of their two forms is right depends on where
 * the trap came from alone.
 */
#include <linux/bug.h>
#include <linux/context_tracking.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/percpu.h>

#include <asm/idtentry.h>
#include <asm/irq_regs.h>
#include <asm/irq_stack.h>
#include <asm/mach_traps.h>
#include <asm/processor-flags.h>
#include <asm/traps.h>

#include <xen/events.h>
#include <xen/xen-ops.h>

#include "entry.h"
#include "pv.h"

DEFINE_IDTENTRY_RAW(xenpv_exc_nmi)
{
	exc_nmi(regs);
}

DEFINE_IDTENTRY_RAW_ERRORCODE(xenpv_exc_double_fault)
{
#ifdef CONFIG_X86_64
	exc_double_fault(regs, error_code);
#else
	/* never registered: the gate is one to another task */
	exc_double_fault(regs, error_code, 0);
#endif
}

#ifdef CONFIG_X86_64
/* defined without a prototype in arch/x86/kernel/traps.c */
void noist_exc_debug(struct pt_regs *regs);
#else
/* 32-bit has one form for both. */
#define noist_exc_debug		exc_debug
#define noist_exc_machine_check	exc_machine_check
#endif

DEFINE_IDTENTRY_RAW(xenpv_exc_debug)
{
	if (!user_mode(regs))
		exc_debug(regs);
	else
		noist_exc_debug(regs);
}

#ifdef CONFIG_X86_MCE
DEFINE_IDTENTRY_RAW(xenpv_exc_machine_check)
{
	if (!user_mode(regs))
		exc_machine_check(regs);
	else
		noist_exc_machine_check(regs);
}
#endif

/*
 * Core x86 declares an entry for unknown traps.  No stub leads there: idt.c
 * rejects gates that it does not know.
 */
DEFINE_IDTENTRY_RAW(exc_xen_unknown_trap)
{
	instrumentation_begin();
	panic("xen: trap through a gate that was never registered, at %pS",
	      (void *)regs->ip);
	instrumentation_end();
}

/*
 * A task inside a hypercall on behalf of the toolstack may stay there for
 * seconds.  Where interrupts do not preempt the upcall is the one place where it
 * can give way; the driver marks such calls.
 */
#if !defined(CONFIG_PREEMPTION) || defined(CONFIG_PREEMPT_DYNAMIC)
DEFINE_PER_CPU(bool, xen_in_preemptible_hcall);
EXPORT_PER_CPU_SYMBOL_GPL(xen_in_preemptible_hcall);

/*
 * The mark is the task's, but kept with the CPU: take it off while others run
 * here, and put it back where the task goes on.  The rest of the way out,
 * irqentry_exit(), is the same as without the mark: it tells lockdep and the
 * tracer that interrupts are on again, and does not schedule itself.
 */
static void give_way_in_hypercall(const irqentry_state_t *state)
{
	if (!__this_cpu_read(xen_in_preemptible_hcall))
		return;

	__this_cpu_write(xen_in_preemptible_hcall, false);
	if (!WARN_ON_ONCE(state->exit_rcu))
		raw_irqentry_exit_cond_resched();
	__this_cpu_write(xen_in_preemptible_hcall, true);
}
#else
static void give_way_in_hypercall(const irqentry_state_t *state)
{
}
#endif

static void serve_events(struct pt_regs *regs)
{
	struct pt_regs *interrupted = set_irq_regs(regs);

	inc_irq_stat(HYPERVISOR_CALLBACK);
	xen_evtchn_do_upcall();
	set_irq_regs(interrupted);
}

/**
 * xen_pv_evtchn_do_upcall - serve the events that Xen says are pending
 * @regs: what was interrupted
 *
 * Called by the upcall's entry code, with events masked.
 */
__visible noinstr void xen_pv_evtchn_do_upcall(struct pt_regs *regs)
{
	irqentry_state_t state = irqentry_enter(regs);

	instrumentation_begin();
	run_sysvec_on_irqstack_cond(serve_events, regs);
	give_way_in_hypercall(&state);
	instrumentation_end();

	irqentry_exit(regs, state);
}

#ifdef CONFIG_DEBUG_ENTRY
static noinline void warn_of_masked_exit(unsigned long ip)
{
	bool rcu = warn_rcu_enter();

	WARN_ONCE(1, "xen: return to user mode with events masked, rip %lx\n",
		  ip);
	warn_rcu_exit(rcu);
}

/**
 * xen_pv_masked_exit - a return to user mode with events masked
 * @regs: what is about to be returned to
 *
 * User mode cannot unmask events: the CPU would take no interrupt until the
 * next system call or trap, and be back in this state after it.
 *
 * Called on the way out, when RCU has stopped watching.
 */
noinstr void xen_pv_masked_exit(struct pt_regs *regs)
{
	instrumentation_begin();
	warn_of_masked_exit(regs->ip);
	instrumentation_end();
	regs->flags |= X86_EFLAGS_IF;
}
#endif

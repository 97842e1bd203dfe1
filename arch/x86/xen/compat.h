/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our files are written for the newest tree that they are laid over.  What
 * they use of it and 6.12 has not got, or has by another name, is here.
 * scripts/overlay lays this file over 6.12 only.
 */
#ifndef _ARCH_X86_XEN_COMPAT_H
#define _ARCH_X86_XEN_COMPAT_H

#include <linux/init.h>
#include <linux/mm.h>
#include <linux/page_table_check.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/cpufeatures.h>
#include <asm/cpuid.h>
#include <asm/msr.h>
#include <asm/mwait.h>
#include <asm/paravirt.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/xen/hypervisor.h>

#include "ops.h"

/* cpuid.c, start.c */
#define CPUID_LEAF_MWAIT	CPUID_MWAIT_LEAF
#define cpuid_scan_cpu(c)	((void)(c))

/* cpuid.c: 6.12 makes no use of it */
#define X86_FEATURE_LASS	(12 * 32 + 6)

/* entry_points.c: a CPU has either this one or SYSCALL32 */
#define X86_FEATURE_SYSFAST32	X86_FEATURE_SYSENTER32

/* ipi.c, traps.c: counters */
#define RESCHEDULE		irq_resched_count
#define CALL_FUNCTION		irq_call_count
#define IRQ_WORK		apic_irq_work_irqs
#define HYPERVISOR_CALLBACK	irq_hv_callback_count

/* ldt.c */
#define text_poke_mm		poking_mm

/* suspend.c */
#define rdmsrq			rdmsrl
#define wrmsrq			wrmsrl

/* smp.c */
#define identify_secondary_cpu(cpu)	smp_store_cpu_info(cpu)

/* bring_up.c, fail.c: a later 6.12.y has these */
#ifndef kmalloc_obj
#define kmalloc_obj(object)	kmalloc(sizeof(object), GFP_KERNEL)
#define kzalloc_obj(object)	kzalloc(sizeof(object), GFP_KERNEL)
#endif

/* spinlock.c */
#define pv_ops_lock		pv_ops.lock

/* msr.c: values in halves, the error of a read by pointer */
static inline int compat_read_msr_safe(u32 msr, u64 *val)
{
	int err = 0;

	*val = native_read_msr_safe(msr, &err);
	return err;
}

static inline int compat_write_msr_safe(u32 msr, u64 val)
{
	return native_write_msr_safe(msr, (u32)val, (u32)(val >> 32));
}

static inline void compat_write_msr(u32 msr, u64 val)
{
	native_write_msr(msr, (u32)val, (u32)(val >> 32));
}

#define native_read_msr_safe	compat_read_msr_safe
#define native_write_msr_safe	compat_write_msr_safe
#define native_write_msr	compat_write_msr

/* msr.c, context_switch.c, mm/spaces.c: one mode for two kinds of batch */
#define xen_is_cpu_lazy_mode()	(xen_get_lazy_mode() == XEN_LAZY_CPU)

/* multicalls.h: the trace events tell of the mode */
static inline void compat_trace_mc_batch(unsigned long flags)
{
	trace_xen_mc_batch(xen_get_lazy_mode());
}

static inline void compat_trace_mc_issue(bool flush, unsigned long flags)
{
	trace_xen_mc_issue(flush ? XEN_LAZY_NONE : xen_get_lazy_mode());
}

#define trace_xen_mc_batch	compat_trace_mc_batch
#define trace_xen_mc_issue	compat_trace_mc_issue

/* mm/ */
#define is_lazy_mmu_mode_active() \
	(this_cpu_read(xen_lazy_mode) == XEN_LAZY_MMU && !in_interrupt())
#define lazy_mmu_mode_enable()		arch_enter_lazy_mmu_mode()
#define lazy_mmu_mode_disable()		arch_leave_lazy_mmu_mode()
#define _PAGE_UFFD			_PAGE_UFFD_WP
#define pgd_allocation_order()		PGD_ALLOCATION_ORDER

/* mm/updates.c */
static inline void compat_check_ptes_set(struct mm_struct *mm,
					 unsigned long addr, pte_t *ptep,
					 pte_t pte, unsigned int nr)
{
	page_table_check_ptes_set(mm, ptep, pte, nr);
}

#define page_table_check_ptes_set	compat_check_ptes_set

/* mm/boot_tables.c: head_64.S has them */
#define direct_l3			level3_ident_pgt
#define direct_l2			level2_ident_pgt

#endif /* _ARCH_X86_XEN_COMPAT_H */

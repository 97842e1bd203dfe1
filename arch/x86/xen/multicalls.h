/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has queued for Xen, and what it queued last.
 */
#ifndef _ARCH_X86_XEN_MULTICALLS_H
#define _ARCH_X86_XEN_MULTICALLS_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/pvboot/queue.h>

#include <asm/segment.h>

#include <trace/events/xen.h>

#include "pv.h"

/* One more hypercall for 64 entries is 5 instructions each. */
#define XEN_PV_UPDATES	64

/**
 * struct xen_pv_batch - a CPU's own, not per-CPU data: bare metal has one only
 * @queue: hypercalls that are not made yet
 * @update: changes of page-table entries in lazy MMU mode, which are to be made
 *	before those of @queue; see xen_pv_send_updates()
 * @nr_updates: of them
 * @update_table: the table of the last of them, an address in the direct map;
 *	0 where there are none
 * @update_frame: its machine address
 * @update_origin: who asked for the first, an address in the caller
 * @root: mm/spaces.c: the operations that load the kernel's root and the user's
 * @root_waits: whether they are still to be made, inside a context switch
 * @tls: descriptors.c: the TLS descriptors that were queued last
 * @user_gs: context_switch.c: the GS base that programs on this CPU have
 * @user_gs_known: whether they have that one: no program has run since
 * @switching: inside a context switch
 * @nr_refused: of @queue, ever
 * @loaded_cr3: mm/spaces.c: the root that Xen has loaded on this CPU, which
 *	other CPUs read; older than xen_cr3 while the change is queued
 */
struct xen_pv_batch {
	struct xen_pv_queue queue;
	struct mmu_update update[XEN_PV_UPDATES];
	unsigned int nr_updates;
	unsigned long update_table;
	u64 update_frame;
	unsigned long update_origin;
	struct mmuext_op root[2];
	bool root_waits;
	u64 tls[GDT_ENTRY_TLS_ENTRIES];
	unsigned int nr_refused;
	unsigned long loaded_cr3;
	u64 user_gs;
	bool user_gs_known;
	bool switching;
};

DECLARE_PER_CPU(struct xen_pv_batch *, xen_pv_batch);

/**
 * struct multicall_space - room for one hypercall in the queue
 * @mc: the hypercall; NULL where there is no room
 * @args: what its arguments point to
 */
struct multicall_space {
	struct multicall_entry *mc;
	void *args;
};

/* The caller's interrupt flag, from xen_mc_batch() to xen_mc_issue() */
DECLARE_PER_CPU(unsigned long, xen_mc_irq_flags);

struct multicall_space __xen_mc_entry(size_t args);
struct multicall_space xen_mc_extend_args(unsigned long op, size_t arg_size);
void xen_mc_callback(void (*fn)(void *), void *data);
void xen_mc_flush(void);
unsigned int xen_mc_try(void);

/**
 * xen_mc_batch - begin to queue hypercalls
 *
 * Interrupts are off until xen_mc_issue(): a handler must not find half of
 * what belongs together.
 */
static inline void xen_mc_batch(void)
{
	unsigned long flags;

	local_irq_save(flags);
	trace_xen_mc_batch(flags);
	__this_cpu_write(xen_mc_irq_flags, flags);
}

/**
 * xen_mc_entry - begin, with the first hypercall
 * @args: bytes of arguments
 *
 * Return: the room for it.
 */
static inline struct multicall_space xen_mc_entry(size_t args)
{
	xen_mc_batch();
	return __xen_mc_entry(args);
}

/**
 * xen_mc_issue - all that belongs together is queued
 * @flush: make the hypercalls now; else they wait for the end of lazy mode
 */
static inline void xen_mc_issue(bool flush)
{
	unsigned long flags = this_cpu_read(xen_mc_irq_flags);

	trace_xen_mc_issue(flush, flags);
	if (flush)
		xen_mc_flush();
	local_irq_restore(flags);
}

void xen_pv_send_updates(struct xen_pv_batch *batch);
void xen_pv_send_root(struct xen_pv_batch *batch);

#endif /* _ARCH_X86_XEN_MULTICALLS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has queued for Xen, and what it queued last.
 */
#ifndef _ARCH_X86_XEN_MULTICALLS_H
#define _ARCH_X86_XEN_MULTICALLS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/pvboot/queue.h>

#include <asm/segment.h>

/* One more hypercall for 64 entries is 5 instructions each. */
#define XEN_PV_UPDATES	64

/**
 * struct xen_pv_batch - a CPU's own, not per-CPU data: bare metal has one only
 * @queue: hypercalls that are not made yet
 * @update: changes of page-table entries in lazy MMU mode, which are to be made
 *	before those of @queue; see xen_pv_send_updates()
 * @nr_updates: of them
 * @update_table: the table of the last of them, an address in the direct map
 * @update_frame: its machine address
 * @update_origin: who asked for the first, an address in the caller
 * @root: mm/spaces.c: the operations that load the kernel's root and the user's
 * @root_waits: whether they are still to be made, inside a context switch
 * @tls: descriptors.c: the TLS descriptors that were queued last
 * @user_gs: context_switch.c: the GS base that programs on this CPU have
 * @user_gs_known: whether they have that one: no program has run since
 * @switching: inside a context switch
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
	unsigned long loaded_cr3;
	u64 user_gs;
	bool user_gs_known;
	bool switching;
};

DECLARE_PER_CPU(struct xen_pv_batch *, xen_pv_batch);

void xen_pv_send_updates(struct xen_pv_batch *batch);
void xen_pv_send_root(struct xen_pv_batch *batch);

#endif /* _ARCH_X86_XEN_MULTICALLS_H */

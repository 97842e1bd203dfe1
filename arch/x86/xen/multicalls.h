/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has queued for Xen, and what it queued last.
 */
#ifndef _ARCH_X86_XEN_MULTICALLS_H
#define _ARCH_X86_XEN_MULTICALLS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include <xen/pvboot/queue.h>

#include <asm/segment.h>

/**
 * struct xen_pv_batch - a CPU's own, not per-CPU data: bare metal has one only
 * @queue: hypercalls that are not made yet
 * @tls: descriptors.c: the TLS descriptors that were queued last
 * @user_gs: context_switch.c: the GS base that programs on this CPU have
 * @user_gs_known: whether they have that one: no program has run since
 * @switching: inside a context switch
 * @loaded_cr3: mm/spaces.c: the root that Xen has loaded on this CPU, which
 *	other CPUs read; older than xen_cr3 while the change is queued
 */
struct xen_pv_batch {
	struct xen_pv_queue queue;
	u64 tls[GDT_ENTRY_TLS_ENTRIES];
	unsigned long loaded_cr3;
	u64 user_gs;
	bool user_gs_known;
	bool switching;
};

DECLARE_PER_CPU(struct xen_pv_batch *, xen_pv_batch);

#endif /* _ARCH_X86_XEN_MULTICALLS_H */

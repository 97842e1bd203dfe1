// SPDX-License-Identifier: GPL-2.0
/*
 * Flushes of the TLB.
 *
 * In lazy mode they are queued behind the changes that they are for.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/mm.h>

#include <xen/interface/xen.h>
#include <xen/pvboot/tlb.h>

#include <asm/paravirt.h>
#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>

#include "mm.h"

/* @op: a flush that needs no more than what is in it */
static void flush(struct mmuext_op *op)
{
	struct multicall_space space;
	int rc;

	if (is_lazy_mmu_mode_active()) {
		space = xen_mc_entry(sizeof(*op));
		memcpy(space.args, op, sizeof(*op));
		MULTI_mmuext_op(space.mc, space.args, 1, NULL, DOMID_SELF);
		xen_mc_issue(false);
		return;
	}
	rc = HYPERVISOR_mmuext_op(op, 1, NULL, DOMID_SELF);
	WARN_ONCE(rc, "xen: TLB not flushed, command %u: %s (%d)\n", op->cmd,
		  xen_errno_name(rc), rc);
}

static void flush_local(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	flush(&op);
}

static void flush_page_local(unsigned long addr)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_INVLPG_LOCAL,
		.arg1.linear_addr = addr & PAGE_MASK,
	};

	trace_xen_mmu_flush_tlb_one_user(addr);
	flush(&op);
}

/**
 * xen_pv_flush_pages - take some pages of the loaded tables out of this CPU's TLB
 * @start: an address in the first
 * @end: behind the last; the caller keeps it near
 *
 * ABI: MMUEXT_INVLPG_LOCAL, one for each page, in one mmuext_op.
 *
 * Context: preemption off; flush_tlb_func() comes with interrupts off, and pieces
 * of one page.
 */
void xen_pv_flush_pages(unsigned long start, unsigned long end)
{
	unsigned long addr = start & PAGE_MASK;

	if (end - addr <= PAGE_SIZE) {
		flush_page_local(addr);
		return;
	}
	xen_mc_batch();
	for (; addr < end; addr += PAGE_SIZE) {
		trace_xen_mmu_flush_tlb_one_user(addr);
		xen_pv_queue_ext(MMUEXT_INVLPG_LOCAL, addr);
	}
	xen_mc_issue(!is_lazy_mmu_mode_active());
}

/* What Xen reads of a flush of some CPUs: a bit for each */
struct flush {
	struct mmuext_op op;
	unsigned long cpus[];
};

/* Linux's number of a CPU is Xen's number of the vCPU. */
static void flush_others(const struct cpumask *cpus,
			 const struct flush_tlb_info *info)
{
	const size_t size = offsetof(struct flush, cpus) +
			    BITS_TO_LONGS(nr_cpu_ids) * sizeof(long);
	struct multicall_space space;
	struct flush *flush;

	trace_xen_mmu_flush_tlb_multi(cpus, info->mm, info->start, info->end);

	if (cpumask_empty(cpus))
		return;

	space = xen_mc_entry(size);
	flush = space.args;
	bitmap_and(flush->cpus, cpumask_bits(cpus), cpumask_bits(cpu_online_mask),
		   nr_cpu_ids);
	flush->op.arg2.vcpumask = flush->cpus;
	if (info->end != TLB_FLUSH_ALL && info->end - info->start <= PAGE_SIZE) {
		flush->op.cmd = MMUEXT_INVLPG_MULTI;
		flush->op.arg1.linear_addr = info->start;
	} else {
		flush->op.cmd = MMUEXT_TLB_FLUSH_MULTI;
	}
	MULTI_mmuext_op(space.mc, &flush->op, 1, NULL, DOMID_SELF);
	xen_mc_issue(!is_lazy_mmu_mode_active());
}

/**
 * xen_pv_flush_all - flush the TLBs of all of this guest's vCPUs
 *
 * Context: any but NMI.
 */
void xen_pv_flush_all(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	flush(&op);
}

/**
 * xen_pv_install_tlb_ops - pv_ops of this file
 */
void __init xen_pv_install_tlb_ops(void)
{
	pv_ops.mmu.flush_tlb_user = flush_local;
	pv_ops.mmu.flush_tlb_kernel = flush_local;
	pv_ops.mmu.flush_tlb_one_user = flush_page_local;
	pv_ops.mmu.flush_tlb_multi = flush_others;
}

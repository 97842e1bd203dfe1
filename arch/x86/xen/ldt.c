// SPDX-License-Identifier: GPL-2.0
/*
 * LDT.
 *
 * Xen has the LDT register, and loads a vCPU's table and selectors whenever it
 * runs it again.  A page of a table may nowhere be mapped writable as long as
 * some CPU has the table, be it for the rest of a context switch only.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/bug.h>
#include <linux/highmem.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <xen/page.h>

#include <asm/desc.h>
#include <asm/paravirt.h>
#include <asm/text-patching.h>
#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "descriptors.h"
#include "multicalls.h"
#include "pv.h"

#define LDT_ENTRIES_PER_PAGE	(PAGE_SIZE / LDT_ENTRY_SIZE)

/**
 * xen_pv_alloc_ldt() - prepare pages to be an LDT
 * @ldt:     the table, page aligned, in linear or vmalloc space
 * @entries: descriptors in it
 *
 * Xen takes a page of an LDT only where it is not mapped writable, and looks
 * when a descriptor in it is first used.  So a page that could not be changed
 * costs only its owner a general protection fault.
 */
void xen_pv_alloc_ldt(struct desc_struct *ldt, unsigned int entries)
{
	unsigned int i;
	int rc;

	/* kmap() keeps writable mappings of high memory for their next use. */
	if (is_vmalloc_addr(ldt))
		kmap_flush_unused();

	for (i = 0; i < entries; i += LDT_ENTRIES_PER_PAGE) {
		rc = xen_pv_set_prot(ldt + i, PAGE_KERNEL_RO);
		WARN_ONCE(rc, "LDT page %p stays writable: %s\n", ldt + i,
			  xen_errno_name(rc));
	}
}

static void leak_page(void *va)
{
	get_page(is_vmalloc_addr(va) ? vmalloc_to_page(va) : virt_to_page(va));
}

static void nothing(void *unused)
{
}

/*
 * Whether this is modify_ldt(), which leaves the old table when the task has a new
 * one.  Otherwise a table goes with an address space that has no user any more.
 */
static bool task_changes_its_ldt(void)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return !irqs_disabled() && in_task() && current->mm &&
	       rwsem_is_locked(&current->mm->context.ldt_usr_sem);
#else
	return false;
#endif
}

/*
 * Until no CPU is in the middle of a context switch that had begun before: 6.12 does
 * not count one any more as a user of the old task's LDT, although Xen does until the
 * batch is flushed.
 *
 * Not where an address space ends: that is in the middle of another task's switch, and
 * whoever waits there, waits for vCPUs that may not be running.
 */
static void wait_for_switches(void)
{
	if (task_changes_its_ldt())
		smp_call_function(nothing, NULL, true);
}

/**
 * xen_pv_free_ldt() - make an LDT's pages ordinary memory again
 * @ldt:     the table, which no task uses any more
 * @entries: descriptors in it
 *
 * A page that stays read-only would fault its next owner, so it gets none.
 *
 * Context: modify_ldt()'s, with interrupts on, where a CPU may still have the table.
 */
void xen_pv_free_ldt(struct desc_struct *ldt, unsigned int entries)
{
	unsigned int i;
	int rc;

	wait_for_switches();
	for (i = 0; i < entries; i += LDT_ENTRIES_PER_PAGE) {
		rc = xen_pv_set_prot(ldt + i, PAGE_KERNEL);
		if (WARN_ONCE(rc, "LDT page %p stays read-only, leaked: %s\n",
			      ldt + i, xen_errno_name(rc)))
			leak_page(ldt + i);
	}
}

/**
 * xen_pv_set_ldt() - make an LDT this CPU's
 * @addr:    the table, prepared by xen_pv_alloc_ldt(), or NULL
 * @entries: descriptors in it, 0 for none
 *
 * While the kernel's text is patched, the task's selectors stay loaded, and so must
 * its LDT: Xen loads them anew whenever it runs this vCPU again.
 *
 * ABI: MMUEXT_SET_LDT.  Joins the batch of a context switch under way.
 */
void xen_pv_set_ldt(const void *addr, unsigned int entries)
{
	struct multicall_space call;
	struct mmuext_op *op;

	trace_xen_cpu_set_ldt(addr, entries);

	if (!entries && this_cpu_read(cpu_tlbstate.loaded_mm) == text_poke_mm)
		return;

	call = xen_mc_entry(sizeof(*op));
	op = call.args;
	*op = (struct mmuext_op) {
		.cmd = MMUEXT_SET_LDT,
		.arg1.linear_addr = (unsigned long)addr,
		.arg2.nr_ents = entries,
	};
	MULTI_mmuext_op(call.mc, op, 1, NULL, DOMID_SELF);
	/*
	 * In a switch the old task's selectors are not saved yet, and must stay loaded.
	 * With PREEMPT_RT that task may have softirqs disabled, and the lazy mode is
	 * none then.
	 */
	xen_mc_issue(!this_cpu_read(xen_pv_batch)->switching);
}

/**
 * xen_pv_write_ldt_entry() - change a descriptor of an LDT
 * @ldt:   the table
 * @entry: index into it
 * @desc:  the new descriptor, 8 bytes
 *
 * The descriptor may come from user mode.  One that Xen rejects is not
 * installed.
 */
void xen_pv_write_ldt_entry(struct desc_struct *ldt, int entry,
			    const void *desc)
{
	u64 maddr = arbitrary_virt_to_machine(ldt + entry).maddr;
	int rc;

	trace_xen_cpu_write_ldt_entry(ldt, entry, xen_pv_raw_desc(desc));

	preempt_disable();
	xen_mc_flush();
	rc = HYPERVISOR_update_descriptor(maddr, xen_pv_raw_desc(desc));
	preempt_enable();

	if (rc)
		pr_warn_ratelimited("LDT entry %d := %#llx refused: %s\n",
				    entry, xen_pv_raw_desc(desc), xen_errno_name(rc));
}

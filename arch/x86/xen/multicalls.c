// SPDX-License-Identifier: GPL-2.0
/*
 * Each CPU's queue of hypercalls.
 *
 * Changes of page tables, descriptors and base pointers are queued where they
 * may wait: in lazy mode until its end, elsewhere until xen_mc_issue(), which
 * turns interrupts on again.  A failure is told with what failed and who asked
 * for it; the caller has gone on by then, unless it can return an error, and asks
 * (xen_mc_try(), xen_pv_pin_space()).  Before there is an allocator it ends the boot,
 * and a root that is refused is always the end.  A page that Xen does not let become
 * memory again is never freed.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <xen/pvboot/geometry.h>
#include <xen/pvboot/queue.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "multicalls.h"
#include "ops.h"
#include "pv.h"

DEFINE_PER_CPU(unsigned long, xen_mc_irq_flags);

/* The boot CPU needs one before there is an allocator. */
static struct xen_pv_batch boot_batch;
DEFINE_PER_CPU(struct xen_pv_batch *, xen_pv_batch) = &boot_batch;

/**
 * xen_pv_alloc_batch - give a CPU a queue of its own
 * @cpu: Linux's number, offline
 *
 * It keeps the queue for good.
 *
 * Return: 0, also where it has one; or -ENOMEM.
 */
int xen_pv_alloc_batch(unsigned int cpu)
{
	struct xen_pv_batch *batch;

	if (!cpu || per_cpu(xen_pv_batch, cpu) != &boot_batch)
		return 0;
	batch = kzalloc_node(sizeof(*batch), GFP_KERNEL, cpu_to_node(cpu));
	if (!batch)
		return -ENOMEM;
	per_cpu(xen_pv_batch, cpu) = batch;
	return 0;
}

/*
 * Failures
 */

/* Xen writes back what is left of a list that it was interrupted in. */
#define LIST_INTERRUPTED	BIT(31)

/* What Xen leaves as it is: it adds flags of its own, as _PAGE_GLOBAL to a user's. */
#define ENTRY_KEPT	((u64)(PTE_PFN_MASK | _PAGE_PRESENT | _PAGE_RW | _PAGE_NX))

static const char *const op_names[] = {
	[__HYPERVISOR_mmu_update]		= "mmu_update",
	[__HYPERVISOR_stack_switch]		= "stack_switch",
	[__HYPERVISOR_fpu_taskswitch]		= "fpu_taskswitch",
	[__HYPERVISOR_update_descriptor]	= "update_descriptor",
	[__HYPERVISOR_memory_op]		= "memory_op",
	[__HYPERVISOR_update_va_mapping]	= "update_va_mapping",
	[__HYPERVISOR_set_segment_base]		= "set_segment_base",
	[__HYPERVISOR_mmuext_op]		= "mmuext_op",
};

/**
 * struct failure - what is told of a call that failed
 * @call: the call
 * @origin: who queued it
 * @place: in the queue
 * @nr_calls: of the queue
 * @nr_leaked: pages that stay read-only by what failed there
 * @element: which of an mmu_update's entries, or 0
 * @update: that entry
 * @ext: the first operation of an mmuext_op
 */
struct failure {
	struct multicall_entry call;
	unsigned long origin;
	unsigned int place, nr_calls, nr_leaked;
	unsigned int element;
	struct mmu_update update;
	struct mmuext_op ext;
};

/* Whether a page-table entry has the value that an update gives it. */
static bool is_done(const struct mmu_update *update)
{
	unsigned long pfn = mfn_to_pfn(PFN_DOWN(update->ptr));
	const u64 *entry;

	if (!pfn_valid(pfn))
		return false;
	entry = __va(PFN_PHYS(pfn) + (offset_in_page(update->ptr) & ~7UL));
	return !((READ_ONCE(*entry) ^ update->val) & ENTRY_KEPT);
}

static unsigned int list_length(const struct multicall_entry *call)
{
	return call->args[1] & ~LIST_INTERRUPTED & U32_MAX;
}

/* Xen stops at the entry that it refuses: the first that is not as asked for. */
static unsigned int refused_element(const struct mmu_update *update,
				    unsigned int nr)
{
	unsigned int element = 0;

	while (element < nr - 1 && is_done(&update[element]))
		element++;
	return element;
}

static void find_update(struct failure *f)
{
	const struct mmu_update *update = (void *)f->call.args[0];

	f->element = refused_element(update, list_length(&f->call));
	f->update = update[f->element];
}

/* Nothing is printed before the queue is empty again: printing may use it. */
static void note(const struct xen_pv_queue *queue, struct failure *f)
{
	int place = xen_pv_queue_next_failed(queue, -1);

	f->call = queue->call[place];
	f->origin = queue->origin[place];
	f->place = place;
	f->nr_calls = queue->nr_calls;
	if (f->call.op == __HYPERVISOR_mmu_update && list_length(&f->call))
		find_update(f);
	if (f->call.op == __HYPERVISOR_mmuext_op && list_length(&f->call))
		f->ext = *(struct mmuext_op *)f->call.args[0];
}

/* The entry that update_va_mapping is given: in two words in 32 bits. */
static u64 entry_argument(const unsigned long *args)
{
	return IS_ENABLED(CONFIG_X86_64) ? args[1] :
	       (u64)args[2] << 32 | args[1];
}

/*
 * A page that stays read-only in the direct map, as what Xen still has as a
 * table does, would fault its next owner, so it gets none.  Returns whether the
 * call was to make one writable.
 */
static bool leak_page(unsigned long address, u64 entry)
{
	unsigned long pfn = mfn_to_pfn(PFN_DOWN(entry & PTE_PFN_MASK));

	return entry & _PAGE_RW && pfn_valid(pfn) &&
	       address == (unsigned long)__va(PFN_PHYS(pfn)) &&
	       get_page_unless_zero(pfn_to_page(pfn));
}

static unsigned int leak_readonly_pages(const struct xen_pv_queue *queue)
{
	unsigned int nr = 0;
	int place = -1;

	while ((place = xen_pv_queue_next_failed(queue, place)) >= 0) {
		const struct multicall_entry *call = &queue->call[place];

		if (call->op == __HYPERVISOR_update_va_mapping)
			nr += leak_page(call->args[0],
					entry_argument(call->args));
	}
	return nr;
}

/* What an entry is to become: with the frame that it would map, if any. */
static const char *value_text(u64 val, char *text, size_t size)
{
	if (val & _PAGE_PRESENT)
		snprintf(text, size, "%#llx (pfn %#lx)", val,
			 mfn_to_pfn(PFN_DOWN(val & PTE_PFN_MASK)));
	else
		snprintf(text, size, "%#llx", val);
	return text;
}

static void describe(const struct failure *f, char *text, size_t size)
{
	const unsigned long *args = f->call.args;
	char value[48];

	switch (f->call.op) {
	case __HYPERVISOR_mmu_update:
		snprintf(text, size,
			 "entry %u of %u, in the table of pfn %#lx at %#lx, := %s",
			 f->element + 1, list_length(&f->call),
			 mfn_to_pfn(PFN_DOWN(f->update.ptr)),
			 offset_in_page(f->update.ptr) & ~7UL,
			 value_text(f->update.val, value, sizeof(value)));
		break;
	case __HYPERVISOR_mmuext_op:
		snprintf(text, size, "command %u, the first of %u, mfn %#lx (pfn %#lx)",
			 f->ext.cmd, list_length(&f->call),
			 (unsigned long)f->ext.arg1.mfn,
			 mfn_to_pfn(f->ext.arg1.mfn));
		break;
	case __HYPERVISOR_update_va_mapping:
		snprintf(text, size, "address %#lx := %s", args[0],
			 value_text(entry_argument(args), value, sizeof(value)));
		break;
	default:
		snprintf(text, size, "arguments %#lx, %#lx", args[0], args[1]);
	}
}

static void tell(const struct failure *f, unsigned int nr_failed)
{
	const char *name = f->call.op < ARRAY_SIZE(op_names) ?
			   op_names[f->call.op] : NULL;
	char what[160];

	describe(f, what, sizeof(what));
	WARN(1, "xen: %s (%lu): %s (%ld): %s; queued by %pS, call %u of %u, %u failed, %u pages leaked\n",
	     name ?: "hypercall", (unsigned long)f->call.op,
	     xen_errno_name(f->call.result), (long)f->call.result, what,
	     (void *)f->origin, f->place + 1, f->nr_calls, nr_failed,
	     f->nr_leaked);

	/* early boot would go on with page tables that are not what it asked for */
	if (!slab_is_available())
		xen_pv_fatal(name ?: "hypercall", 0, f->origin, f->call.result);
}

/* A failure is always told with its origin. */
static int __init accept_debug_option(char *value)
{
	return 0;
}
early_param("xen_mc_debug", accept_debug_option);

/*
 * The queue
 */

/*
 * Whoever has asked for one of the others knows nothing of the refused one:
 * fork() may share the page behind the next.  What is printed may use the list,
 * so that all go to Xen before.
 */
static noinline void pass_over_refused(struct xen_pv_batch *batch,
				       unsigned int nr, int rc)
{
	struct failure first = {
		.call = {
			.op = __HYPERVISOR_mmu_update,
			.result = rc,
			.args = { (unsigned long)batch->update, nr },
		},
		.origin = batch->update_origin,
		.nr_calls = 1,
	};
	unsigned int next, nr_failed = 1;

	find_update(&first);
	next = first.element + 1;
	while (next < nr) {
		struct mmu_update *rest = &batch->update[next];

		if (!HYPERVISOR_mmu_update(rest, nr - next, NULL, DOMID_SELF))
			break;
		nr_failed++;
		next += refused_element(rest, nr - next) + 1;
	}
	tell(&first, nr_failed);
}

/**
 * xen_pv_send_updates - make the changes of entries that wait
 * @batch: this CPU's
 *
 * They wait in a list of their own, in which most of what lazy MMU mode is for
 * is written down in a few instructions.  Interrupts do not touch it: what
 * they change they change at once.  Before anything is queued the list is sent,
 * and nothing is put into it while a call is queued, so that all goes to Xen in
 * the order in which it was asked for.
 *
 * One that Xen refuses is told, and those behind it are made.
 *
 * ABI: mmu_update stops at the entry that it refuses.
 *
 * Context: preemption off, not in an interrupt.
 */
void xen_pv_send_updates(struct xen_pv_batch *batch)
{
	const unsigned int nr = batch->nr_updates;
	int rc;

	batch->nr_updates = 0;
	batch->update_table = 0;
	trace_xen_mc_flush(1, nr * sizeof(*batch->update), 0);
	rc = HYPERVISOR_mmu_update(batch->update, nr, NULL, DOMID_SELF);
	if (unlikely(rc))
		pass_over_refused(batch, nr, rc);
}

/**
 * xen_pv_send_root - load the root that waits
 * @batch: this CPU's, with its two operations
 *
 * Refused, the CPU is still on what it had: the task that comes would run in another
 * one's memory.
 *
 * ABI: MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR.
 *
 * Context: interrupts off.
 */
void xen_pv_send_root(struct xen_pv_batch *batch)
{
	int rc;

	batch->root_waits = false;
	rc = HYPERVISOR_mmuext_op(batch->root, 1 + XEN_PV_USER_ROOTS, NULL,
				  DOMID_SELF);
	if (unlikely(rc))
		xen_pv_fatal("mmuext_op: load of a root",
			     xen_vcpu_nr(smp_processor_id()),
			     batch->root[0].arg1.mfn, rc);
	WRITE_ONCE(batch->loaded_cr3, this_cpu_read(xen_cr3));
}

/* What was asked for before goes first. */
static void send_updates_first(struct xen_pv_batch *batch)
{
	if (unlikely(batch->nr_updates) && in_task())
		xen_pv_send_updates(batch);
}

static struct xen_pv_queue *this_queue(void)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);

	send_updates_first(batch);
	return &batch->queue;
}

/* Returns how many calls Xen has refused. */
static noinline unsigned int send_queue(struct xen_pv_batch *batch, bool tells)
{
	struct xen_pv_queue *queue = &batch->queue;
	struct failure f = {};
	unsigned int nr_failed;
	unsigned long flags;

	local_irq_save(flags);
	trace_xen_mc_flush(queue->nr_calls, queue->nr_bytes, queue->nr_callbacks);
	nr_failed = xen_pv_queue_send(queue);
	if (unlikely(nr_failed)) {
		note(queue, &f);
		f.nr_leaked = leak_readonly_pages(queue);
		batch->nr_refused += nr_failed;
	}
	WRITE_ONCE(batch->loaded_cr3, this_cpu_read(xen_cr3));
	xen_pv_queue_finish(queue);
	local_irq_restore(flags);

	if (unlikely(nr_failed && tells))
		tell(&f, nr_failed);
	return nr_failed;
}

/**
 * xen_mc_flush - make all calls that this CPU has queued
 *
 * Context: preemption off, or interrupts; any but NMI.  Interrupts are off
 * while the calls are made and the callbacks run.
 */
void xen_mc_flush(void)
{
	struct xen_pv_batch *batch = this_cpu_read(xen_pv_batch);

	WARN_ON_ONCE(preemptible());

	send_updates_first(batch);
	if (batch->root_waits)
		xen_pv_send_root(batch);
	if (batch->queue.nr_calls || batch->queue.nr_callbacks)
		send_queue(batch, true);
}

/**
 * xen_mc_try - make calls of which the caller itself says that Xen refused them
 *
 * Context: interrupts off, by xen_mc_batch(), before which, or by a flush since,
 * all was made that waited.
 *
 * Return: how many failed.
 */
unsigned int xen_mc_try(void)
{
	return send_queue(this_cpu_read(xen_pv_batch), false);
}

/**
 * __xen_mc_entry - queue a call
 * @size: bytes that its arguments point to, at most XEN_PV_QUEUE_BYTES
 *
 * Flushes first where there is no room.
 *
 * Context: interrupts off, by xen_mc_batch().
 *
 * Return: the call and the bytes, both for the caller to fill in.
 */
struct multicall_space __xen_mc_entry(size_t size)
{
	struct xen_pv_queue *queue = this_queue();
	struct multicall_space space;

	/* the most that is asked for: a TLB flush of some vCPUs */
	BUILD_BUG_ON(sizeof(struct mmuext_op) + sizeof(struct cpumask) >
		     XEN_PV_QUEUE_BYTES);
	WARN_ON_ONCE(preemptible());

	trace_xen_mc_entry_alloc(size);
	space.mc = xen_pv_queue_add(queue, size, _RET_IP_, &space.args);
	if (unlikely(!space.mc)) {
		trace_xen_mc_flush_reason(queue->nr_calls == XEN_PV_QUEUE_CALLS ?
					  XEN_MC_FL_BATCH : XEN_MC_FL_ARGS);
		xen_mc_flush();
		space.mc = xen_pv_queue_add(queue, size, _RET_IP_, &space.args);
	}
	return space;
}

/**
 * xen_mc_extend_args - append an element to the array of the last call
 * @op: which the last call has to be; its arguments begin with an array and
 *	its length
 * @size: bytes of one element
 *
 * Context: interrupts off, by xen_mc_batch().
 *
 * Return: the call, whose length the caller increments, and the element; no
 * call where the last one is another, or there is no room.
 */
struct multicall_space xen_mc_extend_args(unsigned long op, size_t size)
{
	struct xen_pv_queue *queue = this_queue();
	struct multicall_space space = {};
	struct multicall_entry *last;

	WARN_ON_ONCE(preemptible());

	last = xen_pv_queue_last(queue, op, size);
	if (!last) {
		trace_xen_mc_extend_args(op, size, XEN_MC_XE_BAD_OP);
		return space;
	}
	space.args = xen_pv_queue_extend(queue, size);
	if (!space.args) {
		trace_xen_mc_extend_args(op, size, XEN_MC_XE_NO_SPACE);
		return space;
	}
	space.mc = last;
	trace_xen_mc_extend_args(op, size, XEN_MC_XE_OK);
	return space;
}

/**
 * xen_mc_callback - have a function called after the next flush
 * @fn: called with interrupts off
 * @data: its argument
 *
 * Flushes first where there is no room.
 *
 * Context: interrupts off, by xen_mc_batch().
 */
void xen_mc_callback(void (*fn)(void *), void *data)
{
	struct xen_pv_queue *queue = this_queue();

	trace_xen_mc_callback(fn, data);
	if (likely(xen_pv_queue_add_callback(queue, fn, data)))
		return;
	trace_xen_mc_flush_reason(XEN_MC_FL_CALLBACK);
	xen_mc_flush();
	xen_pv_queue_add_callback(queue, fn, data);
}

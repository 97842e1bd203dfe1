// SPDX-License-Identifier: GPL-2.0
/*
 * load_idt and write_idt_entry of pv_ops: gates of Linux's IDT are translated
 * to entries of the trap table, which trap_table.c registers by set_trap_table.
 *
 * Linux has one IDT for all CPUs; Xen has one a vCPU.  So there is one wanted
 * table, and a record of what each CPU's vCPU has registered.  Only differences
 * are sent.
 *
 * Early on Linux changes gates one by one, thrice: the early handlers, then
 * the few traps that memory setup needs, then all of them.  Up to
 * xen_pv_commit_early_gates() Xen is told of a stub for each exception that
 * takes its target from memory; a change of gate is then a store to
 * xen_pv_early_handlers and holds from the next instruction on, as on
 * hardware, without a hypercall.  The one thing of a gate that such a store
 * leaves out is the DPL, which has no meaning before there is a user mode.
 */
#include <kunit/visibility.h>

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/desc.h>
#include <asm/traps.h>

#include <xen/pvboot/trap_table.h>
#include <xen/xen.h>

#include "entry.h"
#include "pv.h"

struct trap_stub {
	const void *handler;	/* what Linux puts into the gate */
	const void *next;	/* what serves it under Xen, on a plain frame */
	const void *stub;	/* what Xen enters */
	bool may_use_ist;
};

#ifdef CONFIG_X86_64
#define TRAP(func, pv_func, ist, ...) \
	{ asm_##func, asm_##pv_func, xen_asm_##pv_func, ist },
#else
#define TRAP(func, pv_func, ist, ...) \
	{ asm_##func, asm_##pv_func, xen_asm_##func, ist },
#endif

static const struct trap_stub trap_stubs[] = {
#include "trap_stubs.h"
#ifdef CONFIG_X86_32
	{ entry_INT80_32, entry_INT80_32, entry_INT80_32, false },
#endif
};

#undef TRAP

/*
 * Handlers of exceptions that only other hypervisors raise.  Distributions
 * configure them; in a PV guest of Xen their gates are left out.
 */
static const void *const never_raised[] = {
#ifdef CONFIG_INTEL_TDX_GUEST
	asm_exc_virtualization_exception,
#endif
#ifdef CONFIG_AMD_MEM_ENCRYPT
	asm_exc_vmm_communication,
#endif
	NULL
};

/*
 * The exceptions that Xen may raise before the kernel has gates of its own
 * for them.  The other vectors below 32 are never raised.
 */
#define EARLY_VECTORS	(GENMASK(X86_TRAP_XF, X86_TRAP_DE) | \
			 (IS_ENABLED(CONFIG_X86_CET) ? BIT(X86_TRAP_CP) : 0))

unsigned long xen_pv_early_handlers[NUM_EXCEPTION_VECTORS] __initdata;

static bool early_gates __ro_after_init = true;

static DEFINE_RAW_SPINLOCK(wanted_lock);
static struct trap_info wanted[TRAP_VECTORS];

/* Vectors whose gate was refused at some time; of these, which are in the log */
static DECLARE_BITMAP(refused, TRAP_VECTORS);
static DECLARE_BITMAP(reported, TRAP_VECTORS);

/**
 * struct cpu_gates - the gates of one CPU
 * @registered: the trap table of its vCPU, as Xen holds it
 * @loaded: Linux's IDT that it has loaded
 * @sync: registers gates that other CPUs changed
 */
struct cpu_gates {
	struct trap_table registered;
	struct desc_ptr loaded;
	struct irq_work sync;
};

/*
 * Allocated, since it is of no use in kernels that do not run as PV guests.
 * Until then only the boot CPU is up, and boot_gates are its gates.
 */
static struct cpu_gates __percpu *cpu_gates __ro_after_init;
static struct cpu_gates boot_gates __initdata;

/* Called on the CPU itself, which cannot change, or for one that is offline. */
static struct cpu_gates * __ref gates_of(unsigned int cpu)
{
	return cpu_gates ? per_cpu_ptr(cpu_gates, cpu) : &boot_gates;
}

static struct cpu_gates *this_gates(void)
{
	return gates_of(smp_processor_id());
}

static bool __ref is_early_handler(const void *handler)
{
	const char *first = early_idt_handler_array[0];

#ifdef CONFIG_X86_32
	/* of every vector that is none of an exception */
	if (handler == early_ignore_irq)
		return true;
#endif
	return (const char *)handler >= first &&
	       (const char *)handler < first + sizeof(early_idt_handler_array);
}

static const struct trap_stub *find_stub(const void *handler)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(trap_stubs); i++)
		if (trap_stubs[i].handler == handler)
			return &trap_stubs[i];
	return NULL;
}

static bool is_never_raised(const void *handler)
{
	const void *const *known;

	for (known = never_raised; *known; known++)
		if (*known == handler)
			return true;
	return false;
}

/* Whether a vector's stub takes its target from memory for now */
static bool by_memory(unsigned int vector)
{
	return early_gates && vector < NUM_EXCEPTION_VECTORS &&
	       (EARLY_VECTORS & BIT(vector));
}

/* The vector's stub stays the same, its target changes. */
static const void * __ref route_early(unsigned int vector, const void *next)
{
#ifdef CONFIG_X86_32
	return next;
#else
	xen_pv_early_handlers[vector] = (unsigned long)next;
	return xen_pv_early_stubs[vector];
#endif
}

/*
 * Where Xen is to enter for a gate's handler: 0 and the address, NULL where
 * nothing is to be registered; or -EINVAL for a handler without a stub and for
 * one that must have a stack of its own.
 */
static int entry_of_handler(unsigned int vector, const void *handler,
			    unsigned int ist, const void **address)
{
	const struct trap_stub *stub;

	*address = NULL;
	if (is_early_handler(handler)) {
		if (by_memory(vector))
			*address = route_early(vector, handler);
		return 0;
	}

	if (is_never_raised(handler))
		return 0;

	stub = find_stub(handler);
	if (!stub || (ist && !stub->may_use_ist))
		return -EINVAL;

	*address = by_memory(vector) ? route_early(vector, stub->next) :
				       stub->stub;
	return 0;
}

/*
 * Translate one gate into an entry of the trap table.  On error @entry is not
 * changed.
 */
VISIBLE_IF_KUNIT int xen_pv_gate_to_trap(struct trap_info *entry,
					 unsigned int vector,
					 const gate_desc *gate)
{
	const void *address;
	int rc;

	if (!gate->bits.p || (gate->bits.type != GATE_INTERRUPT &&
			      gate->bits.type != GATE_TRAP)) {
		memset(entry, 0, sizeof(*entry));
		return 0;
	}

	rc = entry_of_handler(vector, (void *)gate_offset(gate),
			      gate->bits.ist, &address);
	if (rc)
		return rc;

	xen_pv_trap_entry_build(entry, vector, gate_segment(gate),
				(unsigned long)address,
				by_memory(vector) ? 0 : gate->bits.dpl,
				gate->bits.type == GATE_INTERRUPT);
	return 0;
}

/* Called with wanted_lock held. */
static int want_gate(unsigned int vector, const gate_desc *gate)
{
	int rc = xen_pv_gate_to_trap(&wanted[vector], vector, gate);

	if (rc)
		set_bit(vector, refused);
	return rc;
}

/* Called with wanted_lock held. */
static void want_idt(const struct desc_ptr *dtr)
{
	const gate_desc *idt = (const gate_desc *)dtr->address;
	unsigned int nr = (dtr->size + 1) / sizeof(*idt);
	unsigned int v;

	for (v = 0; v < min(nr, TRAP_VECTORS); v++)
		want_gate(v, &idt[v]);
}

/*
 * Once a vector.  Called without wanted_lock, since printing may take other
 * locks and wait for a console.
 */
static void report_refusals(const gate_desc *idt)
{
	unsigned int v;

	for_each_set_bit(v, refused, TRAP_VECTORS)
		if (!test_and_set_bit(v, reported))
			pr_err("xen: gate %#x refused: no stub for handler %pS with IST %u\n",
			       v, (void *)gate_offset(&idt[v]),
			       idt[v].bits.ist);
}

/*
 * A vCPU without its trap table cannot take a page fault, so that a failure to
 * register the boot CPU's first table is fatal.  Later failures leave the gates
 * that were registered.
 */
static void report_failure(int rc)
{
	unsigned int cpu = smp_processor_id();

	if (early_gates)
		xen_pv_fatal("set_trap_table", xen_vcpu_nr(cpu),
			     (unsigned long)wanted, rc);
	pr_err("xen: set_trap_table on CPU %u: %s (%d)\n", cpu,
	       xen_errno_name(rc), rc);
}

/* Called with wanted_lock held, on the CPU whose table it is. */
static int load_wanted(void)
{
	return xen_pv_trap_table_load(&this_gates()->registered, wanted);
}

/* Called with wanted_lock held, on the CPU whose table it is. */
static void register_wanted(void)
{
	int rc = load_wanted();

	if (rc)
		report_failure(rc);
}

/**
 * xen_pv_sync_traps - register what this CPU's vCPU lacks of the wanted table
 *
 * Costs no hypercall where nothing differs.
 */
void xen_pv_sync_traps(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&wanted_lock, flags);
	register_wanted();
	raw_spin_unlock_irqrestore(&wanted_lock, flags);
}

/**
 * xen_pv_load_idt - register the gates of an IDT, in place of lidt
 * @dtr: Linux's IDT; size 0 clears the trap table
 *
 * ABI: set_trap_table, for the calling vCPU.
 */
void xen_pv_load_idt(const struct desc_ptr *dtr)
{
	unsigned long flags;
	int rc = 0;

	trace_xen_cpu_load_idt(dtr);

	raw_spin_lock_irqsave(&wanted_lock, flags);
	this_gates()->loaded = *dtr;
	if (dtr->size) {
		want_idt(dtr);
		register_wanted();
	} else {
		rc = xen_pv_trap_table_clear(&this_gates()->registered);
	}
	raw_spin_unlock_irqrestore(&wanted_lock, flags);

	if (dtr->size)
		report_refusals((const gate_desc *)dtr->address);
	if (rc)
		report_failure(rc);
}

#ifdef CONFIG_SMP
static void sync_by_call(void *unused)
{
	xen_pv_sync_traps();
}

static void sync_by_work(struct irq_work *unused)
{
	xen_pv_sync_traps();
}

static void prepare_sync(struct irq_work *work)
{
	*work = IRQ_WORK_INIT_HARD(sync_by_work);
}

/*
 * Each vCPU can only register its own trap table: have every other online CPU
 * do so.  One that comes up calls xen_pv_sync_traps() once it is online.
 */
static void sync_others(void)
{
	unsigned int cpu;

	if (!irqs_disabled()) {
		smp_call_function(sync_by_call, NULL, 1);
		return;
	}

	/* smp_call_function() may not be called with interrupts off. */
	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			irq_work_queue_on(&gates_of(cpu)->sync, cpu);
}
#else
static void prepare_sync(struct irq_work *work)
{
}

static void sync_others(void)
{
}
#endif

/**
 * xen_pv_write_idt_entry - change one gate
 * @idt: table to change
 * @vector: 0 to 255
 * @gate: its new content
 *
 * If @idt is the table in use, the gate is in effect on this CPU at once and on
 * every other online CPU as soon as that takes an interrupt.
 */
void xen_pv_write_idt_entry(gate_desc *idt, int vector, const gate_desc *gate)
{
	unsigned long flags;
	bool others = false;

	trace_xen_cpu_write_idt_entry(idt, vector, gate);

	preempt_disable();
	raw_spin_lock_irqsave(&wanted_lock, flags);
	memcpy(&idt[vector], gate, sizeof(*gate));
	if (this_gates()->loaded.address == (unsigned long)idt &&
	    !want_gate(vector, gate)) {
		register_wanted();
		others = !early_gates && num_online_cpus() > 1;
	}
	raw_spin_unlock_irqrestore(&wanted_lock, flags);

	report_refusals(idt);
	if (others)
		sync_others();
	preempt_enable();
}

static void __init allocate_gates(void)
{
	struct cpu_gates __percpu *gates = alloc_percpu(struct cpu_gates);
	unsigned int cpu;

	if (!gates)
		xen_pv_fatal("allocating trap tables", 0,
			     sizeof(struct cpu_gates), -ENOMEM);

	for_each_possible_cpu(cpu)
		prepare_sync(&per_cpu_ptr(gates, cpu)->sync);
	this_cpu_ptr(gates)->registered = boot_gates.registered;
	this_cpu_ptr(gates)->loaded = boot_gates.loaded;
	cpu_gates = gates;
}

/**
 * xen_pv_commit_early_gates - register the real gates in place of early stubs
 *
 * From here on each change of a gate is a hypercall.  Called on the boot CPU
 * once Linux has set up its traps, before there is a user mode.
 */
void __init xen_pv_commit_early_gates(void)
{
	unsigned long flags;
	int rc;

	allocate_gates();

	raw_spin_lock_irqsave(&wanted_lock, flags);
	early_gates = false;
	want_idt(&this_gates()->loaded);
	rc = load_wanted();
	raw_spin_unlock_irqrestore(&wanted_lock, flags);

	/* The early stubs lie in memory that is about to be freed. */
	if (rc)
		xen_pv_fatal("set_trap_table", 0, (unsigned long)wanted, rc);
}

/**
 * xen_pv_handover_traps - copy the trap table that a new vCPU starts with
 * @traps: 256 entries of its context, filled in
 */
void xen_pv_handover_traps(struct trap_info *traps)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&wanted_lock, flags);
	memcpy(traps, wanted, sizeof(wanted));
	raw_spin_unlock_irqrestore(&wanted_lock, flags);
}

/**
 * xen_pv_adopt_traps - record the trap table that a new vCPU starts with
 * @cpu: Linux's number of the CPU
 * @traps: what VCPUOP_initialise was given
 */
void xen_pv_adopt_traps(unsigned int cpu, const struct trap_info *traps)
{
	struct trap_table *registered = &gates_of(cpu)->registered;

	registered->calls = 0;
	xen_pv_trap_table_adopt(registered, traps);
}

/**
 * xen_pv_reregister_traps - register all of this CPU's trap table anew
 *
 * Called after a resume, which may be on another host.  Does not return if Xen
 * rejects the table.
 */
void xen_pv_reregister_traps(void)
{
	unsigned long flags;
	int rc;

	raw_spin_lock_irqsave(&wanted_lock, flags);
	xen_pv_trap_table_forget(&this_gates()->registered);
	rc = load_wanted();
	raw_spin_unlock_irqrestore(&wanted_lock, flags);

	if (rc)
		xen_pv_fatal("set_trap_table after a resume",
			     xen_vcpu_nr(smp_processor_id()),
			     (unsigned long)wanted, rc);
}

/**
 * xen_pv_trap_figures - what a CPU's vCPU has registered
 * @cpu: Linux's number
 * @vectors: set to the number of vectors
 * @calls: set to the set_trap_table calls it took
 */
void xen_pv_trap_figures(unsigned int cpu, unsigned int *vectors,
			 unsigned int *calls)
{
	const struct trap_table *table = &gates_of(cpu)->registered;

	*vectors = xen_pv_trap_table_count(table);
	*calls = table->calls;
}

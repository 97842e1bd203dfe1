// SPDX-License-Identifier: GPL-2.0
/*
 * idt.c: from Linux's gates to entries of the trap table, and to Xen only
 * where something differs.  Looks at the tables of the running kernel, so it
 * needs Xen below, but Xen is told nothing.
 */
#include <linux/preempt.h>
#include <linux/smp.h>

#include <asm/desc.h>
#include <asm/traps.h>

#include <xen/xen.h>

#include "../entry.h"
#include "../pv.h"
#include "told_xen.h"

#define UNTOUCHED	0x5555

/* Each handler that has a stub */
struct handler {
	const char *name;
	const void *handler;
	const void *stub;
	bool may_use_ist;
};

#define STUB(func, pv_func) \
	(IS_ENABLED(CONFIG_X86_64) ? xen_asm_##pv_func : xen_asm_##func)

#define TRAP(func, pv_func, ist, ...) \
	{ #func, asm_##func, STUB(func, pv_func), ist },

static const struct handler handlers[] = {
#include "../trap_stubs.h"
#ifdef CONFIG_X86_32
	{ "int 0x80", entry_INT80_32, entry_INT80_32 },
#endif
};

#undef TRAP

KUNIT_ARRAY_PARAM_DESC(handler, handlers, name);

static int translate(struct trap_info *entry, unsigned int vector,
		     unsigned int type, const void *handler, unsigned int dpl,
		     unsigned int ist)
{
	gate_desc gate;

	pack_gate(&gate, type, (unsigned long)handler, dpl, ist, __KERNEL_CS);
	return xen_pv_gate_to_trap(entry, vector, &gate);
}

static void handler_becomes_stub(struct kunit *test)
{
	const struct handler *this = test->param_value;
	struct trap_info entry = { .address = UNTOUCHED };

	KUNIT_EXPECT_EQ(test, translate(&entry, 17, GATE_INTERRUPT,
					this->handler, 0, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)entry.address, this->stub);
	KUNIT_EXPECT_EQ(test, entry.vector, 17);
	KUNIT_EXPECT_EQ(test, entry.cs, __KERNEL_CS);
}

/*
 * Xen switches stacks in its own way: no trap that needs another goes through.
 * A 32-bit gate has no stack of its own; there it takes a task, see below.
 */
#ifdef CONFIG_X86_64
static void stack_of_its_own(struct kunit *test)
{
	const struct handler *this = test->param_value;
	struct trap_info entry = { .address = UNTOUCHED };
	int rc = translate(&entry, 17, GATE_INTERRUPT, this->handler, 0, 1);

	KUNIT_EXPECT_EQ(test, rc, this->may_use_ist ? 0 : -EINVAL);
	if (rc)
		KUNIT_EXPECT_EQ_MSG(test, entry.address, UNTOUCHED,
				    "a refused gate leaves what was");
}
#endif

struct gate_case {
	const char *name;
	unsigned int type, dpl;
	/* of the entry */
	unsigned int flags;
	bool is_there;
};

static const struct gate_case gate_cases[] = {
	{ "interrupt gate masks events", GATE_INTERRUPT, 0, 4, true },
	{ "interrupt gate, DPL 1", GATE_INTERRUPT, 1, 5, true },
	{ "interrupt gate, DPL 3", GATE_INTERRUPT, 3, 7, true },
	{ "trap gate leaves them", GATE_TRAP, 0, 0, true },
	{ "trap gate, DPL 3", GATE_TRAP, 3, 3, true },
	{ "task gate is none", GATE_TASK, 0, 0, false },
	{ "call gate is none", GATE_CALL, 3, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(gate_case, gate_cases, name);

static void gate_becomes_flags(struct kunit *test)
{
	const struct gate_case *this = test->param_value;
	struct trap_info entry = { .address = UNTOUCHED, .flags = 0xff };

	KUNIT_EXPECT_EQ(test, translate(&entry, 3, this->type, asm_exc_int3,
					this->dpl, 0), 0);
	KUNIT_EXPECT_EQ(test, entry.flags, this->flags);
	KUNIT_EXPECT_EQ(test, !!entry.address, this->is_there);
}

static void absent_gate(struct kunit *test)
{
	struct trap_info entry = { .address = UNTOUCHED };
	gate_desc gate;

	pack_gate(&gate, GATE_INTERRUPT, (unsigned long)asm_exc_int3, 0, 0,
		  __KERNEL_CS);
	gate.bits.p = 0;
	KUNIT_EXPECT_EQ(test, xen_pv_gate_to_trap(&entry, 3, &gate), 0);
	KUNIT_EXPECT_EQ(test, entry.address, 0);
}

static void unknown_handler(struct kunit *test)
{
	struct trap_info entry = { .address = UNTOUCHED };

	KUNIT_EXPECT_EQ(test, translate(&entry, 0x90, GATE_INTERRUPT,
					unknown_handler, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, entry.address, UNTOUCHED);
}

/* Gates of encrypted guests are accepted, and left out of the table. */
static void gates_of_encrypted_guests(struct kunit *test)
{
	struct trap_info __maybe_unused entry = { .address = UNTOUCHED };

#ifdef CONFIG_INTEL_TDX_GUEST
	KUNIT_EXPECT_EQ(test, translate(&entry, X86_TRAP_VE, GATE_INTERRUPT,
					asm_exc_virtualization_exception, 0, 0),
			0);
	KUNIT_EXPECT_EQ(test, entry.address, 0);
#endif
#ifdef CONFIG_AMD_MEM_ENCRYPT
	entry.address = UNTOUCHED;
	KUNIT_EXPECT_EQ(test, translate(&entry, X86_TRAP_VC, GATE_INTERRUPT,
					asm_exc_vmm_communication, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, entry.address, 0);
#endif
}

/* What the kernel that runs has registered, by hand and not by a list */
static const struct live_gate {
	const char *name;
	unsigned int vector;
	const void *stub;
	unsigned int flags;
} live_gates[] = {
	{ "divide error", 0, STUB(exc_divide_error, exc_divide_error), 4 },
	{ "NMI", 2, STUB(exc_nmi, xenpv_exc_nmi), 4 },
	{ "int3", 3, STUB(exc_int3, exc_int3), 7 },
	{ "overflow", 4, STUB(exc_overflow, exc_overflow), 7 },
	{ "invalid opcode", 6, STUB(exc_invalid_op, exc_invalid_op), 4 },
#ifdef CONFIG_X86_64
	{ "double fault", 8, xen_asm_xenpv_exc_double_fault, 4 },
#else
	{ "no task gate for a double fault", 8, NULL, 0 },
#endif
	{ "general protection", 13,
	  STUB(exc_general_protection, exc_general_protection), 4 },
	{ "page fault", 14, STUB(exc_page_fault, exc_page_fault), 4 },
#ifdef CONFIG_IA32_EMULATION
	{ "int 0x80", 0x80, xen_asm_int80_emulation, 7 },
#endif
#ifdef CONFIG_X86_32
	{ "int 0x80", 0x80, entry_INT80_32, 7 },
#endif
	{ "no device interrupt", 0x30, NULL, 0 },
	{ "no spurious interrupt", 0xff, NULL, 0 },
};

KUNIT_ARRAY_PARAM_DESC(live_gate, live_gates, name);

static void live_table(struct kunit *test)
{
	const struct live_gate *this = test->param_value;
	struct trap_info *traps = kunit_kcalloc(test, TRAP_VECTORS,
						sizeof(*traps), GFP_KERNEL);
	const struct trap_info *entry = &traps[this->vector];

	KUNIT_ASSERT_NOT_NULL(test, traps);
	xen_pv_handover_traps(traps);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)entry->address, this->stub);
	if (this->stub)
		KUNIT_EXPECT_EQ(test, entry->flags, this->flags);
}

/* A gate of a table that no CPU has loaded is memory and nothing else. */
static void table_not_in_use(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);
	gate_desc *idt = kunit_kcalloc(test, IDT_ENTRIES, sizeof(*idt),
				       GFP_KERNEL);
	gate_desc gate;

	KUNIT_ASSERT_NOT_NULL(test, idt);
	pack_gate(&gate, GATE_TRAP, (unsigned long)asm_exc_int3, 3, 0,
		  __KERNEL_CS);
	xen_pv_write_idt_entry(idt, 0x90, &gate);
	KUNIT_EXPECT_MEMEQ(test, &idt[0x90], &gate, sizeof(gate));
	KUNIT_EXPECT_EQ(test, xen->calls, 0);
}

static void nothing_differs(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);

	xen_pv_sync_traps();
	KUNIT_EXPECT_EQ(test, xen->calls, 0);
}

/*
 * After a resume the whole table is sent, once.  The stand-in takes it all, so
 * that the CPU's own record is true at the end: Xen has had this table all the
 * time.  An error is the end, and so none of this suite's business.
 */
static void all_is_sent_anew(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);
	struct trap_info *traps = kunit_kcalloc(test, TRAP_VECTORS,
						sizeof(*traps), GFP_KERNEL);
	unsigned int vectors, calls;

	KUNIT_ASSERT_NOT_NULL(test, traps);
	xen_pv_handover_traps(traps);

	preempt_disable();
	xen_pv_reregister_traps();
	/* nothing is left to be sent then */
	xen_pv_sync_traps();
	xen_pv_trap_figures(smp_processor_id(), &vectors, &calls);
	preempt_enable();

	KUNIT_EXPECT_EQ(test, xen->calls, 1);
	KUNIT_EXPECT_EQ(test, xen->clears, 0);
	KUNIT_EXPECT_EQ(test, xen->entries, vectors);
	xen_pv_expect_traps(test, xen->table, traps);
}

static int gates_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(handler_becomes_stub, handler_gen_params),
#ifdef CONFIG_X86_64
	KUNIT_CASE_PARAM(stack_of_its_own, handler_gen_params),
#endif
	KUNIT_CASE_PARAM(gate_becomes_flags, gate_case_gen_params),
	KUNIT_CASE(absent_gate),
	KUNIT_CASE(unknown_handler),
	KUNIT_CASE(gates_of_encrypted_guests),
	KUNIT_CASE_PARAM(live_table, live_gate_gen_params),
	KUNIT_CASE(table_not_in_use),
	KUNIT_CASE(nothing_differs),
	KUNIT_CASE(all_is_sent_anew),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_gates",
	.init = gates_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: Linux's gates and the trap table of a Xen PV guest");
MODULE_LICENSE("GPL");

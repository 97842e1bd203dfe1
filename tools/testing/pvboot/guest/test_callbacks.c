// SPDX-License-Identifier: GPL-2.0
/*
 * set_callbacks, which always answers 0, and callback_op with each of its
 * answers.  That what is registered is also entered, test_events.c sees.
 */
#include "guest.h"

/* Wanted results, where the widths differ */
#define BY_WIDTH(on_64, on_32)	(IS_64BIT ? (on_64) : (on_32))

#define UNKNOWN_COMMAND	77

static long op_register(u16 type, unsigned long address)
{
	struct callback_register reg;

	memset(&reg, 0, sizeof(reg));
	reg.type = type;
	reg.flags = CALLBACKF_mask_events;
	reg.address = XEN_CALLBACK(FLAT_KERNEL_CS, address);
	return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

static long op_unregister(u16 type)
{
	struct callback_unregister unreg;

	memset(&unreg, 0, sizeof(unreg));
	unreg.type = type;
	return HYPERVISOR_callback_op(CALLBACKOP_unregister, &unreg);
}

static void registers(const struct row *row)
{
	unsigned long address = (unsigned long)event_entry;

	expect_errno("register", op_register(row->arg[0], address),
		     BY_WIDTH(row->arg[1], row->arg[2]));
}

/* The address is looked at before the type. */
static void bad_address(const struct row *row)
{
	expect_errno("register", op_register(row->arg[0], not_canonical()),
		     BY_WIDTH(-EINVAL, row->arg[1]));
}

static void unregisters(const struct row *row)
{
	expect_errno("unregister", op_unregister(row->arg[0]),
		     BY_WIDTH(row->arg[1], row->arg[2]));
}

static void bad_pointer(const struct row *row)
{
	expect_errno("callback_op",
		     HYPERVISOR_callback_op(row->arg[0], (void *)NOWHERE),
		     -EFAULT);
	expect_errno("NULL", HYPERVISOR_callback_op(row->arg[0], NULL),
		     -EFAULT);
	/* A 32-bit guest can read what is there. */
	if (IS_64BIT)
		expect_errno("Xen's own memory",
			     HYPERVISOR_callback_op(row->arg[0],
						    hypervisor_area), -EFAULT);
}

static void unknown_command(const struct row *row)
{
	struct callback_register reg;

	memset(&reg, 0, sizeof(reg));
	expect_errno("a good pointer",
		     HYPERVISOR_callback_op(UNKNOWN_COMMAND, &reg),
		     BY_WIDTH(-ENOSYS, -EINVAL));
	expect_errno("a bad pointer",
		     HYPERVISOR_callback_op(UNKNOWN_COMMAND, (void *)NOWHERE),
		     BY_WIDTH(-ENOSYS, -EINVAL));
}

static void legacy(const struct row *row)
{
	expect_errno("by the core",
		     xen_pv_callback_register_legacy(&entry_points), 0);
#ifdef __x86_64__
	expect_errno("nothing", HYPERVISOR_set_callbacks(0, 0, 0), 0);
#else
	expect_errno("nothing", HYPERVISOR_set_callbacks(0, 0, 0, 0), 0);
#endif
}

/* A bad address is dropped without a word; what was there stays. */
static void legacy_bad_address(const struct row *row)
{
#ifdef __x86_64__
	unsigned long bad = not_canonical();
	struct seen seen;

	expect_errno("set_callbacks", HYPERVISOR_set_callbacks(bad, bad, bad),
		     0);
	expect_true("syscall comes in", traps_in_user(&seen, do_syscall, 0));
	expect_hex("entry", seen.regs.entry, ENTRY_SYSCALL);
#else
	skip("no address is refused on 32-bit");
#endif
}

static void core_misses_one(const struct row *row)
{
	static const struct callback_entry event = {
		"event", (unsigned long)event_entry, CALLBACKTYPE_event, true,
	};
	const struct callback_table table = {
		.entry = &event, .nr = 1, .cs = FLAT_KERNEL_CS,
	};

	expect_errno("xen_pv_callback_register",
		     xen_pv_callback_register(&table, CALLBACKTYPE_failsafe),
		     -ENOENT);
	expect_errno("xen_pv_callback_register_legacy",
		     xen_pv_callback_register_legacy(&table), -ENOENT);
}

static void core_registers(const struct row *row)
{
	const struct callback_entry *entry;
	unsigned int i;

	for (i = 0; i < entry_points.nr; i++) {
		entry = &entry_points.entry[i];
		expect_errno(entry->name,
			     xen_pv_callback_register(&entry_points,
						      entry->type), 0);
	}
}

/* Registering nmi is registering vector 2, whatever cs is given. */
static void nmi_is_vector_2(const struct row *row)
{
	struct callback_register reg;
	struct seen seen;

	memset(&reg, 0, sizeof(reg));
	reg.type = CALLBACKTYPE_nmi;
	reg.address = XEN_CALLBACK(0, (unsigned long)nmi_entry);
	expect_errno("register",
		     HYPERVISOR_callback_op(CALLBACKOP_register, &reg), 0);
	/*
	 * A gate for software would have DPL 1 to 3: the one that is
	 * registered has 0, so only the NMI itself shows it.
	 */
	expect_true("the NMI comes", traps(&seen, (void (*)(unsigned long))
					   row->arg[0], 0));
	expect_hex("entry", seen.regs.entry, ENTRY_NMI);
	expect_hex("cs in the handler", seen.regs.entry_cs, FLAT_KERNEL_CS);
	expect("mask on entry", seen.mask, 1);
}

static void send_nmi(unsigned long unused)
{
	expect_errno("send_nmi", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL),
		     0);
}

/* The trap table holds the same gate. */
static void nmi_by_trap_table(const struct row *row)
{
	struct seen seen;

	expect_errno("unregister", op_unregister(CALLBACKTYPE_nmi), 0);
	expect_true("no NMI without a handler", !traps(&seen, send_nmi, 0));
	xen_pv_trap_table_forget(&this_vcpu()->traps);
	expect_errno("vector 2", put_gate(2, 0, true), 0);
	expect_true("the NMI comes", traps(&seen, send_nmi, 0));
	expect_hex("entry", seen.regs.entry, 2);
}

static const struct row rows[] = {
	{ "op.efault_register", bad_pointer, { CALLBACKOP_register } },
	{ "op.efault_unregister", bad_pointer, { CALLBACKOP_unregister } },
	{ "op.unknown_command", unknown_command },
	{ "op.event", registers, { CALLBACKTYPE_event, 0, 0 } },
	{ "op.failsafe", registers, { CALLBACKTYPE_failsafe, 0, 0 } },
	{ "op.syscall", registers, { CALLBACKTYPE_syscall, 0, -ENOSYS } },
	{ "op.type_3", registers, { 3, -ENOSYS, -ENOSYS } },
	{ "op.sysenter", registers, { CALLBACKTYPE_sysenter, 0, 0 } },
	{ "op.type_6", registers, { 6, -ENOSYS, -ENOSYS } },
	{ "op.syscall32", registers, { CALLBACKTYPE_syscall32, 0, 0 } },
	{ "op.type_8", registers, { 8, -ENOSYS, -ENOSYS } },
	{ "op.type_65535", registers, { 65535, -ENOSYS, -ENOSYS } },
	{ "op.event_not_canonical", bad_address, { CALLBACKTYPE_event, 0 } },
	{ "op.nmi_not_canonical", bad_address, { CALLBACKTYPE_nmi, 0 } },
	{ "op.type_3_not_canonical", bad_address, { 3, -ENOSYS } },
	{ "op.unregister_event", unregisters,
	  { CALLBACKTYPE_event, -EINVAL, -EINVAL } },
	{ "op.unregister_failsafe", unregisters,
	  { CALLBACKTYPE_failsafe, -EINVAL, -EINVAL } },
	{ "op.unregister_syscall", unregisters,
	  { CALLBACKTYPE_syscall, -EINVAL, -ENOSYS } },
	{ "op.unregister_sysenter", unregisters,
	  { CALLBACKTYPE_sysenter, -EINVAL, -EINVAL } },
	{ "op.unregister_syscall32", unregisters,
	  { CALLBACKTYPE_syscall32, -EINVAL, -EINVAL } },
	{ "op.unregister_nmi", unregisters, { CALLBACKTYPE_nmi, 0, 0 } },
	{ "op.unregister_type_3", unregisters, { 3, -ENOSYS, -ENOSYS } },
	{ "op.unregister_type_6", unregisters, { 6, -ENOSYS, -ENOSYS } },
	{ "op.unregister_type_8", unregisters, { 8, -ENOSYS, -ENOSYS } },
	{ "op.nmi_is_vector_2", nmi_is_vector_2, { (long)send_nmi } },
	{ "op.vector_2_is_nmi", nmi_by_trap_table },
	{ "set_callbacks.answers_0", legacy },
	{ "set_callbacks.not_canonical_is_dropped", legacy_bad_address },
	{ "core.each_entry_point", core_registers },
	{ "core.absent_entry_point", core_misses_one },
};

const struct suite suite_callbacks = { "callbacks", rows, ARRAY_SIZE(rows) };

// SPDX-License-Identifier: GPL-2.0
/*
 * set_trap_table(list): NULL clears all vectors, address 0 ends the list, and
 * what comes before a bad entry stays.  Whether a vector is registered is seen
 * by raising it: refused, it is a #GP with the vector's gate as error code.
 */
#include "guest.h"

/* Error code of an int N that is refused: gate N of the IDT */
#define REFUSED(vector)	((vector) << 3 | 2)

static void expect_raises(const char *what, void (*fn)(unsigned long),
			  unsigned int vector)
{
	struct seen seen;

	expect_true(what, traps(&seen, fn, 0));
	expect_hex(what, seen.regs.entry, vector);
}

static void expect_refused(const char *what, void (*fn)(unsigned long),
			   unsigned int vector)
{
	struct seen seen;

	expect_true(what, traps(&seen, fn, 0));
	expect_hex(what, seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, REFUSED(vector));
}

static void null_clears(const struct row *row)
{
	expect_errno("register 0x81", put_gate(0x81, 3, false), 0);
	expect_raises("int 0x81", do_int81, 0x81);

	expect_errno("set_trap_table(NULL)",
		     xen_pv_trap_table_clear(&this_vcpu()->traps), 0);
	expect_errno("load the exceptions", load_gates(&this_vcpu()->traps), 0);
	expect_refused("int 0x81 after it", do_int81, 0x81);
}

static void zero_ends(const struct row *row)
{
	struct trap_info list[3];

	gate(&list[0], 0x81, 3, false);
	gate(&list[1], 0x80, 3, false);
	list[1].address = 0;
	gate(&list[2], 0x90, 3, false);

	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list), 0);
	expect_raises("the entry before the end", do_int81, 0x81);
	expect_refused("the entry behind the end", do_int90, 0x90);
}

/* An entry with address 0 is the end, whatever its vector: nothing changes. */
static void zero_clears_none(const struct row *row)
{
	struct trap_info list[1];

	expect_errno("register 0x81", put_gate(0x81, 3, false), 0);
	gate(&list[0], 0x81, 3, false);
	list[0].address = 0;
	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list), 0);
	expect_raises("int 0x81", do_int81, 0x81);
}

static void unreadable(const struct row *row)
{
	expect_errno("set_trap_table",
		     HYPERVISOR_set_trap_table((void *)NOWHERE), -EFAULT);
}

static void unreadable_later(const struct row *row)
{
	struct trap_info *last = (struct trap_info *)(edge + PAGE_SIZE) - 1;

	gate(last, 0x81, 3, false);
	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(last),
		     -EFAULT);
	expect_raises("the entry before", do_int81, 0x81);
}

static void bad_address(const struct row *row)
{
	struct trap_info list[3];

	memset(list, 0, sizeof(list));
	gate(&list[0], 0x81, 3, false);
	gate(&list[1], 0x90, 3, false);
	list[1].address = not_canonical();

	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list),
		     IS_64BIT ? -EINVAL : 0);
	expect_raises("the entry before", do_int81, 0x81);
	if (IS_64BIT)
		expect_refused("the bad entry", do_int90, 0x90);
}

/* What the core remembers after an error is sent again. */
static void core_sends_again(const struct row *row)
{
	struct trap_table *table = &this_vcpu()->traps;
	struct trap_info wanted[TRAP_VECTORS];

	if (!IS_64BIT) {
		skip("no address is refused on 32-bit");
		return;
	}
	wanted_gates(wanted);
	gate(&wanted[0x81], 0x81, 3, false);
	gate(&wanted[0x90], 0x90, 3, false);
	wanted[0x90].address = not_canonical();
	expect_errno("load with a bad entry",
		     xen_pv_trap_table_load(table, wanted), -EINVAL);
	gate(&wanted[0x90], 0x90, 3, false);
	expect_errno("load without", xen_pv_trap_table_load(table, wanted), 0);
	expect_raises("int 0x81", do_int81, 0x81);
	expect_raises("int 0x90", do_int90, 0x90);
}

/* Dropping one vector through the core, where Xen can only clear all. */
static void core_drops_one(const struct row *row)
{
	struct trap_table *table = &this_vcpu()->traps;
	struct trap_info wanted[TRAP_VECTORS];

	wanted_gates(wanted);
	gate(&wanted[0x81], 0x81, 3, false);
	gate(&wanted[0x90], 0x90, 3, false);
	expect_errno("load both", xen_pv_trap_table_load(table, wanted), 0);
	expect_raises("int 0x81", do_int81, 0x81);
	wanted[0x81].address = 0;
	expect_errno("load one", xen_pv_trap_table_load(table, wanted), 0);
	expect_refused("int 0x81 after it", do_int81, 0x81);
	expect_raises("int 0x90 after it", do_int90, 0x90);
	expect("vectors remembered", xen_pv_trap_table_count(table), 33);
}

/* A gate that stays, but for one thing: it has to be sent again. */
static void core_changes_dpl(const struct row *row)
{
	expect_errno("DPL 0", put_gate(0x81, 0, false), 0);
	expect_refused("int 0x81", do_int81, 0x81);
	expect_errno("DPL 3", put_gate(0x81, 3, false), 0);
	expect_raises("int 0x81 after it", do_int81, 0x81);
}

static void core_changes_address(const struct row *row)
{
	struct trap_info entry;

	gate(&entry, 0x90, 3, false);
	entry.vector = 0x81;
	expect_errno("another stub",
		     xen_pv_trap_table_register(&this_vcpu()->traps, &entry),
		     0);
	expect_raises("int 0x81", do_int81, 0x90);
	expect_errno("its own", put_gate(0x81, 3, false), 0);
	expect_raises("int 0x81 after it", do_int81, 0x81);
}

/* 32-bit: RPL 3 is kept, and no segment of the kernel's can be loaded so. */
static void core_changes_selector(const struct row *row)
{
	struct trap_info entry;
	struct seen seen;

	if (IS_64BIT) {
		skip("64-bit: the selector is not looked at");
		return;
	}
	gate(&entry, 0x81, 3, false);
	entry.cs = FLAT_KERNEL_CS | 3;
	expect_errno("RPL 3",
		     xen_pv_trap_table_register(&this_vcpu()->traps, &entry),
		     0);
	expect_true("int 0x81 traps", traps(&seen, do_int81, 0));
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, FLAT_KERNEL_CS & ~3);
	expect_hex("ip", seen.regs.ip, entry.address);
	expect_errno("RPL 1", put_gate(0x81, 3, false), 0);
	expect_raises("int 0x81 after it", do_int81, 0x81);
}

/* 64-bit: whatever cs is given, there is only one for the kernel. */
static void any_selector(const struct row *row)
{
	struct trap_info list[2];
	struct seen seen;

	if (!IS_64BIT) {
		skip("32-bit: a null selector is no gate");
		return;
	}
	memset(list, 0, sizeof(list));
	gate(&list[0], 0x81, 3, false);
	list[0].cs = 0;
	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list), 0);
	expect_true("int 0x81 traps", traps(&seen, do_int81, 0));
	expect_hex("entry", seen.regs.entry, 0x81);
	expect_hex("cs in the handler", seen.regs.entry_cs, FLAT_KERNEL_CS);
}

static void rpl_raised(const struct row *row)
{
	struct trap_info list[2];
	struct seen seen;

	memset(list, 0, sizeof(list));
	gate(&list[0], 0x81, 3, false);
	list[0].cs = (FLAT_KERNEL_CS & ~3) | row->arg[0];
	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list), 0);
	expect_true("int 0x81 traps", traps(&seen, do_int81, 0));
	expect_hex("entry", seen.regs.entry, 0x81);
	expect_hex("cs in the handler", seen.regs.entry_cs, FLAT_KERNEL_CS);
}

/* From the kernel: DPL 0 is refused, though nothing is more privileged. */
static void dpl_from_kernel(const struct row *row)
{
	expect_errno("register", put_gate(0x81, row->arg[0], false), 0);
	if (row->arg[0] >= 1)
		expect_raises("int 0x81", do_int81, 0x81);
	else
		expect_refused("int 0x81", do_int81, 0x81);
}

static void sizes(const struct row *row)
{
	expect("struct trap_info", sizeof(struct trap_info), IS_64BIT ? 16 : 8);
}

static const struct row rows[] = {
	{ "null_clears_all", null_clears },
	{ "address_0_ends_the_list", zero_ends },
	{ "address_0_clears_no_vector", zero_clears_none },
	{ "efault", unreadable },
	{ "efault_keeps_entries_before", unreadable_later },
	{ "not_canonical", bad_address },
	{ "core_sends_again_after_an_error", core_sends_again },
	{ "core_drops_one_vector", core_drops_one },
	{ "core_changes_the_dpl", core_changes_dpl },
	{ "core_changes_the_address", core_changes_address },
	{ "core_changes_the_selector", core_changes_selector },
	{ "rpl_0_of_cs_is_raised", rpl_raised, { 0 } },
	{ "rpl_1_of_cs_is_raised", rpl_raised, { 1 } },
	{ "null_selector_is_as_good", any_selector },
	{ "dpl_0_refused_from_kernel", dpl_from_kernel, { 0 } },
	{ "dpl_1_from_kernel", dpl_from_kernel, { 1 } },
	{ "dpl_3_from_kernel", dpl_from_kernel, { 3 } },
	{ "size_of_an_entry", sizes },
};

const struct suite suite_trap_table = { "trap_table", rows, ARRAY_SIZE(rows) };

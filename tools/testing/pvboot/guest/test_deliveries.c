// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions and software interrupts, from the kernel and from user mode: that
 * the right entry gets them, and what its frame holds.
 */
#include "guest.h"

#define NO_ERROR_CODE	(~0UL)
#define REFUSED(vector)	((vector) << 3 | 2)

/* A selector whose descriptor is in none of our tables */
#define NO_SUCH_SEGMENT	0x13

#define PF_WRITE	2
#define PF_USER		4
#define PF_PROTECTION	1

struct delivery {
	void (*fn)(unsigned long arg);
	const char *at;
	unsigned long arg;
	unsigned int entry;
	unsigned long error_code;
};

static const struct delivery
	de = { do_de, do_de_at, 0, 0, NO_ERROR_CODE },
	bp = { do_bp, do_bp_at, 0, 3, NO_ERROR_CODE },
	ud = { do_ud, do_ud_at, 0, 6, NO_ERROR_CODE },
	gp = { do_gp, do_gp_at, NO_SUCH_SEGMENT, 13, NO_SUCH_SEGMENT & ~3 },
	pf_read = { do_pf_read, do_pf_read_at, NOWHERE + 4, 14, 0 },
	pf_write = { do_pf_write, do_pf_write_at, NOWHERE + 8, 14, PF_WRITE },
	int4 = { do_int4, do_int4_at, 0, 4, NO_ERROR_CODE },
	int80 = { do_int80, do_int80_at, 0, 0x80, NO_ERROR_CODE },
	int81 = { do_int81, do_int81_at, 0, 0x81, NO_ERROR_CODE },
	refused80 = { do_int80, do_int80_before, 0, 13, REFUSED(0x80) },
	refused81 = { do_int81, do_int81_before, 0, 13, REFUSED(0x81) };

/* What every frame holds, whatever was delivered */
static void check_frame(const struct seen *seen, bool user, u8 mask_before)
{
	const struct regs *regs = &seen->regs;

	expect_hex("cs in the handler", regs->entry_cs, FLAT_KERNEL_CS);
	expect_hex("cs in the frame", regs->cs,
		   user ? USER_CS : FRAME_KERNEL_CS);
	expect("saved mask", regs->saved_mask, mask_before);
	expect("the byte above it", regs->above_mask, 0);
	expect_hex("IF in the frame", regs->flags & EFLAGS_IF,
		   mask_before ? 0 : EFLAGS_IF);
	expect_hex("IOPL in the frame", regs->flags & EFLAGS_IOPL, 0);
	expect_hex("cx", regs->cx, MARK_CX);
#ifdef __x86_64__
	expect_hex("r11", regs->r11, MARK_R11);
	expect_hex("above the mask", regs->above, 0);
#endif
	if (user) {
		expect_hex("ss in the frame", regs->ss, USER_SS);
		expect_hex("sp in the frame", regs->sp, (unsigned long)user_sp);
		return;
	}
#ifdef __x86_64__
	expect_hex("ss in the frame", regs->ss, FLAT_KERNEL_SS);
	expect_true("sp in the frame is the kernel's",
		    (regs->sp & ~(BLOCK_SIZE - 1UL)) ==
		    (unsigned long)this_vcpu());
#endif
}

static void check(const struct delivery *what, const struct seen *seen)
{
	expect_hex("entry", seen->regs.entry, what->entry);
	expect_hex("ip", seen->regs.ip, (unsigned long)what->at);
	if (what->entry == 14)
		expect_hex("cr2", seen->cr2, what->arg);
}

static void from_kernel(const struct row *row)
{
	const struct delivery *what = (const struct delivery *)row->arg[0];
	struct seen seen;

	expect_true("it traps", traps(&seen, what->fn, what->arg));
	check(what, &seen);
	expect_hex("error code", seen.regs.error_code, what->error_code);
	check_frame(&seen, false, 1);
	expect("mask on entry", seen.mask, 1);
}

/* Events are unmasked there, and stay so: the gates do not mask them. */
static void from_user(const struct row *row)
{
	const struct delivery *what = (const struct delivery *)row->arg[0];
	unsigned long error_code = what->error_code;
	struct seen seen;

	if (what->entry == 14)
		error_code |= PF_USER;
	expect_true("it traps", traps_in_user(&seen, what->fn, what->arg));
	check(what, &seen);
	expect_hex("error code", seen.regs.error_code, error_code);
	check_frame(&seen, true, 0);
	expect("mask on entry", seen.mask, 0);
	expect_true("the stack is the registered one",
		    seen.regs.sp == (unsigned long)user_sp);
}

/* A gate that masks events, entered with events unmasked and masked */
static void masks_events(const struct row *row)
{
	struct trap_info list[2];
	struct user_start start;
	struct seen seen;

	memset(list, 0, sizeof(list));
	gate(&list[0], 6, 0, true);
	expect_errno("set_trap_table", HYPERVISOR_set_trap_table(list), 0);

	vcpu_info()->evtchn_upcall_mask = 0;
	expect_true("kernel, unmasked", traps(&seen, do_ud, 0));
	check_frame(&seen, false, 0);
	expect("mask on entry", seen.mask, 1);

	expect_true("kernel, masked", traps(&seen, do_ud, 0));
	check_frame(&seen, false, 1);
	expect("mask on entry", seen.mask, 1);

	expect_true("user, unmasked", traps_in_user(&seen, do_ud, 0));
	check_frame(&seen, true, 0);
	expect("mask on entry", seen.mask, 1);

	user_start_at(&start, do_ud, 0);
	start.flags &= ~EFLAGS_IF;
	expect_true("user, masked", traps_in_user_with(&seen, &start));
	check_frame(&seen, true, 1);
	expect("mask on entry", seen.mask, 1);
}

static void leaves_events(const struct row *row)
{
	struct seen seen;

	vcpu_info()->evtchn_upcall_mask = 0;
	expect_true("kernel, unmasked", traps(&seen, do_ud, 0));
	check_frame(&seen, false, 0);
	expect("mask on entry", seen.mask, 0);
}

/* int N from user mode: arg is what comes of it, and the gate's DPL */
static void software(const struct row *row)
{
	const struct delivery *what = (const struct delivery *)row->arg[0];
	unsigned int vector = row->arg[1];
	struct seen seen;

	expect_errno("register", put_gate(vector, row->arg[2], false), 0);
	if (row->arg[3])
		expect_true("it traps", traps_in_user(&seen, what->fn, 0));
	else
		expect_true("it traps", traps(&seen, what->fn, 0));
	check(what, &seen);
	expect_hex("error code", seen.regs.error_code, what->error_code);
	check_frame(&seen, row->arg[3], !row->arg[3]);
}

static void not_registered(const struct row *row)
{
	const struct delivery *what = (const struct delivery *)row->arg[0];
	struct seen seen;

	expect_true("it traps", traps_in_user(&seen, what->fn, 0));
	check(what, &seen);
	expect_hex("error code", seen.regs.error_code, what->error_code);
	check_frame(&seen, true, 0);
}

/* A write to what may only be read */
static void protection(const struct row *row)
{
	unsigned long error_code = PF_PROTECTION | PF_WRITE;
	struct seen seen;

	if (set_page(edge, PTE_PRESENT | PTE_USER)) {
		broken("the page cannot be made read-only");
		return;
	}
	if (row->arg[0])
		traps_in_user(&seen, do_pf_write, (unsigned long)edge);
	else
		traps(&seen, do_pf_write, (unsigned long)edge);
	expect_errno("writable again",
		     set_page(edge, PTE_PRESENT | PTE_WRITE), 0);
	expect_hex("entry", seen.regs.entry, 14);
	expect_hex("cr2", seen.cr2, (unsigned long)edge);
	expect_hex("error code", seen.regs.error_code,
		   error_code | (row->arg[0] ? PF_USER : 0));
	check_frame(&seen, row->arg[0], !row->arg[0]);
}

/* Flags of user mode's that the handler must not run with */
static void flags(const struct row *row)
{
	struct user_start start;
	struct seen seen;

	user_start_at(&start, do_ud, 0);
	start.flags |= row->arg[0];
	traps_in_user_with(&seen, &start);
	expect_hex("entry", seen.regs.entry, 6);
	expect_hex("the flag in the frame", seen.regs.flags & row->arg[0],
		   row->arg[0]);
	expect_hex("the flag in the handler",
		   seen.regs.entry_flags & row->arg[0],
		   IS_64BIT ? row->arg[1] : row->arg[2]);
}

static void single_step(const struct row *row)
{
	struct user_start start;
	struct seen seen;

	user_start_at(&start, do_ud, 0);
	start.flags |= EFLAGS_TF;
	traps_in_user_with(&seen, &start);
	expect_hex("entry", seen.regs.entry, 1);
	expect_true("ip behind the first instruction",
		    seen.regs.ip > (unsigned long)do_ud &&
		    seen.regs.ip <= (unsigned long)do_ud_at);
	expect_hex("TF in the frame", seen.regs.flags & EFLAGS_TF, EFLAGS_TF);
	expect_hex("TF in the handler", seen.regs.entry_flags & EFLAGS_TF, 0);
}

/* Hypercall iret with a code selector that cannot be loaded */
static void bad_iret(const struct row *row)
{
	struct user_start start;
	struct seen seen;

	user_start_at(&start, do_ud, 0);
	start.cs = NO_SUCH_SEGMENT;
	traps_in_user_with(&seen, &start);
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, NO_SUCH_SEGMENT & ~3);
	expect_hex("cs in the frame", seen.regs.cs, NO_SUCH_SEGMENT);
	expect_hex("ip", seen.regs.ip, (unsigned long)do_ud);
}

#ifdef __x86_64__
static int register_syscall(u16 type, const char *entry, bool masks)
{
	struct callback_register reg;

	memset(&reg, 0, sizeof(reg));
	reg.type = type;
	reg.flags = masks ? CALLBACKF_mask_events : 0;
	reg.address = (unsigned long)entry;
	return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}
#endif

static void syscall_64(const struct row *row)
{
#ifdef __x86_64__
	struct user_start start;
	struct seen seen;

	expect_errno("register", register_syscall(CALLBACKTYPE_syscall,
						  syscall_entry, row->arg[0]),
		     0);
	user_start_at(&start, do_syscall, 0);
	start.flags |= EFLAGS_NT | EFLAGS_AC;
	traps_in_user_with(&seen, &start);
	expect_hex("entry", seen.regs.entry, ENTRY_SYSCALL);
	expect_hex("ip", seen.regs.ip, (unsigned long)do_syscall_at);
	expect_hex("rcx", seen.regs.cx, (unsigned long)do_syscall_at);
	expect_hex("r11", seen.regs.r11 & ~0x8d5UL, start.flags);
	expect_hex("rflags in the frame", seen.regs.flags & ~0x8d5UL,
		   start.flags);
	expect_hex("cs in the frame", seen.regs.cs, USER_CS);
	expect_hex("ss in the frame", seen.regs.ss, USER_SS);
	expect_hex("rsp in the frame", seen.regs.sp, (unsigned long)user_sp);
	expect_hex("cs in the handler", seen.regs.entry_cs, FLAT_KERNEL_CS);
	expect("mask on entry", seen.mask, row->arg[0]);
	expect("saved mask", seen.regs.saved_mask, 0);
	expect_hex("NT, AC and TF in the handler", seen.regs.entry_flags &
		   (EFLAGS_NT | EFLAGS_AC | EFLAGS_TF), 0);
#else
	skip("32-bit kernels have no such entry");
#endif
}

static void syscall_64_not_registered(const struct row *row)
{
#ifdef __x86_64__
	struct seen seen;

	expect_errno("none", HYPERVISOR_set_callbacks(0, 0, 0), 0);
	traps_in_user(&seen, do_syscall, 0);
	expect_hex("entry", seen.regs.entry, 6);
	expect_hex("ip", seen.regs.ip, (unsigned long)do_syscall_before);
#else
	skip("32-bit kernels have no such entry");
#endif
}

/* set_callbacks takes the flag back that callback_op has set. */
static void legacy_unmasks(const struct row *row)
{
#ifdef __x86_64__
	struct seen seen;

	expect_errno("set_callbacks",
		     xen_pv_callback_register_legacy(&entry_points), 0);
	traps_in_user(&seen, do_syscall, 0);
	expect_hex("entry", seen.regs.entry, ENTRY_SYSCALL);
	expect("mask on entry", seen.mask, 0);
#else
	skip("32-bit kernels have no such entry");
#endif
}

#ifdef __x86_64__
#define CS_32	FLAT_USER_CS32
#else
#define CS_32	FLAT_USER_CS
#endif

static void run_32(struct seen *seen, void (*fn)(unsigned long))
{
	struct user_start start;

	user_start_at(&start, fn, 0);
	start.cs = CS_32;
	traps_in_user_with(seen, &start);
}

/*
 * The processor itself refuses the instruction: #UD where it does not have it
 * in this mode, or #GP where Xen leaves it disabled, as sysenter on AMD's.
 */
static bool processor_lacks(const struct seen *seen, const char *at)
{
	if ((seen->regs.entry != 6 && seen->regs.entry != 13) ||
	    seen->regs.ip != (unsigned long)at)
		return false;
	skip("this processor lacks the instruction in that mode");
	return true;
}

static void syscall_32(const struct row *row)
{
	struct seen seen;

	run_32(&seen, do_syscall32);
	if (processor_lacks(&seen, do_syscall32_before))
		return;
	expect_hex("entry", seen.regs.entry, ENTRY_SYSCALL32);
	expect_hex("ip", seen.regs.ip, (unsigned long)do_syscall32_at);
	expect_hex("cs in the frame", seen.regs.cs, CS_32);
	expect_hex("ss in the frame", seen.regs.ss, USER_SS);
	expect_hex("sp in the frame", seen.regs.sp, (unsigned long)user_sp);
	expect("mask on entry", seen.mask, 1);
	expect("saved mask", seen.regs.saved_mask, 0);
}

static void syscall_32_not_registered(const struct row *row)
{
	struct callback_register reg;
	struct seen seen;

	/* Is there the instruction at all? */
	run_32(&seen, do_syscall32);
	if (processor_lacks(&seen, do_syscall32_before))
		return;
	memset(&reg, 0, sizeof(reg));
	reg.type = CALLBACKTYPE_syscall32;
	expect_errno("none", HYPERVISOR_callback_op(CALLBACKOP_register, &reg),
		     0);
	run_32(&seen, do_syscall32);
#ifndef __x86_64__
	/* What counts is the selector, which Xen has given RPL 1. */
	if (seen.regs.entry == 13)
		expect_hex("error code", seen.regs.error_code, 0);
	expect_hex("entry", seen.regs.entry, 13);
#else
	expect_hex("entry", seen.regs.entry, 6);
#endif
	expect_hex("ip", seen.regs.ip, (unsigned long)do_syscall32_before);
}

/* 64-bit: the flag of syscall32 is not looked at, that of syscall is. */
static void one_mask_flag(const struct row *row)
{
#ifdef __x86_64__
	struct seen seen;

	run_32(&seen, do_syscall32);
	if (processor_lacks(&seen, do_syscall32_before))
		return;
	expect_errno("syscall", register_syscall(CALLBACKTYPE_syscall,
						 syscall_entry, row->arg[0]),
		     0);
	expect_errno("syscall32", register_syscall(CALLBACKTYPE_syscall32,
						   syscall32_entry,
						   !row->arg[0]), 0);
	run_32(&seen, do_syscall32);
	expect_hex("entry", seen.regs.entry, ENTRY_SYSCALL32);
	expect("mask on entry", seen.mask, row->arg[0]);
#else
	skip("32-bit kernels have no syscall entry");
#endif
}

/*
 * 64-bit guests: Xen itself, 4.17 as 4.20, takes a double fault at its sysenter
 * entry on QEMU's CPU model max as an Intel processor, before any guest is
 * concerned.  The word sysenter is for a model on which it does not.
 */
static bool sysenter_kills(void)
{
	bool kills = IS_64BIT && !told("sysenter");

	if (kills)
		skip("sysenter ends Xen itself on this CPU model");
	return kills;
}

static void sysenter(const struct row *row)
{
	struct seen seen;

	if (sysenter_kills())
		return;
	run_32(&seen, do_sysenter32);
	if (processor_lacks(&seen, do_sysenter32_before))
		return;
	expect_hex("entry", seen.regs.entry, ENTRY_SYSENTER);
	expect("mask on entry", seen.mask, 1);
	/* The processor says neither where from nor on which stack. */
	expect_hex("ip", seen.regs.ip, 0);
	expect_hex("sp", seen.regs.sp, 0);
}

static void sysenter_not_registered(const struct row *row)
{
	struct callback_register reg;
	struct seen seen;

	if (sysenter_kills())
		return;
	run_32(&seen, do_sysenter32);
	if (processor_lacks(&seen, do_sysenter32_before))
		return;
	memset(&reg, 0, sizeof(reg));
	reg.type = CALLBACKTYPE_sysenter;
	expect_errno("none", HYPERVISOR_callback_op(CALLBACKOP_register, &reg),
		     0);
	run_32(&seen, do_sysenter32);
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, 0);
}

#define FROM_USER	1
#define FROM_KERNEL	0

#define DPL(text, what, vector, dpl, from) \
	{ text, software, { (long)&(what), vector, dpl, from } }

static const struct row rows[] = {
	{ "de.kernel", from_kernel, { (long)&de } },
	{ "de.user", from_user, { (long)&de } },
	{ "bp.kernel", from_kernel, { (long)&bp } },
	{ "bp.user", from_user, { (long)&bp } },
	{ "ud.kernel", from_kernel, { (long)&ud } },
	{ "ud.user", from_user, { (long)&ud } },
	{ "gp.kernel", from_kernel, { (long)&gp } },
	{ "gp.user", from_user, { (long)&gp } },
	{ "pf_read.kernel", from_kernel, { (long)&pf_read } },
	{ "pf_read.user", from_user, { (long)&pf_read } },
	{ "pf_write.kernel", from_kernel, { (long)&pf_write } },
	{ "pf_write.user", from_user, { (long)&pf_write } },
	{ "pf_protection.kernel", protection, { 0 } },
	{ "pf_protection.user", protection, { 1 } },
	DPL("int80.user_dpl_3", int80, 0x80, 3, FROM_USER),
	DPL("int80.user_dpl_0_is_ignored", int80, 0x80, 0, FROM_USER),
	DPL("int80.kernel_dpl_3", int80, 0x80, 3, FROM_KERNEL),
	DPL("int80.kernel_dpl_0_is_ignored", int80, 0x80, 0, FROM_KERNEL),
	{ "int80.not_registered", not_registered, { (long)&refused80 } },
	DPL("int81.user_dpl_3", int81, 0x81, 3, FROM_USER),
	DPL("int81.user_dpl_2_refused", refused81, 0x81, 2, FROM_USER),
	DPL("int81.user_dpl_1_refused", refused81, 0x81, 1, FROM_USER),
	DPL("int81.user_dpl_0_refused", refused81, 0x81, 0, FROM_USER),
	DPL("int81.kernel_dpl_3", int81, 0x81, 3, FROM_KERNEL),
	DPL("int81.kernel_dpl_1", int81, 0x81, 1, FROM_KERNEL),
	DPL("int81.kernel_dpl_0_refused", refused81, 0x81, 0, FROM_KERNEL),
	{ "int81.not_registered", not_registered, { (long)&refused81 } },
	DPL("int3.user_dpl_0_is_ignored", bp, 3, 0, FROM_USER),
	DPL("int4.user_dpl_0_is_ignored", int4, 4, 0, FROM_USER),
	{ "gate_masks_events", masks_events },
	{ "gate_leaves_events", leaves_events },
	{ "flags.nt", flags, { EFLAGS_NT, 0, 0 } },
	{ "flags.ac", flags, { EFLAGS_AC, 0, EFLAGS_AC } },
	{ "flags.tf", single_step },
	{ "iret.bad_cs", bad_iret },
	{ "syscall.masks_events", syscall_64, { 1 } },
	{ "syscall.leaves_events", syscall_64, { 0 } },
	{ "syscall.set_callbacks_leaves_events", legacy_unmasks },
	{ "syscall.not_registered", syscall_64_not_registered },
	{ "syscall32.delivery", syscall_32 },
	{ "syscall32.not_registered", syscall_32_not_registered },
	{ "syscall32.mask_is_syscalls", one_mask_flag, { 1 } },
	{ "syscall32.no_mask_is_syscalls", one_mask_flag, { 0 } },
	{ "sysenter.delivery", sysenter },
	{ "sysenter.not_registered", sysenter_not_registered },
};

const struct suite suite_deliveries = { "deliveries", rows, ARRAY_SIZE(rows) };

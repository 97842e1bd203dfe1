// SPDX-License-Identifier: GPL-2.0
/*
 * VCPUOP_initialise: each context that Xen rejects, and what the validator
 * says of it beforehand.  A rejected context leaves vCPU 1 as it was, so that
 * all of them are tried on it.
 */
#include "guest.h"

/* An error of one width only */
#define ON_64		1
#define ON_32		2
#define ON_BOTH		(ON_64 | ON_32)

#define THIS_WIDTH	(IS_64BIT ? ON_64 : ON_32)

/* A frame that is no memory, and one that is not ours */
#define NO_FRAME	0xfffffffUL
#define FOREIGN_FRAME	0UL

/* 64-bit: an address that no processor has */
#define BAD		not_canonical()

static struct vcpu_guest_context ctxt;
static _Alignas(PAGE_SIZE) u8 descriptors[PAGE_SIZE];

/*
 * bend: makes a good context bad.  rejects: on which widths.  field: what the
 * validator names; NULL where only Xen can know.
 */
struct bad_context {
	void (*bend)(struct vcpu_guest_context *ctxt);
	unsigned int rejects;
	const char *field;
};

#define BEND(name, statement, rejects, field) \
	static void bend_##name(struct vcpu_guest_context *c) \
	{ \
		statement; \
	} \
	static const struct bad_context bad_##name = { \
		bend_##name, rejects, field, \
	}

BEND(ip, c->user_regs.eip = BAD, ON_64, "user_regs.rip");
BEND(sp, c->user_regs.esp = BAD, ON_64, "user_regs.rsp");
BEND(kernel_sp, c->kernel_sp = BAD, ON_64, "kernel_sp");
BEND(event, c->event_callback_eip = BAD, ON_64, "event_callback_eip");
BEND(failsafe, c->failsafe_callback_eip = BAD, ON_64, "failsafe_callback_eip");
BEND(trap, c->trap_ctxt[255].address = BAD, ON_64, "trap_ctxt[].address");
BEND(ldt_unaligned, c->ldt_base = 0x1001; c->ldt_ents = 1, ON_BOTH, "ldt_base");
BEND(ldt_unaligned_empty, c->ldt_base = 0x1001, ON_BOTH, "ldt_base");
BEND(ldt_ents, c->ldt_ents = 8193, ON_BOTH, "ldt_ents");
BEND(gdt_ents, c->gdt_ents = 7169, ON_BOTH, "gdt_ents");
BEND(gdt_ents_frames, c->gdt_ents = 8193, ON_BOTH, "gdt_ents");
BEND(gdt_no_frame, c->gdt_ents = 512; c->gdt_frames[0] = NO_FRAME, ON_BOTH, NULL);
BEND(gdt_foreign, c->gdt_ents = 512; c->gdt_frames[0] = FOREIGN_FRAME, ON_BOTH, NULL);
BEND(gdt_writable, c->gdt_ents = 512; c->gdt_frames[0] = mfn_of(descriptors), ON_BOTH, NULL);
BEND(cr3_no_frame, c->ctrlreg[3] = xen_pfn_to_cr3(NO_FRAME), ON_BOTH, NULL);
BEND(cr3_foreign, c->ctrlreg[3] = xen_pfn_to_cr3(FOREIGN_FRAME), ON_BOTH, NULL);
BEND(cr3_writable, c->ctrlreg[3] = xen_pfn_to_cr3(mfn_of(descriptors)), ON_BOTH, NULL);
#ifdef __x86_64__
BEND(fs_base, c->fs_base = BAD, ON_64, "fs_base");
BEND(gs_base_kernel, c->gs_base_kernel = BAD, ON_64, "gs_base_kernel");
BEND(gs_base_user, c->gs_base_user = BAD, ON_64, "gs_base_user");
BEND(syscall, c->syscall_callback_eip = BAD, ON_64, "syscall_callback_eip");
BEND(ldt_base, c->ldt_base = BAD; c->ldt_ents = 1, ON_64, "ldt_base");
BEND(ldt_base_empty, c->ldt_base = BAD, ON_64, "ldt_base");
BEND(ldt_base_xen, c->ldt_base = HYPERVISOR_VIRT_START, ON_64, "ldt_base");
BEND(no_user_table, c->flags &= ~VGCF_in_kernel; c->ctrlreg[1] = 0, ON_64, "ctrlreg[1]");
BEND(user_table_foreign, c->ctrlreg[1] = xen_pfn_to_cr3(NO_FRAME), ON_64, NULL);
#endif

static bool same_name(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void rejected(const struct row *row)
{
	const struct bad_context *bad = (const struct bad_context *)row->arg[0];
	const char *field;
	int rc;

	if (!(bad->rejects & THIS_WIDTH)) {
		skip("no error on this width: there is no such address");
		return;
	}
	build_context(&ctxt, 1);
	expect_errno("the good context",
		     xen_pv_vcpu_context_check(&ctxt, &field), 0);
	bad->bend(&ctxt);

	rc = xen_pv_vcpu_context_check(&ctxt, &field);
	expect_errno("the validator", rc, bad->field ? -EINVAL : 0);
	expect_true("the field is named", same_name(field, bad->field));
	if (!same_name(field, bad->field))
		say("# %s, not %s", field ? field : "none",
		    bad->field ? bad->field : "none");
	expect_errno("initialise", xen_pv_vcpu_initialise(1, &ctxt), -EINVAL);
	expect_errno("up after it", xen_pv_vcpu_up(1), -EINVAL);
}

static void unreadable(const struct row *row)
{
	expect_errno("nowhere", xen_pv_vcpu_initialise(1, (void *)NOWHERE),
		     -EFAULT);
	expect_errno("cut off",
		     xen_pv_vcpu_initialise(1, (void *)(edge + PAGE_SIZE - 64)),
		     -EFAULT);
}

static void builder_misses(const struct row *row)
{
	static const struct callback_table none = { .nr = 0 };
	static struct trap_info gates[TRAP_VECTORS];
	const struct vcpu_start start = { .callbacks = &none };

	expect_errno("no entry points",
		     xen_pv_vcpu_context_build(&ctxt, &start, gates), -ENOENT);
}

static void too_early(const struct row *row)
{
	expect_errno("initialise the vCPU that runs",
		     (build_context(&ctxt, 0),
		      xen_pv_vcpu_initialise(0, &ctxt)), -EEXIST);
	local_of(0)->id = 0;
}

/*
 * Nothing is wrong with the context; it is the vCPU that lacks something, and
 * has it by and by.
 */
static void no_vcpu_info(const struct row *row)
{
	static _Alignas(PAGE_SIZE) u8 page[PAGE_SIZE];

	build_context(&ctxt, 1);
	expect_errno("the validator", xen_pv_vcpu_context_check(&ctxt, NULL),
		     0);
	expect_errno("initialise",
		     xen_pv_vcpu_initialise(FIRST_WITHOUT_INFO, &ctxt),
		     -EINVAL);
	expect_errno("register_vcpu_info",
		     xen_pv_vcpu_register_info(FIRST_WITHOUT_INFO, mfn_of(page),
					       0), 0);
	expect_errno("initialise after it",
		     xen_pv_vcpu_initialise(FIRST_WITHOUT_INFO, &ctxt), 0);
	expect_errno("is_up", xen_pv_vcpu_is_up(FIRST_WITHOUT_INFO), 0);
}

/* Xen has no room for a copy of the context once all memory is ours. */
static void no_memory(const struct row *row)
{
	bool all = take_all_memory();
	int rc;

	build_context(&ctxt, 1);
	rc = xen_pv_vcpu_initialise(1, &ctxt);
	expect_true("memory can be given back", give_memory_back());
	if (!all) {
		broken("not all of Xen's memory can be taken");
		return;
	}
	expect_errno("initialise", rc, -ENOMEM);
	expect_errno("up after it", xen_pv_vcpu_up(1), -EINVAL);
}

#define REJECTED(what) { "einval." #what, rejected, { (long)&bad_##what } }

static const struct row rows[] = {
	{ "builder_without_entry_points", builder_misses },
	{ "efault", unreadable },
	{ "eexist", too_early },
	{ "enomem", no_memory },
	{ "einval.no_vcpu_info", no_vcpu_info },
	REJECTED(ip),
	REJECTED(sp),
	REJECTED(kernel_sp),
	REJECTED(event),
	REJECTED(failsafe),
	REJECTED(trap),
#ifdef __x86_64__
	REJECTED(fs_base),
	REJECTED(gs_base_kernel),
	REJECTED(gs_base_user),
	REJECTED(syscall),
	REJECTED(ldt_base),
	REJECTED(ldt_base_empty),
	REJECTED(ldt_base_xen),
	REJECTED(no_user_table),
	REJECTED(user_table_foreign),
#endif
	REJECTED(ldt_unaligned),
	REJECTED(ldt_unaligned_empty),
	REJECTED(ldt_ents),
	REJECTED(gdt_ents),
	REJECTED(gdt_ents_frames),
	REJECTED(gdt_no_frame),
	REJECTED(gdt_foreign),
	REJECTED(gdt_writable),
	REJECTED(cr3_no_frame),
	REJECTED(cr3_foreign),
	REJECTED(cr3_writable),
};

const struct suite suite_context = { "context", rows, ARRAY_SIZE(rows) };

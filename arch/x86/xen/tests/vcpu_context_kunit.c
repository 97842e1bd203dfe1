// SPDX-License-Identifier: GPL-2.0
/*
 * vcpu_context.c: what is built, and what the validator says of a context in
 * which one field is bad.  No 32-bit address is bad.
 */
#include <kunit/test.h>

#include <xen/pvboot/vcpu_context.h>

#include "../pv.h"

#ifdef CONFIG_X86_64
/* The first and the last address that no processor has */
#define BAD_LOW		0x0000800000000000ULL
#define BAD_HIGH	0xffff7fffffffffffULL
/* and those beside them */
#define GOOD_LOW	0x00007fffffffffffULL
#define GOOD_HIGH	0xffff800000000000ULL
#endif

static const struct vcpu_start start = {
#ifdef CONFIG_X86_64
	.ip		= 0xffffffff81000000,
	.sp		= 0xffffc90000004000,
	.kernel_sp	= 0xffffc90000008000,
	.gs_base	= 0xffff888000000000,
#else
	.ip		= 0xc1000000,
	.sp		= 0xf0004000,
	.kernel_sp	= 0xf0008000,
	.fs		= 0xd8,
#endif
	.cs		= 0xe033,
	.ss		= 0xe02b,
	.ds		= 0x2b,
	.cr3		= 0x1234000,
	.gdt_mfn	= 0x5678,
	.gdt_ents	= 16,
};

/* A field of the context, the value that is put there, who is to blame */
struct field {
	const char *name;
	unsigned long offset;
	unsigned long value;
	const char *blamed;
};

#define FIELD(field)	offsetof(struct vcpu_guest_context, field)

static const struct field fields[] = {
#ifdef CONFIG_X86_64
	{ "LDT base, not an address", FIELD(ldt_base), BAD_LOW, "ldt_base" },
	{ "LDT base, in Xen's part", FIELD(ldt_base), GOOD_HIGH, "ldt_base" },
	{ "LDT base, above it", FIELD(ldt_base), __HYPERVISOR_VIRT_END, NULL },
	{ "user mode, no page table", FIELD(flags), 0, "ctrlreg[1]" },
#else
	{ "user mode, no page table of its own", FIELD(flags), 0, NULL },
#endif
	{ "LDT base, no page", FIELD(ldt_base), 0x800, "ldt_base" },
	{ "LDT of 8192", FIELD(ldt_ents), 8192, NULL },
	{ "LDT of 8193", FIELD(ldt_ents), 8193, "ldt_ents" },
	{ "GDT of 7168", FIELD(gdt_ents), 7168, NULL },
	{ "GDT of 7169", FIELD(gdt_ents), 7169, "gdt_ents" },
	{ "cr3 is Xen's to look at", FIELD(ctrlreg[3]), 0, NULL },
};

KUNIT_ARRAY_PARAM_DESC(field, fields, name);

#ifdef CONFIG_X86_64
/* Fields that hold an address, and by which name a bad one is told */
static const struct address {
	const char *name;
	unsigned long offset;
	const char *blamed;
} addresses[] = {
	{ "user_regs.eip", FIELD(user_regs.eip), "user_regs.rip" },
	{ "user_regs.esp", FIELD(user_regs.esp), "user_regs.rsp" },
	{ "kernel_sp", FIELD(kernel_sp), "kernel_sp" },
	{ "fs_base", FIELD(fs_base), "fs_base" },
	{ "gs_base_kernel", FIELD(gs_base_kernel), "gs_base_kernel" },
	{ "gs_base_user", FIELD(gs_base_user), "gs_base_user" },
	{ "event_callback_eip", FIELD(event_callback_eip),
	  "event_callback_eip" },
	{ "syscall_callback_eip", FIELD(syscall_callback_eip),
	  "syscall_callback_eip" },
	{ "failsafe_callback_eip", FIELD(failsafe_callback_eip),
	  "failsafe_callback_eip" },
	{ "trap_ctxt[0].address", FIELD(trap_ctxt[0].address),
	  "trap_ctxt[].address" },
	{ "trap_ctxt[14].address", FIELD(trap_ctxt[14].address),
	  "trap_ctxt[].address" },
	{ "trap_ctxt[255].address", FIELD(trap_ctxt[255].address),
	  "trap_ctxt[].address" },
};

KUNIT_ARRAY_PARAM_DESC(address, addresses, name);
#endif

static struct vcpu_guest_context *build(struct kunit *test)
{
	struct vcpu_guest_context *ctxt = kunit_kmalloc(test, sizeof(*ctxt),
							GFP_KERNEL);
	struct trap_info *traps = kunit_kcalloc(test, 256, sizeof(*traps),
						GFP_KERNEL);
	struct vcpu_start with = start;

	KUNIT_ASSERT_NOT_NULL(test, ctxt);
	KUNIT_ASSERT_NOT_NULL(test, traps);
	with.callbacks = xen_pv_callback_table();
	memset(ctxt, 0xff, sizeof(*ctxt));
	traps[14].address = start.ip;
	KUNIT_ASSERT_EQ(test, xen_pv_vcpu_context_build(ctxt, &with, traps), 0);
	return ctxt;
}

/* @blamed: NULL where the value is good */
static void check_value(struct kunit *test, unsigned long offset,
			unsigned long value, const char *blamed)
{
	struct vcpu_guest_context *ctxt = build(test);
	const char *field = "unset";

	KUNIT_EXPECT_EQ_MSG(test, xen_pv_vcpu_context_check(ctxt, &field), 0,
			    "%s of the good context", field);
	KUNIT_EXPECT_NULL(test, field);

	*(unsigned long *)((u8 *)ctxt + offset) = value;
	KUNIT_EXPECT_EQ_MSG(test, xen_pv_vcpu_context_check(ctxt, &field),
			    blamed ? -EINVAL : 0, "%#lx", value);
	KUNIT_EXPECT_STREQ(test, field ?: "none", blamed ?: "none");
}

static void one_field(struct kunit *test)
{
	const struct field *this = test->param_value;

	check_value(test, this->offset, this->value, this->blamed);
}

#ifdef CONFIG_X86_64
static void one_address(struct kunit *test)
{
	const struct address *this = test->param_value;

	check_value(test, this->offset, BAD_LOW, this->blamed);
	check_value(test, this->offset, BAD_HIGH, this->blamed);
	check_value(test, this->offset, GOOD_LOW, NULL);
	check_value(test, this->offset, GOOD_HIGH, NULL);
}
#endif

/* In the order in which Xen looks */
static void first_of_two(struct kunit *test)
{
	struct vcpu_guest_context *ctxt = build(test);
	const char *field;

	ctxt->gdt_ents = 7169;
	ctxt->ldt_ents = 8193;
	KUNIT_EXPECT_EQ(test, xen_pv_vcpu_context_check(ctxt, &field), -EINVAL);
	KUNIT_EXPECT_STREQ(test, field, "ldt_ents");
#ifdef CONFIG_X86_64
	ctxt->kernel_sp = BAD_LOW;
	KUNIT_EXPECT_EQ(test, xen_pv_vcpu_context_check(ctxt, &field), -EINVAL);
	KUNIT_EXPECT_STREQ(test, field, "kernel_sp");
	ctxt->kernel_sp = 0;
#endif
	ctxt->ldt_ents = 0;
	KUNIT_EXPECT_EQ(test, xen_pv_vcpu_context_check(ctxt, NULL), -EINVAL);
}

/* Each thing at its place, and nothing of what was in memory before */
static void built(struct kunit *test)
{
	struct vcpu_guest_context *ctxt = build(test);

	KUNIT_EXPECT_EQ(test, ctxt->user_regs.eip, start.ip);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.esp, start.sp);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.cs, start.cs);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.ss, start.ss);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.ds, start.ds);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.es, start.ds);
	KUNIT_EXPECT_EQ(test, ctxt->kernel_ss, start.ss);
	KUNIT_EXPECT_EQ(test, ctxt->kernel_sp, start.kernel_sp);
	KUNIT_EXPECT_EQ(test, ctxt->ctrlreg[3], start.cr3);
	KUNIT_EXPECT_EQ(test, ctxt->gdt_frames[0], start.gdt_mfn);
	KUNIT_EXPECT_EQ(test, ctxt->gdt_ents, start.gdt_ents);
	KUNIT_EXPECT_EQ(test, ctxt->trap_ctxt[14].address, start.ip);
	KUNIT_EXPECT_EQ(test, ctxt->trap_ctxt[13].address, 0);
	KUNIT_EXPECT_EQ(test, ctxt->ldt_ents, 0);
#ifdef CONFIG_X86_64
	KUNIT_EXPECT_EQ(test, ctxt->gs_base_kernel, start.gs_base);
	KUNIT_EXPECT_EQ(test, ctxt->gs_base_user, 0);
#else
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.fs, start.fs);
	KUNIT_EXPECT_EQ(test, ctxt->user_regs.gs, 0);
#endif
}

static struct kunit_case cases[] = {
#ifdef CONFIG_X86_64
	KUNIT_CASE_PARAM(one_address, address_gen_params),
#endif
	KUNIT_CASE_PARAM(one_field, field_gen_params),
	KUNIT_CASE(first_of_two),
	KUNIT_CASE(built),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_vcpu_context",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: the context that a new vCPU of a Xen PV guest starts from");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * callbacks.c and entry_points.c: the same entry points are registered by each
 * hypercall and in the context of a new vCPU.
 */
#include <linux/cpumask.h>

#include <asm/cpufeature.h>
#include <asm/traps.h>

#include <xen/pvboot/callbacks.h>
#include <xen/xen.h>

#include "../entry.h"
#include "../pv.h"
#include "told_xen.h"

/* What the kernel has to be entered at, by hand and not by its own table */
static const struct expected {
	const char *name;
	u16 type;
	const void *address;
} expected[] = {
	{ "event", CALLBACKTYPE_event, xen_asm_exc_xen_hypervisor_callback },
	{ "failsafe", CALLBACKTYPE_failsafe, xen_pv_failsafe },
	{ "syscall", CALLBACKTYPE_syscall, xen_entry_SYSCALL_64 },
#ifdef CONFIG_IA32_EMULATION
	{ "syscall32", CALLBACKTYPE_syscall32, xen_entry_SYSCALL_compat },
	{ "sysenter", CALLBACKTYPE_sysenter, xen_entry_SYSENTER_compat },
#endif
};

KUNIT_ARRAY_PARAM_DESC(expected, expected, name);

static void by_callback_op(struct kunit *test)
{
	const struct expected *this = test->param_value;
	struct told_xen *xen = xen_pv_told_start(test);

	KUNIT_EXPECT_EQ(test, xen_pv_callback_register(xen_pv_callback_table(),
						       this->type), 0);
	KUNIT_ASSERT_EQ(test, xen->nr_callbacks, 1);
	KUNIT_EXPECT_EQ(test, xen->callbacks[0].type, this->type);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)xen->callbacks[0].address,
			    this->address);
	KUNIT_EXPECT_EQ_MSG(test, xen->callbacks[0].flags,
			    CALLBACKF_mask_events,
			    "the stubs count on events being masked");
}

static void errno_of_callback_op(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);

	xen->rc = -ENOSYS;
	KUNIT_EXPECT_EQ(test,
			xen_pv_callback_register(xen_pv_callback_table(),
						 CALLBACKTYPE_event), -ENOSYS);
}

static void by_set_callbacks(struct kunit *test)
{
	struct told_xen *xen = xen_pv_told_start(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test,
			xen_pv_callback_register_legacy(xen_pv_callback_table()),
			0);
	KUNIT_EXPECT_EQ(test, xen->nr_legacy, 1);
	/* event, failsafe, syscall: the first of those above */
	for (i = 0; i < ARRAY_SIZE(xen->legacy); i++)
		KUNIT_EXPECT_PTR_EQ_MSG(test, (const void *)xen->legacy[i],
					expected[i].address, "%s",
					expected[i].name);
}

static void in_a_context(struct kunit *test)
{
	struct vcpu_guest_context *ctxt = kunit_kzalloc(test, sizeof(*ctxt),
							GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctxt);
	ctxt->flags = VGCF_in_kernel;
	KUNIT_EXPECT_EQ(test,
			xen_pv_callback_fill_context(xen_pv_callback_table(),
						     ctxt), 0);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->event_callback_eip,
			    expected[0].address);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->failsafe_callback_eip,
			    expected[1].address);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->syscall_callback_eip,
			    expected[2].address);
	KUNIT_EXPECT_EQ_MSG(test, ctxt->flags,
			    VGCF_in_kernel | VGCF_failsafe_disables_events |
			    VGCF_syscall_disables_events,
			    "flags that were there stay");
}

/* A table that lacks one of those without which there is no kernel */
static const struct lacking {
	const char *name;
	u16 type;
} lacking[] = {
	{ "no event", CALLBACKTYPE_event },
	{ "no failsafe", CALLBACKTYPE_failsafe },
	{ "no syscall", CALLBACKTYPE_syscall },
};

KUNIT_ARRAY_PARAM_DESC(lacking, lacking, name);

static void absent(struct kunit *test)
{
	const struct lacking *this = test->param_value;
	const struct callback_table *whole = xen_pv_callback_table();
	struct told_xen *xen = xen_pv_told_start(test);
	struct callback_entry entries[MOST_CALLBACKS];
	struct callback_table table = { .entry = entries, .cs = whole->cs };
	struct vcpu_guest_context *ctxt = kunit_kzalloc(test, sizeof(*ctxt),
							GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctxt);
	KUNIT_ASSERT_LE(test, whole->nr, MOST_CALLBACKS);
	for (i = 0; i < whole->nr; i++)
		if (whole->entry[i].type != this->type)
			entries[table.nr++] = whole->entry[i];

	KUNIT_EXPECT_EQ(test, xen_pv_callback_register(&table, this->type),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, xen_pv_callback_register_legacy(&table), -ENOENT);
	KUNIT_EXPECT_EQ(test, xen_pv_callback_fill_context(&table, ctxt),
			-ENOENT);
	KUNIT_EXPECT_EQ_MSG(test, xen->nr_callbacks + xen->nr_legacy, 0,
			    "Xen is not told of address 0");
}

/* Each CPU that is up has what every kernel needs, and all have the same. */
static void every_cpu(struct kunit *test)
{
	unsigned int types = BIT(CALLBACKTYPE_event) |
			     BIT(CALLBACKTYPE_failsafe) |
			     BIT(CALLBACKTYPE_syscall);
	unsigned int cpu;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	if (xen_pv_compat_wanted(CALLBACKTYPE_syscall32))
		types |= BIT(CALLBACKTYPE_syscall32);
	if (xen_pv_compat_wanted(CALLBACKTYPE_sysenter))
		types |= BIT(CALLBACKTYPE_sysenter);

	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ_MSG(test, xen_pv_callback_types(cpu), types,
				    "CPU %u", cpu);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(by_callback_op, expected_gen_params),
	KUNIT_CASE(errno_of_callback_op),
	KUNIT_CASE(by_set_callbacks),
	KUNIT_CASE(in_a_context),
	KUNIT_CASE_PARAM(absent, lacking_gen_params),
	KUNIT_CASE(every_cpu),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_callbacks",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: entry points of a Xen PV guest");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * callbacks.c and entry_points.c: the same entry points are registered by each
 * hypercall and in the context of a new vCPU.
 */
#include <linux/cpumask.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/segment.h>
#include <asm/traps.h>

#include <xen/pvboot/callbacks.h>
#include <xen/xen.h>

#include "../entry.h"
#include "../pv.h"
#include "told_xen.h"

/* The ring of a 32-bit kernel is 1; a 64-bit one gives Xen no selector. */
#define KERNEL_CS	(__KERNEL_CS | 1)

#ifdef CONFIG_X86_64
#define EVENT	xen_asm_exc_xen_hypervisor_callback
#else
#define EVENT	asm_exc_xen_hypervisor_callback
#endif

/*
 * What the kernel has to be entered at, by hand and not by its own table; and
 * where set_callbacks has registered it, which masks events for the upcall alone
 */
static const struct expected {
	const char *name;
	u16 type;
	const void *address;
	const void *legacy;
	bool legacy_masks;
} expected[] = {
	{ "event", CALLBACKTYPE_event, EVENT, xen_pv_legacy_upcall, true },
	{ "failsafe", CALLBACKTYPE_failsafe, xen_pv_failsafe,
	  xen_pv_masking_failsafe },
#ifdef CONFIG_X86_64
	{ "syscall", CALLBACKTYPE_syscall, xen_entry_SYSCALL_64,
	  xen_pv_masking_syscall },
#endif
#ifdef CONFIG_IA32_EMULATION
	{ "syscall32", CALLBACKTYPE_syscall32, xen_entry_SYSCALL_compat,
	  xen_pv_masking_syscall32 },
	{ "sysenter", CALLBACKTYPE_sysenter, xen_entry_SYSENTER_compat,
	  xen_entry_SYSENTER_compat, true },
#endif
#ifdef CONFIG_X86_32
	{ "sysenter", CALLBACKTYPE_sysenter, xen_pv_sysenter,
	  xen_pv_sysenter, true },
#endif
};

KUNIT_ARRAY_PARAM_DESC(expected, expected, name);

static bool is_legacy(void)
{
	return !strcmp(xen_pv_callbacks_by(), "set_callbacks");
}

static const void *address_of(const struct expected *this)
{
	return is_legacy() ? this->legacy : this->address;
}

static bool masks(const struct expected *this)
{
	return is_legacy() ? this->legacy_masks : true;
}

static void by_callback_op(struct kunit *test)
{
	const struct expected *this = test->param_value;
	struct told_xen *xen = xen_pv_told_start(test);
	const xen_callback_t wanted = XEN_CALLBACK(KERNEL_CS, address_of(this));

	KUNIT_EXPECT_EQ(test, xen_pv_callback_register(xen_pv_callback_table(),
						       this->type), 0);
	KUNIT_ASSERT_EQ(test, xen->nr_callbacks, 1);
	KUNIT_EXPECT_EQ(test, xen->callbacks[0].type, this->type);
	KUNIT_EXPECT_MEMEQ(test, &xen->callbacks[0].address, &wanted,
			   sizeof(wanted));
	KUNIT_EXPECT_EQ_MSG(test, xen->callbacks[0].flags,
			    masks(this) ? CALLBACKF_mask_events : 0,
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
	const unsigned long wanted[LEGACY_ARGUMENTS] = {
#ifdef CONFIG_X86_64
		(unsigned long)address_of(&expected[0]),
		(unsigned long)address_of(&expected[1]),
		(unsigned long)address_of(&expected[2]),
#else
		KERNEL_CS, (unsigned long)address_of(&expected[0]),
		KERNEL_CS, (unsigned long)address_of(&expected[1]),
#endif
	};
	struct told_xen *xen = xen_pv_told_start(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test,
			xen_pv_callback_register_legacy(xen_pv_callback_table()),
			0);
	KUNIT_EXPECT_EQ(test, xen->nr_legacy, 1);
	for (i = 0; i < LEGACY_ARGUMENTS; i++)
		KUNIT_EXPECT_EQ_MSG(test, xen->legacy[i], wanted[i],
				    "argument %u", i);
}

static void in_a_context(struct kunit *test)
{
	struct vcpu_guest_context *ctxt = kunit_kzalloc(test, sizeof(*ctxt),
							GFP_KERNEL);
	unsigned long flags = VGCF_in_kernel;

	KUNIT_ASSERT_NOT_NULL(test, ctxt);
	ctxt->flags = VGCF_in_kernel;
	KUNIT_EXPECT_EQ(test,
			xen_pv_callback_fill_context(xen_pv_callback_table(),
						     ctxt), 0);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->event_callback_eip,
			    address_of(&expected[0]));
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->failsafe_callback_eip,
			    address_of(&expected[1]));
	if (masks(&expected[1]))
		flags |= VGCF_failsafe_disables_events;
#ifdef CONFIG_X86_64
	KUNIT_EXPECT_PTR_EQ(test, (const void *)ctxt->syscall_callback_eip,
			    address_of(&expected[2]));
	if (masks(&expected[2]))
		flags |= VGCF_syscall_disables_events;
#else
	KUNIT_EXPECT_EQ(test, ctxt->event_callback_cs, KERNEL_CS);
	KUNIT_EXPECT_EQ(test, ctxt->failsafe_callback_cs, KERNEL_CS);
#endif
	KUNIT_EXPECT_EQ_MSG(test, ctxt->flags, flags,
			    "flags that were there stay");
}

/* A table that lacks one of those without which there is no kernel */
static const struct lacking {
	const char *name;
	u16 type;
} lacking[] = {
	{ "no event", CALLBACKTYPE_event },
	{ "no failsafe", CALLBACKTYPE_failsafe },
#ifdef CONFIG_X86_64
	{ "no syscall", CALLBACKTYPE_syscall },
#endif
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
			     BIT(CALLBACKTYPE_failsafe);
	unsigned int cpu;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	if (IS_ENABLED(CONFIG_X86_64))
		types |= BIT(CALLBACKTYPE_syscall);
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

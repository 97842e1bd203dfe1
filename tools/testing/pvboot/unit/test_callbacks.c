// SPDX-License-Identifier: GPL-2.0
/* callbacks.c: one table, three ways to register it. */
#include "unit.h"

#define EVENT		(KERNEL_TEXT + 0x100)
#define FAILSAFE	(KERNEL_TEXT + 0x200)
#define SYSCALL		(KERNEL_TEXT + 0x300)
#define SYSCALL32	(KERNEL_TEXT + 0x400)
#define SYSENTER	(KERNEL_TEXT + 0x500)
#define NMI		(KERNEL_TEXT + 0x600)

static struct callback_entry entries[6];
static struct callback_table table;

static int all_entries(void **state)
{
	static const struct callback_entry all[ARRAY_SIZE(entries)] = {
		{ "event", EVENT, CALLBACKTYPE_event, true },
		{ "failsafe", FAILSAFE, CALLBACKTYPE_failsafe, true },
		{ "syscall", SYSCALL, CALLBACKTYPE_syscall, true },
		{ "syscall32", SYSCALL32, CALLBACKTYPE_syscall32, true },
		{ "sysenter", SYSENTER, CALLBACKTYPE_sysenter, false },
		{ "nmi", NMI, CALLBACKTYPE_nmi, false },
	};

	memcpy(entries, all, sizeof(entries));
	table.entry = entries;
	table.nr = ARRAY_SIZE(entries);
	table.cs = GIVEN_CS;
	return fresh(state);
}

static struct callback_entry *entry_of(u16 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].type == type)
			return &entries[i];
	return NULL;
}

static void drop(u16 type)
{
	entry_of(type)->address = 0;
}

static void assert_registered(u16 type, unsigned long address, bool masks)
{
	const struct fake_callback *callback = &fake_current()->callback[type];

	assert_int_equal(callback->address, address);
	assert_int_equal(callback->masks_events, masks);
#ifndef __x86_64__
	assert_int_equal(callback->cs, RAISED_CS);
#endif
}

static void assert_not_registered(u16 type)
{
	assert_int_equal(fake_current()->callback[type].address, 0);
}

static void find_each(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		assert_ptr_equal(xen_pv_callback_find(&table, entries[i].type),
				 &entries[i]);
}

static void find_what_is_not_there(void **state)
{
	(void)state;
	assert_null(xen_pv_callback_find(&table, 3));
	drop(CALLBACKTYPE_syscall);
	assert_null(xen_pv_callback_find(&table, CALLBACKTYPE_syscall));
	table.nr = 1;
	assert_null(xen_pv_callback_find(&table, CALLBACKTYPE_failsafe));
	table.nr = 0;
	assert_null(xen_pv_callback_find(&table, CALLBACKTYPE_event));
}

static void register_event(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_event),
			 0);
	assert_int_equal(fake_xen.calls[FAKE_CALLBACK_OP], 1);
	assert_int_equal(fake_xen.cmd, CALLBACKOP_register);
	assert_registered(CALLBACKTYPE_event, EVENT, true);
	assert_not_registered(CALLBACKTYPE_failsafe);
}

static void register_failsafe(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_failsafe), 0);
	assert_registered(CALLBACKTYPE_failsafe, FAILSAFE, true);
	assert_not_registered(CALLBACKTYPE_event);
}

static void register_syscall(void **state)
{
	(void)state;
#ifdef __x86_64__
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_syscall),
			 0);
	assert_registered(CALLBACKTYPE_syscall, SYSCALL, true);
#else
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_syscall),
			 -ENOSYS);
	assert_not_registered(CALLBACKTYPE_syscall);
#endif
}

static void register_entries_of_32bit_programs(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_syscall32), 0);
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_sysenter), 0);
	assert_registered(CALLBACKTYPE_syscall32, SYSCALL32, true);
	assert_registered(CALLBACKTYPE_sysenter, SYSENTER, false);
}

static void register_with_events_left_as_they_are(void **state)
{
	(void)state;
	entry_of(CALLBACKTYPE_failsafe)->masks_events = false;
	entry_of(CALLBACKTYPE_syscall32)->masks_events = false;
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_failsafe), 0);
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_syscall32), 0);
	assert_registered(CALLBACKTYPE_failsafe, FAILSAFE, false);
	assert_registered(CALLBACKTYPE_syscall32, SYSCALL32, false);
}

static void register_nmi(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_nmi), 0);
	assert_int_equal(fake_current()->trap[2].address, NMI);
	assert_int_equal(fake_current()->trap[2].cs, FLAT_KERNEL_CS);
}

static void register_what_is_not_there(void **state)
{
	(void)state;
	drop(CALLBACKTYPE_sysenter);
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_sysenter),
			 -ENOENT);
	assert_int_equal(xen_pv_callback_register(&table, 6), -ENOENT);
	assert_int_equal(fake_xen.calls[FAKE_CALLBACK_OP], 0);
}

static void register_a_type_that_xen_does_not_know(void **state)
{
	(void)state;
	entry_of(CALLBACKTYPE_sysenter)->type = 3;
	assert_int_equal(xen_pv_callback_register(&table, 3), -ENOSYS);
}

static void register_passes_errors_on(void **state)
{
	static const int errors[] = { -ENOSYS, -EFAULT, -EINVAL };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_xen.answer[FAKE_CALLBACK_OP] = errors[i];
		assert_int_equal(xen_pv_callback_register(&table,
							  CALLBACKTYPE_event),
				 errors[i]);
	}
	fake_xen.answer[FAKE_CALLBACK_OP] = 0;
	fake_xen.readable = 0;
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_event),
			 -EFAULT);
}

#ifdef __x86_64__
static void register_what_is_not_canonical(void **state)
{
	(void)state;
	entry_of(CALLBACKTYPE_event)->address = HOLE_FIRST;
	assert_int_equal(xen_pv_callback_register(&table, CALLBACKTYPE_event),
			 -EINVAL);
	assert_not_registered(CALLBACKTYPE_event);
}
#endif

static void legacy(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register_legacy(&table), 0);
	assert_int_equal(fake_xen.calls[FAKE_SET_CALLBACKS], 1);
	assert_int_equal(fake_xen.calls[FAKE_CALLBACK_OP], 0);
	assert_registered(CALLBACKTYPE_event, EVENT, true);
	assert_registered(CALLBACKTYPE_failsafe, FAILSAFE, false);
#ifdef __x86_64__
	assert_registered(CALLBACKTYPE_syscall, SYSCALL, false);
#else
	assert_not_registered(CALLBACKTYPE_syscall);
#endif
	assert_not_registered(CALLBACKTYPE_syscall32);
}

static void legacy_forgets_who_masks_events(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_callback_register(&table,
						  CALLBACKTYPE_failsafe), 0);
	assert_registered(CALLBACKTYPE_failsafe, FAILSAFE, true);
	assert_int_equal(xen_pv_callback_register_legacy(&table), 0);
	assert_registered(CALLBACKTYPE_failsafe, FAILSAFE, false);
}

static void legacy_without_event(void **state)
{
	(void)state;
	drop(CALLBACKTYPE_event);
	assert_int_equal(xen_pv_callback_register_legacy(&table), -ENOENT);
	assert_int_equal(fake_xen.calls[FAKE_SET_CALLBACKS], 0);
}

static void legacy_without_failsafe(void **state)
{
	(void)state;
	drop(CALLBACKTYPE_failsafe);
	assert_int_equal(xen_pv_callback_register_legacy(&table), -ENOENT);
	assert_int_equal(fake_xen.calls[FAKE_SET_CALLBACKS], 0);
}

static void legacy_without_syscall(void **state)
{
	(void)state;
	drop(CALLBACKTYPE_syscall);
#ifdef __x86_64__
	assert_int_equal(xen_pv_callback_register_legacy(&table), -ENOENT);
	assert_int_equal(fake_xen.calls[FAKE_SET_CALLBACKS], 0);
#else
	assert_int_equal(xen_pv_callback_register_legacy(&table), 0);
#endif
}

static void legacy_passes_errors_on(void **state)
{
	(void)state;
	fake_xen.answer[FAKE_SET_CALLBACKS] = -ENOSYS;
	assert_int_equal(xen_pv_callback_register_legacy(&table), -ENOSYS);
}

static void context_gets_the_same_entries(void **state)
{
	struct vcpu_guest_context ctxt = { .flags = VGCF_in_kernel };

	(void)state;
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), 0);
	assert_int_equal(ctxt.event_callback_eip, EVENT);
	assert_int_equal(ctxt.failsafe_callback_eip, FAILSAFE);
#ifdef __x86_64__
	assert_int_equal(ctxt.syscall_callback_eip, SYSCALL);
#else
	assert_int_equal(ctxt.event_callback_cs, GIVEN_CS);
	assert_int_equal(ctxt.failsafe_callback_cs, GIVEN_CS);
#endif
	assert_int_equal(ctxt.flags, VGCF_in_kernel |
			 VGCF_failsafe_disables_events |
			 VGCF_syscall_disables_events);
}

static void context_flags_one_by_one(void **state)
{
	struct vcpu_guest_context ctxt = { .flags = 0 };

	(void)state;
	entry_of(CALLBACKTYPE_syscall)->masks_events = false;
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), 0);
	assert_int_equal(ctxt.flags, VGCF_failsafe_disables_events);

	ctxt.flags = 0;
	entry_of(CALLBACKTYPE_syscall)->masks_events = true;
	entry_of(CALLBACKTYPE_failsafe)->masks_events = false;
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), 0);
	assert_int_equal(ctxt.flags, VGCF_syscall_disables_events);
}

static void context_without_event(void **state)
{
	struct vcpu_guest_context ctxt = { .flags = 0 };

	(void)state;
	drop(CALLBACKTYPE_event);
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), -ENOENT);
}

static void context_without_failsafe(void **state)
{
	struct vcpu_guest_context ctxt = { .flags = 0 };

	(void)state;
	drop(CALLBACKTYPE_failsafe);
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), -ENOENT);
}

static void context_without_syscall(void **state)
{
	struct vcpu_guest_context ctxt = { .flags = 0 };

	(void)state;
	drop(CALLBACKTYPE_syscall);
#ifdef __x86_64__
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), -ENOENT);
#else
	assert_int_equal(xen_pv_callback_fill_context(&table, &ctxt), 0);
	assert_int_equal(ctxt.flags, VGCF_failsafe_disables_events);
#endif
}

#define ALL(function)	cmocka_unit_test_setup(function, all_entries)

int run_callbacks(void)
{
	const struct CMUnitTest tests[] = {
		ALL(find_each),
		ALL(find_what_is_not_there),
		ALL(register_event),
		ALL(register_failsafe),
		ALL(register_syscall),
		ALL(register_entries_of_32bit_programs),
		ALL(register_with_events_left_as_they_are),
		ALL(register_nmi),
		ALL(register_what_is_not_there),
		ALL(register_a_type_that_xen_does_not_know),
		ALL(register_passes_errors_on),
#ifdef __x86_64__
		ALL(register_what_is_not_canonical),
#endif
		ALL(legacy),
		ALL(legacy_forgets_who_masks_events),
		ALL(legacy_without_event),
		ALL(legacy_without_failsafe),
		ALL(legacy_without_syscall),
		ALL(legacy_passes_errors_on),
		ALL(context_gets_the_same_entries),
		ALL(context_flags_one_by_one),
		ALL(context_without_event),
		ALL(context_without_failsafe),
		ALL(context_without_syscall),
	};

	return cmocka_run_group_tests_name("callbacks", tests, NULL, NULL);
}

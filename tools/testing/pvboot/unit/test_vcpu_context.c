// SPDX-License-Identifier: GPL-2.0
/* vcpu_context.c: what is built, and what would be refused. */
#include "unit.h"
#include "good_context.h"

static struct vcpu_guest_context ctxt;
static struct trap_info traps[TRAP_VECTORS];

static int good(void **state)
{
	unsigned int v;

	fresh(state);
	for (v = 0; v < TRAP_VECTORS; v++)
		xen_pv_trap_entry_build(&traps[v], v, GIVEN_CS,
					KERNEL_TEXT + 16 * v, v & 3, v & 4);
	memset(&ctxt, 0xa5, sizeof(ctxt));
	return xen_pv_vcpu_context_build(&ctxt, &good_start, traps);
}

/* Xen takes the context for vCPU 1, and the check said so. */
static void assert_taken(void)
{
	const char *field = "not set";

	fake_xen.vcpu[1].initialised = false;
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, &field), 0);
	assert_null(field);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), 0);
}

/* Xen refuses it for the field that the check named. */
static void assert_refused(const char *expected)
{
	const char *field = NULL;

	fake_xen.vcpu[1].initialised = false;
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, &field), -EINVAL);
	assert_non_null(field);
	assert_string_equal(field, expected);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -EINVAL);
	assert_non_null(fake_xen.rejected);
	assert_string_equal(fake_xen.rejected, expected);
}

static void build_where_it_starts(void **state)
{
	(void)state;
	assert_int_equal(ctxt.user_regs.eip, good_start.ip);
	assert_int_equal(ctxt.user_regs.esp, good_start.sp);
	assert_int_equal(ctxt.user_regs.cs, good_start.cs);
	assert_int_equal(ctxt.user_regs.ss, good_start.ss);
	assert_int_equal(ctxt.user_regs.ds, good_start.ds);
	assert_int_equal(ctxt.user_regs.es, good_start.ds);
	assert_int_equal(ctxt.user_regs.fs, 0);
	assert_int_equal(ctxt.user_regs.gs, 0);
	assert_int_equal(ctxt.user_regs.eflags, 0x1000);
	assert_int_equal(ctxt.kernel_ss, good_start.ss);
	assert_int_equal(ctxt.kernel_sp, good_start.kernel_sp);
}

static void build_what_it_runs_with(void **state)
{
	(void)state;
	assert_int_equal(ctxt.gdt_frames[0], FAKE_FRAME_READ_ONLY);
	assert_int_equal(ctxt.gdt_frames[1], 0);
	assert_int_equal(ctxt.gdt_ents, 16);
	assert_int_equal(ctxt.ldt_base, 0);
	assert_int_equal(ctxt.ldt_ents, 0);
	assert_int_equal(ctxt.ctrlreg[3], good_start.cr3);
	assert_int_equal(ctxt.ctrlreg[0], 0);
	assert_int_equal(ctxt.ctrlreg[1], 0);
	assert_int_equal(ctxt.debugreg[7], 0);
	assert_int_equal(ctxt.vm_assist, 0);
	assert_memory_equal(ctxt.trap_ctxt, traps, sizeof(traps));
#ifdef __x86_64__
	assert_int_equal(ctxt.gs_base_kernel, good_start.gs_base);
	assert_int_equal(ctxt.gs_base_user, 0);
	assert_int_equal(ctxt.fs_base, 0);
#endif
}

static void build_flags(void **state)
{
	(void)state;
	assert_int_equal(ctxt.flags, VGCF_in_kernel |
			 VGCF_failsafe_disables_events |
			 VGCF_syscall_disables_events);
}

static void build_without_entry_points(void **state)
{
	struct callback_table none = { .nr = 0 };
	struct vcpu_start start = good_start;

	(void)state;
	start.callbacks = &none;
	assert_int_equal(xen_pv_vcpu_context_build(&ctxt, &start, traps),
			 -ENOENT);
}

static void xen_takes_what_was_built(void **state)
{
	const struct fake_vcpu *vcpu = &fake_xen.vcpu[1];

	(void)state;
	assert_taken();
	assert_int_equal(vcpu->ctxt.user_regs.eip, good_start.ip);
	assert_int_equal(vcpu->ctxt.user_regs.cs,
			 good_start.cs | KERNEL_RPL);
	assert_int_equal(vcpu->trap[14].cs, RAISED_CS);
	assert_int_equal(vcpu->callback[CALLBACKTYPE_event].address,
			 good_entries[0].address);
	assert_int_equal(vcpu->callback[CALLBACKTYPE_failsafe].address,
			 good_entries[1].address);
	assert_true(vcpu->callback[CALLBACKTYPE_failsafe].masks_events);
#ifdef __x86_64__
	assert_int_equal(vcpu->callback[CALLBACKTYPE_syscall].address,
			 good_entries[2].address);
	assert_true(vcpu->callback[CALLBACKTYPE_syscall].masks_events);
#else
	assert_int_equal(vcpu->callback[CALLBACKTYPE_event].cs,
			 good_callbacks.cs | KERNEL_RPL);
	assert_int_equal(vcpu->callback[CALLBACKTYPE_failsafe].cs,
			 good_callbacks.cs | KERNEL_RPL);
#endif
	assert_true(vcpu->down);
}

static void check_needs_no_field(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, NULL), 0);
	ctxt.gdt_ents = 7169;
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, NULL), -EINVAL);
}

static void check_ldt_entries(void **state)
{
	(void)state;
	ctxt.ldt_base = 0x1000;
	ctxt.ldt_ents = 8192;
	assert_taken();
	ctxt.ldt_ents = 8193;
	assert_refused("ldt_ents");
	ctxt.ldt_ents = ~0UL;
	assert_refused("ldt_ents");
}

static void check_ldt_alignment(void **state)
{
	(void)state;
	ctxt.ldt_ents = 1;
	ctxt.ldt_base = 0x1000;
	assert_taken();
	ctxt.ldt_base = 0x1001;
	assert_refused("ldt_base");
	ctxt.ldt_base = 0x1800;
	assert_refused("ldt_base");
	/* Xen looks at it even where there is no LDT. */
	ctxt.ldt_ents = 0;
	assert_refused("ldt_base");
}

static void check_gdt_entries(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 14; i++)
		ctxt.gdt_frames[i] = FAKE_FRAME_READ_ONLY + i;
	ctxt.gdt_ents = 7168;
	assert_taken();
	ctxt.gdt_ents = 7169;
	assert_refused("gdt_ents");
	ctxt.gdt_ents = ~0UL;
	assert_refused("gdt_ents");
}

/* Only Xen knows the frames: the check says nothing of them. */
static void check_does_not_see_frames(void **state)
{
	(void)state;
	ctxt.gdt_frames[0] = FAKE_FRAME_WRITABLE;
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, NULL), 0);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -EINVAL);
	assert_string_equal(fake_xen.rejected, "gdt_frames[]");
	ctxt.gdt_frames[0] = FAKE_FRAME_READ_ONLY;
	ctxt.ctrlreg[3] = xen_pfn_to_cr3(FAKE_FRAME_FOREIGN);
	assert_int_equal(xen_pv_vcpu_context_check(&ctxt, NULL), 0);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -EINVAL);
	assert_string_equal(fake_xen.rejected, "ctrlreg[3]");
}

#ifdef __x86_64__
/* One field after the other, at the edges of the hole. */
static void check_addresses(void **state)
{
	static const unsigned long bad[] = { HOLE_FIRST, HOLE_LAST };
	static const unsigned long ok[] = { LOW_LAST, HIGH_FIRST, ~0UL, 0 };
	const struct {
		const char *name;
		uint64_t *field;
	} fields[] = {
		{ "user_regs.rip", &ctxt.user_regs.rip },
		{ "user_regs.rsp", &ctxt.user_regs.rsp },
		{ "kernel_sp", &ctxt.kernel_sp },
		{ "fs_base", &ctxt.fs_base },
		{ "gs_base_kernel", &ctxt.gs_base_kernel },
		{ "gs_base_user", &ctxt.gs_base_user },
		{ "event_callback_eip", &ctxt.event_callback_eip },
		{ "syscall_callback_eip", &ctxt.syscall_callback_eip },
		{ "failsafe_callback_eip", &ctxt.failsafe_callback_eip },
		{ "trap_ctxt[].address", &ctxt.trap_ctxt[0].address },
		{ "trap_ctxt[].address", &ctxt.trap_ctxt[255].address },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		good(state);
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			*fields[i].field = bad[j];
			assert_refused(fields[i].name);
		}
		for (j = 0; j < ARRAY_SIZE(ok); j++) {
			*fields[i].field = ok[j];
			assert_taken();
		}
	}
}

static void check_ldt_address(void **state)
{
	static const unsigned long bad[] = {
		HOLE_FIRST, HOLE_LAST & ~0xfffUL, HIGH_FIRST,
		0xffff87fffffff000UL,
	};
	static const unsigned long ok[] = {
		0, LOW_LAST & ~0xfffUL, 0xffff880000000000UL,
		0xfffffffffffff000UL,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ctxt.ldt_base = bad[i];
		ctxt.ldt_ents = 0;
		assert_refused("ldt_base");
		ctxt.ldt_ents = 1;
		assert_refused("ldt_base");
	}
	for (i = 0; i < ARRAY_SIZE(ok); i++) {
		ctxt.ldt_base = ok[i];
		ctxt.ldt_ents = 0;
		assert_taken();
		ctxt.ldt_ents = 1;
		assert_taken();
	}
}

static void check_user_mode_needs_its_page_table(void **state)
{
	(void)state;
	ctxt.flags &= ~(unsigned long)VGCF_in_kernel;
	assert_refused("ctrlreg[1]");
	ctxt.ctrlreg[1] = xen_pfn_to_cr3(FAKE_FRAME_USER_PAGE_TABLE);
	assert_taken();
}

/* Of several, the one that Xen meets first. */
static void check_names_the_first(void **state)
{
	(void)state;
	ctxt.flags = 0;
	assert_refused("ctrlreg[1]");
	ctxt.gdt_ents = 7169;
	assert_refused("gdt_ents");
	ctxt.ldt_ents = 8193;
	assert_refused("ldt_ents");
	ctxt.ldt_base = HIGH_FIRST;
	assert_refused("ldt_base");
	ctxt.trap_ctxt[7].address = HOLE_FIRST;
	assert_refused("trap_ctxt[].address");
	ctxt.failsafe_callback_eip = HOLE_FIRST;
	assert_refused("failsafe_callback_eip");
	ctxt.syscall_callback_eip = HOLE_FIRST;
	assert_refused("syscall_callback_eip");
	ctxt.event_callback_eip = HOLE_FIRST;
	assert_refused("event_callback_eip");
	ctxt.gs_base_user = HOLE_FIRST;
	assert_refused("gs_base_user");
	ctxt.gs_base_kernel = HOLE_FIRST;
	assert_refused("gs_base_kernel");
	ctxt.fs_base = HOLE_FIRST;
	assert_refused("fs_base");
	ctxt.ldt_base = HOLE_FIRST;
	assert_refused("ldt_base");
	ctxt.kernel_sp = HOLE_FIRST;
	assert_refused("kernel_sp");
	ctxt.user_regs.rsp = HOLE_FIRST;
	assert_refused("user_regs.rsp");
	ctxt.user_regs.rip = HOLE_FIRST;
	assert_refused("user_regs.rip");
}
#else
static void check_takes_any_address(void **state)
{
	(void)state;
	ctxt.user_regs.eip = ~0U;
	ctxt.kernel_sp = 0;
	ctxt.trap_ctxt[0].address = ~0U;
	ctxt.ldt_base = 0xfffff000;
	ctxt.ldt_ents = 1;
	assert_taken();
}

static void check_knows_no_user_page_table(void **state)
{
	(void)state;
	ctxt.flags &= ~(unsigned long)VGCF_in_kernel;
	assert_taken();
}

static void check_names_the_first(void **state)
{
	(void)state;
	ctxt.gdt_ents = 7169;
	assert_refused("gdt_ents");
	ctxt.ldt_ents = 8193;
	assert_refused("ldt_ents");
	ctxt.ldt_base = 1;
	assert_refused("ldt_base");
}
#endif

#define GOOD(function)	cmocka_unit_test_setup(function, good)

int run_vcpu_context(void)
{
	const struct CMUnitTest tests[] = {
		GOOD(build_where_it_starts),
		GOOD(build_what_it_runs_with),
		GOOD(build_flags),
		GOOD(build_without_entry_points),
		GOOD(xen_takes_what_was_built),
		GOOD(check_needs_no_field),
		GOOD(check_ldt_entries),
		GOOD(check_ldt_alignment),
		GOOD(check_gdt_entries),
		GOOD(check_does_not_see_frames),
#ifdef __x86_64__
		GOOD(check_addresses),
		GOOD(check_ldt_address),
		GOOD(check_user_mode_needs_its_page_table),
#else
		GOOD(check_takes_any_address),
		GOOD(check_knows_no_user_page_table),
#endif
		GOOD(check_names_the_first),
	};

	return cmocka_run_group_tests_name("vcpu_context", tests, NULL, NULL);
}

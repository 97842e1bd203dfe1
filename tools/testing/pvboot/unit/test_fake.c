// SPDX-License-Identifier: GPL-2.0
/*
 * The fake itself, row by row: what Xen answers to calls that the core never
 * makes, and so what a core gone wrong would meet.
 */
#include "unit.h"

#define ON64(on64, on32)	(sizeof(long) == 8 ? (on64) : (on32))

static int trap_table(struct trap_info *list)
{
	return HYPERVISOR_set_trap_table(list);
}

static int register_type(u16 type, unsigned long address)
{
	struct callback_register reg = {
		.type = type,
		.address = XEN_CALLBACK(GIVEN_CS, address),
	};

	return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

static int unregister_type(u16 type)
{
	struct callback_unregister unreg = { .type = type };

	return HYPERVISOR_callback_op(CALLBACKOP_unregister, &unreg);
}

static void trap_table_null_clears_all(void **state)
{
	struct trap_info list[3] = {
		{ .vector = 0, .address = 1 }, { .vector = 255, .address = 1 },
	};

	(void)state;
	assert_int_equal(trap_table(list), 0);
	assert_int_equal(fake_current()->trap[255].address, 1);
	assert_int_equal(trap_table(NULL), 0);
	assert_int_equal(fake_current()->trap[0].address, 0);
	assert_int_equal(fake_current()->trap[255].address, 0);
}

static void trap_table_ends_at_address_0(void **state)
{
	struct trap_info list[4] = {
		{ .vector = 1, .address = 1 },
		{ .vector = 1, .address = 0 },
		{ .vector = 2, .address = 1 },
	};

	(void)state;
	assert_int_equal(trap_table(list), 0);
	assert_int_equal(fake_current()->trap[1].address, 1);
	assert_int_equal(fake_current()->trap[2].address, 0);
}

static void trap_table_that_cannot_be_read(void **state)
{
	struct trap_info list[3] = {
		{ .vector = 1, .address = 1 }, { .vector = 2, .address = 1 },
	};

	(void)state;
	fake_xen.readable = 1;
	assert_int_equal(trap_table(list), -EFAULT);
	assert_int_equal(fake_current()->trap[1].address, 1);
	assert_int_equal(fake_current()->trap[2].address, 0);
}

static void trap_table_raises_rpl(void **state)
{
	struct trap_info list[5];
	unsigned int rpl;

	(void)state;
	memset(list, 0, sizeof(list));
	for (rpl = 0; rpl < 4; rpl++) {
		list[rpl].vector = rpl;
		list[rpl].cs = GIVEN_CS | rpl;
		list[rpl].address = 1;
	}
	assert_int_equal(trap_table(list), 0);
	for (rpl = 0; rpl < 4; rpl++)
		assert_int_equal(fake_current()->trap[rpl].cs & 3,
				 rpl < KERNEL_RPL ? KERNEL_RPL : rpl);
}

static void callback_op_commands(void **state)
{
	struct callback_register reg = { 0 };

	(void)state;
	assert_int_equal(HYPERVISOR_callback_op(CALLBACKOP_register, NULL),
			 -EFAULT);
	assert_int_equal(HYPERVISOR_callback_op(CALLBACKOP_unregister, NULL),
			 -EFAULT);
	assert_int_equal(HYPERVISOR_callback_op(2, &reg),
			 ON64(-ENOSYS, -EINVAL));
}

static void callback_op_types(void **state)
{
	(void)state;
	assert_int_equal(register_type(CALLBACKTYPE_event, 1), 0);
	assert_int_equal(register_type(CALLBACKTYPE_failsafe, 1), 0);
	assert_int_equal(register_type(CALLBACKTYPE_nmi, 1), 0);
	assert_int_equal(register_type(CALLBACKTYPE_sysenter, 1), 0);
	assert_int_equal(register_type(CALLBACKTYPE_syscall32, 1), 0);
	assert_int_equal(register_type(CALLBACKTYPE_syscall, 1),
			 ON64(0, -ENOSYS));
	assert_int_equal(register_type(3, 1), -ENOSYS);
	assert_int_equal(register_type(6, 1), -ENOSYS);
	assert_int_equal(register_type(0xffff, 1), -ENOSYS);
}

static void callback_op_unregister(void **state)
{
	(void)state;
	assert_int_equal(register_type(CALLBACKTYPE_nmi, 1), 0);
	assert_int_equal(unregister_type(CALLBACKTYPE_nmi), 0);
	assert_int_equal(fake_current()->trap[2].address, 0);
	assert_int_equal(unregister_type(CALLBACKTYPE_event), -EINVAL);
	assert_int_equal(unregister_type(CALLBACKTYPE_failsafe), -EINVAL);
	assert_int_equal(unregister_type(CALLBACKTYPE_sysenter), -EINVAL);
	assert_int_equal(unregister_type(CALLBACKTYPE_syscall32), -EINVAL);
	assert_int_equal(unregister_type(CALLBACKTYPE_syscall),
			 ON64(-EINVAL, -ENOSYS));
	assert_int_equal(unregister_type(3), -ENOSYS);
}

static void calls_act_on_the_calling_vcpu(void **state)
{
	(void)state;
	fake_xen.current = 1;
	assert_int_equal(register_type(CALLBACKTYPE_event, 1), 0);
	assert_int_equal(fake_xen.vcpu[1].callback[0].address, 1);
	assert_int_equal(fake_xen.vcpu[0].callback[0].address, 0);
}

#ifdef __x86_64__
static void callback_op_not_canonical(void **state)
{
	(void)state;
	assert_int_equal(register_type(CALLBACKTYPE_event, HOLE_FIRST),
			 -EINVAL);
	/* Before the type is looked at. */
	assert_int_equal(register_type(3, HOLE_LAST), -EINVAL);
}

static void set_callbacks_drops_what_is_not_canonical(void **state)
{
	(void)state;
	assert_int_equal(HYPERVISOR_set_callbacks(1, 2, 3), 0);
	assert_int_equal(HYPERVISOR_set_callbacks(HOLE_FIRST, HOLE_LAST, 4), 0);
	assert_int_equal(fake_current()->callback[0].address, 1);
	assert_int_equal(fake_current()->callback[1].address, 2);
	assert_int_equal(fake_current()->callback[2].address, 4);
}

static void trap_table_not_canonical(void **state)
{
	struct trap_info list[3] = {
		{ .vector = 1, .address = 1 },
		{ .vector = 2, .address = HOLE_FIRST },
	};

	(void)state;
	assert_int_equal(trap_table(list), -EINVAL);
	assert_int_equal(fake_current()->trap[1].address, 1);
	assert_int_equal(fake_current()->trap[2].address, 0);
}
#endif

static void vcpu_op_commands(void **state)
{
	(void)state;
	assert_int_equal(HYPERVISOR_vcpu_op(14, 0, NULL), -ENOSYS);
	assert_int_equal(HYPERVISOR_vcpu_op(-1, 0, NULL), -ENOSYS);
	assert_int_equal(HYPERVISOR_vcpu_op(14, FAKE_VCPUS, NULL), -ENOENT);
	assert_int_equal(HYPERVISOR_vcpu_op(14, -1, NULL), -ENOENT);
}

static void vcpu_op_last_one_down(void **state)
{
	(void)state;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_down, 0, NULL), 0);
	assert_true(fake_xen.powered_off);
	assert_false(fake_xen.vcpu[0].down);
}

static void vcpu_op_periodic_timer(void **state)
{
	struct vcpu_set_periodic_timer timer = { .period_ns = 1000000 };

	(void)state;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 1,
					    &timer), 0);
	assert_int_equal(fake_xen.vcpu[1].period_ns, 1000000);
	timer.period_ns--;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 1,
					    &timer), -EINVAL);
	timer.period_ns = ~0ULL;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 1,
					    &timer), -EINVAL);
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 1,
					    NULL), -EFAULT);
}

static void vcpu_op_nmi(void **state)
{
	int argument;

	(void)state;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 1, &argument),
			 -EINVAL);
	assert_false(fake_xen.vcpu[1].nmi_pending);
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
	assert_true(fake_xen.vcpu[1].nmi_pending);
}

static void vcpu_op_physid(void **state)
{
	struct vcpu_get_physid id;

	(void)state;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id),
			 -EINVAL);
	fake_xen.pinned_dom0 = true;
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id), 0);
	assert_int_equal(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, NULL),
			 -EFAULT);
}

int run_fake(void)
{
	const struct CMUnitTest tests[] = {
		CASE(trap_table_null_clears_all),
		CASE(trap_table_ends_at_address_0),
		CASE(trap_table_that_cannot_be_read),
		CASE(trap_table_raises_rpl),
		CASE(callback_op_commands),
		CASE(callback_op_types),
		CASE(callback_op_unregister),
		CASE(calls_act_on_the_calling_vcpu),
#ifdef __x86_64__
		CASE(callback_op_not_canonical),
		CASE(set_callbacks_drops_what_is_not_canonical),
		CASE(trap_table_not_canonical),
#endif
		CASE(vcpu_op_commands),
		CASE(vcpu_op_last_one_down),
		CASE(vcpu_op_periodic_timer),
		CASE(vcpu_op_nmi),
		CASE(vcpu_op_physid),
	};

	return cmocka_run_group_tests_name("fake", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/* vcpu.c: each function gives the right command, and Xen's own answer. */
#include "unit.h"
#include "good_context.h"

#define INFO_OFFSET	128

static struct vcpu_guest_context ctxt;
static struct trap_info traps[TRAP_VECTORS];

static int built(void **state)
{
	fresh(state);
	return xen_pv_vcpu_context_build(&ctxt, &good_start, traps);
}

static int call_initialise(unsigned int id)
{
	return xen_pv_vcpu_initialise(id, &ctxt);
}

static int call_register_info(unsigned int id)
{
	return xen_pv_vcpu_register_info(id, FAKE_FRAME_WRITABLE, INFO_OFFSET);
}

static int call_get_runstate(unsigned int id)
{
	struct vcpu_runstate_info info;

	return xen_pv_vcpu_get_runstate(id, &info);
}

static int call_register_runstate(unsigned int id)
{
	static struct vcpu_runstate_info area;

	return xen_pv_vcpu_register_runstate(id, &area);
}

static int call_register_time(unsigned int id)
{
	static struct pvclock_vcpu_time_info area;

	return xen_pv_vcpu_register_time(id, &area);
}

static int call_set_singleshot(unsigned int id)
{
	return xen_pv_vcpu_set_singleshot_timer(id, 5000, false);
}

static const struct {
	int cmd;
	int (*call)(unsigned int id);
} functions[] = {
	{ VCPUOP_initialise, call_initialise },
	{ VCPUOP_up, xen_pv_vcpu_up },
	{ VCPUOP_down, xen_pv_vcpu_down },
	{ VCPUOP_is_up, xen_pv_vcpu_is_up },
	{ VCPUOP_register_vcpu_info, call_register_info },
	{ VCPUOP_get_runstate_info, call_get_runstate },
	{ VCPUOP_register_runstate_memory_area, call_register_runstate },
	{ VCPUOP_register_vcpu_time_memory_area, call_register_time },
	{ VCPUOP_set_singleshot_timer, call_set_singleshot },
	{ VCPUOP_stop_singleshot_timer, xen_pv_vcpu_stop_singleshot_timer },
	{ VCPUOP_stop_periodic_timer, xen_pv_vcpu_stop_periodic_timer },
};

static void each_gives_its_command(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		functions[i].call(i + 2);
		assert_int_equal(fake_xen.calls[FAKE_VCPU_OP], i + 1);
		assert_int_equal(fake_xen.cmd, functions[i].cmd);
		assert_int_equal(fake_xen.vcpu_id, i + 2);
	}
}

static void each_passes_errors_on(void **state)
{
	static const int errors[] = {
		-ENOENT, -EINVAL, -ENOMEM, -EFAULT, -EEXIST, -ENOSYS, -EBUSY,
		-ENXIO, -ETIME,
	};
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		for (j = 0; j < ARRAY_SIZE(errors); j++) {
			fake_xen.answer[FAKE_VCPU_OP] = errors[j];
			assert_int_equal(functions[i].call(1), errors[j]);
		}
	}
}

static void each_needs_a_vcpu_of_the_domain(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		assert_int_equal(functions[i].call(FAKE_VCPUS), -ENOENT);
}

static void those_without_argument_give_none(void **state)
{
	(void)state;
	xen_pv_vcpu_up(1);
	assert_null(fake_xen.arg);
	xen_pv_vcpu_is_up(1);
	assert_null(fake_xen.arg);
	xen_pv_vcpu_down(1);
	assert_null(fake_xen.arg);
	xen_pv_vcpu_stop_singleshot_timer(0);
	assert_null(fake_xen.arg);
	xen_pv_vcpu_stop_periodic_timer(0);
	assert_null(fake_xen.arg);
}

static void a_vcpus_life(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_vcpu_is_up(1), 0);
	assert_int_equal(xen_pv_vcpu_up(1), -EINVAL);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), 0);
	assert_ptr_equal(fake_xen.arg, &ctxt);
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -EEXIST);
	assert_int_equal(xen_pv_vcpu_is_up(1), 0);
	assert_int_equal(xen_pv_vcpu_up(1), 0);
	assert_int_equal(xen_pv_vcpu_is_up(1), 1);
	assert_int_equal(xen_pv_vcpu_up(1), 0);
	assert_int_equal(xen_pv_vcpu_down(1), 0);
	assert_int_equal(xen_pv_vcpu_is_up(1), 0);
	assert_int_equal(xen_pv_vcpu_down(1), 0);
	assert_false(fake_xen.powered_off);
	assert_int_equal(xen_pv_vcpu_up(1), 0);
	assert_int_equal(xen_pv_vcpu_is_up(1), 1);
}

static void initialise_errors(void **state)
{
	(void)state;
	fake_xen.out_of_memory = 1;
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -ENOMEM);
	fake_xen.readable = 0;
	assert_int_equal(xen_pv_vcpu_initialise(1, &ctxt), -EFAULT);
	fake_xen.readable = -1;
	assert_int_equal(xen_pv_vcpu_initialise(0, &ctxt), -EEXIST);
	assert_int_equal(xen_pv_vcpu_initialise(32, &ctxt), -EINVAL);
	assert_int_equal(call_register_info(32), 0);
	assert_int_equal(xen_pv_vcpu_initialise(32, &ctxt), 0);
}

static void register_info(void **state)
{
	(void)state;
	assert_int_equal(call_register_info(1), 0);
	assert_int_equal(fake_xen.vcpu[1].info_mfn, FAKE_FRAME_WRITABLE);
	assert_int_equal(fake_xen.vcpu[1].info_offset, INFO_OFFSET);
	assert_int_equal(call_register_info(1), -EINVAL);
	fake_xen.info_twice = -EBUSY;
	assert_int_equal(call_register_info(1), -EBUSY);
}

static void register_info_errors(void **state)
{
	const u64 mfn = FAKE_FRAME_WRITABLE;

	(void)state;
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn, 4096 - 63), -ENXIO);
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn, 2), -ENXIO);
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn + (1ULL << 32), 0),
			 -EINVAL);
	assert_int_equal(xen_pv_vcpu_register_info(1, FAKE_FRAME_FOREIGN, 0),
			 -EINVAL);
	assert_int_equal(xen_pv_vcpu_register_info(1, FAKE_FRAME_PAGE_TABLE, 0),
			 -EINVAL);
	fake_xen.readable = 0;
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn, 0), -EFAULT);
	fake_xen.readable = -1;
	fake_xen.out_of_memory = 1;
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn, 0), -ENOMEM);
	assert_int_equal(xen_pv_vcpu_register_info(1, mfn, 4096 - 64), 0);
}

static void runstate(void **state)
{
	struct vcpu_runstate_info info = { .state = -1 };

	(void)state;
	assert_int_equal(xen_pv_vcpu_get_runstate(0, &info), 0);
	assert_int_equal(info.state, RUNSTATE_running);
	assert_int_equal(info.state_entry_time, fake_xen.now_ns);
	assert_int_equal(xen_pv_vcpu_get_runstate(1, &info), 0);
	assert_int_equal(info.state, RUNSTATE_offline);
	assert_int_equal(xen_pv_vcpu_get_runstate(0, NULL), -EFAULT);
}

static void areas(void **state)
{
	struct pvclock_vcpu_time_info time;
	struct vcpu_runstate_info info;

	(void)state;
	assert_int_equal(xen_pv_vcpu_register_runstate(1, &info), 0);
	assert_ptr_equal(fake_xen.vcpu[1].runstate_area, &info);
	assert_null(fake_xen.vcpu[1].time_area);
	assert_int_equal(xen_pv_vcpu_register_time(1, &time), 0);
	assert_ptr_equal(fake_xen.vcpu[1].time_area, &time);
	assert_int_equal(xen_pv_vcpu_register_time(1, NULL), 0);
	assert_null(fake_xen.vcpu[1].time_area);
	assert_ptr_equal(fake_xen.vcpu[1].runstate_area, &info);
	fake_xen.readable = 0;
	assert_int_equal(xen_pv_vcpu_register_runstate(1, &info), -EFAULT);
	assert_int_equal(xen_pv_vcpu_register_time(1, &time), -EFAULT);
}

static void singleshot_timer(void **state)
{
	const struct fake_vcpu *vcpu = &fake_xen.vcpu[0];

	(void)state;
	assert_int_equal(xen_pv_vcpu_set_singleshot_timer(0, 1ULL << 40, false),
			 0);
	assert_int_equal(vcpu->timeout_ns, 1ULL << 40);
	assert_int_equal(vcpu->timer_flags, 0);
	assert_int_equal(xen_pv_vcpu_set_singleshot_timer(0, 2000, true), 0);
	assert_int_equal(vcpu->timeout_ns, 2000);
	assert_int_equal(vcpu->timer_flags, VCPU_SSHOTTMR_future);
	assert_false(vcpu->timer_event);
	assert_int_equal(xen_pv_vcpu_stop_singleshot_timer(0), 0);
	assert_int_equal(vcpu->timeout_ns, 0);
	assert_int_equal(xen_pv_vcpu_set_singleshot_timer(0, 1, true), 0);
	assert_true(vcpu->timer_event);
}

static void singleshot_timer_errors(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_vcpu_set_singleshot_timer(1, 5000, false),
			 -EINVAL);
	assert_int_equal(xen_pv_vcpu_stop_singleshot_timer(1), -EINVAL);
	fake_xen.readable = 0;
	assert_int_equal(xen_pv_vcpu_set_singleshot_timer(0, 5000, false),
			 -EFAULT);
}

static void periodic_timer(void **state)
{
	(void)state;
	fake_xen.vcpu[1].period_ns = 10000000;
	assert_int_equal(xen_pv_vcpu_stop_periodic_timer(1), 0);
	assert_int_equal(fake_xen.vcpu[1].period_ns, 0);
}

#define BUILT(function)	cmocka_unit_test_setup(function, built)

int run_vcpu(void)
{
	const struct CMUnitTest tests[] = {
		BUILT(each_gives_its_command),
		BUILT(each_passes_errors_on),
		BUILT(each_needs_a_vcpu_of_the_domain),
		BUILT(those_without_argument_give_none),
		BUILT(a_vcpus_life),
		BUILT(initialise_errors),
		BUILT(register_info),
		BUILT(register_info_errors),
		BUILT(runstate),
		BUILT(areas),
		BUILT(singleshot_timer),
		BUILT(singleshot_timer_errors),
		BUILT(periodic_timer),
	};

	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * vcpu_op: each command's answers.  vCPU 1 is not initialised here; what
 * VCPUOP_initialise says has its own file, and so has life on vCPU 1.
 */
#include "guest.h"

/* The longest period that Xen takes is a nanosecond less. */
#define TOO_LONG	0x4000000000000000ULL
#define MS		1000000ULL

#define UNKNOWN_COMMAND	77

static _Alignas(PAGE_SIZE) u8 good[PAGE_SIZE];

static void no_such_vcpu(const struct row *row)
{
	static const unsigned int ids[] = { DOMAIN_VCPUS, 8191, 8192, 65536, -1U };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		expect_errno("vcpu_op",
			     HYPERVISOR_vcpu_op(row->arg[0], ids[i], NULL),
			     -ENOENT);
}

static void answers(const struct row *row)
{
	void *argument = row->arg[2] ? (void *)row->arg[2] : NULL;

	expect_errno("vcpu_op",
		     HYPERVISOR_vcpu_op(row->arg[0], row->arg[1], argument),
		     row->arg[3]);
}

static void is_up(const struct row *row)
{
	expect_errno("is_up", xen_pv_vcpu_is_up(row->arg[0]), row->arg[1]);
}

static void runstate(const struct row *row)
{
	struct vcpu_runstate_info info;

	memset(&info, 0xff, sizeof(info));
	expect_errno("xen_pv_vcpu_get_runstate",
		     xen_pv_vcpu_get_runstate(row->arg[0], &info), 0);
	expect("state", info.state, row->arg[1]);
	if (row->arg[1] == RUNSTATE_running)
		expect_true("it has run", info.time[RUNSTATE_running] > 0);
}

static void periodic(const struct row *row)
{
	static const struct {
		u64 period;
		int wanted;
	} cases[] = {
		{ 0, -EINVAL },
		{ MS - 1, -EINVAL },
		{ MS, 0 },
		{ 10 * MS, 0 },
		{ TOO_LONG, -EINVAL },
		{ ~0ULL, -EINVAL },
	};
	struct vcpu_set_periodic_timer timer;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		timer.period_ns = cases[i].period;
		expect_errno("set_periodic_timer",
			     HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer,
						row->arg[0], &timer),
			     cases[i].wanted);
	}
	expect_errno("stop", xen_pv_vcpu_stop_periodic_timer(row->arg[0]), 0);
}

static void singleshot_other(const struct row *row)
{
	expect_errno("set", xen_pv_vcpu_set_singleshot_timer(1, 0, false),
		     -EINVAL);
	expect_errno("stop", xen_pv_vcpu_stop_singleshot_timer(1), -EINVAL);
}

static void singleshot_own(const struct row *row)
{
	expect_errno("set",
		     xen_pv_vcpu_set_singleshot_timer(0, now() + 1000 * MS,
						      false), 0);
	expect_errno("stop", xen_pv_vcpu_stop_singleshot_timer(0), 0);
	expect_errno("stop again", xen_pv_vcpu_stop_singleshot_timer(0), 0);
	expect_errno("set, expired, flag future",
		     xen_pv_vcpu_set_singleshot_timer(0, 1, true), 0);
}

static void runstate_area(const struct row *row)
{
	static struct vcpu_runstate_info area;

	memset(&area, 0xff, sizeof(area));
	expect_errno("register", xen_pv_vcpu_register_runstate(0, &area), 0);
	expect("state in the area", area.state, RUNSTATE_running);
	expect_errno("an area of Xen's",
		     xen_pv_vcpu_register_runstate(0, hypervisor_area),
		     -EFAULT);
}

static void time_area(const struct row *row)
{
	static struct pvclock_vcpu_time_info area;

	memset(&area, 0, sizeof(area));
	expect_errno("register", xen_pv_vcpu_register_time(0, &area), 0);
	expect_hex("factor", area.tsc_to_system_mul,
		   vcpu_info()->time.tsc_to_system_mul);
	expect("shift", area.tsc_shift, vcpu_info()->time.tsc_shift);
	expect_errno("an area of Xen's",
		     xen_pv_vcpu_register_time(0, hypervisor_area),
		     -EFAULT);
	expect_errno("stop", xen_pv_vcpu_register_time(0, NULL), 0);
}

/* vCPU 2's vcpu_info moves; 0 and 1 keep theirs. */
static void vcpu_info_errors(const struct row *row)
{
	unsigned long mfn = mfn_of(good);
	bool later = xen_version() >= XEN_4_20;

	expect_errno("crosses the page's end",
		     xen_pv_vcpu_register_info(2, mfn, PAGE_SIZE - 63), -ENXIO);
	expect_errno("behind the page",
		     xen_pv_vcpu_register_info(2, mfn, PAGE_SIZE),
		     later ? -EINVAL : -ENXIO);
	expect_errno("misaligned", xen_pv_vcpu_register_info(2, mfn, 2),
		     -ENXIO);
	expect_errno("no frame of memory",
		     xen_pv_vcpu_register_info(2, 0xfffffff, 0), -EINVAL);
	expect_errno("a page table's frame",
		     xen_pv_vcpu_register_info(2, mfn_of(kernel_root), 0),
		     later ? -EACCES : -EINVAL);
}

static void vcpu_info_once(const struct row *row)
{
	unsigned long mfn = mfn_of(good);
	struct vcpu_info *moved = (struct vcpu_info *)(good + 128);

	expect_errno("of a vCPU that is down",
		     xen_pv_vcpu_register_info(2, mfn, 128), 0);
	local_of(2)->info = moved;
	expect("the mask moved along", moved->evtchn_upcall_mask, 1);
	expect_errno("a second time", xen_pv_vcpu_register_info(2, mfn, 128),
		     xen_version() < XEN_4_20 ? -EINVAL : -EBUSY);
}

/* Xen tells it only to a hardware domain that it has pinned. */
static void physid(const struct row *row)
{
	bool pinned = told("pinned");
	struct vcpu_get_physid id;

	if (pinned != row->arg[0]) {
		skip(pinned ? "pinned" : "not pinned");
		return;
	}
	expect_errno("get_physid",
		     HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id),
		     pinned ? 0 : -EINVAL);
	expect_errno("a bad pointer",
		     HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, (void *)NOWHERE),
		     pinned ? -EFAULT : -EINVAL);
}

static void send_nmi(unsigned long unused)
{
	expect_errno("send_nmi", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL),
		     0);
}

static void load_all(unsigned long unused)
{
	xen_pv_trap_table_forget(&this_vcpu()->traps);
	expect_errno("load", load_gates(&this_vcpu()->traps), 0);
}

/* An NMI without a handler vanishes: it does not come once there is one. */
static void nmi_vanishes(const struct row *row)
{
	struct seen seen;

	expect_errno("no handlers", HYPERVISOR_set_trap_table(NULL), 0);
	expect_true("no trap", !traps(&seen, send_nmi, 0));
	expect_true("no trap later", !traps(&seen, load_all, 0));
	expect_true("another one comes", traps(&seen, send_nmi, 0));
	expect_hex("entry", seen.regs.entry, 2);
}

#define EACH(text, command) \
	{ "no_such_vcpu." text, no_such_vcpu, { command } }

#define EFAULT_ROW(text, command) \
	{ text ".efault", answers, { command, 0, NOWHERE, -EFAULT } }

static const struct row rows[] = {
	EACH("initialise", VCPUOP_initialise),
	EACH("up", VCPUOP_up),
	EACH("down", VCPUOP_down),
	EACH("is_up", VCPUOP_is_up),
	EACH("get_runstate_info", VCPUOP_get_runstate_info),
	EACH("register_runstate", VCPUOP_register_runstate_memory_area),
	EACH("set_periodic_timer", VCPUOP_set_periodic_timer),
	EACH("stop_periodic_timer", VCPUOP_stop_periodic_timer),
	EACH("set_singleshot_timer", VCPUOP_set_singleshot_timer),
	EACH("stop_singleshot_timer", VCPUOP_stop_singleshot_timer),
	EACH("register_vcpu_info", VCPUOP_register_vcpu_info),
	EACH("send_nmi", VCPUOP_send_nmi),
	EACH("get_physid", VCPUOP_get_physid),
	EACH("register_time", VCPUOP_register_vcpu_time_memory_area),
	EACH("unknown_command", UNKNOWN_COMMAND),
	{ "unknown_command", answers, { UNKNOWN_COMMAND, 0, 0, -ENOSYS } },
	{ "up.not_initialised", answers, { VCPUOP_up, 1, 0, -EINVAL } },
	{ "up.already", answers, { VCPUOP_up, 0, 0, 0 } },
	{ "down.already", answers, { VCPUOP_down, 1, 0, 0 } },
	{ "is_up.own", is_up, { 0, 1 } },
	{ "is_up.not_initialised", is_up, { 1, 0 } },
	EFAULT_ROW("get_runstate_info", VCPUOP_get_runstate_info),
	{ "get_runstate_info.own", runstate, { 0, RUNSTATE_running } },
	{ "get_runstate_info.down", runstate, { 1, RUNSTATE_offline } },
	EFAULT_ROW("register_runstate", VCPUOP_register_runstate_memory_area),
	{ "register_runstate.area", runstate_area },
	EFAULT_ROW("set_periodic_timer", VCPUOP_set_periodic_timer),
	{ "set_periodic_timer.own", periodic, { 0 } },
	{ "set_periodic_timer.other", periodic, { 1 } },
	EFAULT_ROW("set_singleshot_timer", VCPUOP_set_singleshot_timer),
	{ "set_singleshot_timer.other", singleshot_other },
	{ "set_singleshot_timer.own", singleshot_own },
	EFAULT_ROW("register_vcpu_info", VCPUOP_register_vcpu_info),
	{ "register_vcpu_info.errors", vcpu_info_errors },
	{ "register_vcpu_info.once", vcpu_info_once },
	{ "send_nmi.argument", answers,
	  { VCPUOP_send_nmi, 0, (long)good, -EINVAL } },
	{ "send_nmi.no_handler", nmi_vanishes },
	{ "get_physid.not_pinned", physid, { false } },
	{ "get_physid.pinned", physid, { true } },
	EFAULT_ROW("register_time", VCPUOP_register_vcpu_time_memory_area),
	{ "register_time.area", time_area },
};

const struct suite suite_vcpu_op = { "vcpu_op", rows, ARRAY_SIZE(rows) };

// SPDX-License-Identifier: GPL-2.0
/* vcpu_op, all commands but the work of VCPUOP_initialise. */
#include "fake_xen.h"

#define MILLISECOND	1000000ULL
#define PERIOD_MAX	(~0ULL >> 2)

/* vcpu_info holds a guest's longs, and is aligned as they are. */
#define INFO_ALIGN	__alignof__(struct vcpu_info)

static int down(struct fake_vcpu *vcpu)
{
	unsigned int i, others = 0;

	for (i = 0; i < FAKE_VCPUS; i++)
		if (&fake_xen.vcpu[i] != vcpu && !fake_xen.vcpu[i].down)
			others++;
	if (others)
		vcpu->down = true;
	else
		fake_xen.powered_off = true;
	return 0;
}

static int get_runstate(const struct fake_vcpu *vcpu, void *arg)
{
	struct vcpu_runstate_info info = {
		.state = vcpu->down ? RUNSTATE_offline : RUNSTATE_running,
		.state_entry_time = fake_xen.now_ns,
	};

	return fake_write_guest(arg, &info, sizeof(info));
}

static int register_runstate(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_register_runstate_memory_area area;

	if (fake_read_guest(&area, arg, sizeof(area)) ||
	    !fake_usable((unsigned long)area.addr.v))
		return -EFAULT;
	vcpu->runstate_area = area.addr.v;
	return 0;
}

static int register_time(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_register_time_memory_area area;

	if (fake_read_guest(&area, arg, sizeof(area)) ||
	    !fake_usable((unsigned long)area.addr.v))
		return -EFAULT;
	vcpu->time_area = area.addr.v;
	return 0;
}

static int set_periodic(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_set_periodic_timer timer;

	if (fake_read_guest(&timer, arg, sizeof(timer)))
		return -EFAULT;
	if (timer.period_ns < MILLISECOND || timer.period_ns > PERIOD_MAX)
		return -EINVAL;
	vcpu->period_ns = timer.period_ns;
	return 0;
}

static int set_singleshot(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_set_singleshot_timer timer;

	if (vcpu != fake_current())
		return -EINVAL;
	if (fake_read_guest(&timer, arg, sizeof(timer)))
		return -EFAULT;
	vcpu->timer_flags = timer.flags;
	/* The event comes at once, whatever the flags ask for. */
	if (timer.timeout_abs_ns < fake_xen.now_ns) {
		vcpu->timeout_ns = 0;
		vcpu->timer_event = true;
		return 0;
	}
	vcpu->timeout_ns = timer.timeout_abs_ns;
	return 0;
}

static int stop_singleshot(struct fake_vcpu *vcpu)
{
	if (vcpu != fake_current())
		return -EINVAL;
	vcpu->timeout_ns = 0;
	return 0;
}

static int register_info(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_register_vcpu_info info;

	if (fake_read_guest(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.offset > FAKE_PAGE_SIZE - sizeof(struct vcpu_info) ||
	    info.offset % INFO_ALIGN)
		return -ENXIO;
	if (vcpu->info_moved)
		return fake_xen.info_twice;
	if (vcpu != fake_current() && !vcpu->down)
		return -EINVAL;
	if (!fake_frame_ours(info.mfn) || fake_frame_page_table(info.mfn))
		return -EINVAL;
	if (fake_xen.out_of_memory) {
		fake_xen.out_of_memory--;
		return -ENOMEM;
	}
	vcpu->info_mfn = info.mfn;
	vcpu->info_offset = info.offset;
	vcpu->has_info = true;
	vcpu->info_moved = true;
	return 0;
}

static int send_nmi(struct fake_vcpu *vcpu, const void *arg)
{
	if (arg)
		return -EINVAL;
	vcpu->nmi_pending = true;
	return 0;
}

static int get_physid(void *arg)
{
	struct vcpu_get_physid id = { .phys_id = 0 };

	if (!fake_xen.pinned_dom0)
		return -EINVAL;
	return fake_write_guest(arg, &id, sizeof(id));
}

static int vcpu_op(int cmd, struct fake_vcpu *vcpu, void *arg)
{
	switch (cmd) {
	case VCPUOP_initialise:
		return fake_initialise(vcpu, arg);
	case VCPUOP_up:
		if (!vcpu->initialised)
			return -EINVAL;
		vcpu->down = false;
		return 0;
	case VCPUOP_down:
		return down(vcpu);
	case VCPUOP_is_up:
		return !vcpu->down;
	case VCPUOP_get_runstate_info:
		return get_runstate(vcpu, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(vcpu, arg);
	case VCPUOP_set_periodic_timer:
		return set_periodic(vcpu, arg);
	case VCPUOP_stop_periodic_timer:
		vcpu->period_ns = 0;
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_singleshot(vcpu, arg);
	case VCPUOP_stop_singleshot_timer:
		return stop_singleshot(vcpu);
	case VCPUOP_register_vcpu_info:
		return register_info(vcpu, arg);
	case VCPUOP_send_nmi:
		return send_nmi(vcpu, arg);
	case VCPUOP_get_physid:
		return get_physid(arg);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time(vcpu, arg);
	default:
		return -ENOSYS;
	}
}

int HYPERVISOR_vcpu_op(int cmd, int vcpu_id, void *arg)
{
	fake_xen.calls[FAKE_VCPU_OP]++;
	fake_xen.cmd = cmd;
	fake_xen.vcpu_id = vcpu_id;
	fake_xen.arg = arg;
	if (fake_xen.answer[FAKE_VCPU_OP])
		return fake_xen.answer[FAKE_VCPU_OP];

	/* Looked at before the command is. */
	if ((unsigned int)vcpu_id >= FAKE_VCPUS)
		return -ENOENT;
	return vcpu_op(cmd, &fake_xen.vcpu[vcpu_id], arg);
}

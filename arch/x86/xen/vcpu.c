// SPDX-License-Identifier: GPL-2.0
/*
 * One typed function for each vcpu_op command.  Xen's answer is returned to the
 * caller unchanged.
 *
 * Part of the core: plain C over the hypercall, see <xen/pvboot/host.h>.
 */
#include <xen/pvboot/vcpu.h>

/**
 * xen_pv_vcpu_initialise - give a vCPU the state that it starts from
 * @vcpu_id: Xen's number; its vcpu_info must be registered from 32 on
 * @ctxt: see xen_pv_vcpu_context_build()
 *
 * Return: 0; -EEXIST where it was initialised before, -ENOMEM, -EFAULT, or
 * -EINVAL, for which xen_pv_vcpu_context_check() may know the field.
 */
int xen_pv_vcpu_initialise(unsigned int vcpu_id,
			   struct vcpu_guest_context *ctxt)
{
	return HYPERVISOR_vcpu_op(VCPUOP_initialise, vcpu_id, ctxt);
}

/**
 * xen_pv_vcpu_up - let a vCPU run
 * @vcpu_id: Xen's number
 *
 * Return: 0, also where it is up; -EINVAL where it is not initialised.
 */
int xen_pv_vcpu_up(unsigned int vcpu_id)
{
	return HYPERVISOR_vcpu_op(VCPUOP_up, vcpu_id, NULL);
}

/**
 * xen_pv_vcpu_down - stop a vCPU
 * @vcpu_id: Xen's number; the caller's own stops inside the call, and comes
 *	     back from it at the next xen_pv_vcpu_up(); another's stops some
 *	     time later
 *
 * The last vCPU of a domain that goes down powers the domain off.
 *
 * Return: 0 or a negative errno.
 */
int xen_pv_vcpu_down(unsigned int vcpu_id)
{
	return HYPERVISOR_vcpu_op(VCPUOP_down, vcpu_id, NULL);
}

/**
 * xen_pv_vcpu_is_up - ask whether a vCPU may run
 * @vcpu_id: Xen's number
 *
 * Return: 1 or 0; -ENOENT where the domain has no such vCPU.
 */
int xen_pv_vcpu_is_up(unsigned int vcpu_id)
{
	return HYPERVISOR_vcpu_op(VCPUOP_is_up, vcpu_id, NULL);
}

/**
 * xen_pv_vcpu_register_info - choose where a vCPU's vcpu_info lies
 * @vcpu_id: Xen's number
 * @mfn: machine frame
 * @offset: bytes into it; the structure may not cross the page's end
 *
 * Xen accepts this once for each vCPU, and it cannot be undone.
 *
 * Return: 0; -ENXIO for a bad offset; -EINVAL for a frame that is no memory, and
 * by Xen's version -EINVAL or -EACCES for a page table's, -EINVAL or -EBUSY where
 * it was registered before; -ENOMEM, -EFAULT.
 */
int xen_pv_vcpu_register_info(unsigned int vcpu_id, u64 mfn, u32 offset)
{
	struct vcpu_register_vcpu_info info;

	memset(&info, 0, sizeof(info));
	info.mfn = mfn;
	info.offset = offset;
	return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, vcpu_id, &info);
}

/**
 * xen_pv_vcpu_get_runstate - read a vCPU's runstate and its times in each
 * @vcpu_id: Xen's number
 * @info: filled in; times in ns
 *
 * Return: 0 or -EFAULT.
 */
int xen_pv_vcpu_get_runstate(unsigned int vcpu_id,
			     struct vcpu_runstate_info *info)
{
	return HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, vcpu_id, info);
}

/**
 * xen_pv_vcpu_register_runstate - register the area for a vCPU's runstate
 * @vcpu_id: Xen's number
 * @area: virtual address that stays mapped while the vCPU lives
 *
 * Return: 0 or -EFAULT.
 */
int xen_pv_vcpu_register_runstate(unsigned int vcpu_id,
				  struct vcpu_runstate_info *area)
{
	struct vcpu_register_runstate_memory_area reg;

	memset(&reg, 0, sizeof(reg));
	reg.addr.v = area;
	return HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area,
				  vcpu_id, &reg);
}

/**
 * xen_pv_vcpu_register_time - have Xen keep a second copy of a vCPU's time
 * @vcpu_id: Xen's number
 * @area: virtual address that stays mapped, or NULL to stop
 *
 * Return: 0 or -EFAULT.
 */
int xen_pv_vcpu_register_time(unsigned int vcpu_id,
			      struct pvclock_vcpu_time_info *area)
{
	struct vcpu_register_time_memory_area reg;

	memset(&reg, 0, sizeof(reg));
	reg.addr.v = area;
	return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area,
				  vcpu_id, &reg);
}

/**
 * xen_pv_vcpu_set_singleshot_timer - set the timer that raises VIRQ_TIMER once
 * @vcpu_id: Xen's number, the caller's own
 * @timeout_abs_ns: system time, ns
 * @must_be_future: ask for -ETIME instead of an event where the time has
 *		    passed; newer hypervisors send the event nevertheless
 *
 * Return: 0; -EINVAL for another's vCPU, -ETIME, -EFAULT.
 */
int xen_pv_vcpu_set_singleshot_timer(unsigned int vcpu_id, u64 timeout_abs_ns,
				     bool must_be_future)
{
	struct vcpu_set_singleshot_timer timer;

	memset(&timer, 0, sizeof(timer));
	timer.timeout_abs_ns = timeout_abs_ns;
	timer.flags = must_be_future ? VCPU_SSHOTTMR_future : 0;
	return HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, vcpu_id, &timer);
}

/**
 * xen_pv_vcpu_stop_singleshot_timer - cancel the singleshot timer
 * @vcpu_id: Xen's number, the caller's own
 *
 * Return: 0; -EINVAL for another's vCPU.
 */
int xen_pv_vcpu_stop_singleshot_timer(unsigned int vcpu_id)
{
	return HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_id, NULL);
}

/**
 * xen_pv_vcpu_stop_periodic_timer - stop a new vCPU's 100 Hz timer
 * @vcpu_id: Xen's number
 *
 * Return: 0 or a negative errno.
 */
int xen_pv_vcpu_stop_periodic_timer(unsigned int vcpu_id)
{
	return HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, vcpu_id, NULL);
}

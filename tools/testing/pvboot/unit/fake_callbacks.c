// SPDX-License-Identifier: GPL-2.0
/* callback_op and set_callbacks, for the calling vCPU. */
#include "fake_xen.h"

#define VECTOR_NMI	2
#define TRAP_IF		4

/* Without the syscall entry on 32-bit, where Xen knows none. */
static bool known_type(u16 type)
{
	switch (type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_sysenter:
	case CALLBACKTYPE_syscall32:
		return true;
#ifdef __x86_64__
	case CALLBACKTYPE_syscall:
		return true;
#endif
	default:
		return false;
	}
}

/* An NMI callback is vector 2 of the trap table, with Xen's own selector. */
static void set_nmi(struct fake_vcpu *vcpu, unsigned long address)
{
	vcpu->trap[VECTOR_NMI] = (struct trap_info){
		.vector = VECTOR_NMI,
		.flags = TRAP_IF,
		.cs = FLAT_KERNEL_CS,
		.address = address,
	};
}

static int do_register(u16 type, u16 flags, xen_callback_t at)
{
	struct fake_vcpu *vcpu = fake_current();
	struct fake_callback *callback;
#ifdef __x86_64__
	unsigned long address = at, cs = 0;

	if (!fake_canonical(address))
		return -EINVAL;
#else
	unsigned long address = at.eip, cs = fake_selector(at.cs);
#endif

	if (type == CALLBACKTYPE_nmi) {
		set_nmi(vcpu, address);
		return 0;
	}
	if (!known_type(type))
		return -ENOSYS;

	callback = &vcpu->callback[type];
	callback->cs = cs;
	callback->address = address;
	/* Events are always masked on the way into the event callback. */
	callback->masks_events = type == CALLBACKTYPE_event ||
				 (flags & CALLBACKF_mask_events);
	return 0;
}

static int do_unregister(u16 type)
{
	if (type == CALLBACKTYPE_nmi) {
		memset(&fake_current()->trap[VECTOR_NMI], 0,
		       sizeof(struct trap_info));
		return 0;
	}
	return known_type(type) ? -EINVAL : -ENOSYS;
}

int HYPERVISOR_callback_op(int cmd, void *arg)
{
	struct callback_unregister unreg;
	struct callback_register reg;

	fake_xen.calls[FAKE_CALLBACK_OP]++;
	fake_xen.cmd = cmd;
	fake_xen.arg = arg;
	if (fake_xen.answer[FAKE_CALLBACK_OP])
		return fake_xen.answer[FAKE_CALLBACK_OP];

	switch (cmd) {
	case CALLBACKOP_register:
		if (fake_read_guest(&reg, arg, sizeof(reg)))
			return -EFAULT;
		return do_register(reg.type, reg.flags, reg.address);
	case CALLBACKOP_unregister:
		if (fake_read_guest(&unreg, arg, sizeof(unreg)))
			return -EFAULT;
		return do_unregister(unreg.type);
	default:
#ifdef __x86_64__
		return -ENOSYS;
#else
		return -EINVAL;
#endif
	}
}

/* What cannot be registered is dropped without a word. */
#ifdef __x86_64__
int HYPERVISOR_set_callbacks(unsigned long event_address,
			     unsigned long failsafe_address,
			     unsigned long syscall_address)
{
	fake_xen.calls[FAKE_SET_CALLBACKS]++;
	if (fake_xen.answer[FAKE_SET_CALLBACKS])
		return fake_xen.answer[FAKE_SET_CALLBACKS];

	do_register(CALLBACKTYPE_event, 0, event_address);
	do_register(CALLBACKTYPE_failsafe, 0, failsafe_address);
	do_register(CALLBACKTYPE_syscall, 0, syscall_address);
	return 0;
}
#else
int HYPERVISOR_set_callbacks(unsigned long event_selector,
			     unsigned long event_address,
			     unsigned long failsafe_selector,
			     unsigned long failsafe_address)
{
	fake_xen.calls[FAKE_SET_CALLBACKS]++;
	if (fake_xen.answer[FAKE_SET_CALLBACKS])
		return fake_xen.answer[FAKE_SET_CALLBACKS];

	do_register(CALLBACKTYPE_event, 0,
		    XEN_CALLBACK(event_selector, event_address));
	do_register(CALLBACKTYPE_failsafe, 0,
		    XEN_CALLBACK(failsafe_selector, failsafe_address));
	return 0;
}
#endif

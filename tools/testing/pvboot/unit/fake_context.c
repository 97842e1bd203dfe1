// SPDX-License-Identifier: GPL-2.0
/* VCPUOP_initialise: the context of a new vCPU, looked at as Xen does. */
#include "fake_xen.h"

#define LDT_ENTRIES		8192
#define GDT_ENTRIES_A_FRAME	512
#define EFLAGS_IF		0x200UL
#define EFLAGS_IOPL		0x3000UL

static int reject(const char *field)
{
	fake_xen.rejected = field;
	return -EINVAL;
}

#ifdef __x86_64__
static int look_at_addresses(const struct vcpu_guest_context *ctxt)
{
	unsigned int v;

	if (!fake_canonical(ctxt->user_regs.rip))
		return reject("user_regs.rip");
	if (!fake_canonical(ctxt->user_regs.rsp))
		return reject("user_regs.rsp");
	if (!fake_canonical(ctxt->kernel_sp))
		return reject("kernel_sp");
	if (ctxt->ldt_ents && !fake_canonical(ctxt->ldt_base))
		return reject("ldt_base");
	if (!fake_canonical(ctxt->fs_base))
		return reject("fs_base");
	if (!fake_canonical(ctxt->gs_base_kernel))
		return reject("gs_base_kernel");
	if (!fake_canonical(ctxt->gs_base_user))
		return reject("gs_base_user");
	if (!fake_canonical(ctxt->event_callback_eip))
		return reject("event_callback_eip");
	if (!fake_canonical(ctxt->syscall_callback_eip))
		return reject("syscall_callback_eip");
	if (!fake_canonical(ctxt->failsafe_callback_eip))
		return reject("failsafe_callback_eip");

	for (v = 0; v < FAKE_TRAPS; v++)
		if (!fake_canonical(ctxt->trap_ctxt[v].address))
			return reject("trap_ctxt[].address");

	return fake_usable(ctxt->ldt_base) ? 0 : reject("ldt_base");
}

static int look_at_mode(const struct vcpu_guest_context *ctxt)
{
	if (!(ctxt->flags & VGCF_in_kernel) && !ctxt->ctrlreg[1])
		return reject("ctrlreg[1]");
	return 0;
}
#else
static int look_at_addresses(const struct vcpu_guest_context *ctxt)
{
	(void)ctxt;
	return 0;
}

static int look_at_mode(const struct vcpu_guest_context *ctxt)
{
	(void)ctxt;
	return 0;
}
#endif

static int look_at_tables(const struct vcpu_guest_context *ctxt)
{
	if (ctxt->ldt_base % FAKE_PAGE_SIZE)
		return reject("ldt_base");
	if (ctxt->ldt_ents > LDT_ENTRIES)
		return reject("ldt_ents");
	if (ctxt->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return reject("gdt_ents");
	return 0;
}

/* What the context cannot show: whose frames these are, and of what use. */
static int look_at_frames(const struct vcpu_guest_context *ctxt)
{
	unsigned int i;
	unsigned long mfn;

	if (fake_xen.any_frame)
		return 0;
	for (i = 0; i * GDT_ENTRIES_A_FRAME < ctxt->gdt_ents; i++) {
		mfn = ctxt->gdt_frames[i];
		if (!fake_frame_ours(mfn) || fake_frame_writable(mfn))
			return reject("gdt_frames[]");
	}

	mfn = xen_cr3_to_pfn(ctxt->ctrlreg[3]);
	if (!fake_frame_ours(mfn) || fake_frame_writable(mfn))
		return reject("ctrlreg[3]");
#ifdef __x86_64__
	mfn = xen_cr3_to_pfn(ctxt->ctrlreg[1]);
	if (ctxt->ctrlreg[1] &&
	    (!fake_frame_ours(mfn) || fake_frame_writable(mfn)))
		return reject("ctrlreg[1]");
#endif
	return 0;
}

/* Never an error: Xen makes it what it has to be. */
static void fix_up(struct vcpu_guest_context *ctxt)
{
	unsigned int v;

	ctxt->user_regs.cs = fake_selector(ctxt->user_regs.cs);
	ctxt->user_regs.ss = fake_selector(ctxt->user_regs.ss);
	ctxt->kernel_ss = fake_selector(ctxt->kernel_ss);
	for (v = 0; v < FAKE_TRAPS; v++)
		ctxt->trap_ctxt[v].cs = fake_selector(ctxt->trap_ctxt[v].cs);
#ifndef __x86_64__
	ctxt->event_callback_cs = fake_selector(ctxt->event_callback_cs);
	ctxt->failsafe_callback_cs = fake_selector(ctxt->failsafe_callback_cs);
#endif
	ctxt->user_regs.eflags &= ~EFLAGS_IOPL;
	ctxt->user_regs.eflags |= EFLAGS_IF;
}

static void set_callbacks(struct fake_vcpu *vcpu)
{
	const struct vcpu_guest_context *ctxt = &vcpu->ctxt;
	struct fake_callback *callback = vcpu->callback;

	memset(callback, 0, sizeof(vcpu->callback));
	callback[CALLBACKTYPE_event] = (struct fake_callback){
		.address = ctxt->event_callback_eip,
		.masks_events = true,
	};
	callback[CALLBACKTYPE_failsafe] = (struct fake_callback){
		.address = ctxt->failsafe_callback_eip,
		.masks_events = ctxt->flags & VGCF_failsafe_disables_events,
	};
#ifdef __x86_64__
	callback[CALLBACKTYPE_syscall] = (struct fake_callback){
		.address = ctxt->syscall_callback_eip,
		.masks_events = ctxt->flags & VGCF_syscall_disables_events,
	};
#else
	callback[CALLBACKTYPE_event].cs = ctxt->event_callback_cs;
	callback[CALLBACKTYPE_failsafe].cs = ctxt->failsafe_callback_cs;
#endif
}

int fake_initialise(struct fake_vcpu *vcpu, const void *arg)
{
	struct vcpu_guest_context ctxt;
	int rc;

	fake_xen.rejected = NULL;
	if (!vcpu->has_info)
		return -EINVAL;
	if (fake_xen.out_of_memory) {
		fake_xen.out_of_memory--;
		return -ENOMEM;
	}
	if (fake_read_guest(&ctxt, arg, sizeof(ctxt)))
		return -EFAULT;
	if (vcpu->initialised)
		return -EEXIST;

	rc = look_at_addresses(&ctxt);
	if (!rc)
		rc = look_at_tables(&ctxt);
	if (!rc)
		rc = look_at_mode(&ctxt);
	if (!rc)
		rc = look_at_frames(&ctxt);
	if (rc)
		return rc;

	fix_up(&ctxt);
	vcpu->ctxt = ctxt;
	memcpy(vcpu->trap, ctxt.trap_ctxt, sizeof(vcpu->trap));
	set_callbacks(vcpu);
	vcpu->initialised = true;
	if (ctxt.flags & VGCF_online)
		vcpu->down = false;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Building the context of a new vCPU, and checking it for what Xen would
 * reject.
 *
 * Part of the core: plain C, see <xen/pvboot/host.h>.  Nothing here calls Xen.
 */
#include <xen/pvboot/vcpu_context.h>

#define PAGE_OFFSET_BITS	0xfffUL

/* A guest kernel runs in ring 1 (32-bit) or 3 (64-bit); IOPL lets it. */
#define EFLAGS_IOPL_RING1	0x1000

/**
 * xen_pv_vcpu_context_build - fill in the context of a new vCPU
 * @ctxt: overwritten
 * @start: where it starts, on which stacks, with which GDT and page table
 * @traps: its virtual IDT, each entry at its vector's index
 *
 * The vCPU starts in the kernel with events masked as its vcpu_info says.
 *
 * Return: 0, or -ENOENT where @start names no event, failsafe or (64-bit)
 * syscall entry point.
 */
int xen_pv_vcpu_context_build(struct vcpu_guest_context *ctxt,
			      const struct vcpu_start *start,
			      const struct trap_info traps[256])
{
	memset(ctxt, 0, sizeof(*ctxt));

	/* the first instruction */
	ctxt->flags = VGCF_in_kernel;
	ctxt->user_regs.eip = start->ip;
	ctxt->user_regs.esp = start->sp;
	ctxt->user_regs.eflags = EFLAGS_IOPL_RING1;
	ctxt->user_regs.cs = start->cs;
	ctxt->user_regs.ss = start->ss;
	ctxt->user_regs.ds = start->ds;
	ctxt->user_regs.es = start->ds;

	/* what user mode and traps come back to */
	ctxt->kernel_ss = start->ss;
	ctxt->kernel_sp = start->kernel_sp;
	memcpy(ctxt->trap_ctxt, traps, sizeof(ctxt->trap_ctxt));

	/* memory: descriptors, page table, per-CPU area */
	ctxt->gdt_frames[0] = start->gdt_mfn;
	ctxt->gdt_ents = start->gdt_ents;
	ctxt->ctrlreg[3] = start->cr3;
#ifdef __x86_64__
	ctxt->gs_base_kernel = start->gs_base;
#else
	ctxt->user_regs.fs = start->fs;
#endif

	return xen_pv_callback_fill_context(start->callbacks, ctxt);
}

#ifdef __x86_64__
/* Bits 63 to 47 all alike: Xen checks every address for 4-level paging. */
static bool canonical(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

/* In the order in which Xen checks; so are the functions below. */
static const char *bad_address(const struct vcpu_guest_context *ctxt)
{
	const struct {
		const char *field;
		u64 address;
	} addresses[] = {
		{ "user_regs.rip",		ctxt->user_regs.eip },
		{ "user_regs.rsp",		ctxt->user_regs.esp },
		{ "kernel_sp",			ctxt->kernel_sp },
		{ "ldt_base",		ctxt->ldt_ents ? ctxt->ldt_base : 0 },
		{ "fs_base",			ctxt->fs_base },
		{ "gs_base_kernel",		ctxt->gs_base_kernel },
		{ "gs_base_user",		ctxt->gs_base_user },
		{ "event_callback_eip",		ctxt->event_callback_eip },
		{ "syscall_callback_eip",	ctxt->syscall_callback_eip },
		{ "failsafe_callback_eip",	ctxt->failsafe_callback_eip },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		if (!canonical(addresses[i].address))
			return addresses[i].field;

	for (i = 0; i < 256; i++)
		if (!canonical(ctxt->trap_ctxt[i].address))
			return "trap_ctxt[].address";

	/* No LDT may lie in Xen's range, not even one without entries. */
	if (ctxt->ldt_base >> 47 && ctxt->ldt_base < __HYPERVISOR_VIRT_END)
		return "ldt_base";

	return NULL;
}
#else
static const char *bad_address(const struct vcpu_guest_context *ctxt)
{
	return NULL;
}
#endif

static const char *bad_tables(const struct vcpu_guest_context *ctxt)
{
	if (ctxt->ldt_base & PAGE_OFFSET_BITS)
		return "ldt_base";
	if (ctxt->ldt_ents > VCPU_CONTEXT_LDT_MAX)
		return "ldt_ents";
	if (ctxt->gdt_ents > VCPU_CONTEXT_GDT_MAX)
		return "gdt_ents";
	return NULL;
}

static const char *bad_mode(const struct vcpu_guest_context *ctxt)
{
#ifdef __x86_64__
	if (!(ctxt->flags & VGCF_in_kernel) && !ctxt->ctrlreg[1])
		return "ctrlreg[1]";
#endif
	return NULL;
}

/**
 * xen_pv_vcpu_context_check - find what VCPUOP_initialise would reject
 * @ctxt: a context, however it was made
 * @field: where not NULL, set to the name of the first bad field, or NULL
 *
 * Sees what can be seen in the context itself.  Whether its frames belong to
 * the domain, and are read-only where they must be, only Xen knows.
 *
 * Return: 0, or -EINVAL.
 */
int xen_pv_vcpu_context_check(const struct vcpu_guest_context *ctxt,
			      const char **field)
{
	const char *bad = bad_address(ctxt);

	if (!bad)
		bad = bad_tables(ctxt);
	if (!bad)
		bad = bad_mode(ctxt);
	if (field)
		*field = bad;
	return bad ? -EINVAL : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The context that a new vCPU starts from.
 *
 * ABI: struct vcpu_guest_context in Xen's public header arch-x86/xen.h, read
 * by VCPUOP_initialise.
 */
#ifndef _XEN_PVBOOT_VCPU_CONTEXT_H
#define _XEN_PVBOOT_VCPU_CONTEXT_H

#include <xen/pvboot/callbacks.h>
#include <xen/pvboot/host.h>

/* GDT entries from here on are Xen's own: 14 pages of 512 descriptors */
#define VCPU_CONTEXT_GDT_MAX	7168
#define VCPU_CONTEXT_LDT_MAX	8192

/**
 * struct vcpu_start - how a vCPU is to start, in the kernel's terms
 * @ip: first instruction (linear address)
 * @sp: stack pointer at that instruction
 * @kernel_sp: stack that Xen switches to on entries from user mode
 * @cs: code selector of the kernel
 * @ss: stack selector of the kernel
 * @ds: data selector for ds and es
 * @fs: data selector for fs (32-bit), the per-CPU area
 * @gs_base: kernel's gs base (64-bit), the per-CPU area
 * @cr3: page-table root as Xen wants it in ctrlreg[3]
 * @gdt_mfn: machine frame of the one GDT page
 * @gdt_ents: descriptors in it
 * @callbacks: entry points
 */
struct vcpu_start {
	unsigned long ip;
	unsigned long sp;
	unsigned long kernel_sp;
	u16 cs;
	u16 ss;
	u16 ds;
	u16 fs;
	unsigned long gs_base;
	unsigned long cr3;
	unsigned long gdt_mfn;
	unsigned int gdt_ents;
	const struct callback_table *callbacks;
};

int xen_pv_vcpu_context_build(struct vcpu_guest_context *ctxt,
			      const struct vcpu_start *start,
			      const struct trap_info traps[256]);
int xen_pv_vcpu_context_check(const struct vcpu_guest_context *ctxt,
			      const char **field);

#endif /* _XEN_PVBOOT_VCPU_CONTEXT_H */

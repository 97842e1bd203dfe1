/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a PV guest begins: the notes by which Xen knows how to load this
 * kernel, and the first instructions of the boot CPU and of the others.
 *
 * Included by arch/x86/kernel/head_64.S and head_32.S.
 */
#ifdef CONFIG_XEN

#include <linux/elfnote.h>
#include <linux/init.h>

#include <asm/asm.h>
#include <asm/page_types.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include <asm/xen/interface.h>
#include <xen/interface/elfnote.h>
#include <xen/interface/features.h>
#include <xen/interface/xen.h>

#ifdef CONFIG_XEN_PV
#ifdef CONFIG_X86_32
	__INIT
/*
 * The boot CPU.  Xen enters here with flat segments, paging on, events masked
 * and the kernel where it was linked:
 *
 *	esi	address of struct start_info
 *	esp	a page of Xen's choosing; the kernel has its own
 *
 * The boot CPU's first per-CPU area is the one that was linked, which is reached
 * by the flat segment that is in fs.
 */
SYM_CODE_START(startup_xen)
	cld
	movl	$__top_init_kernel_stack, %esp
	pushl	%esi
	call	xen_start_kernel
	ud2
SYM_CODE_END(startup_xen)
	__FINIT

#ifdef CONFIG_XEN_PV_SMP
	.pushsection .text, "ax"
/*
 * Another CPU, at its first VCPUOP_up: registers as xen_pv_vcpu_context_build()
 * laid them down, esp just below where the idle task's pt_regs would be.
 */
SYM_CODE_START(asm_cpu_bringup_and_idle)
	call	cpu_bringup_and_idle
	ud2
SYM_CODE_END(asm_cpu_bringup_and_idle)

/*
 * The same CPU at every later one: it comes back from VCPUOP_down deep in the
 * idle task, and starts over with an empty stack.
 *
 *	eax	the idle task's pt_regs, the new top of the stack
 */
SYM_CODE_START(xen_cpu_bringup_again)
	movl	%eax, %esp
	call	cpu_bringup_and_idle
	ud2
SYM_CODE_END(xen_cpu_bringup_again)
	.popsection
#endif /* CONFIG_XEN_PV_SMP */
#else /* CONFIG_X86_64 */
	__INIT
/*
 * The boot CPU.  Xen enters here with flat segments, paging on, events masked
 * and the kernel where it was linked:
 *
 *	rsi	address of struct start_info
 *	rsp	a page of Xen's choosing; the kernel has its own
 *
 * C code needs two things: a stack, and the per-CPU area (with the stack
 * protector's canary) at the gs base.  The boot CPU uses the initial copy of
 * that area until the final ones are laid out.
 */
SYM_CODE_START(startup_xen)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	cld
	leaq	__top_init_kernel_stack(%rip), %rsp
	movq	%rsi, %rbx

	movl	$SEGBASE_GS_KERNEL, %edi
#ifdef INIT_PER_CPU_VAR
	/* 6.12 links the per-CPU area at 0. */
	movq	$INIT_PER_CPU_VAR(fixed_percpu_data), %rsi
#else
	xorl	%esi, %esi
#endif
	movl	$__HYPERVISOR_set_segment_base, %eax
	syscall
	UNWIND_HINT_END_OF_STACK
	testl	%eax, %eax
	jnz	.Lno_percpu_area

	movq	%rbx, %rdi
	call	xen_start_kernel

.Lno_percpu_area:
	movl	%eax, %edi
	call	xen_pv_no_percpu_area
SYM_CODE_END(startup_xen)
	__FINIT

#ifdef CONFIG_XEN_PV_SMP
	.pushsection .text, "ax"
/*
 * Another CPU, at its first VCPUOP_up: registers as xen_pv_vcpu_context_build()
 * laid them down, rsp just below where the idle task's pt_regs would be.
 */
SYM_CODE_START(asm_cpu_bringup_and_idle)
	UNWIND_HINT_END_OF_STACK
	ENDBR
	call	cpu_bringup_and_idle
SYM_CODE_END(asm_cpu_bringup_and_idle)

/*
 * The same CPU at every later one: it comes back from VCPUOP_down deep in the
 * idle task, and starts over with an empty stack.
 *
 *	rdi	the idle task's pt_regs, the new top of the stack
 */
SYM_CODE_START(xen_cpu_bringup_again)
	UNWIND_HINT_FUNC
	movq	%rdi, %rsp
	UNWIND_HINT_REGS
	call	cpu_bringup_and_idle
SYM_CODE_END(xen_cpu_bringup_again)
	.popsection
#endif /* CONFIG_XEN_PV_SMP */
#endif
#endif /* CONFIG_XEN_PV */

/*
 * What the loader reads.  ABI: Xen's public header elfnote.h.
 */
#ifdef CONFIG_XEN_PV
# define CAN_DO_PV	(1 << XENFEAT_writable_page_tables)
#else
# define CAN_DO_PV	0
#endif
#ifdef CONFIG_XEN_PVH
# define CAN_DO_PVH	(1 << XENFEAT_linux_rsdp_unrestricted)
#else
# define CAN_DO_PVH	0
#endif
#ifdef CONFIG_XEN_DOM0
# define CAN_DO_DOM0	(1 << XENFEAT_dom0)
#else
# define CAN_DO_DOM0	0
#endif

	/* who we are, and which loader and interface we want */
	ELFNOTE(Xen, XEN_ELFNOTE_GUEST_OS,	.asciz "linux")
	ELFNOTE(Xen, XEN_ELFNOTE_GUEST_VERSION,	.asciz "2.6")
	ELFNOTE(Xen, XEN_ELFNOTE_LOADER,	.asciz "generic")
	ELFNOTE(Xen, XEN_ELFNOTE_XEN_VERSION,	.asciz "xen-3.0")
	ELFNOTE(Xen, XEN_ELFNOTE_SUPPORTED_FEATURES,
		.long CAN_DO_PV | CAN_DO_PVH | CAN_DO_DOM0)
	ELFNOTE(Xen, XEN_ELFNOTE_SUSPEND_CANCEL, .long 1)

#ifdef CONFIG_XEN_PV
	/* where things go: linked addresses, no offset */
#if defined(INIT_PER_CPU_VAR) || defined(CONFIG_X86_32)
	/* The linker script of later kernels wants a note of its own kind. */
	ELFNOTE(Xen, XEN_ELFNOTE_ENTRY,		_ASM_PTR startup_xen)
#else
	ELFNOTE(Xen, XEN_ELFNOTE_ENTRY,
		.globl xen_elfnote_entry;
		xen_elfnote_entry: _ASM_PTR xen_elfnote_entry_value - .)
#endif
	ELFNOTE(Xen, XEN_ELFNOTE_PADDR_OFFSET,	_ASM_PTR 0)
#ifdef CONFIG_X86_32
	ELFNOTE(Xen, XEN_ELFNOTE_VIRT_BASE,	_ASM_PTR __PAGE_OFFSET)
	/* Xen may begin anywhere from here on: Linux is told, and ends there */
	ELFNOTE(Xen, XEN_ELFNOTE_HV_START_LOW,	_ASM_PTR __HYPERVISOR_VIRT_START)
#else
	ELFNOTE(Xen, XEN_ELFNOTE_VIRT_BASE,	_ASM_PTR __START_KERNEL_map)
	/* the p2m list goes out of the way: with KASAN behind the direct map */
#ifdef CONFIG_KASAN
	ELFNOTE(Xen, XEN_ELFNOTE_INIT_P2M,	.quad 0xffffc88000000000)
#else
	ELFNOTE(Xen, XEN_ELFNOTE_INIT_P2M,	.quad (PUD_SIZE * PTRS_PER_PUD))
#endif
#endif
	ELFNOTE(Xen, XEN_ELFNOTE_MOD_START_PFN,	.long 1)

	/* how page tables look: we update them by hypercall */
	ELFNOTE(Xen, XEN_ELFNOTE_PAE_MODE,	.asciz "yes")
	ELFNOTE(Xen, XEN_ELFNOTE_FEATURES,	.ascii "!writable_page_tables")
	ELFNOTE(Xen, XEN_ELFNOTE_L1_MFN_VALID,
		.quad _PAGE_PRESENT; .quad _PAGE_PRESENT)
#endif /* CONFIG_XEN_PV */

#endif /* CONFIG_XEN */

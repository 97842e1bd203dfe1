/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where Xen enters a 32-bit kernel, and the way back.
 *
 * Xen's frame is the hardware's, on the kernel stack that load_sp0() told it
 * of, or, from kernel mode, on the one in use:
 *
 *	esp + 16  ss		from user mode only
 *	esp + 12  esp		from user mode only
 *	esp +  8  eflags	IF: events were not masked
 *	esp +  4  cs		bits 0-1 are 1 from kernel mode, 3 from user;
 *				the mask as it was in bits 16-23
 *	esp	  eip
 *
 * Traps that push an error code have it below eip: so the entries that serve
 * hardware can serve this.  Each begins with cld; the upper half of cs they clear.
 *
 * Included by arch/x86/entry/entry_32.S, whose macros and labels this uses.
 */
#include <xen/interface/xen.h>

#include "entry.h"

#define EVENT_MASK	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_mask)
#define EVENT_PENDING	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_pending)

/* Offsets into the frame */
#define FRAME_EIP	0
#define FRAME_CS	4
#define FRAME_FLAGS	8
#define FRAME_SS	16

/* Bytes of the selectors that Xen pushes for the failsafe callback; drawn below */
#define FAILSAFE_SELECTORS	16

	.pushsection .noinstr.text, "ax"

/*
 * Between an exception and the kernel's entry for it Xen may run another vCPU.  As
 * this one comes back, a selector may not load any more, which user mode can bring
 * about: then Xen pushes the frame of the failsafe callback, and the exception's
 * upon it.  That has happened to whoever the first frame tells of, and is served as
 * theirs, wherever that is.  Selectors that do not load are 0 already, the others
 * are loaded.  Until it has entered the kernel Xen may do so again, with another
 * selector, and push one such frame upon the other.
 *
 * On the stack, \error (0 or 4) bytes of error code first:
 *
 *	esp + 28  the failsafe callback's eip, cs and more: what is left
 *	esp + 12  its selectors
 *	esp +  8  eflags
 *	esp +  4  cs
 *	esp	  eip of the callback's first instruction
 *
 * An NMI may come at any time, so nothing is kept below esp.
 */
.macro PV_LEAVE_FAILSAFE error
.Llook\@:
	cmpl	$xen_pv_failsafe, \error + FRAME_EIP(%esp)
	je	.Lleave_failsafe\@
	cmpl	$xen_pv_masking_failsafe, \error + FRAME_EIP(%esp)
	jne	.Lother_code\@
.Lleave_failsafe\@:
	.if	\error
	/* where it goes, from where esp is once it is popped */
	popl	12 + FAILSAFE_SELECTORS - \error(%esp)
	.endif
	addl	$(12 + FAILSAFE_SELECTORS - \error), %esp
	testb	$2, \error + FRAME_CS(%esp)
	jz	.Llook\@
.Lother_code\@:
.endm

.macro pv_trap_stub handler, error
SYM_CODE_START(xen_asm_\handler)
	testb	$2, \error + FRAME_CS(%esp)
	jz	.Lfrom_kernel\@
.Lserve\@:
	jmp	asm_\handler
.Lfrom_kernel\@:
	PV_LEAVE_FAILSAFE \error
	jmp	.Lserve\@
SYM_CODE_END(xen_asm_\handler)
	_ASM_NOKPROBE(xen_asm_\handler)
.endm

#define TRAP(handler, pv_handler, ist, error) pv_trap_stub handler, 4*error;
#include "trap_stubs.h"
#undef TRAP

/*
 * The upcall.  Xen has masked events.
 */
SYM_CODE_START(asm_exc_xen_hypervisor_callback)
	cld
	pushl	$0				/* no error code */
	pushl	$xen_pv_evtchn_do_upcall
	jmp	handle_exception
SYM_CODE_END(asm_exc_xen_hypervisor_callback)
	_ASM_NOKPROBE(asm_exc_xen_hypervisor_callback)

/*
 * Xen could not load a segment register on the way back, and has put zero into
 * it.  Below the frame is what was there:
 *
 *	esp + 16  the frame at the top of this file
 *	esp + 12  gs
 *	esp +  8  fs
 *	esp +  4  es
 *	esp	  ds
 *
 * What loads now is loaded; for what does not, zero stays.
 */
SYM_CODE_START(xen_pv_failsafe)
	cld
.Lfailsafe:
1:	popl	%ds
2:	popl	%es
3:	popl	%fs
4:	popl	%gs
5:	jmp	xen_iret

	_ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_POP_ZERO | EX_REG_DS)
	_ASM_EXTABLE_TYPE(2b, 3b, EX_TYPE_POP_ZERO | EX_REG_ES)
	_ASM_EXTABLE_TYPE(3b, 4b, EX_TYPE_POP_ZERO | EX_REG_FS)
	_ASM_EXTABLE_TYPE(4b, 5b, EX_TYPE_POP_ZERO | EX_REG_GS)
SYM_CODE_END(xen_pv_failsafe)
	_ASM_NOKPROBE(xen_pv_failsafe)

/*
 * The same for set_callbacks, which cannot ask for events to be masked: this
 * starts with events as they were, and masks them first.  The per-CPU area is
 * reached by %fs, which is popped afterwards.
 */
SYM_CODE_START(xen_pv_masking_failsafe)
	cld
	pushl	%eax
	movl	$__KERNEL_PERCPU, %eax
	movl	%eax, %fs
	movb	$1, EVENT_MASK
.Lmasking_failsafe_end:
	popl	%eax
	jmp	.Lfailsafe
SYM_CODE_END(xen_pv_masking_failsafe)
	_ASM_NOKPROBE(xen_pv_masking_failsafe)

/*
 * The upcall where set_callbacks has registered the entry above.  One that
 * interrupts it before it has masked events returns with events masked; the
 * pending flag stays set, and the way back that unmasks events checks it.
 *
 * That is for the kernel's own eip only.  User mode may have any value there.
 */
SYM_CODE_START(xen_pv_legacy_upcall)
	cld
	testb	$2, FRAME_CS(%esp)
	jnz	asm_exc_xen_hypervisor_callback
	cmpl	$xen_pv_masking_failsafe, FRAME_EIP(%esp)
	jb	asm_exc_xen_hypervisor_callback
	cmpl	$.Lmasking_failsafe_end, FRAME_EIP(%esp)
	jae	asm_exc_xen_hypervisor_callback
	andl	$~X86_EFLAGS_IF, FRAME_FLAGS(%esp)
	jmp	xen_iret
SYM_CODE_END(xen_pv_legacy_upcall)
	_ASM_NOKPROBE(xen_pv_legacy_upcall)

/*
 * SYSENTER.  The instruction saves neither eip nor esp, and so has Xen no more
 * than a frame that looks like user mode's.  do_SYSENTER_32() takes esp from ebp, and
 * eip is the vDSO's.
 *
 *	esp + 16  ss		Xen's own; becomes __USER_DS
 *	esp + 12  esp		0
 *	esp +  8  eflags	the user's, with IF
 *	esp +  4  cs		3; becomes __USER_CS
 *	esp	  eip		0
 *
 * Xen has masked events, and cleared NT and TF in the flags in force.
 */
SYM_CODE_START(xen_pv_sysenter)
	movl	$__USER_DS, FRAME_SS(%esp)
	movl	$__USER_CS, FRAME_CS(%esp)
	pushl	%eax				/* orig_eax */
	SAVE_ALL pt_regs_ax=$-ENOSYS
	movl	%esp, %eax
	call	do_SYSENTER_32
	jmp	.Lsyscall_32_done
SYM_CODE_END(xen_pv_sysenter)
	_ASM_NOKPROBE(xen_pv_sysenter)

/*
 * The way back, into user mode or kernel mode: what iret does on hardware, as a
 * hypercall that takes its arguments from the stack.
 *
 *	esp + 16  ss		to user mode only
 *	esp + 12  esp		to user mode only
 *	esp +  8  eflags	IF: unmask events
 *	esp +  4  cs
 *	esp	  eip		<- esp on entry
 *	esp -  4  eax
 *
 * What does not load comes back as the exception that it would be on hardware,
 * with the frame of whoever was to be returned to.
 */
SYM_CODE_START(xen_iret)
	pushl	%eax
	movl	$__HYPERVISOR_iret, %eax
	int	$XEN_HYPERCALL_VECTOR
	/* not reached: Xen crashes a domain whose frame it cannot read */
	ud2
SYM_CODE_END(xen_iret)

/*
 * Core x86 comes here instead of its own return to user mode, with pt_regs on
 * the stack.  This is the stack that Xen enters on; there is none to move to.
 */
SYM_CODE_START(xenpv_restore_regs_and_return_to_usermode)
#ifdef CONFIG_DEBUG_ENTRY
	testl	$X86_EFLAGS_IF, PT_EFLAGS(%esp)
	jnz	.Lunmasked
	movl	%esp, %eax
	call	xen_pv_masked_exit
.Lunmasked:
#endif
	RESTORE_REGS pop=4			/* orig_eax */
	jmp	xen_iret
SYM_CODE_END(xenpv_restore_regs_and_return_to_usermode)

/*
 * The interrupt flag.  Called by compiled code that expects every register
 * but eax to be preserved, flags excepted.
 *
 * save_fl: X86_EFLAGS_IF where the mask is 0, nothing else.
 */
SYM_FUNC_START(xen_save_fl_direct)
	cmpb	$1, EVENT_MASK			/* carry: it is 0 */
	sbbl	%eax, %eax
	andl	$X86_EFLAGS_IF, %eax
	RET
SYM_FUNC_END(xen_save_fl_direct)

SYM_FUNC_START(xen_irq_disable_direct)
	movb	$1, EVENT_MASK
	RET
SYM_FUNC_END(xen_irq_disable_direct)

/*
 * Unmask, then look: in this order nothing falls in between.  Xen looks at the
 * pending flag on the way out of any hypercall.
 *
 *	esp + 8	 eax
 *	esp + 4	 ebx
 *	esp	 ecx
 */
SYM_FUNC_START(xen_irq_enable_direct)
	movb	$0, EVENT_MASK
	cmpb	$0, EVENT_PENDING
	jne	.Lpending
	RET
.Lpending:
	FRAME_BEGIN
	pushl	%eax
	pushl	%ebx
	pushl	%ecx
	xorl	%ebx, %ebx			/* XENVER_version */
	xorl	%ecx, %ecx
	movl	$__HYPERVISOR_xen_version, %eax
	int	$XEN_HYPERCALL_VECTOR
	popl	%ecx
	popl	%ebx
	popl	%eax
	FRAME_END
	RET
SYM_FUNC_END(xen_irq_enable_direct)

/* Where a page fault happened, once vcpu_info lies in the per-CPU area ... */
SYM_FUNC_START(xen_read_cr2_direct)
	movl	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_arch_cr2), %eax
	RET
SYM_FUNC_END(xen_read_cr2_direct)

/* ... and while it may lie elsewhere. */
SYM_FUNC_START(xen_read_cr2)
	movl	PER_CPU_VAR(xen_vcpu), %eax
	movl	XEN_vcpu_info_arch_cr2(%eax), %eax
	RET
SYM_FUNC_END(xen_read_cr2)

	.popsection

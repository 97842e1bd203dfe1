/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where Xen enters the kernel, and the way back.
 *
 * Xen delivers everything - traps, events, system calls - by the same frame,
 * on the kernel stack that load_sp0() told it of.  It is the hardware's frame
 * with rcx and r11 pushed below, because Xen's own way in and out overwrites
 * these two:
 *
 *	rsp + 48  ss
 *	rsp + 40  stack pointer
 *	rsp + 32  rflags	IF: events were not masked
 *	rsp + 24  cs		bits 0-1 are 0 from kernel mode, 3 from user
 *	rsp + 16  rip
 *	rsp +  8  r11
 *	rsp	  rcx
 *
 * Traps that push an error code have it between r11 and rip, and the rest 8
 * bytes further up.  A stub pops rcx and r11, which leaves just what hardware
 * would have pushed, and goes on to the code that serves hardware.
 *
 * Flags: the kernel is in ring 3 and inherits what user mode had set.  Xen
 * clears TF, NT, RF and AC as it builds the frame.  DF is cleared here, first
 * thing, in every stub: string instructions must not run backwards.
 *
 * The vCPU's event mask plays the interrupt flag.  It is one byte of
 * vcpu_info, 0 for "enabled".
 */
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/objtool.h>

#include <asm/asm-offsets.h>
#include <asm/asm.h>
#include <asm/errno.h>
#include <asm/frame.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/thread_info.h>
#include <asm/trapnr.h>
#include <asm/unwind_hints.h>

#include <xen/interface/xen.h>

#include <../entry/calling.h>

#include "entry.h"

#define EVENT_MASK	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_mask)
#define EVENT_PENDING	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_pending)

/* Offsets into what is left of the frame once rcx and r11 are popped */
#define FRAME_RIP	0
#define FRAME_CS	8
#define FRAME_FLAGS	16
#define FRAME_RSP	24
#define FRAME_SS	32

/* Offset of rip into what Xen pushes for the failsafe callback; drawn below */
#define FAILSAFE_RIP	48

/* Not 0: the way back is Xen's.  Xen pushes cs with zeroes in bits 40 to 63. */
#define FRAME_BY_XEN	(FRAME_CS + 5)

	.pushsection .noinstr.text, "ax"

/* The start of every stub */
.macro PV_ENTER
	UNWIND_HINT_ENTRY
	ENDBR
	cld
.endm

.macro PV_POP_RCX_R11
	popq	%rcx
	popq	%r11
.endm

/*
 * Between an exception and the kernel's entry for it Xen may run another vCPU.  As
 * this one comes back, a selector may not load any more, which user mode can bring
 * about: then Xen pushes the frame of the failsafe callback, and the exception's
 * upon it.  That has happened to whoever the first frame tells of, and is served as
 * theirs, wherever that is.  Selectors that do not load are 0 already, and there is
 * no more that the callback would do.  Until it has entered the kernel Xen may do so
 * again, with another selector, and push one such frame upon the other.
 *
 * On the stack, \error (0 or 8) bytes of error code first:
 *
 *	rsp + 32  ss
 *	rsp + 24  stack pointer: the failsafe callback's frame, of which is left what
 *		  begins at FAILSAFE_RIP
 *	rsp + 16  rflags
 *	rsp +  8  cs
 *	rsp	  rip of the callback's first instruction
 *
 * An NMI may come at any time, so nothing is kept below rsp: rax and the error code
 * take the place of selectors, next to what stays.
 */
.macro PV_LEAVE_FAILSAFE error
.Llook\@:
	cmpq	$xen_pv_failsafe, \error + FRAME_RIP(%rsp)
	je	.Lleave_failsafe\@
	cmpq	$xen_pv_masking_failsafe, \error + FRAME_RIP(%rsp)
	jne	.Lother_code\@
.Lleave_failsafe\@:
	pushq	%rax
	movq	8 + \error + FRAME_RSP(%rsp), %rax
	.if	\error
	pushq	8(%rsp)
	popq	FAILSAFE_RIP - \error(%rax)
	.endif
	popq	FAILSAFE_RIP - \error - 8(%rax)
	leaq	FAILSAFE_RIP - \error - 8(%rax), %rsp
	popq	%rax
	testb	$3, \error + FRAME_CS(%rsp)
	jz	.Llook\@
.Lother_code\@:
.endm

/*
 * Exceptions.  On the stack: the frame at the top of this file.
 */
.macro pv_exception_stub handler, error
SYM_CODE_START(xen_asm_\handler)
	PV_ENTER
	PV_POP_RCX_R11
	testb	$3, \error + FRAME_CS(%rsp)
	jz	.Lfrom_kernel\@
.Lserve\@:
	jmp	asm_\handler
.Lfrom_kernel\@:
	PV_LEAVE_FAILSAFE \error
	jmp	.Lserve\@
SYM_CODE_END(xen_asm_\handler)
	_ASM_NOKPROBE(xen_asm_\handler)
.endm

/*
 * What no instruction causes, and may come at any: it goes back to there.  NMI and
 * #MC are to go back by Xen, which keeps further ones off until then.
 */
.macro pv_interrupt_stub handler, by_xen=1
SYM_CODE_START(xen_asm_\handler)
	PV_ENTER
	PV_POP_RCX_R11
	.if	\by_xen
	movb	$1, FRAME_BY_XEN(%rsp)
	.endif
	jmp	asm_\handler
SYM_CODE_END(xen_asm_\handler)
	_ASM_NOKPROBE(xen_asm_\handler)
.endm

.macro pv_trap_stub handler, error
	.ifc	\handler, xenpv_exc_nmi
	pv_interrupt_stub \handler
	.else
	.ifc	\handler, xenpv_exc_machine_check
	pv_interrupt_stub \handler
	.else
	pv_exception_stub \handler, 8*\error
	.endif
	.endif
.endm

#define TRAP(handler, pv_handler, ist, error) pv_trap_stub pv_handler, error;
#include "trap_stubs.h"
#undef TRAP

/*
 * The upcall.  Xen has masked events.
 */
pv_interrupt_stub exc_xen_hypervisor_callback, by_xen=0

/*
 * System calls.  On the stack: the frame at the top of this file, from user mode.
 * Which selectors user mode had, the instruction does not say: Xen makes some up.
 * Linux's own are put in, as its hardware entry does.
 *
 * Where a CPU delivers events by FRED, Xen pushes this frame as it does an
 * exception's, and so perhaps upon that of the failsafe callback.
 *
 * Xen has masked events: callback_op and the context of a vCPU ask it to.
 */
.macro pv_syscall_stub name, cs, next
SYM_CODE_START(\name)
	PV_ENTER
SYM_INNER_LABEL(\name\()_masked, SYM_L_LOCAL)
	PV_POP_RCX_R11
	testb	$3, FRAME_CS(%rsp)
	jz	.Lfrom_kernel\@
.Lserve\@:
	movq	$\cs, FRAME_CS(%rsp)
	movq	$__USER_DS, FRAME_SS(%rsp)
	jmp	\next
.Lfrom_kernel\@:
	PV_LEAVE_FAILSAFE 0
	jmp	.Lserve\@
SYM_CODE_END(\name)
	_ASM_NOKPROBE(\name)
.endm

pv_syscall_stub xen_entry_SYSCALL_64, __USER_CS, entry_SYSCALL_64_after_hwframe
#ifdef CONFIG_IA32_EMULATION
pv_syscall_stub xen_entry_SYSCALL_compat, __USER32_CS, entry_SYSCALL_compat_after_hwframe
pv_syscall_stub xen_entry_SYSENTER_compat, __USER32_CS, entry_SYSENTER_compat_after_hwframe
#endif

/*
 * A 32-bit system call where there are none: straight back with -ENOSYS.
 */
SYM_CODE_START(xen_pv_no_compat_syscall)
	PV_ENTER
SYM_INNER_LABEL(xen_pv_no_compat_syscall_masked, SYM_L_LOCAL)
	PV_POP_RCX_R11
	movq	$-ENOSYS, %rax
	jmp	xen_iret
SYM_CODE_END(xen_pv_no_compat_syscall)
	_ASM_NOKPROBE(xen_pv_no_compat_syscall)

/*
 * Xen could not load a segment register on the way back to user mode, or the
 * frame that it was to return to.  It has put zero into what it could not
 * load, and pushed what was there:
 *
 *	rsp + 80  ss
 *	rsp + 72  stack pointer
 *	rsp + 64  rflags
 *	rsp + 56  cs
 *	rsp + 48  rip
 *	rsp + 40  gs
 *	rsp + 32  fs
 *	rsp + 24  es
 *	rsp + 16  ds
 *	rsp +  8  r11
 *	rsp	  rcx
 *
 * Core x86 tells the two cases apart, and wants all of it in place.
 */
SYM_CODE_START(xen_pv_failsafe)
	PV_ENTER
SYM_INNER_LABEL(xen_pv_failsafe_masked, SYM_L_LOCAL)
	jmp	xen_failsafe_callback
SYM_CODE_END(xen_pv_failsafe)
	_ASM_NOKPROBE(xen_pv_failsafe)

/*
 * The same for set_callbacks, which cannot ask for events to be masked: these
 * start with events as user mode had them, and mask them first.
 */
.macro pv_masking_stub name, entry
SYM_CODE_START(\name)
	PV_ENTER
	movb	$1, EVENT_MASK
	jmp	\entry\()_masked
SYM_CODE_END(\name)
	_ASM_NOKPROBE(\name)
.endm

.Lmasking_stubs:
pv_masking_stub xen_pv_masking_syscall, xen_entry_SYSCALL_64
#ifdef CONFIG_IA32_EMULATION
pv_masking_stub xen_pv_masking_syscall32, xen_entry_SYSCALL_compat
#endif
pv_masking_stub xen_pv_masking_no_compat_syscall, xen_pv_no_compat_syscall
pv_masking_stub xen_pv_masking_failsafe, xen_pv_failsafe
.Lmasking_stubs_end:

/*
 * The upcall where set_callbacks has registered the stubs above.  One that
 * interrupts them before they have masked events returns with events masked;
 * the pending flag stays set, and the code that unmasks events checks it.
 *
 * That is for the kernel's own rip only.  User mode may have any value in rip,
 * an address of these stubs included, and would run on with events masked: it
 * has nothing that unmasks them.
 */
SYM_CODE_START(xen_pv_legacy_upcall)
	PV_ENTER
	PV_POP_RCX_R11
	testb	$3, FRAME_CS(%rsp)
	jnz	.Lupcall
	cmpq	$.Lmasking_stubs, FRAME_RIP(%rsp)
	jb	.Lupcall
	cmpq	$.Lmasking_stubs_end, FRAME_RIP(%rsp)
	jae	.Lupcall
	andl	$~X86_EFLAGS_IF, FRAME_FLAGS(%rsp)
	jmp	xen_iret
.Lupcall:
	jmp	asm_exc_xen_hypervisor_callback
SYM_CODE_END(xen_pv_legacy_upcall)
	_ASM_NOKPROBE(xen_pv_legacy_upcall)

/*
 * The way back, into user mode or kernel mode.  On the stack is what hardware
 * would have pushed:
 *
 *	rsp + 32  ss
 *	rsp + 24  stack pointer
 *	rsp + 16  rflags	IF: unmask events
 *	rsp +  8  cs
 *	rsp	  rip
 *
 * Into kernel mode nothing but the event mask tells iretq from Xen's iret: both
 * modes are ring 3, which the selectors have to say.  After the mask is cleared an
 * upcall may come at any instruction, on top of this frame.  Its own way back to
 * there goes by Xen, which unmasks and leaves in one: no second one gets on top of
 * it.  So do ways back into the stubs above that mask events themselves, for which
 * xen_pv_legacy_upcall looks at the address, and NMI and #MC, of whose end Xen has
 * to hear.
 */
SYM_CODE_START(xen_iret)
	UNWIND_HINT_IRET_REGS
	ANNOTATE_NOENDBR
	testb	$3, FRAME_CS(%rsp)
	jnz	.Lby_hypercall
	cmpb	$0, FRAME_BY_XEN(%rsp)
	jne	.Lby_hypercall
	testl	$X86_EFLAGS_IF, FRAME_FLAGS(%rsp)
	jz	.Lstay_masked
	cmpq	$.Lmasking_stubs, FRAME_RIP(%rsp)
	jb	.Lunmask
	cmpq	$.Lunmasked_end, FRAME_RIP(%rsp)
	jb	.Lby_hypercall
.Lunmask:
	movb	$0, EVENT_MASK
	cmpb	$0, EVENT_PENDING
	jne	.Lpending_on_return
.Lstay_masked:
	/* The frame looks like user mode's, which is no end of a reliable trace. */
	UNWIND_HINT_UNDEFINED
	orb	$3, FRAME_CS(%rsp)
	orb	$3, FRAME_SS(%rsp)
	iretq
.Lpending_on_return:
	UNWIND_HINT_IRET_REGS
	movb	$1, EVENT_MASK
.Lunmasked_end:
	ANNOTATE_NOENDBR
	/*
	 * By Xen: a hypercall that takes its arguments from the stack.  Below
	 * what is there:
	 *
	 *	rsp + 24  VGCF_* flags	0: return by iret, all registers as given
	 *	rsp + 16  rcx
	 *	rsp +  8  r11
	 *	rsp	  rax
	 */
.Lby_hypercall:
	UNWIND_HINT_UNDEFINED
	.irp	word, $0, %rcx, %r11, %rax
	push	\word
	.endr
	movl	$__HYPERVISOR_iret, %eax
	syscall
	/* not reached: Xen crashes a domain whose frame it cannot read */
	int3
SYM_CODE_END(xen_iret)

/*
 * Core x86 comes here instead of its own return to user mode, with pt_regs on
 * the stack.  This is the stack that Xen enters on; there is no trampoline to
 * move to, and nothing may be read below rsp once the registers are popped.
 */
SYM_CODE_START(xenpv_restore_regs_and_return_to_usermode)
	UNWIND_HINT_REGS
#ifdef CONFIG_DEBUG_ENTRY
	testl	$X86_EFLAGS_IF, EFLAGS(%rsp)
	jnz	.Lexit_unmasked
	movq	%rsp, %rdi
	VALIDATE_UNRET_END			/* untrained on entry */
	call	xen_pv_masked_exit
.Lexit_unmasked:
#endif
	POP_REGS
	STACKLEAK_ERASE_NOCLOBBER
	leaq	8(%rsp), %rsp			/* orig_ax */
	jmp	xen_iret
SYM_CODE_END(xenpv_restore_regs_and_return_to_usermode)

/*
 * The interrupt flag.  Called by compiled code that expects every register
 * but rax to be preserved, flags excepted.
 *
 * save_fl: X86_EFLAGS_IF where the mask is 0, nothing else.
 */
SYM_FUNC_START(xen_save_fl_direct)
	ENDBR
	cmpb	$1, EVENT_MASK			/* carry: it is 0 */
	sbbl	%eax, %eax
	andl	$X86_EFLAGS_IF, %eax
	RET
SYM_FUNC_END(xen_save_fl_direct)

SYM_FUNC_START(xen_irq_disable_direct)
	ENDBR
	movb	$1, EVENT_MASK
	RET
SYM_FUNC_END(xen_irq_disable_direct)

/*
 * Unmask, then look.  Xen delivers what arrives after the mask is cleared; for
 * what arrived before, any hypercall will do, since Xen looks at the way out
 * of each.  In this order nothing falls in between.  Should the task move to
 * another CPU between the two, the switch has looked already, and a needless
 * hypercall does no harm.
 */
SYM_FUNC_START(xen_irq_enable_direct)
	ENDBR
	movb	$0, EVENT_MASK
	cmpb	$0, EVENT_PENDING
	jne	.Lpending
	RET

/*
 *	rsp + 32  rax
 *	rsp + 24  rcx		overwritten by the hypercall, as is r11
 *	rsp + 16  rsi
 *	rsp +  8  rdi
 *	rsp	  r11
 */
.Lpending:
	FRAME_BEGIN
	.irp	reg, %rax, %rcx, %rsi, %rdi, %r11
	push	\reg
	.endr
	xorl	%edi, %edi			/* XENVER_version */
	xorl	%esi, %esi
	movl	$__HYPERVISOR_xen_version, %eax
	UNWIND_HINT_SAVE
	syscall
	UNWIND_HINT_RESTORE
	.irp	reg, %r11, %rdi, %rsi, %rcx, %rax
	pop	\reg
	.endr
	FRAME_END
	RET
SYM_FUNC_END(xen_irq_enable_direct)

/* Where a page fault happened, once vcpu_info lies in the per-CPU area ... */
SYM_FUNC_START(xen_read_cr2_direct)
	ENDBR
	movq	PER_CPU_VAR(xen_vcpu_info + XEN_vcpu_info_arch_cr2), %rax
	RET
SYM_FUNC_END(xen_read_cr2_direct)

/* ... and while it may lie elsewhere. */
SYM_FUNC_START(xen_read_cr2)
	ENDBR
	movq	PER_CPU_VAR(xen_vcpu), %rax
	movq	XEN_vcpu_info_arch_cr2(%rax), %rax
	RET
SYM_FUNC_END(xen_read_cr2)

	.popsection

/*
 * Traps during early boot, one stub a vector.  Linux changes these gates one
 * by one as it comes up; so that each change counts at once without a
 * hypercall, the stubs take their target from memory.  See idt.c.
 */
	__INIT
	.balign	XEN_PV_EARLY_STUB_SIZE
SYM_CODE_START(xen_pv_early_stubs)
	vector = 0
	.rept	NUM_EXCEPTION_VECTORS
	UNWIND_HINT_UNDEFINED
	ENDBR
	cld
	PV_POP_RCX_R11
	ANNOTATE_RETPOLINE_SAFE
	jmp	*(xen_pv_early_handlers + 8 * vector)(%rip)
	.balign	XEN_PV_EARLY_STUB_SIZE, 0xcc
	vector = vector + 1
	.endr
SYM_CODE_END(xen_pv_early_stubs)
	__FINIT

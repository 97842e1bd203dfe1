/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways into the 64-bit guest, and the way to user mode.
 *
 * What Xen leaves on the stack, from rsp upwards:
 *
 *	trap, syscall, event	failsafe
 *	rcx			rcx
 *	r11			r11
 *	[error code]		ds, es, fs, gs
 *	rip			rip
 *	cs, saved mask at +4	cs, saved mask at +4
 *	rflags			rflags
 *	rsp			rsp
 *	ss			ss
 *
 * Each stub makes a struct regs of it (guest.h), with the lowest field last.
 */
#define __ASSEMBLY__
#include <xen/xen.h>

#include "layout.h"

#define HAS_ERROR_CODE	0x27d00		/* vectors 8, 10 to 14, 17 */

	.text

	.macro	stub entry:req
	pop	%rcx
	pop	%r11
	push	$-1
	push	$\entry
	jmp	entered
	.endm

	.globl	trap_stubs
	.balign	STUB_SIZE
trap_stubs:
	vector = 0
	.rept	256
	.balign	STUB_SIZE
	has_error_code = 0
	.if	vector < 32
	has_error_code = (HAS_ERROR_CODE >> vector) & 1
	.endif
	.if	has_error_code
	pop	%rcx
	pop	%r11
	push	$vector
	jmp	entered
	.else
	stub	vector
	.endif
	vector = vector + 1
	.endr

	.globl	syscall_entry, syscall32_entry, sysenter_entry, nmi_entry
syscall_entry:
	stub	ENTRY_SYSCALL
syscall32_entry:
	stub	ENTRY_SYSCALL32
sysenter_entry:
	stub	ENTRY_SYSENTER
nmi_entry:
	stub	ENTRY_NMI

	.globl	failsafe_entry
failsafe_entry:
	pop	%rcx
	pop	%r11
	pop	failsafe_segments
	pop	failsafe_segments + 8
	pop	failsafe_segments + 16
	pop	failsafe_segments + 24
	push	$-1
	push	$ENTRY_FAILSAFE
	jmp	entered

	.macro	save
	pushf
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%cs, %eax
	push	%rax
	mov	%rsp, %rdi
	cld
	.endm

/* Nobody comes back from here but by a jump, see jump_back. */
entered:
	save
	call	trap_entered
	ud2

	.globl	event_entry, event_entry_2
event_entry:
	pop	%rcx
	pop	%r11
	push	$-1
	push	$ENTRY_EVENT
	jmp	event_entered
event_entry_2:
	pop	%rcx
	pop	%r11
	push	$-1
	push	$ENTRY_EVENT_2

/*
 * Events interrupt, and go back.  What hypercall iret takes, from rsp up:
 * rax, r11, rcx, flags (0), then the hardware's frame.
 */
event_entered:
	save
	call	event_entered_c
	pop	%rax
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$3 * 8, %rsp		/* entry's flags, number, error code */
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

/* bool try_call(unsigned long *sp, void (*fn)(unsigned long), unsigned long arg) */
	.globl	try_call
try_call:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rax
	mov	%rdx, %rdi
	call	*%rax
	xor	%eax, %eax
	jmp	1f

/* void jump_back(unsigned long sp): try_call returns true. */
	.globl	jump_back
jump_back:
	mov	%rdi, %rsp
	mov	$1, %eax
1:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* void enter_user(const struct user_start *start): ip, cs, flags, sp, ss, arg */
	.globl	enter_user
enter_user:
	push	4 * 8(%rdi)
	push	3 * 8(%rdi)
	push	2 * 8(%rdi)
	push	1 * 8(%rdi)
	push	0 * 8(%rdi)
	push	$0			/* not by sysret */
	push	$MARK_CX
	push	$MARK_R11
	push	$0
	mov	5 * 8(%rdi), %rdi
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

/*
 * void end_nmi(void): Xen holds the next NMI back until the last one has been
 * returned from, by hypercall iret.
 */
	.globl	end_nmi
end_nmi:
	mov	%rsp, %rcx
	push	$FLAT_RING3_SS32
	push	%rcx
	push	$2			/* flags: events stay masked */
	push	$FLAT_RING3_CS64 & ~3	/* into the kernel */
	push	$1f
	push	$0
	push	%rcx
	push	%r11
	push	$0
	mov	$__HYPERVISOR_iret, %eax
	syscall
1:	ret

	.section .note.GNU-stack, "", @progbits

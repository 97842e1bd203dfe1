/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways into the 32-bit guest, and the way to user mode.
 *
 * What Xen leaves on the stack, from esp upwards:
 *
 *	trap, event		failsafe
 *	[error code]		ds, es, fs, gs
 *	eip			eip
 *	cs, saved mask at +2	cs, saved mask at +2
 *	eflags			eflags
 *	[esp, ss]		[esp, ss]	only from user mode
 *
 * Each stub makes a struct regs of it (guest.h), with the lowest field last.
 */
#define __ASSEMBLY__
#include <xen/xen.h>

#include "layout.h"

#define HAS_ERROR_CODE	0x27d00		/* vectors 8, 10 to 14, 17 */

	.text

	.macro	stub entry:req
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
	push	$vector
	jmp	entered
	.else
	stub	vector
	.endif
	vector = vector + 1
	.endr

	.globl	syscall32_entry, sysenter_entry, nmi_entry
syscall32_entry:
	stub	ENTRY_SYSCALL32
sysenter_entry:
	stub	ENTRY_SYSENTER
nmi_entry:
	stub	ENTRY_NMI

	.globl	failsafe_entry
failsafe_entry:
	pop	%ss:failsafe_segments
	pop	%ss:failsafe_segments + 4
	pop	%ss:failsafe_segments + 8
	pop	%ss:failsafe_segments + 12
	push	$-1
	push	$ENTRY_FAILSAFE
	jmp	entered

	.macro	save
	pushf
	push	%eax
	push	%ecx
	push	%edx
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	%cs, %eax
	push	%eax
	mov	$0xe033, %eax		/* whatever user mode had */
	mov	%eax, %ds
	mov	%eax, %es
	mov	%esp, %eax
	cld
	.endm

/* Nobody comes back from here but by a jump, see jump_back. */
entered:
	save
	call	trap_entered
	ud2

	.globl	event_entry, event_entry_2
event_entry:
	push	$-1
	push	$ENTRY_EVENT
	jmp	event_entered
event_entry_2:
	push	$-1
	push	$ENTRY_EVENT_2

/* Events interrupt, and go back.  Hypercall iret finds eax above the frame. */
event_entered:
	save
	call	event_entered_c
	pop	%eax
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
	pop	%edx
	pop	%ecx
	pop	%eax
	add	$3 * 4, %esp		/* entry's flags, number, error code */
	push	%eax
	mov	$__HYPERVISOR_iret, %eax
	int	$0x82
	ud2

/* bool try_call(unsigned long *sp, void (*fn)(unsigned long), unsigned long arg) */
	.globl	try_call
try_call:
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	%esp, (%eax)
	mov	%ecx, %eax
	mov	%ecx, %edi
	call	*%edx
	xor	%eax, %eax
	jmp	1f

/* void jump_back(unsigned long sp): try_call returns true. */
	.globl	jump_back
jump_back:
	mov	%eax, %esp
	mov	$1, %eax
1:	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
	ret

/* void enter_user(const struct user_start *start): ip, cs, flags, sp, ss, arg */
	.globl	enter_user
enter_user:
	push	4 * 4(%eax)
	push	3 * 4(%eax)
	push	2 * 4(%eax)
	push	1 * 4(%eax)
	push	0 * 4(%eax)
	push	$0
	mov	5 * 4(%eax), %edi
	mov	$MARK_CX, %ecx
	mov	$__HYPERVISOR_iret, %eax
	int	$0x82
	ud2

/*
 * void end_nmi(void): Xen holds the next NMI back until the last one has been
 * returned from, by hypercall iret.
 */
	.globl	end_nmi
end_nmi:
	push	$2			/* flags: events stay masked */
	push	$FLAT_RING1_CS
	push	$1f
	push	$0
	mov	$__HYPERVISOR_iret, %eax
	int	$0x82
1:	ret

	.section .note.GNU-stack, "", @progbits

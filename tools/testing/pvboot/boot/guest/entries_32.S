/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways into the kernel from a 32-bit program.
 *
 * void entry_NAME(struct entry_call *call)
 *
 * The stack while the kernel is entered:
 *
 *	call
 *	return address
 *	ebx ebp esi edi			saved for the caller
 *	return address			entry_vdso and the fast entries only
 *	ecx edx				the fast entries only
 * esp->ebp				the sixth argument, for the kernel
 *
 * A fast entry returns to the vDSO, whatever code it came from: there are
 * ebp, edx and ecx popped, and then the return address.
 */
#include "flags.h"

#define W(n)	(4 * (n))

	.text

.macro save_registers
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	20(%esp), %edi
.endm

.macro load_arguments
	pushf
	mov	W(CALL_FLAGS)(%edi), %eax
	or	%eax, (%esp)
	mov	W(CALL_NR)(%edi), %eax
	mov	W(CALL_ARG(0))(%edi), %ebx
	mov	W(CALL_ARG(1))(%edi), %ecx
	mov	W(CALL_ARG(2))(%edi), %edx
	mov	W(CALL_ARG(3))(%edi), %esi
	mov	W(CALL_ARG(5))(%edi), %ebp
	mov	W(CALL_ARG(4))(%edi), %edi
.endm

/* Notes the flags, then has none that could do harm, and returns. */
.macro leave_entry
	pushf
	mov	(%esp), %ebx
	andl	$~FLAGS_ROGUE, (%esp)
	popf
	mov	20(%esp), %edi
	mov	%eax, W(CALL_RESULT)(%edi)
	mov	%ebx, W(CALL_FLAGS_AFTER)(%edi)
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
	ret
.endm

	.globl	entry_int80, entry_int80_after
entry_int80:
	save_registers
	load_arguments
	popf
	int	$0x80
entry_int80_after:
	leave_entry

	.globl	entry_vdso
entry_vdso:
	save_registers
	load_arguments
	popf
	call	*vdso_entry
	leave_entry

/*
 * The flags lie where the stack of the fast entries will grow: take them off
 * before, put them back below.
 */
.macro push_frame
	pop	fast_flags
	push	$1f
	push	%ecx
	push	%edx
	push	%ebp
.endm

	.globl	entry_syscall32, entry_syscall32_at
entry_syscall32:
	save_registers
	load_arguments
	push_frame
	mov	%ecx, %ebp
	push	fast_flags
	popf
entry_syscall32_at:
	syscall
	ud2
1:	leave_entry

	.globl	entry_sysenter, entry_sysenter_at
entry_sysenter:
	save_registers
	load_arguments
	push_frame
	mov	%esp, %ebp
	push	fast_flags
	popf
entry_sysenter_at:
	sysenter
	ud2
1:	leave_entry

	.bss
	.balign 4
fast_flags:
	.long	0

	.section .note.GNU-stack, "", @progbits

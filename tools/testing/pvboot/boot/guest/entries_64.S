/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways into the kernel from a 64-bit program.  The program is linked
 * below 4 GiB, so that 32-bit code reaches all that stands here.
 *
 * void entry_NAME(struct entry_call *call)
 *
 * The stack while the kernel is entered, but for entry_*_compat:
 *
 *	rbx rbp r12 r13 r14 r15		saved for the caller
 * rsp->call
 */
#include "flags.h"

#define W(n)	(8 * (n))

	.text

.macro save_registers
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro restore_registers
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
.endm

/* Leaves the flags to be set on top of the stack. */
.macro push_flags call
	pushf
	mov	W(CALL_FLAGS)(\call), %rax
	or	%rax, (%rsp)
.endm

/* Notes the flags in rbx, then has none that could do harm. */
.macro take_flags
	pushf
	mov	(%rsp), %rbx
	andq	$~FLAGS_ROGUE, (%rsp)
	popf
.endm

.macro load_i386_arguments call
	mov	W(CALL_NR)(\call), %rax
	mov	W(CALL_ARG(0))(\call), %rbx
	mov	W(CALL_ARG(1))(\call), %rcx
	mov	W(CALL_ARG(2))(\call), %rdx
	mov	W(CALL_ARG(3))(\call), %rsi
	mov	W(CALL_ARG(5))(\call), %rbp
	mov	W(CALL_ARG(4))(\call), %rdi
.endm

	.globl	entry_syscall, entry_syscall_after
entry_syscall:
	save_registers
	push	%rdi
	push_flags %rdi
	mov	W(CALL_NR)(%rdi), %rax
	mov	W(CALL_ARG(1))(%rdi), %rsi
	mov	W(CALL_ARG(2))(%rdi), %rdx
	mov	W(CALL_ARG(3))(%rdi), %r10
	mov	W(CALL_ARG(4))(%rdi), %r8
	mov	W(CALL_ARG(5))(%rdi), %r9
	mov	W(CALL_ARG(0))(%rdi), %rdi
	popf
	syscall
entry_syscall_after:
	take_flags
	pop	%rdi
	mov	%rax, W(CALL_RESULT)(%rdi)
	mov	%rbx, W(CALL_FLAGS_AFTER)(%rdi)
	restore_registers
	ret

	.globl	entry_int80, entry_int80_after
entry_int80:
	save_registers
	push	%rdi
	push_flags %rdi
	load_i386_arguments %rdi
	popf
	int	$0x80
entry_int80_after:
	take_flags
	pop	%rdi
	mov	%rax, W(CALL_RESULT)(%rdi)
	mov	%rbx, W(CALL_FLAGS_AFTER)(%rdi)
	restore_registers
	ret

/* Through the 32-bit code segment, on a stack that esp can hold. */
.macro compat_entry name, instruction:vararg
	.globl	\name, \name\()_after
\name:
	save_registers
	push	%rdi
	mov	%rsp, wide_rsp
	push_flags %rdi
	pop	%r12
	load_i386_arguments %rdi
	mov	$low_stack_top - 4, %esp
	mov	%r12d, (%rsp)
	push	$USER32_CS
	push	$1f
	lretq
	.code32
1:	popf
	\instruction
\name\()_after:
	pushf
	movl	(%esp), %ebx
	andl	$~FLAGS_ROGUE, (%esp)
	popf
	ljmp	$USER64_CS, $2f
	.code64
2:	mov	wide_rsp, %rsp
	pop	%rdi
	movslq	%eax, %rax
	mov	%ebx, %ebx
	mov	%rax, W(CALL_RESULT)(%rdi)
	mov	%rbx, W(CALL_FLAGS_AFTER)(%rdi)
	restore_registers
	ret
.endm

compat_entry entry_int80_compat, int $0x80
compat_entry entry_syscall_compat, syscall
compat_entry entry_sysenter_compat, sysenter

	.bss
	.balign 64
wide_rsp:
	.quad	0
	.balign 64
	.skip	65536
low_stack_top:
	.skip	64

	.section .note.GNU-stack, "", @progbits

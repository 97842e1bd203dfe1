/* SPDX-License-Identifier: GPL-2.0 */
#ifdef __x86_64__
/*
 * void syscall_regs(unsigned long out[15])
 *
 * Fill the registers that a system call must keep with multiples of a
 * pattern, call getpid, and store what they hold then: those twelve, rcx,
 * r11, and the flags that the call was made with.
 */
#define GETPID	39

	.text
	.globl	syscall_regs, syscall_regs_after
syscall_regs:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	i = 1
	.irp	reg, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r12, r13, r14, r15
	movabs	$0x1111111111111111 * i, %\reg
	i = i + 1
	.endr
	mov	$GETPID, %eax
	pushf
	syscall
syscall_regs_after:
	pop	%rax
	xchg	%rdi, (%rsp)
	mov	%rbx, 0(%rdi)
	mov	%rdx, 8(%rdi)
	mov	%rsi, 16(%rdi)
	mov	%rbp, 32(%rdi)
	mov	%r8, 40(%rdi)
	mov	%r9, 48(%rdi)
	mov	%r10, 56(%rdi)
	mov	%r12, 64(%rdi)
	mov	%r13, 72(%rdi)
	mov	%r14, 80(%rdi)
	mov	%r15, 88(%rdi)
	mov	%rcx, 96(%rdi)
	mov	%r11, 104(%rdi)
	mov	%rax, 112(%rdi)
	pop	%rax
	mov	%rax, 24(%rdi)
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
#endif

	.section .note.GNU-stack, "", @progbits

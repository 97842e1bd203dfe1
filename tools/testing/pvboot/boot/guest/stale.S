/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unsigned int stale_SEGMENT(unsigned int selector, unsigned int tries,
 *			      volatile unsigned int *loaded)
 *
 * Load a selector, say so through loaded, then sleep and look at the
 * register until it is null or the tries are used up.  What it holds then is
 * the result; the register gets its old value back.  Nothing in between
 * needs the register: no data is reached through it, and sleeping is a system
 * call, made here, since C may keep its thread pointer there (in 64-bit code
 * that is a base which goes with the selector, and so is saved too).
 */
#ifdef __x86_64__
#define NANOSLEEP	35
#define ARCH_PRCTL	158
#define ARCH_SET_FS	0x1002
#define ARCH_GET_FS	0x1003
#else
#define NANOSLEEP	162
#endif

	.text

#ifdef __x86_64__
.macro define_stale segment
	.globl	stale_\segment
stale_\segment:
	push	%rbx
	push	%rbp
	push	%r12
	push	%rdx
	push	%rdi
	push	%rsi
	mov	$ARCH_PRCTL, %eax
	mov	$ARCH_GET_FS, %edi
	lea	fs_base, %rsi
	syscall
	pop	%rsi
	pop	%rdi
	pop	%rdx
	mov	%\segment, %r12d
	mov	%esi, %ebp
	mov	%edi, %\segment
	movl	$1, (%rdx)
1:	lea	nap, %rdi
	xor	%esi, %esi
	mov	$NANOSLEEP, %eax
	syscall
	mov	%\segment, %ebx
	test	%ebx, %ebx
	jz	2f
	dec	%ebp
	jnz	1b
2:	mov	%r12d, %\segment
	mov	$ARCH_PRCTL, %eax
	mov	$ARCH_SET_FS, %edi
	mov	fs_base, %rsi
	syscall
	mov	%ebx, %eax
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
.endm
#else
/* Only ss is sure to be right: the variables are reached through it. */
.macro define_stale segment
	.globl	stale_\segment
stale_\segment:
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	20(%esp), %edx
	mov	24(%esp), %ebp
	mov	28(%esp), %ecx
	mov	%\segment, %esi
	mov	%edx, %\segment
	movl	$1, %ss:(%ecx)
1:	mov	$nap, %ebx
	xor	%ecx, %ecx
	mov	$NANOSLEEP, %eax
	int	$0x80
	mov	%\segment, %edi
	test	%edi, %edi
	jz	2f
	dec	%ebp
	jnz	1b
2:	mov	%esi, %\segment
	mov	%edi, %eax
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
	ret
.endm
#endif

	define_stale ds
	define_stale es
	define_stale fs
	define_stale gs

/*
 * unsigned int spin_SEGMENT(unsigned int selector, unsigned int tries,
 *			     volatile unsigned int *loaded)
 *
 * The same without a system call: the register is looked at while other
 * tasks and interrupts come and go.
 */
#ifdef __x86_64__
.macro define_spin segment
	.globl	spin_\segment
spin_\segment:
	mov	%\segment, %r8d
	mov	%edi, %\segment
	movl	$1, (%rdx)
1:	pause
	mov	%\segment, %eax
	test	%eax, %eax
	jz	2f
	dec	%esi
	jnz	1b
2:	mov	%r8d, %\segment
	ret
.endm
#else
.macro define_spin segment
	.globl	spin_\segment
spin_\segment:
	push	%esi
	mov	8(%esp), %edx
	mov	12(%esp), %ecx
	mov	16(%esp), %eax
	mov	%\segment, %esi
	mov	%edx, %\segment
	movl	$1, %ss:(%eax)
1:	pause
	mov	%\segment, %eax
	test	%eax, %eax
	jz	2f
	dec	%ecx
	jnz	1b
2:	mov	%esi, %\segment
	pop	%esi
	ret
.endm
#endif

	define_spin ds
	define_spin es

/*
 * void stale_ss(unsigned int selector, volatile unsigned int *loaded)
 *
 * Runs on the stack segment until the entry is gone: a signal ends it.
 */
	.globl	stale_ss
stale_ss:
#ifdef __x86_64__
	mov	%edi, %ss
	movl	$1, (%rsi)
1:	pause
	jmp	1b
#else
	mov	4(%esp), %eax
	mov	8(%esp), %edx
	mov	%eax, %ss
	movl	$1, (%edx)
1:	pause
	jmp	1b
#endif

	.data
	.balign 8
nap:
#ifdef __x86_64__
	.quad	0, 200000
fs_base:
	.quad	0
#else
	.long	0, 200000
#endif

	.section .note.GNU-stack, "", @progbits

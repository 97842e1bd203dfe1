/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unsigned int stale_SEGMENT(unsigned int selector, unsigned int tries,
 *			      volatile unsigned int *loaded)
 *
 * Load a selector, say so through loaded, then look at the register until it
 * is null: first while running, stale_spins times, then, with stale_spins 0,
 * between sleeps, until the tries are used up.  What it holds then is the
 * result; the register gets its old value back.  Nothing in between needs the
 * register: no data is reached through it, and sleeping is a system call, made
 * here, since C may keep its thread pointer there (in 64-bit code that is a base
 * which goes with the selector, and so is saved too).
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
	mov	stale_spins, %r8d
0:	mov	%\segment, %ebx
	test	%ebx, %ebx
	jz	2f
	sub	$1, %r8d
	jae	0b
	movl	$0, stale_spins
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
	movl	%ss:stale_spins, %eax
0:	mov	%\segment, %edi
	test	%edi, %edi
	jz	2f
	sub	$1, %eax
	jae	0b
	movl	$0, %ss:stale_spins
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
	.globl	stale_spins
	.balign 8
stale_spins:
	.quad	0
nap:
#ifdef __x86_64__
	.quad	0, 200000
fs_base:
	.quad	0
#else
	.long	0, 200000
#endif

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions that trap, to be run in the kernel as functions or in user
 * mode as entry points.  A label ending in _at is where the trap is to be
 * reported: at the instruction for a fault, behind it for a software
 * interrupt.  The argument is in rdi (edi).
 */
#include "layout.h"

	.section .user, "awx"

	.macro	mark
#ifdef __x86_64__
	mov	$MARK_R11, %r11d
#endif
	mov	$MARK_CX, %ecx
	.endm

	.macro	provokes name:req
	.globl	\name, \name\()_at
\name:
	mark
	.endm

	provokes do_de
	xor	%edx, %edx
	mov	$1, %eax
	xor	%esi, %esi
do_de_at:
	div	%esi
	ud2

	provokes do_ud
do_ud_at:
	ud2

	provokes do_bp
	int3
do_bp_at:
	ud2

	provokes do_int4
	int	$4
do_int4_at:
	ud2

/* A selector that no table of ours holds */
	provokes do_gp
do_gp_at:
	mov	%edi, %fs
	ud2

#ifdef __x86_64__
#define ARGUMENT	(%rdi)
#else
#define ARGUMENT	(%edi)
#endif

	provokes do_fxsave
do_fxsave_at:
	fxsave	ARGUMENT
	ud2

	provokes do_xsave
	mov	$3, %eax
	xor	%edx, %edx
do_xsave_at:
	xsave	ARGUMENT
	ud2

	provokes do_xrstor
	mov	$3, %eax
	xor	%edx, %edx
do_xrstor_at:
	xrstor	ARGUMENT
	ud2

	provokes do_pf_read
do_pf_read_at:
#ifdef __x86_64__
	mov	(%rdi), %eax
#else
	mov	(%edi), %eax
#endif
	ud2

	provokes do_pf_write
do_pf_write_at:
#ifdef __x86_64__
	mov	%eax, (%rdi)
#else
	mov	%eax, (%edi)
#endif
	ud2

	.globl	do_int80_before
	provokes do_int80
do_int80_before:
	int	$0x80
do_int80_at:
	ud2

	.globl	do_int81_before
	provokes do_int81
do_int81_before:
	int	$0x81
do_int81_at:
	ud2

	.globl	do_int90_before
	provokes do_int90
do_int90_before:
	int	$0x90
do_int90_at:
	ud2

	.globl	do_syscall_before
	provokes do_syscall
do_syscall_before:
	syscall
do_syscall_at:
	ud2

/* 32-bit code, for user mode's 32-bit code segment on either width */
	.code32
	.globl	do_syscall32, do_syscall32_before, do_syscall32_at
do_syscall32:
	mov	$MARK_CX, %ecx
do_syscall32_before:
	syscall
do_syscall32_at:
	ud2

	.globl	do_sysenter32, do_sysenter32_before
do_sysenter32:
	mov	$MARK_CX, %ecx
do_sysenter32_before:
	sysenter
	ud2
#ifdef __x86_64__
	.code64
#endif

/* Runs until an event takes it away. */
	.globl	do_spin, do_spin_at
do_spin:
	mark
do_spin_at:
1:	pause
	jmp	1b

	.balign	16
	.skip	2048
	.globl	user_sp
user_sp:

	.section .note.GNU-stack, "", @progbits

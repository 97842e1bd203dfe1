/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Xen's domain builder reads, and the first instructions of the boot
 * vCPU.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#include "layout.h"

#ifdef __x86_64__
#define ADDRESS .quad
#else
#define ADDRESS .long
#endif

/* One note: owner "Xen", a type, a body padded to four bytes. */
	.macro	xen_note type:req, body:vararg
	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\body
2:	.balign	4
	.popsection
	.endm

	xen_note XEN_ELFNOTE_GUEST_OS, .asciz "pvboot-test"
	xen_note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	xen_note XEN_ELFNOTE_LOADER, .asciz "generic"
	xen_note XEN_ELFNOTE_VIRT_BASE, ADDRESS VIRT_BASE
	xen_note XEN_ELFNOTE_PADDR_OFFSET, ADDRESS VIRT_BASE
	xen_note XEN_ELFNOTE_ENTRY, ADDRESS start
#ifdef __i386__
	xen_note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
#endif

	.text

/*
 * Xen enters here with the virtual address of start_info in rsi (esi), flat
 * segments and a small stack, which is left for the vCPU's own.
 */
	.globl	start
start:
	cld
#ifdef __x86_64__
	mov	$blocks + BLOCK_SIZE, %rsp
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	guest_main
#else
	mov	$blocks + BLOCK_SIZE, %esp
	xor	%ebp, %ebp
	mov	$0xe033, %eax		/* FLAT_RING3_DS: serves both rings */
	mov	%eax, %ds
	mov	%eax, %es
	mov	%esi, %eax
	call	guest_main
#endif
	ud2

/* Any other vCPU: its context gives it its stack. */
	.globl	start_secondary
start_secondary:
	cld
#ifdef __i386__
	mov	$0xe033, %eax
	mov	%eax, %ds
	mov	%eax, %es
#endif
	call	secondary_main
	ud2

	.bss
	.balign	BLOCK_SIZE
	.globl	blocks
blocks:
	.skip	BLOCK_SIZE * MAX_VCPUS

	.section .note.GNU-stack, "", @progbits

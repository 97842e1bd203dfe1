/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypercall itself.  No hypercall page: the instruction stands here, so
 * that it takes part in the kernel's mitigations (XSA-466).
 *
 * Reached through the static call xen_hypercall from inline assembly, which
 * declares only what a hypercall changes: everything but the result is
 * preserved here.
 *
 *	%eax			which hypercall
 *	%rdi %rsi %rdx %r10 %r8	its arguments (32-bit: ebx ecx edx esi edi)
 *	%rax			the result
 */
#include <linux/linkage.h>
#include <linux/objtool.h>

#include <asm/asm.h>
#include <asm/frame.h>
#include <asm/unwind_hints.h>

#include "entry.h"

	.pushsection .noinstr.text, "ax"

#ifdef CONFIG_XEN_PV
#ifdef CONFIG_X86_32
SYM_FUNC_START(xen_hypercall_pv)
	int	$XEN_HYPERCALL_VECTOR
	RET
SYM_FUNC_END(xen_hypercall_pv)
#else
/*
 * The instruction overwrites rcx and r11, as it does on hardware.
 *
 *	rsp + 8	 caller's rcx
 *	rsp	 caller's r11
 */
SYM_FUNC_START(xen_hypercall_pv)
	ANNOTATE_NOENDBR
	push	%rcx
	push	%r11
	UNWIND_HINT_SAVE
	syscall
	UNWIND_HINT_RESTORE
	pop	%r11
	pop	%rcx
	RET
SYM_FUNC_END(xen_hypercall_pv)
#endif
#endif /* CONFIG_XEN_PV */

/* HVM guests: the instruction depends on the vendor of the CPU. */
SYM_FUNC_START(xen_hypercall_intel)
	ANNOTATE_NOENDBR
	vmcall
	RET
SYM_FUNC_END(xen_hypercall_intel)

SYM_FUNC_START(xen_hypercall_amd)
	ANNOTATE_NOENDBR
	vmmcall
	RET
SYM_FUNC_END(xen_hypercall_amd)

#ifdef CONFIG_X86_32
# define CALLER_REGS		%ecx, %edx, %ebx, %esi, %edi
# define CALLER_REGS_REVERSED	%edi, %esi, %ebx, %edx, %ecx
#else
# define CALLER_REGS		%rcx, %rdx, %rsi, %rdi, %r8, %r9, %r10, %r11
# define CALLER_REGS_REVERSED	%r11, %r10, %r9, %r8, %rdi, %rsi, %rdx, %rcx
#endif

/*
 * Before the vendor is known.  __xen_hypercall_setfunc() finds out, updates the
 * static call, and returns the function that it chose.  That function is jumped
 * to with every register as the caller left it: restoring them does not change
 * the flags of the comparison.
 *
 *	rsp + ...  frame pointer where there is one, caller's _AX
 *	rsp	   registers that a C function may change, the last one on top
 */
SYM_FUNC_START(xen_hypercall_hvm)
	ENDBR
	FRAME_BEGIN
	push	%_ASM_AX
	.irp	reg, CALLER_REGS
	push	\reg
	.endr
	call	__xen_hypercall_setfunc
	lea	_ASM_RIP(xen_hypercall_amd), %_ASM_CX
	cmp	%_ASM_AX, %_ASM_CX
	.irp	reg, CALLER_REGS_REVERSED
	pop	\reg
	.endr
	pop	%_ASM_AX
	FRAME_END
	je	xen_hypercall_amd
	jmp	xen_hypercall_intel
SYM_FUNC_END(xen_hypercall_hvm)

	.popsection

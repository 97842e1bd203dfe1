/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The conversions of entry.h that everything goes through, in as few
 * instructions as there are.
 *
 * Called with the entry in rdi; each returns its own in rax and preserves every
 * other register, as pv_ops wants it.  What is not plain memory of this guest
 * goes on to the C function of the same name, by way of its thunk in entries.c.
 * They are pv_ops of PV guests, which have no IBT: none begins with ENDBR.
 */
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/objtool.h>

#include <asm/asm.h>
#include <asm/page_types.h>

/* An entry's frame is in the bits 12 to 51. */
#define FRAME_MASK	0x000ffffffffff000

/* Present entry in rdi: its frame to rax */
.macro get_frame
	movq	%rdi, %rax
	shlq	$12, %rax
	shrq	$24, %rax
.endm

/* Frame in rax, entry in rdi: the entry with this frame to rax; uses rcx */
.macro put_frame
	shlq	$PAGE_SHIFT, %rax
	movabsq	$~FRAME_MASK, %rcx
	andq	%rdi, %rcx
	orq	%rcx, %rax
.endm

/*
 * xen_pv_table_entry_to_kernel(): what the machine's list has is taken.
 *
 *	rsp ->	rcx of the caller
 *		return address
 */
SYM_FUNC_START(xen_pv_fast_table_val)
	ANNOTATE_NOENDBR
	testb	$1, %dil
	jz	.Las_it_is
	get_frame
	cmpq	machine_to_phys_nr(%rip), %rax
	jae	.Lslow_table_val
	pushq	%rcx
	movq	machine_to_phys_mapping(%rip), %rcx
.Lread_table:
	movq	(%rcx, %rax, 8), %rax
	cmpq	xen_max_p2m_pfn(%rip), %rax
	jae	.Lpop_table_val
	put_frame
	popq	%rcx
	RET
.Lpop_table_val:
	popq	%rcx
.Lslow_table_val:
	jmp	__raw_callee_save_xen_pv_pmd_val
.Las_it_is:
	movq	%rdi, %rax
	RET
	_ASM_EXTABLE(.Lread_table, .Lpop_table_val)
SYM_FUNC_END(xen_pv_fast_table_val)

/*
 * xen_pv_entry_to_kernel(): the guest's own list has to agree.
 *
 *	rsp ->	rdx of the caller
 *		rcx of the caller
 *		return address
 */
SYM_FUNC_START(xen_pv_fast_pte_val)
	ANNOTATE_NOENDBR
	testb	$1, %dil
	jz	.Las_it_is_pte
	get_frame
	cmpq	machine_to_phys_nr(%rip), %rax
	jae	.Lslow_pte_val
	pushq	%rcx
	pushq	%rdx
	movq	%rax, %rdx
	movq	machine_to_phys_mapping(%rip), %rcx
.Lread_pte:
	movq	(%rcx, %rax, 8), %rax
	cmpq	xen_p2m_size(%rip), %rax
	jae	.Lpop_pte_val
	movq	xen_p2m_addr(%rip), %rcx
	cmpq	(%rcx, %rax, 8), %rdx
	jne	.Lpop_pte_val
	put_frame
	popq	%rdx
	popq	%rcx
	RET
.Lpop_pte_val:
	popq	%rdx
	popq	%rcx
.Lslow_pte_val:
	jmp	__raw_callee_save_xen_pv_pte_val
.Las_it_is_pte:
	movq	%rdi, %rax
	RET
	_ASM_EXTABLE(.Lread_pte, .Lpop_pte_val)
SYM_FUNC_END(xen_pv_fast_pte_val)

/*
 * xen_pv_entry_to_machine(): of any level.  An element of the guest's list has
 * its highest bits set where it is not a frame of this guest's.
 *
 *	rsp ->	rcx of the caller
 *		return address
 */
SYM_FUNC_START(xen_pv_fast_make)
	ANNOTATE_NOENDBR
	testb	$1, %dil
	jz	.Las_it_is_make
	get_frame
	cmpq	xen_p2m_size(%rip), %rax
	jae	.Lslow_make
	pushq	%rcx
	movq	xen_p2m_addr(%rip), %rcx
	movq	(%rcx, %rax, 8), %rax
	movq	%rax, %rcx
	shrq	$62, %rcx
	jnz	.Lpop_make
	put_frame
	popq	%rcx
	RET
.Lpop_make:
	popq	%rcx
.Lslow_make:
	jmp	__raw_callee_save_xen_pv_make_pte
.Las_it_is_make:
	movq	%rdi, %rax
	RET
SYM_FUNC_END(xen_pv_fast_make)

	__INIT
/* The same while the direct map is made: what is in boot's list of frames is not plain. */
SYM_FUNC_START(xen_pv_fast_boot_make)
	ANNOTATE_NOENDBR
	testb	$1, %dil
	jz	.Las_it_is_boot
	get_frame
	subq	xen_pv_boot_list_pfn(%rip), %rax
	cmpq	xen_pv_boot_list_nr(%rip), %rax
	jae	xen_pv_fast_make
	jmp	__raw_callee_save_xen_pv_boot_make_pte
.Las_it_is_boot:
	movq	%rdi, %rax
	RET
SYM_FUNC_END(xen_pv_fast_boot_make)

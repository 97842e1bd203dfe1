/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every handler that Linux may put into a gate, and the stub that stands
 * before it in the trap table.  A list to be included with TRAP() defined, so
 * it has no guard: entry.S and entry_32.S make the stubs of it, idt.c the
 * translation of gates.
 *
 * TRAP(handler, pv_handler, ist, error)
 *	handler:    asm_<handler> is what Linux writes into its IDT
 *	pv_handler: the stub is xen_asm_<pv_handler>, it goes on to
 *		    asm_<pv_handler>.  Where the two differ, the handler for
 *		    hardware counts on a stack of its own, which Xen does not
 *		    switch to.  In 32 bits both are by the handler's name.
 *	ist:	    1 where Linux may ask for such a stack, and it may be
 *		    ignored; 0 where that would be a mistake
 *	error:	    1 where an error code is part of the frame
 *
 * A handler that is not here has no stub.  Its gate is left out without a word
 * where idt.c lists it among those that are never raised, and refused otherwise.
 */
TRAP(exc_divide_error,			exc_divide_error,		0, 0)
TRAP(exc_debug,				xenpv_exc_debug,		1, 0)
TRAP(exc_nmi,				xenpv_exc_nmi,			1, 0)
TRAP(exc_int3,				exc_int3,			0, 0)
TRAP(exc_overflow,			exc_overflow,			0, 0)
TRAP(exc_bounds,			exc_bounds,			0, 0)
TRAP(exc_invalid_op,			exc_invalid_op,			0, 0)
TRAP(exc_device_not_available,		exc_device_not_available,	0, 0)
TRAP(exc_double_fault,			xenpv_exc_double_fault,		1, 1)
TRAP(exc_coproc_segment_overrun,	exc_coproc_segment_overrun,	0, 0)
TRAP(exc_invalid_tss,			exc_invalid_tss,		0, 1)
TRAP(exc_segment_not_present,		exc_segment_not_present,	0, 1)
TRAP(exc_stack_segment,			exc_stack_segment,		0, 1)
TRAP(exc_general_protection,		exc_general_protection,		0, 1)
TRAP(exc_page_fault,			exc_page_fault,			0, 1)
TRAP(exc_spurious_interrupt_bug,	exc_spurious_interrupt_bug,	0, 0)
TRAP(exc_coprocessor_error,		exc_coprocessor_error,		0, 0)
TRAP(exc_alignment_check,		exc_alignment_check,		0, 1)
#ifdef CONFIG_X86_MCE
TRAP(exc_machine_check,			xenpv_exc_machine_check,	1, 0)
#endif
TRAP(exc_simd_coprocessor_error,	exc_simd_coprocessor_error,	0, 0)
#ifdef CONFIG_X86_CET
TRAP(exc_control_protection,		exc_control_protection,		0, 1)
#endif
#ifdef CONFIG_IA32_EMULATION
TRAP(int80_emulation,			int80_emulation,		0, 0)
#endif

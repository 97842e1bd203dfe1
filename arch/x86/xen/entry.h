/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What entry.S has for C: addresses to be given to Xen or patched, not
 * functions to be called.
 */
#ifndef _ARCH_X86_XEN_ENTRY_H
#define _ARCH_X86_XEN_ENTRY_H

/*
 * Bytes from one early stub to the next: endbr, cld, two pops, an indirect
 * jump of six bytes, rounded up.
 */
#define XEN_PV_EARLY_STUB_SIZE	16

/* The vector of a 32-bit guest's hypercalls */
#define XEN_HYPERCALL_VECTOR	0x82

#ifndef __ASSEMBLER__

#include <asm/trapnr.h>
#include <asm/segment.h>

extern const char xen_pv_early_stubs[NUM_EXCEPTION_VECTORS][XEN_PV_EARLY_STUB_SIZE];

/* Where each of them goes: in idt.c */
extern unsigned long xen_pv_early_handlers[NUM_EXCEPTION_VECTORS];

void xen_pv_failsafe(void);
void xen_pv_sysenter(void);			/* 32 bits only */
asmlinkage void xen_asm_exc_double_fault(void);	/* not in idtentry.h for 32 bits */
void xen_pv_no_compat_syscall(void);

/* What set_callbacks registers in place of the ordinary ones */
void xen_pv_legacy_upcall(void);
void xen_pv_masking_failsafe(void);
void xen_pv_masking_syscall(void);
void xen_pv_masking_syscall32(void);
void xen_pv_masking_no_compat_syscall(void);

/* In traps.c, called with CONFIG_DEBUG_ENTRY */
struct pt_regs;
void xen_pv_masked_exit(struct pt_regs *regs);

/* In entry_64.S: the jump to native iret, on the way back to kernel mode */
void early_xen_iret_patch(void);

#endif /* __ASSEMBLER__ */

#endif /* _ARCH_X86_XEN_ENTRY_H */

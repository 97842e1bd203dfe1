/* SPDX-License-Identifier: GPL-2.0 */
/* What C, assembly and the linker script have to agree on. */
#ifndef PVBOOT_GUEST_LAYOUT_H
#define PVBOOT_GUEST_LAYOUT_H

/* The first virtual address; Xen maps the guest's first page frame there. */
#define VIRT_BASE	0x40000000

/*
 * A vCPU's block: its own data below, then the stack that Xen switches to on
 * entries from user mode, then the stack that it runs on.  Aligned to its
 * size, so that any stack pointer tells whose it is.
 */
#define BLOCK_SIZE	0x8000
#define BLOCK_TRAP_SP	0x4000
#define MAX_VCPUS	3

/* vCPUs of the domain, most of which never run; lib/bare.py asks for them. */
#define DOMAIN_VCPUS	33
/* From this one on there is no vcpu_info in shared_info. */
#define FIRST_WITHOUT_INFO	32

/* Entries that are not vectors, by the number that their stubs push. */
#define ENTRY_SYSCALL	0x100
#define ENTRY_SYSCALL32	0x101
#define ENTRY_SYSENTER	0x102
#define ENTRY_FAILSAFE	0x103
#define ENTRY_NMI	0x104
#define ENTRY_EVENT	0x105
#define ENTRY_EVENT_2	0x106

/* Bytes from one trap stub to the next */
#define STUB_SIZE	16

/* Unmapped in every page table that Xen builds for us */
#define NOWHERE		0x70000000

/* Put into rcx and r11 before a fault is provoked. */
#define MARK_CX		0x1234567
#define MARK_R11	0x7654321

#endif /* PVBOOT_GUEST_LAYOUT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Flags in entries of page tables */
#ifndef PVBOOT_GUEST_PTE_H
#define PVBOOT_GUEST_PTE_H

#define PTE_PRESENT	0x01
#define PTE_WRITE	0x02
#define PTE_USER	0x04
#define PTE_PWT		0x08
#define PTE_PCD		0x10
#define PTE_ACCESSED	0x20
#define PTE_DIRTY	0x40
#define PTE_PSE		0x80
#define PTE_GLOBAL	0x100
#define PTE_NX		(1ULL << 63)

/* The frame in an entry, without the bits beside it */
#define FRAME_MASK	0x000ffffffffff000ULL

#endif /* PVBOOT_GUEST_PTE_H */

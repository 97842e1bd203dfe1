/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One segment for all: Xen maps everything writable in any case.  Physical
 * addresses equal virtual ones, which the note PADDR_OFFSET explains.
 */
#include "layout.h"

ENTRY(start)

PHDRS
{
	all PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = VIRT_BASE;

	.text : { *(.text .text.*) } :all
	.rodata : { *(.rodata .rodata.*) }
	.note.Xen : { KEEP(*(.note.Xen)) } :all :note

	/* Open to user mode: its code and its stack. */
	. = ALIGN(4096);
	.user : {
		user_begin = .;
		*(.user)
		. = ALIGN(4096);
		user_end = .;
	} :all

	.data : { *(.data .data.*) }
	.bss : { *(.bss .bss.* COMMON) }

	/DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.eh_frame) *(.note.gnu.*) }
}

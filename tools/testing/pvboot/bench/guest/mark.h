/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks for `make profile`, whose plugin of QEMU (../../profile/) looks for them among
 * the instructions: a NOP of seven bytes whose operand, which no NOP looks at, is a number
 * that no compiler comes up with.  Anywhere else it does nothing and takes one
 * instruction.
 */
#ifndef PVBOOT_MARK_H
#define PVBOOT_MARK_H

/* "pvb", and the kind in the lowest byte */
#define MARK_BASE	0x70766200

/* From now on the plugin follows calls and tasks. */
#define MARK_FOLLOW	1

/* A look at the clocks: by turns the begin and the end of a round */
#define MARK_CLOCK	2

/* nopl MARK_BASE + kind(%rax) */
#define MARK(kind)									\
({											\
	asm volatile(".byte 0x0f, 0x1f, 0x80; .long %c0" : : "i" (MARK_BASE + (kind)));	\
})

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* EFLAGS bits and selectors, for C and for assembly. */
#ifndef GUEST_FLAGS_H
#define GUEST_FLAGS_H

#define FLAG_CF		0x00000001
#define FLAG_PF		0x00000004
#define FLAG_AF		0x00000010
#define FLAG_ZF		0x00000040
#define FLAG_SF		0x00000080
#define FLAG_TF		0x00000100
#define FLAG_IF		0x00000200
#define FLAG_DF		0x00000400
#define FLAG_OF		0x00000800
#define FLAG_NT		0x00004000
#define FLAG_AC		0x00040000

/* The flags that a program may hand to a kernel that does not expect them. */
#define FLAGS_ROGUE	(FLAG_DF | FLAG_AC | FLAG_NT | FLAG_TF)
#define FLAGS_ARITH	(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | \
			 FLAG_OF)

/* Linux's code selectors for userspace; part of its ABI in all but name. */
#define USER32_CS	0x23
#define USER64_CS	0x33

/* offsets into struct entry_call, in words of the program's own width */
#define CALL_NR		0
#define CALL_ARG(n)	(1 + (n))
#define CALL_FLAGS	7
#define CALL_RESULT	8
#define CALL_FLAGS_AFTER 9

#endif /* GUEST_FLAGS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Follows the calls of Linux on Xen, instruction by instruction, and counts instructions
 * by stack of calls.  Knows nothing of QEMU: plugin.c feeds it, and feed_stacks.c.
 */
#ifndef PVBOOT_STACKS_H
#define PVBOOT_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "types.h"

/* Whose instruction it is, by its address */
enum side { USER, LINUX, XEN };

/* What an instruction does that stacks.c has to know of */
enum kind {
	PLAIN,		/* nothing, or jumps */
	CALL,
	RETURN,
	SYSCALL,
	MARKED,		/* mark.h has the kinds */
	SAVES_STACK,	/* Linux leaves a task ... */
	LOADS_STACK,	/* ... for this one */
};

/* One instruction, as often as it is executed */
struct instruction {
	struct instruction *next;	/* with the same hash */
	u64 address;
	u32 size;
	u32 value;			/* of MARKED */
	enum side side;
	enum kind kind;
	const struct function *function;
	bool start;			/* the function's first */
	unsigned char bytes[8];
};

/*
 * Read the table of functions: a line for each has its address, a number, flags and its
 * name.  What has the same number is one function.  Flags are "-" or of these:
 *	e	Linux is entered here from Xen
 *	n	a new task of Linux begins here
 *	p	a part of a function that is somewhere else
 *	t	functions jump here to return
 * Returns whether it was read.
 */
bool load_symbols(const char *path);

/* What is known of an instruction; the same one for the same address and bytes */
struct instruction *instruction_at(u64 address, const unsigned char *bytes, size_t size);

/* @vcpu is about to execute it */
void execute(unsigned int vcpu, struct instruction *insn);

/* @number is in the register that has a hypercall's, and what comes next is SYSCALL */
void hypercall(unsigned int vcpu, u32 number);

/* The memory that it reads or writes, where it is SAVES_STACK or LOADS_STACK */
void access_memory(unsigned int vcpu, u64 address, struct instruction *insn);

/* One round alone: from the first instruction of Linux to the first of a program */
void count_the_boot(void);

/* Rounds go to files PREFIX000, PREFIX001, ...: whether so long a name is possible */
bool write_rounds_to(const char *prefix);

#endif

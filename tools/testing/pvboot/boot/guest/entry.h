/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways into the kernel, each with flags of one's choice.
 */
#ifndef GUEST_ENTRY_H
#define GUEST_ENTRY_H

#include "guest_test.h"

/**
 * struct entry_call - one system call, laid out for the assembly
 * @nr:		number, in the entry's ABI
 * @arg:	up to six arguments
 * @flags:	EFLAGS bits to set, on top of the current ones
 * @result:	what the kernel returned
 * @flags_after: EFLAGS as they were right after
 */
struct entry_call {
	unsigned long nr;
	unsigned long arg[6];
	unsigned long flags;
	unsigned long result;
	unsigned long flags_after;
};

/**
 * struct kernel_entry - one way into the kernel
 * @name:	for messages
 * @call:	assembly: sets the flags as the last thing before the entry
 * @trap_at:	where the entry returns to; NULL: into the vDSO
 * @arith_lost:	whether carry, zero and their like need not come back
 * @i386_abi:	whether numbers and structures are those of i386
 * @unusable:	why the machine does not have this one; NULL: it has
 */
struct kernel_entry {
	const char *name;
	void (*call)(struct entry_call *call);
	const char *trap_at;
	bool arith_lost;
	bool i386_abi;
	const char *(*unusable)(void);
};

/* Calls that the copy tests need, by name; numbers differ by ABI. */
enum call_name {
	NR_GETPID,
	NR_READ,
	NR_WRITE,
	NR_READV,
	NR_WRITEV,
	NR_UNAME,
	NR_GETCWD,
	NR_PREAD64,
	NR_SENDTO,
	NR_RECVFROM,
	NR_SENDMSG,
	NR_RECVMSG,
	NR_VM_READV,
	NR_PRCTL,
	NR_COUNT,
};

long enter(const struct kernel_entry *entry, unsigned long flags,
	   enum call_name name, const unsigned long arg[6],
	   unsigned long *flags_after);

/* copies.c */
enum verdict check_copies(const struct kernel_entry *entry,
			  unsigned long flags);

#endif /* GUEST_ENTRY_H */

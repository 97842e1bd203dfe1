// SPDX-License-Identifier: GPL-2.0
/*
 * Memory by any address that is mapped; and stores to page tables, which are
 * mapped read-only.
 */
#include "guest.h"
#include "table_pages.h"

struct access {
	void *to;
	u64 old, value;
};

/**
 * read_word - what an address holds
 * @address: mapped
 */
unsigned long read_word(unsigned long address)
{
	return load(*(unsigned long *)address);
}

/**
 * write_word - write to an address
 * @address: mapped writable
 * @value: for it
 */
void write_word(unsigned long address, unsigned long value)
{
	store(*(unsigned long *)address, value);
}

static void half(unsigned long arg)
{
	struct access *access = (struct access *)arg;

	store(*(u32 *)access->to, (u32)access->value);
}

/**
 * store_half - store 32 bits
 * @seen: the trap, where there is one
 * @to: where to
 * @value: what
 *
 * Return: whether it trapped.
 */
bool store_half(struct seen *seen, u32 *to, u32 value)
{
	struct access access = { .to = to, .value = value };

	return traps(seen, half, (unsigned long)&access);
}

static void whole(unsigned long arg)
{
	struct access *access = (struct access *)arg;

	store(*(unsigned long *)access->to, access->value);
}

/**
 * store_entry - store an entry; in 32 bits the upper half first
 * @seen: the trap, where there is one
 * @to: where to
 * @value: what
 *
 * Return: whether it trapped.
 */
bool store_entry(struct seen *seen, u64 *to, u64 value)
{
	struct access access = { .to = to, .value = value };

	if (!IS_64BIT && store_half(seen, (u32 *)to + 1, value >> 32))
		return true;
	return traps(seen, whole, (unsigned long)&access);
}

static void swap(unsigned long arg)
{
	struct access *access = (struct access *)arg;

#ifdef __x86_64__
	asm volatile("lock cmpxchg %2, (%1)"
		     : "+a" (access->old)
		     : "D" (access->to), "r" (access->value)
		     : "memory", "cc");
#else
	asm volatile("lock cmpxchg8b (%1)"
		     : "+A" (access->old)
		     : "D" (access->to), "b" ((u32)access->value),
		       "c" ((u32)(access->value >> 32))
		     : "memory", "cc");
#endif
}

/**
 * compare_and_swap - change an entry if it is what it is taken for
 * @seen: the trap, where there is one
 * @to: the entry
 * @old: what it is taken for; what it was
 * @value: what it is to be
 *
 * Return: whether it trapped.
 */
bool compare_and_swap(struct seen *seen, u64 *to, u64 *old, u64 value)
{
	struct access access = { .to = to, .old = *old, .value = value };
	bool trapped = traps(seen, swap, (unsigned long)&access);

	*old = access.old;
	return trapped;
}

static void clear(unsigned long arg)
{
	struct access *access = (struct access *)arg;

	asm volatile("lock btr %1, (%0)"
		     : : "D" (access->to), "r" ((unsigned long)access->value)
		     : "memory", "cc");
}

/**
 * clear_bit - clear a bit of an entry and leave the others
 * @seen: the trap, where there is one
 * @to: the entry
 * @bit: its number
 *
 * Return: whether it trapped.
 */
bool clear_bit(struct seen *seen, u64 *to, unsigned long bit)
{
	struct access access = { .to = to, .value = bit };

	return traps(seen, clear, (unsigned long)&access);
}

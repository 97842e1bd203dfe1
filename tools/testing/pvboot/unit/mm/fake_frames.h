/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fake Xen of fake_memory.c as Linux's side of this program sees it: its
 * memory, its hypercalls, and what a case may ask.  Nothing of Xen's or
 * Linux's headers is in here.
 */
#ifndef PVBOOT_FAKE_FRAMES_H
#define PVBOOT_FAKE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_PAGES	160

extern uint64_t host_memory[HOST_PAGES][512];

/**
 * struct fake_state - what Xen has of a page
 * @type: 0 where it is not used, 1 to 4 as a table, 5 as writable memory
 * @count: how many use it so
 * @pinned: one of them is a pin
 * @writable: its address in the direct map can be written to
 */
struct fake_state {
	unsigned int type, count;
	bool pinned, writable;
};

#define FAKE_MEMORY	5

/**
 * struct fake_flush - a flush of TLBs
 * @command: MMUEXT_*, also where update_va_mapping makes it
 * @address: of a page; 0 for whole TLBs
 * @cpus: those of the commands that name some
 */
struct fake_flush {
	unsigned int command;
	unsigned long address;
	uint64_t cpus;
};

/**
 * struct fake_calls - the calls since fake_frames_reset() or fake_count_anew()
 * @hypercalls: of any kind; a multicall is one
 * @updates: elements of mmu_update
 * @ops: elements of mmuext_op
 * @mappings: update_va_mapping
 * @flushes: of TLBs
 * @flush: the last of them
 * @refused: of all of them
 * @fail_at: the element that is refused, from 1 on; 0 for none
 * @fail_with: why
 * @harmless: these are not counted, and not refused
 * @before: called once, before the next element: what another CPU does
 */
struct fake_calls {
	unsigned int hypercalls, updates, ops, mappings, flushes, refused;
	struct fake_flush flush;
	unsigned int fail_at;
	int fail_with;
	bool harmless;
	void (*before)(void);
};

extern struct fake_calls fake_calls;

void fake_frames_reset(void);
void fake_count_anew(void);
struct fake_state fake_state(const void *page);
unsigned long fake_mfn_of(const void *page);
unsigned long fake_pfn_of(unsigned long mfn);
unsigned long fake_other_mfn(void);
uint64_t *fake_direct_entry(const void *page);
uint64_t fake_entry(unsigned long address);
void *fake_kernel_root(void);
void *fake_page_behind(uint64_t entry);
void *fake_loaded_root(bool users);
void fake_note_use(uint64_t *entry, uint64_t bits);
unsigned int fake_stale(void);
const char *fake_wrong(void);
long fake_single(unsigned long op, unsigned long a, unsigned long b,
		 unsigned long c, unsigned long d, unsigned long e);

#endif /* PVBOOT_FAKE_FRAMES_H */

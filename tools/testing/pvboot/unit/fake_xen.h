/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain as Xen sees it, as far as the core's hypercalls reach.
 *
 * fake_xen.c and the other fake_*.c answer the
 * hypercalls by Xen's rules, those for a 64-bit guest or for a 32-bit one, by
 * the width that they are compiled in.  The rules are the rows of
 * Documentation/arch/x86/pvboot/contract.rst, which the bare guest proves on
 * Xen itself; test_fake.c and the cases of the core hold the fake to them.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <xen/pvboot/host.h>

/* More vCPUs than have a vcpu_info from the start (XEN_LEGACY_MAX_VCPUS). */
#define FAKE_VCPUS	34
#define FAKE_TRAPS	256
#define FAKE_CALLBACKS	8
#define FAKE_MADE	64
#define FAKE_PAGE_SIZE	4096UL

/* Machine frames, by what Xen knows of them; any other is not valid. */
enum fake_frame {
	FAKE_FRAME_FOREIGN = 0x100,	/* another domain's */
	FAKE_FRAME_WRITABLE,		/* ours, with a writable mapping */
	FAKE_FRAME_READ_ONLY,		/* ours, mapped read-only: 16 of them */
	FAKE_FRAME_PAGE_TABLE = 0x120,	/* ours, a pinned page-table root */
	FAKE_FRAME_USER_PAGE_TABLE,	/* the same, for user mode */
};

#define FAKE_READ_ONLY_FRAMES	16

enum fake_hypercall {
	FAKE_SET_TRAP_TABLE,
	FAKE_CALLBACK_OP,
	FAKE_SET_CALLBACKS,
	FAKE_VCPU_OP,
	FAKE_MULTICALL,
	FAKE_SINGLE,
	FAKE_HYPERCALLS,
};

struct fake_callback {
	unsigned long cs;
	unsigned long address;
	bool masks_events;
};

struct fake_vcpu {
	struct trap_info trap[FAKE_TRAPS];
	struct fake_callback callback[FAKE_CALLBACKS];	/* by type */

	bool initialised;
	bool down;
	bool has_info;
	bool info_moved;
	u64 info_mfn;
	u32 info_offset;

	struct vcpu_guest_context ctxt;		/* as Xen fixed it up */

	void *runstate_area;
	void *time_area;
	u64 period_ns;		/* 0: stopped */
	u64 timeout_ns;		/* 0: stopped */
	u32 timer_flags;	/* as last asked for */
	bool timer_event;
	bool nmi_pending;
};

struct fake_xen {
	struct fake_vcpu vcpu[FAKE_VCPUS];
	unsigned int current;
	bool powered_off;
	u64 now_ns;

	/* What a test may choose. */
	bool any_frame;		/* frames and page tables are always right */
	bool pinned_dom0;	/* as get_physid wants it */
	int info_twice;		/* answer to a second register_vcpu_info */
	int out_of_memory;	/* this many allocations fail */
	int readable;		/* so many reads of guest memory succeed; -1: all */
	int answer[FAKE_HYPERCALLS];	/* not 0: all that it ever says */

	long result[FAKE_MADE];	/* of the calls by number, in their order */

	/* What a test may look at. */
	unsigned int calls[FAKE_HYPERCALLS];
	unsigned int made;	/* calls by number */
	unsigned long op[FAKE_MADE];	/* their numbers */
	unsigned int entries;	/* of trap tables that were read */
	int cmd;		/* last command */
	int vcpu_id;		/* and its vCPU */
	void *arg;		/* and its argument */
	const char *rejected;	/* field of the last context refused, or NULL */
};

extern struct fake_xen fake_xen;

void fake_reset(void);
struct fake_vcpu *fake_current(void);

/* For the fake's own files. */
bool fake_canonical(u64 address);
bool fake_usable(u64 address);
u16 fake_selector(u16 selector);
int fake_read_guest(void *to, const void *from, size_t size);
int fake_write_guest(void *to, const void *from, size_t size);
int fake_initialise(struct fake_vcpu *vcpu, const void *arg);
bool fake_frame_ours(u64 mfn);
bool fake_frame_writable(u64 mfn);
bool fake_frame_page_table(u64 mfn);

#endif /* FAKE_XEN_H */

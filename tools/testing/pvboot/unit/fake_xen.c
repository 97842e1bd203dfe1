// SPDX-License-Identifier: GPL-2.0
/* The fake domain: its state, its memory, and set_trap_table. */
#include <stdio.h>
#include <stdlib.h>

#include "fake_xen.h"

/* The ring that a guest kernel runs in, which selectors are raised to. */
#ifdef __x86_64__
#define KERNEL_RPL	3
#else
#define KERNEL_RPL	1
#endif

struct fake_xen fake_xen;

/* A domain whose first vCPU runs and has registered nothing. */
void fake_reset(void)
{
	unsigned int i;

	memset(&fake_xen, 0, sizeof(fake_xen));
	fake_xen.readable = -1;
	fake_xen.info_twice = -EINVAL;
	fake_xen.now_ns = 1000;
	fake_xen.vcpu[0].initialised = true;
	for (i = 0; i < FAKE_VCPUS; i++) {
		fake_xen.vcpu[i].down = i != 0;
		fake_xen.vcpu[i].has_info = i < XEN_LEGACY_MAX_VCPUS;
	}
}

struct fake_vcpu *fake_current(void)
{
	return &fake_xen.vcpu[fake_xen.current];
}

/* Bits 63 to 47 are all alike; a 32-bit guest's addresses always are. */
bool fake_canonical(u64 address)
{
#ifdef __x86_64__
	u64 top = address >> 47;

	return top == 0 || top == (1UL << 17) - 1;
#else
	(void)address;
	return true;
#endif
}

/* An address that a guest may use: canonical, and not in Xen's part. */
bool fake_usable(u64 address)
{
#ifdef __x86_64__
	return address < 1UL << 47 || address >= __HYPERVISOR_VIRT_END;
#else
	(void)address;
	return true;
#endif
}

/* A selector with its RPL raised to what a guest kernel may have. */
u16 fake_selector(u16 selector)
{
	if ((selector & 3) < KERNEL_RPL)
		selector = (selector & ~3) | KERNEL_RPL;
	return selector;
}

static int access(const void *address)
{
	if (!address || !fake_xen.readable)
		return -EFAULT;
	if (fake_xen.readable > 0)
		fake_xen.readable--;
	return 0;
}

int fake_read_guest(void *to, const void *from, size_t size)
{
	int rc = access(from);

	if (!rc)
		memcpy(to, from, size);
	return rc;
}

int fake_write_guest(void *to, const void *from, size_t size)
{
	int rc = access(to);

	if (!rc)
		memcpy(to, from, size);
	return rc;
}

/* Ours, whatever it is used for. */
bool fake_frame_ours(u64 mfn)
{
	return fake_frame_writable(mfn) || fake_frame_page_table(mfn) ||
	       (mfn >= FAKE_FRAME_READ_ONLY &&
		mfn < FAKE_FRAME_READ_ONLY + FAKE_READ_ONLY_FRAMES);
}

bool fake_frame_writable(u64 mfn)
{
	return mfn == FAKE_FRAME_WRITABLE;
}

bool fake_frame_page_table(u64 mfn)
{
	return mfn == FAKE_FRAME_PAGE_TABLE ||
	       mfn == FAKE_FRAME_USER_PAGE_TABLE;
}

/* Each entry is installed before the next is read. */
static int install(struct fake_vcpu *vcpu, const struct trap_info *list)
{
	struct trap_info entry;
	int rc;

	for (;; list++) {
		rc = fake_read_guest(&entry, list, sizeof(entry));
		if (rc)
			return rc;
		if (!entry.address)
			return 0;
		if (!fake_canonical(entry.address))
			return -EINVAL;
		if (++fake_xen.entries > 1000000) {
			fprintf(stderr, "a trap table without an end\n");
			abort();
		}
		entry.cs = fake_selector(entry.cs);
		vcpu->trap[entry.vector] = entry;
	}
}

int HYPERVISOR_set_trap_table(struct trap_info *table)
{
	struct fake_vcpu *vcpu = fake_current();

	fake_xen.calls[FAKE_SET_TRAP_TABLE]++;
	fake_xen.arg = table;
	if (fake_xen.answer[FAKE_SET_TRAP_TABLE])
		return fake_xen.answer[FAKE_SET_TRAP_TABLE];

	if (table)
		return install(vcpu, table);
	memset(vcpu->trap, 0, sizeof(vcpu->trap));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * fake_memory.c as Linux's side of this program sees it.  Calls are made
 * element by element, so that a case can have any one refused.  A page that is
 * mapped read-only must not change but by a call.
 */
#include <stdio.h>

#include "fake_memory.h"
#include "mm/fake_frames.h"

/* Where Linux has its direct map */
#ifdef __x86_64__
#define DIRECT_MAP	0xffff888040000000UL
#else
#define DIRECT_MAP	0xd0000000UL
#endif

/* Not this guest's: behind all frames that it has */
#define OTHERS_FRAME	0x77777UL

_Alignas(4096) uint64_t host_memory[HOST_PAGES][ENTRIES];
struct fake_calls fake_calls;

const struct fake_area fake_areas[] = {
	{ host_memory, sizeof(host_memory) },
};

const unsigned int fake_nr_areas = ARRAY_SIZE(fake_areas);

static uint64_t known[HOST_PAGES][ENTRIES];
static bool is_known[HOST_PAGES];
static unsigned int elements;
static unsigned int stale[ENTRIES];	/* by their place in a table */
static char wrong[120];

/* entry_of - an entry for a page, as the bare guest has it in table_pages.c */
u64 entry_of(const void *page, u64 flags)
{
	return (u64)mfn_of(page) * PAGE_SIZE | flags;
}

static struct fake_page *frame_of(const void *page)
{
	return fake_page_of(entry_of(page, 0));
}

/* fake_direct_entry - the entry that maps a page in the direct map */
uint64_t *fake_direct_entry(const void *page)
{
	return fake_walk((unsigned long)page + fake_offset, 1);
}

static bool is_writable(unsigned int pfn)
{
	return *fake_direct_entry(host_memory[pfn]) & PTE_WRITE;
}

/*
 * Between calls
 */

/* A processor may have kept an entry that it has used. */
static void note_stale(unsigned int pfn)
{
	const struct fake_page *page = frame_of(host_memory[pfn]);
	unsigned int slot;

	if (!page->count || page->type != FAKE_L1)
		return;
	for (slot = 0; slot < ENTRIES; slot++) {
		uint64_t before = known[pfn][slot], now = page->words[slot];

		if (!(before & PTE_PRESENT) || !(before & PTE_ACCESSED))
			continue;
		stale[slot] += ((before ^ now) & (FRAME_MASK | PTE_PRESENT)) ||
			       (before & ~now & PTE_WRITE);
	}
}

static void look_for_stores(void)
{
	unsigned int pfn;

	for (pfn = 0; pfn < HOST_PAGES; pfn++)
		if (is_known[pfn] && !*wrong &&
		    memcmp(known[pfn], host_memory[pfn], PAGE_SIZE))
			snprintf(wrong, sizeof(wrong),
				 "a store to pfn %u, which is read-only", pfn);
}

static void note_tables(void)
{
	unsigned int pfn;

	for (pfn = 0; pfn < HOST_PAGES; pfn++) {
		if (is_known[pfn])
			note_stale(pfn);
		is_known[pfn] = !is_writable(pfn);
		if (is_known[pfn])
			memcpy(known[pfn], host_memory[pfn], PAGE_SIZE);
	}
}

/*
 * Calls
 */

static int refused(void)
{
	void (*before)(void) = fake_calls.before;

	fake_calls.before = NULL;
	if (before)
		before();
	if (fake_calls.harmless)
		return 0;
	return ++elements == fake_calls.fail_at ? fake_calls.fail_with : 0;
}

static int one_update(const struct mmu_update *update)
{
	int rc = refused();

	fake_calls.updates++;
	return rc ? rc : hypercall(__HYPERVISOR_mmu_update,
				   (unsigned long)update, 1, 0, DOMID_SELF);
}

static void flush(unsigned int command, unsigned long address, uint64_t cpus)
{
	fake_calls.flushes++;
	switch (command) {
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_INVLPG_ALL:
		stale[address / PAGE_SIZE % ENTRIES] = 0;
		break;
	default:
		memset(stale, 0, sizeof(stale));
		address = 0;
	}
	fake_calls.flush = (struct fake_flush){ command, address, cpus };
}

static int one_flush(const struct mmuext_op *op, int rc)
{
	bool some = op->cmd == MMUEXT_TLB_FLUSH_MULTI ||
		    op->cmd == MMUEXT_INVLPG_MULTI;
	const unsigned long *cpus = some ? op->arg2.vcpumask.p : NULL;

	if (some && !cpus)
		return -EFAULT;
	if (!rc)
		flush(op->cmd, op->arg1.linear_addr, cpus ? *cpus : 0);
	return rc;
}

static int one_op(const struct mmuext_op *op)
{
	int rc = refused();

	fake_calls.ops++;
	switch (op->cmd) {
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_INVLPG_ALL:
		return one_flush(op, rc);
	}
	return rc ? rc : hypercall(__HYPERVISOR_mmuext_op, (unsigned long)op,
				   1, 0, DOMID_SELF);
}

static int mapping(unsigned long address, unsigned long b, unsigned long c,
		   unsigned long d)
{
	unsigned long flags = IS_64BIT ? c : d;
	int rc = refused();

	fake_calls.mappings++;
	if (address - (unsigned long)host_memory < sizeof(host_memory))
		address += fake_offset;
	if (!rc)
		rc = hypercall(__HYPERVISOR_update_va_mapping, address, b, c, d);
	if (rc)
		return rc;
	note_tables();
	switch (flags) {
	case UVMF_NONE:
		break;
	case UVMF_INVLPG | UVMF_LOCAL:
		flush(MMUEXT_INVLPG_LOCAL, address, 0);
		break;
	case UVMF_INVLPG | UVMF_ALL:
		flush(MMUEXT_INVLPG_ALL, address, 0);
		break;
	case UVMF_TLB_FLUSH | UVMF_LOCAL:
		flush(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
		break;
	case UVMF_TLB_FLUSH | UVMF_ALL:
		flush(MMUEXT_TLB_FLUSH_ALL, 0, 0);
		break;
	default:
		return -ENOSYS;
	}
	return 0;
}

static int updates(const struct mmu_update *list, unsigned int nr)
{
	int rc = 0;

	for (; nr && !rc; nr--)
		rc = one_update(list++);
	return rc;
}

static int ops(const struct mmuext_op *list, unsigned int nr)
{
	int rc = 0;

	for (; nr && !rc; nr--)
		rc = one_op(list++);
	return rc;
}

static long call(unsigned long op, const unsigned long *args)
{
	long rc;

	switch (op) {
	case __HYPERVISOR_mmu_update:
		rc = updates((const void *)args[0], args[1]);
		break;
	case __HYPERVISOR_mmuext_op:
		rc = ops((const void *)args[0], args[1]);
		break;
	case __HYPERVISOR_update_va_mapping:
		rc = mapping(args[0], args[1], args[2], args[3]);
		break;
	default:
		rc = -ENOSYS;
	}
	fake_calls.refused += rc < 0;
	note_tables();
	return rc;
}

long HYPERVISOR_single(unsigned long op, const unsigned long *args)
{
	look_for_stores();
	fake_calls.hypercalls++;
	return call(op, args);
}

int HYPERVISOR_multicall(void *list, u32 nr_calls)
{
	struct multicall_entry *entry = list;

	look_for_stores();
	fake_calls.hypercalls++;
	for (; nr_calls; nr_calls--, entry++)
		entry->result = call(entry->op, entry->args);
	return 0;
}

/* fake_single - a hypercall by its number */
long fake_single(unsigned long op, unsigned long a, unsigned long b,
		 unsigned long c, unsigned long d, unsigned long e)
{
	const unsigned long args[] = { a, b, c, d, e };

	return HYPERVISOR_single(op, args);
}

/*
 * What a case may ask
 */

/* fake_count_anew - nothing has been called yet, and nothing will fail */
void fake_count_anew(void)
{
	memset(&fake_calls, 0, sizeof(fake_calls));
	elements = 0;
}

/* fake_frames_reset - a guest that runs on its builder's tables */
void fake_frames_reset(void)
{
	memset(host_memory, 0, sizeof(host_memory));
	memset(is_known, 0, sizeof(is_known));
	memset(stale, 0, sizeof(stale));
	fake_offset = DIRECT_MAP - (unsigned long)host_memory;
	fake_memory_reset();
	*wrong = 0;
	fake_count_anew();
}

/**
 * fake_state - what Xen has of a page
 * @page: of host_memory
 */
struct fake_state fake_state(const void *page)
{
	const struct fake_page *frame = frame_of(page);

	return (struct fake_state){
		.type = frame->count ? frame->type : 0,
		.count = frame->count,
		.pinned = frame->pinned,
		.writable = *fake_direct_entry(page) & PTE_WRITE,
	};
}

/* fake_mfn_of - the frame of a page */
unsigned long fake_mfn_of(const void *page)
{
	return mfn_of(page);
}

/* fake_pfn_of - the pfn of a frame by Xen's list; ~0 for one not Linux's */
unsigned long fake_pfn_of(unsigned long mfn)
{
	unsigned long address = (unsigned long)page_of(mfn);
	unsigned long offset = address - (unsigned long)host_memory;

	return address && offset < sizeof(host_memory) ? offset / PAGE_SIZE : ~0UL;
}

/* fake_other_mfn - a frame that is not this guest's */
unsigned long fake_other_mfn(void)
{
	return OTHERS_FRAME;
}

/* fake_entry - the entry that maps an address now; 0 for none */
uint64_t fake_entry(unsigned long address)
{
	const uint64_t *entry = fake_walk(address, 1);

	return entry ? *entry : 0;
}

/* fake_kernel_root - the builder's, which Linux copies */
void *fake_kernel_root(void)
{
	return kernel_root;
}

/* fake_page_behind - the table that an entry leads to */
void *fake_page_behind(uint64_t entry)
{
	return page_of((entry & FRAME_MASK) / PAGE_SIZE);
}

/**
 * fake_loaded_root - the root that the processor has
 * @users: for programs
 *
 * Return: NULL where there is none.
 */
void *fake_loaded_root(bool users)
{
	const struct fake_page *root = users ? fake_user_root : fake_root;

	return root ? root->words : NULL;
}

/**
 * fake_note_use - the processor uses an entry
 * @entry: of a page of host_memory
 * @bits: PTE_ACCESSED, PTE_DIRTY
 */
void fake_note_use(uint64_t *entry, uint64_t bits)
{
	unsigned long place = entry - host_memory[0];

	*entry |= bits;
	if (is_known[place / ENTRIES])
		known[place / ENTRIES][place % ENTRIES] |= bits;
}

/* fake_stale - entries that were taken away and a TLB may still have */
unsigned int fake_stale(void)
{
	unsigned int slot, nr = 0;

	for (slot = 0; slot < ENTRIES; slot++)
		nr += stale[slot];
	return nr;
}

/* fake_wrong - what was done that a processor would have trapped; or NULL */
const char *fake_wrong(void)
{
	look_for_stores();
	return *wrong ? wrong : NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables of our own making: the calls, and the pages that they are made
 * of.  The tables that the guest runs on stay as they are.
 */
#include <guest.h>

#include "table_pages.h"

/* The pages of both spaces; a row may use them as it likes. */
_Alignas(PAGE_SIZE) u64 table_pages[TABLE_PAGES][ENTRIES];
static bool pinned[TABLE_PAGES];
static const void *loaded;

struct space space_a = {
	.root = table_pages[0],
	.private = table_pages[1],
	.middle = table_pages[IS_64BIT ? 2 : 1],
	.bottom = table_pages[3],
	.data = table_pages[4],
};

struct space space_b = {
	.root = table_pages[5],
	.private = table_pages[6],
	.middle = table_pages[IS_64BIT ? 7 : 6],
	.bottom = table_pages[8],
	.data = table_pages[9],
};

/**
 * entry_of - an entry for a page of the image
 * @page: its address
 * @flags: PTE_PRESENT and what else
 */
u64 entry_of(const void *page, u64 flags)
{
	return (u64)mfn_of(page) * PAGE_SIZE | flags;
}

/**
 * set_mapping - change the entry by which an address is mapped
 * @address: in a page that has a table
 * @entry: for the processor: a machine frame
 *
 * The only call whose arguments are others in 32 bits.
 *
 * Return: Xen's answer.
 */
int set_mapping(const void *address, u64 entry)
{
#ifdef __x86_64__
	return hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)address,
			 entry, UVMF_INVLPG, 0);
#else
	return hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)address,
			 entry, entry >> 32, UVMF_INVLPG);
#endif
}

/**
 * set_page - change how a page is mapped at its own address
 * @address: of the page
 * @flags: PTE_PRESENT and what else; 0 takes the mapping away
 *
 * Return: Xen's answer.
 */
int set_page(const void *address, unsigned int flags)
{
	u64 entry = 0;

	if (flags & PTE_PRESENT)
		entry = (u64)mfn_of(address) * PAGE_SIZE | flags | PTE_ACCESSED;
	return set_mapping(address, entry);
}

/**
 * page_behind - the table that an entry leads to, if it is one of ours
 * @entry: present
 *
 * Return: its address; NULL where the frame is not the guest's.
 */
u64 *page_behind(u64 entry)
{
	return page_of((entry & FRAME_MASK) / PAGE_SIZE);
}

static unsigned int index_of(const void *address, unsigned int level)
{
	return (unsigned long)address >> (12 + 9 * (level - 1)) & (ENTRIES - 1);
}

/**
 * slot_below - the entry for an address
 * @root: of the tables
 * @address: any whose tables are there down to that level
 * @level: 1 for the one that maps a page
 */
u64 *slot_below(u64 *root, const void *address, unsigned int level)
{
	unsigned int at = ROOT_LEVEL;
	u64 *table = root;

	for (; at > level; at--)
		table = page_behind(table[index_of(address, at)]);
	return &table[index_of(address, level)];
}

/**
 * slot_of - the entry by which the guest runs
 * @address: as slot_below() has it
 * @level: the same
 */
u64 *slot_of(const void *address, unsigned int level)
{
	return slot_below(kernel_root, address, level);
}

/* protect - map a page read-only, as a table has to be */
int protect(const void *page)
{
	return set_page(page, PTE_PRESENT);
}

/* unprotect - map a page writable again, which it may be while it is no table */
int unprotect(const void *page)
{
	return set_page(page, PTE_PRESENT | PTE_WRITE);
}

static int mmuext(unsigned int cmd, const void *page)
{
	struct mmuext_op op = {
		.cmd = cmd,
		.arg1.mfn = page ? mfn_of(page) : 0,
	};

	return hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0,
			 DOMID_SELF);
}

static void note_pinned(const void *page, bool is)
{
	unsigned int i;

	for (i = 0; i < TABLE_PAGES; i++)
		if (page == table_pages[i])
			pinned[i] = is;
}

/**
 * pin - have Xen keep a page the table that it is
 * @page: read-only
 * @level: 1 to 4
 *
 * Return: Xen's answer.
 */
int pin(const void *page, unsigned int level)
{
	int rc = mmuext(MMUEXT_PIN_L1_TABLE + level - 1, page);

	if (!rc && level <= ROOT_LEVEL)
		note_pinned(page, true);
	return rc;
}

/**
 * unpin - undo pin()
 * @page: pinned
 *
 * Return: Xen's answer.
 */
int unpin(const void *page)
{
	int rc = mmuext(MMUEXT_UNPIN_TABLE, page);

	if (!rc)
		note_pinned(page, false);
	return rc;
}

/**
 * mmu_update - write an entry by its machine address
 * @ptr: with the command in its lowest bits
 * @value: the entry
 *
 * Return: Xen's answer.
 */
int mmu_update(u64 ptr, u64 value)
{
	struct mmu_update update = { .ptr = ptr, .val = value };

	return hypercall(__HYPERVISOR_mmu_update, (unsigned long)&update, 1, 0,
			 DOMID_SELF);
}

/**
 * set_entry - write an entry of a table
 * @slot: where it is
 * @value: the entry
 *
 * Return: Xen's answer.
 */
int set_entry(u64 *slot, u64 value)
{
	return mmu_update(entry_of(slot, (unsigned long)slot % PAGE_SIZE),
			  value);
}

/**
 * load_root - run on other tables
 * @root: pinned or not
 *
 * Return: Xen's answer.
 */
int load_root(const void *root)
{
	int rc = mmuext(MMUEXT_NEW_BASEPTR, root);

	if (!rc)
		loaded = root;
	return rc;
}

/**
 * load_user_root - run user mode on other tables
 * @root: NULL for none
 *
 * Return: Xen's answer; 32-bit: 0, there is only one root.
 */
int load_user_root(const void *root)
{
	return IS_64BIT ? mmuext(MMUEXT_NEW_USER_BASEPTR, root) : 0;
}

/**
 * space_fill - write the tables of a space, which are still ordinary memory
 * @space: its pages
 */
void space_fill(const struct space *space)
{
	memcpy(space->root, kernel_root, PAGE_SIZE);
	if (!IS_64BIT)
		memcpy(space->private, page_behind(space->root[PRIVATE_SLOT]),
		       XEN_FIRST * sizeof(u64));
	else
		space->private[0] = entry_of(space->middle, TABLE_FLAGS);
	space->root[PRIVATE_SLOT] = entry_of(space->private, ROOT_FLAGS);
	space->middle[0] = entry_of(space->bottom, TABLE_FLAGS);
	space->bottom[0] = entry_of(space->data, DATA_FLAGS);
}

/**
 * space_protect - make all tables of a space read-only
 * @space: its pages
 *
 * Return: whether Xen did so.
 */
bool space_protect(const struct space *space)
{
	return !protect(space->root) && !protect(space->private) &&
	       !protect(space->middle) && !protect(space->bottom);
}

/**
 * space_ready - a space that can be pinned
 * @space: its pages
 *
 * Return: false where not, and the row has an ERROR.
 */
bool space_ready(const struct space *space)
{
	space_fill(space);
	if (space_protect(space))
		return true;
	broken("the tables cannot be made read-only");
	return false;
}

/**
 * pages_reset - make all pages of both spaces ordinary memory
 *
 * Return: false where Xen still holds one for something else.
 */
bool pages_reset(void)
{
	unsigned int i;

	if (loaded && loaded != kernel_root && load_root(kernel_root))
		return false;
	if (set_entry(slot_of((void *)SCRATCH, 2), 0))
		return false;
	for (i = 0; i < TABLE_PAGES; i++)
		if (pinned[i] && unpin(table_pages[i]))
			return false;
	for (i = 0; i < TABLE_PAGES; i++)
		if (unprotect(table_pages[i]))
			return false;
	memset(table_pages, 0, sizeof(table_pages));
	return true;
}

/**
 * with_pages - run a row that uses these pages
 * @row: arg[0] is the row's function
 */
void with_pages(const struct row *row)
{
	void (*run)(const struct row *row) = (void *)row->arg[0];

	if (!pages_reset()) {
		broken("pages of an earlier row are still in use");
		return;
	}
	run(row);
	expect_true("all pages are ordinary memory again", pages_reset());
}

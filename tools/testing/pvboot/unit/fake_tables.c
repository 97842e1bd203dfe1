// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest does with page tables: mmu_update, mmuext_op, update_va_mapping,
 * and stores by the addresses that are mapped.
 */
#include "fake_memory.h"

#define PAGE_FAULT	14
#define PF_PROTECTION	1
#define PF_WRITE	2

static unsigned int slot_in_page(u64 address)
{
	return address % PAGE_SIZE / sizeof(u64);
}

static int update(const struct mmu_update *update)
{
	unsigned int cmd = update->ptr % sizeof(u64);
	struct fake_page *page = fake_page_of(update->ptr);

	if (cmd != MMU_NORMAL_PT_UPDATE && cmd != MMU_PT_UPDATE_PRESERVE_AD)
		return -ENOSYS;
	if (!page)
		return -EINVAL;
	if (!page->count || page->type == FAKE_WRITABLE) {
		page->words[slot_in_page(update->ptr)] = update->val;
		return 0;
	}
	return fake_change_entry(page, slot_in_page(update->ptr), update->val,
				 cmd == MMU_PT_UPDATE_PRESERVE_AD);
}

static int updates(const struct mmu_update *list, unsigned int nr,
		   unsigned int *done)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < nr; i++) {
		rc = update(&list[i]);
		if (rc)
			break;
	}
	if (done)
		*done += i;
	return rc;
}

static int pin_page(struct fake_page *page, enum fake_type type)
{
	int rc;

	if (type > ROOT_LEVEL)
		return 0;
	if (!page)
		return -EINVAL;
	rc = fake_get_type(page, type);
	if (rc)
		return rc;
	if (page->pinned) {
		fake_put_type(page);
		return -EINVAL;
	}
	page->pinned = true;
	return 0;
}

static int unpin_page(struct fake_page *page)
{
	if (!page || !page->pinned)
		return -EINVAL;
	page->pinned = false;
	fake_put_type(page);
	return 0;
}

static int new_root(struct fake_page **root, struct fake_page *page)
{
	int rc;

	if (page == *root)
		return 0;
	if (page) {
		rc = fake_get_type(page, ROOT_LEVEL);
		if (rc)
			return rc;
	}
	if (*root)
		fake_put_type(*root);
	*root = page;
	return 0;
}

static int extended(const struct mmuext_op *op)
{
	struct fake_page *page = fake_page_of((u64)op->arg1.mfn * PAGE_SIZE);

	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return pin_page(page, FAKE_L1 + op->cmd - MMUEXT_PIN_L1_TABLE);
	case MMUEXT_UNPIN_TABLE:
		return unpin_page(page);
	case MMUEXT_NEW_BASEPTR:
		return page ? new_root(&fake_root, page) : -EINVAL;
	case MMUEXT_NEW_USER_BASEPTR:
		if (!page && op->arg1.mfn)
			return -EINVAL;
		return new_root(&fake_user_root, page);
	default:
		return -ENOSYS;
	}
}

static int va_mapping(unsigned long address, u64 value)
{
	struct fake_page *page;
	u64 *entry;

	if (address >= HYPERVISOR_VIRT_START &&
	    (!IS_64BIT || address < PRIVATE_START))
		return -EINVAL;
	entry = fake_walk(address, 2);
	if (!entry || !(*entry & PTE_PRESENT))
		return -EINVAL;
	page = fake_page_of(*entry);
	return fake_change_entry(page, address / PAGE_SIZE % ENTRIES, value,
				 false);
}

long hypercall(unsigned int nr, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d)
{
	(void)d;
	switch (nr) {
	case __HYPERVISOR_mmu_update:
		return updates((const void *)a, b, (unsigned int *)c);
	case __HYPERVISOR_mmuext_op:
		return extended((const void *)a);
	case __HYPERVISOR_update_va_mapping:
		return va_mapping(a, IS_64BIT ? b : b | (u64)c << 32);
	default:
		return -ENOSYS;
	}
}

static u64 *word_behind(unsigned long address, u64 noted)
{
	u64 *entry = fake_walk(address, 1);

	*entry |= noted;
	return &fake_page_of(*entry)->words[slot_in_page(address)];
}

unsigned long read_word(unsigned long address)
{
	return *word_behind(address, PTE_ACCESSED);
}

void write_word(unsigned long address, unsigned long value)
{
	*word_behind(address, PTE_ACCESSED | PTE_DIRTY) = value;
}

static bool fault(struct seen *seen, const void *to)
{
	seen->regs.entry = PAGE_FAULT;
	seen->regs.error_code = PF_PROTECTION | PF_WRITE;
	seen->cr2 = (unsigned long)to;
	return true;
}

/* The table that an address lies in, if a store to it is carried out */
static struct fake_page *stored_to(const void *to)
{
	struct fake_page *page = fake_page_of(entry_of(to, 0));

	return page->count && page->type == FAKE_L1 ? page : NULL;
}

bool store_entry(struct seen *seen, u64 *to, u64 value)
{
	struct fake_page *page = stored_to(to);

	if (!page ||
	    fake_change_entry(page, slot_in_page((unsigned long)to), value,
			      false))
		return fault(seen, to);
	return false;
}

bool store_half(struct seen *seen, u32 *to, u32 value)
{
	u64 *whole = (u64 *)((unsigned long)to & ~7UL), entry = *whole;
	bool upper = (unsigned long)to & 4;

	if (upper)
		entry = (u32)entry | (u64)value << 32;
	else
		entry = (entry & ~0xffffffffULL) | value;
	if (!store_entry(seen, whole, entry))
		return false;
	/* A 32-bit guest has swapped the halves, and the other one follows. */
	if (!IS_64BIT && upper)
		return store_entry(seen, whole, entry & ~(u64)PTE_PRESENT);
	return fault(seen, to);
}

bool compare_and_swap(struct seen *seen, u64 *to, u64 *old, u64 value)
{
	u64 was = *to;

	if (was != *old) {
		*old = was;
		return false;
	}
	return store_entry(seen, to, value);
}

bool clear_bit(struct seen *seen, u64 *to, unsigned long bit)
{
	return store_entry(seen, to, *to & ~(1ULL << bit));
}

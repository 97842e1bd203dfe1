/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables of our own making, for the rows that try Xen's rules on them.
 * An entry of any level has 64 bits in both widths.
 *
 * table_pages.c and the rows of test_tables.c, test_top_level.c and test_entries.c
 * are compiled for the guest, where Xen answers, and into the unit program,
 * where fake_memory.c does: each has a <guest.h> of its own.
 */
#ifndef PVBOOT_GUEST_TABLE_PAGES_H
#define PVBOOT_GUEST_TABLE_PAGES_H

#define ENTRIES		512

/* What differs from one width to the other */
#ifdef __x86_64__
#define ROOT_LEVEL	4
/* The entry of the root that leads to a space's private part, and its start */
#define PRIVATE_SLOT	272
#define PRIVATE_START	0xffff880000000000UL
#define ROOT_FLAGS	TABLE_FLAGS
/* Entries of the root that are Xen's */
#define XEN_FIRST	256
#define XEN_LAST	271
#else
#define ROOT_LEVEL	3
#define PRIVATE_SLOT	3
#define PRIVATE_START	0xc0000000UL
#define ROOT_FLAGS	PTE_PRESENT
/* Entries of slot 3's L2 that are Xen's */
#define XEN_FIRST	(HYPERVISOR_VIRT_START >> 21 & (ENTRIES - 1))
#define XEN_LAST	(ENTRIES - 1)
#endif

#define TABLE_FLAGS	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define DATA_FLAGS	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)

/* No table that the guest runs on covers it, and the one above is there. */
#define SCRATCH		0x50000000UL

/**
 * struct space - pages for an address space with a private part
 * @root: a copy of the root that the guest runs on but for PRIVATE_SLOT
 * @private: 64-bit: an L3; 32-bit: a copy of the L2 of its slot 3
 *	without Xen's entries
 * @middle: 64-bit: the L2 below it
 * @bottom: the L1 of PRIVATE_START
 * @data: what PRIVATE_START maps
 *
 * In 32 bits @middle is @private: what @bottom is linked in.
 */
struct space {
	u64 *root, *private, *middle, *bottom, *data;
};

extern struct space space_a, space_b;

/* The pages of both, which a row may use as it likes */
#define TABLE_PAGES	10
extern u64 table_pages[TABLE_PAGES][ENTRIES];

/**
 * struct boot_pages - pages for test_boot_tables.c
 * @first: copies of the tables that the guest was given
 * @second: a root, and the L2 of its slot 3
 * @further: an L1
 */
struct boot_pages {
	u64 first[16][ENTRIES];
	u64 second[2][ENTRIES];
	u64 further[ENTRIES];
} __attribute((aligned(4096)));

extern struct boot_pages boot_pages;

u64 entry_of(const void *page, u64 flags);
u64 *page_behind(u64 entry);
u64 *slot_below(u64 *root, const void *address, unsigned int level);
u64 *slot_of(const void *address, unsigned int level);

int protect(const void *page);
int unprotect(const void *page);
int pin(const void *page, unsigned int level);
int unpin(const void *page);
int mmu_update(u64 ptr, u64 value);
int set_entry(u64 *slot, u64 value);
int load_root(const void *root);
int load_user_root(const void *root);

void space_fill(const struct space *space);
bool space_protect(const struct space *space);
bool space_ready(const struct space *space);
bool pages_reset(void);
void with_pages(const struct row *row);

/* A row whose pages are ordinary memory before and after */
#define ON_PAGES(name, run, ...) { name, with_pages, { (long)(run), __VA_ARGS__ } }

/*
 * stores.c: memory by any address that is mapped.  Those that return bool
 * return whether they trapped.
 */
unsigned long read_word(unsigned long address);
void write_word(unsigned long address, unsigned long value);
bool store_entry(struct seen *seen, u64 *to, u64 value);
bool store_half(struct seen *seen, u32 *to, u32 value);
bool compare_and_swap(struct seen *seen, u64 *to, u64 *old, u64 value);
bool clear_bit(struct seen *seen, u64 *to, unsigned long bit);

#endif /* PVBOOT_GUEST_TABLE_PAGES_H */

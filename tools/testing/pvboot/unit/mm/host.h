/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What linux_host.c and linux_space.c do in Linux's place, for the cases.
 */
#ifndef PVBOOT_MM_HOST_H
#define PVBOOT_MM_HOST_H

#include "linux_mm.h"

/* PAE: Xen's first entry in the table of slot 3 */
#define HOST_XEN_FIRST	(HYPERVISOR_VIRT_START >> 21 & 511)

/**
 * struct host_failures - which one fails, from 1 on; 0 for none
 * @pages: allocations of pages and of memory
 * @charges: to a memory cgroup
 * @constructors: of tables
 */
struct host_failures {
	unsigned int pages, charges, constructors;
};

extern struct host_failures host_failures;

/* linux_host.c */
void host_boot_begin(void);
void host_boot(void);
void host_keep_tables(void);
void host_wait(void);
void host_get(const void *page);
void host_put(const void *page);
unsigned int host_pages_used(void);
unsigned int host_count_masked(void);
void host_copy_kernel(u64 *root);
void host_drop_kernel(u64 *root);
void host_enter_lazy(void);
void host_leave_lazy(void);

/* linux_space.c */
#define USER_FLAGS	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)

struct mm_struct *host_new_space(void);
struct mm_struct *host_child_space(void);
void host_load_space(struct mm_struct *mm);
void host_drop_space(struct mm_struct *mm);
void host_fork(struct mm_struct *child, struct mm_struct *parent);
u64 *host_table(struct mm_struct *mm, unsigned long address,
		unsigned int level);
pte_t *host_pte(struct mm_struct *mm, unsigned long address);
u64 *host_link(struct mm_struct *mm, unsigned long address, unsigned int level);
void host_unlink(struct mm_struct *mm, unsigned long address,
		 unsigned int level);
void host_free_table(u64 *table);
u64 *host_map(struct mm_struct *mm, unsigned long address);
void host_unmap(struct mm_struct *mm, unsigned long address);

#endif /* PVBOOT_MM_HOST_H */

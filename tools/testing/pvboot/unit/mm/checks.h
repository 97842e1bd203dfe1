/* SPDX-License-Identifier: GPL-2.0 */
/* What the cases about memory share.  Each begins with a guest that is up. */
#ifndef PVBOOT_MM_CHECKS_H
#define PVBOOT_MM_CHECKS_H

#include "linux_mm.h"
#include "../../../../../arch/x86/xen/mm/mm.h"

#include "host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CASE(function)	cmocka_unit_test_setup(function, booted)

/* Two in one table, and one below another table of the next level */
#define HERE		0x400000UL
#define NEXT		0x401000UL
#define FAR		0x60000000UL

#define ROOT		XEN_PV_ROOT_LEVEL

int booted(void **state);
void note_all(void);
void must_be_sound(void);
void must_be_back(void);
void must_be_told(const char *part);
void must_be_told_times(unsigned int nr, const char *part);
void must_be_quiet(void);
void must_be_table(const void *table, unsigned int level, unsigned int count);
void must_be_memory(const void *page, unsigned int count);
struct mm_struct *known_space(void);
void drop_all_kept(void);

/* new_tables.c, pools.c: asm/pgtable.h has them, by a patch */
struct ptdesc *xen_pv_alloc_table(struct mm_struct *mm, unsigned int level,
				  gfp_t gfp);
bool xen_pv_keep_table(struct ptdesc *table);
pgd_t *xen_pv_take_root(struct mm_struct *mm);
bool xen_pv_keep_root(pgd_t *root);

/* updates.c: the same */
void xen_pv_set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		       pte_t pte);
bool xen_pv_ptep_clear_flush(struct vm_area_struct *vma, unsigned long address,
			     pte_t *ptep, pte_t *old);

int run_mm_boot(void);
int run_mm_tables(void);
int run_mm_updates(void);
int run_mm_spaces(void);
int run_mm_pools(void);
int run_mm_failures(void);

#endif /* PVBOOT_MM_CHECKS_H */

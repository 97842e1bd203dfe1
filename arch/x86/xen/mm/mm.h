/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interfaces between the files of memory management, in the order in which a
 * reader needs them.
 *
 * A table page is writable memory until Xen has to know it, is mapped
 * read-only and typed by Xen as long as it does (PagePinned), and is changed
 * by hypercalls in that time.  Levels have Xen's numbers: 1 is the lowest.
 */
#ifndef _ARCH_X86_XEN_MM_MM_H
#define _ARCH_X86_XEN_MM_MM_H

#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>
#include <xen/pvboot/entry.h>
#include <xen/pvboot/geometry.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "../multicalls.h"
#include "../pv.h"

/*
 * A table's level is in its pt_index, 0 for the kernel's.  Linux 6.12 has other numbers
 * there where it notes what memory of the boot's is for: these are the kernel's, too.
 */
#define XEN_PV_PROMISED		BIT(8)	/* pools.c */

static inline unsigned int xen_pv_process_level(const struct ptdesc *table)
{
	unsigned long level = table->pt_index & ~XEN_PV_PROMISED;

	return level <= XEN_PV_ROOT_LEVEL ? level : 0;
}

/*
 * Adding to this CPU's queue, between xen_mc_batch() and xen_mc_issue().
 * Inline, so that a failure is told with the name of the caller.
 */

/* @ptr: machine address of an entry, and MMU_*; @val: the machine's entry */
static __always_inline void xen_pv_queue_update(u64 ptr, u64 val)
{
	struct multicall_space space;
	struct mmu_update *update;

	space = xen_mc_extend_args(__HYPERVISOR_mmu_update, sizeof(*update));
	if (space.mc) {
		space.mc->args[1]++;
	} else {
		space = __xen_mc_entry(sizeof(*update));
		MULTI_mmu_update(space.mc, space.args, 1, NULL, DOMID_SELF);
	}
	update = space.args;
	update->ptr = ptr;
	update->val = val;
}

/* @cmd: MMUEXT_*, one that takes a frame and no more; @mfn: 0 for none */
static __always_inline void xen_pv_queue_ext(unsigned int cmd,
					     unsigned long mfn)
{
	struct multicall_space space;
	struct mmuext_op *op;

	space = xen_mc_extend_args(__HYPERVISOR_mmuext_op, sizeof(*op));
	if (space.mc) {
		space.mc->args[1]++;
	} else {
		space = __xen_mc_entry(sizeof(*op));
		MULTI_mmuext_op(space.mc, space.args, 1, NULL, DOMID_SELF);
	}
	op = space.args;
	op->cmd = cmd;
	op->arg1.mfn = mfn;
}

/* @address: mapped by the tables that this CPU has loaded; @flags: UVMF_* */
static __always_inline void xen_pv_queue_va(unsigned long address, pte_t val,
					    unsigned long flags)
{
	struct multicall_space space = __xen_mc_entry(0);

	MULTI_update_va_mapping(space.mc, address, val, flags);
}

/* @pfn: mapped by the direct map */
static __always_inline void xen_pv_queue_prot(unsigned long pfn, pgprot_t prot,
					      unsigned long flags)
{
	xen_pv_queue_va((unsigned long)__va(PFN_PHYS(pfn)), pfn_pte(pfn, prot),
			flags);
}

/* entries.c, entry_ops.S: conversions, called with all registers preserved */
__visible pteval_t xen_pv_pte_val(pte_t pte);
__visible pmdval_t xen_pv_pmd_val(pmd_t pmd);
__visible pte_t xen_pv_make_pte(pteval_t val);
asmlinkage void xen_pv_fast_pte_val(void);
asmlinkage void xen_pv_fast_table_val(void);
asmlinkage void xen_pv_fast_make(void);
void __init xen_pv_install_entry_ops(void);

/* tables.c: the life of a table page */
DECLARE_STATIC_KEY_FALSE(xen_pv_pages_ready);

/**
 * xen_pv_is_table - whether an entry's page is a table that Xen knows
 * @entry: in the direct map, or anywhere before struct pages are ready
 *
 * Context: any; the caller's lock on the table keeps the answer true.
 *
 * Return: true where the entry can be changed by hypercalls only.
 */
static __always_inline bool xen_pv_is_table(const void *entry)
{
	if (!static_branch_likely(&xen_pv_pages_ready))
		return true;
	return PagePinned(virt_to_page(entry));
}

/**
 * xen_pv_user_root - the root of the programs that belong to a kernel's root
 * @root: any entry of the kernel's, in the direct map
 *
 * Return: it, NULL where there is none: init_mm runs no program.
 */
static inline pgd_t *xen_pv_user_root(const void *root)
{
	if (!XEN_PV_USER_ROOTS || !static_branch_likely(&xen_pv_pages_ready))
		return NULL;
	return (pgd_t *)page_private(virt_to_page(root));
}

void __init xen_pv_install_boot_table_ops(void);
void __init xen_pv_install_table_ops(void);
int xen_pv_set_direct_pte(unsigned long address, pte_t val, unsigned long flags);
void __init xen_pv_table_op(unsigned int cmd, unsigned long pfn);
bool xen_pv_make_table(struct page *page, unsigned int level);
void xen_pv_queue_pin(unsigned long pfn, unsigned int level);
void xen_pv_queue_unpin(unsigned long pfn, unsigned int level);

/* pools.c: tables between two address spaces; asm/pgtable.h has the others */
void __init xen_pv_init_pools(void);
struct ptdesc *xen_pv_take_kept(unsigned int level);
void xen_pv_release_table(unsigned long pfn);
unsigned int xen_pv_nr_kept(unsigned int level);

/* updates.c: changes of entries; asm/pgtable.h has the first three as well */
pte_t xen_pv_ptep_get_and_clear(struct mm_struct *mm, pte_t *ptep);
pte_t xen_pv_ptep_zap(struct mm_struct *mm, pte_t *ptep, bool dead);
void xen_pv_ptep_set_wrprotect(pte_t *ptep);
void __init xen_pv_install_boot_update_ops(void);
void __init xen_pv_install_late_boot_update_ops(void);
void __init xen_pv_install_update_ops(void);

/* upper_updates.c: changes of entries above the lowest level */
void __init xen_pv_install_boot_upper_ops(void);
void __init xen_pv_install_late_boot_upper_ops(void);
void __init xen_pv_install_upper_ops(void);

/* tlb.c */
void __init xen_pv_install_tlb_ops(void);
void xen_pv_flush_all(void);

/* pinning.c: all tables of an address space */
extern struct mm_struct xen_pv_no_process;
int xen_pv_pin_space(struct mm_struct *mm, pgd_t *pgd);
void xen_pv_unpin_space(struct mm_struct *mm, pgd_t *pgd);
void xen_pv_unpin_roots(pgd_t *root);
void __init xen_pv_mark_tables(void);

/* spaces.c: address spaces */
bool xen_pv_copies_much(struct mm_struct *mm);
void __init xen_pv_install_boot_space_ops(void);
void __init xen_pv_install_root_op(void);
void __init xen_pv_install_space_ops(void);

/* boot_pages.c: what the domain builder has made */
void __init xen_pv_set_boot_prot(void *page, pgprot_t prot, unsigned long flags);
void __init xen_pv_keep_boot_tables(void *const unused[], unsigned int nr);

/* boot_tables.c, boot_tables_32.c: from Xen's tables to the kernel's own */
#ifdef CONFIG_X86_VSYSCALL_EMULATION
extern pud_t xen_pv_vsyscall_l3[PTRS_PER_PUD];
#endif

#ifdef CONFIG_X86_32
void __init xen_pv_adopt_root(unsigned long cr3);
#endif

/* shadow.c: KASAN's; xen/pvboot/shadow.h has what kasan_init() calls */
#ifdef CONFIG_KASAN
void __init xen_pv_adopt_shadow(const pgd_t *root);
bool xen_pv_is_early_shadow(unsigned long pfn);
void __init xen_pv_release_early_shadow(void);
#else
static inline void xen_pv_adopt_shadow(const pgd_t *root)
{
}

static inline bool xen_pv_is_early_shadow(unsigned long pfn)
{
	return false;
}

static inline void xen_pv_release_early_shadow(void)
{
}
#endif

void __init xen_pv_note_boot_list(void);
extern unsigned long xen_pv_boot_list_pfn, xen_pv_boot_list_nr;
__visible pte_t xen_pv_boot_make_pte(pteval_t val);
asmlinkage void xen_pv_fast_boot_make(void);

/* p2m_space.c: where the list that came with the boot lies */
void __init xen_pv_relocate_p2m(void);
void __init xen_pv_release_boot_p2m(void);

/* memory_map.c, boot_conflicts.c, remap.c */
unsigned long __ref xen_pv_extra_mem_frame(unsigned long pfn);
void __init xen_pv_enter_extra_mem(void);
void __init xen_pv_require_memory(phys_addr_t start, phys_addr_t size,
				  const char *component);
phys_addr_t __init xen_pv_reserve_free(phys_addr_t size);
void __init xen_pv_remap_memory(void);

/* p2m_build.c, nonram.c */
void __init xen_pv_vmalloc_p2m_tree(void);
void __init xen_pv_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr,
				    unsigned long size);
void __init xen_pv_do_remap_nonram(void);

/* fixmap.c */
void __init xen_pv_install_fixmap_ops(void);

/* contiguous.c */
void __init xen_pv_init_contiguous(void);

#endif /* _ARCH_X86_XEN_MM_MM_H */

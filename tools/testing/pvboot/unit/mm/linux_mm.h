/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of Linux as the files of arch/x86/xen/mm/ need: memory, entries,
 * pv_ops, and the hypercalls that change page tables.
 *
 * A pfn is a page of host_memory[].  The direct map is where this process has
 * it, as fake_memory.c's tables say, too.
 */
#ifndef PVBOOT_LINUX_MM_H
#define PVBOOT_LINUX_MM_H

#include "linux_host.h"
#include "fake_frames.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096UL
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PFN_PHYS(pfn)	((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PFN_DOWN(phys)	((unsigned long)((phys) >> PAGE_SHIFT))
#define offset_in_page(address)	((unsigned long)(address) & ~PAGE_MASK)

#define PTRS_PER_PTE	512
#define PTRS_PER_PUD	512
#ifdef CONFIG_X86_64
#define PTRS_PER_PGD	512
#define PGDIR_SHIFT	39
#else
#define PTRS_PER_PGD	4
#define PGDIR_SHIFT	30
#endif

/*
 * Pages
 */

/* What Linux has in two structures for one page */
struct page {
	unsigned int uses;
	bool leaked;
	bool charged;
	bool slot_3;
	bool pinned, save_pinned;
	unsigned long private;
	spinlock_t ptl;		/* entries of a table */
	unsigned long pt_index;
	struct list_head pt_list;
	struct mm_struct *pt_mm;
};

#define ptdesc		page
#define page_ptdesc(page)	(page)
#define ptdesc_page(table)	(table)
#define page_folio(page)	(page)

extern struct page host_pages[HOST_PAGES];

#define host_pfn(address) \
	(((unsigned long)(address) - (unsigned long)host_memory) / PAGE_SIZE)
#define __pa(address)	((unsigned long)(address) - (unsigned long)host_memory)
#define __pa_symbol(address)	__pa(address)
#define __va(phys)	((void *)((unsigned long)host_memory + (unsigned long)(phys)))
#define pfn_valid(pfn)	((pfn) < HOST_PAGES)
#define pfn_to_page(pfn)	(&host_pages[pfn])
#define page_to_pfn(page)	((unsigned long)((page) - host_pages))
#define virt_to_page(address)	pfn_to_page(host_pfn(address))
#define virt_to_ptdesc(address)	virt_to_page(address)
#define page_address(page)	((void *)host_memory[page_to_pfn(page)])
#define ptdesc_address(table)	page_address(table)
#define page_private(page)	((page)->private)
#define set_page_private(page, value)	((void)((page)->private = (value)))
#define ptlock_ptr(table)	(&(table)->ptl)

#define PagePinned(page)	((page)->pinned)
#define SetPagePinned(page)	((void)((page)->pinned = true))
#define ClearPagePinned(page)	((void)((page)->pinned = false))
#define PageSavePinned(page)	((page)->save_pinned)
#define SetPageSavePinned(page)	((void)((page)->save_pinned = true))
#define ClearPageSavePinned(page)	((void)((page)->save_pinned = false))

static inline bool TestSetPagePinned(struct page *page)
{
	bool before = page->pinned;

	page->pinned = true;
	return before;
}

static inline bool TestClearPagePinned(struct page *page)
{
	bool before = page->pinned;

	page->pinned = false;
	return before;
}

typedef int gfp_t;
#define GFP_KERNEL		0
#define GFP_PGTABLE_USER	1
#define pgd_allocation_order()	0
#define totalram_pages()	host_ram_pages

extern unsigned long host_ram_pages;

unsigned long __get_free_page(int gfp);
void free_page(unsigned long address);
void __free_page(struct page *page);
bool get_page_unless_zero(struct page *page);
void *kzalloc_node(size_t size, int gfp, int node);
#define slab_is_available()	host_has_slab
extern bool host_has_slab;
int memcg_kmem_charge_page(struct page *page, int gfp, unsigned int order);
void memcg_kmem_uncharge_page(struct page *page, unsigned int order);
struct page *pagetable_alloc_noprof(gfp_t gfp, unsigned int order);
bool pagetable_pte_ctor(struct mm_struct *mm, struct page *table);
bool pagetable_pmd_ctor(struct mm_struct *mm, struct page *table);
void pagetable_pud_ctor(struct page *table);
#define NR_PAGETABLE	0
#define lruvec_stat_mod_folio(folio, item, nr)	((void)(folio))

struct shrink_control {
	unsigned long nr_to_scan;
};

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker,
				       struct shrink_control *control);
	unsigned long (*scan_objects)(struct shrinker *shrinker,
				      struct shrink_control *control);
};

#define SHRINK_STOP	(~0UL)
#define SHRINK_EMPTY	(~0UL - 1)
extern struct shrinker *host_shrinker;
struct shrinker *shrinker_alloc(unsigned int flags, const char *name);
#define shrinker_register(shrinker)	((void)(host_shrinker = (shrinker)))

/*
 * The lists of frames
 */

#define INVALID_P2M_ENTRY	(~0UL)
#define xen_max_p2m_pfn		((unsigned long)HOST_PAGES)
#define __pfn_to_mfn(pfn)	((pfn) < HOST_PAGES ? host_p2m[pfn] : INVALID_P2M_ENTRY)
#define pfn_to_mfn(pfn)		__pfn_to_mfn(pfn)
#define mfn_to_pfn(mfn)		fake_pfn_of(mfn)
#define mfn_to_pfn_no_overrides(mfn)	fake_pfn_of(mfn)

extern unsigned long host_p2m[HOST_PAGES];
void make_lowmem_page_readonly(void *page);
void make_lowmem_page_readwrite(void *page);

typedef struct {
	u64 maddr;
} xmaddr_t;

static inline xmaddr_t virt_to_machine(const void *address)
{
	return (xmaddr_t){ PFN_PHYS(pfn_to_mfn(host_pfn(address))) |
			   offset_in_page(address) };
}

#define arbitrary_virt_to_machine(address)	virt_to_machine(address)

#include <xen/pvboot/entry.h>

/*
 * Entries
 */

typedef u64 pteval_t;
typedef u64 pmdval_t;
typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t;
typedef struct { u64 pgd; } pgd_t;
typedef struct { u64 pgprot; } pgprot_t;

#define _PAGE_PRESENT	0x001ULL
#define _PAGE_RW	0x002ULL
#define _PAGE_USER	0x004ULL
#define _PAGE_ACCESSED	0x020ULL
#define _PAGE_DIRTY	0x040ULL
#define _PAGE_UFFD	0x400ULL
#define _PAGE_NX	(1ULL << 63)
#define PTE_PFN_MASK	XEN_PV_ENTRY_FRAME
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | \
			 _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_KERNEL_RO	((pgprot_t){ _PAGE_PRESENT | _PAGE_ACCESSED | \
				     _PAGE_DIRTY | _PAGE_NX })
#define PAGE_KERNEL	((pgprot_t){ _PAGE_PRESENT | _PAGE_RW | \
				     _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX })

pteval_t xen_pv_pte_val(pte_t pte);
pmdval_t xen_pv_pmd_val(pmd_t pmd);
pte_t xen_pv_make_pte(pteval_t val);

#define native_make_pte(val)	((pte_t){ val })
#define __pte_ma(val)		((pte_t){ val })
#define pte_val_ma(entry)	((entry).pte)
#define pmd_val_ma(entry)	((entry).pmd)
#define pud_val_ma(entry)	((entry).pud)
#define p4d_val_ma(entry)	((entry).p4d)
#define pte_val(entry)		xen_pv_pte_val(entry)
#define pmd_val(entry)		xen_pv_pmd_val(entry)
#define __pte(val)		xen_pv_make_pte(val)
#define __pmd(val)		((pmd_t){ xen_pv_make_pte(val).pte })
#define __pud(val)		((pud_t){ xen_pv_make_pte(val).pte })
#define __p4d(val)		((p4d_t){ xen_pv_make_pte(val).pte })
#define __pgd(val)		((pgd_t){ xen_pv_make_pte(val).pte })
#define pfn_pte(pfn, prot)	__pte(PFN_PHYS(pfn) | (prot).pgprot)

#define ptep_get(ptep)		READ_ONCE(*(ptep))
#define pte_flags(entry)	((entry).pte & ~PTE_PFN_MASK)
#define pte_present(entry)	(!!((entry).pte & _PAGE_PRESENT))
#define pte_write(entry)	(!!((entry).pte & _PAGE_RW))
#define pte_dirty(entry)	(!!((entry).pte & _PAGE_DIRTY))
#define pte_none(entry)		(!((entry).pte & ~(_PAGE_ACCESSED | _PAGE_DIRTY)))
#define pte_wrprotect(entry)	((pte_t){ (entry).pte & ~_PAGE_RW })
#define pte_mkwrite_novma(entry)	((pte_t){ (entry).pte | _PAGE_RW })

#define native_set_pte(ptep, entry)	WRITE_ONCE(*(ptep), entry)
#define native_set_pmd(pmdp, entry)	WRITE_ONCE(*(pmdp), entry)
#define native_set_pud(pudp, entry)	WRITE_ONCE(*(pudp), entry)

static inline pte_t native_ptep_get_and_clear(pte_t *ptep)
{
	pte_t entry = *ptep;

	native_set_pte(ptep, __pte_ma(0));
	return entry;
}

static inline pte_t *lookup_address(unsigned long address, unsigned int *level)
{
	*level = 1;
	return (pte_t *)fake_direct_entry((void *)address);
}

#define is_early_ioremap_ptep(ptep) \
	(((unsigned long)(ptep) ^ (unsigned long)host_fixmap_entry) < PAGE_SIZE)
extern pte_t *host_fixmap_entry;

/*
 * Address spaces
 */

struct mm_struct {
	pgd_t *pgd;
	spinlock_t page_table_lock;	/* tables above the lowest level */
	unsigned long total_vm;
	unsigned long counters[2], rss, pgtables_bytes;
	bool moves;		/* nobody gathers what is unmapped */
	struct cpumask cpus;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
};

struct task_struct {
	struct mm_struct *mm;
};

struct tlb_state {
	struct mm_struct *loaded_mm;
};

struct flush_tlb_info {
	struct mm_struct *mm;
	unsigned long start, end;
};

#define TLB_FLUSH_ALL		(~0UL)
enum { MM_ANONPAGES, MM_SWAPENTS };
#define get_mm_counter(mm, counter)	((mm)->counters[counter])
#define get_mm_rss(mm)		((mm)->rss)
#define mm_pgtables_bytes(mm)	((mm)->pgtables_bytes)
#define mm_cpumask(mm)		(&(mm)->cpus)

extern struct mm_struct init_mm;
extern struct task_struct *current;
extern struct tlb_state cpu_tlbstate;
extern struct list_head pgd_list;
extern spinlock_t pgd_lock;
extern struct vcpu_info *xen_vcpu;
void leave_mm(void);
void pgd_free(struct mm_struct *mm, pgd_t *root);
void flush_tlb_page(struct vm_area_struct *vma, unsigned long address);
#define mm_tlb_flush_pending(mm)	(!(mm)->moves)
#define page_table_check_ptes_set(mm, addr, ptep, pte, nr) \
	((void)(mm), (void)(addr), (void)(ptep), (void)(pte))
#define mmu_notifier_arch_invalidate_secondary_tlbs(mm, start, end) \
	((void)(mm), (void)(start), (void)(end))

#define pgd_index(address) \
	((unsigned int)((address) >> PGDIR_SHIFT & (PTRS_PER_PGD - 1)))
#ifdef CONFIG_X86_64
#define GUARD_HOLE_END_ADDR	0xffff880000000000UL
#else
#define GUARD_HOLE_END_ADDR	0xc0000000UL
#endif

/*
 * pv_ops, which cases call
 */

#define __PV_IS_CALLEE_SAVE(fn)		((void (*)(void))(fn))
#define PV_CALLEE_SAVE(fn)		__PV_IS_CALLEE_SAVE(fn)
#define PV_CALLEE_SAVE_REGS_THUNK(fn)	struct host_thunk_of_##fn

struct host_mmu_ops {
	void (*read_cr2)(void);
	void (*write_cr2)(unsigned long cr2);
	unsigned long (*read_cr3)(void);
	void (*write_cr3)(unsigned long cr3);
	int (*pgd_alloc)(struct mm_struct *mm);
	void (*pgd_free)(struct mm_struct *mm, pgd_t *pgd);
	void (*enter_mmap)(struct mm_struct *mm);
	void (*exit_mmap)(struct mm_struct *mm);
	void (*alloc_pte)(struct mm_struct *mm, unsigned long pfn);
	void (*alloc_pmd)(struct mm_struct *mm, unsigned long pfn);
	void (*alloc_pud)(struct mm_struct *mm, unsigned long pfn);
	void (*release_pte)(unsigned long pfn);
	void (*release_pmd)(unsigned long pfn);
	void (*release_pud)(unsigned long pfn);
	void (*set_pte)(pte_t *ptep, pte_t pte);
	void (*set_pmd)(pmd_t *pmdp, pmd_t pmd);
	void (*set_pud)(pud_t *pudp, pud_t pud);
	void (*set_p4d)(p4d_t *p4dp, p4d_t p4d);
	pte_t (*ptep_modify_prot_start)(struct vm_area_struct *vma,
					unsigned long addr, pte_t *ptep);
	void (*ptep_modify_prot_commit)(struct vm_area_struct *vma,
					unsigned long addr, pte_t *ptep,
					pte_t pte);
	void (*flush_tlb_user)(void);
	void (*flush_tlb_kernel)(void);
	void (*flush_tlb_one_user)(unsigned long addr);
	void (*flush_tlb_multi)(const struct cpumask *cpus,
				const struct flush_tlb_info *info);
	void (*pte_val)(void);
	void (*pmd_val)(void);
	void (*pud_val)(void);
	void (*p4d_val)(void);
	void (*pgd_val)(void);
	void (*make_pte)(void);
	void (*make_pmd)(void);
	void (*make_pud)(void);
	void (*make_p4d)(void);
	void (*make_pgd)(void);
};

extern struct host_pv_ops {
	struct host_mmu_ops mmu;
} pv_ops;

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	pv_ops.mmu.set_pte(ptep, pte);
}

/* Calls that the kernel patches where they are made */
#define DECLARE_STATIC_KEY_FALSE(key)	extern bool key
#define DEFINE_STATIC_KEY_FALSE(key)	bool key
#define static_branch_likely(key)	(*(key))
#define static_branch_enable(key)	((void)(*(key) = true))

/*
 * Hypercalls
 */

#define xen_pv_domain()		true
#define xen_single_call		fake_single
#define HYPERVISOR_mmu_update(list, nr, done, domid)			\
	((int)fake_single(__HYPERVISOR_mmu_update, (unsigned long)(list), \
			  nr, (unsigned long)(done), domid, 0))
#define HYPERVISOR_mmuext_op(list, nr, done, domid)			\
	((int)fake_single(__HYPERVISOR_mmuext_op, (unsigned long)(list), \
			  nr, (unsigned long)(done), domid, 0))

static inline void host_fill(struct multicall_entry *call, unsigned long op,
			     const void *list, unsigned int nr,
			     unsigned int domid)
{
	call->op = op;
	call->args[0] = (unsigned long)list;
	call->args[1] = nr;
	call->args[2] = 0;
	call->args[3] = domid;
}

#define MULTI_mmu_update(call, list, nr, done, domid) \
	host_fill(call, __HYPERVISOR_mmu_update, list, nr, domid)
#define MULTI_mmuext_op(call, list, nr, done, domid) \
	host_fill(call, __HYPERVISOR_mmuext_op, list, nr, domid)

#ifdef CONFIG_X86_64
static inline int HYPERVISOR_update_va_mapping(unsigned long address,
					       pte_t entry, unsigned long flags)
{
	return fake_single(__HYPERVISOR_update_va_mapping, address,
			   pte_val_ma(entry), flags, 0, 0);
}

static inline void MULTI_update_va_mapping(struct multicall_entry *call,
					   unsigned long address, pte_t entry,
					   unsigned long flags)
{
	call->op = __HYPERVISOR_update_va_mapping;
	call->args[0] = address;
	call->args[1] = pte_val_ma(entry);
	call->args[2] = flags;
}
#else
#define _hypercall4(type, name, a, b, c, d) \
	((type)fake_single(__HYPERVISOR_##name, a, b, c, d, 0))

static inline int HYPERVISOR_update_va_mapping(unsigned long address,
					       pte_t entry, unsigned long flags)
{
	return fake_single(__HYPERVISOR_update_va_mapping, address,
			   pte_val_ma(entry), pte_val_ma(entry) >> 32, flags,
			   0);
}

static inline void MULTI_update_va_mapping(struct multicall_entry *call,
					   unsigned long address, pte_t entry,
					   unsigned long flags)
{
	call->op = __HYPERVISOR_update_va_mapping;
	call->args[0] = address;
	call->args[1] = pte_val_ma(entry);
	call->args[2] = pte_val_ma(entry) >> 32;
	call->args[3] = flags;
}
#endif

/*
 * What is included and not used here
 */

#define GDT_ENTRY_TLS_ENTRIES	3

typedef struct {
	u64 bits[2];
} gate_desc;

struct desc_struct;
struct desc_ptr;

enum { XEN_MC_XE_OK, XEN_MC_XE_BAD_OP, XEN_MC_XE_NO_SPACE };
enum { XEN_MC_FL_BATCH, XEN_MC_FL_ARGS, XEN_MC_FL_CALLBACK };

#define trace_xen_mc_batch(...)			do { } while (0)
#define trace_xen_mc_issue(...)			do { } while (0)
#define trace_xen_mc_flush(...)			do { } while (0)
#define trace_xen_mc_flush_reason(...)		do { } while (0)
#define trace_xen_mc_entry_alloc(...)		do { } while (0)
#define trace_xen_mc_extend_args(...)		do { } while (0)
#define trace_xen_mc_callback(...)		do { } while (0)
#define trace_xen_mmu_set_pte(...)		do { } while (0)
#define trace_xen_mmu_set_pmd(...)		do { } while (0)
#define trace_xen_mmu_set_pud(...)		do { } while (0)
#define trace_xen_mmu_set_p4d(...)		do { } while (0)
#define trace_xen_mmu_ptep_modify_prot_start(...)	do { } while (0)
#define trace_xen_mmu_ptep_modify_prot_commit(...)	do { } while (0)
#define trace_xen_mmu_alloc_ptpage(...)		do { } while (0)
#define trace_xen_mmu_release_ptpage(...)	do { } while (0)
#define trace_xen_mmu_write_cr3(...)		do { } while (0)
#define trace_xen_mmu_pgd_pin(...)		do { } while (0)
#define trace_xen_mmu_pgd_unpin(...)		do { } while (0)
#define trace_xen_mmu_flush_tlb_one_user(...)	do { } while (0)
#define trace_xen_mmu_flush_tlb_multi(...)	do { } while (0)

#endif /* PVBOOT_LINUX_MM_H */

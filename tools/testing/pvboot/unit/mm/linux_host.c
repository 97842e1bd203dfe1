// SPDX-License-Identifier: GPL-2.0
/*
 * Linux around the files of arch/x86/xen/mm/: pages, the first address space,
 * and what the boot has done until paging_init() is over.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "linux_mm.h"
#include "../../../../../arch/x86/xen/mm/mm.h"

#include "host.h"

struct host_warnings host_warnings;
struct host_cpu host_cpu;
struct host_pv_ops pv_ops;
struct page host_pages[HOST_PAGES];
unsigned long host_p2m[HOST_PAGES];
unsigned long host_ram_pages = 1UL << 14;
pte_t *host_fixmap_entry;
struct host_failures host_failures;

struct mm_struct init_mm;
static struct task_struct task;
struct task_struct *current = &task;
struct tlb_state cpu_tlbstate;
struct list_head pgd_list;
spinlock_t pgd_lock;	/* pgd_list */
static struct vcpu_info vcpu_info;
struct vcpu_info *xen_vcpu = &vcpu_info;
static const struct cpumask online = { .bits = { 1 } };
const struct cpumask *const cpu_online_mask = &online;

struct shrinker *host_shrinker;
static struct shrinker shrinker;

/* Changes of the direct map, at most, with interrupts off; host_count_masked() */
static unsigned int masked_since, most_masked;

void host_irq_restore(bool off)
{
	unsigned int nr = fake_calls.mappings - masked_since;

	if (host_cpu.irqs_off && !off && nr > most_masked)
		most_masked = nr;
	if (!off)
		masked_since = fake_calls.mappings;
	host_cpu.irqs_off = off;
}

/* host_count_masked - count anew; returns the most since the last time */
unsigned int host_count_masked(void)
{
	unsigned int most = most_masked;

	most_masked = 0;
	masked_since = fake_calls.mappings;
	return most;
}

void host_others(void)
{
	void (*others)(void) = host_cpu.others;

	host_cpu.others = NULL;
	if (others)
		others();
}

void host_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(host_warnings.last, sizeof(host_warnings.last), format, args);
	va_end(args);
	if (!host_warnings.nr++)
		memcpy(host_warnings.first, host_warnings.last,
		       sizeof(host_warnings.first));
}

static int host_fails(unsigned int *left)
{
	return *left && !--*left;
}

/*
 * Pages
 */

unsigned long __get_free_page(int gfp)
{
	unsigned int pfn;

	if (host_fails(&host_failures.pages))
		return 0;
	for (pfn = 1; pfn < HOST_PAGES; pfn++) {
		struct page *page = &host_pages[pfn];

		if (page->uses)
			continue;
		memset(page, 0, sizeof(*page));
		page->uses = 1;
		page->charged = gfp == GFP_PGTABLE_USER;
		memset(page_address(page), 0, PAGE_SIZE);
		return (unsigned long)page_address(page);
	}
	fprintf(stderr, "more pages than there are\n");
	abort();
}

/* In the files of mm/ only what Xen keeps is used so. */
bool get_page_unless_zero(struct page *page)
{
	if (!page->uses)
		return false;
	page->uses++;
	page->leaked = true;
	return true;
}

/* Whoever takes a page next writes to it, and maps it as they like. */
void __free_page(struct page *page)
{
	struct fake_state state = fake_state(page_address(page));

	if (page->leaked) {
		page->uses--;
		return;
	}
	if (page->uses != 1)
		host_warn("a page is freed that has %u uses", page->uses);
	if (!state.writable || state.type != FAKE_MEMORY || state.pinned)
		host_warn("pfn %lu is freed and no memory: type %u, %u uses",
			  page_to_pfn(page), state.type, state.count);
	if (page->pinned)
		host_warn("a page is freed that is a table");
	page->uses = 0;
}

struct page *pagetable_alloc_noprof(gfp_t gfp, unsigned int order)
{
	unsigned long address = __get_free_page(gfp);

	(void)order;
	return address ? virt_to_page(address) : NULL;
}

/* host_get, host_put - one more who uses a page of a program's, one less */
void host_get(const void *page)
{
	virt_to_page(page)->uses++;
}

void host_put(const void *page)
{
	if (virt_to_page(page)->uses == 1)
		__free_page(virt_to_page(page));
	else
		virt_to_page(page)->uses--;
}

void free_page(unsigned long address)
{
	__free_page(virt_to_page(address));
}

void *kzalloc_node(size_t size, int gfp, int node)
{
	(void)gfp;
	(void)node;
	return host_fails(&host_failures.pages) ? NULL : calloc(1, size);
}

/* host_pages_used - pages that somebody has */
unsigned int host_pages_used(void)
{
	unsigned int pfn, used = 0;

	for (pfn = 1; pfn < HOST_PAGES; pfn++)
		used += !!host_pages[pfn].uses;
	return used;
}

int memcg_kmem_charge_page(struct page *page, int gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	if (host_fails(&host_failures.charges))
		return -ENOMEM;
	WARN(page->charged, "a page is charged twice");
	page->charged = true;
	return 0;
}

void memcg_kmem_uncharge_page(struct page *page, unsigned int order)
{
	(void)order;
	WARN(!page->charged, "a page is uncharged twice");
	page->charged = false;
}

bool pagetable_pte_ctor(struct mm_struct *mm, struct page *table)
{
	(void)mm;
	if (host_fails(&host_failures.constructors))
		return false;
	table->ptl.held = false;
	return true;
}

/* With HUGETLBFS a count of sharers lies where pt_index does. */
bool pagetable_pmd_ctor(struct mm_struct *mm, struct page *table)
{
	table->pt_index = 0;
	return pagetable_pte_ctor(mm, table);
}

void pagetable_pud_ctor(struct page *table)
{
	(void)table;
}

struct shrinker *shrinker_alloc(unsigned int flags, const char *name)
{
	(void)flags;
	(void)name;
	return host_fails(&host_failures.pages) ? NULL : &shrinker;
}

/*
 * What other files of Linux's do
 */

void leave_mm(void)
{
	cpu_tlbstate.loaded_mm = &init_mm;
	pv_ops.mmu.write_cr3(__pa(init_mm.pgd));
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long address)
{
	(void)vma;
	pv_ops.mmu.flush_tlb_one_user(address);
}

/* entry_ops.S and entry.S: by other registers than C has */
#define NOT_IN_C(name)	void name(void) { abort(); }

NOT_IN_C(xen_pv_fast_pte_val)
NOT_IN_C(xen_pv_fast_table_val)
NOT_IN_C(xen_pv_fast_make)

unsigned long xen_read_cr2(void)
{
	return xen_vcpu->arch.cr2;
}

/* fatal.c */
struct host_fatal host_fatal;

void xen_pv_crash(const char *what, unsigned int vcpu, unsigned long arg,
		  int rc)
{
	if (host_fatal.expected) {
		host_fatal.what = what;
		host_fatal.arg = arg;
		host_fatal.rc = rc;
		host_fatal.expected = false;
		longjmp(host_fatal.leave, 1);
	}
	fprintf(stderr, "fatal: %s, vCPU %u, %lu: %d\n", what, vcpu, arg, rc);
	abort();
}

/*
 * The boot
 */

static void must(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "boot: %s: %d\n", what, rc);
	abort();
}

static void *boot_page(const void *from)
{
	void *page = (void *)__get_free_page(GFP_KERNEL);

	if (from)
		memcpy(page, from, PAGE_SIZE);
	return page;
}

/* What is not of the files that are tried does not fail. */
static void boot_protect(void *page, bool protect)
{
	fake_calls.harmless = true;
	if (protect)
		make_lowmem_page_readonly(page);
	else
		make_lowmem_page_readwrite(page);
	fake_calls.harmless = false;
}

/* The kernel's half of a root, without Xen's own entries */
void host_copy_kernel(u64 *root)
{
	const u64 *kernel = (u64 *)init_mm.pgd;
	unsigned int slot = pgd_index(GUARD_HOLE_END_ADDR);

#ifdef CONFIG_X86_64
	for (; slot < PTRS_PER_PGD; slot++)
		root[slot] = kernel[slot];
#else
	/* the table of slot 3 is each root's own */
	u64 *copy = boot_page(fake_page_behind(kernel[slot]));

	memset(copy + HOST_XEN_FIRST, 0,
	       (512 - HOST_XEN_FIRST) * sizeof(*copy));
	virt_to_page(copy)->slot_3 = true;
	root[slot] = PFN_PHYS(pfn_to_mfn(host_pfn(copy))) | _PAGE_PRESENT;
#endif
}

/* Undo it: the root is memory again */
void host_drop_kernel(u64 *root)
{
#ifndef CONFIG_X86_64
	unsigned int slot = pgd_index(GUARD_HOLE_END_ADDR);

	free_page((unsigned long)fake_page_behind(root[slot]));
#else
	(void)root;
#endif
}

static void boot_op(unsigned int cmd, unsigned long mfn, const char *what)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	must(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), what);
}

/* From the builder's root to init_mm's, which is a page of Linux's */
static void boot_root(void)
{
	void *builders = fake_kernel_root();
	u64 *root;

	init_mm.pgd = builders;
	root = boot_page(NULL);
	host_copy_kernel(root);
	init_mm.pgd = (pgd_t *)root;
	boot_protect(root, true);
	if (XEN_PV_OWN_KERNEL_TABLE)
		boot_protect(fake_page_behind(root[XEN_PV_USER_SLOTS]), true);
	must(host_warnings.nr, "a page cannot be made read-only");
	xen_pv_table_op(MMUEXT_PIN_L1_TABLE + XEN_PV_ROOT_LEVEL - 1,
			host_pfn(root));
	boot_op(MMUEXT_NEW_BASEPTR, pfn_to_mfn(host_pfn(root)), "cr3");
	if (XEN_PV_ROOT_LEVEL == 4)
		boot_op(MMUEXT_NEW_USER_BASEPTR, 0, "no root for programs");
	boot_op(MMUEXT_UNPIN_TABLE, fake_mfn_of(builders), "the builder's");
	xen_cr3 = __pa(root);
	SetPagePinned(virt_to_page(root));
}

static struct delayed_work *waiting;

void schedule_delayed_work(struct delayed_work *work, unsigned long delay)
{
	(void)delay;
	waiting = work;
}

/* host_wait - until nothing is left to be done */
void host_wait(void)
{
	struct delayed_work *work = waiting;

	waiting = NULL;
	if (work)
		work->fn(NULL);
}

/* host_keep_tables - what an initcall of pools.c does */
void host_keep_tables(void)
{
	extern int (*const host_initcall_start_keeping)(void);

	must(host_initcall_start_keeping(), "no pools");
}

bool host_has_slab;

/* host_boot_begin - until Linux runs on a root of its own */
void host_boot_begin(void)
{
	unsigned int pfn;

	memset(&host_warnings, 0, sizeof(host_warnings));
	memset(&host_cpu, 0, sizeof(host_cpu));
	memset(&host_failures, 0, sizeof(host_failures));
	memset(&init_mm, 0, sizeof(init_mm));
	memset(host_pages, 0, sizeof(host_pages));
	memset(xen_pv_batch, 0, sizeof(*xen_pv_batch));
	INIT_LIST_HEAD(&pgd_list);
	pgd_lock.held = false;
	current->mm = NULL;
	cpu_tlbstate.loaded_mm = &init_mm;
	host_fixmap_entry = NULL;
	host_has_slab = false;
	xen_pv_pages_ready = false;

	fake_frames_reset();
	for (pfn = 0; pfn < HOST_PAGES; pfn++)
		host_p2m[pfn] = fake_mfn_of(host_memory[pfn]);

	xen_pv_install_boot_table_ops();
	xen_pv_install_boot_update_ops();
	xen_pv_install_boot_upper_ops();
	xen_pv_install_boot_space_ops();
	xen_pv_install_tlb_ops();
	boot_root();
	fake_count_anew();
}

/* host_boot - until paging_init() is over and struct pages are ready */
void host_boot(void)
{
	host_boot_begin();
	xen_pv_install_late_boot_update_ops();
	xen_pv_install_late_boot_upper_ops();
	xen_pv_install_entry_ops();
	xen_pv_install_table_ops();
	xen_pv_install_update_ops();
	xen_pv_install_upper_ops();
	xen_pv_install_space_ops();
	host_has_slab = true;
	xen_pv_init_pools();
	xen_pv_mark_tables();
	fake_count_anew();
}

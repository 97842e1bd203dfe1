// SPDX-License-Identifier: GPL-2.0
/*
 * mm/updates.c: entries that are cleared and protected, on a page of the
 * kernel's own, whose table Xen knows; and what patches to asm/ look at.
 *
 * A table is read-only, so that what is seen in it is what Xen has made.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/delay.h>
#include <linux/kfence.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <xen/xen.h>

#include <asm/tlbflush.h>

#include "../mm/mm.h"
#include "../multicalls.h"

/*
 * What updates.c takes for another address space, of which pages are unmapped:
 * nothing else of it is used.
 */
static struct mm_struct other_mm = {
	.tlb_flush_pending = ATOMIC_INIT(1),
};

/* A page, its entry, and the entry as it was */
struct one_page {
	char *page;
	pte_t *ptep;
	pte_t before;
};

static int map_page(struct kunit *test)
{
	struct one_page *own;
	unsigned int level;

	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");

	own = kunit_kzalloc(test, sizeof(*own), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, own);
	own->page = vmalloc(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, own->page);
	test->priv = own;
	own->page[0] = 1;
	own->ptep = lookup_address((unsigned long)own->page, &level);
	own->before = ptep_get(own->ptep);
	return 0;
}

static void unmap_page(struct kunit *test)
{
	struct one_page *own = test->priv;

	if (!own)
		return;
	set_pte(own->ptep, own->before);
	flush_tlb_all();
	vfree(own->page);
}

static void make(struct one_page *own, pte_t pte)
{
	set_pte(own->ptep, pte);
	flush_tlb_all();
}

static void set_waits_in_lazy_mode(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);
	pteval_t meanwhile;

	lazy_mmu_mode_enable();
	set_pte(own->ptep, pte);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_EQ(test, meanwhile, own->before.pte);
	KUNIT_EXPECT_EQ(test, own->ptep->pte, pte.pte);
}

/* What was asked for first happens first. */
static void at_once_is_behind_what_waits(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t gone;

	lazy_mmu_mode_enable();
	set_pte(own->ptep, pte_wrprotect(own->before));
	gone = xen_pv_ptep_get_and_clear(&other_mm, own->ptep);
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_FALSE(test, pte_write(gone));
	KUNIT_EXPECT_TRUE(test, pte_none(ptep_get(own->ptep)));
}

static void at_once_is_behind_what_is_queued(struct kunit *test)
{
	struct one_page *own = test->priv;

	lazy_mmu_mode_enable();
	xen_pv_flush_all();
	set_pte(own->ptep, pte_wrprotect(own->before));
	xen_pv_ptep_get_and_clear(&other_mm, own->ptep);
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_none(ptep_get(own->ptep)));
}

/* zap_pte_range() installs markers of userfaultfd where nothing is left. */
static void what_is_not_present_goes_at_once(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, __swp_entry_to_pte(__swp_entry(1, 5)));
	lazy_mmu_mode_enable();
	set_pte(own->ptep, __pte(0));
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_none(__pte_ma(meanwhile)));
}

static void a_flush_is_behind_what_waits(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);
	pteval_t meanwhile;

	lazy_mmu_mode_enable();
	set_pte(own->ptep, pte);
	xen_pv_flush_all();
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_EQ(test, meanwhile, pte.pte);
}

/* One hypercall takes only so many. */
static void more_than_can_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);
	pteval_t meanwhile;
	unsigned int i;

	lazy_mmu_mode_enable();
	for (i = 0; i < XEN_PV_UPDATES; i++)
		set_pte(own->ptep, pte);
	meanwhile = own->ptep->pte;
	KUNIT_EXPECT_EQ(test, meanwhile, own->before.pte);
	set_pte(own->ptep, own->before);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_EQ(test, meanwhile, pte.pte);
	KUNIT_EXPECT_EQ(test, own->ptep->pte, own->before.pte);
}

static void set_by_address(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);

	xen_pv_set_pte_at(&init_mm, (unsigned long)own->page, own->ptep, pte);
	KUNIT_EXPECT_EQ(test, own->ptep->pte, pte.pte);
}

/* The loaded tables do not lead to the entry yet. */
static void set_by_place_where_there_is_no_address(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);

	xen_pv_set_pte_at(&init_mm, VMALLOC_END & PAGE_MASK, own->ptep, pte);
	KUNIT_EXPECT_EQ(test, own->ptep->pte, pte.pte);
}

/* A write between the look and the clearing would be lost otherwise. */
static void what_may_become_dirty_does_not_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, pte_mkclean(own->before));
	lazy_mmu_mode_enable();
	xen_pv_ptep_zap(&other_mm, own->ptep, false);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_none(__pte_ma(meanwhile)));
}

static void what_is_dirty_waits(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, pte_mkdirty(own->before));
	lazy_mmu_mode_enable();
	xen_pv_ptep_zap(&other_mm, own->ptep, false);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_present(__pte_ma(meanwhile)));
	KUNIT_EXPECT_TRUE(test, pte_none(ptep_get(own->ptep)));
}

/* mremap() may look at an entry that it has moved. */
static void what_is_moved_does_not_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, pte_mkdirty(own->before));
	atomic_set(&other_mm.tlb_flush_pending, 0);
	lazy_mmu_mode_enable();
	xen_pv_ptep_zap(&other_mm, own->ptep, false);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();
	atomic_set(&other_mm.tlb_flush_pending, 1);

	KUNIT_EXPECT_TRUE(test, pte_none(__pte_ma(meanwhile)));
}

/* Who looks without the lock may not find an entry that was taken. */
static void what_is_taken_does_not_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, pte_mkdirty(own->before));
	lazy_mmu_mode_enable();
	xen_pv_ptep_get_and_clear(&other_mm, own->ptep);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_none(__pte_ma(meanwhile)));
}

#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
/* It is to become a marker, before which its user looks whether it is none. */
static void what_userfaultfd_watches_does_not_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pteval_t meanwhile;

	make(own, pte_set_flags(pte_wrprotect(own->before), _PAGE_UFFD));
	lazy_mmu_mode_enable();
	xen_pv_ptep_zap(&other_mm, own->ptep, false);
	meanwhile = own->ptep->pte;
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_TRUE(test, pte_none(__pte_ma(meanwhile)));
}
#endif

static void clearing_keeps_what_was_noted(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t was;

	make(own, pte_mkold(pte_mkclean(own->before)));
	WRITE_ONCE(own->page[0], 2);
	was = xen_pv_ptep_get_and_clear(&other_mm, own->ptep);

	KUNIT_EXPECT_TRUE(test, pte_dirty(was));
	KUNIT_EXPECT_TRUE(test, pte_young(was));
	KUNIT_EXPECT_TRUE(test, pte_none(ptep_get(own->ptep)));
}

/* Nothing of an entry of the kernel's stays: some users look for 0. */
static void clearing_leaves_nothing_of_the_kernel(struct kunit *test)
{
	struct one_page *own = test->priv;

	make(own, pte_mkclean(own->before));
	WRITE_ONCE(own->page[0], 2);
	xen_pv_ptep_get_and_clear(&init_mm, own->ptep);

	KUNIT_EXPECT_EQ(test, own->ptep->pte, 0);
}

#ifdef ptep_try_set
/* In a loop and in lazy mode: bpf's arenas replace their scratch page so. */
static void set_where_another_was_stays(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pte_wrprotect(own->before);
	unsigned int tries = 1;

	lazy_mmu_mode_enable();
	while (!ptep_try_set(own->ptep, pte) && tries++ < 2 * XEN_PV_UPDATES)
		ptep_get_and_clear(&init_mm, (unsigned long)own->page,
				   own->ptep);
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_EQ(test, tries, 2);
	KUNIT_EXPECT_EQ(test, own->ptep->pte, pte.pte);
}
#endif

static void protecting_keeps_what_was_noted(struct kunit *test)
{
	struct one_page *own = test->priv;

	make(own, pte_mkclean(own->before));
	WRITE_ONCE(own->page[0], 2);
	xen_pv_ptep_set_wrprotect(own->ptep);

	KUNIT_EXPECT_FALSE(test, pte_write(ptep_get(own->ptep)));
	KUNIT_EXPECT_TRUE(test, pte_dirty(ptep_get(own->ptep)));
}

/* The end of slots like the page's: in 32 bits Xen has the last ones. */
static pmd_t *end_of_slots(pmd_t *first)
{
#ifdef CONFIG_X86_64
	return first + PTRS_PER_PMD;
#else
	return first + pmd_index(VMALLOC_END);
#endif
}

/* The last free one of the table that leads to the page's */
static pmd_t *free_slot(const pmd_t *used)
{
	pmd_t *first = (pmd_t *)((unsigned long)used & PAGE_MASK);
	pmd_t *slot = end_of_slots(first);

	while (slot-- > first)
		if (pmd_none(*slot))
			return slot;
	return NULL;
}

/* Who maps the next page looks for the table, and so does who would take it out, too. */
static void a_link_does_not_wait(struct kunit *test)
{
	struct one_page *own = test->priv;
	pmd_t *used = pmd_off_k((unsigned long)own->page);
	pmd_t *slot = free_slot(used);
	pmdval_t linked, cleared;

	if (!slot)
		kunit_skip(test, "no free slot beside that of the page");

	lazy_mmu_mode_enable();
	set_pmd(slot, *used);
	linked = READ_ONCE(slot->pmd);
	set_pmd(slot, __pmd(0));
	cleared = READ_ONCE(slot->pmd);
	lazy_mmu_mode_disable();

	KUNIT_EXPECT_EQ(test, linked & PTE_PFN_MASK, used->pmd & PTE_PFN_MASK);
	KUNIT_EXPECT_EQ(test, cleared, 0);
	KUNIT_EXPECT_TRUE(test, pmd_none(*slot));
	flush_tlb_all();
}

/* Also through an entry that is not present, and has its frame otherwise. */
static void protection_leaves_the_frame(struct kunit *test)
{
	struct one_page *own = test->priv;
	const pgprot_t prots[] = { PAGE_READONLY, PAGE_NONE, PAGE_SHARED };
	unsigned long pfn = pte_pfn(own->before);
	pte_t pte = pfn_pte(pfn, PAGE_SHARED);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		pte = pte_modify(pte, prots[i]);
		KUNIT_EXPECT_EQ(test, pte_pfn(pte), pfn);
		KUNIT_EXPECT_EQ(test, pte_flags(pte) & _PAGE_PRESENT,
				pgprot_val(prots[i]) & _PAGE_PRESENT);
	}
	KUNIT_EXPECT_EQ(test, pte.pte & PTE_PFN_MASK,
			own->before.pte & PTE_PFN_MASK);
}

static void another_frame_needs_a_flush(struct kunit *test)
{
	struct one_page *own = test->priv;
	pte_t pte = pfn_pte(pte_pfn(own->before), PAGE_SHARED);
	pte_t other = pfn_pte(PHYS_PFN(__pa(own)), PAGE_SHARED);

	KUNIT_EXPECT_FALSE(test, pte_needs_flush(pte, pte));
	KUNIT_EXPECT_TRUE(test, pte_needs_flush(pte, other));
	KUNIT_EXPECT_TRUE(test, pte_needs_flush(pte, __pte(0)));
	KUNIT_EXPECT_TRUE(test, pte_needs_flush(pte, pte_modify(pte, PAGE_NONE)));
	KUNIT_EXPECT_FALSE(test, pte_needs_flush(__pte(0), pte));
}

#ifdef CONFIG_KFENCE
#define NR_OBJECTS	CONFIG_KFENCE_NUM_OBJECTS
#define TRIES		(20 * NR_OBJECTS)
#define ENOUGH		8

/* Return: whether an object is somebody's for the second time */
static bool had_before(unsigned long *pages, const void *object)
{
	unsigned long page = ((unsigned long)object - (unsigned long)__kfence_pool) /
			     PAGE_SIZE / 2;

	return is_kfence_address(object) && test_and_set_bit(page, pages);
}

/*
 * What was free, and was not mapped for that, is mapped once it is somebody's.  KFENCE
 * reports what is written to before.
 */
static void guarded_objects_are_mapped(struct kunit *test)
{
	unsigned int try, again = 0;
	unsigned long *pages;
	u8 *object;

	if (!READ_ONCE(kfence_sample_interval))
		kunit_skip(test, "KFENCE guards nothing");
	pages = kunit_kcalloc(test, BITS_TO_LONGS(NR_OBJECTS + 1),
			      sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);

	for (try = 0; try < TRIES && again < ENOUGH; try++) {
		lazy_mmu_mode_enable();
		object = kmalloc(64, GFP_ATOMIC);
		if (object)
			WRITE_ONCE(*object, 1);
		lazy_mmu_mode_disable();
		again += had_before(pages, object);
		kfree(object);
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, again, ENOUGH);
}
#endif

static struct kunit_case cases[] = {
	KUNIT_CASE(set_waits_in_lazy_mode),
	KUNIT_CASE(at_once_is_behind_what_waits),
	KUNIT_CASE(at_once_is_behind_what_is_queued),
	KUNIT_CASE(a_flush_is_behind_what_waits),
	KUNIT_CASE(what_is_not_present_goes_at_once),
	KUNIT_CASE(more_than_can_wait),
	KUNIT_CASE(set_by_address),
	KUNIT_CASE(set_by_place_where_there_is_no_address),
	KUNIT_CASE(what_may_become_dirty_does_not_wait),
	KUNIT_CASE(what_is_dirty_waits),
	KUNIT_CASE(what_is_moved_does_not_wait),
	KUNIT_CASE(what_is_taken_does_not_wait),
#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
	KUNIT_CASE(what_userfaultfd_watches_does_not_wait),
#endif
	KUNIT_CASE(clearing_keeps_what_was_noted),
	KUNIT_CASE(clearing_leaves_nothing_of_the_kernel),
#ifdef ptep_try_set
	KUNIT_CASE(set_where_another_was_stays),
#endif
	KUNIT_CASE(protecting_keeps_what_was_noted),
	KUNIT_CASE(a_link_does_not_wait),
#ifdef CONFIG_KFENCE
	KUNIT_CASE(guarded_objects_are_mapped),
#endif
	KUNIT_CASE(protection_leaves_the_frame),
	KUNIT_CASE(another_frame_needs_a_flush),
	{}
};

static struct kunit_suite updates = {
	.name = "xen_pv_updates",
	.init = map_page,
	.exit = unmap_page,
	.test_cases = cases,
};

kunit_test_suite(updates);

MODULE_DESCRIPTION("KUnit: entries that are cleared and protected");
MODULE_LICENSE("GPL");

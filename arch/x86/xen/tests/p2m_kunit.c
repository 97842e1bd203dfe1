// SPDX-License-Identifier: GPL-2.0
/*
 * mm/p2m*.c: the list of frames, on its last table, which has nothing but blank
 * pages as long as there are no tests.
 *
 * The words of the pages are identity before and afterwards; the pages stay own.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/xen.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "../mm/p2m.h"

#define A_FRAME		0x1234UL
#define RACED_PAGES	32

static int need_pv(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	return 0;
}

static bool is_blank(unsigned long pfn)
{
	return xen_pv_list_page_kind(pfn) != XEN_PV_OWN;
}

/* A pfn in the middle of @nr blank pages, none of whose pages has been used */
static unsigned long blank_pages(struct kunit *test, unsigned long nr)
{
	unsigned long pfn = xen_p2m_size;
	unsigned long found = 0;

	while (pfn && found < nr) {
		pfn -= P2M_PER_PAGE;
		found = is_blank(pfn) ? found + 1 : 0;
	}
	if (found < nr)
		kunit_skip(test, "the list has no blank pages any more");
	return pfn + P2M_PER_PAGE / 2;
}

static unsigned long blank_pfn(struct kunit *test)
{
	return blank_pages(test, 1);
}

static void make_identity(unsigned long pfn)
{
	set_phys_to_machine(pfn, IDENTITY_FRAME(pfn));
}

/* All of a page's words but some in the middle */
static void expect_others(struct kunit *test, unsigned long pfn, unsigned int nr)
{
	unsigned long other = round_down(pfn, P2M_PER_PAGE);
	const unsigned long end = other + P2M_PER_PAGE;

	for (; other < end; other++)
		if (other < pfn || other >= pfn + nr)
			KUNIT_EXPECT_EQ_MSG(test, __pfn_to_mfn(other),
					    IDENTITY_FRAME(other), "pfn %lx",
					    other);
}

static unsigned long generation(void)
{
	return HYPERVISOR_shared_info->arch.p2m_generation;
}

/*
 * Words
 */

static void kinds_at_their_edges(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(INVALID_P2M_ENTRY),
			XEN_PV_MISSING);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(INVALID_P2M_ENTRY - 1),
			XEN_PV_FOREIGN);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(FOREIGN_FRAME(0)),
			XEN_PV_FOREIGN);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(FOREIGN_FRAME_BIT - 1),
			XEN_PV_IDENTITY);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(IDENTITY_FRAME(0)),
			XEN_PV_IDENTITY);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(IDENTITY_FRAME_BIT - 1),
			XEN_PV_OWN);
	KUNIT_EXPECT_EQ(test, xen_pv_word_kind(0), XEN_PV_OWN);
}

static void words_are_those_of_linux(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xen_pv_word(XEN_PV_OWN, A_FRAME), A_FRAME);
	KUNIT_EXPECT_EQ(test, xen_pv_word(XEN_PV_FOREIGN, A_FRAME),
			FOREIGN_FRAME(A_FRAME));
	KUNIT_EXPECT_EQ(test, xen_pv_word(XEN_PV_IDENTITY, A_FRAME),
			IDENTITY_FRAME(A_FRAME));
	KUNIT_EXPECT_EQ(test, xen_pv_word(XEN_PV_MISSING, A_FRAME),
			INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, xen_pv_word_frame(FOREIGN_FRAME(A_FRAME)),
			A_FRAME);
	KUNIT_EXPECT_EQ(test, xen_pv_word_frame(IDENTITY_FRAME(A_FRAME)),
			A_FRAME);
	KUNIT_EXPECT_EQ(test, xen_pv_word_frame(INVALID_P2M_ENTRY),
			INVALID_P2M_ENTRY);
}

/*
 * The toolstack's tree, which a toolstack that has an address does not ask for
 */

/* The list may have room for more than the tree, whose top is one page. */
#define TREE_PFNS	(P2M_PER_PAGE * P2M_PER_PAGE * P2M_PER_PAGE)

/* What maps the list is what the tree leads to. */
static void expect_tree(struct kunit *test)
{
	const unsigned long pfns = min(xen_p2m_size, TREE_PFNS);
	unsigned long *top, *mid, pfn;
	unsigned int level;
	pte_t *pte;

	top = mfn_to_virt(HYPERVISOR_shared_info->arch.pfn_to_mfn_frame_list_list);
	for (pfn = 0; pfn < pfns; pfn += P2M_PER_PAGE) {
		const unsigned long page = pfn / P2M_PER_PAGE;

		pte = lookup_address((unsigned long)(xen_p2m_addr + pfn),
				     &level);
		mid = mfn_to_virt(top[page / P2M_PER_PAGE]);
		KUNIT_ASSERT_NOT_NULL(test, pte);
		KUNIT_ASSERT_EQ_MSG(test, mid[page % P2M_PER_PAGE],
				    pte_mfn(*pte), "pfn %lx", pfn);
	}
}

/* As when a toolstack has restored the domain; from here on the tree is kept. */
static void tree_leads_to_all_pages(struct kunit *test)
{
	const u32 flags = xen_start_info->flags;

	xen_start_info->flags = flags & ~SIF_VIRT_P2M_4TOOLS;
	xen_pv_build_mfn_list_list();
	xen_start_info->flags = flags;
	xen_pv_setup_mfn_list_list();

	KUNIT_ASSERT_NE(test,
			HYPERVISOR_shared_info->arch.pfn_to_mfn_frame_list_list,
			~0UL);
	expect_tree(test);
}

static void toolstack_has_the_address(struct kunit *test)
{
	const struct arch_shared_info *arch = &HYPERVISOR_shared_info->arch;

	KUNIT_EXPECT_EQ(test, arch->p2m_vaddr, (unsigned long)xen_p2m_addr);
	KUNIT_EXPECT_EQ(test, arch->p2m_cr3,
			xen_pfn_to_cr3(virt_to_mfn(swapper_pg_dir)));
	KUNIT_EXPECT_EQ(test, arch->p2m_generation & 1, 0);
	KUNIT_EXPECT_GE(test, arch->max_pfn, xen_start_info->nr_pages);
}

/*
 * Growing
 */

/* How many pages there still are */
static unsigned int pages_left;

static void *alloc_few(gfp_t gfp)
{
	if (!pages_left)
		return NULL;
	pages_left--;
	return (void *)__get_free_page(gfp);
}

static void without_memory_nothing_changes(struct kunit *test)
{
	const unsigned long pfn = blank_pfn(test);
	const bool has_table = !xen_pv_is_blank_table(xen_pv_list_table(pfn));
	const unsigned long before = generation();
	unsigned int i;

	kunit_activate_static_stub(test, xen_pv_alloc_list_page, alloc_few);
	for (i = 0; i < (has_table ? 1 : 3); i++) {
		pages_left = i;
		KUNIT_EXPECT_EQ(test, xen_alloc_p2m_entry(pfn), -ENOMEM);
		pages_left = i;
		KUNIT_EXPECT_FALSE(test, set_phys_to_machine(pfn, A_FRAME));
		KUNIT_EXPECT_EQ(test, pages_left, 0);
	}
	KUNIT_EXPECT_TRUE(test, is_blank(pfn));
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_others(test, pfn, 0);
}

static void a_blank_page_takes_what_it_says(struct kunit *test)
{
	const unsigned long pfn = blank_pfn(test);

	KUNIT_EXPECT_TRUE(test, __set_phys_to_machine(pfn, IDENTITY_FRAME(pfn)));
	KUNIT_EXPECT_TRUE(test, set_phys_to_machine(pfn, IDENTITY_FRAME(pfn)));
	KUNIT_EXPECT_FALSE(test, __set_phys_to_machine(pfn, pfn));
	KUNIT_EXPECT_FALSE(test, __set_phys_to_machine(pfn, IDENTITY_FRAME(0)));
	KUNIT_EXPECT_FALSE(test, __set_phys_to_machine(pfn, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_TRUE(test, is_blank(pfn));
}

/* At least a page of the list, and its table where that has been blank */
static void a_page_grows(struct kunit *test)
{
	const unsigned long pfn = blank_pfn(test);
	const unsigned long neighbour = pfn - P2M_PER_PAGE;
	const unsigned long before = generation();

	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), IDENTITY_FRAME(pfn));
	KUNIT_EXPECT_TRUE(test, set_phys_to_machine(pfn, A_FRAME));

	KUNIT_EXPECT_FALSE(test, is_blank(pfn));
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), A_FRAME);
	KUNIT_EXPECT_EQ(test, get_phys_to_machine(pfn), A_FRAME);
	expect_others(test, pfn, 1);
	if (pfn / XEN_PV_TABLE_PFNS == neighbour / XEN_PV_TABLE_PFNS) {
		KUNIT_EXPECT_TRUE(test, is_blank(neighbour));
		KUNIT_EXPECT_EQ(test, __pfn_to_mfn(neighbour),
				IDENTITY_FRAME(neighbour));
	}

	KUNIT_EXPECT_EQ(test, generation(), before + 2);
	KUNIT_EXPECT_GT(test, HYPERVISOR_shared_info->arch.max_pfn, pfn);
	expect_tree(test);

	KUNIT_EXPECT_TRUE(test, __set_phys_to_machine(pfn, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_EQ(test, get_phys_to_machine(pfn), INVALID_P2M_ENTRY);
	make_identity(pfn);
	KUNIT_EXPECT_EQ(test, generation(), before + 2);
}

static void a_page_of_missing_ones_grows(struct kunit *test)
{
	const unsigned long pfn = blank_pfn(test);
	unsigned long i, first = round_down(pfn, P2M_PER_PAGE);

	/* such that it is the table's own entry that is changed */
	KUNIT_ASSERT_FALSE(test,
			   xen_pv_is_blank_table(xen_pv_list_table(pfn)));
	KUNIT_ASSERT_EQ(test,
			HYPERVISOR_update_va_mapping((unsigned long)(xen_p2m_addr + first),
						     xen_pv_blank_entry(XEN_PV_MISSING),
						     UVMF_INVLPG | UVMF_ALL),
			0);
	KUNIT_EXPECT_EQ(test, xen_pv_list_page_kind(pfn), XEN_PV_MISSING);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_TRUE(test, __set_phys_to_machine(pfn, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_FALSE(test,
			   __set_phys_to_machine(pfn, IDENTITY_FRAME(pfn)));

	KUNIT_EXPECT_EQ(test, xen_alloc_p2m_entry(pfn), 0);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(first), INVALID_P2M_ENTRY);
	for (i = 0; i < P2M_PER_PAGE; i++)
		make_identity(first + i);
	expect_others(test, pfn, 0);
}

static void behind_the_list_all_is_identity(struct kunit *test)
{
	const unsigned long pfn = xen_p2m_size;

	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), IDENTITY_FRAME(pfn));
	KUNIT_EXPECT_EQ(test, get_phys_to_machine(pfn), IDENTITY_FRAME(pfn));
	KUNIT_EXPECT_TRUE(test, set_phys_to_machine(pfn, INVALID_P2M_ENTRY));
	KUNIT_EXPECT_FALSE(test, set_phys_to_machine(pfn, A_FRAME));
	KUNIT_EXPECT_EQ(test, xen_alloc_p2m_entry(pfn), -EINVAL);
}

struct racer {
	unsigned long pfn;
	struct completion *start, done;
	bool failed;
};

static int race(void *data)
{
	struct racer *racer = data;
	unsigned int i;

	wait_for_completion(racer->start);
	for (i = 0; i < RACED_PAGES; i++)
		if (!set_phys_to_machine(racer->pfn + i * P2M_PER_PAGE, A_FRAME))
			racer->failed = true;
	complete(&racer->done);
	return 0;
}

/* Both want each page; who is second must not lose what the first has said. */
static void two_grow_the_same_pages(struct kunit *test)
{
	const unsigned long pfn = blank_pages(test, RACED_PAGES);
	DECLARE_COMPLETION_ONSTACK(start);
	struct racer racer[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		racer[i] = (struct racer){ .pfn = pfn + i, .start = &start };
		init_completion(&racer[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, racer + i,
							    "p2m-race/%u", i)));
	}
	complete_all(&start);
	for (i = 0; i < 2; i++)
		wait_for_completion(&racer[i].done);

	for (i = 0; i < RACED_PAGES; i++) {
		const unsigned long first = pfn + i * P2M_PER_PAGE;

		KUNIT_EXPECT_EQ(test, __pfn_to_mfn(first), A_FRAME);
		KUNIT_EXPECT_EQ(test, __pfn_to_mfn(first + 1), A_FRAME);
		expect_others(test, first, 2);
		make_identity(first);
		make_identity(first + 1);
	}
	KUNIT_EXPECT_FALSE(test, racer[0].failed || racer[1].failed);
	KUNIT_EXPECT_EQ(test, generation() & 1, 0);
	expect_tree(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(kinds_at_their_edges),
	KUNIT_CASE(words_are_those_of_linux),
	KUNIT_CASE(tree_leads_to_all_pages),
	KUNIT_CASE(toolstack_has_the_address),
	KUNIT_CASE(without_memory_nothing_changes),
	KUNIT_CASE(a_blank_page_takes_what_it_says),
	KUNIT_CASE(a_page_grows),
	KUNIT_CASE(a_page_of_missing_ones_grows),
	KUNIT_CASE(behind_the_list_all_is_identity),
	KUNIT_CASE(two_grow_the_same_pages),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_p2m",
	.init = need_pv,
	.test_cases = cases,
};

kunit_test_suite(suite);

/*
 * Init code, as long as there is any
 */

static void __init range_is_identity(struct kunit *test)
{
	const unsigned long pfn = blank_pfn(test);
	unsigned long i;

	KUNIT_ASSERT_EQ(test, xen_alloc_p2m_entry(pfn), 0);
	for (i = 0; i < 4; i++)
		__set_phys_to_machine(pfn + i, INVALID_P2M_ENTRY);

	KUNIT_EXPECT_EQ(test, set_phys_range_identity(pfn + 1, pfn + 3), 2);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn + 1), IDENTITY_FRAME(pfn + 1));
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn + 2), IDENTITY_FRAME(pfn + 2));
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(pfn + 3), INVALID_P2M_ENTRY);
	make_identity(pfn);
	make_identity(pfn + 3);
}

static void __init range_is_within_the_list(struct kunit *test)
{
	const unsigned long end = xen_p2m_size;

	KUNIT_ASSERT_EQ(test, xen_alloc_p2m_entry(end - 1), 0);
	KUNIT_EXPECT_EQ(test, set_phys_range_identity(end - 2, ~0UL), 2);
	KUNIT_EXPECT_EQ(test, set_phys_range_identity(end - 2, end - 2), 0);
	KUNIT_EXPECT_EQ(test, set_phys_range_identity(end - 1, end - 2), 0);
	KUNIT_EXPECT_EQ(test, set_phys_range_identity(end, end + 1), 0);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(end - 2), IDENTITY_FRAME(end - 2));
}

#ifdef CONFIG_X86_32
/*
 * None can be put in once there are roots that have copies of the kernel's.  The
 * first row, since others would put one in.
 */
static void __init all_tables_are_own(struct kunit *test)
{
	unsigned long pfn;

	for (pfn = 0; pfn < xen_p2m_size; pfn += XEN_PV_TABLE_PFNS)
		KUNIT_EXPECT_FALSE(test,
				   xen_pv_is_blank_table(xen_pv_list_table(pfn)));
}
#endif

/* A pfn whose table is blank, too: 0 where there is none */
static unsigned long __init blank_table_pfn(void)
{
	unsigned long pfn = xen_p2m_size;

	while (pfn) {
		pfn -= P2M_PER_PAGE;
		if (xen_pv_is_blank_table(xen_pv_list_table(pfn)))
			return pfn + P2M_PER_PAGE / 2;
	}
	return 0;
}

static void __init expect_refused(struct kunit *test, unsigned long pfn,
				  enum xen_pv_list_part part)
{
	const unsigned long before = generation();

	xen_pv_list_refused = part;
	KUNIT_EXPECT_EQ(test, xen_alloc_p2m_entry(pfn), -EINVAL);
	KUNIT_EXPECT_FALSE(test, set_phys_to_machine(pfn, A_FRAME));
	xen_pv_list_refused = XEN_PV_LIST_NOTHING;

	KUNIT_EXPECT_TRUE(test, is_blank(pfn));
	KUNIT_EXPECT_EQ(test, generation(), before + 4);
	expect_others(test, pfn, 0);
}

/* Before others have tables put in */
static void __init what_xen_refuses_changes_no_word(struct kunit *test)
{
	const unsigned long pfn = blank_table_pfn();

	if (pfn) {
		expect_refused(test, pfn, XEN_PV_LIST_TABLE);
		KUNIT_EXPECT_TRUE(test,
				  xen_pv_is_blank_table(xen_pv_list_table(pfn)));
	}
	/* a table that was taken stays */
	expect_refused(test, pfn ?: blank_pfn(test), XEN_PV_LIST_PAGE);
	if (!pfn && IS_ENABLED(CONFIG_X86_64))
		kunit_skip(test, "the list has no blank tables");
}

static struct kunit_case __refdata init_cases[] = {
#ifdef CONFIG_X86_32
	KUNIT_CASE(all_tables_are_own),
#endif
	KUNIT_CASE(what_xen_refuses_changes_no_word),
	KUNIT_CASE(range_is_identity),
	KUNIT_CASE(range_is_within_the_list),
	{}
};

static struct kunit_suite init_suite = {
	.name = "xen_pv_p2m_init",
	.init = need_pv,
	.test_cases = init_cases,
};

kunit_test_init_section_suite(init_suite);

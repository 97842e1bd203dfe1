// SPDX-License-Identifier: GPL-2.0
/*
 * mm/p2m_grants.c: pages behind which another domain's memory is.
 *
 * No domain has granted anything: what Xen is told is looked at, and the list of
 * frames, on its last page, whose words are identity before and afterwards.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/xen.h>

#include <asm/xen/page.h>

#include "../mm/p2m.h"

#define A_FRAME		0x1234UL
#define SLOTS	2

/* What the stand-in for Xen answers, and what it was told to unmap */
struct told_grants {
	int rc;
	unsigned int maps;	/* how many of a program's it makes */
	grant_handle_t unmapped[2 * SLOTS];
	unsigned int nr_unmapped;
};

struct grants {
	struct told_grants xen;
	struct gnttab_map_grant_ref map[SLOTS], kmap[SLOTS];
	struct gnttab_unmap_grant_ref unmap[SLOTS], kunmap[SLOTS];
	struct page *page[SLOTS];
	unsigned long pfn;
};

static int told_grant_op(unsigned int cmd, void *ops, unsigned int nr)
{
	struct grants *grants = kunit_get_current_test()->priv;
	struct told_grants *xen = &grants->xen;
	struct gnttab_unmap_grant_ref *unmap = ops;
	struct gnttab_map_grant_ref *map = ops;
	unsigned int i;

	if (cmd == GNTTABOP_map_grant_ref) {
		for (i = 0; i < min(nr, xen->maps); i++)
			map[i].status = GNTST_okay;
		return xen->rc;
	}
	for (i = 0; i < nr; i++) {
		unmap[i].status = GNTST_okay;
		xen->unmapped[xen->nr_unmapped++] = unmap[i].handle;
	}
	return 0;
}

/* Slots whose grants Xen has mapped, at pages without frames */
static struct grants *mapped_grants(struct kunit *test)
{
	struct grants *grants = kunit_kzalloc(test, sizeof(*grants), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, grants);
	test->priv = grants;
	grants->xen.maps = SLOTS;
	grants->pfn = xen_p2m_size - P2M_PER_PAGE;
	for (i = 0; i < SLOTS; i++) {
		grants->page[i] = pfn_to_page(grants->pfn + i);
		grants->map[i].dev_bus_addr = PFN_PHYS(A_FRAME + i);
		grants->map[i].handle = 10 + i;
		grants->kmap[i].handle = 20 + i;
		KUNIT_ASSERT_TRUE(test, set_phys_to_machine(grants->pfn + i,
							    INVALID_P2M_ENTRY));
	}
	kunit_activate_static_stub(test, xen_pv_grant_op, told_grant_op);
	return grants;
}

static void drop_grants(struct grants *grants)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		set_phys_to_machine(grants->pfn + i,
				    IDENTITY_FRAME(grants->pfn + i));
}

static void expect_undone(struct kunit *test, const struct grants *grants,
			  unsigned int i)
{
	KUNIT_EXPECT_EQ(test, grants->map[i].status, GNTST_general_error);
	KUNIT_EXPECT_EQ(test, grants->map[i].handle, INVALID_GRANT_HANDLE);
	KUNIT_EXPECT_NE(test, grants->kmap[i].status, GNTST_okay);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(grants->pfn + i), INVALID_P2M_ENTRY);
}

static void grants_are_recorded_and_cleared(struct kunit *test)
{
	struct grants *g = mapped_grants(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(g->map, g->kmap, g->page,
						      SLOTS), 0);
	for (i = 0; i < SLOTS; i++) {
		KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn + i),
				FOREIGN_FRAME(A_FRAME + i));
		KUNIT_EXPECT_EQ(test, pfn_to_mfn(g->pfn + i), A_FRAME + i);
	}
	KUNIT_EXPECT_EQ(test, g->xen.nr_unmapped, 0);

	g->kunmap[1].handle = 21;
	KUNIT_EXPECT_EQ(test, clear_foreign_p2m_mapping(g->unmap, g->kunmap,
							g->page, SLOTS), 0);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn + 1), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, g->xen.nr_unmapped, SLOTS);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[1], 21);

	KUNIT_EXPECT_EQ(test, clear_foreign_p2m_mapping(g->unmap, NULL, g->page,
							SLOTS), -EINVAL);
	drop_grants(g);
}

/* The entry that Xen was told to fill has the frame. */
static void grants_at_entries_are_recorded(struct kunit *test)
{
	struct grants *g = mapped_grants(test);
	pte_t *table = (pte_t *)get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, table);
	table[7] = mfn_pte(A_FRAME + 70, PAGE_KERNEL);
	g->map[0].flags = GNTMAP_contains_pte;
	g->map[0].host_addr = virt_to_machine(table + 7).maddr;

	KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(g->map, NULL, g->page, 1),
			0);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn), FOREIGN_FRAME(A_FRAME + 70));
	free_page((unsigned long)table);
	drop_grants(g);
}

static void what_xen_has_not_mapped_is_not_recorded(struct kunit *test)
{
	struct grants *g = mapped_grants(test);

	g->map[0].status = GNTST_bad_gntref;
	KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(g->map, NULL, g->page,
						      SLOTS), 0);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn), INVALID_P2M_ENTRY);
	KUNIT_EXPECT_EQ(test, g->map[0].status, GNTST_bad_gntref);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn + 1),
			FOREIGN_FRAME(A_FRAME + 1));
	KUNIT_EXPECT_EQ(test, g->xen.nr_unmapped, 0);
	drop_grants(g);
}

/* Xen maps one of the program's, and refuses to go on. */
static void a_refusal_is_undone_and_returned(struct kunit *test)
{
	struct grants *g = mapped_grants(test);

	g->xen.maps = 1;
	g->xen.rc = -EFAULT;
	KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(g->map, g->kmap, g->page,
						      SLOTS), -EFAULT);
	expect_undone(test, g, 0);
	expect_undone(test, g, 1);
	KUNIT_ASSERT_EQ(test, g->xen.nr_unmapped, 3);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[0], 10);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[1], 20);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[2], 11);
	drop_grants(g);
}

static unsigned long refused_pfn;

static bool refuse_one(unsigned long pfn, unsigned long mfn)
{
	return pfn == refused_pfn ? false : __set_phys_to_machine(pfn, mfn);
}

static void what_cannot_be_recorded_is_unmapped(struct kunit *test)
{
	struct grants *g = mapped_grants(test);

	refused_pfn = g->pfn + 1;
	kunit_activate_static_stub(test, set_phys_to_machine, refuse_one);
	KUNIT_EXPECT_EQ(test, set_foreign_p2m_mapping(g->map, g->kmap, g->page,
						      SLOTS), 0);
	kunit_deactivate_static_stub(test, set_phys_to_machine);

	KUNIT_EXPECT_EQ(test, g->map[0].status, GNTST_okay);
	KUNIT_EXPECT_EQ(test, __pfn_to_mfn(g->pfn), FOREIGN_FRAME(A_FRAME));
	expect_undone(test, g, 1);
	KUNIT_ASSERT_EQ(test, g->xen.nr_unmapped, 2);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[0], 11);
	KUNIT_EXPECT_EQ(test, g->xen.unmapped[1], 21);
	drop_grants(g);
}

static int need_pv(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(grants_are_recorded_and_cleared),
	KUNIT_CASE(grants_at_entries_are_recorded),
	KUNIT_CASE(what_xen_has_not_mapped_is_not_recorded),
	KUNIT_CASE(a_refusal_is_undone_and_returned),
	KUNIT_CASE(what_cannot_be_recorded_is_unmapped),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_p2m_grants",
	.init = need_pv,
	.test_cases = cases,
};

kunit_test_suite(suite);

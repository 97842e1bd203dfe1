// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's own part of a guest's address space, and the rules for the root that
 * follow from it.
 *
 *	64-bit		L4, 512 entries; 256 to 271 are Xen's
 *	32-bit PAE	L3, 4 entries; the L2 of entry 3 has Xen's from the one
 *			that maps virt_start to the last
 */
#include <guest.h>

#include "table_pages.h"

#ifdef __x86_64__

static void xen_slots(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("the first", set_entry(&space_a.root[XEN_FIRST], 0),
		     -EINVAL);
	expect_errno("the last", set_entry(&space_a.root[XEN_LAST], 0),
		     -EINVAL);
	expect_errno("as it is", set_entry(&space_a.root[XEN_FIRST],
					   space_a.root[XEN_FIRST]), -EINVAL);
	expect_errno("below", set_entry(&space_a.root[XEN_FIRST - 1], 0), 0);
	expect_errno("above", set_entry(&space_a.root[XEN_LAST + 1], 0), 0);
}

/* Whatever stood there, Xen's entries are written when the page is made L4. */
static void xen_slots_filled(const struct row *row)
{
	unsigned int i;

	space_fill(&space_a);
	for (i = XEN_FIRST; i <= XEN_LAST; i++)
		space_a.root[i] = entry_of(space_a.data, TABLE_FLAGS);
	space_protect(&space_a);
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_hex("the last, which is the same in all",
		   space_a.root[XEN_LAST], kernel_root[XEN_LAST]);
	for (i = XEN_FIRST; i <= XEN_LAST; i++)
		expect_true("no entry of ours", space_a.root[i] !=
			    entry_of(space_a.data, TABLE_FLAGS));
}

/* The root for user mode counts like the other, and may be none. */
static void user_root(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("load", load_user_root(space_a.root), 0);
	expect_errno("writable", unprotect(space_a.root), -EBUSY);
	expect_errno("none", load_user_root(NULL), 0);
	expect_errno("writable", unprotect(space_a.root), 0);
	expect_errno("the kernel's", load_user_root(kernel_root), 0);
}

static const struct row rows[] = {
	ON_PAGES("xen_slots.einval", xen_slots),
	ON_PAGES("xen_slots.filled", xen_slots_filled),
	ON_PAGES("user_root", user_root),
};

#else /* 32-bit */

static void pin_a(int rc)
{
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), rc);
}

static void xen_slots(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	pin_a(0);
	expect_errno("the first", set_entry(&space_a.private[XEN_FIRST], 0),
		     -EPERM);
	expect_errno("the last", set_entry(&space_a.private[XEN_LAST], 0),
		     -EPERM);
	expect_errno("as it is", set_entry(&space_a.private[XEN_FIRST],
					   space_a.private[XEN_FIRST]), -EPERM);
	expect_errno("below", set_entry(&space_a.private[XEN_FIRST - 1], 0),
		     0);
}

static void xen_slots_filled(const struct row *row)
{
	u64 *given = page_behind(kernel_root[PRIVATE_SLOT]);
	const u64 noted = PTE_ACCESSED | PTE_DIRTY;
	unsigned int i, differ = 0;

	space_fill(&space_a);
	for (i = XEN_FIRST; i <= XEN_LAST; i++)
		space_a.private[i] = entry_of(space_a.data, TABLE_FLAGS);
	space_protect(&space_a);
	pin_a(0);
	for (i = XEN_FIRST; i <= XEN_LAST; i++)
		if ((space_a.private[i] ^ given[i]) & ~noted)
			differ++;
	expect("entries that are not those of the kernel's L2", differ, 0);
}

/* In the L2 of another slot these are entries like any other. */
static void xen_slots_elsewhere(const struct row *row)
{
	if (protect(space_b.private) || protect(space_b.bottom)) {
		broken("the tables cannot be made read-only");
		return;
	}
	expect_errno("pin an L2", pin(space_b.private, 2), 0);
	expect_errno("link", set_entry(&space_b.private[XEN_FIRST],
				       entry_of(space_b.bottom, TABLE_FLAGS)),
		     0);
}

/* They cannot be copied to the L2 of another slot. */
static void xen_slots_copied(const struct row *row)
{
	memcpy(space_b.private, page_behind(kernel_root[PRIVATE_SLOT]),
	       PAGE_SIZE);
	expect_errno("protect", protect(space_b.private), 0);
	expect_errno("pin an L2", pin(space_b.private, 2), -EINVAL);
}

/* A whole page: what lies behind the four entries is cleared. */
static void behind_the_four(const struct row *row)
{
	unsigned int i, left = 0;

	space_fill(&space_a);
	for (i = 4; i < ENTRIES; i++)
		space_a.root[i] = entry_of(space_a.data, PTE_PRESENT);
	space_protect(&space_a);
	pin_a(0);
	for (i = 4; i < ENTRIES; i++)
		if (space_a.root[i])
			left++;
	expect("entries left", left, 0);
	expect_errno("a fifth", set_entry(&space_a.root[4], 0), -EINVAL);
}

/* One flag that an L3 entry of PAE cannot have */
static void bad_flag(const struct row *row)
{
	space_fill(&space_a);
	space_a.root[row->arg[2]] |= row->arg[1];
	space_protect(&space_a);
	pin_a(-EINVAL);
}

static void slot_3_missing(const struct row *row)
{
	space_fill(&space_a);
	space_a.root[PRIVATE_SLOT] = 0;
	space_protect(&space_a);
	pin_a(-EINVAL);
	expect_errno("load", load_root(space_a.root), -EINVAL);
}

/* The L2 of slot 3 has one reference, whoever else asks. */
static void slot_3_shared(const struct row *row)
{
	space_fill(&space_a);
	space_a.root[PRIVATE_SLOT] = kernel_root[PRIVATE_SLOT];
	space_protect(&space_a);
	pin_a(-EINVAL);
	expect_errno("load", load_root(space_a.root), -EINVAL);
	expect_errno("Xen's entries in the kernel's",
		     set_entry(&page_behind(kernel_root[PRIVATE_SLOT])[XEN_LAST],
			       0), -EPERM);
}

static void slot_3_elsewhere(const struct row *row)
{
	space_fill(&space_a);
	space_a.root[2] = space_a.root[PRIVATE_SLOT];
	space_protect(&space_a);
	pin_a(-EINVAL);
}

static void slot_3_pinned(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin the L2", pin(space_a.private, 2), 0);
	pin_a(-EINVAL);
	expect_errno("unpin the L2", unpin(space_a.private), 0);
	pin_a(0);
	expect_errno("pin the L2 of slot 3", pin(space_a.private, 2), -EINVAL);
}

static void slot_3_changed(const struct row *row)
{
	u64 *slot = &space_a.root[PRIVATE_SLOT];

	if (!space_ready(&space_a) || !space_ready(&space_b))
		return;
	pin_a(0);
	expect_errno("cleared", set_entry(slot, 0), -EINVAL);
	expect_errno("as it is", set_entry(slot, *slot), -EINVAL);
	expect_errno("another L2",
		     set_entry(slot, entry_of(space_b.private, ROOT_FLAGS)),
		     -EINVAL);
	expect_errno("slot 2 cleared", set_entry(&space_a.root[2], 0), 0);
	expect_errno("slot 2 with an L2 of its own",
		     set_entry(&space_a.root[2],
			       entry_of(space_b.private, ROOT_FLAGS)), 0);
}

/* As an ordinary page it may be written; then it is another. */
static void slot_3_after_unpin(const struct row *row)
{
	if (!space_ready(&space_a) || !space_ready(&space_b))
		return;
	pin_a(0);
	expect_errno("unpin", unpin(space_a.root), 0);
	expect_errno("writable", unprotect(space_a.root), 0);
	space_a.root[PRIVATE_SLOT] = entry_of(space_b.private, ROOT_FLAGS);
	expect_errno("protect", protect(space_a.root), 0);
	pin_a(0);
	expect_errno("load", load_root(space_a.root), 0);
	space_b.data[0] = 0xb;
	expect_hex("the other L2's", read_word(PRIVATE_START), 0xb);
	expect_errno("load the kernel's", load_root(kernel_root), 0);
}

static const struct row rows[] = {
	ON_PAGES("xen_slots.eperm", xen_slots),
	ON_PAGES("xen_slots.filled", xen_slots_filled),
	ON_PAGES("xen_slots.in_another_l2", xen_slots_elsewhere),
	ON_PAGES("xen_slots.copied_elsewhere", xen_slots_copied),
	ON_PAGES("l3.behind_the_four", behind_the_four),
	ON_PAGES("l3.pwt", bad_flag, PTE_PWT, 2),
	ON_PAGES("l3.pcd", bad_flag, PTE_PCD, 2),
	ON_PAGES("l3.pse", bad_flag, PTE_PSE, 2),
	ON_PAGES("l3.global", bad_flag, PTE_GLOBAL, 2),
	ON_PAGES("l3.pwt_in_slot_3", bad_flag, PTE_PWT, 3),
	ON_PAGES("slot_3.missing", slot_3_missing),
	ON_PAGES("slot_3.shared", slot_3_shared),
	ON_PAGES("slot_3.in_another_slot", slot_3_elsewhere),
	ON_PAGES("slot_3.pinned", slot_3_pinned),
	ON_PAGES("slot_3.changed", slot_3_changed),
	ON_PAGES("slot_3.after_unpin", slot_3_after_unpin),
};

#endif

const struct suite suite_top_level = { "top_level", rows, ARRAY_SIZE(rows) };

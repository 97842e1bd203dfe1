// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that become page tables, in both widths: what Xen asks of a page before
 * it is one, how long it stays one, and who shares it.
 *
 * A page has one type at a time, and a count of those who use it as such: its
 * writable mappings, or the entries and pins that make it a table of one level.
 * With a count of 0 it may become anything.
 */
#include <guest.h>

#include "table_pages.h"

/* Bytes of the part of the address space that an L1 maps */
#define L1_SPAN		(ENTRIES * PAGE_SIZE)

#define expect_writable(what, page, rc) \
	expect_errno("writable: " what, unprotect(page), rc)

static void pin_root(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_writable("root", space_a.root, -EBUSY);
	expect_writable("private", space_a.private, -EBUSY);
	expect_writable("bottom", space_a.bottom, -EBUSY);
	expect_errno("unpin", unpin(space_a.root), 0);
	expect_writable("root", space_a.root, 0);
	expect_writable("private", space_a.private, 0);
	expect_writable("bottom", space_a.bottom, 0);
}

static void pin_twice(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("pin again", pin(space_a.root, ROOT_LEVEL), -EINVAL);
	expect_errno("unpin", unpin(space_a.root), 0);
	expect_errno("unpin again", unpin(space_a.root), -EINVAL);
}

/* One table of the tree is still writable: arg[1] is its place in the space. */
static void pin_writable(const struct row *row)
{
	u64 *page = ((u64 **)&space_a)[row->arg[1]];

	if (!space_ready(&space_a))
		return;
	expect_writable("the table", page, 0);
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), -EINVAL);
	/* Nothing is left of the attempt. */
	expect_writable("root", space_a.root, 0);
	expect_writable("bottom", space_a.bottom, 0);
	expect_true("protect", space_protect(&space_a));
	expect_errno("pin after it", pin(space_a.root, ROOT_LEVEL), 0);
}

/* A mapping elsewhere that may be written by: an alias that was forgotten */
static void pin_alias(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("alias", set_mapping(space_b.data,
					  entry_of(space_a.bottom, DATA_FLAGS)),
		     0);
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), -EINVAL);
	expect_errno("no alias", unprotect(space_b.data), 0);
	expect_errno("pin after it", pin(space_a.root, ROOT_LEVEL), 0);
}

/* An L1 that maps a table writable, the one that it belongs to */
static void pin_maps_table(const struct row *row)
{
	space_fill(&space_a);
	space_a.bottom[1] = entry_of(space_a.root, DATA_FLAGS);
	if (!space_protect(&space_a)) {
		broken("the tables cannot be made read-only");
		return;
	}
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), -EBUSY);
	expect_writable("root", space_a.root, 0);
	/* Nor is what it maps by the entry before counted any more. */
	expect_errno("protect the data", protect(space_a.data), 0);
	expect_errno("as an L1", pin(space_a.data, 1), 0);
}

static void pin_other_level(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin an L1", pin(space_a.bottom, 1), 0);
	expect_errno("as an L2", pin(space_a.bottom, 2), -EINVAL);
	expect_errno("as an L3", pin(space_a.bottom, 3), -EINVAL);
	expect_errno("unpin", unpin(space_a.bottom), 0);
	expect_errno("as an empty L2", (unprotect(space_a.bottom),
					space_a.bottom[0] = 0,
					protect(space_a.bottom),
					pin(space_a.bottom, 2)), 0);
}

/* A level that there is none of is no error. */
static void pin_no_level(const struct row *row)
{
	if (IS_64BIT) {
		skip("64-bit: every command is a level");
		return;
	}
	expect_errno("pin as an L4", pin(space_a.root, 4), 0);
	expect_errno("unpin", unpin(space_a.root), -EINVAL);
}

/* A table has to be one before it is linked where tables are live. */
static void link_unready(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("link a writable page",
		     set_entry(&space_a.middle[1],
			       entry_of(space_b.bottom, TABLE_FLAGS)), -EINVAL);
	expect_hex("the entry", space_a.middle[1], 0);
	expect_errno("protect", protect(space_b.bottom), 0);
	expect_errno("link", set_entry(&space_a.middle[1],
				       entry_of(space_b.bottom, TABLE_FLAGS)),
		     0);
	expect_writable("what is linked", space_b.bottom, -EBUSY);
	expect_errno("unlink", set_entry(&space_a.middle[1], 0), 0);
	expect_writable("what was linked", space_b.bottom, 0);
}

/* One reference for each entry that leads to it */
static void counts_entries(const struct row *row)
{
	u64 entry = entry_of(space_a.bottom, TABLE_FLAGS);

	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("link again", set_entry(&space_a.middle[1], entry), 0);
	expect_errno("unlink one", set_entry(&space_a.middle[0], 0), 0);
	expect_writable("linked once", space_a.bottom, -EBUSY);
	expect_errno("unlink the other", set_entry(&space_a.middle[1], 0), 0);
	expect_writable("not linked", space_a.bottom, 0);
}

/* One more for its own pin */
static void counts_pin(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin the L1", pin(space_a.bottom, 1), 0);
	expect_errno("pin the root", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("unpin the root", unpin(space_a.root), 0);
	expect_writable("root", space_a.root, 0);
	expect_writable("the L1", space_a.bottom, -EBUSY);
	expect_errno("unpin the L1", unpin(space_a.bottom), 0);
	expect_writable("the L1", space_a.bottom, 0);
}

/* One more for each vCPU that runs on it, which makes it a root by itself */
static void counts_cr3(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("load, not pinned", load_root(space_a.root), 0);
	expect_writable("loaded", space_a.root, -EBUSY);
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("unpin while it is loaded", unpin(space_a.root), 0);
	expect_writable("loaded", space_a.root, -EBUSY);
	expect_errno("load the kernel's", load_root(kernel_root), 0);
	expect_writable("not loaded", space_a.root, 0);
}

static void load_writable(const struct row *row)
{
	space_fill(&space_a);
	expect_errno("load", load_root(space_a.root), -EINVAL);
	expect_errno("load what is a table of another level",
		     (protect(space_a.bottom), pin(space_a.bottom, 1),
		      load_root(space_a.bottom)), -EINVAL);
}

/* Two roots, one private part each; all else is shared. */
static void two_roots(const struct row *row)
{
	if (!space_ready(&space_a) || !space_ready(&space_b))
		return;
	space_a.data[0] = 0xa;
	space_b.data[0] = 0xb;
	expect_errno("pin a", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("pin b", pin(space_b.root, ROOT_LEVEL), 0);
	expect_errno("load a", load_root(space_a.root), 0);
	expect_hex("private part of a", read_word(PRIVATE_START), 0xa);
	write_word(PRIVATE_START, 0xaa);
	expect_errno("load b", load_root(space_b.root), 0);
	expect_hex("private part of b", read_word(PRIVATE_START), 0xb);
	expect_hex("what was written in a", space_a.data[0], 0xaa);
	expect_errno("load the kernel's", load_root(kernel_root), 0);
}

/* The L2 below is shared: a change in it is one in both roots. */
static void shared_part(const struct row *row)
{
	if (!space_ready(&space_a))
		return;
	expect_errno("pin", pin(space_a.root, ROOT_LEVEL), 0);
	expect_errno("link below the kernel's",
		     set_entry(slot_of((void *)SCRATCH, 2),
			       entry_of(space_a.bottom, TABLE_FLAGS)), 0);
	space_a.data[0] = 0x5;
	expect_hex("by the kernel's", read_word(SCRATCH), 0x5);
	expect_errno("load", load_root(space_a.root), 0);
	expect_hex("by the new one", read_word(SCRATCH), 0x5);
	write_word(SCRATCH, 0x6);
	expect_hex("by the private part", read_word(PRIVATE_START), 0x6);
	expect_errno("load the kernel's", load_root(kernel_root), 0);
}

#define PLACE(table) \
	(offsetof(struct space, table) / sizeof(u64 *))

static const struct row rows[] = {
	ON_PAGES("pin.root", pin_root),
	ON_PAGES("pin.twice", pin_twice),
	ON_PAGES("pin.root_is_writable", pin_writable, PLACE(root)),
	ON_PAGES("pin.private_is_writable", pin_writable, PLACE(private)),
	ON_PAGES("pin.bottom_is_writable", pin_writable, PLACE(bottom)),
	ON_PAGES("pin.alias_is_writable", pin_alias),
	ON_PAGES("pin.maps_itself_writable", pin_maps_table),
	ON_PAGES("pin.another_level", pin_other_level),
	ON_PAGES("pin.no_such_level", pin_no_level),
	ON_PAGES("link.writable_page", link_unready),
	ON_PAGES("counts.entries", counts_entries),
	ON_PAGES("counts.pin", counts_pin),
	ON_PAGES("counts.cr3", counts_cr3),
	ON_PAGES("load.writable_page", load_writable),
	ON_PAGES("load.two_roots", two_roots),
	ON_PAGES("load.shared_part", shared_part),
};

const struct suite suite_tables = { "tables", rows, ARRAY_SIZE(rows) };

// SPDX-License-Identifier: GPL-2.0
/*
 * The machine-to-physical table: where it begins and ends, what it says, and
 * where Xen's part of the address space begins.
 */
#include "guest.h"
#include "table_pages.h"

/* What the table says of a frame that has no page of ours */
#define NO_PFN		(~0UL)

/* A frame that is no memory of this machine's */
#define NO_FRAME	0xfffffffULL

static bool mapping(struct xen_machphys_mapping *mapping)
{
	long rc = hypercall(__HYPERVISOR_memory_op, XENMEM_machphys_mapping,
			    (unsigned long)mapping, 0, 0);

	expect_errno("machphys_mapping", rc, 0);
	return !rc;
}

static unsigned long virt_start(void)
{
	struct xen_platform_parameters parameters = { 0 };

	expect_errno("platform_parameters",
		     hypercall(__HYPERVISOR_xen_version,
			       XENVER_platform_parameters,
			       (unsigned long)&parameters, 0, 0), 0);
	return parameters.virt_start;
}

static void begins_where_xen_does(const struct row *row)
{
	struct xen_machphys_mapping m2p;
	unsigned long start = virt_start();

	if (!mapping(&m2p))
		return;
	/* a debug build does not tell a 64-bit guest */
	if (IS_64BIT && xen_version() >= XEN_4_20 && !start)
		start = HYPERVISOR_VIRT_START;
	expect_hex("virt_start", start, HYPERVISOR_VIRT_START);
	expect_hex("v_start", m2p.v_start, start);
	/* 32-bit: much more than MACH2PHYS_VIRT_END of Xen's headers */
	expect_hex("v_end", m2p.v_end,
		   IS_64BIT ? (unsigned long)MACH2PHYS_VIRT_END : 0xffe00000);
}

/* 32-bit: max_mfn is what the room is for, whatever memory there is. */
static void bound(const struct row *row)
{
	struct xen_machphys_mapping m2p;
	unsigned long room;

	if (!mapping(&m2p))
		return;
	room = (m2p.v_end - m2p.v_start) / sizeof(unsigned long);
	if (IS_64BIT)
		expect_true("max_mfn is below the room", m2p.max_mfn < room);
	else
		expect("max_mfn", m2p.max_mfn, room - 1);
}

static void own_frames(const struct row *row)
{
	unsigned long *list = (unsigned long *)start_info->mfn_list;
	struct xen_machphys_mapping m2p;
	unsigned long pfn, wrong = 0;

	if (!mapping(&m2p))
		return;
	for (pfn = 0; pfn < start_info->nr_pages; pfn++)
		if (((unsigned long *)m2p.v_start)[list[pfn]] != pfn)
			wrong++;
	expect("frames that lead elsewhere", wrong, 0);
}

static void xen_frame(const struct row *row)
{
	struct xen_machphys_mapping m2p;

	if (!mapping(&m2p))
		return;
	expect_hex("the frame of shared_info",
		   ((unsigned long *)m2p.v_start)[start_info->shared_info /
						  PAGE_SIZE], NO_PFN);
}

/* No memory of the machine's is there: whoever looks has to expect a fault. */
static void end_faults(const struct row *row)
{
	struct xen_machphys_mapping m2p;
	struct seen seen;

	if (!mapping(&m2p))
		return;
	expect_true("reading the last word traps",
		    traps(&seen, do_pf_read, m2p.v_end - sizeof(long)));
	expect_hex("entry", seen.regs.entry, 14);
	expect_hex("cr2", seen.cr2, m2p.v_end - sizeof(long));
}

static void read_only(const struct row *row)
{
	struct xen_machphys_mapping m2p;
	struct seen seen;

	if (!mapping(&m2p))
		return;
	expect_true("writing traps", traps(&seen, do_pf_write, m2p.v_start));
	expect_hex("entry", seen.regs.entry, 14);
}

static void machphys_update(const struct row *row)
{
	u64 ptr = entry_of(space_a.data, MMU_MACHPHYS_UPDATE);
	struct xen_machphys_mapping m2p;
	unsigned long *word, pfn;

	if (!mapping(&m2p))
		return;
	word = &((unsigned long *)m2p.v_start)[mfn_of(space_a.data)];
	pfn = *word;
	expect_errno("another pfn", mmu_update(ptr, 0x12345), 0);
	expect_hex("it", *word, 0x12345);
	expect_errno("the old one", mmu_update(ptr, pfn), 0);
	expect_hex("it", *word, pfn);
	expect_errno("a frame that is no memory",
		     mmu_update(NO_FRAME * PAGE_SIZE | MMU_MACHPHYS_UPDATE, 1),
		     -EINVAL);
	expect_errno("a frame of Xen's",
		     mmu_update(start_info->shared_info | MMU_MACHPHYS_UPDATE,
				1), 0);
	expect_errno("as it was",
		     mmu_update(start_info->shared_info | MMU_MACHPHYS_UPDATE,
				NO_PFN), 0);
}

static const struct row rows[] = {
	{ "begins_where_xen_does", begins_where_xen_does },
	{ "bound", bound },
	{ "own_frames", own_frames },
	{ "frame_of_xens", xen_frame },
	{ "its_end_faults", end_faults },
	{ "read_only", read_only },
	{ "machphys_update", machphys_update },
};

const struct suite suite_m2p = { "m2p", rows, ARRAY_SIZE(rows) };

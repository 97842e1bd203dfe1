// SPDX-License-Identifier: GPL-2.0
/*
 * From the host's memory map to the kernel's.
 *
 * Xen has given the guest pages 0 to nr_pages - 1.  The host's map says where
 * memory may be: for dom0 that is the machine's, so that devices and firmware
 * are where drivers expect them.  Memory behind nr_pages is extra: it has no
 * frames yet, and gets those of pages that lie in holes, and the balloon's.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/iscsi_ibft.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

#include <asm/cmdline.h>
#include <asm/e820/api.h>
#include <asm/pgtable.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "map.h"
#include "mm.h"

/* What a toolstack before Xen 3.3 has for its backends, and no map for */
#define OLD_SLACK	SZ_8M

/* How far page tables reach.  In 32 bits MAXMEM is the end of the direct map. */
#ifdef CONFIG_X86_32
#define MOST_MEMORY	BIT_ULL(MAX_POSSIBLE_PHYSMEM_BITS)
#else
#define MOST_MEMORY	MAXMEM
#endif

struct e820_table xen_pv_host_map __initdata;
unsigned long xen_pv_boot_pages __initdata;

/* The host's map has ranges for devices: some may be passed to this domain. */
bool xen_pv_pci_possible;

/*
 * Limits
 */

static bool limit_512gb __initdata = IS_ENABLED(CONFIG_XEN_512GB);

/* Read by read_512gb_limit(), before others are parsed. */
static int __init ignore_512gb_limit(char *arg)
{
	return 0;
}
early_param("xen_512gb_limit", ignore_512gb_limit);

static void __init read_512gb_limit(void)
{
	const char *line = xen_start_info->cmd_line;
	char arg[8];

	if (cmdline_find_option_bool(line, "xen_512gb_limit"))
		limit_512gb = true;
	if (cmdline_find_option(line, "xen_512gb_limit", arg, sizeof(arg)) < 0)
		return;
	if (kstrtobool(arg, &limit_512gb))
		pr_warn("xen_512gb_limit=%s ignored: neither on nor off\n", arg);
}

/* Toolstacks of old cannot save more than 512 GB; dom0 is not saved. */
static unsigned long __init limit_of_pages(void)
{
	if (limit_512gb && !xen_initial_domain())
		return PFN_DOWN(512ULL * SZ_1G);
	return PFN_DOWN(MOST_MEMORY);
}

/*
 * A domU's map says how much it may get one day, and its reservation how much it
 * may have now.  dom0's map is all of the machine.
 *
 * ABI: XENMEM_maximum_reservation.
 */
static unsigned long __init most_pages(void)
{
	unsigned long limit = limit_of_pages();
	domid_t domid = DOMID_SELF;
	long nr;

	if (!xen_initial_domain())
		return limit;

	nr = HYPERVISOR_memory_op(XENMEM_maximum_reservation, &domid);
	if (nr < 0)
		pr_warn("memory_op (maximum_reservation): %s (%ld), no limit\n",
			xen_errno_name(nr), nr);
	if (nr <= 0)
		return limit;
	return min_t(unsigned long, nr, limit);
}

/*
 * The host's map
 */

/* ABI: XENMEM_machine_memory_map, XENMEM_memory_map; entries of 20 bytes. */
static int __init ask_for_map(struct e820_table *map)
{
	struct xen_memory_map args = {
		.nr_entries = ARRAY_SIZE(map->entries),
	};
	int rc;

	BUILD_BUG_ON(sizeof(struct e820_entry) != 20);

	set_xen_guest_handle(args.buffer, map->entries);
	rc = HYPERVISOR_memory_op(xen_initial_domain() ?
				  XENMEM_machine_memory_map : XENMEM_memory_map,
				  &args);
	if (!rc)
		map->nr_entries = args.nr_entries;
	return rc;
}

/*
 * dom0's own pages stay where firmware has called memory unusable: Xen does not let
 * it map what is there.
 */
static void __init use_unusable(struct e820_table *map)
{
	u32 i;

	for (i = 0; i < map->nr_entries; i++)
		if (map->entries[i].type == E820_TYPE_UNUSABLE)
			map->entries[i].type = E820_TYPE_RAM;
}

/* Where firmware may have left a table for booting from the network */
static int __init keep_ibft(struct e820_table *map)
{
#ifdef CONFIG_ISCSI_IBFT_FIND
	return xen_pv_add_to_map(map, IBFT_START, IBFT_END - IBFT_START,
				 E820_TYPE_RESERVED);
#else
	return 0;
#endif
}

static void __init read_host_map(struct e820_table *map)
{
	int rc = ask_for_map(map);

	if (rc == -ENOSYS && !xen_initial_domain())
		rc = xen_pv_add_to_map(map, 0, PFN_PHYS(xen_pv_boot_pages) +
				       OLD_SLACK, E820_TYPE_RAM);
	if (rc)
		xen_pv_fatal("memory_op (memory_map)", 0, 0, rc);

	if (xen_initial_domain()) {
		use_unusable(map);
		rc = keep_ibft(map);
	}
	if (!rc)
		rc = xen_pv_settle_map(map);
	if (rc || !map->nr_entries)
		xen_pv_fatal("the host's memory map cannot be used", 0,
			     map->nr_entries, rc);
}

/*
 * The kernel's map
 */

/* Until the balloon is there, the kernel must not find more memory by itself. */
static void __init save_hotplug_limit(void)
{
#if defined(CONFIG_MEMORY_HOTPLUG) && defined(CONFIG_XEN_BALLOON)
	xen_saved_max_mem_size = max_mem_size;
#endif
}

static void __init limit_hotplug(u64 end)
{
#ifdef CONFIG_MEMORY_HOTPLUG
	max_mem_size = end;
#endif
}

static void __init take_range(u64 addr, u64 size, enum e820_type type,
			      bool is_extra)
{
	e820__range_add(addr, size, type);

	if (type == E820_TYPE_RESERVED)
		xen_pv_pci_possible = true;
	if (type == E820_TYPE_RAM)
		limit_hotplug(addr + size);
	if (is_extra) {
		xen_add_extra_mem(PFN_DOWN(addr), PFN_DOWN(size));
		xen_max_p2m_pfn = PFN_DOWN(addr + size);
	}
}

/* Pages that lie in holes need a place behind the others. */
static void __init lay_out(const struct e820_table *map)
{
	const unsigned long nr = xen_pv_boot_pages;
	const unsigned long most = most_pages() + xen_pv_pages_in_holes(map, nr);

	save_hotplug_limit();
	xen_pv_cut_map(map, nr, xen_pv_nr_extra(nr, most), take_range);

	/* A domU has memory there, which too many drivers would write to. */
	e820__range_add(ISA_START_ADDRESS, ISA_END_ADDRESS - ISA_START_ADDRESS,
			E820_TYPE_RESERVED);
	e820__update_table(e820_table);
}

/**
 * xen_memory_setup - the kernel's memory map
 *
 * Called by setup_arch(), when what the kernel knows to be in use is reserved and
 * nothing has been allocated.
 *
 * ABI: XENMEM_memory_map and others; see the functions above.
 *
 * Return: who says so.
 */
char * __init xen_memory_setup(void)
{
	struct e820_table *map = &xen_pv_host_map;

	read_512gb_limit();
	xen_pv_boot_pages = min(xen_start_info->nr_pages, limit_of_pages());
	read_host_map(map);

	xen_pv_check_boot_memory();
	lay_out(map);

	xen_pv_place_boot_list();
	xen_pv_place_ramdisk();
	xen_pv_clear_holes();
	return "Xen";
}

/*
 * Extra memory and the list of frames
 */

/* What stands behind a page of extra memory, the nth of all regions. */
static unsigned long __init extra_frame(unsigned long nth)
{
	return nth < xen_pv_nr_moved() ? xen_pv_moved_frame(nth) :
					 INVALID_P2M_ENTRY;
}

/**
 * xen_pv_extra_mem_frame - what stands behind a page that the list of frames is too short for
 * @pfn: the page
 *
 * Context: boot, until the list is in vmalloc space.
 *
 * Return: for extra memory its frame, or that there is none; else that the page is
 * the machine's.
 */
unsigned long __ref xen_pv_extra_mem_frame(unsigned long pfn)
{
	unsigned long nth;

	if (!xen_pv_nth_of_regions(xen_extra_mem, XEN_EXTRA_MEM_MAX_REGIONS,
				   pfn, &nth))
		return IDENTITY_FRAME(pfn);
	return extra_frame(nth);
}

/* The words of one region, page of the list by page. */
static void __init enter_region(const struct xen_memory_region *region,
				unsigned long nth)
{
	const unsigned long end = region->start_pfn + region->n_pfns;
	unsigned long pfn = region->start_pfn, stop;
	int rc;

	while (pfn < end) {
		rc = xen_alloc_p2m_entry(pfn);
		if (rc)
			xen_pv_fatal("no memory for the list of frames", 0, pfn,
				     rc);
		stop = min(end, round_down(pfn, P2M_PER_PAGE) + P2M_PER_PAGE);
		for (; pfn < stop; pfn++, nth++)
			WRITE_ONCE(xen_p2m_addr[pfn], extra_frame(nth));
	}
}

/**
 * xen_pv_enter_extra_mem - have the list of frames say what stands behind extra memory
 *
 * Context: the list has moved to vmalloc space.
 */
void __init xen_pv_enter_extra_mem(void)
{
	unsigned long nth = 0;
	unsigned int i;

	for (i = 0; i < XEN_EXTRA_MEM_MAX_REGIONS; i++) {
		enter_region(&xen_extra_mem[i], nth);
		nth += xen_extra_mem[i].n_pfns;
	}
}

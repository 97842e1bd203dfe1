// SPDX-License-Identifier: GPL-2.0
/*
 * What the boot has brought, and the host's memory map.
 *
 * Xen puts the kernel and what start_info tells of into the first pages, whatever
 * the machine has at these addresses.  The initrd and the list of frames are
 * moved where they lie in a hole; so are ACPI NVS areas that are in the way of
 * the rest.  Where that is not enough the boot ends here: what lies in a hole
 * would vanish one page after the other.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/xen.h>

#include <asm/bootparam.h>
#include <asm/early_ioremap.h>
#include <asm/fixmap.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/xen/hypervisor.h>

#include "map.h"
#include "mm.h"

/* What early_memremap() maps at most */
#define WINDOW	((u64)NR_FIX_BTMAPS * PAGE_SIZE)

/*
 * What cannot be moved
 */

static void __init move_nvs_out_of(phys_addr_t start, phys_addr_t size)
{
	struct xen_pv_move move;
	int rc;

	/* The map changes with each: the search begins anew. */
	while (!(rc = xen_pv_move_nvs(&xen_pv_host_map, start, size,
				      xen_pv_boot_pages, &move))) {
		pr_info("ACPI NVS moved from [mem %#010llx-%#010llx] to %#010llx\n",
			move.from, move.from + move.size - 1, move.to);
		xen_pv_add_remap_nonram(move.from, move.to, move.size);
	}
	if (rc != -ENOENT)
		xen_pv_fatal("ACPI NVS is in the way and cannot be moved", 0,
			     start, rc);
}

/**
 * xen_pv_require_memory - make sure that something lies in memory
 * @start: its address
 * @size: its size
 * @component: its name
 *
 * Does not return where it lies in a hole that cannot be moved.
 *
 * Context: setup_arch(), before memory is laid out.
 */
void __init xen_pv_require_memory(phys_addr_t start, phys_addr_t size,
				  const char *component)
{
	char what[60];

	move_nvs_out_of(start, size);
	if (xen_pv_is_memory(&xen_pv_host_map, start, size))
		return;

	snprintf(what, sizeof(what), "%s: in a hole of the host's memory map",
		 component);
	xen_pv_fatal(what, 0, start, 0);
}

static void __init check_page(unsigned long mfn, const char *name)
{
	if (mfn)
		xen_pv_require_memory(PFN_PHYS(mfn_to_pfn(mfn)), PAGE_SIZE,
				      name);
}

/**
 * xen_pv_check_boot_memory - make sure that what cannot be moved lies in memory
 *
 * Does not return otherwise.
 */
void __init xen_pv_check_boot_memory(void)
{
	const struct start_info *si = xen_start_info;

	xen_pv_require_memory(__pa_symbol(_text),
			      __pa_symbol(_end) - __pa_symbol(_text), "kernel");
	xen_pv_require_memory(__pa(si), PAGE_SIZE, "start_info");
	xen_pv_require_table_memory();

	check_page(si->store_mfn, "xenstore's page");
	if (!xen_initial_domain())
		check_page(si->console.domU.mfn, "console's page");
}

/*
 * What can be moved
 */

static u64 __init reserved_end(u64 addr, u64 size)
{
	phys_addr_t start, end;
	u64 i;

	for_each_reserved_mem_range(i, &start, &end)
		if (start < addr + size && end > addr)
			return end;
	return 0;
}

/**
 * xen_pv_reserve_free - reserve memory of the boot
 * @size: bytes
 *
 * Context: boot, before memblock knows where memory is.
 *
 * Return: its address, that of a page; or 0.
 */
phys_addr_t __init xen_pv_reserve_free(phys_addr_t size)
{
	phys_addr_t start = xen_pv_find_free(&xen_pv_host_map, xen_pv_boot_pages,
					     size, reserved_end);
	int rc;

	if (!start)
		return 0;

	rc = memblock_reserve(start, size);
	if (!rc)
		return start;
	pr_warn("memory at %pa could not be reserved: %d\n", &start, rc);
	return 0;
}

/**
 * xen_pv_place_boot_list - keep the list of frames, where there is memory
 */
void __init xen_pv_place_boot_list(void)
{
	const struct start_info *si = xen_start_info;
	phys_addr_t start, size;

	if (si->mfn_list < __START_KERNEL_map) {
		start = PFN_PHYS(si->first_p2m_pfn);
		size = PFN_PHYS(si->nr_p2m_frames);
	} else {
		start = __pa(si->mfn_list);
		size = PAGE_ALIGN(si->nr_pages * sizeof(unsigned long));
	}

	memblock_reserve(start, size);
	if (!xen_pv_is_memory(&xen_pv_host_map, start, size))
		xen_pv_relocate_p2m();
}

static void * __init map_part(phys_addr_t addr, size_t size)
{
	void *part = early_memremap(addr, size);

	if (!part)
		xen_pv_fatal("early_memremap", 0, addr, -ENOMEM);
	return part;
}

/* Neither place has to be in the direct map. */
static void __init copy_memory(phys_addr_t to, phys_addr_t from, u64 size)
{
	void *source, *target;
	size_t part;

	for (; size; size -= part, to += part, from += part) {
		part = min(size, WINDOW - max(offset_in_page(to),
					      offset_in_page(from)));
		source = map_part(from, part);
		target = map_part(to, part);
		memcpy(target, source, part);
		early_memunmap(target, part);
		early_memunmap(source, part);
	}
}

/**
 * xen_pv_place_ramdisk - move the initrd to where there is memory
 *
 * Does not return where there is none.
 */
void __init xen_pv_place_ramdisk(void)
{
	const u64 from = boot_params.hdr.ramdisk_image |
			 (u64)boot_params.ext_ramdisk_image << 32;
	const u64 size = boot_params.hdr.ramdisk_size |
			 (u64)boot_params.ext_ramdisk_size << 32;
	u64 to;

	if (xen_pv_is_memory(&xen_pv_host_map, from, size))
		return;

	to = xen_pv_reserve_free(PAGE_ALIGN(size));
	if (!to)
		xen_pv_fatal("no memory to move the initrd to", 0, size, -ENOMEM);
	copy_memory(to, from, size);
	pr_info("initrd moved from [mem %#010llx-%#010llx] to %#010llx\n", from,
		from + size - 1, to);

	/* as early_reserve_memory() has it */
	memblock_phys_free(from, PAGE_ALIGN(from + size) - from);
	boot_params.hdr.ramdisk_image = lower_32_bits(to);
	boot_params.ext_ramdisk_image = upper_32_bits(to);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's memory map, and where in it this guest's memory may lie.
 *
 * A domU's host is its toolstack, dom0's is the machine: pages of dom0 that lie
 * where the machine has none have to make room for devices and firmware.
 */
#ifndef _ARCH_X86_XEN_MM_MAP_H
#define _ARCH_X86_XEN_MM_MAP_H

#include <linux/init.h>
#include <linux/types.h>

#include <xen/page.h>

#include <asm/e820/types.h>

/**
 * struct xen_pv_pages - pages that follow each other
 * @first: pfn of the first
 * @end: pfn behind the last; ~0UL where there is no end
 */
struct xen_pv_pages {
	unsigned long first, end;
};

/**
 * struct xen_pv_move - whole pages that are somewhere else than firmware says
 * @from: address of the first in the machine
 * @to: where this guest has it
 * @size: bytes
 */
struct xen_pv_move {
	u64 from, to, size;
};

typedef void (*xen_pv_take_range)(u64 addr, u64 size, enum e820_type type,
				  bool is_extra);
typedef u64 (*xen_pv_reserved_end)(u64 addr, u64 size);

/* map_tables.c: maps as tables.  Nothing but the arguments is looked at. */
int xen_pv_settle_map(struct e820_table *map);
int xen_pv_add_to_map(struct e820_table *map, u64 addr, u64 size,
		      enum e820_type type);
bool xen_pv_memory_from(const struct e820_table *map, unsigned long pfn,
			struct xen_pv_pages *memory);
bool xen_pv_is_memory(const struct e820_table *map, u64 addr, u64 size);
void xen_pv_hole_from(const struct e820_table *map, unsigned long pfn,
		      struct xen_pv_pages *hole);
unsigned long xen_pv_pages_in_holes(const struct e820_table *map,
				    unsigned long nr);
void xen_pv_cut_map(const struct e820_table *map, unsigned long nr,
		    unsigned long extra, xen_pv_take_range take);
u64 xen_pv_find_free(const struct e820_table *map, unsigned long nr, u64 size,
		     xen_pv_reserved_end reserved_end);
int xen_pv_move_nvs(struct e820_table *map, u64 addr, u64 size,
		    unsigned long nr, struct xen_pv_move *move);
unsigned long xen_pv_nr_extra(unsigned long nr, unsigned long most);
unsigned long xen_pv_count_regions(const struct xen_memory_region *region,
				   unsigned int nr_regions);
unsigned long xen_pv_page_of_regions(const struct xen_memory_region *region,
				     unsigned int nr_regions,
				     unsigned long nth);
bool xen_pv_nth_of_regions(const struct xen_memory_region *region,
			   unsigned int nr_regions, unsigned long pfn,
			   unsigned long *nth);
unsigned long xen_pv_take_from_regions(struct xen_memory_region *region,
				       unsigned int nr_regions,
				       unsigned long want,
				       unsigned long *first);

/* memory_map.c: the host's, and how many pages have frames from the boot on */
extern struct e820_table xen_pv_host_map;
extern unsigned long xen_pv_boot_pages;

/* boot_conflicts.c: what the boot has brought and the host's map */
void xen_pv_check_boot_memory(void);
void xen_pv_place_boot_list(void);
void xen_pv_place_ramdisk(void);

/* moved_frames.c: those that extra memory has got, until the list of frames knows */
unsigned long xen_pv_note_room(unsigned long nr);
void xen_pv_note_frame(unsigned long mfn);
unsigned long xen_pv_nr_moved(void);
unsigned long xen_pv_moved_frame(unsigned long nr);
void xen_pv_drop_notes(void);
#if IS_ENABLED(CONFIG_KUNIT)
u64 *xen_pv_map_notes(unsigned long page_nr);
void xen_pv_unmap_notes(u64 *page);
#endif

/* remap.c: frames of pages that lie in holes */
void xen_pv_clear_holes(void);

#endif /* _ARCH_X86_XEN_MM_MAP_H */

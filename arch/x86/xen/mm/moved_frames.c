// SPDX-License-Identifier: GPL-2.0
/*
 * The frames that extra memory has got from pages in holes.
 *
 * The list of frames that came with the boot has no word for those pages.  Until it
 * is in vmalloc space, what stands behind them is noted here: number by number, in
 * the order of the pages.  Frames that follow each other are one run,
 *
 *	63          52 51                                  0
 *	[ frames - 1  ][ first frame                        ]
 *
 * and a machine gives memory in large runs, so that nearly always all are in the
 * first page.  One page of the notes is mapped at a time, the one looked at last.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include <asm/early_ioremap.h>

#include "map.h"
#include "mm.h"

#define LENGTH_SHIFT	52
#define MAX_LENGTH	BIT(64 - LENGTH_SHIFT)
#define RUNS_PER_PAGE	(PAGE_SIZE / sizeof(u64))

/**
 * struct moved_frames - the notes
 * @notes: address of the runs
 * @room: how many there is room for
 * @nr_runs: how many there are
 * @nr: frames in all of them
 * @next: the frame that would continue the last of them
 * @page: one page of the runs, as it is mapped, or NULL
 * @page_nr: which
 * @run: the run that was looked at last
 * @before: frames in those before
 * @first: its first frame
 * @length: its frames; 0 where none was looked at
 */
static struct moved_frames {
	phys_addr_t notes;
	unsigned long room, nr_runs, nr, next;
	u64 *page;
	unsigned long page_nr;
	unsigned long run, before, first, length;
} moved __initdata;

VISIBLE_IF_KUNIT u64 * __init xen_pv_map_notes(unsigned long page_nr)
{
	u64 *page;

	KUNIT_STATIC_STUB_REDIRECT(xen_pv_map_notes, page_nr);

	page = early_memremap(moved.notes + page_nr * PAGE_SIZE, PAGE_SIZE);
	if (!page)
		xen_pv_fatal("early_memremap of moved frames", 0, page_nr,
			     -ENOMEM);
	return page;
}

VISIBLE_IF_KUNIT void __init xen_pv_unmap_notes(u64 *page)
{
	KUNIT_STATIC_STUB_REDIRECT(xen_pv_unmap_notes, page);

	early_memunmap(page, PAGE_SIZE);
}

static u64 * __init run_at(unsigned long i)
{
	const unsigned long page_nr = i / RUNS_PER_PAGE;

	if (moved.page && moved.page_nr != page_nr) {
		xen_pv_unmap_notes(moved.page);
		moved.page = NULL;
	}
	if (!moved.page) {
		moved.page = xen_pv_map_notes(page_nr);
		moved.page_nr = page_nr;
	}
	return moved.page + i % RUNS_PER_PAGE;
}

static unsigned long __init first_of(u64 run)
{
	return run & (BIT_ULL(LENGTH_SHIFT) - 1);
}

static unsigned long __init length_of(u64 run)
{
	return (run >> LENGTH_SHIFT) + 1;
}

/**
 * xen_pv_note_room - make room for the notes
 * @nr: of how many frames at most
 *
 * Context: once, while memblock is the allocator.
 *
 * Return: for how many there is room: @nr, or 0 where there is no memory.
 */
unsigned long __init xen_pv_note_room(unsigned long nr)
{
	moved.notes = nr ? xen_pv_reserve_free(PAGE_ALIGN(nr * sizeof(u64))) : 0;
	moved.room = moved.notes ? nr : 0;
	return moved.room;
}

static bool __init is_full(u64 run)
{
	return length_of(run) == MAX_LENGTH;
}

/**
 * xen_pv_note_frame - note the frame of the next page
 * @mfn: its number; there is room for it
 */
void __init xen_pv_note_frame(unsigned long mfn)
{
	u64 *last = NULL;

	if (moved.nr && mfn == moved.next)
		last = run_at(moved.nr_runs - 1);
	if (last && !is_full(*last))
		*last += BIT_ULL(LENGTH_SHIFT);
	else
		*run_at(moved.nr_runs++) = mfn;

	moved.nr++;
	moved.next = mfn + 1;
	moved.length = 0;	/* the run that was looked at may have grown */
}

/**
 * xen_pv_nr_moved - how many frames are noted
 *
 * Return: that.
 */
unsigned long __init xen_pv_nr_moved(void)
{
	return moved.nr;
}

static void __init look_at(unsigned long i, unsigned long before)
{
	u64 run = *run_at(i);

	moved.run = i;
	moved.before = before;
	moved.first = first_of(run);
	moved.length = length_of(run);
}

/**
 * xen_pv_moved_frame - a frame that is noted
 * @nr: which, below xen_pv_nr_moved(); looked for from the last one on
 *
 * Return: its number.
 */
unsigned long __init xen_pv_moved_frame(unsigned long nr)
{
	if (!moved.length || nr < moved.before)
		look_at(0, 0);
	while (nr - moved.before >= moved.length)
		look_at(moved.run + 1, moved.before + moved.length);
	return moved.first + (nr - moved.before);
}

/**
 * xen_pv_drop_notes - the list of frames knows
 */
void __init xen_pv_drop_notes(void)
{
	if (moved.page)
		xen_pv_unmap_notes(moved.page);
	if (moved.room)
		memblock_phys_free(moved.notes,
				   PAGE_ALIGN(moved.room * sizeof(u64)));
	moved = (struct moved_frames) {};
}

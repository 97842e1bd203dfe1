// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: the page tables that Xen's builder made, changed in a few entries.
 * The guest's page frames follow one another from VIRT_BASE on, so that an
 * address tells the frame.
 */
#include "guest.h"

struct start_info *start_info;
struct shared_info *shared_info;

/* The root of the page tables that the guest runs on */
u64 *kernel_root;

/* The second page is unmapped: what crosses into it cannot be read. */
_Alignas(PAGE_SIZE) u8 edge[2 * PAGE_SIZE];

static _Alignas(PAGE_SIZE) u8 shared_page[PAGE_SIZE];

/**
 * mfn_of - the machine frame behind an address of the guest's image
 * @address: of the image, or what Xen's builder put behind it
 */
unsigned long mfn_of(const void *address)
{
	unsigned long *list = (unsigned long *)start_info->mfn_list;

	return list[((unsigned long)address - VIRT_BASE) / PAGE_SIZE];
}

/**
 * page_of - the address of a page of the guest's
 * @mfn: its machine frame
 *
 * Return: as if all memory were mapped there; NULL for a frame of others.
 */
void *page_of(unsigned long mfn)
{
	unsigned long *list = (unsigned long *)start_info->mfn_list;
	unsigned long pfn;

	for (pfn = 0; pfn < start_info->nr_pages; pfn++)
		if (list[pfn] == mfn)
			return (void *)(VIRT_BASE + pfn * PAGE_SIZE);
	return NULL;
}

/**
 * spare_mfn - the frame of a page that nothing uses
 *
 * The last one: Xen's builder maps the guest's image and what is behind it.
 */
unsigned long spare_mfn(void)
{
	unsigned long *list = (unsigned long *)start_info->mfn_list;

	return list[start_info->nr_pages - 1];
}

/**
 * page_table_root - the page tables that the guest runs on, as cr3 is written in a context
 */
unsigned long page_table_root(void)
{
	return xen_pfn_to_cr3(mfn_of(kernel_root));
}

/**
 * not_canonical - an address that no 64-bit processor has
 *
 * Only 64-bit rows use it; on 32-bit there is none.
 */
unsigned long not_canonical(void)
{
#ifdef __x86_64__
	return 0x1234000000000000UL;
#else
	return NOWHERE;
#endif
}

/*
 * Xen's free memory, taken in ever smaller extents; of each order the first is
 * where those of the order above end.
 */
#define MOST_EXTENTS	4096
#define TOP_ORDER	9

static xen_pfn_t extents[MOST_EXTENTS];
static unsigned int taken[TOP_ORDER + 1];

static long change_reservation(unsigned int cmd, unsigned int order,
			       xen_pfn_t *first, unsigned int nr)
{
	struct xen_memory_reservation change = {
		.nr_extents = nr,
		.extent_order = order,
		.domid = DOMID_SELF,
	};

	set_xen_guest_handle(change.extent_start, first);
	return hypercall(__HYPERVISOR_memory_op, cmd, (unsigned long)&change,
			 0, 0);
}

/**
 * take_all_memory - leave Xen without any
 *
 * Return: false where it has more than can be noted, or gives none.
 */
bool take_all_memory(void)
{
	unsigned int nr = 0;
	int order;
	long rc;

	for (order = TOP_ORDER; order >= 0; order--) {
		rc = change_reservation(XENMEM_increase_reservation, order,
					&extents[nr], MOST_EXTENTS - nr);
		if (rc < 0)
			return false;
		taken[order] = rc;
		nr += rc;
	}
	return nr && nr < MOST_EXTENTS;
}

/**
 * give_memory_back - undo take_all_memory()
 *
 * Return: true where Xen took all of it.
 */
bool give_memory_back(void)
{
	unsigned int nr = 0;
	bool whole = true;
	int order;

	for (order = TOP_ORDER; order >= 0; order--) {
		if (change_reservation(XENMEM_decrease_reservation, order,
				       &extents[nr], taken[order]) !=
		    (long)taken[order])
			whole = false;
		nr += taken[order];
		taken[order] = 0;
	}
	return whole;
}

static void must(const char *what, int rc)
{
	if (!rc)
		return;
	say("# ERROR: %s: %d", what, rc);
	bail_out("memory");
}

/* User mode runs on the kernel's own page table: its pages are marked. */
static void open_to_user(void)
{
	const char *page;

	for (page = user_begin; page < user_end; page += PAGE_SIZE)
		must("a page for user mode",
		     set_page(page, PTE_PRESENT | PTE_WRITE | PTE_USER));
#ifdef __x86_64__
	{
		struct mmuext_op op = {
			.cmd = MMUEXT_NEW_USER_BASEPTR,
			.arg1.mfn = xen_cr3_to_pfn(page_table_root()),
		};

		must("user mode's page table",
		     hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0,
			       DOMID_SELF));
	}
#endif
}

/**
 * memory_start - map what is to be mapped
 * @info: from Xen
 */
void memory_start(struct start_info *info)
{
	start_info = info;
	kernel_root = (u64 *)info->pt_base;
	must("shared_info",
	     set_mapping(shared_page, info->shared_info | PTE_PRESENT |
				      PTE_WRITE | PTE_ACCESSED));
	shared_info = (struct shared_info *)shared_page;
	must("the page at the edge", set_page(edge + PAGE_SIZE, 0));
	must("the GDT's page", set_page(gdt_page, PTE_PRESENT));
	open_to_user();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What the machine has where the kernel has memory.
 *
 * dom0 sees the machine's ACPI tables and the like at the machine's address.
 * Where the kernel itself lies at that pfn, they are given another pfn, and
 * whoever has their address from the firmware is led there.
 */
#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pfn.h>
#include <linux/printk.h>

#include "p2m.h"

/* ACPI's tables, its NVS, and room for as much again */
#define MOST_MOVED	4

/**
 * struct moved - pages of the machine at another pfn
 * @mfn: the first
 * @pfn: where it is now
 * @nr: how many
 */
struct moved {
	unsigned long mfn, pfn, nr;
};

static struct moved moved[MOST_MOVED] __ro_after_init;
static unsigned int nr_moved __ro_after_init;

#ifdef CONFIG_ACPI
static bool overlaps(const struct moved *m, phys_addr_t first, phys_addr_t last)
{
	return PFN_DOWN(last) >= m->mfn && PFN_DOWN(first) < m->mfn + m->nr;
}

static bool contains(const struct moved *m, phys_addr_t first, phys_addr_t last)
{
	return PFN_DOWN(first) >= m->mfn && PFN_DOWN(last) < m->mfn + m->nr;
}

/* In place of acpi_os_ioremap(): @phys is the firmware's. */
static void __iomem *ioremap_moved(acpi_physical_address phys,
				   acpi_size size)
{
	const phys_addr_t last = phys + size - 1;
	const struct moved *m;

	for (m = moved; m < moved + nr_moved; m++) {
		if (!overlaps(m, phys, last))
			continue;
		if (contains(m, phys, last))
			return x86_acpi_os_ioremap(PFN_PHYS(m->pfn - m->mfn) +
						   phys, size);
		/* one mapping cannot have both parts */
		WARN_ONCE(1, "xen: ACPI wants %#llx to %#llx, of which frames from %#lx are at another pfn",
			  (u64)phys, (u64)last, m->mfn);
		return NULL;
	}
	return x86_acpi_os_ioremap(phys, size);
}

static void __init install_acpi_hook(void)
{
	acpi_os_ioremap = ioremap_moved;
}
#else
static void __init install_acpi_hook(void)
{
}
#endif

/**
 * xen_pv_add_remap_nonram - have what the machine has at another pfn
 * @maddr: where the machine has it
 * @paddr: where the kernel will, with the same offset in its page
 * @size: bytes
 *
 * Context: the memory map is being made.  Where there is no room, or the offsets
 * differ, that is the end.
 */
void __init xen_pv_add_remap_nonram(phys_addr_t maddr, phys_addr_t paddr,
				    unsigned long size)
{
	struct moved *m = moved + nr_moved;

	if (offset_in_page(maddr) != offset_in_page(paddr))
		xen_pv_fatal("offset of what is not memory, at a new pfn", 0,
			     maddr, -EINVAL);
	if (nr_moved == MOST_MOVED)
		xen_pv_fatal("too much that is not memory, where the kernel is",
			     0, maddr, -ENOSPC);

	m->mfn = PFN_DOWN(maddr);
	m->pfn = PFN_DOWN(paddr);
	m->nr = PFN_UP(maddr + size) - m->mfn;
	nr_moved++;
	install_acpi_hook();
}

static void __init set_moved(const struct moved *m)
{
	unsigned long i;

	for (i = 0; i < m->nr; i++)
		if (!set_phys_to_machine(m->pfn + i, m->mfn + i))
			panic("xen: no room in the list of frames for frame %#lx at pfn %#lx\n",
			      m->mfn + i, m->pfn + i);
}

/**
 * xen_pv_do_remap_nonram - put it into the list of frames
 *
 * Context: the list can grow.
 */
void __init xen_pv_do_remap_nonram(void)
{
	unsigned long nr = 0;
	const struct moved *m;

	for (m = moved; m < moved + nr_moved; m++) {
		set_moved(m);
		nr += m->nr;
	}
	if (nr)
		pr_info("xen: %lu pages that are not memory are at another pfn\n",
			nr);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses as the machine has them, in a guest of any kind.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>

#include <xen/features.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/xen/page.h>

#include "ops.h"

/**
 * arbitrary_virt_to_machine - find what the kernel has mapped at an address
 * @vaddr: in the direct map, the kernel's image, vmalloc space or the fixmap
 *
 * Return: the machine address; for what is not mapped, one that Xen refuses.
 */
xmaddr_t arbitrary_virt_to_machine(void *vaddr)
{
	unsigned int level;
	pte_t *pte;

	/* with highmem more addresses are valid than there are in the direct map */
	if (virt_addr_valid(vaddr) && xen_is_in_direct_map(PFN_DOWN(__pa(vaddr))))
		return virt_to_machine(vaddr);

	pte = lookup_address((unsigned long)vaddr, &level);
	if (WARN_ON_ONCE(!pte))
		return XMADDR(~0ULL);
	return XMADDR(PFN_PHYS((phys_addr_t)pte_mfn(*pte)) |
		      offset_in_page(vaddr));
}
EXPORT_SYMBOL_GPL(arbitrary_virt_to_machine);

/**
 * arbitrary_virt_to_mfn - the same for the frame
 * @vaddr: as above
 *
 * Return: the machine's number of the frame.
 */
unsigned long arbitrary_virt_to_mfn(void *vaddr)
{
	return PFN_DOWN(arbitrary_virt_to_machine(vaddr).maddr);
}

/**
 * xen_unmap_domain_gfn_range - let go of another domain's pages
 * @vma: where they were mapped
 * @nr: how many
 * @pages: that took their place, which a PV guest needs none for
 *
 * Return: 0 or an error.
 */
int xen_unmap_domain_gfn_range(struct vm_area_struct *vma, int nr,
			       struct page **pages)
{
	if (!xen_pv_domain())
		return xen_xlate_unmap_gfn_range(vma, nr, pages);
	return pages ? -EINVAL : 0;
}
EXPORT_SYMBOL_GPL(xen_unmap_domain_gfn_range);

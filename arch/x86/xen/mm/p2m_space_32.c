// SPDX-License-Identifier: GPL-2.0
/*
 * Where the list of frames that Xen made for the boot lies: in the direct map,
 * behind the kernel.
 *
 * Once the list is in vmalloc space, it becomes memory.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xen/interface/xen.h>
#include <xen/xen.h>

#include <asm/xen/hypervisor.h>

#include "mm.h"

static unsigned long __init list_bytes(void)
{
	return PAGE_ALIGN(xen_start_info->nr_pages * sizeof(unsigned long));
}

/**
 * xen_pv_relocate_p2m - move the list of frames to where there is memory
 *
 * Its place is where the host has none: not yet, in 32 bits.
 */
void __init xen_pv_relocate_p2m(void)
{
	xen_pv_fatal("the list of frames lies where the host has no memory", 0,
		     xen_start_info->mfn_list, -ENOMEM);
}

/**
 * xen_pv_release_boot_p2m - use a list in vmalloc space
 *
 * Context: paging_init() is done.
 */
void __init xen_pv_release_boot_p2m(void)
{
	void *list = (void *)xen_start_info->mfn_list;

	xen_pv_vmalloc_p2m_tree();
	if (xen_p2m_addr == list)
		return;

	/* nobody may read it any more */
	memset(list, 0xff, list_bytes());
	memblock_free(list, list_bytes());
	xen_start_info->mfn_list = (unsigned long)xen_p2m_addr;
}

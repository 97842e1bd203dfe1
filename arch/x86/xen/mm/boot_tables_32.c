// SPDX-License-Identifier: GPL-2.0
/*
 * From the tables that Xen starts a 32-bit guest on to the kernel's own.
 *
 * Xen maps the kernel, and what else start_info tells of, from the begin of the
 * direct map on, with a root, one L2 and as many L1 as that takes:
 *
 *	root            L2                     L1
 *	 [0..2] none
 *	 [3] ---------> [0] ...  ------------> Xen's L1s, which stay
 *	                [slots of Xen] ------> the machine's list of pfns
 *
 * A root must have an L2 of its own in its last slot.  setup_arch() has the
 * kernel's root, swapper_pg_dir, point to what initial_page_table points to, which
 * is Xen's L2, and loads it.  There it gets a copy of that L2, and Xen's
 * root and L2 become memory.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <xen/interface/xen.h>
#include <xen/interface/version.h>
#include <xen/xen.h>

#include <asm/fixmap.h>
#include <asm/paravirt.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "mm.h"

/* swapper_pg_dir's for the kernel's part */
static pmd_t kernel_l2[PTRS_PER_PMD] __page_aligned_bss;

/* dom0's list of frames has no place of its own here. */
unsigned long xen_pv_boot_list_pfn __ro_after_init;
unsigned long xen_pv_boot_list_nr __ro_after_init;

/**
 * xen_pv_note_boot_list - nothing to do: see above
 */
void __init xen_pv_note_boot_list(void)
{
}

/**
 * xen_pv_adopt_root - load the first root of the kernel's own
 * @cr3: of swapper_pg_dir, which has Xen's L2 in its last slot
 *
 * ABI: an L2 with Xen's entries may be in one root only, and is not pinned.
 *
 * Context: setup_arch(), by pv_ops.mmu.write_cr3.
 */
void __init xen_pv_adopt_root(unsigned long cr3)
{
	pgd_t *root = __va(cr3);
	pgd_t *xens = (pgd_t *)xen_start_info->pt_base;
	u64 entry = root[XEN_PV_USER_SLOTS].pgd;
	void *l2 = __va(PFN_PHYS(mfn_to_pfn(xen_pv_entry_frame(entry))));
	void *const unused[] = { xens, l2 };

	copy_page(kernel_l2, l2);
	root[XEN_PV_USER_SLOTS].pgd =
		xen_pv_entry_with_frame(entry, pfn_to_mfn(PFN_DOWN(__pa(kernel_l2))));

	xen_pv_set_boot_prot(kernel_l2, PAGE_KERNEL_RO, UVMF_INVLPG);
	xen_pv_set_boot_prot(root, PAGE_KERNEL_RO, UVMF_INVLPG);
	xen_pv_table_op(MMUEXT_PIN_L3_TABLE, PFN_DOWN(cr3));

	xen_pv_install_root_op();
	pv_ops.mmu.write_cr3(cr3);

	xen_pv_table_op(MMUEXT_UNPIN_TABLE, PFN_DOWN(__pa(xens)));
	xen_pv_keep_boot_tables(unused, ARRAY_SIZE(unused));
}

/* Linux's addresses end where Xen's begin. */
static void __init reserve_xens_part(void)
{
	struct xen_platform_parameters params = {
		.virt_start = HYPERVISOR_VIRT_START,
	};
	int rc = HYPERVISOR_xen_version(XENVER_platform_parameters, &params);

	if (rc)
		xen_pv_fatal("xen_version (platform_parameters)", 0, 0, rc);
	reserve_top_address(-params.virt_start);
}

/**
 * xen_setup_kernel_pagetable - prepare for the kernel's own tables
 * @xens: Xen's root, where Xen has mapped it
 * @max_pfn: not used: what is mapped is told by start_info
 */
void __init xen_setup_kernel_pagetable(pgd_t *xens, unsigned long max_pfn)
{
	reserve_xens_part();
	max_pfn_mapped = PFN_DOWN(__pa(xen_start_info->mfn_list));
	initial_page_table[XEN_PV_USER_SLOTS].pgd = xens[XEN_PV_USER_SLOTS].pgd;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses that are fixed when the kernel is compiled.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include <asm/fixmap.h>
#include <asm/paravirt.h>
#include <asm/pgalloc.h>
#include <asm/xen/hypercall.h>

#include "mm.h"

/* in place of APICs, which the hypervisor keeps: reads are all ones */
static u8 no_device[PAGE_SIZE] __page_aligned_bss;

/* Whether what is mapped is this guest's memory, at a pfn. */
static bool is_memory(unsigned int idx)
{
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	if (idx == VSYSCALL_PAGE)
		return true;
#endif
#ifdef CONFIG_X86_32
	if (idx == FIX_WP_TEST)
		return true;
#endif
	return idx >= FIX_BTMAP_END && idx <= FIX_BTMAP_BEGIN;
}

static bool is_apic(unsigned int idx)
{
#ifdef CONFIG_X86_LOCAL_APIC
	if (idx == FIX_APIC_BASE)
		return true;
#endif
#ifdef CONFIG_X86_IO_APIC
	if (idx >= FIX_IO_APIC_BASE_0 && idx <= FIX_IO_APIC_BASE_END)
		return true;
#endif
	return false;
}

static pte_t fixmap_pte(unsigned int idx, phys_addr_t phys, pgprot_t prot)
{
	if (is_memory(idx))
		return pfn_pte(PFN_DOWN(phys), prot);
	if (is_apic(idx))
		return pfn_pte(PFN_DOWN(__pa_symbol(no_device)), PAGE_KERNEL);
	return mfn_pte(PFN_DOWN(phys), prot);
}

static void set_fixmap_op(unsigned int idx, phys_addr_t phys, pgprot_t prot)
{
	unsigned long address = __fix_to_virt(idx);
	pte_t pte = fixmap_pte(idx, phys, prot);

	if (xen_pv_set_direct_pte(address, pte, UVMF_INVLPG))
		return;
#ifdef CONFIG_X86_VSYSCALL_EMULATION
	/* programs see it through their own root */
	if (idx == VSYSCALL_PAGE)
		set_pte_vaddr_pud(xen_pv_vsyscall_l3, address, pte);
#endif
}

#ifdef CONFIG_X86_32
/* Before there is memory to allocate.  With many CPUs no other slot has it. */
static void __init populate(unsigned long address)
{
	static pte_t table[PTRS_PER_PTE] __page_aligned_bss;
	pmd_t *pmd = pmd_off_k(address);

	if (pmd_none(*pmd))
		pmd_populate_kernel(&init_mm, pmd, table);
}
#else
static void __init populate(unsigned long address)
{
	populate_extra_pte(address);
}
#endif

/**
 * xen_pv_populate_fixmap - have a table for one address of the fixmap
 * @idx: which, FIX_*; on 32-bit one such table is to be had
 *
 * Context: early parameters are parsed.
 */
void __init xen_pv_populate_fixmap(unsigned int idx)
{
	populate(__fix_to_virt(idx));
}

/**
 * xen_pv_install_fixmap_ops - pv_ops of this file
 */
void __init xen_pv_install_fixmap_ops(void)
{
	memset(no_device, 0xff, sizeof(no_device));
	pv_ops.mmu.set_fixmap = set_fixmap_op;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Other domains' memory in a program of this one, for toolstacks.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmcore_info.h>

#include <xen/interface/xen.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "mm.h"

#define CHUNK	16

/**
 * struct chunk - entries that one hypercall makes
 * @update: the entries
 * @nr: how many
 * @frame: the next page's, counted up; or a list
 * @is_list: which of the two
 * @type: MMU_*
 * @prot: of each page
 * @rc: of the last page
 * @paged_out: whether one was to be paged in first
 */
struct chunk {
	struct mmu_update update[CHUNK];
	unsigned int nr;
	xen_pfn_t *frame;
	bool is_list;
	unsigned int type;
	pgprot_t prot;
	int rc;
	bool paged_out;
};

static xen_pfn_t next_frame(struct chunk *chunk)
{
	return chunk->is_list ? *chunk->frame++ : (*chunk->frame)++;
}

static int add_page(pte_t *ptep, unsigned long addr, void *data)
{
	struct chunk *chunk = data;
	struct mmu_update *update = &chunk->update[chunk->nr++];
	pte_t pte = pte_mkspecial(mfn_pte(next_frame(chunk), chunk->prot));

	update->ptr = virt_to_machine(ptep).maddr | chunk->type;
	update->val = pte_val_ma(pte);
	return 0;
}

/*
 * Xen stops at an entry that it refuses.  With @errs each page has a result
 * and the others are gone on with; @errs may be the list of frames, which is
 * read before.  Returns how many pages are mapped, or the error.
 */
static int map_chunk(struct chunk *chunk, int *errs, unsigned int domid)
{
	unsigned int i = 0;
	int mapped = 0;

	while (i < chunk->nr) {
		int done = 0;
		int rc = HYPERVISOR_mmu_update(chunk->update + i, chunk->nr - i,
					       &done, domid);

		if (errs)
			memset(errs + i, 0, done * sizeof(*errs));
		i += done;
		mapped += done;
		chunk->rc = rc;
		if (rc >= 0)
			continue;
		if (!errs)
			return rc;
		errs[i++] = rc;
		chunk->paged_out |= rc == -ENOENT;
	}
	return mapped;
}

/* Who asks has looked where a VMA is, and may not have looked where it ends. */
static bool is_in_vma(const struct vm_area_struct *vma, unsigned long addr, int nr)
{
	return addr >= vma->vm_start && addr < vma->vm_end && nr >= 0 &&
	       nr <= (vma->vm_end - addr) >> PAGE_SHIFT;
}

/**
 * xen_remap_pfn - map another domain's frames
 * @vma: of a program, VM_PFNMAP and VM_IO
 * @addr: of the first page
 * @pfn: frames; with no @err_ptr the first of consecutive ones
 * @nr: how many
 * @err_ptr: a result for each, or NULL; may be @pfn
 * @prot: of the pages
 * @domid: whose
 * @no_translate: frames of the machine, whatever the domain's are
 *
 * ABI: mmu_update.
 *
 * Context: may sleep; the mmap lock is held.
 *
 * Return: how many are mapped; -EINVAL where not all of them are within @vma;
 * the error of the first that is not mapped, without @err_ptr, or of a table.
 * With @err_ptr -ENOENT where one has to be paged in first, and the last page's
 * error where that has one.
 */
int xen_remap_pfn(struct vm_area_struct *vma, unsigned long addr,
		  xen_pfn_t *pfn, int nr, int *err_ptr, pgprot_t prot,
		  unsigned int domid, bool no_translate)
{
	struct chunk chunk = {
		.frame = pfn,
		.is_list = err_ptr,
		.type = no_translate ? MMU_PT_UPDATE_NO_TRANSLATE :
				       MMU_NORMAL_PT_UPDATE,
		.prot = prot,
	};
	int rc = 0, mapped = 0, i;

	if (WARN_ON_ONCE((vma->vm_flags & (VM_PFNMAP | VM_IO)) !=
			 (VM_PFNMAP | VM_IO)))
		return -EINVAL;
	if (!is_in_vma(vma, addr, nr))
		return -EINVAL;

	while (nr > 0) {
		unsigned int pages = min(nr, CHUNK);

		chunk.nr = 0;
		rc = apply_to_page_range(vma->vm_mm, addr, PFN_PHYS(pages),
					 add_page, &chunk);
		if (rc)
			break;
		rc = map_chunk(&chunk, err_ptr, domid);
		if (rc < 0)
			break;

		mapped += rc;
		nr -= pages;
		addr += PFN_PHYS(pages);
		if (err_ptr)
			err_ptr += pages;
		cond_resched();
	}

	/* Without a table none of the rest is mapped. */
	for (i = 0; err_ptr && i < nr; i++)
		err_ptr[i] = rc;

	xen_pv_flush_all();
	if (rc >= 0)
		rc = chunk.paged_out ? -ENOENT : chunk.rc;
	return rc < 0 ? rc : mapped;
}
EXPORT_SYMBOL_GPL(xen_remap_pfn);

#ifdef CONFIG_VMCORE_INFO
/**
 * paddr_vmcoreinfo_note - where the note of a crash dump is
 *
 * Return: its address in the machine: the dump is made by who runs that.
 */
phys_addr_t paddr_vmcoreinfo_note(void)
{
	if (xen_pv_domain())
		return virt_to_machine(vmcoreinfo_note).maddr;
	return __pa(vmcoreinfo_note);
}
#endif

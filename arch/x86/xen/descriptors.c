// SPDX-License-Identifier: GPL-2.0
/*
 * GDT, TLS and segment bases; ldt.c has the LDT.
 *
 * Xen lets a guest choose its descriptors but not write them: each page that
 * holds some is mapped read-only wherever it is mapped, and each change goes
 * through update_descriptor, which checks it.  Xen keeps the end of the GDT
 * for itself, and it has the only TSS and the only real LDT register.
 *
 * Where a hypercall is refused the CPU stays on what it had.  That is the end
 * of the boot where it had nothing of ours (see gdt_refused()), and otherwise
 * a warning: one process sees a wrong segment, the machine runs on.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <xen/features.h>
#include <xen/page.h>

#include <asm/desc.h>
#include <asm/paravirt.h>
#include <asm/segment.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

#include "descriptors.h"
#include "multicalls.h"
#include "pv.h"

/*
 * Page protection
 */

/* Return: 0, -EFAULT where nothing is mapped, or Xen's error */
static int set_prot(void *va, pgprot_t prot, unsigned long *pfn)
{
	unsigned long addr = (unsigned long)va;
	unsigned int level;
	char probe;
	pte_t *ptep;

	ptep = lookup_address(addr, &level);
	if (!ptep || level != PG_LEVEL_4K)
		return -EFAULT;

	*pfn = pte_pfn(*ptep);

	/*
	 * update_va_mapping looks in the page tables in use, and those learn
	 * of a new vmalloc mapping by a fault only.
	 */
	if (copy_from_kernel_nofault(&probe, va, sizeof(probe)))
		return -EFAULT;

	return HYPERVISOR_update_va_mapping(addr, pfn_pte(*pfn, prot), 0);
}

/**
 * xen_pv_set_prot() - change a page's protection, also in the linear mapping
 * @va:   the page, in linear or vmalloc space
 * @prot: what both mappings are to have
 *
 * Not preemptible meanwhile, so that the page tables found to map @va are
 * still those that Xen looks in.
 *
 * Return: 0, -EFAULT where nothing is mapped, or Xen's error; then one of the
 * mappings may have changed.
 */
int xen_pv_set_prot(void *va, pgprot_t prot)
{
	unsigned long pfn;
	void *linear;
	int rc;

	preempt_disable();
	rc = set_prot(va, prot, &pfn);
	if (!rc) {
		linear = __va(PFN_PHYS(pfn));
		if (linear != va && xen_is_in_direct_map(pfn))
			rc = set_prot(linear, prot, &pfn);
	}
	preempt_enable();

	return rc;
}

/*
 * GDT
 */

/* The page that the boot CPU had before the per-CPU areas were set up */
static void *boot_gdt __initdata;

/*
 * The frame of the GDT that Xen has for the boot CPU; 0 where that is not known.
 * After a migration it is another frame, and what is here fits no page.
 */
static unsigned long boot_cpu_gdt_mfn;

/*
 * While the boot CPU is alone it moves to a page from which it will be updated
 * and leaves one that will be freed: it cannot stay.  Later there is nothing
 * to load, for each vCPU has its GDT; should it be tried, that one stays.
 */
static void gdt_refused(const struct desc_ptr *dtr, int rc)
{
	if (system_state == SYSTEM_BOOTING)
		xen_pv_fatal("set_gdt", xen_vcpu_nr(raw_smp_processor_id()),
			     dtr->address, rc);

	WARN_ONCE(1, "set_gdt(%#lx) failed: %s\n", dtr->address,
		  xen_errno_name(rc));
}

/* Linux's GDT is one page, and starts it */
static bool gdt_fits(const struct desc_ptr *dtr)
{
	return PAGE_ALIGNED(dtr->address) && dtr->size < PAGE_SIZE;
}

static int register_gdt(unsigned long mfn, const struct desc_ptr *dtr)
{
	unsigned int entries = (dtr->size + 1) / sizeof(struct desc_struct);

	return HYPERVISOR_set_gdt(&mfn, entries);
}

/* The other CPUs have their GDT in the context that their vCPU starts with. */
static bool gdt_is_registered(unsigned int cpu, unsigned long mfn)
{
	if (cpu)
		return mfn == arbitrary_virt_to_mfn(get_cpu_gdt_rw(cpu));
	return mfn == boot_cpu_gdt_mfn;
}

/**
 * xen_pv_protect_gdt() - make a GDT's page fit to be handed to Xen, or undo it
 * @gdt:     at the start of a page; not in use by any vCPU
 * @protect: true to take every writable mapping away, false to give them back
 *
 * Return: 0, or a negative errno, and the page is writable.
 */
int xen_pv_protect_gdt(struct desc_struct *gdt, bool protect)
{
	int rc;

	if (!protect)
		return xen_pv_set_prot(gdt, PAGE_KERNEL);

	rc = xen_pv_set_prot(gdt, PAGE_KERNEL_RO);
	if (rc && xen_pv_set_prot(gdt, PAGE_KERNEL))
		pr_warn("a mapping of a GDT stays read-only\n");
	return rc;
}

/**
 * xen_pv_load_gdt() - make a GDT this CPU's
 * @dtr: its address, at the start of a page, and limit
 *
 * Costs no hypercall where Xen has it already: Linux loads each GDT twice, by
 * two addresses, and that of a secondary CPU is in its context.
 *
 * ABI: set_gdt, which wants the page's frame number and no writable mapping.
 */
void xen_pv_load_gdt(const struct desc_ptr *dtr)
{
	void *va = (void *)dtr->address;
	unsigned long mfn = arbitrary_virt_to_mfn(va);
	unsigned int cpu = raw_smp_processor_id();
	int rc = -EINVAL;

	if (gdt_is_registered(cpu, mfn))
		return;

	if (gdt_fits(dtr))
		rc = xen_pv_set_prot(va, PAGE_KERNEL_RO);
	if (!rc)
		rc = register_gdt(mfn, dtr);
	if (rc)
		gdt_refused(dtr, rc);
	else if (!cpu)
		boot_cpu_gdt_mfn = mfn;
}

/*
 * The same while init_mm's page tables are not the ones in use: the page lies
 * in the kernel image and has that one mapping.
 */
static void __init load_boot_gdt(const struct desc_ptr *dtr)
{
	unsigned long pfn = virt_to_pfn((void *)dtr->address);
	int rc = -EINVAL;

	if (gdt_fits(dtr))
		rc = HYPERVISOR_update_va_mapping(dtr->address,
						  pfn_pte(pfn, PAGE_KERNEL_RO),
						  0);
	if (!rc)
		rc = register_gdt(pfn_to_mfn(pfn), dtr);
	if (rc)
		gdt_refused(dtr, rc);
}

/* Xen has the TSS and the LDT register, so their descriptors mean nothing. */
static bool is_xens(int type)
{
	return type == DESC_TSS || type == DESC_LDT;
}

/**
 * xen_pv_write_gdt_entry() - change a descriptor of a GDT
 * @gdt:   the table
 * @entry: index into it
 * @desc:  the new descriptor, 8 bytes
 * @type:  DESC_TSS, DESC_LDT (both left out), or another
 *
 * What Linux writes here are constants and per-CPU numbers, so a refusal is a
 * bug, and the caller could do nothing about it.
 */
void xen_pv_write_gdt_entry(struct desc_struct *gdt, int entry,
			    const void *desc, int type)
{
	u64 maddr;
	int rc;

	trace_xen_cpu_write_gdt_entry(gdt, entry, desc, type);

	if (is_xens(type))
		return;

	maddr = arbitrary_virt_to_machine(gdt + entry).maddr;

	/* Queued changes of the same table must not come after this one */
	preempt_disable();
	xen_mc_flush();
	rc = HYPERVISOR_update_descriptor(maddr, xen_pv_raw_desc(desc));
	preempt_enable();

	WARN_ONCE(rc, "GDT entry %d := %#llx failed: %s\n",
		  entry, xen_pv_raw_desc(desc), xen_errno_name(rc));
}

/* Without the batch and the page walk, neither of which works yet */
static void __init write_boot_gdt_entry(struct desc_struct *gdt, int entry,
					const void *desc, int type)
{
	u64 maddr = virt_to_machine(gdt + entry).maddr;
	int rc;

	if (is_xens(type))
		return;

	rc = HYPERVISOR_update_descriptor(maddr, xen_pv_raw_desc(desc));
	if (rc)
		xen_pv_fatal("update_descriptor", 0, xen_pv_raw_desc(desc), rc);
}

#ifdef CONFIG_X86_32
/* From Xen's flat segments to the kernel's, in ring 1. */
static void __init load_kernel_segments(void)
{
	asm volatile("movl	%0, %%ss\n\t"
		     "movl	%1, %%ds\n\t"
		     "movl	%1, %%es\n\t"
		     "pushl	%2\n\t"
		     "pushl	$1f\n\t"
		     "lret\n"
		     "1:"
		     : : "r" (XEN_PV_KERNEL_DS), "r" (__USER_DS),
			 "i" (XEN_PV_KERNEL_CS) : "memory");
	loadsegment(gs, 0);
}
#else
static void __init load_kernel_segments(void)
{
}
#endif

/**
 * xen_pv_setup_boot_gdt() - leave the GDT that Xen built for the boot CPU
 *
 * Also brings the per-CPU base, and so the stack protector's canary.  The
 * frame lists must be known, the kernel's own page tables need not be in use.
 */
void __init xen_pv_setup_boot_gdt(void)
{
	boot_gdt = get_cpu_gdt_rw(0);

	pv_ops.cpu.load_gdt = load_boot_gdt;
	pv_ops.cpu.write_gdt_entry = write_boot_gdt_entry;

	switch_gdt_and_percpu_base(0);
	load_kernel_segments();

	pv_ops.cpu.load_gdt = xen_pv_load_gdt;
	pv_ops.cpu.write_gdt_entry = xen_pv_write_gdt_entry;
}

/**
 * xen_pv_release_boot_gdt() - make the first GDT's page ordinary memory again
 *
 * To be called when the boot CPU runs on the GDT of its own per-CPU area.
 * The page is freed with the rest of the initial area, and its next owner would
 * fault on it much later, so a failure is fatal.
 */
void __init xen_pv_release_boot_gdt(void)
{
	unsigned long pfn;
	int rc;

	if (xen_feature(XENFEAT_writable_page_tables))
		return;

	rc = set_prot(boot_gdt, PAGE_KERNEL, &pfn);
	if (rc)
		xen_pv_fatal("update_va_mapping of the first GDT", 0,
			     (unsigned long)boot_gdt, rc);
}

/*
 * TLS: three descriptors of the GDT that belong to the running task
 */

/* The GDT itself does not tell: Xen may have changed bits of what was queued. */
static bool tls_differs(const struct thread_struct *t, const u64 *shadow)
{
	BUILD_BUG_ON(sizeof(t->tls_array) !=
		     sizeof_field(struct xen_pv_batch, tls));

	return memcmp(shadow, t->tls_array, sizeof(t->tls_array));
}

/* The segment register that programs have their TLS in */
static void unload_tls_segment(void)
{
#ifdef CONFIG_X86_64
	loadsegment(fs, 0);
#else
	loadsegment(gs, 0);
#endif
}

static void queue_tls_entry(unsigned int cpu, unsigned int i,
			    struct desc_struct desc)
{
	struct desc_struct *slot = get_cpu_gdt_rw(cpu) + GDT_ENTRY_TLS_MIN + i;
	struct multicall_space call = __xen_mc_entry(0);

	MULTI_update_descriptor(call.mc, arbitrary_virt_to_machine(slot).maddr,
				desc);
}

static noinline void change_tls(const struct thread_struct *t, unsigned int cpu,
				u64 *shadow)
{
	bool switching = this_cpu_read(xen_pv_batch)->switching;
	unsigned int i;

	/*
	 * In the middle of a context switch FS (32-bit: GS) is still the old task's.  Once
	 * its descriptor has changed it cannot be loaded again, and Xen does
	 * just that if it deschedules this vCPU now.  The new task's FS is
	 * loaded next anyway.
	 *
	 * Where no slot differs, FS may still be of the old task's LDT, which
	 * the same flush takes away.  Descheduled then, this vCPU comes back
	 * by the failsafe callback, with FS 0.  All four were saved before.
	 */
	if (switching)
		unload_tls_segment();

	xen_mc_batch();
	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++) {
		u64 raw = xen_pv_raw_desc(&t->tls_array[i]);

		if (shadow[i] == raw)
			continue;
		shadow[i] = raw;
		queue_tls_entry(cpu, i, t->tls_array[i]);
	}
	xen_mc_issue(!switching);
}

/**
 * xen_pv_load_tls() - put a task's TLS descriptors into a CPU's GDT
 * @t:   the task's thread
 * @cpu: the CPU, which is this one
 *
 * Hardly two tasks of a 64-bit system differ here, so most calls end at the
 * comparison.  Xen's answer is looked at when the batch is flushed.
 */
void xen_pv_load_tls(struct thread_struct *t, unsigned int cpu)
{
	u64 *shadow = this_cpu_read(xen_pv_batch)->tls;

	if (tls_differs(t, shadow))
		change_tls(t, cpu, shadow);
}

/*
 * Registers
 */

#ifdef CONFIG_X86_64
/**
 * xen_pv_load_gs_index() - load the selector of the user's GS
 * @selector: the selector
 *
 * Xen itself loads 0 in place of one that faults, as Linux does on hardware, and
 * makes the RPL of any other 3.
 */
void xen_pv_load_gs_index(unsigned int selector)
{
	int rc = HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, selector);

	/* the descriptor has a base */
	xen_pv_forget_user_gs();

	WARN_ONCE(rc, "user GS %#x not loaded: %s\n", selector,
		  xen_errno_name(rc));
}
#endif

/**
 * xen_pv_store_tr() - read the task register
 *
 * Return: 0, as a guest has no TSS that a selector of its own could name.
 */
unsigned long xen_pv_store_tr(void)
{
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * MSRs, control registers, debug registers.
 *
 * Most of these instructions fault in an unprivileged kernel, and Xen
 * emulates them: right, but slow, and noisy where it disagrees.  So whatever
 * has a hypercall uses it, whatever the hypervisor has already set up
 * otherwise is not passed on, and the rest goes the instruction's way.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/context_tracking.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/instrumentation.h>
#include <linux/kstrtox.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/smp.h>

#include <asm/apicdef.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <asm/xen/hypercall.h>

#include "multicalls.h"
#include "pmu.h"
#include "pv.h"

/*
 * Whether a plain RDMSR or WRMSR may fail quietly.  Many MSRs that a CPU of
 * this model has do not exist for a guest, and not all callers ask first.
 */
static bool msr_always_safe __ro_after_init =
	IS_ENABLED(CONFIG_XEN_PV_MSR_SAFE);

static int __init choose_msr_safe(char *value)
{
	if (!value || kstrtobool(value, &msr_always_safe))
		pr_warn("xen_msr_safe=%s: neither on nor off, ignored\n",
			value ?: "");
	/* An error would have the caller print another line. */
	return 0;
}
early_param("xen_msr_safe", choose_msr_safe);

/*
 * What becomes of an access.  SEGMENT_BASE has a hypercall of its own.
 * SYSCALL_SETUP is told to Xen by entry points: it keeps its own values in
 * these MSRs and would log each attempt to change them.
 */
enum msr_kind { HARDWARE, SEGMENT_BASE, SYSCALL_SETUP };

static enum msr_kind msr_kind(unsigned int msr)
{
	switch (msr) {
#ifdef CONFIG_X86_64
	case MSR_FS_BASE ... MSR_KERNEL_GS_BASE:
		return SEGMENT_BASE;
#endif
	case MSR_STAR ... MSR_SYSCALL_MASK:
	case MSR_IA32_SYSENTER_CS ... MSR_IA32_SYSENTER_EIP:
		return SYSCALL_SETUP;
	default:
		return HARDWARE;
	}
}

static u64 read_hardware(u32 msr, int *err)
{
	u64 val = 0;

	if (xen_pv_access_pmu(msr, &val, true))
		return val;

	if (!err)
		return native_read_msr(msr);

	*err = native_read_msr_safe(msr, &val);
	return val;
}

static void write_hardware(u32 msr, u64 val, int *err)
{
	if (xen_pv_access_pmu(msr, &val, false))
		return;

	if (err)
		*err = native_write_msr_safe(msr, val);
	else
		native_write_msr(msr, val);
}

/* The APIC base as it looks from a vCPU: xAPIC mode, vCPU 0 is the BSP */
static u64 guest_apicbase(u64 val)
{
	val &= ~(u64)(X2APIC_ENABLE | MSR_IA32_APICBASE_BSP);
	if (!raw_smp_processor_id())
		val |= MSR_IA32_APICBASE_BSP;

	return val;
}

/* @err: where to put the result, or NULL to take the fault */
static u64 read_msr(u32 msr, int *err)
{
	u64 val;

	if (err)
		*err = 0;
	val = read_hardware(msr, err);

	return msr == MSR_IA32_APICBASE ? guest_apicbase(val) : val;
}

#ifdef CONFIG_X86_64
/*
 * Xen's name for a base.  It swaps the two GS bases on the way between the
 * guest's user and kernel mode, so the kernel always runs on "kernel" and
 * the one that SWAPGS would bring is "user".
 */
static unsigned int segment_base_selector(unsigned int msr)
{
	static const u8 selector[] = {
		[MSR_FS_BASE - MSR_FS_BASE]		= SEGBASE_FS,
		[MSR_GS_BASE - MSR_FS_BASE]		= SEGBASE_GS_KERNEL,
		[MSR_KERNEL_GS_BASE - MSR_FS_BASE]	= SEGBASE_GS_USER,
	};

	return selector[msr - MSR_FS_BASE];
}

/* Return: 0, or what set_segment_base said */
static int write_segment_base(unsigned int msr, u64 base)
{
	return HYPERVISOR_set_segment_base(segment_base_selector(msr), base);
}
#else
/* not reached: a 32-bit CPU has its bases in descriptors */
static int write_segment_base(unsigned int msr, u64 base)
{
	return -EIO;
}
#endif

/*
 * User mode sets its bases by WRFSBASE and WRGSBASE, and an emulated CPU may
 * accept one that is not canonical.  Where Xen rejects it the CPU would keep the
 * base of the previous task.  Called from the context switch with a run queue's
 * lock held, where printk() must not wake the console.
 */
static void clear_user_base(unsigned int msr, u64 refused, int rc)
{
	printk_deferred_once("xen: set_segment_base(MSR %#x, %#llx) failed: %s; the task has 0\n",
			     msr, refused, xen_errno_name(rc));
	xen_pv_forget_user_gs();
	rc = write_segment_base(msr, 0);
	WARN_ONCE(rc, "set_segment_base(MSR %#x, 0) failed: %s\n", msr,
		  xen_errno_name(rc));
}

/**
 * xen_pv_read_msr_safe() - RDMSR that reports a fault
 * @msr: number of the register
 * @val: set to the register as this vCPU is to see it, 0 where there is none
 *
 * Return: 0, or -EIO where it faulted.
 */
int xen_pv_read_msr_safe(u32 msr, u64 *val)
{
	int err;

	*val = read_msr(msr, &err);
	return err;
}

/**
 * xen_pv_write_msr_safe() - WRMSR that reports a fault
 * @msr: number of the register
 * @val: the new value
 *
 * Return: 0, or -EIO where it faulted or Xen refused a segment base
 * (set_segment_base: not canonical).
 */
int xen_pv_write_msr_safe(u32 msr, u64 val)
{
	int err = 0;

	switch (msr_kind(msr)) {
	case SEGMENT_BASE:
		if (msr == MSR_KERNEL_GS_BASE)
			xen_pv_forget_user_gs();
		if (write_segment_base(msr, val))
			err = -EIO;
		break;
	case SYSCALL_SETUP:
		break;
	case HARDWARE:
		write_hardware(msr, val, &err);
		break;
	}

	return err;
}

/**
 * xen_pv_read_msr() - RDMSR by a caller that expects the register to be there
 * @msr: number of the register
 *
 * Return: the register as this vCPU is to see it.  A missing one reads as 0
 * with xen_msr_safe, and as a warning by the fault handler without.
 */
u64 xen_pv_read_msr(u32 msr)
{
	int ignored;

	/* the one that each context switch reads, and that every CPU has */
	if (msr == MSR_KERNEL_GS_BASE)
		return xen_pv_read_user_gs();

	return read_msr(msr, msr_always_safe ? &ignored : NULL);
}

/**
 * xen_pv_write_msr() - WRMSR by a caller that expects no fault
 * @msr: number of the register
 * @val: the new value
 *
 * A segment base that Xen rejects is never ignored, as the kernel would run on
 * a wrong one: for its own per-CPU base, without which it cannot even warn,
 * that is fatal.  A task's base is set to 0 instead.
 */
void xen_pv_write_msr(u32 msr, u64 val)
{
	int ignored = 0;
	int rc;

	switch (msr_kind(msr)) {
	case SEGMENT_BASE:
		if (msr == MSR_KERNEL_GS_BASE && !xen_pv_note_user_gs(val))
			break;
		rc = write_segment_base(msr, val);
		if (rc && msr == MSR_GS_BASE)
			xen_pv_fatal("set_segment_base for the kernel's GS",
				     xen_vcpu_nr(raw_smp_processor_id()),
				     val, rc);
		if (rc)
			clear_user_base(msr, val, rc);
		break;
	case SYSCALL_SETUP:
		break;
	case HARDWARE:
		write_hardware(msr, val, msr_always_safe ? &ignored : NULL);
		break;
	}
}

/*
 * CR0 as this CPU last wrote it; 0 means not read yet.  Reading the real one
 * is a trip to the hypervisor, and happens on each use of the FPU.
 */
static DEFINE_PER_CPU(unsigned long, cr0_shadow);

/**
 * xen_pv_read_cr0() - CR0 as this CPU believes it to be
 *
 * Return: the value last written, or what Xen shows before the first write.
 */
unsigned long xen_pv_read_cr0(void)
{
	unsigned long cr0 = this_cpu_read(cr0_shadow);

	/* PE is always set, so a CR0 that was read is never 0 */
	if (unlikely(!cr0)) {
		cr0 = native_read_cr0();
		this_cpu_write(cr0_shadow, cr0);
	}

	return cr0;
}

/**
 * xen_pv_write_cr0() - write CR0
 * @cr0: the new value, of which Xen hears of TS only
 *
 * The other bits are the hypervisor's to choose.  TS belongs to the context
 * switch, so it joins the batch of one that is under way; xen_mc_flush()
 * looks at the result.
 */
void xen_pv_write_cr0(unsigned long cr0)
{
	struct multicall_space call;

	this_cpu_write(cr0_shadow, cr0);

	call = xen_mc_entry(0);
	MULTI_fpu_taskswitch(call.mc, !!(cr0 & X86_CR0_TS));
	xen_mc_issue(!xen_is_cpu_lazy_mode());
}

/**
 * xen_pv_write_cr4() - write CR4
 * @cr4: the new value
 *
 * Bits about the page tables' format and about RDPMC stay with Xen, which
 * would log an attempt to change them; the rest it checks itself.
 */
void xen_pv_write_cr4(unsigned long cr4)
{
	const unsigned long xens = X86_CR4_PSE | X86_CR4_PGE | X86_CR4_PCE;

	native_write_cr4(cr4 & ~xens);
}

/*
 * Reached from the entry code of #DB and NMI, with RCU perhaps not watching.
 * printk() copes with all but the last.
 */
static noinstr void report_debugreg(int reg, unsigned long val, int rc)
{
	bool rcu;

	/* With preemption both of these call code that can be instrumented. */
	instrumentation_begin();
	rcu = warn_rcu_enter();
	pr_err_ratelimited("debug register %d keeps its value: %#lx refused, %s\n",
			   reg, val, xen_errno_name(rc));
	warn_rcu_exit(rcu);
	instrumentation_end();
}

/**
 * xen_pv_set_debugreg() - write a debug register
 * @reg: 0 to 3, 6 or 7
 * @val: the new value
 *
 * Xen refuses an address inside its own range, which a user of perf events
 * can ask for: such a breakpoint never triggers, and the log says why.  The
 * error cannot be returned to the caller.
 */
noinstr void xen_pv_set_debugreg(int reg, unsigned long val)
{
	int rc = HYPERVISOR_set_debugreg(reg, val);

	if (unlikely(rc))
		report_debugreg(reg, val, rc);
}

/**
 * xen_pv_get_debugreg() - read a debug register
 * @reg: 0 to 3, 6 or 7
 *
 * Return: its value.  The hypercall fails for numbers other than those only.
 */
noinstr unsigned long xen_pv_get_debugreg(int reg)
{
	return HYPERVISOR_get_debugreg(reg);
}

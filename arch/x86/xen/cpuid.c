// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID and CPU features.
 *
 * A PV kernel runs CPUID unprivileged, so the bare instruction answers for
 * the machine and not for the guest.  With Xen's emulation prefix before it
 * the hypervisor answers, without the features that a guest may not use.  A few
 * leaves have to be changed even then: leaf_rules[].  Features that Linux must
 * not use, or has to, whatever CPUID says: cap_rules[].
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/acpi.h>
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <xen/xen.h>
#include <xen/interface/platform.h>

#include <asm/cpufeature.h>
#include <asm/mwait.h>
#include <asm/processor.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/interface.h>

#ifdef CONFIG_ACPI
#include <acpi/proc_cap_intel.h>
#include <acpi/processor.h>
#endif

#include "pv.h"

#define LEAF_FEATURES		0x01
#define LEAF_TOPOLOGY		0x0b

/* CPUID leaf 1 has the local APIC's number in EBX[31:24] */
#define APIC_ID_SHIFT		24
#define APIC_ID_MASK		GENMASK(31, APIC_ID_SHIFT)

/* ECX bit of a feature that stands in leaf 1's ECX word */
#define LEAF1_ECX(feature)	BIT((feature) % 32)

/*
 * What leaf 5 says of C-states.  Xen hides the leaf; find_mwait_hints() takes
 * it from the hardware where the hypervisor agrees.
 */
static struct cpuid_regs mwait_leaf __ro_after_init;

static void show_apic_id(struct cpuid_regs *regs)
{
	/*
	 * Xen's answer is the id of whichever CPU this vCPU happens to run on.
	 */
	regs->ebx &= ~APIC_ID_MASK;
	regs->ebx |= xen_pv_apic_id() << APIC_ID_SHIFT;
}

static void show_mwait_hints(struct cpuid_regs *regs)
{
	*regs = mwait_leaf;
}

static void hide_topology(struct cpuid_regs *regs)
{
	/* No logical processors at this level: the leaf is not there */
	regs->ebx = 0;
	regs->edx = xen_pv_apic_id();
}

static const struct leaf_rule {
	unsigned int leaf;
	bool ours;		/* without an answer of the hypervisor */
	void (*amend)(struct cpuid_regs *regs);
} leaf_rules[] = {
	{ .leaf = LEAF_FEATURES, .amend = show_apic_id },
	{ .leaf = LEAF_TOPOLOGY, .amend = hide_topology },
	{ .leaf = CPUID_LEAF_MWAIT, .ours = true, .amend = show_mwait_hints },
};

static const struct leaf_rule *find_leaf_rule(unsigned int leaf)
{
	const struct leaf_rule *rule = leaf_rules;

	for (; rule < leaf_rules + ARRAY_SIZE(leaf_rules); rule++)
		if (rule->leaf == leaf)
			return rule;

	return NULL;
}

static void ask_xen(struct cpuid_regs *regs)
{
	asm volatile(XEN_CPUID
		     : "+a" (regs->eax), "=b" (regs->ebx),
		       "+c" (regs->ecx), "=d" (regs->edx));
}

/*
 * Leaves that are the same on all of a domain's vCPUs, as the boot CPU found
 * them: each CPUID is a trap to Xen, and a CPU that comes up asks for dozens.
 * Only the boot CPU adds to these, while Linux boots.
 */
static struct known_leaf {
	unsigned int leaf;
	unsigned int subleaf;
	struct cpuid_regs regs;
} known[40];
static unsigned int nr_known;

/* Not those that have a CPU's number, or bits that follow CR4 and XCR0 */
static bool is_constant(unsigned int leaf)
{
	switch (leaf) {
	case 0x00:				/* vendor, highest leaf */
	case 0x02:				/* caches: descriptors, ... */
	case 0x04:				/* ... and parameters */
	case 0x06:				/* power management */
	case 0x0a:				/* performance counters */
	case 0x80000000 ... 0x80000008:		/* vendor's features, brand */
	case 0x8000001d:			/* caches, on AMD */
		return true;
	default:
		return false;
	}
}

static bool find_known(struct cpuid_regs *regs)
{
	/* pairs with the release in ask_once(): so many are complete */
	unsigned int i, nr = smp_load_acquire(&nr_known);

	for (i = 0; i < nr; i++) {
		if (known[i].leaf != regs->eax || known[i].subleaf != regs->ecx)
			continue;
		*regs = known[i].regs;
		return true;
	}
	return false;
}

static void ask_once(struct cpuid_regs *regs)
{
	struct known_leaf answer = {
		.leaf = regs->eax,
		.subleaf = regs->ecx,
	};

	if (find_known(regs))
		return;

	ask_xen(regs);
	answer.regs = *regs;
	if (raw_smp_processor_id() || system_state != SYSTEM_BOOTING ||
	    nr_known == ARRAY_SIZE(known))
		return;
	known[nr_known] = answer;
	/* pairs with the acquire in find_known() */
	smp_store_release(&nr_known, nr_known + 1);
}

/**
 * xen_pv_forget_cpuid() - after a resume, ask Xen again
 *
 * Called while no other CPU runs.
 */
void xen_pv_forget_cpuid(void)
{
	nr_known = 0;
}

/**
 * xen_pv_cpuid() - CPUID as this guest is to see it
 * @eax: in: the leaf; out: EAX
 * @ebx: out: EBX
 * @ecx: in: the subleaf, where the leaf has some; out: ECX
 * @edx: out: EDX
 *
 * Used from the first lookup of the boot on, so it depends on nothing but
 * the per-CPU base.  ABI: the forced-emulation prefix of Xen's arch-x86/xen.h.
 */
void xen_pv_cpuid(unsigned int *eax, unsigned int *ebx,
		  unsigned int *ecx, unsigned int *edx)
{
	const struct leaf_rule *rule = find_leaf_rule(*eax);
	struct cpuid_regs regs = { .eax = *eax, .ecx = *ecx };

	if (is_constant(*eax))
		ask_once(&regs);
	else if (!rule || !rule->ours)
		ask_xen(&regs);
	if (rule)
		rule->amend(&regs);

	*eax = regs.eax;
	*ebx = regs.ebx;
	*ecx = regs.ecx;
	*edx = regs.edx;
}

/*
 * May ACPI's processor driver look for C-states entered by MWAIT?
 *
 * Linux as dom0 never executes MWAIT, but it is the one that parses _CST and
 * uploads the result, so it must see the feature where Xen uses it.  CPUID
 * through Xen hides it, hence the bare instruction here, and hence the
 * question to the hypervisor, which clears the _PDC bits that it has no use
 * for.
 */
static bool __init mwait_is_usable(void)
{
#ifdef CONFIG_ACPI
	const u32 wanted = LEAF1_ECX(X86_FEATURE_EST) |
			   LEAF1_ECX(X86_FEATURE_MWAIT);
	u32 pdc[] = {
		ACPI_PDC_REVISION_ID,
		1,		/* capability words that follow */
		ACPI_PROC_CAP_C_CAPABILITY_SMP |
		ACPI_PROC_CAP_EST_CAPABILITY_SWSMP,
	};
	u32 *granted = &pdc[2];
	struct xen_platform_op op = {
		.cmd = XENPF_set_processor_pminfo,
		.u.set_pminfo = { .id = -1, .type = XEN_PM_PDC },
	};
	struct cpuid_regs hw = { .eax = LEAF_FEATURES };
	int rc;

	if (!xen_initial_domain())
		return false;

	/* Before 4.2 Xen did not stop dom0's acpi_pad from idling CPUs */
	if (!xen_running_on_version_or_later(4, 2))
		return false;

	native_cpuid(&hw.eax, &hw.ebx, &hw.ecx, &hw.edx);
	if ((hw.ecx & wanted) != wanted)
		return false;

	set_xen_guest_handle(op.u.set_pminfo.pdc, pdc);
	rc = HYPERVISOR_platform_op(&op);
	if (rc)
		pr_info("no C-state hints: _PDC upload said %s (%d)\n",
			xen_errno_name(rc), rc);

	/*
	 * Without a grant leaf 5 stays empty, and ACPI falls back to C-states
	 * entered through I/O ports.  The feature itself stays visible.
	 */
	if (!rc && (*granted & (ACPI_PROC_CAP_C_C1_FFH |
				ACPI_PROC_CAP_C_C2C3_FFH))) {
		hw = (struct cpuid_regs) { .eax = CPUID_LEAF_MWAIT };
		native_cpuid(&hw.eax, &hw.ebx, &hw.ecx, &hw.edx);
		mwait_leaf.ecx = hw.ecx;
		mwait_leaf.edx = hw.edx;
	}

	return true;
#else
	return false;
#endif
}

enum verdict { HIDE, SHOW, LEAVE };

static enum verdict __init ask_about_mwait(void)
{
	return mwait_is_usable() ? SHOW : HIDE;
}

static enum verdict __init ask_about_acpi(void)
{
	return xen_initial_domain() ? LEAVE : HIDE;
}

static enum verdict __init ask_about_xsave(void)
{
	/* Xen sets our CR4.OSXSAVE itself, where it lets us have XSAVE */
	const u32 wanted = LEAF1_ECX(X86_FEATURE_XSAVE) |
			   LEAF1_ECX(X86_FEATURE_OSXSAVE);

	return (cpuid_ecx(LEAF_FEATURES) & wanted) == wanted ? LEAVE : HIDE;
}

/* @ask, where not NULL, returns the verdict. */
struct cap_rule {
	unsigned short cap;
	enum verdict verdict;
	enum verdict (*ask)(void);
};

static const struct cap_rule cap_rules[] __initconst = {
	/* The chipset's direct cache access is the hypervisor's to set up */
	{ .cap = X86_FEATURE_DCA, .verdict = HIDE },

	/* Thermal and frequency MSRs tell of a physical CPU, not of a vCPU */
	{ .cap = X86_FEATURE_APERFMPERF, .verdict = HIDE },
	{ .cap = X86_FEATURE_ACC, .verdict = HIDE },

	/* Xen owns the memory types; mtrr.c shows what it chose */
	{ .cap = X86_FEATURE_MTRR, .verdict = HIDE },

	/* There is an APIC stand-in only, and it has no MSRs */
	{ .cap = X86_FEATURE_X2APIC, .verdict = HIDE },

	/* The encryption bit of a page table entry is not a guest's to set */
	{ .cap = X86_FEATURE_SME, .verdict = HIDE },

	/* Events come by the trap table, and its MSRs are the hypervisor's */
	{ .cap = X86_FEATURE_FRED, .verdict = HIDE },

	/* LKGS is privileged: the user GS is set by set_segment_base */
	{ .cap = X86_FEATURE_LKGS, .verdict = HIDE },

	/* The kernel runs where LASS has no supervisor, and its CLAC would fault */
	{ .cap = X86_FEATURE_LASS, .verdict = HIDE },

	/* Xen refuses a CR3 with a PCID, and our TLB flushes know of none */
	{ .cap = X86_FEATURE_PCID, .verdict = HIDE },

	/* Only dom0 has firmware tables */
	{ .cap = X86_FEATURE_ACPI, .ask = ask_about_acpi },

	/* Xen's CPUID hides it even from a dom0 that is to know of it */
	{ .cap = X86_FEATURE_MWAIT, .ask = ask_about_mwait },

	/* Hidden or half shown: XSETBV would fault */
	{ .cap = X86_FEATURE_XSAVE, .ask = ask_about_xsave },
	{ .cap = X86_FEATURE_OSXSAVE, .ask = ask_about_xsave },
};

/**
 * xen_pv_init_capabilities() - force and clear CPU features for a PV guest
 *
 * Once, on the boot CPU, after its features were first read and before
 * alternatives are patched.
 */
void __init xen_pv_init_capabilities(void)
{
	const struct cap_rule *rule = cap_rules;

	for (; rule < cap_rules + ARRAY_SIZE(cap_rules); rule++) {
		switch (rule->ask ? rule->ask() : rule->verdict) {
		case SHOW:
			setup_force_cpu_cap(rule->cap);
			break;
		case HIDE:
			setup_clear_cpu_cap(rule->cap);
			break;
		case LEAVE:
			break;
		}
	}
}

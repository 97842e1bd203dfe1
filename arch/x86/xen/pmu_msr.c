// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of the performance counters while an interrupt of theirs is handled.
 *
 * Xen has saved them in the page that it shares with the vCPU, and loads them from
 * there when the handler is done.  So the handler's RDMSR, WRMSR and RDPMC are for
 * the page.  Everywhere else Xen emulates the instructions.
 *
 * The page begins with what does not depend on the CPU.  Then follow some single
 * registers, and two banks whose places the page itself tells, as offsets:
 *
 *	Intel	fixed counters; general counters, each beside its control register
 *	AMD	counters; their control registers
 */
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include <asm/msr.h>
#include <asm/processor.h>

#include <xen/interface/xen.h>
#include <xen/interface/xenpmu.h>

#include "pmu.h"
#include "pv.h"

/* CPUID's leaf on counters: how many general ones there are */
#define PMU_LEAF		0xa
#define NR_COUNTERS(eax)	(((eax) >> 8) & 0xff)

/* Bit of RDPMC's operand: a fixed counter of Intel's */
#define PMC_FIXED		BIT(30)
#define PMC_NUMBER(counter)	((counter) & 0xffff)

/* AMD's registers have numbers of old for the first four, then others for all. */
#define K7_COUNTERS		4
#define F15H_COUNTERS		6

static struct xen_pv_pmu_model this_model __read_mostly;

/* What a number stands for.  Those from GLOBAL_CTRL on exist once. */
enum pmu_bank {
	NOT_OURS,
	FIXED,
	COUNTER,
	CONTROL,
	GLOBAL_CTRL,
	GLOBAL_STATUS,
	GLOBAL_OVF_CTRL,
	FIXED_CTRL,
};

struct pmu_register {
	enum pmu_bank bank;
	unsigned int nr;
};

/**
 * xen_pv_init_pmu_model - find out how this CPU's registers are numbered
 *
 * Called once, when the first vCPU's counters are there.
 */
void xen_pv_init_pmu_model(void)
{
	switch (boot_cpu_data.x86_vendor) {
	case X86_VENDOR_AMD:
	case X86_VENDOR_HYGON:
		this_model.maker = PMU_AMD;
		break;
	case X86_VENDOR_INTEL:
	case X86_VENDOR_CENTAUR:
	case X86_VENDOR_ZHAOXIN:
		this_model.maker = PMU_INTEL;
		this_model.nr_counters = NR_COUNTERS(cpuid_eax(PMU_LEAF));
		break;
	}
}

/*
 * Numbers
 */

static bool within(u32 msr, u32 first, unsigned int count)
{
	return msr - first < count;
}

static struct pmu_register intel_register(u32 msr, unsigned int nr_counters)
{
	switch (msr) {
	case MSR_CORE_PERF_GLOBAL_CTRL:
		return (struct pmu_register) { GLOBAL_CTRL };
	case MSR_CORE_PERF_GLOBAL_STATUS:
		return (struct pmu_register) { GLOBAL_STATUS };
	case MSR_CORE_PERF_GLOBAL_OVF_CTRL:
		return (struct pmu_register) { GLOBAL_OVF_CTRL };
	case MSR_CORE_PERF_FIXED_CTR_CTRL:
		return (struct pmu_register) { FIXED_CTRL };
	}

	/* The bank's place in the page says how many fixed ones there are. */
	if (within(msr, MSR_CORE_PERF_FIXED_CTR0, 32))
		return (struct pmu_register) { FIXED, msr - MSR_CORE_PERF_FIXED_CTR0 };
	if (within(msr, MSR_P6_EVNTSEL0, nr_counters))
		return (struct pmu_register) { CONTROL, msr - MSR_P6_EVNTSEL0 };
	if (within(msr, MSR_IA32_PERFCTR0, nr_counters))
		return (struct pmu_register) { COUNTER, msr - MSR_IA32_PERFCTR0 };
	/* The same counters, that take values of full width */
	if (within(msr, MSR_IA32_PMC0, nr_counters))
		return (struct pmu_register) { COUNTER, msr - MSR_IA32_PMC0 };
	return (struct pmu_register) { NOT_OURS };
}

static struct pmu_register amd_register(u32 msr)
{
	unsigned int nr = msr - MSR_F15H_PERF_CTL;

	if (within(msr, MSR_K7_EVNTSEL0, K7_COUNTERS))
		return (struct pmu_register) { CONTROL, msr - MSR_K7_EVNTSEL0 };
	if (within(msr, MSR_K7_PERFCTR0, K7_COUNTERS))
		return (struct pmu_register) { COUNTER, msr - MSR_K7_PERFCTR0 };
	/* In pairs */
	if (within(msr, MSR_F15H_PERF_CTL, 2 * F15H_COUNTERS))
		return (struct pmu_register) { nr % 2 ? COUNTER : CONTROL, nr / 2 };
	return (struct pmu_register) { NOT_OURS };
}

static struct pmu_register which(const struct xen_pv_pmu_model *model, u32 msr)
{
	switch (model->maker) {
	case PMU_INTEL:
		return intel_register(msr, model->nr_counters);
	case PMU_AMD:
		return amd_register(msr);
	default:
		return (struct pmu_register) { NOT_OURS };
	}
}

/*
 * Places in the page
 */

/* @offset: from @from, as Xen told.  Return: NULL for what is not in the page */
static u64 *in_page(struct xen_pmu_data *data, void *from, size_t offset)
{
	size_t room = PAGE_SIZE - (from - (void *)data);

	return offset > room - sizeof(u64) ? NULL : from + offset;
}

static u64 *intel_place(struct xen_pmu_data *data, struct pmu_register reg)
{
	struct xen_pmu_intel_ctxt *c = &data->pmu.c.intel;
	size_t fixed = c->fixed_counters + reg.nr * sizeof(u64);
	size_t pair = c->arch_counters +
		      reg.nr * sizeof(struct xen_pmu_cntr_pair);

	switch (reg.bank) {
	case GLOBAL_CTRL:
		return &c->global_ctrl;
	case GLOBAL_STATUS:
		return &c->global_status;
	case GLOBAL_OVF_CTRL:
		return &c->global_ovf_ctrl;
	case FIXED_CTRL:
		return &c->fixed_ctrl;
	case FIXED:
		return fixed < c->arch_counters ? in_page(data, c, fixed) : NULL;
	case COUNTER:
		return in_page(data, c,
			       pair + offsetof(struct xen_pmu_cntr_pair, counter));
	case CONTROL:
		return in_page(data, c,
			       pair + offsetof(struct xen_pmu_cntr_pair, control));
	default:
		return NULL;
	}
}

/* Xen has four counters or six, by the CPU's family. */
static u64 *amd_place(struct xen_pmu_data *data, struct pmu_register reg)
{
	struct xen_pmu_amd_ctxt *c = &data->pmu.c.amd;
	size_t offset = reg.nr * sizeof(u64);

	if (c->counters + offset >= c->ctrls)
		return NULL;
	return in_page(data, c,
		       (reg.bank == COUNTER ? c->counters : c->ctrls) + offset);
}

static u64 *place(const struct xen_pv_pmu_model *model,
		  struct xen_pmu_data *data, struct pmu_register reg)
{
	if (reg.bank == NOT_OURS)
		return NULL;
	return model->maker == PMU_AMD ? amd_place(data, reg) :
					 intel_place(data, reg);
}

/*
 * Access
 */

VISIBLE_IF_KUNIT bool xen_pv_access_pmu_of(const struct xen_pv_pmu_model *model,
					   struct xen_pmu_data *data, u32 msr,
					   u64 *val, bool is_read)
{
	struct pmu_register reg = which(model, msr);
	u64 *where = place(model, data, reg);

	if (!where)
		return false;
	if (is_read) {
		*val = *where;
		return true;
	}

	*where = *val;
	/* As the CPU does it: what is written as 1 is acknowledged. */
	if (reg.bank == GLOBAL_OVF_CTRL)
		data->pmu.c.intel.global_status &= ~*val;
	return true;
}

/**
 * xen_pv_access_pmu - RDMSR or WRMSR of a register that is in the page
 * @msr: number of any register
 * @val: set to its value, or the value for it
 * @is_read: which of the two
 *
 * Return: false where it is not, and the instruction is for Xen.
 */
bool xen_pv_access_pmu(u32 msr, u64 *val, bool is_read)
{
	struct xen_pmu_data *data = this_cpu_read(xen_pv_pmu_registers);

	return unlikely(data) &&
	       xen_pv_access_pmu_of(&this_model, data, msr, val, is_read);
}

/* Return: the counter's register; 0 where there is none */
VISIBLE_IF_KUNIT u32 xen_pv_pmc_msr(const struct xen_pv_pmu_model *model,
				    unsigned int counter)
{
	unsigned int nr = PMC_NUMBER(counter);

	switch (model->maker) {
	case PMU_INTEL:
		if (counter & PMC_FIXED)
			return MSR_CORE_PERF_FIXED_CTR0 + nr;
		return MSR_IA32_PERFCTR0 + nr;
	case PMU_AMD:
		if (nr < K7_COUNTERS)
			return MSR_K7_PERFCTR0 + nr;
		return MSR_F15H_PERF_CTR + 2 * nr;
	default:
		return 0;
	}
}

/**
 * xen_pv_read_pmc - RDPMC
 * @counter: as the instruction has it
 *
 * A PV guest may not use the instruction: the counter's register is read.
 *
 * Return: the counter; 0 where there is none.
 */
u64 xen_pv_read_pmc(int counter)
{
	u32 msr = xen_pv_pmc_msr(&this_model, counter);
	u64 val = 0;

	if (!msr || xen_pv_access_pmu(msr, &val, true))
		return val;
	if (native_read_msr_safe(msr, &val))
		return 0;
	return val;
}

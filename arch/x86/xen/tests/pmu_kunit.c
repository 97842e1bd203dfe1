// SPDX-License-Identifier: GPL-2.0
/*
 * pmu.c, pmu_msr.c: a page as Xen leaves it for the handler of an interrupt of the
 * counters, of both makers, whichever this CPU is of.
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>

#include <asm/msr-index.h>

#include <xen/interface/xen.h>
#include <xen/interface/xenpmu.h>

#include "../pmu.h"

#define FIXED		3
#define GENERAL		4

static const struct xen_pv_pmu_model intel = {
	.maker = PMU_INTEL,
	.nr_counters = GENERAL,
};

static const struct xen_pv_pmu_model amd = { .maker = PMU_AMD };

/* Each register of a bank has its own value, so that a wrong place shows. */
static void fill(u64 *bank, unsigned int count, u64 first)
{
	while (count--)
		bank[count] = first + count;
}

static struct xen_pmu_data *empty_page(struct kunit *test)
{
	return test->priv;
}

static struct xen_pmu_data *intel_page(struct kunit *test)
{
	struct xen_pmu_data *data = empty_page(test);
	struct xen_pmu_intel_ctxt *c = &data->pmu.c.intel;

	c->fixed_counters = sizeof(*c);
	c->arch_counters = sizeof(*c) + FIXED * sizeof(u64);
	fill(c->regs, FIXED, 0x300);
	fill(c->regs + FIXED, 2 * GENERAL, 0x400);
	c->global_ctrl = 0x10;
	c->global_status = 0xf;
	c->fixed_ctrl = 0x30;
	return data;
}

static struct xen_pmu_data *amd_page(struct kunit *test, unsigned int counters)
{
	struct xen_pmu_data *data = empty_page(test);
	struct xen_pmu_amd_ctxt *c = &data->pmu.c.amd;

	c->counters = sizeof(*c);
	c->ctrls = sizeof(*c) + counters * sizeof(u64);
	fill(c->regs, counters, 0x100);
	fill(c->regs + counters, counters, 0x200);
	return data;
}

/* Return: the value; 0 where the register is not in the page */
static u64 read_of(const struct xen_pv_pmu_model *model,
		   struct xen_pmu_data *data, u32 msr)
{
	u64 val = 0;

	return xen_pv_access_pmu_of(model, data, msr, &val, true) ? val : 0;
}

static bool write_of(const struct xen_pv_pmu_model *model,
		     struct xen_pmu_data *data, u32 msr, u64 val)
{
	return xen_pv_access_pmu_of(model, data, msr, &val, false);
}

static const struct expected {
	u32 msr;
	u64 val;
} intels[] = {
	{ MSR_CORE_PERF_GLOBAL_CTRL, 0x10 },
	{ MSR_CORE_PERF_GLOBAL_STATUS, 0xf },
	{ MSR_CORE_PERF_FIXED_CTR_CTRL, 0x30 },
	{ MSR_CORE_PERF_FIXED_CTR0, 0x300 },
	{ MSR_CORE_PERF_FIXED_CTR0 + 2, 0x302 },
	{ MSR_CORE_PERF_FIXED_CTR0 + 3, 0 },
	{ MSR_IA32_PERFCTR0, 0x400 },
	{ MSR_P6_EVNTSEL0, 0x401 },
	{ MSR_IA32_PERFCTR0 + 3, 0x406 },
	{ MSR_P6_EVNTSEL0 + 3, 0x407 },
	{ MSR_IA32_PMC0 + 3, 0x406 },
	{ MSR_IA32_PERFCTR0 + 4, 0 },
	{ MSR_P6_EVNTSEL0 + 4, 0 },
	{ MSR_IA32_PMC0 + 4, 0 },
	{ MSR_IA32_PERFCTR0 - 1, 0 },
	{ MSR_IA32_PEBS_ENABLE, 0 },
	{ MSR_IA32_DS_AREA, 0 },
	{ MSR_K7_PERFCTR0, 0 },
};

/* Of old for the first four, and as pairs */
static const struct expected amds[] = {
	{ MSR_K7_EVNTSEL0, 0x200 },
	{ MSR_K7_EVNTSEL1, 0x201 },
	{ MSR_K7_EVNTSEL3, 0x203 },
	{ MSR_K7_PERFCTR0, 0x100 },
	{ MSR_K7_PERFCTR1, 0x101 },
	{ MSR_K7_PERFCTR3, 0x103 },
	{ MSR_K7_PERFCTR3 + 1, 0 },
	{ MSR_K7_EVNTSEL0 - 1, 0 },
	{ MSR_F15H_PERF_CTL0, 0x200 },
	{ MSR_F15H_PERF_CTR0, 0x100 },
	{ MSR_F15H_PERF_CTL1, 0x201 },
	{ MSR_F15H_PERF_CTR5, 0x105 },
	{ MSR_F15H_PERF_CTL5, 0x205 },
	{ MSR_F15H_PERF_CTR5 + 1, 0 },
	{ MSR_IA32_PERFCTR0, 0 },
};

static void expect(struct kunit *test, const struct xen_pv_pmu_model *model,
		   struct xen_pmu_data *data, const struct expected *e,
		   size_t count)
{
	for (; count--; e++)
		KUNIT_EXPECT_EQ_MSG(test, read_of(model, data, e->msr), e->val,
				    "MSR %#x", e->msr);
}

static void intel_registers(struct kunit *test)
{
	expect(test, &intel, intel_page(test), intels, ARRAY_SIZE(intels));
}

static void amd_registers(struct kunit *test)
{
	expect(test, &amd, amd_page(test, 6), amds, ARRAY_SIZE(amds));
}

static void amd_with_four(struct kunit *test)
{
	struct xen_pmu_data *data = amd_page(test, 4);

	KUNIT_EXPECT_EQ(test, read_of(&amd, data, MSR_K7_EVNTSEL3), 0x203);
	KUNIT_EXPECT_EQ(test, read_of(&amd, data, MSR_F15H_PERF_CTR3), 0x103);
	KUNIT_EXPECT_EQ(test, read_of(&amd, data, MSR_F15H_PERF_CTR4), 0);
	KUNIT_EXPECT_EQ(test, read_of(&amd, data, MSR_F15H_PERF_CTL4), 0);
}

static void unknown_maker_has_none(struct kunit *test)
{
	const struct xen_pv_pmu_model none = {};

	KUNIT_EXPECT_EQ(test, read_of(&none, intel_page(test),
				      MSR_CORE_PERF_GLOBAL_CTRL), 0);
}

/* Before Xen has told the banks' places, and where it tells none in the page */
static void banks_are_in_the_page(struct kunit *test)
{
	struct xen_pmu_data *data = empty_page(test);
	struct xen_pmu_intel_ctxt *c = &data->pmu.c.intel;

	KUNIT_EXPECT_FALSE(test, write_of(&amd, data, MSR_K7_PERFCTR0, 1));
	KUNIT_EXPECT_FALSE(test, write_of(&intel, data,
					  MSR_CORE_PERF_FIXED_CTR0, 1));

	c->arch_counters = PAGE_SIZE - offsetof(struct xen_pmu_data, pmu.c) -
			   sizeof(struct xen_pmu_cntr_pair);
	KUNIT_EXPECT_TRUE(test, write_of(&intel, data, MSR_P6_EVNTSEL0, 1));
	KUNIT_EXPECT_EQ(test, ((u64 *)data)[PAGE_SIZE / sizeof(u64) - 1], 1);
	KUNIT_EXPECT_FALSE(test, write_of(&intel, data, MSR_P6_EVNTSEL0 + 1, 1));
	c->arch_counters = U32_MAX;
	KUNIT_EXPECT_FALSE(test, write_of(&intel, data, MSR_IA32_PERFCTR0, 1));
}

static void written_is_read(struct kunit *test)
{
	struct xen_pmu_data *data = intel_page(test);

	KUNIT_EXPECT_TRUE(test, write_of(&intel, data, MSR_IA32_PMC0 + 1, 77));
	KUNIT_EXPECT_EQ(test, read_of(&intel, data, MSR_IA32_PERFCTR0 + 1), 77);
	KUNIT_EXPECT_EQ(test, read_of(&intel, data, MSR_P6_EVNTSEL0 + 1), 0x403);
	KUNIT_EXPECT_EQ(test, read_of(&intel, data, MSR_IA32_PERFCTR0 + 2), 0x404);
}

static void overflow_is_acknowledged(struct kunit *test)
{
	struct xen_pmu_data *data = intel_page(test);

	KUNIT_EXPECT_TRUE(test, write_of(&intel, data,
					 MSR_CORE_PERF_GLOBAL_OVF_CTRL, 0x5));
	KUNIT_EXPECT_EQ(test, data->pmu.c.intel.global_ovf_ctrl, 0x5);
	KUNIT_EXPECT_EQ(test, read_of(&intel, data,
				      MSR_CORE_PERF_GLOBAL_STATUS), 0xa);
}

static void rdpmc_by_msr(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xen_pv_pmc_msr(&intel, 2), MSR_IA32_PERFCTR0 + 2);
	KUNIT_EXPECT_EQ(test, xen_pv_pmc_msr(&intel, BIT(30) | 1),
			MSR_CORE_PERF_FIXED_CTR0 + 1);
	KUNIT_EXPECT_EQ(test, xen_pv_pmc_msr(&amd, 3), MSR_K7_PERFCTR3);
	KUNIT_EXPECT_EQ(test, xen_pv_pmc_msr(&amd, 4), MSR_F15H_PERF_CTR4);
}

/* Nobody is in the handler: the registers are the CPU's, or Xen's. */
static void only_in_the_handler(struct kunit *test)
{
	u64 val = 1;

	KUNIT_EXPECT_FALSE(test, xen_pv_access_pmu(MSR_K7_PERFCTR0, &val, true));
	KUNIT_EXPECT_FALSE(test, xen_pv_access_pmu(MSR_IA32_PERFCTR0, &val,
						   true));
	KUNIT_EXPECT_EQ(test, val, 1);
}

static const struct sample {
	const char *what;
	u64 flags;
	u16 cs;
	u8 cpl;
	bool user;
} samples[] = {
	{ "PV, kernel", PMU_SAMPLE_PV, 0xe033, 3, false },
	{ "PV, user", PMU_SAMPLE_PV | PMU_SAMPLE_USER, 0x33, 0, true },
	{ "HVM, kernel", 0, 0x10, 0, false },
	{ "HVM, user", 0, 0x33, 3, true },
	/* not a flag of this kind of guest */
	{ "HVM, kernel, flag", PMU_SAMPLE_USER, 0x10, 0, false },
};

/* What perf is told, with that page in the handler */
static unsigned int guest_state(struct xen_pmu_data *data, bool initial_domain)
{
	unsigned long flags;
	unsigned int state;

	local_irq_save(flags);
	this_cpu_write(xen_pv_pmu_registers, data);
	state = xen_pv_pmu_guest_state(initial_domain);
	this_cpu_write(xen_pv_pmu_registers, NULL);
	local_irq_restore(flags);
	return state;
}

static void user_or_kernel(struct kunit *test)
{
	struct xen_pmu_data *data = empty_page(test);
	const struct sample *s;
	struct pt_regs regs;
	unsigned int state;

	data->domain_id = 5;
	data->pmu.r.regs.ip = 0x1234;
	data->pmu.r.regs.sp = 0x5678;
	for (s = samples; s < samples + ARRAY_SIZE(samples); s++) {
		data->pmu.pmu_flags = s->flags;
		data->pmu.r.regs.cs = s->cs;
		data->pmu.r.regs.cpl = s->cpl;
		xen_pv_pmu_sample(data, &regs);
		state = guest_state(data, true);

		KUNIT_EXPECT_EQ_MSG(test, regs.ip, 0x1234, "%s", s->what);
		KUNIT_EXPECT_EQ_MSG(test, regs.sp, 0x5678, "%s", s->what);
		KUNIT_EXPECT_EQ_MSG(test, user_mode(&regs), s->user, "%s", s->what);
		KUNIT_EXPECT_EQ_MSG(test, (regs.cs ^ s->cs) & 0xfffc, 0, "%s", s->what);
		KUNIT_EXPECT_TRUE_MSG(test, state & PERF_GUEST_ACTIVE, "%s", s->what);
		KUNIT_EXPECT_EQ_MSG(test, !!(state & PERF_GUEST_USER), s->user,
				    "%s", s->what);
	}
}

static void who_is_a_guest(struct kunit *test)
{
	struct xen_pmu_data *data = empty_page(test);

	data->domain_id = 5;
	KUNIT_EXPECT_EQ(test, guest_state(data, true), PERF_GUEST_ACTIVE);
	KUNIT_EXPECT_EQ(test, guest_state(data, false), 0);
	KUNIT_EXPECT_EQ(test, guest_state(NULL, true), 0);
	data->domain_id = DOMID_SELF;
	KUNIT_EXPECT_EQ(test, guest_state(data, true), 0);
	data->domain_id = DOMID_XEN;
	KUNIT_EXPECT_EQ(test, guest_state(data, true), 0);
}

static int get_page_of_test(struct kunit *test)
{
	test->priv = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static void free_page_of_test(struct kunit *test)
{
	free_page((unsigned long)test->priv);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(intel_registers),
	KUNIT_CASE(amd_registers),
	KUNIT_CASE(amd_with_four),
	KUNIT_CASE(unknown_maker_has_none),
	KUNIT_CASE(banks_are_in_the_page),
	KUNIT_CASE(written_is_read),
	KUNIT_CASE(overflow_is_acknowledged),
	KUNIT_CASE(rdpmc_by_msr),
	KUNIT_CASE(only_in_the_handler),
	KUNIT_CASE(user_or_kernel),
	KUNIT_CASE(who_is_a_guest),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_pmu",
	.init = get_page_of_test,
	.exit = free_page_of_test,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: performance counters that Xen lends");
MODULE_LICENSE("GPL");

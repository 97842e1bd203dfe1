// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c, cpuid.c and extra_memory.c: what a guest knows of Xen, what it does
 * without, and where it notes pages without memory.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/init.h>

#include <xen/page.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <xen/interface/version.h>

#include <asm/cpufeature.h>
#include <asm/xen/hypercall.h>

#include "../pv.h"

static void version_is_compared(struct kunit *test)
{
	unsigned int version = HYPERVISOR_xen_version(XENVER_version, NULL);
	unsigned int major = version >> 16, minor = version & 0xffff;

	KUNIT_EXPECT_TRUE(test, xen_running_on_version_or_later(major, minor));
	KUNIT_EXPECT_TRUE(test, xen_running_on_version_or_later(major, 0));
	KUNIT_EXPECT_TRUE(test,
			  xen_running_on_version_or_later(major - 1, 0xffff));
	KUNIT_EXPECT_FALSE(test,
			   xen_running_on_version_or_later(major, minor + 1));
	KUNIT_EXPECT_FALSE(test, xen_running_on_version_or_later(major + 1, 0));
}

/* Whatever this Xen and this processor show: others may show more. */
static void some_features_are_never_used(struct kunit *test)
{
	static const unsigned int features[] = {
		X86_FEATURE_DCA, X86_FEATURE_APERFMPERF, X86_FEATURE_ACC,
		X86_FEATURE_MTRR, X86_FEATURE_X2APIC, X86_FEATURE_SME,
		X86_FEATURE_FRED, X86_FEATURE_LKGS, X86_FEATURE_LASS,
		X86_FEATURE_PCID,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      test_bit(features[i],
					       (unsigned long *)cpu_caps_cleared),
				      "feature %u*32+%u", features[i] / 32,
				      features[i] % 32);
}

static void pages_that_follow_are_one_region(struct kunit *test)
{
	struct xen_memory_region regions[3] = {
		{ .start_pfn = 0x100, .n_pfns = 0x10 },
		{ .start_pfn = 0x200, .n_pfns = 0x10 },
	};

	KUNIT_EXPECT_PTR_EQ(test, xen_pv_region_for(regions, 3, 0x110),
			    &regions[0]);
	KUNIT_EXPECT_PTR_EQ(test, xen_pv_region_for(regions, 3, 0x210),
			    &regions[1]);
	/* neither what begins inside one nor what ends where one begins */
	KUNIT_EXPECT_PTR_EQ(test, xen_pv_region_for(regions, 3, 0x1f0),
			    &regions[2]);
	KUNIT_EXPECT_EQ(test, regions[2].start_pfn, 0x1f0);
}

static void no_region_is_left(struct kunit *test)
{
	struct xen_memory_region regions[1] = {
		{ .start_pfn = 0x100, .n_pfns = 0x10 },
	};

	KUNIT_EXPECT_NULL(test, xen_pv_region_for(regions, 1, 0x300));
	KUNIT_EXPECT_EQ(test, regions[0].start_pfn, 0x100);
}

static int skip_elsewhere(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(version_is_compared),
	KUNIT_CASE(some_features_are_never_used),
	KUNIT_CASE(pages_that_follow_are_one_region),
	KUNIT_CASE(no_region_is_left),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_guest",
	.init = skip_elsewhere,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: what a guest knows of itself and of Xen");
MODULE_LICENSE("GPL");

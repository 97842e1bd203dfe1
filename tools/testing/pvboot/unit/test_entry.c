// SPDX-License-Identifier: GPL-2.0
/* entry.h: frames in entries, over lists of a machine of sixteen frames. */
#include "unit.h"

#include <xen/pvboot/entry.h>

#define FLAGS		0x8000000000000067ULL
#define NONE		XEN_PV_NO_FRAME
#define ENTRY(frame)	((u64)(frame) << 12 | FLAGS)
#define LOST		(FLAGS & ~1ULL)

/* What the guest says: 3 is ballooned, 4 is another domain's frame 12. */
static const unsigned long p2m[] = { 7, 5, 9, NONE, 12 };

/* What the machine says: 12 is another domain's pfn 2, 13 was this guest's. */
static const unsigned long m2p[] = {
	NONE, NONE, NONE, NONE, NONE, 1, NONE, 0,
	NONE, 2, NONE, NONE, 2, 1, 0x100000, NONE,
};

unsigned long host_mfn_of(unsigned long pfn)
{
	return pfn < ARRAY_SIZE(p2m) ? p2m[pfn] : NONE;
}

unsigned long host_own_pfn_of(unsigned long mfn)
{
	return mfn < ARRAY_SIZE(m2p) ? m2p[mfn] : NONE;
}

unsigned long host_pfn_of(unsigned long mfn)
{
	unsigned long pfn = host_own_pfn_of(mfn);

	return host_mfn_of(pfn) == mfn ? pfn : NONE;
}

bool host_has_pfn(unsigned long pfn)
{
	return pfn < ARRAY_SIZE(p2m);
}

static void machine_has_its_frame(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_entry_to_machine(ENTRY(0)), ENTRY(7));
	assert_int_equal(xen_pv_entry_to_machine(ENTRY(2)), ENTRY(9));
	assert_int_equal(xen_pv_entry_to_machine(ENTRY(4)), ENTRY(12));
}

static void machine_has_nothing_without_frame(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_entry_to_machine(ENTRY(3)), 0);
	assert_int_equal(xen_pv_entry_to_machine(ENTRY(0xfffffffffULL)), 0);
}

static void not_present_is_left_alone(void **state)
{
	const u64 swap = ENTRY(1) & ~1ULL;

	(void)state;
	assert_int_equal(xen_pv_entry_to_machine(swap), swap);
	assert_int_equal(xen_pv_entry_to_kernel(swap), swap);
	assert_int_equal(xen_pv_table_entry_to_kernel(swap), swap);
}

static void kernel_sees_its_own(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_entry_to_kernel(ENTRY(7)), ENTRY(0));
	assert_int_equal(xen_pv_entry_to_kernel(ENTRY(9)), ENTRY(2));
}

/* The machine's list tells another domain's pfn, or an old one. */
static void kernel_sees_no_others(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_entry_to_kernel(ENTRY(12)), LOST);
	assert_int_equal(xen_pv_entry_to_kernel(ENTRY(13)), LOST);
	assert_int_equal(xen_pv_entry_to_kernel(ENTRY(0xfffffffffULL)), LOST);
}

static void table_is_its_own(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_table_entry_to_kernel(ENTRY(5)), ENTRY(1));
	assert_int_equal(xen_pv_table_entry_to_kernel(ENTRY(13)), ENTRY(1));
}

/* Xen's slots of the top level */
static void table_of_xen_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_table_entry_to_kernel(ENTRY(14)), LOST);
	assert_int_equal(xen_pv_table_entry_to_kernel(ENTRY(15)), LOST);
}

/* The same bits in both widths, up to the highest frame. */
static void frame_has_forty_bits(void **state)
{
	const u64 all = ~0ULL;

	(void)state;
	assert_int_equal(xen_pv_entry_with_frame(all, 0), 0xfff0000000000fffULL);
	assert_int_equal(xen_pv_entry_with_frame(0, 0xfffffffUL),
			 0x000000fffffff000ULL);
	assert_int_equal(xen_pv_entry_frame(0xfff000fffffff0ffULL),
			 0xfffffffUL);
}

int run_entry(void)
{
	const struct CMUnitTest cases[] = {
		CASE(machine_has_its_frame),
		CASE(machine_has_nothing_without_frame),
		CASE(not_present_is_left_alone),
		CASE(kernel_sees_its_own),
		CASE(kernel_sees_no_others),
		CASE(table_is_its_own),
		CASE(table_of_xen_is_nothing),
		CASE(frame_has_forty_bits),
	};

	return cmocka_run_group_tests_name("entry", cases, NULL, NULL);
}

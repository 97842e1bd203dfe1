// SPDX-License-Identifier: GPL-2.0
/*
 * The memory types that the hypervisor chose.
 *
 * The registers are Xen's, but dom0's drivers ask Linux which type a range of
 * the machine has before they map it.  So dom0 is shown a copy, and any other
 * domain memory that is write-back throughout.
 */
#include <linux/bits.h>
#include <linux/init.h>
#include <linux/types.h>

#include <xen/xen.h>
#include <xen/interface/platform.h>

#include <asm/mtrr.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/xen/hypercall.h>

#include "pv.h"

#ifdef CONFIG_MTRR
#define LEAF_MAX_EXTENDED	0x80000000
#define LEAF_ADDRESS_SIZES	0x80000008

/* Before the leaf existed, and on each CPU that lacks it */
#define DEFAULT_ADDRESS_BITS	36

static struct mtrr_var_range ranges[MTRR_MAX_VAR_RANGES] __initdata;

/* Bits of a range's mask above the width of an address are reserved */
static u64 __init address_mask(void)
{
	unsigned int bits = DEFAULT_ADDRESS_BITS;
	u32 max = cpuid_eax(LEAF_MAX_EXTENDED);

	/* The first half tells a largest leaf from a stray value */
	if (max >> 16 == LEAF_MAX_EXTENDED >> 16 && max >= LEAF_ADDRESS_SIZES)
		bits = cpuid_eax(LEAF_ADDRESS_SIZES) & 0xff;

	return GENMASK_ULL(bits - 1, 0);
}

/*
 * A range as the pair of registers would have it.  dom0 sees the machine's
 * memory map, with MMIO at its own place, so Xen's machine frame is the one
 * that Linux will ask for.
 */
static struct mtrr_var_range __init
encode_range(const struct xenpf_read_memtype *range, u64 addresses)
{
	u64 base = range->mfn << PAGE_SHIFT;
	u64 mask = -(range->nr_mfns << PAGE_SHIFT) & addresses;

	/* A range of no pages is a register that is not in use */
	if (mask)
		mask |= MTRR_PHYSMASK_V;

	return (struct mtrr_var_range) {
		.base_lo = lower_32_bits(base) | range->type,
		.base_hi = upper_32_bits(base),
		.mask_lo = lower_32_bits(mask),
		.mask_hi = upper_32_bits(mask),
	};
}

static void __init show_machine_types(void)
{
	u64 addresses = address_mask();
	unsigned int nr;

	for (nr = 0; nr < MTRR_MAX_VAR_RANGES; nr++) {
		struct xen_platform_op op = {
			.cmd = XENPF_read_memtype,
			.u.read_memtype.reg = nr,
		};

		/* -EINVAL is beyond the last register of this machine */
		if (HYPERVISOR_platform_op(&op))
			break;
		ranges[nr] = encode_range(&op.u.read_memtype, addresses);
	}

	/* None at all: leave it to what Linux assumes without MTRRs */
	if (nr)
		guest_force_mtrr_state(ranges, nr, MTRR_TYPE_UNCACHABLE);
}
#else
static void __init show_machine_types(void)
{
	/* without CONFIG_MTRR nothing reads them */
}
#endif /* CONFIG_MTRR */

/**
 * xen_pv_show_memory_types() - give the MTRR code a state to answer from
 *
 * ABI: platform_op's XENPF_read_memtype, for the hardware domain only.
 */
void __init xen_pv_show_memory_types(void)
{
	if (xen_initial_domain())
		show_machine_types();
	else
		guest_force_mtrr_state(NULL, 0, MTRR_TYPE_WRBACK);
}

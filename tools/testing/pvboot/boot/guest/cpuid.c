// SPDX-License-Identifier: GPL-2.0
/* What the CPU says that it is. */
#include <string.h>

#include "guest_test.h"

#define CPUID_1_ECX_OSXSAVE	(1u << 27)
#define CPUID_1_ECX_AVX		(1u << 28)
#define XCR0_SSE_AVX		6u

void read_cpuid(u32 leaf, u32 subleaf, u32 regs[4])
{
	asm volatile("cpuid"
		     : "=a" (regs[0]), "=b" (regs[1]), "=c" (regs[2]),
		       "=d" (regs[3])
		     : "a" (leaf), "c" (subleaf));
}

static bool vendor_is(const char *name)
{
	u32 regs[4];

	read_cpuid(0, 0, regs);
	return !memcmp(&regs[1], name, 4) && !memcmp(&regs[3], name + 4, 4) &&
	       !memcmp(&regs[2], name + 8, 4);
}

bool cpu_is_intel(void)
{
	return vendor_is("GenuineIntel");
}

bool cpu_is_amd(void)
{
	return vendor_is("AuthenticAMD") || vendor_is("HygonGenuine");
}

bool cpu_has_avx(void)
{
	const u32 need = CPUID_1_ECX_OSXSAVE | CPUID_1_ECX_AVX;
	u32 regs[4], xcr0, high;

	read_cpuid(1, 0, regs);
	if ((regs[2] & need) != need)
		return false;
	asm volatile("xgetbv" : "=a" (xcr0), "=d" (high) : "c" (0));
	return (xcr0 & XCR0_SSE_AVX) == XCR0_SSE_AVX;
}

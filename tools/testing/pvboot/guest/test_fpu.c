// SPDX-License-Identifier: GPL-2.0
/*
 * CR0.TS, as a kernel has it set by fpu_taskswitch: each first use of the FPU's
 * registers is a fault.  Xen itself counts on it where it switches them lazily,
 * and so for vCPUs that share a CPU: an instruction that does not fault saves,
 * or overwrites, the registers of another vCPU.
 */
#include "guest.h"

#define VECTOR_UD	6
#define VECTOR_NM	7

#define CPUID_OSXSAVE	(1u << 27)

/* What the legacy area and the header take; what lies behind is not asked for */
static u8 area[576] __attribute__((aligned(64)));

static bool has_xsave(void)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a" (eax), "=b" (ebx), "+c" (ecx), "=d" (edx));
	return ecx & CPUID_OSXSAVE;
}

static long set_ts(bool set)
{
	return hypercall(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0);
}

/* The entry that is called: UD's where the instruction ran, as one follows it */
static unsigned int entry_with_ts(void (*use)(unsigned long area),
				  const char *at)
{
	struct seen seen;

	memset(area, 0, sizeof(area));
	expect_errno("fpu_taskswitch", set_ts(true), 0);
	expect_true("it traps", traps(&seen, use, (unsigned long)area));
	if (seen.regs.entry == VECTOR_NM)
		expect_hex("ip", seen.regs.ip, (unsigned long)at);
	expect_errno("fpu_taskswitch", set_ts(false), 0);
	return seen.regs.entry;
}

static void legacy(const struct row *row)
{
	expect("entry", entry_with_ts(do_fxsave, do_fxsave_at), VECTOR_NM);
}

static void extended(const struct row *row)
{
	unsigned int entry;

	if (!has_xsave()) {
		skip("no XSAVE");
		return;
	}
	entry = row->arg[0] ? entry_with_ts(do_xrstor, do_xrstor_at) :
			      entry_with_ts(do_xsave, do_xsave_at);
	if (entry == VECTOR_UD && told("emulated"))
		skip("this emulator's XSAVE and XRSTOR do not look at TS");
	else
		expect("entry", entry, VECTOR_NM);
}

/* Xen clears TS before it calls the entry. */
static void cleared(const struct row *row)
{
	struct seen seen;

	memset(area, 0, sizeof(area));
	expect_errno("fpu_taskswitch", set_ts(true), 0);
	expect_true("it traps", traps(&seen, do_fxsave, (unsigned long)area));
	expect("entry", seen.regs.entry, VECTOR_NM);
	expect_true("it traps", traps(&seen, do_fxsave, (unsigned long)area));
	expect("entry with TS clear", seen.regs.entry, VECTOR_UD);
}

static const struct row rows[] = {
	{ "ts.fxsave", legacy },
	{ "ts.xsave", extended, { 0 } },
	{ "ts.xrstor", extended, { 1 } },
	{ "ts.cleared_at_fault", cleared },
};

const struct suite suite_fpu = { "fpu", rows, ARRAY_SIZE(rows) };

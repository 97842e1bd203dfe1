// SPDX-License-Identifier: GPL-2.0
/*
 * Which instruction is a hypercall.  In a PV guest that is known from the
 * start (start.c); a guest in a hardware container uses the one of the CPU's
 * vendor, and finds out which one that is at its first hypercall.
 */
#include <linux/instrumentation.h>
#include <linux/static_call.h>

#include <asm/cpu.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/text-patching.h>
#include <asm/xen/hypercall.h>

#include "pv.h"

DEFINE_STATIC_CALL(xen_hypercall, xen_hypercall_hvm);
EXPORT_STATIC_CALL_TRAMP(xen_hypercall);

/* AMD and whoever licensed its design */
static __always_inline bool by_vmmcall(void)
{
	switch (boot_cpu_data.x86_vendor) {
	case X86_VENDOR_AMD:
	case X86_VENDOR_HYGON:
		return true;
	default:
		return false;
	}
}

/**
 * xen_hypercall_setfunc - choose the instruction once text can be patched
 *
 * Context: HVM guests, at boot.  Does nothing where it has been chosen.
 */
void xen_hypercall_setfunc(void)
{
	if (static_call_query(xen_hypercall) != xen_hypercall_hvm)
		return;

	if (by_vmmcall())
		static_call_update(xen_hypercall, xen_hypercall_amd);
	else
		static_call_update(xen_hypercall, xen_hypercall_intel);
}

/* As early_cpu_init() does, which may not have run */
static __ref void identify_vendor(void)
{
	cpuid_scan_cpu(&boot_cpu_data);
	init_cpu_devs();
	cpu_detect(&boot_cpu_data);
	get_cpu_vendor(&boot_cpu_data);
}

/**
 * __xen_hypercall_setfunc - choose the instruction at the first hypercall
 *
 * Called by xen_hypercall_hvm (hypercall.S).  That is noinstr, because PV
 * guests make hypercalls from noinstr code; what is called here is not, and
 * never runs in a PV guest.
 *
 * Return: the function that makes hypercalls from now on.
 */
noinstr void *__xen_hypercall_setfunc(void)
{
	void (*chosen)(void);

	instrumentation_begin();

	identify_vendor();
	chosen = by_vmmcall() ? xen_hypercall_amd : xen_hypercall_intel;
	static_call_update_early(xen_hypercall, chosen);

	instrumentation_end();
	return chosen;
}

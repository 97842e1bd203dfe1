// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints of a Xen guest, and the names of hypercalls in their lines.
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>

#include <xen/interface/xen.h>
#include <xen/interface/xen-mca.h>

/* The list is in the order of the ABI's numbers, and has gaps. */
static const char *const names[] = {
#define HYPERCALL(name)	\
	[__HYPERVISOR_##name] = "(" #name ")",
#include <asm/xen-hypercalls.h>
#undef HYPERCALL
};

/* Used by <trace/events/xen.h>.  Programs may be told of numbers without a name. */
static const char *xen_hypercall_name(unsigned int nr)
{
	return nr < ARRAY_SIZE(names) && names[nr] ? names[nr] : "";
}

#define CREATE_TRACE_POINTS
#include <trace/events/xen.h>

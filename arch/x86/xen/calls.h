/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypercalls of start of day by name, for debugfs and fault injection; and what
 * else can be made to fail.
 */
#ifndef _ARCH_X86_XEN_CALLS_H
#define _ARCH_X86_XEN_CALLS_H

#include <linux/types.h>

/* For a row that is not a hypercall */
#define XEN_PV_NO_HYPERCALL	~0U

/**
 * enum xen_pv_fail_point - what can be made to fail besides hypercalls
 * @XEN_PV_ALIVE: a CPU reports to Linux that it is alive
 * @XEN_PV_DEAD: or dead
 * @XEN_PV_TABLE: Xen lets a page be a page table
 * @XEN_PV_SPACE: Xen lets a root be one, of tables that it knows
 */
enum xen_pv_fail_point {
	XEN_PV_ALIVE, XEN_PV_DEAD, XEN_PV_TABLE, XEN_PV_SPACE
};

/**
 * struct xen_pv_call - one hypercall, or one command of it
 * @name: of the hypercall
 * @command: name of the command or type, NULL where it has none
 * @nr: __HYPERVISOR_*, or XEN_PV_NO_HYPERCALL
 * @sub_nr: VCPUOP_*, CALLBACKTYPE_* or enum xen_pv_fail_point, 0 where there is no
 *	command
 */
struct xen_pv_call {
	const char *name;
	const char *command;
	unsigned int nr;
	unsigned int sub_nr;
};

extern const struct xen_pv_call xen_pv_calls[];
extern const unsigned int xen_pv_nr_calls;

unsigned int xen_pv_calls_made(unsigned int call);
bool xen_pv_delays(enum xen_pv_fail_point report, unsigned int vcpu);

/* fail.c */
#ifdef CONFIG_XEN_PV_FAIL
bool xen_pv_is_to_fail(const struct xen_pv_call *call, unsigned int vcpu,
		       int *rc);
int xen_pv_refuses(enum xen_pv_fail_point point);
#else
static inline bool xen_pv_is_to_fail(const struct xen_pv_call *call,
				     unsigned int vcpu, int *rc)
{
	return false;
}

static inline int xen_pv_refuses(enum xen_pv_fail_point point)
{
	return 0;
}
#endif

#endif /* _ARCH_X86_XEN_CALLS_H */

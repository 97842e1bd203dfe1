/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core needs from the program that it is compiled into.
 *
 * trap_table.c, callbacks.c, vcpu_context.c, vcpu.c and queue.c are plain C over the
 * hypercalls and run in more than one host.  In Linux this header draws on
 * the kernel's own; any other host provides "pvboot_host.h" with the same
 * names: fixed-width types, ARRAY_SIZE, errno values, string functions, Xen's
 * structures and the HYPERVISOR_ calls.
 */
#ifndef _XEN_PVBOOT_HOST_H
#define _XEN_PVBOOT_HOST_H

#ifdef __KERNEL__

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#include <xen/interface/callback.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/xen.h>

#include <asm/xen/hypercall.h>

#include <xen/pvboot/calls.h>

#define HYPERVISOR_set_trap_table	xen_pv_set_trap_table
#define HYPERVISOR_callback_op		xen_pv_callback_op
#define HYPERVISOR_vcpu_op		xen_pv_vcpu_op

/* The older way to register; Linux has no wrapper of its own for it. */
#define HYPERVISOR_set_callbacks	xen_pv_set_callbacks

/* A hypercall by its number. */
static inline long HYPERVISOR_single(unsigned long op,
				     const unsigned long *args)
{
	return xen_single_call(op, args[0], args[1], args[2], args[3], args[4]);
}

#else /* !__KERNEL__ */

#include "pvboot_host.h"

#endif

#endif /* _XEN_PVBOOT_HOST_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What <xen/pvboot/host.h> asks of a host, for an ordinary process: the C
 * library, Xen's own public headers, and hypercalls that fake_xen.c answers.
 */
#ifndef PVBOOT_HOST_H
#define PVBOOT_HOST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* The newest names: CALLBACKTYPE_sysenter meant another number before. */
#include <xen/xen-compat.h>
#undef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__	__XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/vcpu.h>

/* Where Linux has a name of its own for what Xen's headers hold. */
#define pvclock_vcpu_time_info	vcpu_time_info
#ifdef __x86_64__
#define XEN_CALLBACK(selector, address)	((void)(selector), (address))
#else
#define XEN_CALLBACK(selector, address)	\
	((struct xen_callback){ .cs = (selector), .eip = (address) })
#endif

/* entry.h: the lists of frames */
unsigned long host_mfn_of(unsigned long pfn);
unsigned long host_pfn_of(unsigned long mfn);
unsigned long host_own_pfn_of(unsigned long mfn);
bool host_has_pfn(unsigned long pfn);

int HYPERVISOR_multicall(void *list, u32 nr_calls);
long HYPERVISOR_single(unsigned long op, const unsigned long *args);
int HYPERVISOR_set_trap_table(struct trap_info *table);
int HYPERVISOR_callback_op(int cmd, void *arg);
int HYPERVISOR_vcpu_op(int cmd, int vcpu_id, void *arg);
#ifdef __x86_64__
int HYPERVISOR_set_callbacks(unsigned long event_address,
			     unsigned long failsafe_address,
			     unsigned long syscall_address);
#else
int HYPERVISOR_set_callbacks(unsigned long event_selector,
			     unsigned long event_address,
			     unsigned long failsafe_selector,
			     unsigned long failsafe_address);
#endif

#endif /* PVBOOT_HOST_H */

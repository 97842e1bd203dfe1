/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core needs of this host: a guest without an operating system.
 *
 * Structures and numbers are those of Xen's public headers, in the width that
 * the compiler is asked for; the hypercalls are made here and now.
 */
#ifndef PVBOOT_GUEST_HOST_H
#define PVBOOT_GUEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/errno.h>

#define EPERM	XEN_EPERM
#define ENOENT	XEN_ENOENT
#define ENXIO	XEN_ENXIO
#define ENOMEM	XEN_ENOMEM
#define EFAULT	XEN_EFAULT
#define EACCES	XEN_EACCES
#define EBUSY	XEN_EBUSY
#define EEXIST	XEN_EEXIST
#define EINVAL	XEN_EINVAL
#define ENOSYS	XEN_ENOSYS

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;
typedef __INT64_TYPE__ s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Linux's name for it; Xen's is older. */
#define pvclock_vcpu_time_info vcpu_time_info

#ifdef __x86_64__
#define XEN_CALLBACK(cs, address) ((void)(cs), (address))
#else
#define XEN_CALLBACK(cs, address) ((struct xen_callback){ (cs), (address) })
#endif

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/*
 * A hypervisor built for debugging overwrites the registers that held the
 * arguments, as the ABI lets it.
 */
static inline long hypercall(unsigned int nr, unsigned long a, unsigned long b,
			     unsigned long c, unsigned long d)
{
	long rc;
#ifdef __x86_64__
	register unsigned long fourth asm("r10") = d;

	asm volatile("syscall"
		     : "=a" (rc), "+D" (a), "+S" (b), "+d" (c), "+r" (fourth)
		     : "a" (nr)
		     : "rcx", "r8", "r11", "memory");
#else
	asm volatile("int $0x82"
		     : "=a" (rc), "+b" (a), "+c" (b), "+d" (c), "+S" (d)
		     : "a" (nr)
		     : "edi", "memory");
#endif
	return rc;
}

static inline int HYPERVISOR_set_trap_table(struct trap_info *table)
{
	return hypercall(__HYPERVISOR_set_trap_table, (unsigned long)table,
			 0, 0, 0);
}

static inline int HYPERVISOR_callback_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_callback_op, cmd, (unsigned long)arg,
			 0, 0);
}

static inline int HYPERVISOR_vcpu_op(int cmd, unsigned int vcpu_id, void *arg)
{
	return hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu_id,
			 (unsigned long)arg, 0);
}

#ifdef __x86_64__
static inline int HYPERVISOR_set_callbacks(unsigned long event_address,
					   unsigned long failsafe_address,
					   unsigned long syscall_address)
{
	return hypercall(__HYPERVISOR_set_callbacks, event_address,
			 failsafe_address, syscall_address, 0);
}
#else
static inline int HYPERVISOR_set_callbacks(unsigned long event_selector,
					   unsigned long event_address,
					   unsigned long failsafe_selector,
					   unsigned long failsafe_address)
{
	return hypercall(__HYPERVISOR_set_callbacks, event_selector,
			 event_address, failsafe_selector, failsafe_address);
}
#endif

#endif /* PVBOOT_GUEST_HOST_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a CPU waits for another one: waiting.c.
 */
#ifndef _ARCH_X86_XEN_WAITING_H
#define _ARCH_X86_XEN_WAITING_H

#include <linux/compiler.h>
#include <linux/types.h>

int xen_bind_kicker(unsigned int cpu);
void xen_unbind_kicker(unsigned int cpu);
void xen_kick_cpu(unsigned int cpu);
bool xen_take_kick(void);
void xen_sleep_until_kicked(u64 until);
void xen_sleep_until(u64 until);
void xen_pv_wait_for(unsigned int cpu);

#endif /* _ARCH_X86_XEN_WAITING_H */

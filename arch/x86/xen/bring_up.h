/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the CPU that asks and the CPU that comes up agree, in smp.c, the steps of
 * the one that asks, in bring_up.c, and how either waits.
 */
#ifndef _ARCH_X86_XEN_BRING_UP_H
#define _ARCH_X86_XEN_BRING_UP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct task_struct;

/* bring_up.c */
int xen_pv_prepare_cpu(unsigned int cpu);
int xen_pv_unprepare_cpu(unsigned int cpu);
int xen_pv_kick_ap_alive(unsigned int cpu, struct task_struct *idle);

/* smp.c */
void xen_pv_call_cpu(unsigned int cpu);
void xen_pv_call_off(unsigned int cpu);
void xen_pv_forget_lost(unsigned int cpu);
int xen_pv_arrival(unsigned int cpu, const char **refused);
bool xen_pv_was_given_up(unsigned int cpu);

/* waiting.c; called while the machine is stopped, where nothing is traced */
notrace void xen_pv_sleep(u64 ns);

#endif /* _ARCH_X86_XEN_BRING_UP_H */

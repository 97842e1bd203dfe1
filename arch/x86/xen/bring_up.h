/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bring_up.c: what the control CPU does, and how the CPU that comes up or dies
 * reports to it.
 */
#ifndef _ARCH_X86_XEN_BRING_UP_H
#define _ARCH_X86_XEN_BRING_UP_H

struct task_struct;

int xen_pv_prepare_cpu(unsigned int cpu);
int xen_pv_unprepare_cpu(unsigned int cpu);
int xen_pv_kick_ap_alive(unsigned int cpu, struct task_struct *idle);
void xen_pv_poll_sync_state(void);
void xen_pv_wait_for_death(unsigned int cpu);
void xen_pv_stop_vcpu(unsigned int cpu);

/* on the CPU itself */
void xen_pv_wait_for_kick(void);
void xen_pv_cpu_is_dead(void);

#endif /* _ARCH_X86_XEN_BRING_UP_H */

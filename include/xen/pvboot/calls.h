/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypercalls of start of day in Linux: as Xen has them, but counted and
 * traced.  <xen/pvboot/host.h> gives the core these under the plain names.
 */
#ifndef _XEN_PVBOOT_CALLS_H
#define _XEN_PVBOOT_CALLS_H

struct trap_info;

int xen_pv_set_trap_table(struct trap_info *table);
int xen_pv_callback_op(int cmd, void *arg);
#ifdef CONFIG_X86_64
int xen_pv_set_callbacks(unsigned long event_address,
			 unsigned long failsafe_address,
			 unsigned long syscall_address);
#else
int xen_pv_set_callbacks(unsigned long event_selector,
			 unsigned long event_address,
			 unsigned long failsafe_selector,
			 unsigned long failsafe_address);
#endif
int xen_pv_vcpu_op(int cmd, int vcpu, void *arg);

unsigned int xen_pv_count_traps(const struct trap_info *table);

#endif /* _XEN_PVBOOT_CALLS_H */

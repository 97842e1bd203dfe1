/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Typed forms of HYPERVISOR_vcpu_op, one a command.
 *
 * ABI: Xen's public header vcpu.h.  Every function takes Xen's number of the
 * vCPU and answers with what Xen answered: 0 or more on success, a negative
 * errno otherwise.  -ENOENT means that the domain has no such vCPU.
 */
#ifndef _XEN_PVBOOT_VCPU_H
#define _XEN_PVBOOT_VCPU_H

#include <xen/pvboot/host.h>

int xen_pv_vcpu_initialise(unsigned int vcpu_id,
			   struct vcpu_guest_context *ctxt);
int xen_pv_vcpu_up(unsigned int vcpu_id);
int xen_pv_vcpu_down(unsigned int vcpu_id);
int xen_pv_vcpu_is_up(unsigned int vcpu_id);
int xen_pv_vcpu_register_info(unsigned int vcpu_id, u64 mfn, u32 offset);
int xen_pv_vcpu_get_runstate(unsigned int vcpu_id,
			     struct vcpu_runstate_info *info);
int xen_pv_vcpu_register_runstate(unsigned int vcpu_id,
				  struct vcpu_runstate_info *area);
int xen_pv_vcpu_register_time(unsigned int vcpu_id,
			      struct pvclock_vcpu_time_info *area);
int xen_pv_vcpu_set_singleshot_timer(unsigned int vcpu_id, u64 timeout_abs_ns,
				     bool must_be_future);
int xen_pv_vcpu_stop_singleshot_timer(unsigned int vcpu_id);
int xen_pv_vcpu_stop_periodic_timer(unsigned int vcpu_id);

#endif /* _XEN_PVBOOT_VCPU_H */

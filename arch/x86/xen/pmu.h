/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Performance counters that Xen shares with a PV guest: pmu.c, pmu_msr.c.
 */
#ifndef _ARCH_X86_XEN_PMU_H
#define _ARCH_X86_XEN_PMU_H

#include <linux/irqreturn.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct pt_regs;
struct xen_pmu_data;

/* pmu.c; xen_pmu_init() and xen_pmu_finish() are in ops.h */
bool xen_pv_has_pmu(void);
irqreturn_t xen_pv_handle_pmu(int irq, void *unused);
int xen_pv_set_lvtpc(u32 val);

/* The registers as Xen left them for this CPU; NULL but in the handler */
DECLARE_PER_CPU(struct xen_pmu_data *, xen_pv_pmu_registers);

/* pmu_msr.c */

/**
 * struct xen_pv_pmu_model - how the registers of a CPU are numbered
 * @maker: who chose the numbers
 * @nr_counters: general counters that CPUID tells of, Intel's only
 */
struct xen_pv_pmu_model {
	enum { PMU_UNKNOWN, PMU_INTEL, PMU_AMD } maker;
	unsigned int nr_counters;
};

void xen_pv_init_pmu_model(void);
bool xen_pv_access_pmu(u32 msr, u64 *val, bool is_read);
u64 xen_pv_read_pmc(int counter);

#if IS_ENABLED(CONFIG_KUNIT)
bool xen_pv_access_pmu_of(const struct xen_pv_pmu_model *model,
			  struct xen_pmu_data *data, u32 msr, u64 *val,
			  bool is_read);
u32 xen_pv_pmc_msr(const struct xen_pv_pmu_model *model, unsigned int counter);
void xen_pv_pmu_sample(const struct xen_pmu_data *data, struct pt_regs *regs);
unsigned int xen_pv_pmu_guest_state(bool initial_domain);
#endif

#endif /* _ARCH_X86_XEN_PMU_H */

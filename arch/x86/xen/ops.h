/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guests of all kinds share in this directory, by the names that the
 * tree's own files for guests in hardware containers use; these include it as
 * xen-ops.h.  What is for PV guests alone is in pv.h.
 */
#ifndef _ARCH_X86_XEN_OPS_H
#define _ARCH_X86_XEN_OPS_H

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/memblock.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/xenpmu.h>
#include <xen/xen-ops.h>

#include <asm/page.h>
#include <asm/xen/hypervisor.h>

#include <trace/events/xen.h>

struct boot_params;
struct dom0_vga_console_info;
struct screen_info;

/* guest.c */
extern struct shared_info xen_dummy_shared_info;
DECLARE_PER_CPU_ALIGNED(struct vcpu_info, xen_vcpu_info);
void xen_vcpu_info_reset(int cpu);
void __init xen_banner(void);
void __init xen_add_preferred_consoles(void);

/*
 * In 32 bits the direct map ends before memory does.  What __va() has for a page of
 * highmem is an address of something else.
 */
static inline bool xen_is_in_direct_map(unsigned long pfn)
{
#ifdef CONFIG_HIGHMEM
	return pfn < max_low_pfn;
#else
	return true;
#endif
}

/* hypercall.S: by the processor's instruction; hypercall_hvm.c: which one */
void xen_hypercall_pv(void);
void xen_hypercall_hvm(void);
void xen_hypercall_amd(void);
void xen_hypercall_intel(void);
void xen_hypercall_setfunc(void);
void *__xen_hypercall_setfunc(void);

/* sched_op.c */
void xen_emergency_restart(void);
int xen_panic_handler_init(void);
void xen_pin_vcpu(int cpu);

/* extra_memory.c */
/*
 * More page frames without memory than ten times those with it would leave a
 * small guest little but their struct pages.  KASAN's shadow is an eighth of all.
 */
#define EXTRA_MEM_RATIO		(IS_ENABLED(CONFIG_KASAN) ? 1 : 10)
void __init xen_add_extra_mem(unsigned long start_pfn, unsigned long n_pfns);

/* time.c, clock.c, timer.c */
int __must_check xen_setup_timer(int cpu);
void xen_teardown_timer(int cpu);
void xen_setup_cpu_clockevents(void);
void xen_save_time_memory_area(void);
void xen_restore_time_memory_area(void);
void __init xen_init_time_ops(void);
void __init xen_hvm_init_time_ops(void);

/* vga.c */
#ifdef CONFIG_XEN_DOM0
void __init xen_init_vga(const struct dom0_vga_console_info *info, size_t size,
			 struct screen_info *screen);
#else
static inline void __init
xen_init_vga(const struct dom0_vga_console_info *info, size_t size,
	     struct screen_info *screen)
{
}
#endif

/* efi.c */
#ifdef CONFIG_XEN_EFI
void __init xen_efi_init(struct boot_params *params);
#else
static inline void __init xen_efi_init(struct boot_params *params)
{
}
#endif

/* ipi.c */
#ifdef CONFIG_SMP
int xen_smp_intr_init(unsigned int cpu);
void xen_smp_intr_free(unsigned int cpu);
void xen_smp_cpus_done(unsigned int max_cpus);
void xen_smp_send_reschedule(int cpu);
void xen_smp_send_call_function_ipi(const struct cpumask *mask);
void xen_smp_send_call_function_single_ipi(int cpu);
#else
static inline int xen_smp_intr_init(unsigned int cpu)
{
	return 0;
}

static inline void xen_smp_intr_free(unsigned int cpu)
{
}
#endif

/* spinlock.c */
#ifdef CONFIG_PARAVIRT_SPINLOCKS
void __init xen_init_spinlocks(void);
void xen_init_lock_cpu(int cpu);
void xen_uninit_lock_cpu(int cpu);
#else
static inline void __init xen_init_spinlocks(void)
{
}

static inline void xen_init_lock_cpu(int cpu)
{
}

static inline void xen_uninit_lock_cpu(int cpu)
{
}
#endif

/* pmu.c */
#ifdef CONFIG_XEN_HAVE_VPMU
void xen_pmu_init(int cpu);
void xen_pmu_finish(int cpu);
#else
static inline void xen_pmu_init(int cpu)
{
}

static inline void xen_pmu_finish(int cpu)
{
}
#endif

/* suspend_pv.c */
#ifdef CONFIG_XEN_PV
void xen_pv_pre_suspend(void);
void xen_pv_post_suspend(int cancelled);
#else
static inline void xen_pv_pre_suspend(void)
{
}

static inline void xen_pv_post_suspend(int cancelled)
{
}
#endif

/*
 * Guests in hardware containers.  vcpus_hvm.c is ours; the others are the
 * tree's own files, where it has them.
 */
void xen_vcpu_setup(int cpu);
void xen_vcpu_restore(void);
int xen_cpuhp_setup(int (*prepare)(unsigned int), int (*dead)(unsigned int));
void xen_hvm_init_shared_info(void);
void xen_hvm_init_mmu_ops(void);
void xen_unplug_emulated_devices(void);

#ifdef CONFIG_XEN_PVHVM
void xen_hvm_post_suspend(int cancelled);
#else
static inline void xen_hvm_post_suspend(int cancelled)
{
}
#endif

#ifdef CONFIG_SMP
void __init xen_hvm_smp_init(void);
#else
static inline void __init xen_hvm_smp_init(void)
{
}
#endif

#endif /* _ARCH_X86_XEN_OPS_H */

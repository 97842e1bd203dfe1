/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interfaces between the files of the PV start of day, in the order of the
 * boot.  The core, which also compiles outside Linux, has its headers under
 * <xen/pvboot/>.
 */
#ifndef _ARCH_X86_XEN_PV_H
#define _ARCH_X86_XEN_PV_H

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/types.h>

#include <asm/desc_defs.h>
#include <asm/percpu.h>

#include "ops.h"
/* What 6.12 has and later kernels have not stands for its age. */
#ifdef init_per_cpu_var
#include "compat.h"
#else
#include <asm/cpuid/api.h>
#endif

struct pt_regs;
struct task_struct;
struct dentry;

/* The kernel's selectors, with the ring that it runs in */
#ifdef CONFIG_X86_32
#define XEN_PV_KERNEL_CS	(__KERNEL_CS | 1)
#define XEN_PV_KERNEL_DS	(__KERNEL_DS | 1)
#define XEN_PV_KERNEL_FS	__KERNEL_PERCPU
#else
#define XEN_PV_KERNEL_CS	__KERNEL_CS
#define XEN_PV_KERNEL_DS	__KERNEL_DS
#define XEN_PV_KERNEL_FS	0
#endif

struct thread_struct;
struct trap_info;
struct xen_memory_region;

/* extra_memory.c: page frames without memory */
#if IS_ENABLED(CONFIG_KUNIT)
struct xen_memory_region *
xen_pv_region_for(struct xen_memory_region *regions, unsigned int nr,
		  unsigned long start_pfn);
#endif

/* start.c, called by xen-head.S */
asmlinkage void __init xen_start_kernel(struct start_info *si);

/* pv_ops.c: installs the functions below in pv_ops */
void __init xen_pv_install_ops(void);

/* cpuid.c */
void xen_pv_cpuid(unsigned int *eax, unsigned int *ebx,
		  unsigned int *ecx, unsigned int *edx);
void xen_pv_forget_cpuid(void);
void __init xen_pv_init_capabilities(void);

/* msr.c: MSRs, control registers, debug registers */
u64 xen_pv_read_msr(u32 msr);
void xen_pv_write_msr(u32 msr, u64 val);
int xen_pv_read_msr_safe(u32 msr, u64 *val);
int xen_pv_write_msr_safe(u32 msr, u64 val);
unsigned long xen_pv_read_cr0(void);
void xen_pv_write_cr0(unsigned long cr0);
void xen_pv_write_cr4(unsigned long cr4);
unsigned long xen_pv_get_debugreg(int reg);
void xen_pv_set_debugreg(int reg, unsigned long val);

/* descriptors.c: GDT, TLS, segment bases */
void __init xen_pv_setup_boot_gdt(void);
void xen_pv_release_boot_gdt(void);
int xen_pv_protect_gdt(struct desc_struct *gdt, bool protect);
void xen_pv_load_gdt(const struct desc_ptr *dtr);
void xen_pv_write_gdt_entry(struct desc_struct *gdt, int entry,
			    const void *desc, int type);
void xen_pv_load_tls(struct thread_struct *t, unsigned int cpu);
void xen_pv_load_gs_index(unsigned int selector);
unsigned long xen_pv_store_tr(void);

/* ldt.c */
void xen_pv_alloc_ldt(struct desc_struct *ldt, unsigned int entries);
void xen_pv_free_ldt(struct desc_struct *ldt, unsigned int entries);
void xen_pv_set_ldt(const void *addr, unsigned int entries);
void xen_pv_write_ldt_entry(struct desc_struct *ldt, int entry,
			    const void *desc);

/* multicalls.c: a queue of hypercalls for each CPU */
int xen_pv_alloc_batch(unsigned int cpu);

/* context_switch.c: batching, the kernel stack, the I/O bitmap */
void xen_pv_start_context_switch(struct task_struct *prev);
void xen_pv_end_context_switch(struct task_struct *next);
void xen_pv_load_sp0(unsigned long sp0);
u64 xen_pv_read_user_gs(void);
bool xen_pv_note_user_gs(u64 base);
void xen_pv_forget_user_gs(void);
void xen_pv_update_io_bitmap(void);
void xen_pv_invalidate_io_bitmap(void);

/* idt.c: gates of Linux's IDT to entries of the trap table */
void xen_pv_load_idt(const struct desc_ptr *dtr);
void xen_pv_write_idt_entry(gate_desc *idt, int vector, const gate_desc *gate);
void __init xen_pv_commit_early_gates(void);
void xen_pv_sync_traps(void);
void xen_pv_handover_traps(struct trap_info *traps);
void xen_pv_adopt_traps(unsigned int cpu, const struct trap_info *traps);
void xen_pv_reregister_traps(void);
void xen_pv_trap_figures(unsigned int cpu, unsigned int *vectors,
			 unsigned int *calls);
#if IS_ENABLED(CONFIG_KUNIT)
int xen_pv_gate_to_trap(struct trap_info *entry, unsigned int vector,
			const gate_desc *gate);
#endif

/* entry_points.c: the callbacks of this kernel */
struct callback_table;
void __init xen_pv_register_boot_callbacks(void);
void __init xen_pv_register_boot_compat(void);
int xen_pv_register_secondary_callbacks(const char **refused);
void xen_pv_reregister_callbacks(void);
const struct callback_table *xen_pv_callback_table(void);
bool xen_pv_compat_wanted(u16 type);
const char *xen_pv_callbacks_by(void);
unsigned int xen_pv_callback_types(unsigned int cpu);
void xen_pv_callback_figures(unsigned int *by_op,
			     unsigned int *by_set_callbacks);

/* apic.c: APIC driver */
void __init xen_pv_init_apic(void);
#ifdef CONFIG_X86_32
void __init xen_pv_choose_apic(void);
#else
static inline void __init xen_pv_choose_apic(void)
{
}
#endif
u32 xen_pv_apic_id(void);

/* debugfs.c: the directory of what follows */
struct dentry * __init xen_init_debugfs(void);

/* fail.c: fault injection */
#ifdef CONFIG_XEN_PV_FAIL
void __init xen_pv_plan_failures(void);
#else
static inline void __init xen_pv_plan_failures(void)
{
}
#endif

/* vcpu_areas.c: vcpu_info and runstate of each vCPU */
int xen_pv_register_vcpu_info(unsigned int cpu);
int xen_pv_register_runstate(unsigned int cpu);

/* irqflags.c: the event mask as the interrupt flag */
void __init xen_pv_install_early_irq_ops(void);
void xen_pv_setup_vcpu_info_placement(void);

/* entry.S: called with other registers than a C function may use */
__visible void xen_irq_enable_direct(void);
__visible void xen_irq_disable_direct(void);
__visible unsigned long xen_save_fl_direct(void);
__visible unsigned long xen_read_cr2(void);
__visible unsigned long xen_read_cr2_direct(void);

/* entry.S: addresses for Xen, and the way back */
void xen_entry_SYSCALL_64(void);
void xen_entry_SYSCALL_compat(void);
void xen_entry_SYSENTER_compat(void);
__visible void xen_iret(void);

/* smp.c, and bring_up.c for the steps of bring-up */
#ifdef CONFIG_SMP
extern cpumask_var_t xen_cpu_initialized_map;
void __init xen_pv_install_smp_ops(void);
void __init xen_pv_smp_count_cpus(void);
asmlinkage void cpu_bringup_and_idle(void);
/* xen-head.S: a CPU's first instruction, and the first after it was down */
void asm_cpu_bringup_and_idle(void);
void __noreturn xen_cpu_bringup_again(unsigned long stack);
/* room for what xen_pv_write_steps() writes: a dozen steps */
#define XEN_PV_STEPS_LINE	400
void xen_pv_write_steps(unsigned int cpu, char *to, size_t size);
#if IS_ENABLED(CONFIG_KUNIT)
void xen_pv_stop_unmasked(unsigned int cpu);
#endif
#else
static inline void __init xen_pv_install_smp_ops(void)
{
}

static inline void __init xen_pv_smp_count_cpus(void)
{
}
#endif

/* ipi.c: IPIs and per-CPU virtual interrupts, over event channels; irq_work.c */
int xen_pv_bind_ipis(unsigned int cpu);
void xen_pv_send_IPI_mask(const struct cpumask *mask, int vector);
void xen_pv_send_IPI_mask_allbutself(const struct cpumask *mask, int vector);
void xen_pv_send_IPI_allbutself(int vector);
void xen_pv_send_IPI_all(int vector);
void xen_pv_send_IPI_self(int vector);
void xen_pv_unbind_ipis(unsigned int cpu);
int xen_pv_disable_events(unsigned int cpu);
int xen_pv_enable_events(unsigned int cpu);

/* boot_params.c: start_info to boot_params */
void __init xen_pv_fill_boot_params(void);

/* mm/shadow.c: KASAN's, on Xen's tables */
int __init xen_pv_map_early_shadow(const struct start_info *si);

/* mm/boot_pages.c: pages of the domain builder's that stay in use */
void __init xen_pv_setup_machphys_mapping(void);
void __init xen_pv_reserve_special_pages(void);
void __init xen_pv_require_table_memory(void);
void __init xen_pv_check_memory_limit(void);

/* mm/boot_tables.c, mm/boot_tables_32.c: from Xen's tables to the kernel's own */
void __init xen_setup_kernel_pagetable(pgd_t *pgd, unsigned long max_pfn);

/* mm/p2m.c, mm/p2m_toolstack.c: the list of frames */
void __init xen_pv_build_dynamic_phys_to_machine(void);
void xen_pv_build_mfn_list_list(void);
void xen_pv_setup_mfn_list_list(void);

/* mm/memory_map.c */
char * __init xen_memory_setup(void);

/* mm/fixmap.c */
void __init xen_pv_populate_fixmap(unsigned int idx);

/* mm/spaces.c, mm/mmu_ops.c, mm/pinning.c, mm/kmaps.c */
DECLARE_PER_CPU(unsigned long, xen_cr3);
void __init xen_pv_init_mmu_ops(void);
void xen_mm_pin_all(void);
void xen_mm_unpin_all(bool restored);
#ifdef CONFIG_KMAP_LOCAL
void xen_mm_kmaps_to_pfns(void);
void xen_mm_kmaps_to_mfns(void);
#else
static inline void xen_mm_kmaps_to_pfns(void)
{
}

static inline void xen_mm_kmaps_to_mfns(void)
{
}
#endif

/* platform.c: hooks of x86_init, x86_platform and machine_ops */
void __init xen_pv_install_platform_ops(void);

/* mtrr.c: the memory types that the hypervisor chose */
void __init xen_pv_show_memory_types(void);

/* errno.c */
const char *xen_errno_name(int rc);
int xen_errno_code(const char *name);

/* fatal.c: fatal errors */
void xen_pv_crash(const char *what, unsigned int vcpu, unsigned long arg,
		  int rc);
void xen_pv_crash_with(char *line, size_t len);
void __init xen_pv_end_by_panic(void);
extern bool xen_pv_resuming;

/*
 * Inline, because objtool knows a function of another file that does not
 * return only by a list of names in the tree.
 */
static __always_inline void __noreturn
xen_pv_fatal(const char *what, unsigned int vcpu, unsigned long arg, int rc)
{
	for (;;)
		xen_pv_crash(what, vcpu, arg, rc);
}

#endif /* _ARCH_X86_XEN_PV_H */

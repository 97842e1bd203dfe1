// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing CPUs up and taking them down, by vcpu_op.
 *
 * A vCPU is initialised once: VCPUOP_initialise gives it a context to start
 * from.  Going down it stops inside VCPUOP_down, and every later VCPUOP_up
 * lets it come back from there; all that Xen was told of it still holds.
 *
 * Whatever fails on the way up is undone and returned, with one line that
 * says which step it was.  The other CPUs run on.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/iopoll.h>
#include <linux/nmi.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/fpu/api.h>
#include <asm/io_apic.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>
#include <asm/tlbflush.h>

#include <xen/features.h>
#include <xen/hvc-console.h>
#include <xen/interface/sched.h>
#include <xen/page.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>
#include <xen/xen.h>

#include "pv.h"

/* How long a CPU may take from its last words to VCPUOP_down */
#define DOWN_TIMEOUT_US		USEC_PER_SEC
#define DOWN_POLL_US		50

/* CPUs that VCPUOP_initialise was done for; suspend_pv.c knows it too. */
cpumask_var_t xen_cpu_initialized_map;

static int say(unsigned int cpu, const char *step, int rc)
{
	pr_err("xen: CPU %u (vCPU %u) stays offline: %s: %s (%d)\n", cpu,
	       xen_vcpu_nr(cpu), step, xen_errno_name(rc), rc);
	return rc;
}

/*
 * Up, on the CPU itself
 */

/*
 * Before anyone counts on this CPU: what its context could not bring along.
 * Where Xen will not have it this CPU goes down again, as if it had never
 * come; the CPU that waits for it gives up and says so.
 */
static void register_callbacks_or_leave(void)
{
	unsigned int vcpu = xen_vcpu_nr(smp_processor_id());
	int rc;

	while (xen_pv_register_secondary_callbacks()) {
		rc = vcpu_down(vcpu);
		if (rc)
			xen_pv_fatal("VCPUOP_down", vcpu, 0, rc);
	}
}

static void come_up(void)
{
	unsigned int cpu = smp_processor_id();

	register_callbacks_or_leave();
	cr4_init();
	cpuhp_ap_sync_alive();

	/* the TSS with its I/O bitmap, and the CPU's number for user mode */
	cpu_init_exception_handling(false);
	cpu_init();
	fpu__init_cpu();
	smp_store_cpu_info(cpu);
	set_cpu_sibling_map(cpu);
	speculative_store_bypass_ht_init();
	touch_softlockup_watchdog();

	xen_setup_cpu_clockevents();
	notify_cpu_starting(cpu);
	set_cpu_online(cpu, true);
	/* Gates changed since cpu_init() loaded them; after "online" none are. */
	smp_mb();
	xen_pv_sync_traps();

	local_irq_enable();
}

/**
 * cpu_bringup_and_idle - first C function of a secondary CPU, each time it
 *			  comes up
 *
 * Does not return.
 */
asmlinkage __visible void cpu_bringup_and_idle(void)
{
	come_up();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
}

/*
 * Up, on the CPU that asks for it
 */

/*
 * Xen takes a page for a GDT only where the guest cannot write to it by any
 * mapping: the per-CPU one and the one of all memory.
 */
static void protect_gdt(struct desc_struct *gdt, unsigned long mfn)
{
	make_lowmem_page_readonly(gdt);
	make_lowmem_page_readonly(mfn_to_virt(mfn));
}

static void unprotect_gdt(struct desc_struct *gdt, unsigned long mfn)
{
	make_lowmem_page_readwrite(mfn_to_virt(mfn));
	make_lowmem_page_readwrite(gdt);
}

static int build_context(struct vcpu_guest_context *ctxt, unsigned int cpu,
			 struct task_struct *idle, unsigned long gdt_mfn)
{
	const struct vcpu_start start = {
		.ip		= (unsigned long)asm_cpu_bringup_and_idle,
		.sp		= (unsigned long)task_pt_regs(idle),
		.kernel_sp	= task_top_of_stack(idle),
		.cs		= __KERNEL_CS,
		.ss		= __KERNEL_DS,
		.ds		= __USER_DS,
		.gs_base	= per_cpu_offset(cpu),
		.cr3		= xen_pfn_to_cr3(virt_to_gfn(swapper_pg_dir)),
		.gdt_mfn	= gdt_mfn,
		.gdt_ents	= GDT_ENTRIES,
		.callbacks	= xen_pv_callback_table(),
	};
	static struct trap_info traps[256];

	/* Bring-up is serialised by the hotplug lock, and so is this table. */
	xen_pv_handover_traps(traps);
	per_cpu(xen_cr3, cpu) = __pa(swapper_pg_dir);
	return vcpu_context_build(ctxt, &start, traps);
}

static int initialise(unsigned int cpu, struct vcpu_guest_context *ctxt)
{
	const char *field;
	int rc = vcpu_context_check(ctxt, &field);

	if (rc) {
		pr_err("xen: CPU %u: Xen would not take %s\n", cpu, field);
		return rc;
	}
	return vcpu_initialise(xen_vcpu_nr(cpu), ctxt);
}

static int initialise_once(unsigned int cpu, struct task_struct *idle)
{
	struct desc_struct *gdt = get_cpu_gdt_rw(cpu);
	unsigned long gdt_mfn = arbitrary_virt_to_mfn(gdt);
	struct vcpu_guest_context *ctxt;
	int rc;

	if (cpumask_test_cpu(cpu, xen_cpu_initialized_map))
		return 0;

	ctxt = kzalloc(sizeof(*ctxt), GFP_KERNEL);
	if (!ctxt)
		return say(cpu, "its context", -ENOMEM);

	rc = build_context(ctxt, cpu, idle, gdt_mfn);
	if (rc) {
		say(cpu, "its callbacks", rc);
		goto free;
	}

	protect_gdt(gdt, gdt_mfn);
	rc = initialise(cpu, ctxt);
	if (rc) {
		unprotect_gdt(gdt, gdt_mfn);
		say(cpu, "VCPUOP_initialise", rc);
		goto free;
	}

	xen_pv_adopt_traps(cpu, ctxt->trap_ctxt);
	cpumask_set_cpu(cpu, xen_cpu_initialized_map);
free:
	kfree(ctxt);
	return rc;
}

/* VCPUOP_up on a vCPU that has not stopped yet would do nothing, and be lost. */
static int wait_until_down(unsigned int cpu)
{
	unsigned int vcpu = xen_vcpu_nr(cpu);
	int up, rc;

	rc = read_poll_timeout(vcpu_is_up, up, up <= 0, DOWN_POLL_US,
			       DOWN_TIMEOUT_US, false, vcpu);
	return rc ?: up;
}

static int xen_pv_kick_ap_alive(unsigned int cpu, struct task_struct *idle)
{
	int rc = common_cpu_up(cpu, idle);

	if (rc)
		return rc;

	rc = wait_until_down(cpu);
	if (rc)
		return say(cpu, "VCPUOP_is_up", rc);

	xen_setup_runstate_info(cpu);
	per_cpu(xen_vcpu, cpu)->evtchn_upcall_mask = 1;

	rc = initialise_once(cpu, idle);
	if (rc)
		return rc;

	xen_pmu_init(cpu);
	rc = vcpu_up(xen_vcpu_nr(cpu));
	if (rc) {
		xen_pmu_finish(cpu);
		return say(cpu, "VCPUOP_up", rc);
	}
	return 0;
}

/* Before a CPU is kicked: what it will be interrupted by. */
static int xen_pv_prepare_cpu(unsigned int cpu)
{
	int rc;

	if (!per_cpu(xen_vcpu, cpu))
		return say(cpu, "vcpu_info", -ENODEV);

	xen_setup_timer(cpu);

	rc = xen_smp_intr_init(cpu);
	if (rc) {
		say(cpu, "interrupts", rc);
		goto no_timer;
	}

	rc = xen_pv_bind_ipis(cpu);
	if (rc) {
		say(cpu, "PV interrupts", rc);
		goto no_intr;
	}
	return 0;

no_intr:
	xen_smp_intr_free(cpu);
no_timer:
	xen_teardown_timer(cpu);
	return rc;
}

/* The undoing of xen_pv_prepare_cpu(), also after a CPU has died */
static int xen_pv_unprepare_cpu(unsigned int cpu)
{
	xen_pv_unbind_ipis(cpu);
	xen_smp_intr_free(cpu);
	xen_teardown_timer(cpu);
	return 0;
}

/* A CPU waits for another: let that one's vCPU run. */
static void xen_pv_poll_sync_state(void)
{
	/* yielding is all that this does, and it cannot fail */
	(void)HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

/*
 * Down
 */

#ifdef CONFIG_HOTPLUG_CPU
static int xen_pv_disable_this_cpu(void)
{
	/* Xen, time and the console all count on the boot CPU. */
	if (!smp_processor_id())
		return -EBUSY;

	cpu_disable_common();
	/* hold on to nobody's page tables */
	load_cr3(swapper_pg_dir);
	return 0;
}

static void __noreturn xen_pv_play_dead(void)
{
	unsigned int vcpu = xen_vcpu_nr(smp_processor_id());
	int rc;

	play_dead_common();
	rc = vcpu_down(vcpu);
	if (rc)
		xen_pv_fatal("VCPUOP_down", vcpu, 0, rc);
	/* somebody has called VCPUOP_up */
	xen_cpu_bringup_again((unsigned long)task_pt_regs(current));
}

/* On another CPU, once the dying one has said its last words */
static void xen_pv_cleanup_dead_cpu(unsigned int cpu)
{
	int rc = wait_until_down(cpu);

	if (rc)
		pr_err("xen: CPU %u is dead but its vCPU runs on: %s (%d)\n",
		       cpu, xen_errno_name(rc), rc);
	xen_uninit_lock_cpu(cpu);
	xen_pmu_finish(cpu);
}
#endif

static void xen_pv_stop_this_cpu(void *unused)
{
	unsigned int cpu = smp_processor_id();
	int rc;

	load_cr3(swapper_pg_dir);
	set_cpu_online(cpu, false);
	rc = vcpu_down(xen_vcpu_nr(cpu));
	if (rc)
		pr_err("xen: CPU %u cannot stop: %s\n", cpu,
		       xen_errno_name(rc));
	/* Nobody brings it up again; if somebody did, it has nothing to do. */
	for (;;)
		cpu_relax();
}

static void xen_pv_stop_other_cpus(int wait)
{
	smp_call_function(xen_pv_stop_this_cpu, NULL, wait);
}

/*
 * Boot
 */

/* A domain of its own has no tables to read CPUs from: as many as vCPUs. */
static void __init number_cpus(void)
{
	unsigned int id;

	topology_register_boot_apic(0);
	for (id = 0; id < nr_cpu_ids; id++)
		topology_register_apic(id, CPU_ACPIID_INVALID, true);
	smp_found_config = 1;
}

static void __init xen_pv_prepare_boot_cpu(void)
{
	native_smp_prepare_boot_cpu();
	xen_pv_release_boot_gdt();
	xen_setup_vcpu_info_placement();
	/* Before alternatives are patched: they include the lock functions. */
	xen_init_spinlocks();
}

/* maxcpus and nosmp: CPUs beyond the limit are not even possible. */
static void __init limit_possible_cpus(unsigned int max_cpus)
{
	unsigned int cpu = nr_cpu_ids;

	while (cpu-- > 1 && num_possible_cpus() > max(max_cpus, 1U))
		set_cpu_possible(cpu, false);
}

static void __init refuse_without_apic(unsigned int max_cpus)
{
	if (!ioapic_is_disabled)
		return;

	panic("xen: %s cannot be had under Xen%s\n",
	      max_cpus ? "noapic" : "nosmp",
	      max_cpus ? "" : ": give the domain one vCPU instead");
}

static void __init xen_pv_prepare_cpus(unsigned int max_cpus)
{
	unsigned int cpu;
	int rc;

	refuse_without_apic(max_cpus);
	xen_init_lock_cpu(0);
	smp_prepare_cpus_common();
	speculative_store_bypass_ht_init();
	xen_pmu_init(0);

	rc = xen_smp_intr_init(0) ?: xen_pv_bind_ipis(0);
	if (rc)
		xen_pv_fatal("binding the boot CPU's interrupts", 0, 0, rc);

	if (!zalloc_cpumask_var(&xen_cpu_initialized_map, GFP_KERNEL))
		xen_pv_fatal("allocating a CPU mask", 0, nr_cpu_ids, -ENOMEM);
	cpumask_set_cpu(0, xen_cpu_initialized_map);

	limit_possible_cpus(max_cpus);
	for_each_possible_cpu(cpu)
		set_cpu_present(cpu, true);
}

/**
 * xen_smp_count_cpus - no more CPUs than the domain has vCPUs
 *
 * ABI: VCPUOP_is_up answers -ENOENT from the domain's maximum on.
 */
void __init xen_smp_count_cpus(void)
{
	unsigned int vcpus = 0;

	while (vcpus < nr_cpu_ids && vcpu_is_up(vcpus) >= 0)
		vcpus++;

	pr_info("Xen PV: Detected %u vCPUS\n", vcpus);
	if (vcpus < nr_cpu_ids)
		set_nr_cpu_ids(vcpus);
}

/**
 * xen_pv_install_smp_ops - have Linux's CPU hotplug call this file
 */
void __init xen_pv_install_smp_ops(void)
{
	int rc;

	/* boot */
	smp_ops.smp_prepare_boot_cpu = xen_pv_prepare_boot_cpu;
	smp_ops.smp_prepare_cpus = xen_pv_prepare_cpus;
	smp_ops.smp_cpus_done = xen_smp_cpus_done;

	/* up */
	smp_ops.kick_ap_alive = xen_pv_kick_ap_alive;
	smp_ops.poll_sync_state = xen_pv_poll_sync_state;

	/* down */
#ifdef CONFIG_HOTPLUG_CPU
	smp_ops.cpu_disable = xen_pv_disable_this_cpu;
	smp_ops.play_dead = xen_pv_play_dead;
	smp_ops.cleanup_dead_cpu = xen_pv_cleanup_dead_cpu;
#endif
	smp_ops.stop_other_cpus = xen_pv_stop_other_cpus;
	/* crash_stop_other_cpus: kdump is the hypervisor's business */
	smp_ops.crash_stop_other_cpus = NULL;

	/* each other: ipi.c */
	smp_ops.smp_send_reschedule = xen_smp_send_reschedule;
	smp_ops.send_call_func_ipi = xen_smp_send_call_function_ipi;
	smp_ops.send_call_func_single_ipi = xen_smp_send_call_function_single_ipi;

	/* Where CPUs are listed: in the MADT for dom0, by Xen for others. */
	x86_init.mpparse.find_mptable = x86_init_noop;
	x86_init.mpparse.early_parse_smp_cfg = x86_init_noop;
	x86_init.mpparse.parse_smp_cfg =
		xen_initial_domain() ? x86_init_noop : number_cpus;

	rc = xen_cpuhp_setup(xen_pv_prepare_cpu, xen_pv_unprepare_cpu);
	if (rc)
		xen_pv_fatal("hotplug callbacks", 0, 0, rc);
}

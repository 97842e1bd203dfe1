// SPDX-License-Identifier: GPL-2.0
/*
 * CPU hotplug: smp_ops, and what a CPU itself does when it comes up and when
 * it dies.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/nmi.h>
#include <linux/panic.h>
#include <linux/rcupdate.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>

#include <kunit/visibility.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/fpu/api.h>
#include <asm/io_apic.h>
#include <asm/mmu.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>

#include <xen/hvc-console.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "bring_up.h"
#include "calls.h"
#include "pv.h"
#include "waiting.h"

/*
 * Up, on the CPU itself
 */

static void come_up(void)
{
	unsigned int cpu = smp_processor_id();

	xen_pv_wait_for_kick();
	while (xen_pv_delays(XEN_PV_ALIVE, xen_vcpu_nr(cpu)))
		cpu_relax();
	cr4_init();
	cpuhp_ap_sync_alive();
	rcutree_report_cpu_starting(cpu);

	/* the TSS with its I/O bitmap, and the CPU's number for user mode */
	cpu_init_exception_handling(false);
	cpu_init();
	fpu__init_cpu();
	identify_secondary_cpu(cpu);
	set_cpu_sibling_map(cpu);
	speculative_store_bypass_ht_init();
	touch_softlockup_watchdog();

	xen_setup_cpu_clockevents();
	notify_cpu_starting(cpu);
	set_cpu_online(cpu, true);
	/*
	 * Gates may have changed since cpu_init() loaded them; once this CPU is
	 * online it is told of each change.
	 */
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
 * Hotplug callback, on the CPU itself before user tasks can run there: register
 * the callbacks that a vCPU's context has no field for.  On error the hotplug
 * core takes the CPU down again.
 */
static int xen_pv_cpu_online(unsigned int cpu)
{
	const char *refused;
	int rc;

	rc = xen_pv_register_secondary_callbacks(&refused);
	if (rc)
		pr_err("xen: CPU %u (vCPU %u) stays offline: %s callback: %s (%d)\n",
		       cpu, xen_vcpu_nr(cpu), refused, xen_errno_name(rc), rc);
	return rc;
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

	/*
	 * Once this CPU is not online nobody asks it to leave the tables of a
	 * process that ends, and some are unpinned while the process does.
	 */
	leave_mm();

	cpu_disable_common();
	return 0;
}

/*
 * A dead CPU does not stop its own vCPU: a VCPUOP_up made before its
 * VCPUOP_down would have no effect.  The control CPU stops it, in
 * cleanup_dead_cpu.
 */
static void __noreturn xen_pv_play_dead(void)
{
	while (xen_pv_delays(XEN_PV_DEAD, xen_vcpu_nr(smp_processor_id())))
		cpu_relax();
	play_dead_common();
	xen_pv_cpu_is_dead();
	xen_cpu_bringup_again((unsigned long)task_pt_regs(current));
}

static void xen_pv_cleanup_dead_cpu(unsigned int cpu)
{
	xen_pv_stop_vcpu(cpu);
	xen_pmu_finish(cpu);
}
#endif

/*
 * A vCPU stops when it exits to Xen next: how often to look for that.  And how
 * often it may go on where it has events masked, and how long, in turns.
 */
#define STOP_LOOKS	100000
#define MORE_TRIES	50
#define MORE_TURNS	1000

static bool is_running(unsigned int cpu)
{
	struct vcpu_runstate_info info;

	return !xen_pv_vcpu_get_runstate(xen_vcpu_nr(cpu), &info) &&
	       info.state == RUNSTATE_running;
}

static void stop_vcpu_now(unsigned int cpu)
{
	unsigned int looks;

	xen_pv_stop_vcpu(cpu);
	for (looks = 0; looks < STOP_LOOKS && is_running(cpu); looks++)
		cpu_relax();
}

static bool has_events_masked(unsigned int cpu)
{
	return READ_ONCE(per_cpu(xen_vcpu, cpu)->evtchn_upcall_mask);
}

/*
 * Who masks events may have a lock that this CPU needs in order to say why it
 * panics, such as the console's.  One that waits for a lock of this CPU's does
 * not come to an end.  Both vCPUs may share a CPU.
 */
static void let_masked_section_end(unsigned int cpu)
{
	unsigned int turns;

	if (xen_pv_vcpu_up(xen_vcpu_nr(cpu)))
		return;
	for (turns = 0; turns < MORE_TURNS && has_events_masked(cpu); turns++)
		(void)HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	stop_vcpu_now(cpu);
}

/* Stop a vCPU where it has events enabled, if it gets there */
VISIBLE_IF_KUNIT void xen_pv_stop_unmasked(unsigned int cpu)
{
	unsigned int tries;

	stop_vcpu_now(cpu);
	for (tries = 0; tries < MORE_TRIES && has_events_masked(cpu); tries++)
		let_masked_section_end(cpu);
}

/*
 * Called by panic(), from any context: the others may have interrupts off, and
 * an NMI may have interrupted this CPU while it sent an IPI.  So no IPI is sent
 * and no lock is taken; VCPUOP_down stops the others wherever they are.
 */
static void xen_pv_stop_other_cpus(int wait)
{
	unsigned int this_cpu = raw_smp_processor_id();
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu == this_cpu)
			continue;
		xen_pv_stop_unmasked(cpu);
		set_cpu_online(cpu, false);
	}
}

/*
 * Boot
 */

/**
 * arch_cpuhp_expedite_rcu - whether grace periods are expedited while a CPU
 *			     comes up or goes down
 *
 * Xen starts and stops a vCPU in microseconds, and xl vcpu-set has Linux do so
 * for many, one after the other; without this nearly all the time that each
 * takes is RCU's.
 *
 * Return: true in a PV guest, always.
 */
bool arch_cpuhp_expedite_rcu(void)
{
	return xen_pv_domain();
}

/* A domU has no tables that list CPUs: register one for each vCPU. */
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
	xen_pv_setup_vcpu_info_placement();
	/* Before alternatives are patched: they include the lock functions. */
	xen_init_spinlocks();
}

static void __init refuse_without_ioapic(void)
{
	if (ioapic_is_disabled && xen_initial_domain())
		panic("xen: noapic: dom0 cannot route interrupts without I/O APICs\n");
}

/* maxcpus= limits how many CPUs come up at boot; core code enforces it. */
static void __init xen_pv_prepare_cpus(unsigned int max_cpus)
{
	unsigned int cpu;
	int rc;

	refuse_without_ioapic();
	smp_prepare_cpus_common();
	speculative_store_bypass_ht_init();
	xen_pmu_init(0);

	rc = xen_bind_kicker(0) ?: xen_pv_bind_ipis(0);
	if (rc)
		panic("xen: the boot CPU's interrupts are not bound: %s (%d)\n",
		      xen_errno_name(rc), rc);

	if (!zalloc_cpumask_var(&xen_cpu_initialized_map, GFP_KERNEL))
		panic("xen: no memory for a CPU mask\n");
	cpumask_set_cpu(0, xen_cpu_initialized_map);

	for_each_possible_cpu(cpu)
		set_cpu_present(cpu, true);
}

/**
 * xen_pv_smp_count_cpus - no more CPUs than the domain has vCPUs
 *
 * ABI: VCPUOP_is_up answers -ENOENT from the domain's maximum on.
 */
void __init xen_pv_smp_count_cpus(void)
{
	unsigned int vcpus = 0;

	while (vcpus < nr_cpu_ids && xen_pv_vcpu_is_up(vcpus) >= 0)
		vcpus++;
	/* At least the boot CPU is there, whatever Xen answers. */
	vcpus = max(vcpus, 1U);

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
	/* With parallel bring-up CPUs would only spin until their turn. */
	x86_cpuinit.parallel_bringup = false;

	/* down */
#ifdef CONFIG_HOTPLUG_CPU
	smp_ops.cpu_disable = xen_pv_disable_this_cpu;
	smp_ops.play_dead = xen_pv_play_dead;
	smp_ops.cpu_die = xen_pv_wait_for_death;
	smp_ops.cleanup_dead_cpu = xen_pv_cleanup_dead_cpu;
#endif
	smp_ops.stop_other_cpus = xen_pv_stop_other_cpus;
	/* kdump is done by the hypervisor. */
	smp_ops.crash_stop_other_cpus = NULL;

	/* IPIs: ipi.c */
	smp_ops.smp_send_reschedule = xen_smp_send_reschedule;
	smp_ops.send_call_func_ipi = xen_smp_send_call_function_ipi;
	smp_ops.send_call_func_single_ipi = xen_smp_send_call_function_single_ipi;

	/* dom0 finds its CPUs in the MADT, a domU asks Xen. */
	x86_init.mpparse.find_mptable = x86_init_noop;
	x86_init.mpparse.early_parse_smp_cfg = x86_init_noop;
	x86_init.mpparse.parse_smp_cfg =
		xen_initial_domain() ? x86_init_noop : number_cpus;

	rc = cpuhp_setup_state_nocalls(CPUHP_XEN_PREPARE, "x86/xen/pv:prepare",
				       xen_pv_prepare_cpu,
				       xen_pv_unprepare_cpu);
	/*
	 * A state after CPUHP_XEN_EVTCHN_PREPARE: that drains the queue of a
	 * CPU that died or did not come up, and complains about enabled events.
	 */
	if (rc >= 0)
		rc = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
					       "x86/xen/pv:events",
					       xen_pv_enable_events,
					       xen_pv_disable_events);
	if (rc >= 0)
		rc = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
					       "x86/xen/pv:online",
					       xen_pv_cpu_online, NULL);
	if (rc < 0)
		xen_pv_fatal("hotplug callbacks", 0, 0, rc);
}

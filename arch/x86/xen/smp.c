// SPDX-License-Identifier: GPL-2.0
/*
 * Linux's CPU hotplug, by vcpu_op: what a CPU itself does when it comes up and
 * when it dies, and the hooks.
 *
 * A vCPU is initialised once: VCPUOP_initialise gives it a context to start
 * from.  When it dies it waits in a loop, in which Xen stops it, and every
 * later VCPUOP_up lets it go on from there; all that Xen was told of it still
 * holds.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/nmi.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/fpu/api.h>
#include <asm/io_apic.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>
#include <asm/tlbflush.h>

#include <xen/hvc-console.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "bring_up.h"
#include "calls.h"
#include "pv.h"

/*
 * In ns: how often a CPU that is away looks whether it is called, while Xen lets
 * it run at all, and one that waits for it whether it has come or gone
 */
#define CALL_LOOK	NSEC_PER_MSEC
#define SYNC_LOOK	(50 * NSEC_PER_USEC)

/*
 * What the CPU that asks and the one that comes up say to each other: the
 * former calls, the latter arrives or refuses.  Up to its arrival the new CPU
 * can start over at any time, for Linux knows nothing of it yet.
 */
enum stage {
	STAGE_AWAY,	/* it does not run, or waits for the call */
	STAGE_CALLED,
	STAGE_REFUSED,	/* Xen did not take its callbacks: it waits again */
	STAGE_ARRIVED,	/* it goes on to Linux */
	STAGE_LOST,	/* stopped on the way there, and may go on from there */
};

struct meeting {
	atomic_t stage;
	int rc;			/* with STAGE_REFUSED */
	const char *refused;	/* the callback */
};

static DEFINE_PER_CPU(struct meeting, meetings);

/*
 * The meeting, on the CPU that asks
 */

/**
 * xen_pv_call_cpu - have a CPU come up as soon as its vCPU runs
 * @cpu: Linux's number; its vCPU is down
 */
void xen_pv_call_cpu(unsigned int cpu)
{
	atomic_t *stage = &per_cpu(meetings, cpu).stage;

	atomic_set(stage, atomic_read(stage) == STAGE_LOST ? STAGE_ARRIVED :
							     STAGE_CALLED);
	/* before VCPUOP_up */
	smp_mb();
}

/**
 * xen_pv_call_off - take the call back
 * @cpu: Linux's number; its vCPU is down, or is taken down next
 */
void xen_pv_call_off(unsigned int cpu)
{
	atomic_t *stage = &per_cpu(meetings, cpu).stage;
	int was = atomic_cmpxchg(stage, STAGE_CALLED, STAGE_AWAY);

	if (was == STAGE_ARRIVED)
		atomic_set(stage, STAGE_LOST);
	else if (was == STAGE_REFUSED)
		atomic_set(stage, STAGE_AWAY);
}

/**
 * xen_pv_forget_lost - have a CPU start over, wherever it was stopped
 * @cpu: Linux's number; its vCPU is down and has a context to start from
 */
void xen_pv_forget_lost(unsigned int cpu)
{
	atomic_cmpxchg(&per_cpu(meetings, cpu).stage, STAGE_LOST, STAGE_AWAY);
}

/**
 * xen_pv_arrival - how far a CPU that was called has come
 * @cpu: Linux's number
 * @refused: set where Xen refused one of its callbacks, to that one's name
 *
 * Return: 0 when it has arrived, -EINPROGRESS before, or Xen's error.
 */
int xen_pv_arrival(unsigned int cpu, const char **refused)
{
	struct meeting *m = per_cpu_ptr(&meetings, cpu);

	switch (atomic_read_acquire(&m->stage)) {
	case STAGE_ARRIVED:
		return 0;
	case STAGE_REFUSED:
		*refused = m->refused;
		return m->rc;
	default:
		return -EINPROGRESS;
	}
}

/**
 * xen_pv_was_given_up - whether a CPU arrived, but never came to life
 * @cpu: Linux's number; offline
 *
 * Return: true where it may still run.
 */
bool xen_pv_was_given_up(unsigned int cpu)
{
	return atomic_read(&per_cpu(meetings, cpu).stage) == STAGE_ARRIVED;
}

/*
 * Up, on the CPU itself
 */

static void wait_for_call(struct meeting *m)
{
	while (atomic_read_acquire(&m->stage) != STAGE_CALLED)
		xen_pv_sleep(CALL_LOOK);
}

/*
 * Before anyone counts on this CPU: what its context could not bring along.
 * Where Xen will not have it the CPU that asked is told, and takes this one
 * down again.
 */
static void arrive(void)
{
	struct meeting *m = this_cpu_ptr(&meetings);
	int arrived;

	do {
		wait_for_call(m);
		m->rc = xen_pv_register_secondary_callbacks(&m->refused);
		arrived = m->rc ? STAGE_REFUSED : STAGE_ARRIVED;
		/* not where the call was taken back meanwhile */
		if (atomic_cmpxchg(&m->stage, STAGE_CALLED, arrived) !=
		    STAGE_CALLED)
			arrived = STAGE_REFUSED;
	} while (arrived != STAGE_ARRIVED);
}

static void come_up(void)
{
	unsigned int cpu = smp_processor_id();

	arrive();
	while (xen_pv_has_to_be_silent(xen_vcpu_nr(cpu)))
		xen_pv_sleep(CALL_LOOK);
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

/*
 * The last words of a dying CPU are that it is dead.  Whoever waits for them
 * stops its vCPU then, see below: were it to stop by itself, there would be
 * a time after its last words in which it still runs, and a VCPUOP_up that came
 * then would be lost.
 */
static void __noreturn xen_pv_play_dead(void)
{
	struct meeting *m = this_cpu_ptr(&meetings);

	atomic_set(&m->stage, STAGE_AWAY);
	play_dead_common();
	wait_for_call(m);
	xen_cpu_bringup_again((unsigned long)task_pt_regs(current));
}

/*
 * On another CPU, once the dying one has said its last words.  Xen stops that
 * one's vCPU wherever it is in its loop; it need not have stopped when this
 * returns, as it takes no more events and touches nothing but the stage.
 */
static void xen_pv_cleanup_dead_cpu(unsigned int cpu)
{
	int rc = vcpu_down(xen_vcpu_nr(cpu));

	if (rc)
		pr_err("xen: CPU %u is dead but its vCPU runs on: VCPUOP_down: %s (%d)\n",
		       cpu, xen_errno_name(rc), rc);
	xen_uninit_lock_cpu(cpu);
	xen_pmu_finish(cpu);
}
#endif

static bool is_running(unsigned int vcpu)
{
	struct vcpu_runstate_info info;

	return !vcpu_get_runstate(vcpu, &info) &&
	       info.state == RUNSTATE_running;
}

/*
 * Called by panic(), from any context: the others may have interrupts off, and
 * an NMI may have interrupted this CPU in the middle of sending to them.  So
 * Xen stops them, wherever they are; it does so with the next exit of each.
 */
static void xen_pv_stop_other_cpus(int wait)
{
	unsigned int cpu, vcpu, this_cpu = raw_smp_processor_id();
	int rc;

	for_each_online_cpu(cpu) {
		if (cpu == this_cpu)
			continue;

		vcpu = xen_vcpu_nr(cpu);
		rc = vcpu_down(vcpu);
		if (rc) {
			pr_err("xen: CPU %u cannot be stopped: %s (%d)\n",
			       cpu, xen_errno_name(rc), rc);
			continue;
		}
		set_cpu_online(cpu, false);
		while (wait && is_running(vcpu))
			cpu_relax();
	}
}

static void look_again(void)
{
	xen_pv_sleep(SYNC_LOOK);
}

/*
 * Boot
 */

/**
 * arch_cpuhp_expedite_rcu - whether RCU is to hurry while a CPU comes or goes
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

static void __init refuse_without_ioapic(void)
{
	if (ioapic_is_disabled && xen_initial_domain())
		panic("xen: noapic: dom0 cannot route interrupts without I/O APICs\n");
}

/* maxcpus= limits how many come up at boot, and Linux sees to that. */
static void __init xen_pv_prepare_cpus(unsigned int max_cpus)
{
	unsigned int cpu;
	int rc;

	refuse_without_ioapic();
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
	/* This one runs, whatever Xen says. */
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
	smp_ops.poll_sync_state = look_again;

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

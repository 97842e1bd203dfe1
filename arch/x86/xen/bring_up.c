// SPDX-License-Identifier: GPL-2.0
/*
 * CPU bring-up, and the wait for a CPU that dies: what the control CPU does.
 *
 * Each step has an undo.  Where a step fails, the steps before it are undone in
 * reverse order and its error is returned: the CPU stays offline, one message
 * names the step, and the next attempt starts with the first step.  The results
 * of the last attempt are kept for debugfs.
 *
 * The hotplug core calls twice, with cpu_hotplug_lock held for writing: for
 * what a CPU needs before it runs (CPUHP_XEN_PREPARE), and to start it
 * (kick_ap_alive).  In between a state of ipi.c's enables its interrupts.
 *
 * A vCPU is initialised once: VCPUOP_initialise gives it a context to start
 * from.  When the CPU dies it waits in xen_pv_wait_for_kick(), where Xen stops
 * the vCPU, and every later VCPUOP_up resumes it there.  What was registered
 * with Xen for the vCPU stays registered.  Its interrupts stay bound as well,
 * and are disabled while the CPU is offline.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include <asm/desc.h>
#include <asm/fpu/sched.h>
#include <asm/smp.h>

#include <xen/interface/xen.h>
#include <xen/page.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>
#include <xen/xen.h>

#include <trace/events/xen_pvboot.h>

#include "bring_up.h"
#include "clock.h"
#include "pv.h"
#include "waiting.h"

/* Retries where the host is short of a resource, which may be for a moment */
#define TRIES		4
#define FIRST_PAUSE_MS	1
#define NEXT_PAUSE	8	/* times as long as the last one */

/* How a dead CPU waits: how often it looks before it sleeps, and how long, in ns */
#define DEAD_SPINS	10000
#define DEAD_SLEEP	NSEC_PER_MSEC

/* CPUs that VCPUOP_initialise was done for; suspend_pv.c updates it, too. */
cpumask_var_t xen_cpu_initialized_map;

/* State of one attempt, shared by its steps */
struct attempt {
	unsigned int cpu;
	unsigned int vcpu;
	struct task_struct *idle;
	struct vcpu_guest_context *ctxt;
	const char *field;	/* of the context, that Xen would reject */
};

struct step {
	const char *name;
	int (*bring)(struct attempt *a);
	void (*undo)(struct attempt *a);
	bool retry;		/* where the host is short of a resource */
};

/* The last result of each step, in the order of the tables below */
struct result {
	int rc;
	unsigned int us;
	bool done;
};

/*
 * Bring-up state of a CPU.  The control CPU makes all transitions but two: the
 * CPU itself goes from CPU_KICKED to CPU_ALIVE just before it reports alive to
 * the hotplug core, and to CPU_DOWN once it is dead.  So the control CPU can
 * cancel a bring-up in CPU_KICKED, and not later.
 */
enum {
	CPU_DOWN,	/* not started yet, or in the loop of a dead CPU */
	CPU_KICKED,
	CPU_ALIVE,	/* reports alive, or has; until it dies */
	CPU_STUCK,	/* reported alive, but too late: stopped where it was */
};

static DEFINE_PER_CPU(atomic_t, cpu_stage);

/*
 * Written with cpu_hotplug_lock held.  The CPU that comes up or dies, the
 * target, kicks the control CPU.
 */
static unsigned int control_cpu;
static unsigned int target_cpu;

/*
 * CPUHP_XEN_PREPARE: vcpu_info and interrupts
 */

static int alloc_batch(struct attempt *a)
{
	return xen_pv_alloc_batch(a->cpu);
}

static int place_vcpu_info(struct attempt *a)
{
	return xen_pv_register_vcpu_info(a->cpu);
}

static int bind_timer(struct attempt *a)
{
	return xen_setup_timer(a->cpu);
}

static void unbind_timer(struct attempt *a)
{
	xen_teardown_timer(a->cpu);
}

static int bind_kicker(struct attempt *a)
{
	return xen_bind_kicker(a->cpu);
}

static void unbind_kicker(struct attempt *a)
{
	xen_unbind_kicker(a->cpu);
}

static int bind_ipis(struct attempt *a)
{
	return xen_pv_bind_ipis(a->cpu);
}

static void unbind_ipis(struct attempt *a)
{
	xen_pv_unbind_ipis(a->cpu);
}

/* The queue is kept for good; vcpu_info has no undo in Xen, so it is, too. */
static const struct step prepare_steps[] = {
	{ "batch",	alloc_batch,		NULL,		true },
	{ "vcpu_info",	place_vcpu_info,	NULL,		true },
	{ "timer",	bind_timer,		unbind_timer,	true },
	{ "kicker",	bind_kicker,		unbind_kicker,	true },
	{ "ipis",	bind_ipis,		unbind_ipis,	true },
};

/*
 * kick_ap_alive: the context, the vCPU
 */

static bool initialised(const struct attempt *a)
{
	return cpumask_test_cpu(a->cpu, xen_cpu_initialized_map);
}

/* The new CPU's FPU registers belong to no task. */
static int common_up(struct attempt *a)
{
	per_cpu(fpu_fpregs_owner_ctx, a->cpu) = NULL;
	return common_cpu_up(a->cpu, a->idle);
}

static int register_runstate(struct attempt *a)
{
	return xen_pv_register_runstate(a->cpu);
}

static void free_context(struct attempt *a)
{
	kfree(a->ctxt);
	a->ctxt = NULL;
}

static int build_context(struct attempt *a)
{
	struct desc_struct *gdt = get_cpu_gdt_rw(a->cpu);
	const struct vcpu_start start = {
		.ip		= (unsigned long)asm_cpu_bringup_and_idle,
		.sp		= (unsigned long)task_pt_regs(a->idle),
		.kernel_sp	= task_top_of_stack(a->idle),
		.cs		= XEN_PV_KERNEL_CS,
		.ss		= XEN_PV_KERNEL_DS,
		.ds		= __USER_DS,
		.fs		= XEN_PV_KERNEL_FS,
		.gs_base	= per_cpu_offset(a->cpu),
		.cr3		= xen_pfn_to_cr3(virt_to_gfn(swapper_pg_dir)),
		.gdt_mfn	= arbitrary_virt_to_mfn(gdt),
		.gdt_ents	= GDT_ENTRIES,
		.callbacks	= xen_pv_callback_table(),
	};
	static struct trap_info traps[256];
	int rc;

	if (initialised(a))
		return 0;

	a->ctxt = kzalloc_obj(*a->ctxt);
	if (!a->ctxt)
		return -ENOMEM;

	/* traps[] is protected by cpu_hotplug_lock. */
	xen_pv_handover_traps(traps);
	per_cpu(xen_cr3, a->cpu) = __pa(swapper_pg_dir);
	per_cpu(cpu_tss_rw, a->cpu).x86_tss.sp0 = start.kernel_sp;
	rc = xen_pv_vcpu_context_build(a->ctxt, &start, traps) ?:
	     xen_pv_vcpu_context_check(a->ctxt, &a->field);
	if (rc)
		free_context(a);
	return rc;
}

/* Xen accepts a page as a GDT only if no mapping of it is writable. */
static int protect_gdt(struct attempt *a)
{
	if (initialised(a))
		return 0;
	return xen_pv_protect_gdt(get_cpu_gdt_rw(a->cpu), true);
}

static void unprotect_gdt(struct attempt *a)
{
	int rc;

	/* Once Xen has accepted the context it keeps the page as a GDT. */
	if (initialised(a))
		return;
	rc = xen_pv_protect_gdt(get_cpu_gdt_rw(a->cpu), false);
	if (rc)
		pr_err("xen: CPU %u: its GDT stays read-only: %s (%d)\n",
		       a->cpu, xen_errno_name(rc), rc);
}

static int initialise(struct attempt *a)
{
	int rc;

	if (initialised(a))
		return 0;

	rc = xen_pv_vcpu_initialise(a->vcpu, a->ctxt);
	if (rc)
		return rc;

	/* After a resume the context is new, whatever the state was. */
	atomic_set(&per_cpu(cpu_stage, a->cpu), CPU_DOWN);
	xen_pv_adopt_traps(a->cpu, a->ctxt->trap_ctxt);
	cpumask_set_cpu(a->cpu, xen_cpu_initialized_map);
	free_context(a);
	return 0;
}

static int start_pmu(struct attempt *a)
{
	xen_pmu_init(a->cpu);
	return 0;
}

static void finish_pmu(struct attempt *a)
{
	xen_pmu_finish(a->cpu);
}

static int kick(struct attempt *a)
{
	atomic_t *stage = &per_cpu(cpu_stage, a->cpu);
	int rc;

	if (atomic_read(stage) == CPU_STUCK)
		return -EIO;

	control_cpu = raw_smp_processor_id();
	target_cpu = a->cpu;
	per_cpu(xen_vcpu, a->cpu)->evtchn_upcall_mask = 1;
	atomic_set_release(stage, CPU_KICKED);
	rc = xen_pv_vcpu_up(a->vcpu);
	if (rc)
		atomic_set(stage, CPU_DOWN);
	return rc;
}

/* "initialise" has no undo in Xen; the next attempt skips it. */
static const struct step up_steps[] = {
	{ "idle",	common_up },
	{ "runstate",	register_runstate },
	{ "context",	build_context,		free_context,	true },
	{ "gdt",	protect_gdt,		unprotect_gdt },
	{ "initialise",	initialise,		NULL,		true },
	{ "pmu",	start_pmu,		finish_pmu },
	{ "up",		kick,			NULL,		true },
};

#define STEPS	(ARRAY_SIZE(prepare_steps) + ARRAY_SIZE(up_steps))

/* STEPS results for each CPU; NULL if they could not be allocated */
static struct result *results;

static struct result *results_of(unsigned int cpu)
{
	return results ? results + cpu * STEPS : NULL;
}

/*
 * Running the steps
 */

static bool host_is_short(int rc)
{
	return rc == -ENOMEM || rc == -EAGAIN;
}

static int try_step(const struct step *step, struct attempt *a)
{
	unsigned int pause = FIRST_PAUSE_MS;
	int try, rc;

	rc = step->bring(a);
	for (try = 1; step->retry && host_is_short(rc) && try < TRIES;
	     try++) {
		msleep(pause);
		pause *= NEXT_PAUSE;
		rc = step->bring(a);
	}
	return rc;
}

static int timed_step(const struct step *step, struct attempt *a,
		      struct result *result)
{
	u64 start = xen_pv_time();
	int rc = try_step(step, a);
	unsigned int us = div_u64(xen_pv_time() - start, NSEC_PER_USEC);

	if (result)
		*result = (struct result) { .rc = rc, .us = us, .done = true };
	trace_xen_pv_step(a->cpu, step->name, rc, us);
	return rc;
}

static void undo_steps(const struct step *steps, unsigned int nr,
		       struct attempt *a)
{
	while (nr--)
		if (steps[nr].undo)
			steps[nr].undo(a);
}

/* The error, then the results of all steps. */
static void say_why(const struct attempt *a, const char *step, int rc)
{
	char line[XEN_PV_STEPS_LINE];

	pr_err("xen: CPU %u (vCPU %u) stays offline: %s%s%s: %s (%d)\n",
	       a->cpu, a->vcpu, step, a->field ? " of " : "", a->field ?: "",
	       xen_errno_name(rc), rc);
	xen_pv_write_steps(a->cpu, line, sizeof(line));
	pr_info("xen: steps vcpu=%u cpu=%u%s\n", a->vcpu, a->cpu, line);
}

static int run_steps(const struct step *steps, unsigned int nr,
		     struct attempt *a, struct result *result)
{
	unsigned int i;
	int rc;

	for (i = 0; i < nr; i++) {
		rc = timed_step(&steps[i], a, result ? &result[i] : NULL);
		if (!rc)
			continue;
		say_why(a, steps[i].name, rc);
		undo_steps(steps, i, a);
		return rc;
	}
	return 0;
}

static struct result *fresh_results(unsigned int cpu)
{
	if (results)
		memset(results_of(cpu), 0, STEPS * sizeof(*results));
	else
		results = kcalloc(nr_cpu_ids * STEPS, sizeof(*results), GFP_KERNEL);
	return results_of(cpu);
}

/**
 * xen_pv_prepare_cpu - set up a CPU's vcpu_info, timer and interrupts
 * @cpu: Linux's number
 *
 * Hotplug callback, on the control CPU before @cpu is started.
 *
 * Return: 0, or a negative errno and nothing is done.
 */
int xen_pv_prepare_cpu(unsigned int cpu)
{
	struct attempt a = { .cpu = cpu, .vcpu = xen_vcpu_nr(cpu) };
	int rc;

	rc = run_steps(prepare_steps, ARRAY_SIZE(prepare_steps), &a,
		       fresh_results(cpu));
	/* until all is prepared, whichever state may fail */
	if (!rc)
		xen_pv_disable_events(cpu);
	return rc;
}

/**
 * xen_pv_unprepare_cpu - the counterpart of xen_pv_prepare_cpu()
 * @cpu: Linux's number
 *
 * After a CPU has died, and also where it was started but did not report alive
 * in time: then it is stopped here.
 *
 * Return: 0, always; a teardown callback must not fail.
 */
int xen_pv_unprepare_cpu(unsigned int cpu)
{
	atomic_t *stage = &per_cpu(cpu_stage, cpu);
	int was = atomic_cmpxchg(stage, CPU_KICKED, CPU_DOWN);

	if (was == CPU_KICKED || was == CPU_ALIVE) {
		xen_pv_stop_vcpu(cpu);
		xen_pmu_finish(cpu);
	}
	if (was == CPU_KICKED)
		pr_err("xen: CPU %u (vCPU %u) stays offline: it did not report alive\n",
		       cpu, xen_vcpu_nr(cpu));
	if (was == CPU_ALIVE) {
		atomic_set(stage, CPU_STUCK);
		pr_err("xen: CPU %u (vCPU %u) stays offline until the domain is resumed: it reported alive too late\n",
		       cpu, xen_vcpu_nr(cpu));
	}
	return 0;
}

/**
 * xen_pv_kick_ap_alive - start a CPU
 * @cpu: Linux's number, prepared
 * @idle: its idle task
 *
 * ABI: VCPUOP_initialise where that was not done yet, VCPUOP_up.
 *
 * Return: 0 when its vCPU was started and will report alive to Linux; else a
 * negative errno, and it does not run.
 */
int xen_pv_kick_ap_alive(unsigned int cpu, struct task_struct *idle)
{
	struct attempt a = {
		.cpu	= cpu,
		.vcpu	= xen_vcpu_nr(cpu),
		.idle	= idle,
	};
	struct result *result = results_of(cpu);

	return run_steps(up_steps, ARRAY_SIZE(up_steps), &a,
			 result ? result + ARRAY_SIZE(prepare_steps) : NULL);
}

/**
 * xen_pv_poll_sync_state - wait for the CPU that was kicked, or that dies
 *
 * Called by the hotplug core in a loop that times out after ten seconds.
 */
void xen_pv_poll_sync_state(void)
{
	xen_pv_wait_for(target_cpu);
}

/**
 * xen_pv_wait_for_kick - wait until the control CPU has this CPU come up
 *
 * Called on a secondary CPU with interrupts off.  When this returns the hotplug
 * core waits for the CPU to report alive.
 */
void xen_pv_wait_for_kick(void)
{
	atomic_t *stage = this_cpu_ptr(&cpu_stage);
	unsigned int spins = 0;

	while (atomic_cmpxchg(stage, CPU_KICKED, CPU_ALIVE) != CPU_KICKED) {
		/* Xen stops this vCPU meanwhile, unless that failed. */
		if (++spins < DEAD_SPINS)
			cpu_relax();
		else
			xen_sleep_until(xen_pv_time() + DEAD_SLEEP);
	}
	xen_kick_cpu(control_cpu);
}

/**
 * xen_pv_cpu_is_dead - tell the control CPU that this CPU is dead
 *
 * Called once the CPU has reported dead to the hotplug core.
 */
void xen_pv_cpu_is_dead(void)
{
	atomic_set_release(this_cpu_ptr(&cpu_stage), CPU_DOWN);
	xen_kick_cpu(control_cpu);
}

/**
 * xen_pv_wait_for_death - wait until a CPU that goes offline is dead
 * @cpu: Linux's number
 *
 * Has no timeout: Xen may not schedule the vCPU for a long time, and the
 * hotplug core would give the CPU up for good after ten seconds.
 *
 * Context: may sleep.
 */
void xen_pv_wait_for_death(unsigned int cpu)
{
	control_cpu = raw_smp_processor_id();
	target_cpu = cpu;
	while (atomic_read_acquire(&per_cpu(cpu_stage, cpu)) != CPU_DOWN) {
		xen_pv_wait_for(cpu);
		/* for as long as that takes, this CPU has more to do */
		cond_resched();
	}
}

/**
 * xen_pv_stop_vcpu - have Xen stop another CPU's vCPU
 * @cpu: Linux's number
 *
 * It may still run when this returns.
 *
 * ABI: VCPUOP_down.
 */
void xen_pv_stop_vcpu(unsigned int cpu)
{
	int rc = xen_pv_vcpu_down(xen_vcpu_nr(cpu));

	if (rc)
		pr_err("xen: CPU %u (vCPU %u) cannot be stopped: VCPUOP_down: %s (%d)\n",
		       cpu, xen_vcpu_nr(cpu), xen_errno_name(rc), rc);
}

/**
 * xen_pv_write_steps - format the results of the last attempt's steps
 * @cpu: Linux's number
 * @to: filled in: " NAME=RESULT/TIME" for each step taken, time in us
 * @size: bytes there
 */
void xen_pv_write_steps(unsigned int cpu, char *to, size_t size)
{
	const struct result *result = results_of(cpu);
	const struct step *step = prepare_steps;
	struct seq_buf line;
	unsigned int i;

	seq_buf_init(&line, to, size);
	for (i = 0; result && i < STEPS; i++, step++) {
		if (i == ARRAY_SIZE(prepare_steps))
			step = up_steps;
		if (result[i].done)
			seq_buf_printf(&line, " %s=%s/%u", step->name,
				       xen_errno_name(result[i].rc),
				       result[i].us);
	}
	seq_buf_str(&line);
}

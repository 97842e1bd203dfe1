// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing a vCPU up: a transaction of steps.
 *
 * Each step has what undoes it.  Where one fails, those before it are undone
 * in reverse and its error is returned: the CPU stays offline as if nobody had
 * asked, one line says which step it was, and the next attempt starts anew.
 * What each step of the last attempt came to is remembered for the ledger.
 *
 * Linux asks in two parts: first for what a CPU needs before it runs, then for
 * the CPU itself.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include <asm/desc.h>
#include <asm/fpu/sched.h>
#include <asm/smp.h>

#include <xen/page.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>
#include <xen/xen.h>

#include <trace/events/xen_pvboot.h>

#include "bring_up.h"
#include "pv.h"

/* A host that is short of something may have it again soon. */
#define TRIES		4
#define FIRST_PAUSE_MS	1
#define NEXT_PAUSE	8	/* times as long as the last one */

/* As long as Linux itself waits for a CPU to show up */
#define ARRIVAL_TIMEOUT	(10 * NSEC_PER_SEC)

/* How long to look every so often before others may have the CPU between looks */
#define ARRIVAL_NEAR	NSEC_PER_MSEC
#define ARRIVAL_LOOK	(50 * NSEC_PER_USEC)

/* CPUs that VCPUOP_initialise was done for; suspend_pv.c knows it too. */
cpumask_var_t xen_cpu_initialized_map;

/* What the steps of one attempt hand to each other */
struct attempt {
	unsigned int cpu;
	unsigned int vcpu;
	struct task_struct *idle;
	struct vcpu_guest_context *ctxt;
	const char *field;	/* that Xen would not take */
};

struct step {
	const char *name;
	int (*bring)(struct attempt *a);
	void (*undo)(struct attempt *a);
	bool patient;		/* tried again where the host is short */
};

/* The last result of each step, in the order of the tables below */
struct result {
	int rc;
	unsigned int us;
	bool done;
};

/*
 * The first part: what it is interrupted by, and where Xen writes
 */

static int place_vcpu_info(struct attempt *a)
{
	return xen_pv_register_vcpu_info(a->cpu);
}

static int setup_timer(struct attempt *a)
{
	return xen_setup_timer(a->cpu);
}

static void teardown_timer(struct attempt *a)
{
	xen_teardown_timer(a->cpu);
}

static int bind_ipis(struct attempt *a)
{
	return xen_smp_intr_init(a->cpu);
}

static void unbind_ipis(struct attempt *a)
{
	xen_smp_intr_free(a->cpu);
}

static int bind_pv_ipis(struct attempt *a)
{
	return xen_pv_bind_ipis(a->cpu);
}

static void unbind_pv_ipis(struct attempt *a)
{
	xen_pv_unbind_ipis(a->cpu);
}

/* vcpu_info has no undo: Xen knows no way back, and a later attempt keeps it. */
static const struct step prepare_steps[] = {
	{ "vcpu_info",	place_vcpu_info,	NULL,		true },
	{ "timer",	setup_timer,		teardown_timer,	true },
	{ "ipis",	bind_ipis,		unbind_ipis,	true },
	{ "pv_ipis",	bind_pv_ipis,		unbind_pv_ipis,	true },
};

/*
 * The second part: the context, the vCPU
 */

static bool initialised(const struct attempt *a)
{
	return cpumask_test_cpu(a->cpu, xen_cpu_initialized_map);
}

/* It starts with a blank FPU: no task's registers are in there. */
static int common_up(struct attempt *a)
{
	per_cpu(fpu_fpregs_owner_ctx, a->cpu) = NULL;
	return common_cpu_up(a->cpu, a->idle);
}

static int register_runstate(struct attempt *a)
{
	return xen_pv_register_runstate(a->cpu);
}

static int build_context(struct attempt *a)
{
	struct desc_struct *gdt = get_cpu_gdt_rw(a->cpu);
	const struct vcpu_start start = {
		.ip		= (unsigned long)asm_cpu_bringup_and_idle,
		.sp		= (unsigned long)task_pt_regs(a->idle),
		.kernel_sp	= task_top_of_stack(a->idle),
		.cs		= __KERNEL_CS,
		.ss		= __KERNEL_DS,
		.ds		= __USER_DS,
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

	a->ctxt = kzalloc(sizeof(*a->ctxt), GFP_KERNEL);
	if (!a->ctxt)
		return -ENOMEM;

	/* Bring-up is serialised by the hotplug lock, and so is this table. */
	xen_pv_handover_traps(traps);
	per_cpu(xen_cr3, a->cpu) = __pa(swapper_pg_dir);
	rc = vcpu_context_build(a->ctxt, &start, traps);
	return rc ?: vcpu_context_check(a->ctxt, &a->field);
}

static void free_context(struct attempt *a)
{
	kfree(a->ctxt);
	a->ctxt = NULL;
}

/* Xen takes a page for a GDT only where no mapping of it is writable. */
static int protect_gdt(struct attempt *a)
{
	if (initialised(a))
		return 0;
	return xen_pv_protect_gdt(get_cpu_gdt_rw(a->cpu), true);
}

static void unprotect_gdt(struct attempt *a)
{
	int rc;

	/* Xen holds the page for good once it has taken the context. */
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

	rc = vcpu_initialise(a->vcpu, a->ctxt);
	if (rc)
		return rc;

	/* A resume leaves no context, be it of one that was stopped midway. */
	xen_pv_forget_lost(a->cpu);
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

/* The new CPU looks at the stage as soon as it runs: set that first. */
static int call_up(struct attempt *a)
{
	int rc;

	per_cpu(xen_vcpu, a->cpu)->evtchn_upcall_mask = 1;
	xen_pv_call_cpu(a->cpu);
	rc = vcpu_up(a->vcpu);
	if (rc)
		xen_pv_call_off(a->cpu);
	return rc;
}

/*
 * It stops wherever it is, for nobody counts on it yet.  A later attempt lets
 * it go on from there.
 */
static void call_down(struct attempt *a)
{
	int rc;

	xen_pv_call_off(a->cpu);
	rc = vcpu_down(a->vcpu);
	if (rc)
		pr_err("xen: CPU %u: vCPU %u cannot be stopped: %s (%d)\n",
		       a->cpu, a->vcpu, xen_errno_name(rc), rc);
}

static int wait_for_arrival(struct attempt *a)
{
	u64 start = local_clock();
	u64 waited;
	int rc;

	while ((rc = xen_pv_arrival(a->cpu, &a->field)) == -EINPROGRESS) {
		waited = local_clock() - start;
		if (waited > ARRIVAL_TIMEOUT)
			return -ETIMEDOUT;
		if (waited > ARRIVAL_NEAR)
			fsleep(100);
		else
			xen_pv_sleep(ARRIVAL_LOOK);
	}
	return rc;
}

/*
 * "initialise" has no undo, for Xen has none: the mark stays, and the next
 * attempt does without.  The arrival is undone with the call.
 */
static const struct step up_steps[] = {
	{ "idle",	common_up },
	{ "runstate",	register_runstate },
	{ "context",	build_context,		free_context,	true },
	{ "gdt",	protect_gdt,		unprotect_gdt },
	{ "initialise",	initialise,		NULL,		true },
	{ "pmu",	start_pmu,		finish_pmu },
	{ "up",		call_up,		call_down,	true },
	{ "arrival",	wait_for_arrival },
};

#define STEPS	(ARRAY_SIZE(prepare_steps) + ARRAY_SIZE(up_steps))

static DEFINE_PER_CPU(struct result [STEPS], results);

/*
 * Any of them
 */

static bool short_of_something(int rc)
{
	return rc == -ENOMEM || rc == -EAGAIN;
}

static int try_step(const struct step *step, struct attempt *a)
{
	unsigned int pause = FIRST_PAUSE_MS;
	int try, rc;

	rc = step->bring(a);
	for (try = 1; step->patient && short_of_something(rc) && try < TRIES;
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
	u64 start = local_clock();

	result->rc = try_step(step, a);
	result->us = (local_clock() - start) / NSEC_PER_USEC;
	result->done = true;
	trace_xen_pv_step(a->cpu, step->name, result->rc, result->us);
	return result->rc;
}

static void undo_steps(const struct step *steps, unsigned int nr,
		       struct attempt *a)
{
	while (nr--)
		if (steps[nr].undo)
			steps[nr].undo(a);
}

/* One line for whoever looks after the machine, then what led to it. */
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

	memset(result, 0, nr * sizeof(*result));
	for (i = 0; i < nr; i++) {
		rc = timed_step(&steps[i], a, &result[i]);
		if (!rc)
			continue;
		say_why(a, steps[i].name, rc);
		undo_steps(steps, i, a);
		return rc;
	}
	return 0;
}

/**
 * xen_pv_prepare_cpu - before a CPU is started: its timer and its interrupts
 * @cpu: Linux's number
 *
 * Return: 0, or a negative errno and nothing is done.
 */
int xen_pv_prepare_cpu(unsigned int cpu)
{
	struct attempt a = { .cpu = cpu, .vcpu = xen_vcpu_nr(cpu) };
	struct result *result = per_cpu(results, cpu);

	memset(result, 0, sizeof(per_cpu(results, cpu)));
	return run_steps(prepare_steps, ARRAY_SIZE(prepare_steps), &a, result);
}

/**
 * xen_pv_unprepare_cpu - undo xen_pv_prepare_cpu()
 * @cpu: Linux's number
 *
 * After a CPU has died, and also where it was started but Linux gave it up:
 * then it is stopped first.
 *
 * Return: 0, as Linux's hotplug wants it.
 */
int xen_pv_unprepare_cpu(unsigned int cpu)
{
	struct attempt a = { .cpu = cpu, .vcpu = xen_vcpu_nr(cpu) };

	if (xen_pv_was_given_up(cpu)) {
		pr_err("xen: CPU %u (vCPU %u) stays offline: it came up and went silent\n",
		       cpu, a.vcpu);
		call_down(&a);
		finish_pmu(&a);
	}
	undo_steps(prepare_steps, ARRAY_SIZE(prepare_steps), &a);
	return 0;
}

/**
 * xen_pv_kick_ap_alive - start a CPU
 * @cpu: Linux's number, prepared
 * @idle: its idle task
 *
 * ABI: VCPUOP_initialise where that was not done yet, VCPUOP_up.
 *
 * Return: 0 when it runs and is about to tell Linux so; else a negative errno,
 * and it does not run.
 */
int xen_pv_kick_ap_alive(unsigned int cpu, struct task_struct *idle)
{
	struct attempt a = {
		.cpu	= cpu,
		.vcpu	= xen_vcpu_nr(cpu),
		.idle	= idle,
	};
	struct result *result = per_cpu(results, cpu) + ARRAY_SIZE(prepare_steps);

	return run_steps(up_steps, ARRAY_SIZE(up_steps), &a, result);
}

/**
 * xen_pv_write_steps - what the steps of the last attempt came to
 * @cpu: Linux's number
 * @to: filled in: " NAME=RESULT/TIME" for each step taken, time in us
 * @size: bytes there
 */
void xen_pv_write_steps(unsigned int cpu, char *to, size_t size)
{
	const struct result *result = per_cpu(results, cpu);
	const struct step *step = prepare_steps;
	struct seq_buf line;
	unsigned int i;

	seq_buf_init(&line, to, size);
	for (i = 0; i < STEPS; i++, step++) {
		if (i == ARRAY_SIZE(prepare_steps))
			step = up_steps;
		if (result[i].done)
			seq_buf_printf(&line, " %s=%s/%u", step->name,
				       xen_errno_name(result[i].rc),
				       result[i].us);
	}
	seq_buf_str(&line);
}

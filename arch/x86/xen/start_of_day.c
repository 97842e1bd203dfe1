// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs xen/start_of_day: what was registered with Xen for each vCPU, and how
 * each CPU came up.
 *
 * One record a line: a word that says of what kind, then fields NAME=VALUE
 * separated by blanks.
 *
 *	vcpu=0 ...	a vCPU: its state by Xen, callbacks, trap table
 *	steps ...	how the last attempt to bring it up went
 *	calls ...	hypercalls made, of all vCPUs together
 *	total ...	sums
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_choices.h>

#include <xen/pvboot/callbacks.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "calls.h"
#include "pv.h"

static const char *state_of(unsigned int cpu)
{
	int rc = xen_pv_vcpu_is_up(xen_vcpu_nr(cpu));

	if (rc < 0)
		return xen_errno_name(rc);
	return str_up_down(rc);
}

static const char *runstate_of(unsigned int cpu)
{
	static const char * const names[] = {
		[RUNSTATE_running]	= "running",
		[RUNSTATE_runnable]	= "runnable",
		[RUNSTATE_blocked]	= "blocked",
		[RUNSTATE_offline]	= "offline",
	};
	struct vcpu_runstate_info info;
	int rc = xen_pv_vcpu_get_runstate(xen_vcpu_nr(cpu), &info);

	if (rc)
		return xen_errno_name(rc);
	if (info.state < 0 || info.state >= ARRAY_SIZE(names))
		return "unknown";
	return names[info.state];
}

static bool was_initialised(unsigned int cpu)
{
#ifdef CONFIG_SMP
	return cpumask_test_cpu(cpu, xen_cpu_initialized_map);
#else
	return true;
#endif
}

static void show_callbacks(struct seq_file *m, unsigned int cpu)
{
	const struct callback_table *table = xen_pv_callback_table();
	unsigned int types = xen_pv_callback_types(cpu);
	const char *before = "";
	unsigned int i;

	seq_puts(m, " callbacks=");
	for (i = 0; i < table->nr; i++) {
		const struct callback_entry *entry = &table->entry[i];

		if (!(types & BIT(entry->type)))
			continue;
		seq_printf(m, "%s%s%s", before, entry->name,
			   entry->masks_events ? "/masks_events" : "");
		before = ",";
	}
	seq_printf(m, " by=%s", xen_pv_callbacks_by());
}

/* Return: the set_trap_table calls made for this vCPU. */
static unsigned int show_vcpu(struct seq_file *m, unsigned int cpu)
{
	unsigned int vectors, calls;

	seq_printf(m, "vcpu=%u cpu=%u state=%s runstate=%s", xen_vcpu_nr(cpu),
		   cpu, state_of(cpu), runstate_of(cpu));
	if (!was_initialised(cpu)) {
		seq_putc(m, '\n');
		return 0;
	}

	show_callbacks(m, cpu);
	xen_pv_trap_figures(cpu, &vectors, &calls);
	seq_printf(m, " trap_vectors=%u trap_calls=%u\n", vectors, calls);
	return calls;
}

#ifdef CONFIG_SMP
static int show_steps(struct seq_file *m)
{
	char *line = kmalloc(XEN_PV_STEPS_LINE, GFP_KERNEL);
	unsigned int cpu;

	if (!line)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		xen_pv_write_steps(cpu, line, XEN_PV_STEPS_LINE);
		if (*line)
			seq_printf(m, "steps vcpu=%u cpu=%u%s\n",
				   xen_vcpu_nr(cpu), cpu, line);
	}
	kfree(line);
	return 0;
}
#else
static int show_steps(struct seq_file *m)
{
	return 0;
}
#endif

static void show_calls(struct seq_file *m)
{
	unsigned int i;

	seq_puts(m, "calls");
	for (i = 0; i < xen_pv_nr_calls; i++) {
		const struct xen_pv_call *call = &xen_pv_calls[i];

		if (call->nr == XEN_PV_NO_HYPERCALL)
			continue;
		seq_printf(m, " %s%s%s=%u", call->name,
			   call->command ? "." : "", call->command ?: "",
			   xen_pv_calls_made(i));
	}
	seq_putc(m, '\n');
}

static int start_of_day_show(struct seq_file *m, void *unused)
{
	unsigned int by_op, by_set_callbacks, trap_calls = 0, up = 0;
	unsigned int cpu;
	int rc;

	for_each_possible_cpu(cpu) {
		trap_calls += show_vcpu(m, cpu);
		up += xen_pv_vcpu_is_up(xen_vcpu_nr(cpu)) > 0;
	}

	rc = show_steps(m);
	if (rc)
		return rc;

	show_calls(m);
	xen_pv_callback_figures(&by_op, &by_set_callbacks);
	seq_printf(m, "total vcpus=%u up=%u set_trap_table=%u callback_op=%u set_callbacks=%u\n",
		   num_possible_cpus(), up, trap_calls, by_op,
		   by_set_callbacks);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(start_of_day);

static int __init start_of_day_init(void)
{
	if (!xen_pv_domain())
		return 0;

	debugfs_create_file("start_of_day", 0400, xen_init_debugfs(), NULL,
			    &start_of_day_fops);
	return 0;
}
late_initcall(start_of_day_init);

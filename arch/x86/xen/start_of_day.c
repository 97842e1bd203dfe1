// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: what start of day registered, on which vCPU.
 *
 * debugfs xen/start_of_day, one record a line, fields NAME=VALUE separated by
 * blanks: a line for each possible vCPU, then one with totals.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/string_choices.h>

#include <xen/pvboot/callbacks.h>
#include <xen/pvboot/vcpu.h>
#include <xen/xen.h>

#include "pv.h"

static const char *state_of(unsigned int cpu)
{
	int rc = vcpu_is_up(xen_vcpu_nr(cpu));

	if (rc < 0)
		return xen_errno_name(rc);
	return str_up_down(rc);
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
		if (!(types & BIT(table->entry[i].type)))
			continue;
		seq_printf(m, "%s%s", before, table->entry[i].name);
		before = ",";
	}
	seq_printf(m, " by=%s", xen_pv_callbacks_by());
}

/* Returns the set_trap_table calls made for this vCPU. */
static unsigned int show_vcpu(struct seq_file *m, unsigned int cpu)
{
	unsigned int vectors, calls;

	seq_printf(m, "vcpu=%u cpu=%u state=%s", xen_vcpu_nr(cpu), cpu,
		   state_of(cpu));
	if (!was_initialised(cpu)) {
		seq_putc(m, '\n');
		return 0;
	}

	show_callbacks(m, cpu);
	xen_pv_trap_figures(cpu, &vectors, &calls);
	seq_printf(m, " trap_vectors=%u trap_calls=%u\n", vectors, calls);
	return calls;
}

static int start_of_day_show(struct seq_file *m, void *unused)
{
	unsigned int by_op, by_set_callbacks, trap_calls = 0, up = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		trap_calls += show_vcpu(m, cpu);
		up += vcpu_is_up(xen_vcpu_nr(cpu)) > 0;
	}

	xen_pv_callback_figures(&by_op, &by_set_callbacks);
	seq_printf(m, "total vcpus=%u up=%u set_trap_table=%u callback_op=%u set_callbacks=%u\n",
		   num_possible_cpus(), up, trap_calls, by_op,
		   by_set_callbacks);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(start_of_day);

static int __init open_ledger(void)
{
	if (!xen_pv_domain())
		return 0;

	debugfs_create_file("start_of_day", 0400, xen_init_debugfs(), NULL,
			    &start_of_day_fops);
	return 0;
}
late_initcall(open_ledger);

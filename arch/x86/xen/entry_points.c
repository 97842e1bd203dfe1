// SPDX-License-Identifier: GPL-2.0
/*
 * This kernel's callbacks: where Xen enters it other than for a trap, and
 * how each vCPU gets to know.
 *
 * The boot CPU registers all of them, by callback_op or, on a hypervisor that
 * has none, by set_callbacks.  A secondary CPU gets the first three with its
 * context, and registers the 32-bit ones itself.
 */
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/cmdline.h>
#include <asm/cpufeature.h>
#include <asm/segment.h>
#include <asm/setup.h>
#include <asm/traps.h>

#include <xen/pvboot/callbacks.h>
#include <xen/xen.h>

#include "entry.h"
#include "pv.h"

#ifdef CONFIG_IA32_EMULATION
#define SYSCALL32_ENTRY		xen_entry_SYSCALL_compat
#define SYSENTER_ENTRY		xen_entry_SYSENTER_compat
#else
#define SYSCALL32_ENTRY		xen_pv_no_compat_syscall
#define SYSENTER_ENTRY		xen_pv_no_compat_syscall
#endif

static const struct callback_entry entries[] = {
	{
		.name		= "event",
		.type		= CALLBACKTYPE_event,
		.address	= (unsigned long)xen_asm_exc_xen_hypervisor_callback,
		.masks_events	= true,
	}, {
		.name		= "failsafe",
		.type		= CALLBACKTYPE_failsafe,
		.address	= (unsigned long)xen_pv_failsafe,
		.masks_events	= true,
	}, {
		.name		= "syscall",
		.type		= CALLBACKTYPE_syscall,
		.address	= (unsigned long)xen_entry_SYSCALL_64,
		.masks_events	= true,
	}, {
		.name		= "syscall32",
		.type		= CALLBACKTYPE_syscall32,
		.address	= (unsigned long)SYSCALL32_ENTRY,
		.masks_events	= true,
	}, {
		.name		= "sysenter",
		.type		= CALLBACKTYPE_sysenter,
		.address	= (unsigned long)SYSENTER_ENTRY,
		.masks_events	= true,
	},
};

static const struct callback_table callbacks = {
	.entry	= entries,
	.nr	= ARRAY_SIZE(entries),
	.cs	= __KERNEL_CS,
};

/* What a kernel cannot do without, and what the context hands over. */
static const u16 vital[] = {
	CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall,
};

/* What comes and goes with a feature of the CPU */
static const struct {
	u16 type;
	u16 feature;
} compat[] = {
	{ CALLBACKTYPE_syscall32,	X86_FEATURE_SYSCALL32 },
	{ CALLBACKTYPE_sysenter,	X86_FEATURE_SYSENTER32 },
};

static enum xen_callback_mode {
	CALLBACKS_AUTO,
	CALLBACKS_OP,
	CALLBACKS_LEGACY,
} mode __ro_after_init;

static const char * const mode_names[] = {
	[CALLBACKS_AUTO]	= "auto",
	[CALLBACKS_OP]		= "op",
	[CALLBACKS_LEGACY]	= "legacy",
};

/* CALLBACKTYPE_* registered, as bits, for the ledger */
static DEFINE_PER_CPU(u16, registered_types);
static unsigned int callback_op_calls;
static unsigned int set_callbacks_calls;

/* Read where it is needed, long before early_param()s are. */
static int __init ignore_xen_callbacks(char *arg)
{
	return 0;
}
early_param("xen_callbacks", ignore_xen_callbacks);

static void __init read_mode(void)
{
	char arg[16];
	int i;

	if (cmdline_find_option(xen_start_info->cmd_line, "xen_callbacks",
				arg, sizeof(arg)) < 0)
		return;

	i = match_string(mode_names, ARRAY_SIZE(mode_names), arg);
	if (i >= 0)
		mode = i;
	else
		pr_warn("xen_callbacks=%s ignored: not one of auto, op, legacy\n",
			arg);
}

static bool is_vital(u16 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vital); i++)
		if (vital[i] == type)
			return true;
	return false;
}

static void note(u16 type)
{
	this_cpu_or(registered_types, BIT(type));
}

static int register_by_op(u16 type)
{
	int rc;

	callback_op_calls++;
	rc = callback_register(&callbacks, type);
	if (!rc)
		note(type);
	return rc;
}

static void __init drop_feature(unsigned int i, int rc)
{
	setup_clear_cpu_cap(compat[i].feature);
	pr_info("xen: no %s entry: %s\n",
		callback_find(&callbacks, compat[i].type)->name,
		xen_errno_name(rc));
}

static int __init register_vital_by_op(void)
{
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(vital); i++) {
		rc = register_by_op(vital[i]);
		if (rc == -ENOSYS && !i && mode == CALLBACKS_AUTO)
			return rc;
		if (rc)
			xen_pv_fatal("callback_op", 0, vital[i], rc);
	}
	return 0;
}

static void register_vital_by_set_callbacks(unsigned int vcpu)
{
	unsigned int i;
	int rc;

	set_callbacks_calls++;
	rc = callback_register_legacy(&callbacks);
	if (rc)
		xen_pv_fatal("set_callbacks", vcpu, entries[0].address, rc);

	for (i = 0; i < ARRAY_SIZE(vital); i++)
		note(vital[i]);
}

/* set_callbacks knows none of these: there is callback_op for them, or none. */
static void __init register_compat(void)
{
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(compat); i++) {
		if (!boot_cpu_has(compat[i].feature))
			continue;
		rc = register_by_op(compat[i].type);
		if (rc)
			drop_feature(i, rc);
	}
}

/**
 * xen_pv_register_boot_callbacks - register every callback of the boot CPU
 *
 * ABI: callback_op; set_callbacks where Xen answers -ENOSYS to it, or where
 * xen_callbacks=legacy asks for it.  The 32-bit system calls are not among
 * those that set_callbacks knows: where callback_op fails for them, too, they
 * are not offered to user mode.
 *
 * Does not return where a callback without which there is no kernel cannot be
 * registered.
 */
void __init xen_pv_register_boot_callbacks(void)
{
	read_mode();

	if (mode != CALLBACKS_LEGACY && register_vital_by_op() == -ENOSYS)
		mode = CALLBACKS_LEGACY;
	if (mode == CALLBACKS_LEGACY)
		register_vital_by_set_callbacks(0);
	register_compat();

	pr_info("xen: callbacks registered by %s\n", xen_pv_callbacks_by());
}

/**
 * xen_pv_register_secondary_callbacks - register what the context left out
 * @refused: set to the name of a callback that Xen would not have
 *
 * Does not print: nobody counts on this CPU yet, and it may be stopped.
 *
 * Return: 0, or the negative errno of the first that Xen would not have; this
 * CPU is then not fit to run 32-bit programs.
 */
int xen_pv_register_secondary_callbacks(const char **refused)
{
	unsigned int i;
	int rc;

	/* not what the boot CPU's area was copied with */
	this_cpu_write(registered_types, 0);
	for (i = 0; i < ARRAY_SIZE(vital); i++)
		note(vital[i]);

	for (i = 0; i < ARRAY_SIZE(compat); i++) {
		if (!boot_cpu_has(compat[i].feature))
			continue;
		rc = register_by_op(compat[i].type);
		if (rc) {
			*refused = callback_find(&callbacks,
						 compat[i].type)->name;
			return rc;
		}
	}
	return 0;
}

/**
 * xen_pv_reregister_callbacks - register this CPU's callbacks anew
 *
 * After a resume, when Xen may be another one.
 */
void xen_pv_reregister_callbacks(void)
{
	unsigned int vcpu = xen_vcpu_nr(smp_processor_id());
	unsigned int i;
	int rc;

	if (mode == CALLBACKS_LEGACY)
		register_vital_by_set_callbacks(vcpu);

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		if (!(this_cpu_read(registered_types) & BIT(entries[i].type)))
			continue;
		if (mode == CALLBACKS_LEGACY && is_vital(entries[i].type))
			continue;
		rc = register_by_op(entries[i].type);
		if (rc)
			xen_pv_fatal("callback_op", vcpu, entries[i].type, rc);
	}
}

/**
 * xen_pv_callback_table - the entry points, for a new vCPU's context
 *
 * Return: the table.
 */
const struct callback_table *xen_pv_callback_table(void)
{
	return &callbacks;
}

/**
 * xen_pv_callbacks_by - the hypercall that callbacks are registered by
 *
 * Return: its name.
 */
const char *xen_pv_callbacks_by(void)
{
	return mode == CALLBACKS_LEGACY ? "set_callbacks" : "callback_op";
}

/**
 * xen_pv_callback_types - what a CPU's vCPU has registered
 * @cpu: Linux's number
 *
 * Return: a bit for each CALLBACKTYPE_*.
 */
unsigned int xen_pv_callback_types(unsigned int cpu)
{
	return per_cpu(registered_types, cpu);
}

/**
 * xen_pv_callback_masks - whether Xen masks events when it enters a callback
 * @type: CALLBACKTYPE_*, one whose entry asks for it
 *
 * set_callbacks cannot pass that on: what it registers takes care of the mask
 * by itself.
 *
 * Return: true where it does.
 */
bool xen_pv_callback_masks(u16 type)
{
	return mode != CALLBACKS_LEGACY || type == CALLBACKTYPE_event ||
	       !is_vital(type);
}

/**
 * xen_pv_callback_figures - hypercalls made to register callbacks
 * @by_op: set to the number of callback_op calls
 * @by_set_callbacks: set to the number of set_callbacks calls
 */
void xen_pv_callback_figures(unsigned int *by_op,
			     unsigned int *by_set_callbacks)
{
	*by_op = callback_op_calls;
	*by_set_callbacks = set_callbacks_calls;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * This kernel's callbacks, where Xen enters it other than for a trap, and their
 * registration on each vCPU.
 *
 * The boot CPU registers all of them, by callback_op or, on a hypervisor that
 * has none, by set_callbacks.  A secondary CPU gets the first three with its
 * context, and registers the 32-bit ones itself.
 *
 * set_callbacks needs entry points of its own; see entry.S.
 */
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/cmdline.h>
#include <asm/cpufeature.h>
#include <asm/ia32.h>
#include <asm/segment.h>
#include <asm/setup.h>
#include <asm/traps.h>

#include <xen/pvboot/callbacks.h>
#include <xen/xen.h>

#include "entry.h"
#include "pv.h"

#if defined(CONFIG_X86_32)
#define EVENT			asm_exc_xen_hypervisor_callback
#define SYSENTER		xen_pv_sysenter
#elif defined(CONFIG_IA32_EMULATION)
#define SYSCALL32		xen_entry_SYSCALL_compat
#define MASKING_SYSCALL32	xen_pv_masking_syscall32
#define SYSENTER		xen_entry_SYSENTER_compat
#else
#define SYSCALL32		xen_pv_no_compat_syscall
#define MASKING_SYSCALL32	xen_pv_masking_no_compat_syscall
#define SYSENTER		NULL
#endif

#ifdef CONFIG_X86_64
#define EVENT			xen_asm_exc_xen_hypervisor_callback
#endif

#define CALLBACK(of, at, masked)				\
	{						\
		.name		= #of,			\
		.type		= CALLBACKTYPE_##of,	\
		.address	= (unsigned long)(at),	\
		.masks_events	= (masked),		\
	}

static struct callback_entry entries[] __ro_after_init = {
	CALLBACK(event,		EVENT,			true),
	CALLBACK(failsafe,		xen_pv_failsafe,	true),
#ifdef CONFIG_X86_64
	CALLBACK(syscall,		xen_entry_SYSCALL_64,	true),
	CALLBACK(syscall32,	SYSCALL32,		true),
#endif
	CALLBACK(sysenter,		SYSENTER,		true),
};

/*
 * For set_callbacks, which cannot ask for events to be masked.  It takes what
 * Xen has for syscall away from syscall32, too: the two share a flag.
 */
static struct callback_entry legacy_entries[] __ro_after_init = {
	CALLBACK(event,		xen_pv_legacy_upcall,	true),
	CALLBACK(failsafe,		xen_pv_masking_failsafe, false),
#ifdef CONFIG_X86_64
	CALLBACK(syscall,		xen_pv_masking_syscall,	false),
	CALLBACK(syscall32,	MASKING_SYSCALL32,	false),
#endif
	CALLBACK(sysenter,		SYSENTER,		true),
};

static struct callback_table callbacks __ro_after_init = {
	.entry	= entries,
	.nr	= ARRAY_SIZE(entries),
	.cs	= XEN_PV_KERNEL_CS,
};

/* Mandatory callbacks; a vCPU's context has fields for these */
static const u16 vital[] = {
	CALLBACKTYPE_event, CALLBACKTYPE_failsafe,
#ifdef CONFIG_X86_64
	CALLBACKTYPE_syscall,
#endif
};

/*
 * Optional callbacks: 32-bit system calls, which of the two depends on the CPU.
 * A 32-bit guest has sysenter.
 */
static const u16 compat[] = {
	CALLBACKTYPE_syscall32, CALLBACKTYPE_sysenter,
};

/* X86_FEATURE_SYSFAST32 may be a required feature, which reads as set always. */
static bool compat_given_up __ro_after_init;

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

/* CALLBACKTYPE_* registered, as bits */
static DEFINE_PER_CPU(u16, registered_types);
static unsigned int callback_op_calls;
static unsigned int set_callbacks_calls;

/* Parsed by read_mode(). */
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
		pr_warn("xen: xen_callbacks=%s ignored: not one of auto, op, legacy\n",
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
	rc = xen_pv_callback_register(&callbacks, type);
	if (!rc)
		note(type);
	return rc;
}

/* Both: with SYSFAST32 alone the vDSO would use SYSENTER, whatever the CPU. */
static void __init give_up_compat(u16 type, int rc)
{
	compat_given_up = true;
	setup_clear_cpu_cap(X86_FEATURE_SYSCALL32);
	setup_clear_cpu_cap(X86_FEATURE_SYSFAST32);
	if (IS_ENABLED(CONFIG_X86_32))
		setup_clear_cpu_cap(X86_FEATURE_SEP);
	pr_info("xen: no %s entry: %s\n",
		xen_pv_callback_find(&callbacks, type)->name,
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
	rc = xen_pv_callback_register_legacy(&callbacks);
	if (rc)
		xen_pv_fatal("set_callbacks", vcpu, callbacks.entry[0].address,
			     rc);

	for (i = 0; i < ARRAY_SIZE(vital); i++)
		note(vital[i]);
}

/**
 * xen_pv_compat_wanted - whether 32-bit programs enter by a callback
 * @type: CALLBACKTYPE_syscall32 or CALLBACKTYPE_sysenter
 *
 * Return: true for the one that this CPU has, unless Xen rejected it.
 */
bool xen_pv_compat_wanted(u16 type)
{
	if (compat_given_up || !xen_pv_callback_find(&callbacks, type))
		return false;
	if (IS_ENABLED(CONFIG_X86_32))
		return boot_cpu_has(X86_FEATURE_SEP);
	if (type == CALLBACKTYPE_syscall32)
		return boot_cpu_has(X86_FEATURE_SYSCALL32);
	return boot_cpu_has(X86_FEATURE_SYSFAST32) &&
	       !boot_cpu_has(X86_FEATURE_SYSCALL32);
}

/**
 * xen_pv_register_boot_callbacks - register the boot CPU's mandatory callbacks
 *
 * ABI: callback_op; set_callbacks where Xen answers -ENOSYS to it, or where
 * xen_callbacks=legacy selects it.
 *
 * Does not return if one of them cannot be registered.
 */
void __init xen_pv_register_boot_callbacks(void)
{
	read_mode();

	/* The older call is a 32-bit guest's own: with the kernel's selectors. */
	if (IS_ENABLED(CONFIG_X86_32) && mode == CALLBACKS_AUTO)
		mode = CALLBACKS_LEGACY;
	if (mode != CALLBACKS_LEGACY && register_vital_by_op() == -ENOSYS)
		mode = CALLBACKS_LEGACY;
	if (mode == CALLBACKS_LEGACY) {
		callbacks.entry = legacy_entries;
		register_vital_by_set_callbacks(0);
	}

	pr_info("xen: callbacks registered by %s\n", xen_pv_callbacks_by());
}

/*
 * As on hardware: SYSCALL from 32-bit code returns -ENOSYS; SYSENTER, which
 * nothing is registered for, is a general protection fault.
 */
static void __init close_compat(struct callback_entry *entry,
				void (*syscall32)(void))
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		if (entry[i].type == CALLBACKTYPE_syscall32)
			entry[i].address = (unsigned long)syscall32;
		if (entry[i].type == CALLBACKTYPE_sysenter)
			entry[i].address = 0;
	}
}

/**
 * xen_pv_register_boot_compat - register the boot CPU's 32-bit system calls
 *
 * Called after ia32_emulation= is parsed, and before there is a user mode.
 *
 * ABI: callback_op; set_callbacks does not know them.  Callbacks that Xen
 * rejects are skipped; the feature bits are cleared, and 32-bit programs use
 * int 0x80.
 */
void __init xen_pv_register_boot_compat(void)
{
	unsigned int i;
	int rc;

	if (IS_ENABLED(CONFIG_X86_64) && !ia32_enabled()) {
		close_compat(entries, xen_pv_no_compat_syscall);
		close_compat(legacy_entries, xen_pv_masking_no_compat_syscall);
	}

	for (i = 0; i < ARRAY_SIZE(compat); i++) {
		if (!xen_pv_compat_wanted(compat[i]))
			continue;
		rc = register_by_op(compat[i]);
		if (rc)
			give_up_compat(compat[i], rc);
	}
}

/**
 * xen_pv_register_secondary_callbacks - register what the context has no field
 *					 for
 * @refused: set to the name of the callback that Xen rejected
 *
 * Called on the CPU itself.  The caller prints the error.
 *
 * Return: 0, or the negative errno of the first that Xen rejected; 32-bit
 * programs must not run on this CPU then.
 */
int xen_pv_register_secondary_callbacks(const char **refused)
{
	unsigned int i;
	int rc;

	/* The per-CPU area is a copy of one that the boot CPU has used. */
	this_cpu_write(registered_types, 0);
	for (i = 0; i < ARRAY_SIZE(vital); i++)
		note(vital[i]);

	for (i = 0; i < ARRAY_SIZE(compat); i++) {
		if (!xen_pv_compat_wanted(compat[i]))
			continue;
		rc = register_by_op(compat[i]);
		if (rc) {
			*refused = xen_pv_callback_find(&callbacks,
							compat[i])->name;
			return rc;
		}
	}
	return 0;
}

/**
 * xen_pv_reregister_callbacks - register this CPU's callbacks anew
 *
 * Called after a resume, which may be on another host.  Does not return if Xen
 * rejects one.
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Registering a kernel's entry points: by callback_op, by the older
 * set_callbacks, or in the context of a vCPU that is yet to start.
 *
 * Part of the core: plain C over the hypercalls, see <xen/pvboot/host.h>.
 * All three ways read the same table.
 */
#include <xen/pvboot/callbacks.h>

/**
 * xen_pv_callback_find - look an entry point up
 * @table: a kernel's entry points
 * @type: CALLBACKTYPE_*
 *
 * Return: the entry, or NULL where the kernel has none of that type.
 */
const struct callback_entry *
xen_pv_callback_find(const struct callback_table *table, u16 type)
{
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		if (table->entry[i].type == type && table->entry[i].address)
			return &table->entry[i];
	return NULL;
}

static unsigned long address_of(const struct callback_table *table, u16 type)
{
	const struct callback_entry *entry = xen_pv_callback_find(table, type);

	return entry ? entry->address : 0;
}

/**
 * xen_pv_callback_register - register one entry point of the calling vCPU
 * @table: a kernel's entry points
 * @type: CALLBACKTYPE_*
 *
 * Return: 0; -ENOENT where the table has no such entry; Xen's -EINVAL for an
 * address that is not canonical, -ENOSYS for a type that it does not know or
 * where it has no callback_op at all; -EFAULT.
 */
int xen_pv_callback_register(const struct callback_table *table, u16 type)
{
	const struct callback_entry *entry = xen_pv_callback_find(table, type);
	struct callback_register reg;

	if (!entry)
		return -ENOENT;

	memset(&reg, 0, sizeof(reg));
	reg.type = entry->type;
	reg.flags = entry->masks_events ? CALLBACKF_mask_events : 0;
	reg.address = XEN_CALLBACK(table->cs, entry->address);

	return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

/**
 * xen_pv_callback_register_legacy - the same by set_callbacks, all in one call
 * @table: a kernel's entry points
 *
 * One call for event, failsafe and, on 64-bit, syscall; it knows no others.
 * It cannot ask for events to be masked: the failsafe and syscall entries are
 * entered with events as they were, and have to mask them themselves.
 *
 * Return: what Xen answered, in practice always 0; -ENOENT where the table
 * lacks one of these entry points, since set_callbacks would register 0.
 */
int xen_pv_callback_register_legacy(const struct callback_table *table)
{
	unsigned long event = address_of(table, CALLBACKTYPE_event);
	unsigned long failsafe = address_of(table, CALLBACKTYPE_failsafe);

	if (!event || !failsafe)
		return -ENOENT;

#ifdef __x86_64__
	{
		unsigned long syscall = address_of(table, CALLBACKTYPE_syscall);

		if (!syscall)
			return -ENOENT;
		return HYPERVISOR_set_callbacks(event, failsafe, syscall);
	}
#else
	return HYPERVISOR_set_callbacks(table->cs, event, table->cs, failsafe);
#endif
}

/**
 * xen_pv_callback_fill_context - put the entry points into a new vCPU's context
 * @table: a kernel's entry points
 * @ctxt: context for VCPUOP_initialise
 *
 * The context has no field for syscall32, sysenter and nmi: the new vCPU
 * registers these itself once it runs.
 *
 * Return: 0, or -ENOENT where the event or failsafe entry is missing: Xen
 * would take the context and crash the domain at the first delivery.
 */
int xen_pv_callback_fill_context(const struct callback_table *table,
				 struct vcpu_guest_context *ctxt)
{
	const struct callback_entry *event, *failsafe, *syscall;

	event = xen_pv_callback_find(table, CALLBACKTYPE_event);
	failsafe = xen_pv_callback_find(table, CALLBACKTYPE_failsafe);
	syscall = xen_pv_callback_find(table, CALLBACKTYPE_syscall);
	if (!event || !failsafe)
		return -ENOENT;

	ctxt->event_callback_eip = event->address;
	ctxt->failsafe_callback_eip = failsafe->address;
	if (failsafe->masks_events)
		ctxt->flags |= VGCF_failsafe_disables_events;

#ifdef __x86_64__
	if (!syscall)
		return -ENOENT;
	ctxt->syscall_callback_eip = syscall->address;
#else
	ctxt->event_callback_cs = table->cs;
	ctxt->failsafe_callback_cs = table->cs;
#endif
	if (syscall && syscall->masks_events)
		ctxt->flags |= VGCF_syscall_disables_events;
	return 0;
}

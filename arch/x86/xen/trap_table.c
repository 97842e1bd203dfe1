// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual IDT of a vCPU, and the fewest set_trap_table calls that make
 * Xen's copy of it what the kernel wants.
 *
 * Part of the core: plain C over the hypercall, see <xen/pvboot/host.h>.
 * Functions that make the hypercall are called on the vCPU whose table it is,
 * and callers serialise access to the table.
 */
#include <xen/pvboot/trap_table.h>

/* One call carries this many changes: 40 cover all that boot ever changes. */
#define TRAPS_A_CALL	40

/*
 * Flags of an entry that was sent in a call that failed: Xen holds it, or what
 * was there before.  No gate has them, so the next load sends the vector again
 * or, where no gate is wanted, clears it.
 */
#define TRAP_IN_DOUBT	0xff

/**
 * xen_pv_trap_entry_build - describe one gate as Xen wants it
 * @entry: filled in
 * @vector: 0 to 255
 * @cs: code selector of the handler; Xen raises its RPL to the guest kernel's
 * @address: handler, canonical; 0 for none
 * @dpl: lowest privilege (0 to 3) that may raise the vector by an int
 *	 instruction; Xen ignores it for vectors 3 and 4
 * @masks_events: whether events are masked on entry, as an interrupt gate does
 *		  with interrupts
 */
void xen_pv_trap_entry_build(struct trap_info *entry, u8 vector, u16 cs,
			     unsigned long address, u8 dpl, bool masks_events)
{
	memset(entry, 0, sizeof(*entry));
	entry->vector = vector;
	entry->flags = dpl & TRAP_DPL_MASK;
	if (masks_events)
		entry->flags |= TRAP_MASKS_EVENTS;
	entry->cs = cs;
	entry->address = address;
}

/**
 * xen_pv_trap_entry_equal - whether two entries mean the same to Xen
 * @a: one entry
 * @b: the other, for the same vector
 *
 * Return: true where registering one over the other would change nothing.
 */
bool xen_pv_trap_entry_equal(const struct trap_info *a,
			     const struct trap_info *b)
{
	if (!a->address && !b->address)
		return true;
	return a->address == b->address && a->cs == b->cs &&
	       a->flags == b->flags;
}

/* Send @nr entries and record what Xen has accepted, also on error. */
static int send(struct trap_table *table, struct trap_info *list,
		unsigned int nr)
{
	unsigned int i;
	int rc;

	memset(&list[nr], 0, sizeof(list[nr]));
	table->calls++;
	rc = HYPERVISOR_set_trap_table(list);
	if (rc < 0) {
		/*
		 * Entries before the bad one are installed, but Xen does not
		 * say how many.
		 */
		for (i = 0; i < nr; i++) {
			list[i].flags = TRAP_IN_DOUBT;
			table->entry[list[i].vector] = list[i];
		}
		return rc;
	}

	for (i = 0; i < nr; i++)
		table->entry[list[i].vector] = list[i];
	return 0;
}

/**
 * xen_pv_trap_table_register - register one vector
 * @table: what the calling vCPU has registered
 * @entry: the wanted entry, address not 0
 *
 * No call is made where nothing would change.
 *
 * Return: 0, -EINVAL for an entry without an address (Xen would read it as
 * the end of the list) or with one that is not canonical, -EFAULT.
 */
int xen_pv_trap_table_register(struct trap_table *table,
			       const struct trap_info *entry)
{
	struct trap_info list[2];

	if (!entry->address)
		return -EINVAL;
	if (xen_pv_trap_entry_equal(&table->entry[entry->vector], entry))
		return 0;

	list[0] = *entry;
	return send(table, list, 1);
}

static bool loses_a_vector(const struct trap_table *table,
			   const struct trap_info wanted[TRAP_VECTORS])
{
	unsigned int v;

	for (v = 0; v < TRAP_VECTORS; v++)
		if (table->entry[v].address && !wanted[v].address)
			return true;
	return false;
}

/**
 * xen_pv_trap_table_load - make the registered table equal to a wanted one
 * @table: what the calling vCPU has registered
 * @wanted: one entry a vector, address 0 where there is no gate
 *
 * Sends only what differs.  Xen cannot clear a single vector, so if a gate was
 * removed the whole table is cleared first and sent again; the vCPU must not
 * take a trap in between.
 *
 * Return: 0, or the negative errno of the call that failed.
 */
int xen_pv_trap_table_load(struct trap_table *table,
			   const struct trap_info wanted[TRAP_VECTORS])
{
	struct trap_info list[TRAPS_A_CALL + 1];
	unsigned int v, nr = 0;
	int rc;

	if (loses_a_vector(table, wanted)) {
		rc = xen_pv_trap_table_clear(table);
		if (rc)
			return rc;
	}

	for (v = 0; v < TRAP_VECTORS; v++) {
		if (xen_pv_trap_entry_equal(&table->entry[v], &wanted[v]))
			continue;
		list[nr] = wanted[v];
		list[nr].vector = v;
		if (++nr < TRAPS_A_CALL)
			continue;
		rc = send(table, list, nr);
		if (rc)
			return rc;
		nr = 0;
	}

	return nr ? send(table, list, nr) : 0;
}

/**
 * xen_pv_trap_table_clear - unregister every vector of the calling vCPU
 * @table: what it has registered
 *
 * Return: 0 or a negative errno.
 */
int xen_pv_trap_table_clear(struct trap_table *table)
{
	int rc;

	table->calls++;
	rc = HYPERVISOR_set_trap_table(NULL);
	if (rc < 0)
		return rc;

	xen_pv_trap_table_forget(table);
	return 0;
}

/**
 * xen_pv_trap_table_forget - record that no vector is registered
 * @table: table of a vCPU for which Xen may have none, as after a resume
 *
 * The next load sends every gate.  Makes no hypercall.
 */
void xen_pv_trap_table_forget(struct trap_table *table)
{
	memset(table->entry, 0, sizeof(table->entry));
}

/**
 * xen_pv_trap_table_adopt - record a table that Xen got in a vCPU's context
 * @table: table of the vCPU that got it
 * @handed_over: what the context given to VCPUOP_initialise held
 */
void xen_pv_trap_table_adopt(struct trap_table *table,
			     const struct trap_info handed_over[TRAP_VECTORS])
{
	memcpy(table->entry, handed_over, sizeof(table->entry));
}

/**
 * xen_pv_trap_table_count - how many vectors are registered
 * @table: a vCPU's table
 *
 * Return: 0 to 256.
 */
unsigned int xen_pv_trap_table_count(const struct trap_table *table)
{
	unsigned int v, nr = 0;

	for (v = 0; v < TRAP_VECTORS; v++)
		nr += !!table->entry[v].address;
	return nr;
}

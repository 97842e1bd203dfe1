// SPDX-License-Identifier: GPL-2.0
/* Other vCPUs: their context, and work for them. */
#include "guest.h"

static struct trap_info gates[TRAP_VECTORS];

/*
 * Their GDT, read-only as Xen wants it.  One descriptor, of a flat data
 * segment, by which the table can be told from none.
 */
_Alignas(PAGE_SIZE) const u64 gdt_page[PAGE_SIZE / 8] = {
	[GDT_ENTRY_DATA] = 0x00cff3000000ffffULL,
};

/**
 * build_context - a context that Xen takes, once gdt_page is read-only
 * @ctxt: overwritten
 * @vcpu_id: of the vCPU that starts so
 */
void build_context(struct vcpu_guest_context *ctxt, unsigned int vcpu_id)
{
	unsigned long block = (unsigned long)local_of(vcpu_id);
	struct vcpu_start start = {
		.ip = (unsigned long)start_secondary,
		.sp = block + BLOCK_SIZE,
		.kernel_sp = block + BLOCK_TRAP_SP,
		.cs = FLAT_KERNEL_CS,
		.ss = FLAT_KERNEL_SS,
		.ds = FLAT_USER_DS,
		.gs_base = block,
		.cr3 = page_table_root(),
		.gdt_mfn = mfn_of(gdt_page),
		.gdt_ents = ARRAY_SIZE(gdt_page),
		.callbacks = &entry_points,
	};

	wanted_gates(gates);
	if (xen_pv_vcpu_context_build(ctxt, &start, gates))
		broken("no context can be built");
#ifdef __x86_64__
	/* User mode runs on the same page table. */
	ctxt->ctrlreg[1] = start.cr3;
#endif
	local_of(vcpu_id)->id = vcpu_id;
}

/* Where a vCPU starts: it says that it runs, and does what it is told. */
void secondary_main(void)
{
	struct vcpu_local *me = this_vcpu();

	store(me->running, true);
	for (;;) {
		if (load(me->job)) {
			me->job();
			store(me->job, NULL);
		} else {
			relax();
		}
	}
}

/**
 * on_vcpu - have another vCPU do something, and wait for it
 * @vcpu_id: a vCPU that runs
 * @job: what to do
 *
 * Return: false where it was not done in good time.
 */
bool on_vcpu(unsigned int vcpu_id, void (*job)(void))
{
	struct vcpu_local *it = local_of(vcpu_id);
	u64 end = now() + 3 * soon * 1000000ULL;

	store(it->job, job);
	while (load(it->job)) {
		if (now() > end)
			return false;
		relax();
	}
	return true;
}

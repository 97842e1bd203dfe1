// SPDX-License-Identifier: GPL-2.0
/* The boot vCPU from its first C function to the end. */
#include "guest.h"

static const struct suite *const suites[] = {
	&suite_boot_tables,
	&suite_trap_table,
	&suite_callbacks,
	&suite_vcpu_op,
	&suite_deliveries,
	&suite_events,
	&suite_context,
	&suite_vcpu,
	&suite_fpu,
	&suite_m2p,
	&suite_tables,
	&suite_top_level,
	&suite_entries,
	&suite_segments,
};

void guest_main(struct start_info *info)
{
	struct vcpu_local *me = local_of(0);

	me->id = 0;
	memory_start(info);
	hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
		  (unsigned long)me + BLOCK_TRAP_SP, 0, 0);
	if (told("hasty"))
		soon = 1000;
	end_as_told();
	run_suites(suites, ARRAY_SIZE(suites));
	say("# end");
	power_off(SHUTDOWN_poweroff);
}

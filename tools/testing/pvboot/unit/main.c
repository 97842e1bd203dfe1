// SPDX-License-Identifier: GPL-2.0
/* Runs every case and prints TAP; status 1 where one failed. */
#include <stdio.h>

#include "unit.h"

int fresh(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

int main(void)
{
	int failed = 0;

	/* What was said stays said where a case kills the program. */
	setvbuf(stdout, NULL, _IONBF, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed += run_trap_table();
	failed += run_trap_table_errors();
	failed += run_callbacks();
	failed += run_vcpu_context();
	failed += run_vcpu();
	failed += run_queue();
	failed += run_frame();
	failed += run_entry();
	failed += run_fake();
	failed += run_fake_memory();
	return failed ? 1 : 0;
}

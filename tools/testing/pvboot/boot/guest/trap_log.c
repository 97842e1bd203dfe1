// SPDX-License-Identifier: GPL-2.0
/*
 * Count the SIGTRAPs of single stepping, and where each one came from.
 *
 * The handler touches neither DF, AC nor NT: the interrupted code goes on
 * with what it had set, and NT would not come back with the return from the
 * handler.
 */
#include "guest_test.h"

volatile unsigned int trap_count;
volatile unsigned long trap_ip[TRAP_LOG_MAX];

static void log_trap(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)sig;
	(void)info;
	if (trap_count < TRAP_LOG_MAX)
		trap_ip[trap_count] = uc->uc_mcontext.gregs[REG_IP];
	trap_count++;
}

void start_trap_log(void)
{
	trap_count = 0;
	use_alt_stack();
	set_handler(SIGTRAP, log_trap, SA_ONSTACK);
}

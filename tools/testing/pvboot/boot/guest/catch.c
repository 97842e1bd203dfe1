// SPDX-License-Identifier: GPL-2.0
/*
 * Run a piece of code that is expected to end in a signal, and say which.
 */
#include <string.h>

#include "guest_test.h"

/* The frame with AVX-512 and AMX state takes 12 KiB. */
static char alt_stack[64 * 1024] __attribute__((aligned(64)));
static sigjmp_buf way_out;
static struct caught *catching;

static const int fault_signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };

void use_alt_stack(void)
{
	const stack_t stack = {
		.ss_sp = alt_stack,
		.ss_size = sizeof(alt_stack),
	};

	sigaltstack(&stack, NULL);
}

static void note_and_leave(int sig, siginfo_t *info, void *context)
{
	const greg_t *regs;

	clear_rogue_flags();
	regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	catching->sig = sig;
	catching->code = info->si_code;
	catching->addr = (unsigned long)info->si_addr;
	catching->ip = regs[REG_IP];
	catching->ax = regs[REG_AX];
	catching->flags = regs[REG_EFL];
	catching->trapno = regs[REG_TRAPNO];
	catching->error = regs[REG_ERR];
	siglongjmp(way_out, 1);
}

/**
 * catch_signal() - run code, note the signal that ends it
 * @code:	may fault, trap or return
 * @arg:	for @code
 * @caught:	filled in; sig is 0 where @code returned
 */
void catch_signal(void (*code)(void *arg), void *arg, struct caught *caught)
{
	unsigned int i;

	memset(caught, 0, sizeof(*caught));
	catching = caught;
	use_alt_stack();
	for (i = 0; i < ARRAY_SIZE(fault_signals); i++)
		set_handler(fault_signals[i], note_and_leave,
			    SA_ONSTACK | SA_NODEFER);
	if (!sigsetjmp(way_out, 1))
		code(arg);
	for (i = 0; i < ARRAY_SIZE(fault_signals); i++)
		signal(fault_signals[i], SIG_DFL);
}

/**
 * expect_signal() - compare a signal with what a kernel on hardware sends
 * @caught:	what came
 * @sig:	signal number expected
 * @code:	si_code expected
 *
 * Return: PASS, or FAIL with a diagnostic line.
 */
enum verdict expect_signal(const struct caught *caught, int sig, int code)
{
	if (caught->sig == sig && caught->code == code)
		return PASS;
	diag("addr %#lx ip %#lx vector %lu error %#lx", caught->addr,
	     caught->ip, caught->trapno, caught->error);
	return fail("expected signal %d code %d, got signal %d code %d", sig,
		    code, caught->sig, caught->code);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A victim whose signal handler scrambles the frame that it returns to; the
 * fault that comes of it leads to the same handler.
 *
 * The handler makes system calls of its own: the C library's go by segment
 * registers, which are anything here.
 */
#include <asm/ldt.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "fuzz.h"

#define FRAMES		40	/* how many frames it makes */
#define TIMER_US	300

char victim_stack[VICTIM_STACK] __attribute__((aligned(64)));
static unsigned int frames_left;

static void change_bases(void)
{
#ifdef __x86_64__
	static const int codes[] = { 0x1001, 0x1002, 0x1012, 0x1001, 0x1002 };

	plain_call(SYS_arch_prctl, codes[below(ARRAY_SIZE(codes))],
		   below(8) ? address() : below(2), 0);
#else
	struct user_desc desc = {
		.entry_number = below(4) ? 12 + below(3) : (unsigned int)-1,
		.base_addr = (u32)address(),
		.limit = (u32)next() & 0xfffff,
		.seg_32bit = below(2),
		.contents = below(4),
		.read_exec_only = below(2),
		.limit_in_pages = below(2),
		.seg_not_present = below(2),
		.useable = below(2),
	};

	plain_call(SYS_set_thread_area, (unsigned long)&desc, 0, 0);
#endif
}

static void scramble_fpu(ucontext_t *context)
{
	unsigned char *area = (unsigned char *)context->uc_mcontext.fpregs;
	unsigned int i;

	if (!area)
		return;
	switch (below(8)) {
	case 0:
		context->uc_mcontext.fpregs = NULL;
		break;
	case 1:
		context->uc_mcontext.fpregs = (void *)address();
		break;
	case 2:	/* contents, and the header of xsave */
		for (i = 0; i < 8; i++)
			area[below(576)] = (unsigned char)next();
		break;
	}
}

static void scramble_general(greg_t *regs)
{
#ifdef __x86_64__
	static const int general[] = {
		REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
		REG_R15, REG_RDI, REG_RSI, REG_RBP, REG_RBX, REG_RDX, REG_RCX,
	};
	const int sp = REG_RSP;
#else
	static const int general[] = {
		REG_EDI, REG_ESI, REG_EBP, REG_EBX, REG_EDX, REG_ECX,
	};
	const int sp = REG_UESP;
#endif
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(general); i++)
		if (below(2))
			regs[general[i]] = (greg_t)address();
	regs[REG_AX] = (greg_t)call_number();
	if (below(2))
		regs[sp] = (greg_t)address();
	regs[REG_IP] = (greg_t)instruction_pointer();
	if (below(2))
		regs[REG_EFL] = (greg_t)next() &
				(below(2) ? ~(greg_t)FLAG_TF : ~(greg_t)0);
}

static void scramble_segments(ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;

#ifdef __x86_64__
	u16 parts[4];

	memcpy(parts, &regs[REG_CSGSFS], sizeof(parts));
	if (below(2))
		parts[0] = code_selector();
	if (!below(4))
		parts[1] = selector();
	if (!below(4))
		parts[2] = selector();
	if (below(2))
		parts[3] = selector();
	memcpy(&regs[REG_CSGSFS], parts, sizeof(parts));
	/* whether ss is to be restored, and whether as it stands there */
	if (!below(4))
		context->uc_flags ^= 1ul << (1 + below(2));
#else
	static const int segments[] = { REG_GS, REG_FS, REG_ES, REG_DS, REG_SS };
	unsigned int i;

	(void)context;
	if (below(2))
		regs[REG_CS] = code_selector();
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		if (!below(4))
			regs[segments[i]] = selector();
#endif
}

static void scramble(int sig, siginfo_t *info, void *frame)
{
	ucontext_t *context = frame;
	greg_t *regs = context->uc_mcontext.gregs;

	clear_rogue_flags();
	(void)sig;
	(void)info;
	note_frame(regs[REG_IP], regs[REG_EFL]);
	if (!frames_left-- || shared->masked_ip)
		plain_call(SYS_exit_group, 0, 0, 0);
	if (!below(8))
		change_ldt();
	if (!below(4))
		change_bases();
	scramble_general(regs);
	scramble_segments(context);
	scramble_fpu(context);
}

static const int victim_signals[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM, SIGUSR1, SIGSYS,
};

void by_sigreturn(void)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = TIMER_US },
		.it_value = { .tv_usec = TIMER_US },
	};
	const stack_t stack = {
		.ss_sp = victim_stack,
		.ss_size = sizeof(victim_stack),
	};
	unsigned int i;

	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(victim_signals); i++)
		set_handler(victim_signals[i], scramble,
			    SA_ONSTACK | SA_NODEFER);
	frames_left = FRAMES;
	if (below(4))
		setitimer(ITIMER_REAL, &every, NULL);
	raise(SIGUSR1);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A victim that is a tracer: it sets the registers of its child.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define STOPS		12	/* how often a tracee's registers are set */

static void scramble_tracee(struct user_regs_struct *regs)
{
	unsigned long *words = (unsigned long *)regs;
	unsigned int i;

	for (i = 0; i < sizeof(*regs) / sizeof(*words); i++)
		if (!below(3))
			words[i] = address();
#ifdef __x86_64__
	regs->rax = call_number();
	regs->orig_rax = below(2) ? -1ul : regs->rax;
	regs->rip = instruction_pointer();
	regs->cs = below(2) ? code_selector() : USER64_CS;
	regs->ss = below(2) ? selector() : 0x2b;
	regs->ds = below(2) ? selector() : 0;
	regs->es = below(2) ? selector() : 0;
	regs->fs = below(2) ? selector() : 0;
	regs->gs = below(2) ? selector() : 0;
	regs->eflags = next() & 0xffffffff;
#else
	regs->eax = (long)call_number();
	regs->orig_eax = below(2) ? -1 : regs->eax;
	regs->eip = (long)instruction_pointer();
	regs->xcs = below(2) ? code_selector() : USER32_CS;
	regs->xss = below(2) ? selector() : 0x2b;
	regs->xds = below(2) ? selector() : 0x2b;
	regs->xes = below(2) ? selector() : 0x2b;
	regs->xfs = below(2) ? selector() : 0;
	regs->xgs = below(2) ? selector() : 0x63;
	regs->eflags = (long)next();
#endif
}

static void poke_debug_registers(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		unsigned long value = address();

		if (below(2))
			continue;
		if (i == 6)
			value = next();
		if (i == 7)
			value = (unsigned long)next() & 0xffff03ff;
		ptrace(PTRACE_POKEUSER, pid,
		       offsetof(struct user, u_debugreg[0]) + i * sizeof(long),
		       value);
	}
}

static void look_at_tracee(const struct user_regs_struct *regs)
{
#ifdef __x86_64__
	note_frame(regs->rip, regs->eflags);
#else
	note_frame(regs->eip, regs->eflags);
#endif
}

void by_ptrace(void)
{
	static const int ways[] = {
		PTRACE_CONT, PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL,
	};
	struct user_regs_struct regs;
	struct user_fpregs_struct fpregs;
	unsigned int i;
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		for (;;)
			change_ldt();
	}
	for (i = 0; i < STOPS; i++) {
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return;
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
			break;
		look_at_tracee(&regs);
		scramble_tracee(&regs);
		ptrace(PTRACE_SETREGS, pid, NULL, &regs);
		if (!below(3) && !ptrace(PTRACE_GETFPREGS, pid, NULL, &fpregs)) {
			((unsigned char *)&fpregs)[below(sizeof(fpregs))] ^=
				(unsigned char)next();
			ptrace(PTRACE_SETFPREGS, pid, NULL, &fpregs);
		}
		if (!below(3))
			poke_debug_registers(pid);
		if (!below(3))
			ptrace(PTRACE_POKEUSER, pid, below(sizeof(regs)),
			       address());
		ptrace(ways[below(ARRAY_SIZE(ways))], pid, NULL, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

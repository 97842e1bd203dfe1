// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of a system call: as the caller finds them afterwards, and
 * as a debugger sees and changes them on the way.
 */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define CALL_NUMBER	SYS_getpriority
#define ARG_1		0x1001
#define ARG_2		0x1002
#define REWRITTEN	4711

#ifdef __x86_64__
#define ORIG(regs)	((regs)->orig_rax)
#define AX(regs)	((regs)->rax)
#define FIRST(regs)	((regs)->rdi)
#define SECOND(regs)	((regs)->rsi)

/* syscall_regs.S */
void syscall_regs(unsigned long out[15]);
extern const char syscall_regs_after[];

/* Order of the assembly: rbx rdx rsi rdi rbp r8 r9 r10 r12 to r15. */
#define KEPT		12

static enum verdict run_kept(const struct guest_case *c)
{
	unsigned long out[15];
	unsigned int i;

	(void)c;
	memset(out, 0, sizeof(out));
	syscall_regs(out);
	for (i = 0; i < KEPT; i++)
		if (out[i] != 0x1111111111111111ul * (i + 1))
			return fail("register %u is %#lx", i, out[i]);
	if (out[12] != (unsigned long)syscall_regs_after)
		return fail("rcx is %#lx instead of %p", out[12],
			    syscall_regs_after);
	if ((out[13] ^ out[14]) & (FLAGS_ROGUE | FLAGS_ARITH | FLAG_IF))
		return fail("r11 is %#lx, the flags were %#lx", out[13],
			    out[14]);
	return PASS;
}
#else
#define ORIG(regs)	((regs)->orig_eax)
#define AX(regs)	((regs)->eax)
#define FIRST(regs)	((regs)->ebx)
#define SECOND(regs)	((regs)->ecx)

static enum verdict run_kept(const struct guest_case *c)
{
	unsigned long regs[5] = {
		0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555,
	};
	unsigned long result = SYS_getpid;
	unsigned long ebp;

	(void)c;
	asm volatile("push %%ebp\n\t"
		     "mov $0x66666666, %%ebp\n\t"
		     "int $0x80\n\t"
		     "mov %%ebp, %%eax\n\t"
		     "pop %%ebp"
		     : "=a" (ebp), "+b" (regs[0]), "+c" (regs[1]),
		       "+d" (regs[2]), "+S" (regs[3]), "+D" (regs[4])
		     : "a" (result) : "memory");
	if (regs[0] != 0x11111111 || regs[1] != 0x22222222 ||
	    regs[2] != 0x33333333 || regs[3] != 0x44444444 ||
	    regs[4] != 0x55555555 || ebp != 0x66666666)
		return fail("registers %#lx %#lx %#lx %#lx %#lx %#lx", regs[0],
			    regs[1], regs[2], regs[3], regs[4], ebp);
	return PASS;
}
#endif

static pid_t start_tracee(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(syscall(CALL_NUMBER, ARG_1, ARG_2) == REWRITTEN ?
		      PASS : FAIL);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return -1;
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	       (void *)(long)PTRACE_O_TRACESYSGOOD);
	return pid;
}

static int to_next_stop(pid_t pid, struct user_regs_struct *regs)
{
	int status;

	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != (SIGTRAP | 0x80))
		return -1;
	return ptrace(PTRACE_GETREGS, pid, NULL, regs) ? -1 : 0;
}

static enum verdict run_ptrace(const struct guest_case *c)
{
	struct user_regs_struct regs;
	int status;
	pid_t pid;

	(void)c;
	pid = start_tracee();
	if (pid < 0)
		return fail("the child did not stop");
	do {
		if (to_next_stop(pid, &regs))
			return fail("no stop at a system call");
	} while (ORIG(&regs) != CALL_NUMBER);
	if ((long)AX(&regs) != -ENOSYS)
		return fail("accumulator %ld on entry", (long)AX(&regs));
	if (FIRST(&regs) != ARG_1 || SECOND(&regs) != ARG_2)
		return fail("arguments %#lx %#lx", (long)FIRST(&regs),
			    (long)SECOND(&regs));
	if (to_next_stop(pid, &regs))
		return fail("no stop at the end of the call");
	if ((long)ORIG(&regs) != CALL_NUMBER || (long)AX(&regs) != -EINVAL)
		return fail("call %ld, result %ld", (long)ORIG(&regs),
			    (long)AX(&regs));
	AX(&regs) = REWRITTEN;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		return fail("the registers were refused");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the child saw another result, status %#x",
			    status);
	return PASS;
}

/* A debugger steps the child through code, and over a system call. */
static enum verdict run_stepping(const struct guest_case *c)
{
	unsigned int steps;
	int status;
	pid_t pid;

	(void)c;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(PASS);
	}
	waitpid(pid, &status, 0);
	for (steps = 0; steps < 100000 && WIFSTOPPED(status); steps++) {
		if (steps && WSTOPSIG(status) != SIGTRAP)
			return fail("signal %d after %u steps",
				    WSTOPSIG(status), steps);
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			return fail("the step was refused");
		waitpid(pid, &status, 0);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != PASS)
		return fail("status %#x after %u steps", status, steps);
	return steps > 10 ? PASS : fail("%u steps only", steps);
}

const struct guest_case ptrace_cases[] = {
	{ .name = "syscall_keeps_registers", .run = run_kept },
	{ .name = "ptrace_syscall", .run = run_ptrace },
	{ .name = "ptrace_single_step", .run = run_stepping },
	{ }
};

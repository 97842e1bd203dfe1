// SPDX-License-Identifier: GPL-2.0
/*
 * Debug registers: a parent sets them in its child through ptrace, the
 * child touches what they watch.
 */
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define DR7_ENABLE_0		0x1
#define DR7_TYPE_0(t)		((unsigned long)(t) << 16)
#define DR7_LEN_0(l)		((unsigned long)(l) << 18)
#define TYPE_EXEC		0
#define TYPE_WRITE		1
#define TYPE_READ_WRITE		3
#define LEN_1			0
#define LEN_4			3
#define DR6_HIT_0		0x1

static volatile u32 watched __attribute__((aligned(8)));
static volatile u32 beside __attribute__((aligned(8)));
static int pipe_fds[2];

static void __attribute__((noinline)) watched_function(void)
{
	asm volatile("nop");
}

static void child_write(void)
{
	beside = 1;
	watched = 1;
}

static void child_read(void)
{
	beside = watched;
}

static void child_exec(void)
{
	watched_function();
}

/* The kernel writes it, on the child's behalf. */
static void child_kernel_write(void)
{
	if (read(pipe_fds[0], (void *)&watched, sizeof(watched)) !=
	    sizeof(watched) || watched != 7)
		_exit(FAIL);
}

static void tracee(void (*touch)(void))
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	touch();
	_exit(PASS);
}

static int poke_debug(pid_t pid, unsigned int reg, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, pid,
		      (void *)offsetof(struct user, u_debugreg[reg]),
		      (void *)value);
}

static enum verdict check_hit(pid_t pid)
{
	unsigned long dr6;
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
	if (info.si_code != TRAP_HWBKPT)
		return fail("si_code %d", info.si_code);
	dr6 = ptrace(PTRACE_PEEKUSER, pid,
		     (void *)offsetof(struct user, u_debugreg[6]), NULL);
	if (!(dr6 & DR6_HIT_0))
		return fail("DR6 is %#lx", dr6);
	return PASS;
}

/* Start a child that is watched; it is stopped, or -1 is returned. */
static pid_t start_watched(void (*touch)(void), const volatile void *where,
			   unsigned long type, unsigned long len)
{
	unsigned long dr7 = DR7_ENABLE_0 | DR7_TYPE_0(type) | DR7_LEN_0(len);
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		tracee(touch);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return -1;
	if (poke_debug(pid, 0, (unsigned long)where) ||
	    poke_debug(pid, 7, dr7))
		return -1;
	return pid;
}

static enum verdict watch(void (*touch)(void), const volatile void *where,
			  unsigned long type, unsigned long len)
{
	pid_t pid = start_watched(touch, where, type, len);
	enum verdict verdict;
	int status;

	if (pid < 0)
		return fail("the debug registers were refused");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != SIGTRAP)
		return fail("no trap, status %#x", status);
	verdict = check_hit(pid);
	poke_debug(pid, 7, 0);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != PASS)
		return fail("the child did not go on, status %#x", status);
	return verdict;
}

static enum verdict run_write(const struct guest_case *c)
{
	(void)c;
	return watch(child_write, &watched, TYPE_WRITE, LEN_4);
}

static enum verdict run_read(const struct guest_case *c)
{
	(void)c;
	return watch(child_read, &watched, TYPE_READ_WRITE, LEN_4);
}

static enum verdict run_exec(const struct guest_case *c)
{
	(void)c;
	return watch(child_exec, (void *)watched_function, TYPE_EXEC, LEN_1);
}

/*
 * A debug exception inside the kernel.  It is no signal for the child, but
 * the kernel has to live through it.
 */
static enum verdict run_kernel_write(const struct guest_case *c)
{
	const u32 value = 7;
	int status;
	pid_t pid;

	(void)c;
	if (pipe(pipe_fds) ||
	    write(pipe_fds[1], &value, sizeof(value)) != sizeof(value))
		return fail("no pipe");
	pid = start_watched(child_kernel_write, &watched, TYPE_WRITE, LEN_4);
	if (pid < 0)
		return fail("the debug registers were refused");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the child ended with %#x", status);
	return PASS;
}

/* A breakpoint belongs to one task: another one runs past it. */
static enum verdict run_not_mine(const struct guest_case *c)
{
	enum verdict verdict;
	int status;
	pid_t pid;

	(void)c;
	verdict = watch(child_write, &watched, TYPE_WRITE, LEN_4);
	pid = fork();
	if (!pid) {
		child_write();
		_exit(PASS);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("an untraced process ended with %#x", status);
	return verdict;
}

const struct guest_case watch_cases[] = {
	{ .name = "watchpoint_write", .run = run_write },
	{ .name = "watchpoint_read", .run = run_read },
	{ .name = "watchpoint_exec", .run = run_exec },
	{ .name = "watchpoint_kernel_write", .run = run_kernel_write },
	{ .name = "watchpoint_of_another", .run = run_not_mine },
	{ }
};

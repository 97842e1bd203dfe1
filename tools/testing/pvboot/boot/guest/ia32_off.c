// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel without 32-bit system calls, by its configuration or by
 * ia32_emulation=0: none of the ways in may serve one.  The 32-bit code
 * segment is there all the same, and a 64-bit program can go to it.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry.h"

#define CPUS_MAX	1024
#define SERVED		42	/* exit status, of the system call only */

#ifdef __x86_64__
#define NR_I386_EXIT	252	/* exit_group */

void entry_int80(struct entry_call *call);
void entry_int80_compat(struct entry_call *call);
void entry_syscall_compat(struct entry_call *call);
void entry_sysenter_compat(struct entry_call *call);

static void enter_kernel(void *entry)
{
	struct entry_call call = {
		.nr = NR_I386_EXIT,
		.arg = { SERVED },
		.flags = 0,
	};

	((const struct kernel_entry *)entry)->call(&call);
	errno = -(int)call.result;
}

/* The child: what came of it, if it was not the end. */
static enum verdict refused(const struct kernel_entry *entry)
{
	struct caught caught;

	errno = 0;
	catch_signal(enter_kernel, (void *)entry, &caught);
	if (caught.sig == SIGSEGV || caught.sig == SIGILL)
		return PASS;
	if (caught.sig)
		return fail("%s: signal %d", entry->name, caught.sig);
	/* An interrupt without a gate is a fault; it cannot return. */
	if (entry->i386_abi || errno != ENOSYS)
		return fail("%s: returned, with %d", entry->name, errno);
	return PASS;
}

static enum verdict on_this_cpu(const struct kernel_entry *entry)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(refused(entry));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail("no child: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == SERVED)
		return fail("%s: served on CPU %d", entry->name,
			    sched_getcpu());
	if (!WIFEXITED(status) || WEXITSTATUS(status) != PASS)
		return fail("%s: ended with %#x on CPU %d", entry->name,
			    status, sched_getcpu());
	return PASS;
}

static enum verdict run_off(const struct guest_case *c)
{
	enum verdict verdict = PASS;
	int cpus[CPUS_MAX];
	unsigned int count, i;

	if (!without_ia32())
		return skip("the kernel has 32-bit system calls");
	count = online_cpus(cpus, CPUS_MAX);
	for (i = 0; i < count; i++) {
		if (pin_to(cpus[i]))
			return fail("CPU %d refused", cpus[i]);
		if (on_this_cpu(c->entry))
			verdict = FAIL;
	}
	return verdict;
}

/* i386_abi: an interrupt, which either is a system call or faults */
static const struct kernel_entry int80 = {
	.name = "int $0x80 from 64-bit code",
	.call = entry_int80,
	.i386_abi = true,
};

static const struct kernel_entry int80_compat = {
	.name = "int $0x80 from the 32-bit segment",
	.call = entry_int80_compat,
	.i386_abi = true,
};

static const struct kernel_entry syscall_compat = {
	.name = "syscall from the 32-bit segment",
	.call = entry_syscall_compat,
};

static const struct kernel_entry sysenter_compat = {
	.name = "sysenter from the 32-bit segment",
	.call = entry_sysenter_compat,
};
#else
static enum verdict run_off(const struct guest_case *c)
{
	(void)c;
	return skip("a 32-bit program does not start there");
}

static const struct kernel_entry int80, int80_compat, syscall_compat;
static const struct kernel_entry sysenter_compat;
#endif

const struct guest_case ia32_off_cases[] = {
	{ .name = "ia32_off_int80", .run = run_off, .entry = &int80 },
	{ .name = "ia32_off_int80_compat", .run = run_off,
	  .entry = &int80_compat },
	{ .name = "ia32_off_syscall", .run = run_off,
	  .entry = &syscall_compat },
	{ .name = "ia32_off_sysenter", .run = run_off,
	  .entry = &sysenter_compat },
	{ }
};

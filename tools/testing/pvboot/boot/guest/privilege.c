// SPDX-License-Identifier: GPL-2.0
/*
 * What userspace may do only with leave: I/O ports, the interrupt flag, MSRs;
 * and two pages that the kernel lends it: CPUID's device, the vsyscall page.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define PORT		0x80	/* POST codes: writes do nothing */
#define OTHER_PORT	0xed
#define FAR_PORT	0xfff0
#define MSR_APIC_BASE	0x1b
#define MSR_NONE	0xfffffff0

static void write_port(void *port)
{
	asm volatile("outb %%al, %%dx" :: "a" (0),
		     "d" ((unsigned short)(unsigned long)port));
}

static void read_port(void *port)
{
	unsigned char value;

	asm volatile("inb %%dx, %%al" : "=a" (value)
		     : "d" ((unsigned short)(unsigned long)port));
}

static enum verdict allowed(unsigned long port)
{
	struct caught caught;

	catch_signal(write_port, (void *)port, &caught);
	if (caught.sig)
		return fail("write to port %#lx: signal %d", port, caught.sig);
	catch_signal(read_port, (void *)port, &caught);
	if (caught.sig)
		return fail("read of port %#lx: signal %d", port, caught.sig);
	return PASS;
}

static enum verdict forbidden(unsigned long port)
{
	struct caught caught;

	catch_signal(write_port, (void *)port, &caught);
	if (expect_signal(&caught, SIGSEGV, SI_KERNEL))
		return FAIL;
	catch_signal(read_port, (void *)port, &caught);
	return expect_signal(&caught, SIGSEGV, SI_KERNEL);
}

/* What a refusal at the first attempt means. */
static enum verdict refused(const char *what)
{
	if (errno == EPERM)
		return skip("%s needs root", what);
	if (errno == ENOSYS)
		return skip("a kernel without %s", what);
	return fail("%s: errno %d", what, errno);
}

static enum verdict run_iopl(const struct guest_case *c)
{
	(void)c;
	if (forbidden(PORT))
		return FAIL;
	if (iopl(3))
		return refused("iopl");
	if (allowed(PORT) || allowed(OTHER_PORT))
		return FAIL;
	sched_yield();
	if (allowed(PORT))
		return FAIL;
	if (iopl(0))
		return fail("iopl(0): errno %d", errno);
	return forbidden(PORT);
}

/* A child inherits the permission, and can only give up its own. */
static enum verdict child_drops(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (allowed(PORT) || ioperm(PORT, 1, 0))
			_exit(FAIL);
		_exit(forbidden(PORT));
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the child ended with %#x", status);
	return allowed(PORT);
}

/* Each CPU has a bitmap of its own: one port, and none beside it. */
static enum verdict run_ioperm(const struct guest_case *c)
{
	int cpus[64];
	unsigned int count, i;

	(void)c;
	count = online_cpus(cpus, ARRAY_SIZE(cpus));
	for (i = 0; i < count; i++) {
		if (pin_to(cpus[i]) || forbidden(PORT))
			return FAIL;
		if (ioperm(PORT, 1, 1))
			return refused("ioperm");
		if (allowed(PORT) || child_drops())
			return FAIL;
		if (forbidden(OTHER_PORT) || forbidden(FAR_PORT))
			return fail("ports beyond the one asked for on CPU %d",
				    cpus[i]);
		if (ioperm(PORT, 1, 0))
			return fail("ioperm: errno %d", errno);
		if (forbidden(PORT))
			return FAIL;
	}
	return PASS;
}

static void do_cli(void *arg)
{
	(void)arg;
	asm volatile("cli");
}

static void do_sti(void *arg)
{
	(void)arg;
	asm volatile("sti");
}

static enum verdict run_cli(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_cli, NULL, &caught);
	if (expect_signal(&caught, SIGSEGV, SI_KERNEL))
		return FAIL;
	catch_signal(do_sti, NULL, &caught);
	return expect_signal(&caught, SIGSEGV, SI_KERNEL);
}

/* With I/O privileges, the kernel steps over them; they still do nothing. */
static enum verdict run_cli_iopl(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	if (iopl(3))
		return refused("iopl");
	catch_signal(do_cli, NULL, &caught);
	if (caught.sig)
		return fail("cli: signal %d", caught.sig);
	if (!(read_flags() & FLAG_IF))
		return fail("cli cleared IF");
	catch_signal(do_sti, NULL, &caught);
	return caught.sig ? fail("sti: signal %d", caught.sig) : PASS;
}

/* popf neither faults nor changes IF or IOPL. */
static enum verdict run_popf(const struct guest_case *c)
{
	unsigned long flags = read_flags();

	(void)c;
	asm volatile("push %0\n\t"
		     "popf" :: "r" ((flags & ~FLAG_IF) | 0x3000)
		     : "memory", "cc");
	if (!(read_flags() & FLAG_IF))
		return fail("popf cleared IF");
	if (read_flags() & 0x3000)
		return fail("popf set IOPL");
	return PASS;
}

/*
 * One MSR that every CPU has and one that none has.  The kernel may refuse
 * either, and an emulator may answer for both; it must not fall over them.
 */
static enum verdict run_msr(const struct guest_case *c)
{
	static const off_t msrs[] = { MSR_APIC_BASE, MSR_NONE };
	u64 value;
	unsigned int i;
	ssize_t len;
	int fd;

	(void)c;
	fd = open("/dev/cpu/0/msr", O_RDONLY);
	if (fd < 0)
		return access("/sys/class/msr", F_OK) ?
		       skip("a kernel without MSR device") :
		       fail("/dev/cpu/0/msr: errno %d", errno);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		len = pread(fd, &value, sizeof(value), msrs[i]);
		if (len != sizeof(value) && (len >= 0 || errno != EIO))
			return fail("MSR %#llx: %zd bytes, errno %d",
				    (long long)msrs[i], len, errno);
	}
	return PASS;
}

static enum verdict run_cpuid(const struct guest_case *c)
{
	u32 device[4], own[4];
	int cpus[64];
	char path[64];
	unsigned int count, i;
	int fd;

	(void)c;
	read_cpuid(0, 0, own);
	count = online_cpus(cpus, ARRAY_SIZE(cpus));
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/dev/cpu/%d/cpuid", cpus[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return access("/sys/class/cpuid", F_OK) ?
			       skip("a kernel without CPUID device") :
			       fail("%s: errno %d", path, errno);
		if (pread(fd, device, sizeof(device), 0) != sizeof(device))
			return fail("%s: errno %d", path, errno);
		if (memcmp(&device[1], &own[1], 12))
			return fail("%s has another maker's name", path);
		close(fd);
	}
	return PASS;
}

#ifdef __x86_64__
#define VSYSCALL_PAGE	0xffffffffff600000ul
#define VSYSCALL_TIME	(VSYSCALL_PAGE + 0x400)
#define VSYSCALL_GETCPU	(VSYSCALL_PAGE + 0x800)
#define SS_SHIFT	48	/* in the word of a signal frame that has CS, too */

/* The permissions as /proc/self/maps has them; false: no such page. */
static bool vsyscall_permissions(char perms[8])
{
	char line[256];
	FILE *maps;
	bool found = false;

	maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vsyscall]"))
			found = sscanf(line, "%*s %7s", perms) == 1;
	if (maps)
		fclose(maps);
	return found;
}

static void call_time(void *result)
{
	*(time_t *)result = ((time_t (*)(time_t *))VSYSCALL_TIME)(NULL);
}

static void read_page(void *arg)
{
	(void)arg;
	(void)*(volatile char *)VSYSCALL_PAGE;
}

static enum verdict run_vsyscall(const struct guest_case *c)
{
	struct caught caught;
	char perms[8] = "";
	time_t result = 0, before = time(NULL);
	unsigned int cpu = ~0u;
	int cpus[1];

	(void)c;
	if (!vsyscall_permissions(perms))
		return skip("a kernel without vsyscall page");
	catch_signal(call_time, &result, &caught);
	if (perms[2] != 'x')
		return expect_signal(&caught, SIGSEGV, SEGV_MAPERR);
	if (caught.sig)
		return fail("calling it: signal %d code %d error %#lx",
			    caught.sig, caught.code, caught.error);
	if (result < before || result > time(NULL) + 1)
		return fail("time %ld", (long)result);
	online_cpus(cpus, 1);
	pin_to(cpus[0]);
	((long (*)(unsigned int *, void *, void *))VSYSCALL_GETCPU)(&cpu, NULL,
								    NULL);
	return cpu == (unsigned int)cpus[0] ? PASS : fail("CPU %u", cpu);
}

static enum verdict run_vsyscall_read(const struct guest_case *c)
{
	struct caught caught;
	char perms[8] = "";

	(void)c;
	if (!vsyscall_permissions(perms))
		return skip("a kernel without vsyscall page");
	catch_signal(read_page, NULL, &caught);
	if (perms[0] == 'r')
		return caught.sig ? fail("signal %d", caught.sig) : PASS;
	if (expect_signal(&caught, SIGSEGV, SEGV_MAPERR))
		return FAIL;
	return caught.addr == VSYSCALL_PAGE ? PASS :
	       fail("si_addr %#lx", caught.addr);
}

/* Go on at the page with a stack selector that IRET refuses. */
static void go_there(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	regs[REG_RIP] = VSYSCALL_TIME;
	regs[REG_CSGSFS] &= (1ull << SS_SHIFT) - 1;
}

static void return_there(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
}

/* It is the return that faults, whoever executes it; the log has no warning. */
static enum verdict run_vsyscall_return(const struct guest_case *c)
{
	struct caught caught;
	char perms[8] = "";

	(void)c;
	if (!vsyscall_permissions(perms))
		return skip("a kernel without vsyscall page");
	set_handler(SIGUSR1, go_there, 0);
	catch_signal(return_there, NULL, &caught);
	return caught.sig == SIGSEGV ? PASS : fail("signal %d", caught.sig);
}
#else
static enum verdict run_vsyscall(const struct guest_case *c)
{
	(void)c;
	return skip("the vsyscall page is for 64-bit code");
}

#define run_vsyscall_read run_vsyscall
#define run_vsyscall_return run_vsyscall
#endif

const struct guest_case privilege_cases[] = {
	{ .name = "iopl_ports", .run = run_iopl },
	{ .name = "ioperm_ports", .run = run_ioperm },
	{ .name = "cli_sti_refused", .run = run_cli },
	{ .name = "cli_sti_with_iopl", .run = run_cli_iopl },
	{ .name = "popf_harmless", .run = run_popf },
	{ .name = "msr_device", .run = run_msr },
	{ .name = "cpuid_device", .run = run_cpuid },
	{ .name = "vsyscall_call", .run = run_vsyscall },
	{ .name = "vsyscall_read", .run = run_vsyscall_read },
	{ .name = "vsyscall_return", .run = run_vsyscall_return },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions that become signals: number, si_code, si_addr, and where it
 * matters the instruction pointer.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define PAGE		4096
#define PF_USER_READ	0x4
#define PF_USER_WRITE	0x6
#define PF_INSTRUCTION	0x10

extern char fault_div[], fault_ud2[];

static void do_divide(void *arg)
{
	(void)arg;
	asm volatile(".global fault_div\n"
		     "fault_div:\n\t"
		     "divl %%ecx" :: "a" (1), "d" (0), "c" (0));
}

static void do_ud2(void *arg)
{
	(void)arg;
	asm volatile(".global fault_ud2\n"
		     "fault_ud2:\n\t"
		     "ud2");
}

static void do_read(void *arg)
{
	unsigned char byte;

	asm volatile("movb (%1), %0" : "=q" (byte) : "r" (arg) : "memory");
}

static void do_write(void *arg)
{
	asm volatile("movb $1, (%0)" :: "r" (arg) : "memory");
}

static void do_exec(void *arg)
{
	asm volatile("call *%0" :: "r" (arg) : "memory");
}

static enum verdict expect_at(const struct caught *caught, const void *where)
{
	if (caught->addr != (unsigned long)where)
		return fail("si_addr %#lx instead of %p", caught->addr, where);
	return PASS;
}

static enum verdict run_sigfpe(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_divide, NULL, &caught);
	if (expect_signal(&caught, SIGFPE, FPE_INTDIV))
		return FAIL;
	if (caught.ip != (unsigned long)fault_div)
		return fail("ip %#lx is not the division", caught.ip);
	return expect_at(&caught, fault_div);
}

static enum verdict run_sigill(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_ud2, NULL, &caught);
	if (expect_signal(&caught, SIGILL, ILL_ILLOPN))
		return FAIL;
	if (caught.ip != (unsigned long)fault_ud2)
		return fail("ip %#lx is not the ud2", caught.ip);
	return expect_at(&caught, fault_ud2);
}

/* An address inside a page, so that a rounded si_addr shows. */
static char *map_page(int prot)
{
	char *page = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		exit(fail("mmap failed"));
	return page + 0x123;
}

static char *unmapped_page(void)
{
	char *where = map_page(PROT_NONE);

	munmap(where - 0x123, PAGE);
	return where;
}

static enum verdict check_segv(void (*access)(void *), void *where, int code,
			       unsigned long error)
{
	struct caught caught;

	catch_signal(access, where, &caught);
	if (expect_signal(&caught, SIGSEGV, code))
		return FAIL;
	if ((caught.error & error) != error)
		return fail("error code %#lx lacks %#lx", caught.error, error);
	return expect_at(&caught, where);
}

static enum verdict run_read_maperr(const struct guest_case *c)
{
	(void)c;
	return check_segv(do_read, unmapped_page(), SEGV_MAPERR, PF_USER_READ);
}

static enum verdict run_write_maperr(const struct guest_case *c)
{
	(void)c;
	return check_segv(do_write, unmapped_page(), SEGV_MAPERR,
			  PF_USER_WRITE);
}

static enum verdict run_exec_maperr(const struct guest_case *c)
{
	(void)c;
	return check_segv(do_exec, unmapped_page(), SEGV_MAPERR,
			  PF_INSTRUCTION);
}

static enum verdict run_read_accerr(const struct guest_case *c)
{
	(void)c;
	return check_segv(do_read, map_page(PROT_NONE), SEGV_ACCERR,
			  PF_USER_READ);
}

static enum verdict run_write_accerr(const struct guest_case *c)
{
	(void)c;
	return check_segv(do_write, map_page(PROT_READ), SEGV_ACCERR,
			  PF_USER_WRITE);
}

static enum verdict run_exec_accerr(const struct guest_case *c)
{
	(void)c;
	/* i386 programs inherit READ_IMPLIES_EXEC, which the shell may have */
	personality(PER_LINUX);
	return check_segv(do_exec, map_page(PROT_READ | PROT_WRITE),
			  SEGV_ACCERR, PF_INSTRUCTION);
}

#ifdef __x86_64__
static void *const non_canonical = (void *)0x8000000000000123;

/* A general protection fault carries no address. */
static enum verdict run_non_canonical(const struct guest_case *c)
{
	static void (*const access[])(void *) = { do_read, do_write, do_exec };
	struct caught caught;
	unsigned int i;

	(void)c;
	for (i = 0; i < ARRAY_SIZE(access); i++) {
		catch_signal(access[i], non_canonical, &caught);
		if (expect_signal(&caught, SIGSEGV, SI_KERNEL) ||
		    expect_at(&caught, NULL))
			return FAIL;
	}
	return PASS;
}

/*
 * Where the kernel, or a hypervisor under it, lives.  Reads leave out the
 * start of the hole at 0xffff800000000000, where a hypervisor may let its
 * guests read its machine-to-physical table.
 */
static void *const high_addresses[] = {
	(void *)0xffff82d080000123,
	(void *)0xffff830000000123,
	(void *)0xffff880000000123,
	(void *)0xffff888000000123,
	(void *)0xffffffff81000123,
	(void *)0xffffffffffffe123,
};

static enum verdict run_high_read(const struct guest_case *c)
{
	unsigned int i;

	(void)c;
	for (i = 0; i < ARRAY_SIZE(high_addresses); i++)
		if (check_segv(do_read, high_addresses[i], SEGV_MAPERR,
			       PF_USER_READ))
			return FAIL;
	return PASS;
}

static enum verdict run_high_write(const struct guest_case *c)
{
	unsigned int i;

	(void)c;
	if (check_segv(do_write, (void *)0xffff800000000123, SEGV_MAPERR,
		       PF_USER_WRITE))
		return FAIL;
	for (i = 0; i < ARRAY_SIZE(high_addresses); i++)
		if (check_segv(do_write, high_addresses[i], SEGV_MAPERR,
			       PF_USER_WRITE))
			return FAIL;
	return PASS;
}

static enum verdict run_high_exec(const struct guest_case *c)
{
	unsigned int i;

	(void)c;
	if (check_segv(do_exec, (void *)0xffff800000000123, SEGV_MAPERR,
		       PF_INSTRUCTION))
		return FAIL;
	for (i = 0; i < ARRAY_SIZE(high_addresses); i++)
		if (check_segv(do_exec, high_addresses[i], SEGV_MAPERR,
			       PF_INSTRUCTION))
			return FAIL;
	return PASS;
}

/* Between two entries of the page that old programs call the kernel by */
#define IN_VSYSCALL_PAGE	0xffffffffff600004
#define CS_GS_FS_SS		0x0000000000000033	/* SS is null */

static void return_by_bad_frame(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	regs[REG_IP] = IN_VSYSCALL_PAGE;
	regs[REG_CSGSFS] = CS_GS_FS_SS;
}

/*
 * No stack has a null selector in user mode: it is the way there that faults,
 * and Xen says that the first instruction did, without its fetch.
 */
static enum verdict run_bad_frame(const struct guest_case *c)
{
	int status;
	pid_t pid;

	(void)c;
	pid = fork();
	if (!pid) {
		set_handler(SIGUSR1, return_by_bad_frame, 0);
		raise(SIGUSR1);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return fail("no child");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		return fail("it ended with %#x", status);
	return PASS;
}
#else
static enum verdict run_bad_frame(const struct guest_case *c)
{
	(void)c;
	return skip("a 32-bit frame goes to no such address");
}

static enum verdict run_non_canonical(const struct guest_case *c)
{
	(void)c;
	return skip("32-bit addresses are all canonical");
}

static enum verdict run_high_read(const struct guest_case *c)
{
	(void)c;
	return skip("32-bit code reaches no address above 4 GiB");
}

#define run_high_write run_high_read
#define run_high_exec run_high_read
#endif

/* A file of one page mapped as two. */
static enum verdict run_sigbus(const struct guest_case *c)
{
	struct caught caught;
	char *map;
	int fd;

	(void)c;
	fd = memfd_create("sigbus", 0);
	if (fd < 0 || ftruncate(fd, PAGE))
		return fail("no memfd");
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return fail("mmap failed");
	catch_signal(do_write, map + 0x10, &caught);
	if (caught.sig)
		return fail("signal %d inside the file", caught.sig);
	catch_signal(do_read, map + PAGE + 0x123, &caught);
	if (expect_signal(&caught, SIGBUS, BUS_ADRERR))
		return FAIL;
	return expect_at(&caught, map + PAGE + 0x123);
}

/* A privileged instruction. */
static void do_hlt(void *arg)
{
	(void)arg;
	asm volatile("hlt");
}

static enum verdict run_hlt(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_hlt, NULL, &caught);
	return expect_signal(&caught, SIGSEGV, SI_KERNEL);
}

#define MXCSR_DEFAULT		0x1f80
#define MXCSR_DIVIDE_MASK	0x0200
#define MXCSR_DIVIDE		0x0004

/* Leaves what became of the status where no exception comes. */
static void do_sse_divide(void *arg)
{
	const u32 mxcsr = MXCSR_DEFAULT & ~MXCSR_DIVIDE_MASK;
	float value = 1, zero = 0;

	asm volatile("ldmxcsr %1\n\t"
		     "divss %2, %0" : "+x" (value) : "m" (mxcsr), "x" (zero));
	asm volatile("stmxcsr %0" : "=m" (*(u32 *)arg));
}

static enum verdict run_sigfpe_sse(const struct guest_case *c)
{
	struct caught caught;
	u32 mxcsr = 0;

	(void)c;
	catch_signal(do_sse_divide, &mxcsr, &caught);
	if (!caught.sig && (mxcsr & MXCSR_DIVIDE))
		return skip("this CPU notes SIMD exceptions, but raises none");
	return expect_signal(&caught, SIGFPE, FPE_FLTDIV);
}

static void do_x87_divide(void *arg)
{
	u16 control = 0x37f & ~0x4;

	(void)arg;
	asm volatile("fninit\n\t"
		     "fldcw %0\n\t"
		     "fld1\n\t"
		     "fldz\n\t"
		     "fdivrp\n\t"
		     "fwait" :: "m" (control));
}

static enum verdict run_sigfpe_x87(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_x87_divide, NULL, &caught);
	return expect_signal(&caught, SIGFPE, FPE_FLTDIV);
}

const struct guest_case fault_cases[] = {
	{ .name = "sigfpe_int_divide", .run = run_sigfpe },
	{ .name = "sigfpe_x87_divide", .run = run_sigfpe_x87 },
	{ .name = "sigfpe_sse_divide", .run = run_sigfpe_sse },
	{ .name = "sigill_ud2", .run = run_sigill },
	{ .name = "sigsegv_read_unmapped", .run = run_read_maperr },
	{ .name = "sigsegv_write_unmapped", .run = run_write_maperr },
	{ .name = "sigsegv_exec_unmapped", .run = run_exec_maperr },
	{ .name = "sigsegv_read_protected", .run = run_read_accerr },
	{ .name = "sigsegv_write_protected", .run = run_write_accerr },
	{ .name = "sigsegv_exec_protected", .run = run_exec_accerr },
	{ .name = "sigsegv_non_canonical", .run = run_non_canonical },
	{ .name = "sigsegv_privileged", .run = run_hlt },
	{ .name = "sigsegv_high_read", .run = run_high_read },
	{ .name = "sigsegv_high_write", .run = run_high_write },
	{ .name = "sigsegv_high_exec", .run = run_high_exec },
	{ .name = "sigsegv_bad_frame", .run = run_bad_frame },
	{ .name = "sigbus_past_eof", .run = run_sigbus },
	{ }
};

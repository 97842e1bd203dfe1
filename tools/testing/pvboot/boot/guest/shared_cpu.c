// SPDX-License-Identifier: GPL-2.0
/*
 * Where vCPUs share a CPU, Xen loads the segment registers of one whenever it is its
 * turn again: what would load on hardware long before may not load now.
 *
 * stale_gs_*: exceptions while the selector in GS is stale: its descriptor has gone,
 * but the register was not loaded since.  Xen may take the CPU away after it has
 * noticed an exception, and before it has told the kernel.  So the kernel has two
 * entries to take at once, of which the exception's interrupts the failsafe
 * callback's at its first instruction.
 *
 * kept_*: a task has a selector of its LDT in a data segment register, and the next
 * task has no LDT.  The kernel changes the LDT by a hypercall, at whose end Xen may
 * take the CPU away.  kept_*_poke: so does the kernel where it patches itself, which a
 * user can have it do by perf's software events.  kept_*_sending: the task is preempted
 * wherever it is in the network's code, with softirqs disabled where the kernel allows
 * that.
 *
 * ldt_changes: a thread on one CPU changes the LDT while another CPU switches between
 * a thread that uses it and another process.  Pages that Xen would not give back are a
 * warning in the kernel's log.
 *
 * null_base: a segment register has become null by Xen's doing, and its base is
 * nobody else's.
 *
 * STALE_ROUNDS=N is how often it is tried, beside a process that spins on another CPU;
 * by default 200 times.  VCPUS_SHARE=1 says that vCPUs do share a CPU.
 */
#include <arpa/inet.h>
#include <asm/ldt.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define SELECTOR	LDT_SELECTOR(0)
#define ROUNDS		200
#define NOWHERE		8UL	/* an address that nothing is mapped at */

/* Where the handler goes on, what it has seen, and how often */
static volatile unsigned long go_on_at;
static volatile int seen;
static volatile unsigned int count;

static void go_on(int sig, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)info;
	seen = sig;
	count++;
	user->uc_mcontext.gregs[REG_IP] = go_on_at;
	user->uc_mcontext.gregs[REG_EFL] &= ~(long)FLAG_TF;
}

enum kind {
	GENERAL_PROTECTION, INVALID_OPCODE, PAGE_FAULT, DIVIDE_ERROR, BREAKPOINT,
	SINGLE_STEP, BAD_POINTER,
};

#ifdef __x86_64__
#define SET_LABEL	"movq $1f, %0\n\t"
#define OR_TF		"orq $0x100, (%%rsp)\n\t"
#else
#define SET_LABEL	"movl $1f, %0\n\t"
#define OR_TF		"orl $0x100, (%%esp)\n\t"
#endif

/* The handler goes on behind the code. */
#define FAULT(code, inputs...) ({					\
	asm volatile(SET_LABEL code "\n1:"				\
		     : "=m" (go_on_at) : inputs : "eax", "edx", "memory", "cc"); \
})

static const int expected[] = {
	[GENERAL_PROTECTION] = SIGSEGV, [INVALID_OPCODE] = SIGILL,
	[PAGE_FAULT] = SIGSEGV, [DIVIDE_ERROR] = SIGFPE, [BREAKPOINT] = SIGTRAP,
	[SINGLE_STEP] = SIGTRAP, [BAD_POINTER] = 0,
};

/* provoke - have one exception; C must not need GS here */
static void provoke(enum kind kind)
{
	switch (kind) {
	case GENERAL_PROTECTION:
		FAULT("hlt");
		break;
	case INVALID_OPCODE:
		FAULT("ud2");
		break;
	case PAGE_FAULT:
		FAULT("movb (%1), %%al", "r" (NOWHERE));
		break;
	case DIVIDE_ERROR:
		FAULT("xorl %%edx, %%edx\n\tdivl %%edx");
		break;
	case BREAKPOINT:
		FAULT("int3");
		break;
	case SINGLE_STEP:
		FAULT("pushf\n\t" OR_TF "popf\n\tnop");
		break;
	case BAD_POINTER:
		/* in the kernel, which has to find its way out */
		if (plain_call(SYS_getcpu, NOWHERE, 0, 0) == -EFAULT)
			count++;
		break;
	}
}

static unsigned int read_gs(void)
{
	unsigned int selector;

	asm volatile("mov %%gs, %0" : "=r" (selector));
	return selector;
}

static void write_gs(unsigned int selector)
{
	asm volatile("mov %0, %%gs" :: "r" (selector));
}

/* make_stale - the kernel reloads data segments, but not this one */
static long make_stale(void)
{
	long result = write_ldt(0, true);

	if (result)
		return result;
	write_gs(SELECTOR);
	return write_ldt(0, false);
}

static unsigned int rounds(void)
{
	const char *text = getenv("STALE_ROUNDS");

	return text ? strtoul(text, NULL, 0) : ROUNDS;
}

/* try_rounds - the number of the round that went wrong, or of rounds */
static unsigned int try_rounds(enum kind kind, unsigned int most, unsigned int *armed)
{
	unsigned int round;

	for (round = 0; round < most; round++) {
		if (!read_gs()) {
			if (make_stale())
				break;
			++*armed;
		}
		count = 0;
		seen = 0;
		provoke(kind);
		if (count != 1 || seen != expected[kind])
			break;
	}
	return round;
}

enum habit {
	SPINS, YIELDS, SLEEPS,
};

/* start_other - a process that has no LDT, on a CPU */
static pid_t start_other(int cpu, enum habit habit)
{
	const struct timespec moment = { .tv_nsec = 50000 };
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin_to(cpu);
	for (;;) {
		if (habit == YIELDS)
			sched_yield();
		else if (habit == SLEEPS)
			nanosleep(&moment, NULL);
	}
}

/* start_beside - run on one CPU, and have a process spin on another */
static enum verdict start_beside(pid_t *child, int *cpu)
{
	int cpus[2];

	if (two_cpus(cpus))
		return skip("one CPU only");
	*child = start_other(cpus[1], SPINS);
	*cpu = cpus[0];
	if (*child < 0 || pin_to(cpus[0]))
		return fail("cannot run on CPU %d beside a process", cpus[0]);
	return PASS;
}

static enum verdict run_stale_fault(const struct guest_case *c)
{
	unsigned int round, old, armed = 0, most = rounds();
	enum kind kind = c->segment;
	enum verdict verdict;
	pid_t child;
	int cpu;

	/* A debug Xen tells of each, in the middle of lines that are not out yet. */
	if (kernel_is_32())
		usleep(300000);
	verdict = start_beside(&child, &cpu);
	if (verdict != PASS)
		return verdict;
	set_handler(SIGSEGV, go_on, 0);
	set_handler(SIGILL, go_on, 0);
	set_handler(SIGFPE, go_on, 0);
	set_handler(SIGTRAP, go_on, 0);

	/* From here to the other write_gs() there is no thread pointer in 32 bits. */
	old = read_gs();
	write_gs(0);
	round = try_rounds(kind, most, &armed);
	write_gs(old);

	kill(child, SIGKILL);
	if (round != most)
		return fail("round %u: %u times signal %d", round, count, seen);
	diag("%u rounds, GS made stale %u times", most, armed);
	if (vcpus_share() && armed < most / 2)
		return fail("GS was not stale often enough");
	return PASS;
}

static unsigned int read_data_segment(unsigned int segment)
{
	unsigned int selector;

	switch (segment) {
	case DS:
		asm volatile("mov %%ds, %0" : "=r" (selector));
		return selector;
	case ES:
		asm volatile("mov %%es, %0" : "=r" (selector));
		return selector;
	default:
		return read_gs();
	}
}

static void write_data_segment(unsigned int segment, unsigned int selector)
{
	switch (segment) {
	case DS:
		asm volatile("mov %0, %%ds" :: "r" (selector));
		return;
	case ES:
		asm volatile("mov %0, %%es" :: "r" (selector));
		return;
	default:
		write_gs(selector);
	}
}

/* keep - a selector of the LDT in a register, through so many system calls */
static enum verdict keep(unsigned int segment, enum habit others, unsigned int most,
			 long nr, long a, long b, long c)
{
	unsigned int old, round, selector = SELECTOR;
	enum verdict verdict;
	pid_t child, other;
	int cpu;

	verdict = start_beside(&child, &cpu);
	if (verdict != PASS)
		return verdict;
	other = start_other(cpu, others);
	if (other < 0 || write_ldt(0, true))
		return fail("no other process, or modify_ldt was refused");

	/* A flat segment: in 32 bits, data can be reached through it. */
	old = read_data_segment(segment);
	write_data_segment(segment, SELECTOR);
	for (round = 0; round < most && selector == SELECTOR; round++) {
		plain_call(nr, a, b, c);
		selector = read_data_segment(segment);
	}
	write_data_segment(segment, old);

	kill(other, SIGKILL);
	kill(child, SIGKILL);
	if (selector != SELECTOR)
		return fail("the selector is %#x after %u calls", selector, round);
	return PASS;
}

static enum verdict run_kept(const struct guest_case *c)
{
	return keep(c->segment, YIELDS, 4 * rounds(), SYS_sched_yield, 0, 0, 0);
}

/* loopback_up - whether this machine can send to itself */
static bool loopback_up(int file)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return !ioctl(file, SIOCSIFFLAGS, &request);
}

/* sender - a socket whose packets another one gets, or drops; or -1 */
static int sender(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(to);
	int from = socket(AF_INET, SOCK_DGRAM, 0);
	int file = socket(AF_INET, SOCK_DGRAM, 0);

	if (from < 0 || file < 0 || !loopback_up(file) ||
	    bind(file, (struct sockaddr *)&to, len) ||
	    getsockname(file, (struct sockaddr *)&to, &len) ||
	    connect(from, (struct sockaddr *)&to, len))
		return -1;
	return from;
}

static enum verdict run_sending(const struct guest_case *c)
{
	static const char packet[60000];
	int file = sender();

	if (file < 0)
		return skip("no network");
	return keep(c->segment, SLEEPS, 2 * rounds(), SYS_write, file, (long)packet,
		    sizeof(packet));
}

/* Two changes of the kernel's text, of a static key */
static bool poke(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.exclude_kernel = 1,
	};
	int file = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	return file >= 0 && !close(file);
}

static enum verdict run_poke(const struct guest_case *c)
{
	unsigned int old, round, selector = SELECTOR, most = rounds() / 4;
	enum verdict verdict;
	bool poked = true;
	pid_t child;
	int cpu;

	if (WIDTH == 32 && c->segment == GS)
		return skip("C has its thread pointer there");
	verdict = start_beside(&child, &cpu);
	if (verdict != PASS)
		return verdict;
	if (write_ldt(0, true))
		return fail("modify_ldt was refused");

	old = read_data_segment(c->segment);
	write_data_segment(c->segment, SELECTOR);
	for (round = 0; round < most && poked && selector == SELECTOR; round++) {
		poked = poke();
		selector = read_data_segment(c->segment);
	}
	write_data_segment(c->segment, old);

	kill(child, SIGKILL);
	if (!poked)
		return fail("perf_event_open: errno %d", errno);
	if (selector != SELECTOR)
		return fail("the selector is %#x after %u events", selector, round);
	return PASS;
}

static volatile bool stop;

static void *use_ldt(void *cpu)
{
	unsigned int old = read_data_segment(ES);

	pin_to(*(int *)cpu);
	while (!stop) {
		write_data_segment(ES, SELECTOR);
		plain_call(SYS_sched_yield, 0, 0, 0);
		write_data_segment(ES, old);
	}
	return NULL;
}

static enum verdict run_ldt_changes(const struct guest_case *c)
{
	unsigned int round, most = 5 * rounds();
	int cpus[2];
	pthread_t thread;
	pid_t other;
	long result = 0;

	(void)c;
	if (two_cpus(cpus))
		return skip("one CPU only");
	other = start_other(cpus[1], YIELDS);
	if (other < 0 || pin_to(cpus[0]) || write_ldt(0, true))
		return fail("no other process, or modify_ldt was refused");
	if (pthread_create(&thread, NULL, use_ldt, &cpus[1]))
		return fail("no thread");
	for (round = 0; round < most && !result; round++)
		result = write_ldt(0, true);
	stop = true;
	pthread_join(thread, NULL);
	kill(other, SIGKILL);
	return result ? fail("modify_ldt: %ld in round %u", result, round) : PASS;
}

#ifdef __x86_64__
#define ARCH_GET_GS	0x1004
#define BASE		0x12345000

/* leave_base - GS null, but not by its owner's doing; one means that it is so */
static void leave_base(volatile int *one)
{
	struct user_desc desc = {
		.base_addr = BASE, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
		.useable = 1,
	};

	for (;;) {
		plain_call(SYS_modify_ldt, LDT_WRITE, (long)&desc, sizeof(desc));
		write_gs(SELECTOR);
		write_ldt(0, false);
		while (read_gs())
			;
		*one = 1;
		plain_call(SYS_sched_yield, 0, 0, 0);
	}
}

static enum verdict run_null_base(const struct guest_case *c)
{
	unsigned int round, most = 10 * rounds();
	unsigned long base = 0;
	enum verdict verdict;
	volatile int *one;
	pid_t child, other;
	int cpu;

	(void)c;
	one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	verdict = start_beside(&child, &cpu);
	if (verdict != PASS)
		return verdict;
	other = fork();
	if (other < 0 || one == MAP_FAILED)
		return fail("no other process, or no memory");
	if (!other) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		leave_base(one);
	}
	for (round = 0; round < most && !base; round++) {
		plain_call(SYS_sched_yield, 0, 0, 0);
		plain_call(SYS_arch_prctl, ARCH_GET_GS, (long)&base, 0);
	}
	kill(other, SIGKILL);
	kill(child, SIGKILL);
	if (base)
		return fail("GS has base %#lx after %u switches", base, round);
	return *one ? PASS : fail("the other process still has its selector");
}
#else
static enum verdict run_null_base(const struct guest_case *c)
{
	(void)c;
	return skip("a base goes with its selector");
}
#endif

#define ROW(title, which)	\
	{ .name = "stale_gs_" title, .run = run_stale_fault, .segment = which, .timeout = 120 }

#define KEPT(title, which)	\
	{ .name = "kept_" title, .run = run_kept, .segment = which, .timeout = 120 }

#define SENDING(title, which)	\
	{ .name = "kept_" title "_sending", .run = run_sending, .segment = which, .timeout = 120 }

#define POKE(title, which)	\
	{ .name = "kept_" title "_poke", .run = run_poke, .segment = which, .timeout = 120 }

const struct guest_case shared_cpu_cases[] = {
	ROW("general_protection", GENERAL_PROTECTION),
	ROW("invalid_opcode", INVALID_OPCODE),
	ROW("page_fault", PAGE_FAULT),
	ROW("divide_error", DIVIDE_ERROR),
	ROW("breakpoint", BREAKPOINT),
	ROW("single_step", SINGLE_STEP),
	ROW("bad_pointer", BAD_POINTER),
	KEPT("ds", DS),
	KEPT("es", ES),
	SENDING("ds", DS),
	SENDING("es", ES),
	SENDING("gs", GS),
	POKE("ds", DS),
	POKE("es", ES),
	POKE("gs", GS),
	{ .name = "ldt_changes", .run = run_ldt_changes, .timeout = 120 },
	{ .name = "null_base", .run = run_null_base, .timeout = 120 },
	{ }
};

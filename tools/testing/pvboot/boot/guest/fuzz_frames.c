// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_frames SECONDS SEED: registers that no program would have, handed to
 * the kernel by rt_sigreturn, by ptrace, and at all kinds of instructions.
 *
 * On each CPU a driver starts one victim after the other, as an ordinary user.
 * A victim's signal handler scrambles the frame that it returns to; the fault
 * that comes of it leads to the same handler.  A victim that lasts too long is
 * killed.  Every few seconds each CPU has to show that it is well: its timer
 * comes, its clock goes, other CPUs can wake it, processes start, sums are
 * right.
 *
 * What a victim does follows from the seed, its CPU and its number.  Prints
 * KTAP.
 */
#include <asm/ldt.h>
#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define USER		1000
#define CPUS_MAX	64
#define VICTIM_MS	100	/* how long a victim may take */
#define FRAMES		40	/* how many frames it makes */
#define STOPS		12	/* how often a tracee's registers are set */
#define KILL_SECONDS	60	/* how long a killed one may take to end */
#define CHECK_EVERY	3	/* seconds */
#define CHECK_SECONDS	60	/* how long a CPU may take to show it is well */
#define TIMER_US	300
#define LDT_ENTRIES_USED 8
#define SYMBOLS		"/proc/kallsyms"
#define ENTRIES_MAX	512
#define EXEC_STATUS	42

/**
 * struct shared - what victims and drivers leave for the first process
 * @seed:	of all random numbers
 * @stop:	the drivers are to end
 * @started:	victims of each CPU
 * @killed:	those that lasted too long
 * @frames:	how many frames were made, of all kinds
 * @stuck:	a victim did not end when it was killed
 * @masked_ip:	where a frame of user mode had IF clear; 0: none had
 * @masked_flags: the flags of that frame
 * @masked_round: its victim's number
 */
struct shared {
	u64 seed;
	volatile int stop;
	volatile unsigned int started[CPUS_MAX];
	volatile unsigned int killed[CPUS_MAX];
	volatile unsigned int frames;
	volatile int stuck;
	volatile unsigned long masked_ip;
	volatile unsigned long masked_flags;
	volatile unsigned int masked_round;
};

static struct shared *shared;
static unsigned char *code_page;
static char victim_stack[64 * 1024] __attribute__((aligned(64)));
static u64 rng;
static unsigned int frames_left;
static unsigned int this_round;

/*
 * Random numbers
 */

static u64 next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dull;
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(next() >> 33) % n;
}

static void seed_for(unsigned int cpu, unsigned int round)
{
	rng = shared->seed ^ (u64)(cpu + 1) << 48 ^ (u64)(round + 1) << 8;
	rng = rng ? rng : 1;
	next();
	next();
}

static const unsigned long long edges[] = {
	0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffe000,
	0x7fffffffefff, 0x7fffffffffff, 0x800000000000, 0x8000000000000000,
	0xffff7fffffffffff, 0xffff800000000000, 0xffff804000000000,
	0xffff82d080000000, 0xffff888000000000, 0xffffffff81000000,
	0xffffffff81000fff, 0xffffffff82000000, 0xfffffffffffff000,
	0xffffffffff600000, 0xffffffffffffffff,
};

/* Where the kernel's own ways in and out stand: those may look at addresses. */
static unsigned long entries[ENTRIES_MAX];
static unsigned int entry_count;

static void find_entries(void)
{
	static const char *const patterns[] = {
		"xen_entry_*", "xen_asm_*", "xen_pv_*", "xen_iret",
		"xen_hypercall_*", "xenpv_*", "entry_SYS*", "asm_exc_*",
	};
	unsigned long where;
	char line[512], name[256];
	unsigned int i;
	FILE *file;

	file = fopen(SYMBOLS, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*1[tT] %255s", &where, name) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(patterns); i++)
			if (entry_count < ENTRIES_MAX && where &&
			    !fnmatch(patterns[i], name, 0))
				entries[entry_count++] = where;
	}
	if (file)
		fclose(file);
}

static unsigned long address(void)
{
	switch (below(entry_count ? 8 : 6)) {
	case 0:
		return edges[below(ARRAY_SIZE(edges))] + below(16) - 8;
	case 1:
		return next();
	case 2:	/* text of the kernel */
		return (unsigned long)(0xffffffff81000000ull +
				       below(0x1000000));
	case 3:	/* what stands in the middle of a page that can be run */
		return (unsigned long)code_page + below(4096);
	case 4:
		return (unsigned long)victim_stack + below(sizeof(victim_stack));
	case 5:
		return below(0x10000);
	default:
		return entries[below(entry_count)] + below(24);
	}
}

/* Linux's, Xen's, empty ones, the local table's, and any. */
static unsigned int selector(void)
{
	static const u16 some[] = {
		0, 1, 3, 0x10, 0x18, 0x20, 0x23, 0x28, 0x2b, 0x30, 0x33, 0x38,
		0x40, 0x48, 0x60, 0x63, 0x6b, 0x73, 0x78, 0x7b, 0x80, 0x83,
		0xe008, 0xe010, 0xe019, 0xe021, 0xe023, 0xe02b, 0xe033, 0xe038,
		0xffff, 0xfff8, 0x23, 0x2b, 0x33,
	};

	switch (below(4)) {
	case 0:
		return (unsigned int)next() & 0xffff;
	case 1:
		return below(LDT_ENTRIES_USED) << 3 | 4 | below(4);
	default:
		return some[below(ARRAY_SIZE(some))];
	}
}

static unsigned int code_selector(void)
{
	static const u16 usual[] = {
		USER64_CS, USER32_CS, 0xe033, 0xe023, 0xe019, 0x10,
	};

	return below(4) ? usual[below(ARRAY_SIZE(usual))] : selector();
}

/*
 * No small number, by which any system call might be made: the fuzzing of
 * those is not what this is for.
 */
static unsigned long call_number(void)
{
	static const u32 harmless[] = {
		20, 39, 0x40000027, 0x7fffffff, 0xffffffff, 0x80000014, 1000,
	};

	return below(3) ? harmless[below(ARRAY_SIZE(harmless))] :
			  (unsigned long)next() | 0x10000;
}

/*
 * Instructions
 */

static const struct {
	unsigned char length;
	unsigned char bytes[8];
} instructions[] = {
	{ 1, { 0xcc } },			/* int3 */
	{ 1, { 0xf1 } },			/* int1 */
	{ 1, { 0xce } },			/* into */
	{ 2, { 0x0f, 0x0b } },			/* ud2 */
	{ 1, { 0xf4 } },			/* hlt */
	{ 1, { 0xfa } },			/* cli */
	{ 1, { 0xfb } },			/* sti */
	{ 2, { 0xcd, 0x80 } },			/* int $0x80 */
	{ 2, { 0xcd, 0x82 } },			/* int $0x82 */
	{ 2, { 0xcd, 0x03 } },			/* int $3 */
	{ 2, { 0xcd, 0x04 } },			/* int $4 */
	{ 2, { 0xcd, 0x02 } },			/* int $2 */
	{ 2, { 0x0f, 0x05 } },			/* syscall */
	{ 2, { 0x0f, 0x34 } },			/* sysenter */
	{ 2, { 0x0f, 0x07 } },			/* sysret */
	{ 2, { 0x0f, 0x35 } },			/* sysexit */
	{ 1, { 0xcb } },			/* lret */
	{ 2, { 0x48, 0xcb } },			/* lretq */
	{ 3, { 0x0f, 0x01, 0xf8 } },		/* swapgs */
	{ 3, { 0x0f, 0x01, 0xc1 } },		/* vmcall */
	{ 3, { 0x0f, 0x01, 0xd9 } },		/* vmmcall */
	{ 3, { 0x0f, 0x01, 0xd0 } },		/* xgetbv */
	{ 3, { 0x0f, 0x01, 0xd1 } },		/* xsetbv */
	{ 3, { 0x0f, 0x01, 0xca } },		/* clac */
	{ 3, { 0x0f, 0x01, 0xcb } },		/* stac */
	{ 3, { 0x0f, 0x01, 0x00 } },		/* sgdt (%rax) */
	{ 3, { 0x0f, 0x01, 0x08 } },		/* sidt (%rax) */
	{ 3, { 0x0f, 0x01, 0x10 } },		/* lgdt (%rax) */
	{ 3, { 0x0f, 0x01, 0x20 } },		/* smsw (%rax) */
	{ 3, { 0x0f, 0x00, 0xc8 } },		/* str %eax */
	{ 3, { 0x0f, 0x00, 0xc0 } },		/* sldt %eax */
	{ 2, { 0x0f, 0x06 } },			/* clts */
	{ 2, { 0x0f, 0x08 } },			/* invd */
	{ 2, { 0x0f, 0x30 } },			/* wrmsr */
	{ 2, { 0x0f, 0x32 } },			/* rdmsr */
	{ 2, { 0x0f, 0x33 } },			/* rdpmc */
	{ 2, { 0x0f, 0x31 } },			/* rdtsc */
	{ 2, { 0x0f, 0xa2 } },			/* cpuid */
	{ 3, { 0x0f, 0x20, 0xc0 } },		/* mov %cr0, %eax */
	{ 3, { 0x0f, 0x22, 0xd8 } },		/* mov %eax, %cr3 */
	{ 3, { 0x0f, 0x23, 0xf8 } },		/* mov %eax, %dr7 */
	{ 1, { 0x9d } },			/* popf */
	{ 2, { 0x8e, 0xd0 } },			/* mov %eax, %ss */
	{ 2, { 0x8e, 0xd8 } },			/* mov %eax, %ds */
	{ 2, { 0x8e, 0xc0 } },			/* mov %eax, %es */
	{ 2, { 0x8e, 0xe0 } },			/* mov %eax, %fs */
	{ 2, { 0x8e, 0xe8 } },			/* mov %eax, %gs */
	{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd0 } },	/* wrfsbase %rax */
	{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd8 } },	/* wrgsbase %rax */
	{ 3, { 0x0f, 0xc7, 0xf8 } },		/* rdseed %eax */
	{ 1, { 0xec } },			/* in %dx, %al */
	{ 1, { 0xef } },			/* out %eax, %dx */
	{ 2, { 0xf3, 0x6c } },			/* rep insb */
	{ 2, { 0xf0, 0xf0 } },			/* lock twice */
	{ 2, { 0xff, 0x28 } },			/* ljmp *(%rax) */
	{ 2, { 0xff, 0x18 } },			/* lcall *(%rax) */
	{ 7, { 0xea, 0, 0, 0, 0, USER32_CS, 0 } },	/* ljmp, 32-bit only */
	{ 7, { 0xea, 0, 0, 0, 0, USER64_CS, 0 } },
	{ 2, { 0xd9, 0xd0 } },			/* fnop */
	{ 2, { 0x0f, 0x77 } },			/* emms */
	{ 1, { 0x9b } },			/* fwait */
	{ 3, { 0x0f, 0xae, 0x10 } },		/* ldmxcsr (%rax) */
	{ 3, { 0x0f, 0xae, 0x28 } },		/* xrstor (%rax) */
};

/*
 * Not iret: QEMU 10.0.2 takes VM from the flags that 32-bit code pops by it,
 * whatever the privilege, and is in virtual 8086 mode within long mode.  Xen
 * finds a frame whose cs is 0 then, takes it for one of its own, and dies.
 */
#define IRET		0xcf

static unsigned char any_byte(void)
{
	unsigned char byte = (unsigned char)next();

	return byte == IRET ? 0xcc : byte;
}

/* One instruction of the list, or a vector of one's choice, or any bytes. */
static unsigned long some_code(void)
{
	unsigned int at = below(2) ? below(4080) : 4096 - 1 - below(4);
	unsigned char *p = code_page + at;
	unsigned int i, which, length;

	switch (below(8)) {
	case 0:
		for (i = 0; i < 15 && at + i < 4096; i++)
			p[i] = any_byte();
		break;
	case 1:
		p[0] = 0xcd;
		if (at + 1 < 4096)
			p[1] = any_byte();
		break;
	default:
		which = below(ARRAY_SIZE(instructions));
		length = instructions[which].length;
		for (i = 0; i < length && at + i < 4096; i++)
			p[i] = instructions[which].bytes[i];
		for (; i < 15 && at + i < 4096; i++)
			p[i] = 0xcc;
	}
	return (unsigned long)p;
}

static unsigned long instruction_pointer(void)
{
	return below(3) ? some_code() : address();
}

/*
 * A victim.  Its handlers make system calls of their own: the C library's go
 * by segment registers, which are anything here.
 */

static long raw_call(long nr, unsigned long a, unsigned long b, unsigned long c)
{
	long result;

#ifdef __x86_64__
	asm volatile("syscall" : "=a" (result)
		     : "a" (nr), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r11", "memory");
#else
	asm volatile("int $0x80" : "=a" (result)
		     : "a" (nr), "b" (a), "c" (b), "d" (c) : "memory");
#endif
	return result;
}

static void note_frame(unsigned long ip, unsigned long flags)
{
	shared->frames++;
	if ((flags & FLAG_IF) || shared->masked_ip)
		return;
	shared->masked_round = this_round;
	shared->masked_flags = flags;
	shared->masked_ip = ip ? ip : 1;
}

static void change_ldt(void)
{
	static const int functions[] = { 0x11, 0x11, 0x11, 1, 0, 2 };
	static char buffer[256];
	struct user_desc desc;
	unsigned int i;
	int function = functions[below(ARRAY_SIZE(functions))];

	for (i = 0; i < sizeof(desc); i++)
		((unsigned char *)&desc)[i] = (unsigned char)next();
	desc.entry_number = below(8) ? below(LDT_ENTRIES_USED) : (u32)next();
	if (below(2)) {
		desc.base_addr = below(2) ? 0 : (u32)address();
		desc.limit = below(2) ? 0xfffff : below(0x1000);
	}
	if (below(2)) {
		desc.seg_not_present = 0;
		desc.limit_in_pages = 1;
		desc.seg_32bit = 1;
	}
	raw_call(SYS_modify_ldt, function, function == 0x11 || function == 1 ?
		 (unsigned long)&desc : (unsigned long)buffer,
		 function == 0x11 || function == 1 ? sizeof(desc) :
		 sizeof(buffer));
}

static void change_bases(void)
{
#ifdef __x86_64__
	static const int codes[] = { 0x1001, 0x1002, 0x1012, 0x1001, 0x1002 };

	raw_call(SYS_arch_prctl, codes[below(ARRAY_SIZE(codes))],
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

	raw_call(SYS_set_thread_area, (unsigned long)&desc, 0, 0);
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

/* The kernel leaves AC and NT to a handler. */
static void clear_rogue_flags(void)
{
	asm volatile("pushf\n\t"
#ifdef __x86_64__
		     "andq %0, (%%rsp)\n\t"
#else
		     "andl %0, (%%esp)\n\t"
#endif
		     "popf" :: "i" (~FLAGS_ROGUE) : "memory", "cc");
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
		raw_call(SYS_exit_group, 0, 0, 0);
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

static void by_sigreturn(void)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = TIMER_US },
		.it_value = { .tv_usec = TIMER_US },
	};
	const stack_t stack = {
		.ss_sp = victim_stack,
		.ss_size = sizeof(victim_stack),
	};
	struct sigaction action = {
		.sa_sigaction = scramble,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	unsigned int i;

	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(victim_signals); i++)
		sigaction(victim_signals[i], &action, NULL);
	frames_left = FRAMES;
	if (below(4))
		setitimer(ITIMER_REAL, &every, NULL);
	raise(SIGUSR1);
}

/*
 * A victim that is a tracer
 */

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

static void by_ptrace(void)
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

static void limit(int what, rlim_t value)
{
	const struct rlimit limits = { .rlim_cur = value, .rlim_max = value };

	setrlimit(what, &limits);
}

static int become_user(void)
{
	return setgroups(0, NULL) || setresgid(USER, USER, USER) ||
	       setresuid(USER, USER, USER);
}

static void victim(unsigned int cpu, unsigned int round)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, 1);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NPROC, 200);
	if (become_user())
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* ptrace asks for this, which a change of user takes away. */
	prctl(PR_SET_DUMPABLE, 1);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	this_round = round;
	seed_for(cpu, round);
	if (below(4))
		by_sigreturn();
	else
		by_ptrace();
	_exit(0);
}

/*
 * A driver: one victim after the other, on its CPU
 */

static int bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) +
	       (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

/* Return: whether the child has ended; it may be one that was stopped. */
static bool ends_within(pid_t pid, double seconds, int *status)
{
	const struct timespec short_time = { .tv_nsec = 20000000 };
	struct timespec start;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (waitpid(pid, status, WNOHANG) != pid) {
		if (seconds_since(&start) > seconds)
			return false;
		sigtimedwait(&chld, NULL, &short_time);
	}
	return true;
}

static void drive(unsigned int slot, int cpu)
{
	unsigned int round;
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (bind_to(cpu))
		_exit(1);
	for (round = 0; !shared->stop; round++) {
		pid = fork();
		if (!pid)
			victim(cpu, round);
		if (pid < 0)
			continue;
		shared->started[slot]++;
		if (!ends_within(pid, VICTIM_MS / 1e3, &status)) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			shared->killed[slot]++;
			if (!ends_within(pid, KILL_SECONDS, &status))
				shared->stuck = 1;
		}
		/* Whoever it has left behind. */
		kill(-pid, SIGKILL);
	}
	_exit(0);
}

/*
 * How a CPU is
 */

static volatile unsigned int alarms;

static void count_alarm(int sig, siginfo_t *info, void *context)
{
	const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	alarms++;
	note_frame(regs[REG_IP], regs[REG_EFL]);
}

static bool timer_comes(void)
{
	const struct itimerval once = { .it_value = { .tv_usec = 2000 } };
	struct timespec start;
	struct sigaction action = {
		.sa_sigaction = count_alarm,
		.sa_flags = SA_SIGINFO,
	};

	sigaction(SIGALRM, &action, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	setitimer(ITIMER_REAL, &once, NULL);
	while (!alarms && seconds_since(&start) < CHECK_SECONDS / 2)
		;
	return alarms;
}

static bool sums_are_right(void)
{
	volatile long double wide = 0;
	volatile double halves = 0;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		halves += 0.5;
		wide += 0.25L;
		if (i % 1000 == 0)
			sched_yield();
	}
	return halves == 10000.0 && wide == 5000.0L;
}

/* Back and forth with a process on another CPU: each wakes the other. */
static bool wakes_across(int other)
{
	char byte = 0;
	int to[2], from[2], status;
	unsigned int i;
	bool good;
	pid_t pid;

	if (pipe(to) || pipe(from))
		return false;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (bind_to(other))
			_exit(1);
		for (i = 0; i < 20; i++)
			if (read(to[0], &byte, 1) != 1 ||
			    write(from[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	for (i = 0, good = pid > 0; good && i < 20; i++)
		good = write(to[1], &byte, 1) == 1 &&
		       read(from[0], &byte, 1) == 1;
	close(to[1]);
	close(from[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status && good;
}

static bool starts_processes(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "fuzz_frames", "--exec-probe", NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == EXEC_STATUS;
}

static bool clock_goes(void)
{
	struct timespec a, b;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 1000; i++) {
		b = a;
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (a.tv_sec < b.tv_sec ||
		    (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec))
			return false;
	}
	usleep(1000);
	return seconds_since(&a) >= 0.001;
}

static int show_well(int cpu, int other)
{
	const char *ill = NULL;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (bind_to(cpu) || sched_getcpu() != cpu)
		ill = "refuses a process";
	else if (!clock_goes())
		ill = "has a clock that does not go";
	else if (!timer_comes())
		ill = "has a timer that does not come";
	else if (!sums_are_right())
		ill = "counts wrongly";
	else if (!starts_processes())
		ill = "starts no processes";
	else if (!wakes_across(other))
		ill = "is not woken by another, or does not wake it";
	else if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) &&
		 errno != ENOSYS && errno != EINVAL)
		ill = "has no barrier with the others";
	if (ill) {
		printf("# CPU %d %s\n", cpu, ill);
		fflush(stdout);
	}
	return !!ill;
}

static bool is_well(int cpu, int other)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(show_well(cpu, other));
	if (pid > 0 && ends_within(pid, CHECK_SECONDS, &status))
		return !status;
	printf("# CPU %d does not answer\n", cpu);
	kill(pid, SIGKILL);
	return false;
}

/*
 * All of it
 */

static int cpus[CPUS_MAX];
static unsigned int count;
static bool well[CPUS_MAX];

static bool all_well(void)
{
	unsigned int i;
	bool all = true;

	for (i = 0; i < count; i++) {
		well[i] &= is_well(cpus[i], cpus[(i + 1) % count]);
		all &= well[i];
	}
	return all && !shared->stuck && !shared->masked_ip;
}

static void find_cpus(void)
{
	cpu_set_t set;
	int cpu;

	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			well[count] = true;
			cpus[count++] = cpu;
		}
}

static unsigned int verdicts;
static unsigned int bad;

static void tell(bool good, const char *name)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++verdicts, name);
	bad += !good;
}

static int results(void)
{
	unsigned int i;
	bool run = true;
	char name[32];

	for (i = 0; i < count; i++) {
		printf("# CPU %d: %u victims, %u of them killed\n", cpus[i],
		       shared->started[i], shared->killed[i]);
		run &= shared->started[i] > 10;
	}
	printf("# %u frames\n", shared->frames);
	tell(run && shared->frames > 100, "victims_run");
	tell(!shared->stuck, "victims_end");
	if (shared->masked_ip)
		printf("# flags %#lx at %#lx in victim %u\n",
		       shared->masked_flags, shared->masked_ip,
		       shared->masked_round);
	tell(!shared->masked_ip, "events_enabled_in_user_mode");
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "cpu%d_is_well", cpus[i]);
		tell(well[i], name);
	}
	return bad ? 1 : 0;
}

static int fuzz(double seconds)
{
	struct timespec start;
	pid_t drivers[CPUS_MAX];
	unsigned int i, shown = 0;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < count; i++) {
		drivers[i] = fork();
		if (!drivers[i])
			drive(i, cpus[i]);
	}
	while (all_well() && seconds_since(&start) < seconds) {
		if (seconds_since(&start) >= (shown + 1) * 60) {
			shown = seconds_since(&start) / 60;
			printf("# %u minutes, %u frames\n", shown,
			       shared->frames);
			fflush(stdout);
		}
		sleep(CHECK_EVERY);
	}
	shared->stop = 1;
	for (i = 0; i < count; i++)
		if (!ends_within(drivers[i], KILL_SECONDS, &status)) {
			printf("# the driver of CPU %d does not end\n",
			       cpus[i]);
			kill(drivers[i], SIGKILL);
			well[i] = false;
		}
	all_well();
	return results();
}

int main(int argc, char **argv)
{
	sigset_t chld;

	if (argc == 2 && !strcmp(argv[1], "--exec-probe"))
		return EXEC_STATUS;
	if (argc != 3 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: fuzz_frames SECONDS SEED\n");
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	code_page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || code_page == MAP_FAILED ||
	    munmap(code_page + 4096, 4096)) {
		fprintf(stderr, "fuzz_frames: no memory\n");
		return 2;
	}
	shared->seed = strtoull(argv[2], NULL, 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	find_cpus();
	if (WIDTH == 64)
		find_entries();
	printf("KTAP version 1\n1..%u\n# seed %s, %u symbols of the kernel\n",
	       count + 3, argv[2], entry_count);
	return fuzz(atoi(argv[1]));
}

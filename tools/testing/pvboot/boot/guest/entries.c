// SPDX-License-Identifier: GPL-2.0
/*
 * Every way into the kernel, with every flag that userspace can leave set.
 * What goes wrong there goes wrong inside the kernel: its string copies run
 * backwards, or it faults where its own frames are not aligned.
 */
#include <sys/auxv.h>
#include <unistd.h>

#include "entry.h"

#ifndef AT_SYSINFO
#define AT_SYSINFO	32
#endif

void entry_int80(struct entry_call *call);
extern const char entry_int80_after[];

static const char *always(void)
{
	return NULL;
}

#ifdef __x86_64__
void entry_syscall(struct entry_call *call);
void entry_int80_compat(struct entry_call *call);
extern const char entry_syscall_after[], entry_int80_compat_after[];

static const struct kernel_entry syscall_entry = {
	.name = "syscall",
	.call = entry_syscall,
	.trap_at = entry_syscall_after,
	.unusable = always,
};

static const struct kernel_entry int80_entry = {
	.name = "int $0x80 from 64-bit code",
	.call = entry_int80,
	.trap_at = entry_int80_after,
	.i386_abi = true,
	.unusable = without_ia32,
};

static const struct kernel_entry int80_compat_entry = {
	.name = "int $0x80 from the 32-bit segment",
	.call = entry_int80_compat,
	.trap_at = entry_int80_compat_after,
	.i386_abi = true,
	.unusable = without_ia32,
};
#else
void entry_vdso(struct entry_call *call);
void entry_syscall32(struct entry_call *call);
void entry_sysenter(struct entry_call *call);
extern const char entry_syscall32_at[], entry_sysenter_at[];

unsigned long vdso_entry;

static const char *without_vdso(void)
{
	vdso_entry = getauxval(AT_SYSINFO);
	return vdso_entry ? NULL : "the kernel maps no 32-bit vDSO";
}

static void try_getpid(void *entry)
{
	struct entry_call call = { .nr = 20 };

	((const struct kernel_entry *)entry)->call(&call);
}

/*
 * An instruction that this maker's CPUs lack in long mode raises SIGILL; or
 * SIGSEGV, where an emulated CPU has it, but the hypervisor, which knows the
 * maker, did not set it up.
 */
static const char *refused(const struct kernel_entry *entry, const char *at,
			   bool expected, const char *why)
{
	struct caught caught;

	catch_signal(try_getpid, (void *)entry, &caught);
	if (!caught.sig || !expected)
		return NULL;
	if ((caught.sig != SIGILL && caught.sig != SIGSEGV) ||
	    caught.ip != (unsigned long)at)
		return NULL;
	return why;
}

static const struct kernel_entry int80_entry = {
	.name = "int $0x80",
	.call = entry_int80,
	.trap_at = entry_int80_after,
	.i386_abi = true,
	.unusable = always,
};

/* May be sysenter, too. */
static const struct kernel_entry vdso_call_entry = {
	.name = "the vDSO",
	.call = entry_vdso,
	.arith_lost = true,
	.i386_abi = true,
	.unusable = without_vdso,
};

static const char *without_syscall32(void);
static const char *without_sysenter(void);

static const struct kernel_entry syscall32_entry = {
	.name = "32-bit syscall",
	.call = entry_syscall32,
	.i386_abi = true,
	.unusable = without_syscall32,
};

/* The CPU saves no flags; the kernel does, after its first instructions. */
static const struct kernel_entry sysenter_entry = {
	.name = "sysenter",
	.call = entry_sysenter,
	.arith_lost = true,
	.i386_abi = true,
	.unusable = without_sysenter,
};

static const char *without_syscall32(void)
{
	if (kernel_is_32())
		return "a 32-bit kernel has no SYSCALL";
	return refused(&syscall32_entry, entry_syscall32_at, cpu_is_intel(),
		       "this CPU has no 32-bit syscall in long mode");
}

static const char *without_sysenter(void)
{
	return refused(&sysenter_entry, entry_sysenter_at, cpu_is_amd(),
		       "this CPU has no sysenter in long mode");
}
#endif

/* Number of each call, native and i386. */
static const unsigned int numbers[NR_COUNT][2] = {
#ifdef __x86_64__
	[NR_GETPID]	= { 39, 20 },
	[NR_READ]	= { 0, 3 },
	[NR_WRITE]	= { 1, 4 },
	[NR_READV]	= { 19, 145 },
	[NR_WRITEV]	= { 20, 146 },
	[NR_UNAME]	= { 63, 122 },
	[NR_GETCWD]	= { 79, 183 },
	[NR_PREAD64]	= { 17, 180 },
	[NR_SENDTO]	= { 44, 369 },
	[NR_RECVFROM]	= { 45, 371 },
	[NR_SENDMSG]	= { 46, 370 },
	[NR_RECVMSG]	= { 47, 372 },
	[NR_VM_READV]	= { 310, 347 },
	[NR_PRCTL]	= { 157, 172 },
#else
	[NR_GETPID]	= { 20, 20 },
	[NR_READ]	= { 3, 3 },
	[NR_WRITE]	= { 4, 4 },
	[NR_READV]	= { 145, 145 },
	[NR_WRITEV]	= { 146, 146 },
	[NR_UNAME]	= { 122, 122 },
	[NR_GETCWD]	= { 183, 183 },
	[NR_PREAD64]	= { 180, 180 },
	[NR_SENDTO]	= { 369, 369 },
	[NR_RECVFROM]	= { 371, 371 },
	[NR_SENDMSG]	= { 370, 370 },
	[NR_RECVMSG]	= { 372, 372 },
	[NR_VM_READV]	= { 347, 347 },
	[NR_PRCTL]	= { 172, 172 },
#endif
};

/**
 * enter() - make a system call through a given entry
 * @entry:	the way in
 * @flags:	EFLAGS bits to set
 * @name:	the call
 * @arg:	its six arguments
 * @flags_after: EFLAGS right after it, or NULL
 *
 * Return: what the kernel returned.
 */
long enter(const struct kernel_entry *entry, unsigned long flags,
	   enum call_name name, const unsigned long arg[6],
	   unsigned long *flags_after)
{
	struct entry_call call = { .flags = flags };
	unsigned int i;

	call.nr = numbers[name][entry->i386_abi];
	for (i = 0; i < 6; i++)
		call.arg[i] = arg[i];
	entry->call(&call);
	if (flags_after)
		*flags_after = call.flags_after;
	return (long)call.result;
}

/* A user of the flags gets them back, the kernel's own use of them apart. */
static enum verdict check_flags(const struct kernel_entry *entry,
				unsigned long flags)
{
	static const unsigned long arithmetic[] = { 0, FLAGS_ARITH };
	const unsigned long none[6] = { 0 };
	unsigned long after, set;
	unsigned int i;
	long pid;

	for (i = 0; i < (entry->arith_lost ? 1 : ARRAY_SIZE(arithmetic)); i++) {
		set = flags | arithmetic[i];
		start_trap_log();
		pid = enter(entry, set, NR_GETPID, none, &after);
		if (pid != getpid())
			return fail("getpid returned %ld", pid);
		if ((after & (FLAGS_ROGUE | arithmetic[i])) != set)
			return fail("flags %#lx set, %#lx after", set,
				    after & (FLAGS_ROGUE | FLAGS_ARITH));
		if (!(after & FLAG_IF))
			return fail("IF clear after the call: %#lx", after);
	}
	return PASS;
}

/*
 * The return to user mode sets TF, and the first trap comes an instruction
 * later; where the CPU returned by sysret, it comes at once.  That one
 * instruction is a pushf, one byte long.
 */
static enum verdict check_step(const struct kernel_entry *entry,
			       unsigned long flags)
{
	const unsigned long none[6] = { 0 };

	start_trap_log();
	enter(entry, flags, NR_GETPID, none, NULL);
	if (!(flags & FLAG_TF))
		return trap_count ? fail("%u traps without TF", trap_count) :
		       PASS;
	if (!trap_count)
		return fail("no trap with TF set");
	if (entry->trap_at && trap_ip[0] != (unsigned long)entry->trap_at &&
	    trap_ip[0] != (unsigned long)entry->trap_at + 1)
		return fail("first trap at %#lx, not right behind %p",
			    trap_ip[0], entry->trap_at);
	return PASS;
}

static enum verdict run_entry(const struct guest_case *c)
{
	const struct kernel_entry *entry = c->entry;
	const char *why;

	if (!entry)
		return skip("%u-bit code has no such entry", WIDTH);
	why = entry->unusable();
	if (why)
		return skip("%s", why);
	if (check_flags(entry, c->flags) || check_step(entry, c->flags))
		return FAIL;
	start_trap_log();
	return check_copies(entry, c->flags);
}

#ifdef __x86_64__
#define SYSCALL_64	(&syscall_entry)
#define INT80		(&int80_entry)
#define INT80_COMPAT	(&int80_compat_entry)
#define VDSO_32		NULL
#define SYSCALL_32	NULL
#define SYSENTER_32	NULL
#else
#define SYSCALL_64	NULL
#define INT80		(&int80_entry)
#define INT80_COMPAT	NULL
#define VDSO_32		(&vdso_call_entry)
#define SYSCALL_32	(&syscall32_entry)
#define SYSENTER_32	(&sysenter_entry)
#endif

#define ROW(title, how, bits)	\
	{ .name = title, .run = run_entry, .entry = how, .flags = bits }

const struct guest_case entry_cases[] = {
	ROW("entry_syscall_plain", SYSCALL_64, 0),
	ROW("entry_syscall_df", SYSCALL_64, FLAG_DF),
	ROW("entry_syscall_ac", SYSCALL_64, FLAG_AC),
	ROW("entry_syscall_nt", SYSCALL_64, FLAG_NT),
	ROW("entry_syscall_tf", SYSCALL_64, FLAG_TF),
	ROW("entry_syscall_all", SYSCALL_64, FLAGS_ROGUE),
	ROW("entry_int80_plain", INT80, 0),
	ROW("entry_int80_df", INT80, FLAG_DF),
	ROW("entry_int80_ac", INT80, FLAG_AC),
	ROW("entry_int80_nt", INT80, FLAG_NT),
	ROW("entry_int80_tf", INT80, FLAG_TF),
	ROW("entry_int80_all", INT80, FLAGS_ROGUE),
	ROW("entry_int80_compat_plain", INT80_COMPAT, 0),
	ROW("entry_int80_compat_df", INT80_COMPAT, FLAG_DF),
	ROW("entry_int80_compat_ac", INT80_COMPAT, FLAG_AC),
	ROW("entry_int80_compat_nt", INT80_COMPAT, FLAG_NT),
	ROW("entry_int80_compat_tf", INT80_COMPAT, FLAG_TF),
	ROW("entry_int80_compat_all", INT80_COMPAT, FLAGS_ROGUE),
	ROW("entry_vdso32_plain", VDSO_32, 0),
	ROW("entry_vdso32_df", VDSO_32, FLAG_DF),
	ROW("entry_vdso32_ac", VDSO_32, FLAG_AC),
	ROW("entry_vdso32_nt", VDSO_32, FLAG_NT),
	ROW("entry_vdso32_tf", VDSO_32, FLAG_TF),
	ROW("entry_vdso32_all", VDSO_32, FLAGS_ROGUE),
	ROW("entry_syscall32_plain", SYSCALL_32, 0),
	ROW("entry_syscall32_df", SYSCALL_32, FLAG_DF),
	ROW("entry_syscall32_ac", SYSCALL_32, FLAG_AC),
	ROW("entry_syscall32_nt", SYSCALL_32, FLAG_NT),
	ROW("entry_syscall32_tf", SYSCALL_32, FLAG_TF),
	ROW("entry_syscall32_all", SYSCALL_32, FLAGS_ROGUE),
	ROW("entry_sysenter_plain", SYSENTER_32, 0),
	ROW("entry_sysenter_df", SYSENTER_32, FLAG_DF),
	ROW("entry_sysenter_ac", SYSENTER_32, FLAG_AC),
	ROW("entry_sysenter_nt", SYSENTER_32, FLAG_NT),
	ROW("entry_sysenter_tf", SYSENTER_32, FLAG_TF),
	ROW("entry_sysenter_all", SYSENTER_32, FLAGS_ROGUE),
	{ }
};

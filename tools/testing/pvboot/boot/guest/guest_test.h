/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest_test: what a kernel owes to its userspace, one verdict a case.
 *
 * Every case runs in a child process of its own, so that one that dies, or
 * that leaves its registers in a state that C does not survive, takes no
 * other case with it.  The same sources compile as 64-bit and as 32-bit.
 */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <ucontext.h>

#include "flags.h"

typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#ifdef __x86_64__
#define WIDTH		64
#define REG_IP		REG_RIP
#define REG_AX		REG_RAX
#else
#define WIDTH		32
#define REG_IP		REG_EIP
#define REG_AX		REG_EAX
#endif

/* A case's verdict; also the exit status of the child that runs it. */
enum verdict {
	PASS = 0,
	FAIL = 1,
	SKIP = 4,
};

struct kernel_entry;

/**
 * struct guest_case - one row of the table of cases
 * @name:	as it stands in the KTAP line and on the command line
 * @run:	does the work, in a child; @arg is this row
 * @entry:	the kernel entry to use, for the cases that are about one
 * @flags:	EFLAGS bits to set on the way in
 * @segment:	the segment register, for the cases that are about one
 * @other_cpu:	whether the counterpart runs on another CPU
 * @symbols:	patterns of kernel symbols, for the cases that go there; NULL ends
 * @timeout:	seconds until the case counts as hung; 0 is the default
 */
struct guest_case {
	const char *name;
	enum verdict (*run)(const struct guest_case *arg);
	const struct kernel_entry *entry;
	unsigned long flags;
	unsigned int segment;
	bool other_cpu;
	const char *const *symbols;
	unsigned int timeout;
};

/* The tables, one a file; ended by a row without a name. */
extern const struct guest_case fault_cases[];
extern const struct guest_case software_int_cases[];
extern const struct guest_case debug_cases[];
extern const struct guest_case watch_cases[];
extern const struct guest_case entry_cases[];
extern const struct guest_case ia32_off_cases[];
extern const struct guest_case exception_flag_cases[];
extern const struct guest_case ldt_cases[];
extern const struct guest_case shared_cpu_cases[];
extern const struct guest_case segment_cases[];
extern const struct guest_case fpu_cases[];
extern const struct guest_case process_cases[];
extern const struct guest_case memory_cases[];
extern const struct guest_case memory_call_cases[];
extern const struct guest_case top_entry_cases[];
extern const struct guest_case signal_cases[];
extern const struct guest_case time_cases[];
extern const struct guest_case cpu_cases[];
extern const struct guest_case privilege_cases[];
extern const struct guest_case ptrace_cases[];
extern const struct guest_case upcall_cases[];

/* Exit status of "guest_test --exec-probe"; no other way leads to it. */
#define EXEC_PROBE_STATUS	42

/* report.c: print a diagnostic line and return the verdict */
enum verdict fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
enum verdict skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *skip_reason(void);

/*
 * report.c: why the kernel has no 32-bit system calls, or NULL.  Whoever runs
 * this has to say so: a case that found out by itself could not fail.
 */
const char *without_ia32(void);

/* report.c: whether the kernel itself has 32 bits */
bool kernel_is_32(void);

int init_report(void);
void start_report(const char *name);

/**
 * struct caught - the signal that a piece of code ended with
 * @sig:	0 where it ran through
 * @code:	si_code
 * @addr:	si_addr
 * @ip:		instruction pointer in the saved context
 * @ax:		accumulator in the saved context
 * @flags:	EFLAGS in the saved context
 * @trapno:	vector that the kernel noted
 * @error:	error code that the kernel noted
 */
struct caught {
	int sig;
	int code;
	unsigned long addr;
	unsigned long ip;
	unsigned long ax;
	unsigned long flags;
	unsigned long trapno;
	unsigned long error;
};

/* catch.c */
void catch_signal(void (*code)(void *arg), void *arg, struct caught *caught);
enum verdict expect_signal(const struct caught *caught, int sig, int code);
void use_alt_stack(void);

/* Segment registers, for the cases that are about one */
enum segment {
	DS, ES, FS, GS, SS,
};

/* ldt.c: a flat data segment as an entry of the LDT, or none; a negative errno */
#define LDT_WRITE	0x11
#define LDT_SELECTOR(n)	((n) << 3 | 7)
long write_ldt(unsigned int entry, bool present);

/* trap_log.c: single steps, as SIGTRAP reports them */
#define TRAP_LOG_MAX	64
extern volatile unsigned int trap_count;
extern volatile unsigned long trap_ip[TRAP_LOG_MAX];
void start_trap_log(void);

/* cpus.c */
unsigned int online_cpus(int *cpus, unsigned int max);
int two_cpus(int cpus[2]);

/* common.c: what programs besides guest_test need, too */
#define USER		1000	/* anyone but root */
struct timespec;
void set_handler(int sig, void (*handler)(int, siginfo_t *, void *), int flags);
int pin_to(int cpu);
int write_to(const char *path, const char *text);
int set_online(int cpu, bool online);
bool vcpus_share(void);
double seconds_since(const struct timespec *then);
int become_user(void);
unsigned long number_of(const char *path, const char *word);

/* memory.c: NULL without memory; whether a child has ended with 0 */
unsigned char *map_anonymous(size_t size);
bool ended_well(pid_t pid);

/* cpuid.c */
void read_cpuid(u32 leaf, u32 subleaf, u32 regs[4]);
bool cpu_is_intel(void);
bool cpu_is_amd(void);
bool cpu_has_avx(void);

static inline unsigned long read_flags(void)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=r" (flags) :: "memory");
	return flags;
}

/* A system call without C around it, which would use the registers. */
static __always_inline long plain_call(long nr, long a, long b,
				       long c)
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

/* The kernel clears DF and TF for a handler, but leaves AC and NT. */
static __always_inline void clear_rogue_flags(void)
{
	asm volatile("pushf\n\t"
#ifdef __x86_64__
		     "andq %0, (%%rsp)\n\t"
#else
		     "andl %0, (%%esp)\n\t"
#endif
		     "popf" :: "i" (~FLAGS_ROGUE) : "memory", "cc");
}

#endif /* GUEST_TEST_H */

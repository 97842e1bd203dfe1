// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs: being on each of them, what /proc/interrupts counts there, and
 * talking across.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define CPUS_MAX	1024
#define PINGS		500
#define NUDGES		200
#define CALLS		50
#define CALL_SECONDS	10

/* The CPUs that this process may run on, in order; how many there are. */
unsigned int online_cpus(int *cpus, unsigned int max)
{
	unsigned int count = 0;
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	sched_getaffinity(getppid(), sizeof(set), &set);
	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set) && count < max)
			cpus[count++] = cpu;
	return count;
}

int two_cpus(int cpus[2])
{
	return online_cpus(cpus, 2) == 2 ? 0 : -1;
}

static enum verdict run_affinity(const struct guest_case *c)
{
	int cpus[CPUS_MAX];
	unsigned int count, i, cpu;

	(void)c;
	count = online_cpus(cpus, CPUS_MAX);
	diag("%u CPUs", count);
	if (count != (unsigned int)sysconf(_SC_NPROCESSORS_ONLN))
		return fail("%ld CPUs are online",
			    sysconf(_SC_NPROCESSORS_ONLN));
	for (i = 0; i < count; i++) {
		if (pin_to(cpus[i]))
			return fail("CPU %d refused", cpus[i]);
		if (sched_getcpu() != cpus[i])
			return fail("on CPU %d instead of %d", sched_getcpu(),
				    cpus[i]);
		if (syscall(SYS_getcpu, &cpu, NULL, NULL) ||
		    cpu != (unsigned int)cpus[i])
			return fail("getcpu says %u instead of %d", cpu,
				    cpus[i]);
	}
	return PASS;
}

/*
 * Where the kernel leaves the CPU's number for the vDSO: in a segment limit,
 * and in an MSR that RDTSCP and RDPID read.
 */
#define CPU_NUMBER_SELECTOR	(15 * 8 + 3)
#define CPU_NUMBER_SELECTOR_32	(28 * 8 + 3)	/* of a 32-bit kernel */
#define CPU_NUMBER_MASK		0xfff
#define CPUID_EXT_EDX_RDTSCP	(1u << 27)
#define CPUID_7_ECX_RDPID	(1u << 22)

static unsigned int number_by_segment(void)
{
	unsigned int limit = ~0u;

	asm volatile("lsl %1, %0" : "+r" (limit)
		     : "r" (kernel_is_32() ? CPU_NUMBER_SELECTOR_32 :
					     CPU_NUMBER_SELECTOR));
	return limit & CPU_NUMBER_MASK;
}

static unsigned int number_by_rdtscp(void)
{
	u32 low, high, number;

	asm volatile("rdtscp" : "=a" (low), "=d" (high), "=c" (number));
	return number & CPU_NUMBER_MASK;
}

static unsigned int number_by_rdpid(void)
{
	unsigned long number;

	/* rdpid to the accumulator */
	asm volatile(".byte 0xf3, 0x0f, 0xc7, 0xf8" : "=a" (number));
	return number & CPU_NUMBER_MASK;
}

static enum verdict compare_numbers(unsigned int (*number)(void))
{
	int cpus[CPUS_MAX];
	unsigned int count, i, got;

	count = online_cpus(cpus, CPUS_MAX);
	for (i = 0; i < count; i++) {
		pin_to(cpus[i]);
		got = number();
		if (got != (unsigned int)cpus[i])
			return fail("CPU %d reads %u", cpus[i], got);
	}
	return PASS;
}

static enum verdict run_segment_number(const struct guest_case *c)
{
	(void)c;
	return compare_numbers(number_by_segment);
}

static enum verdict run_rdtscp_number(const struct guest_case *c)
{
	u32 regs[4];

	(void)c;
	read_cpuid(0x80000001, 0, regs);
	if (!(regs[3] & CPUID_EXT_EDX_RDTSCP))
		return skip("this CPU has no RDTSCP");
	return compare_numbers(number_by_rdtscp);
}

static enum verdict run_rdpid_number(const struct guest_case *c)
{
	u32 regs[4];

	(void)c;
	read_cpuid(7, 0, regs);
	if (!(regs[2] & CPUID_7_ECX_RDPID))
		return skip("this CPU has no RDPID");
	return compare_numbers(number_by_rdpid);
}

/* Sum over all CPUs of the rows of /proc/interrupts that @wanted takes. */
static unsigned long sum_rows(bool (*wanted)(const char *row))
{
	unsigned long sum = 0, value;
	char row[8192], *at, *end;
	FILE *file;

	file = fopen("/proc/interrupts", "r");
	if (!file)
		return 0;
	while (fgets(row, sizeof(row), file)) {
		if (!wanted(row) || !strchr(row, ':'))
			continue;
		at = strchr(row, ':') + 1;
		for (;;) {
			value = strtoul(at, &end, 10);
			if (end == at || (*end != ' ' && *end != '\n'))
				break;
			sum += value;
			at = end;
		}
	}
	fclose(file);
	return sum;
}

/* "LOC" on hardware's own timer, "timer" in the name of all others. */
static bool is_timer(const char *row)
{
	return strstr(row, "LOC:") || strstr(row, "timer");
}

static bool is_reschedule(const char *row)
{
	return strstr(row, "RES:") || strstr(row, "resched");
}

static bool is_call(const char *row)
{
	return strstr(row, "CAL:") || strstr(row, "callfunc");
}

static enum verdict run_timer_row(const struct guest_case *c)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	unsigned long before = sum_rows(is_timer), after;
	int i;

	(void)c;
	for (i = 0; i < 20; i++)
		nanosleep(&nap, NULL);
	after = sum_rows(is_timer);
	diag("timer interrupts %lu, then %lu", before, after);
	return after >= before + 20 ? PASS : fail("the timer row stands still");
}

static volatile bool spinning, stop;
static volatile unsigned int nudged;

static void count_nudge(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	nudged++;
}

static void *spin_on(void *cpu)
{
	pin_to((int)(long)cpu);
	spinning = true;
	while (!stop)
		asm volatile("pause");
	return NULL;
}

/* A signal to a thread that runs on another CPU interrupts that CPU. */
static enum verdict nudge(pthread_t thread, int cpu)
{
	unsigned long before = sum_rows(is_reschedule), after;
	unsigned int i, had, waits;

	for (i = 0; i < NUDGES; i++) {
		had = nudged;
		pthread_kill(thread, SIGUSR1);
		for (waits = 0; nudged == had && waits < 1000000; waits++)
			sched_yield();
		if (nudged == had)
			return fail("signal %u did not reach CPU %d", i, cpu);
	}
	after = sum_rows(is_reschedule);
	diag("reschedule interrupts %lu, then %lu", before, after);
	return after > before ? PASS : fail("no reschedule interrupt");
}

/*
 * An expedited memory barrier calls a function on each CPU where this process
 * runs just then; on a busy machine the spinner may have to wait for its turn.
 */
static enum verdict call_across(void)
{
	unsigned long before = sum_rows(is_call), after = before;
	time_t end = time(NULL) + CALL_SECONDS;
	unsigned int i;

	if (syscall(SYS_membarrier,
		    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		return fail("membarrier: %s", strerror(errno));
	while (after < before + CALLS && time(NULL) <= end) {
		for (i = 0; i < CALLS; i++)
			if (syscall(SYS_membarrier,
				    MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
				return fail("membarrier: %s", strerror(errno));
		after = sum_rows(is_call);
	}
	diag("call interrupts %lu, then %lu", before, after);
	return after >= before + CALLS ? PASS :
	       fail("no function call interrupt");
}

static enum verdict run_ipis(const struct guest_case *c)
{
	enum verdict verdict = PASS;
	int cpus[CPUS_MAX];
	unsigned int count, i;
	pthread_t thread;

	(void)c;
	count = online_cpus(cpus, CPUS_MAX);
	if (count < 2)
		return skip("one CPU only");
	set_handler(SIGUSR1, count_nudge, SA_RESTART);
	pin_to(cpus[0]);
	for (i = 1; i < count && verdict == PASS; i++) {
		spinning = false;
		stop = false;
		if (pthread_create(&thread, NULL, spin_on,
				   (void *)(long)cpus[i]))
			return fail("no thread");
		while (!spinning)
			sched_yield();
		verdict = nudge(thread, cpus[i]);
		if (verdict == PASS)
			verdict = call_across();
		stop = true;
		pthread_join(thread, NULL);
	}
	return verdict;
}

static enum verdict echo(int in, int out)
{
	unsigned int i, value;

	for (i = 0; i < PINGS; i++)
		if (read(in, &value, sizeof(value)) != sizeof(value) ||
		    value != i ||
		    write(out, &value, sizeof(value)) != sizeof(value))
			return FAIL;
	return PASS;
}

static enum verdict ping(int out, int in)
{
	unsigned int i, value;

	for (i = 0; i < PINGS; i++) {
		if (write(out, &i, sizeof(i)) != sizeof(i) ||
		    read(in, &value, sizeof(value)) != sizeof(value))
			return fail("round %u broke off", i);
		if (value != i)
			return fail("sent %u, got %u", i, value);
	}
	return PASS;
}

static enum verdict run_ping_pong(const struct guest_case *c)
{
	enum verdict verdict;
	int there[2], back[2], cpus[2], status;
	pid_t pid;

	(void)c;
	if (two_cpus(cpus))
		return skip("one CPU only");
	if (pipe(there) || pipe(back))
		return fail("no pipe");
	pid = fork();
	if (!pid) {
		pin_to(cpus[1]);
		_exit(echo(there[0], back[1]));
	}
	pin_to(cpus[0]);
	verdict = ping(there[1], back[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		return fail("the other side ended with %#x", status);
	return verdict;
}

const struct guest_case cpu_cases[] = {
	{ .name = "affinity_every_cpu", .run = run_affinity },
	{ .name = "cpu_number_by_segment", .run = run_segment_number },
	{ .name = "cpu_number_by_rdtscp", .run = run_rdtscp_number },
	{ .name = "cpu_number_by_rdpid", .run = run_rdpid_number },
	{ .name = "interrupts_timer", .run = run_timer_row },
	{ .name = "interrupts_ipi", .run = run_ipis },
	{ .name = "ping_pong_two_cpus", .run = run_ping_pong },
	{ }
};

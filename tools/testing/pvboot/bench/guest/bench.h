/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the measures share.  A measure does its operation many times between
 * two looks at the clocks; how often, main.c's table says.
 */
#ifndef PVBOOT_BENCH_H
#define PVBOOT_BENCH_H

/* Two clocks: nanoseconds, and the time stamp counter, which counts
 * instructions where QEMU runs with -icount shift=0.
 */
struct stamp {
	unsigned long long ns;
	unsigned long long tsc;
};

struct stamp now(void);

/* One result: "bench| NAME ops=N ns=N tsc=N" in the kernel log */
void result(const char *name, unsigned int ops, struct stamp from, struct stamp to);

/* A measure that cannot be taken: says why, with errno, and returns -1 */
int failed(const char *what);

/* Run on this CPU only; 0 or -1 */
int pin(int cpu);

/* The number of CPUs online */
int cpus_online(void);

/*
 * The measures: @ops times the operation, and result() for it; 0 or -1.
 */
int measure_syscall(const char *name, unsigned int ops);
int measure_fault(const char *name, unsigned int ops);
int measure_signal(const char *name, unsigned int ops);
int measure_exec(const char *name, unsigned int ops);
int measure_fork(const char *name, unsigned int ops);
int measure_vfork(const char *name, unsigned int ops);
int measure_fork_page(const char *name, unsigned int ops);
int measure_munmap(const char *name, unsigned int ops);
int measure_mprotect(const char *name, unsigned int ops);
int measure_cow(const char *name, unsigned int ops);
int measure_madvise(const char *name, unsigned int ops);
int measure_fork_big(const char *name, unsigned int ops);
int measure_exit_big(const char *name, unsigned int ops);
int measure_switch_same(const char *name, unsigned int ops);
int measure_switch_other(const char *name, unsigned int ops);
int measure_ipi(const char *name, unsigned int ops);
int measure_hotplug(const char *name, unsigned int ops);
int measure_hotplug_quick(const char *name, unsigned int ops);

/* This program's own path */
extern const char *program;

/* What measure_exec() gives this program as its only argument: exit at once */
#define EXIT_AT_ONCE	"exit-at-once"

#endif

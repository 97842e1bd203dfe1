// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's side of `make bench`: /init, and all there is.  The words after
 * "--" on the kernel's command line are the measures to take, in this order.
 *
 * All goes through the kernel log, as the other guests' words do:
 *
 *	PVBOOT: init tsc=N			the time stamp counter at main()
 *	PVBOOT: bench| NAME ops=N ns=N tsc=N	one round of one measure
 *	PVBOOT: verdict PASS|FAIL WHY
 *
 * Started by another init, as an image of `make image` does, it takes the measures
 * that its arguments name, and prints NAME ops=... to its standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include <x86intrin.h>

#include "bench.h"
#include "mark.h"

/* Of klogctl(); the C library has no name for it */
#define SYSLOG_ACTION_CONSOLE_LEVEL	8

/* Errors of the kernel alone come through the first, its news and ours the second. */
#define CONSOLE_QUIET	4
#define CONSOLE_NEWS	7

#define PRINTED_US	300000
#define SETTLE_US	200000

/*
 * ops: enough of them that the clocks and the loop do not count.
 * rounds: so that one with a timer tick in it is not the median; where processes
 * come and go, so that what the kernel keeps of them for the next (slabs, page
 * tables) is what it is after a while.
 */
static const struct measure {
	const char *name;
	int (*run)(const char *name, unsigned int ops);
	unsigned int ops;
	unsigned int rounds;
} measures[] = {
	{ "syscall",		measure_syscall,	1000,	9 },
	{ "fault",		measure_fault,		300,	9 },
	{ "signal",		measure_signal,		300,	9 },
	{ "exec",		measure_exec,		3,	21 },
	{ "fork",		measure_fork,		3,	21 },
	{ "vfork",		measure_vfork,		3,	21 },
	{ "fork-page",		measure_fork_page,	4096,	5 },
	{ "munmap",		measure_munmap,		512,	5 },
	{ "munmap-few",		measure_munmap,		8,	9 },
	{ "mprotect",		measure_mprotect,	512,	5 },
	{ "cow",		measure_cow,		300,	5 },
	{ "madvise",		measure_madvise,	300,	5 },
	{ "fork-big",		measure_fork_big,	1,	5 },
	{ "exit-big",		measure_exit_big,	1,	5 },
	{ "switch-same",	measure_switch_same,	100,	9 },
	{ "switch-other",	measure_switch_other,	50,	9 },
	{ "ipi",		measure_ipi,		50,	9 },
	{ "hotplug",		measure_hotplug,	1,	11 },
	{ "hotplug-quick",	measure_hotplug_quick,	1,	11 },
};

/* Where words go: the kernel log, or standard output */
static int out = STDOUT_FILENO;
static int as_init;

const char *program;

static char why[200] = "no reason given";

/* What the rounds of one measure came to: told when it is over */
static struct {
	char text[100];
} results[160];

static unsigned int nr_results;
static int full;

static void say(const char *format, ...)
{
	char text[300] = "";
	size_t used;
	va_list args;
	int more;

	if (as_init)
		snprintf(text, sizeof(text), "<5>PVBOOT: ");
	used = strlen(text);
	va_start(args, format);
	more = vsnprintf(text + used, sizeof(text) - used - 1, format, args);
	va_end(args);
	if (more < 0)
		return;
	/* Without its end the kernel would wait for more of the line. */
	strcat(text, "\n");
	/* Should the kernel not take it, the harness misses it: no verdict. */
	if (write(out, text, strlen(text)) < 0)
		out = -1;
}

int failed(const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return -1;
}

struct stamp now(void)
{
	struct timespec time;
	struct stamp stamp;

	clock_gettime(CLOCK_MONOTONIC, &time);
	stamp.ns = time.tv_sec * 1000000000ULL + time.tv_nsec;
	stamp.tsc = __rdtsc();
	MARK(MARK_CLOCK);
	return stamp;
}

void result(const char *name, unsigned int ops, struct stamp from, struct stamp to)
{
	char *text;

	if (nr_results == sizeof(results) / sizeof(*results)) {
		full = 1;
		return;
	}
	text = results[nr_results++].text;
	snprintf(text, sizeof(results->text), "%s ops=%u ns=%llu tsc=%llu", name, ops,
		 to.ns - from.ns, to.tsc - from.tsc);
}

/*
 * From Linux 7.3 on a task of the kernel's prints to the serial port, by the
 * console's level of that time.  Xen's console is printed to at once.
 */
static void let_it_be_printed(void)
{
	if (as_init && access("/sys/hypervisor/type", F_OK))
		usleep(PRINTED_US);
}

static void tell_results(void)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		say("%s%s", as_init ? "bench| " : "", results[i].text);
	nr_results = 0;
	let_it_be_printed();
}

int pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

int cpus_online(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/* The first round is not counted: it fetches and allocates. */
static int run_rounds(const struct measure *measure)
{
	unsigned int round;

	for (round = 0; round <= measure->rounds; round++) {
		if (measure->run(round ? measure->name : "warm-up", measure->ops))
			return -1;
	}
	return 0;
}

/*
 * A line on the console, such as the kernel's that a CPU is offline, takes
 * milliseconds of an emulated serial port, with all CPUs waiting for it.
 */
static int run_quietly(const struct measure *measure)
{
	int rc;

	if (klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, CONSOLE_QUIET))
		return failed("console level");
	/* What went before may have left work to other CPUs. */
	usleep(SETTLE_US);
	rc = run_rounds(measure);
	if (klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, CONSOLE_NEWS))
		return failed("console level");
	tell_results();
	errno = ENOBUFS;
	return full ? failed("results") : rc;
}

static int take(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(measures) / sizeof(*measures); i++)
		if (!strcmp(name, measures[i].name))
			return run_quietly(&measures[i]);
	snprintf(why, sizeof(why), "there is no measure %s", name);
	return -1;
}

/* "follow" is no measure: it is for those that make profile looks at. */
static int take_all(char **names)
{
	for (; *names; names++) {
		if (!strcmp(*names, "follow")) {
			MARK(MARK_FOLLOW);
		} else if (take(*names)) {
			say("verdict FAIL %s: %s", *names, why);
			return -1;
		}
	}
	say("verdict PASS");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long long born = __rdtsc();

	if (argc == 2 && !strcmp(argv[1], EXIT_AT_ONCE))
		return 0;
	program = argv[0];
	as_init = getpid() == 1;
	if (!as_init)
		return take_all(argv + 1) ? 1 : 0;

	/* devtmpfs may have been mounted by the kernel: kmsg decides. */
	(void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	out = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (out < 0)
		return 1;
	say("init tsc=%llu", born);

	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL)) {
		say("verdict FAIL mount: %s", strerror(errno));
	} else {
		let_it_be_printed();
		take_all(argv + 1);
	}

	let_it_be_printed();
	/* Xen's counters come on the same line: no word of Linux's between them. */
	klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, 1);
	for (;;)
		pause();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel asks Xen for when page tables change: how often, for which CPUs,
 * and with interrupts off for how long.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define PAGE		4096UL
#define TABLE		(512 * PAGE)	/* what a table of the lowest level maps */

/* Trace events of upstream's multicalls: pvboot's kernel has them, too */
#define TRACING		"/sys/kernel/tracing/"
#define EVENT(name, file)	TRACING "events/xen/" name "/" file
#define MANY		512

/*
 * Changes of many entries go to Xen together.
 */
static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

/* A trace event of which those of one process are counted */
struct event {
	const char *enable, *filter;
	const char *wanted;	/* which of them */
	const char *text;	/* in each line */
};

static const struct event hypercalls = {
	EVENT("xen_mc_flush", "enable"), EVENT("xen_mc_flush", "filter"),
	"mcidx > 0", " hypercalls,",
};

/* Pages that one CPU takes out of its TLB by themselves */
static const struct event pages_flushed = {
	EVENT("xen_mmu_flush_tlb_one_user", "enable"),
	EVENT("xen_mmu_flush_tlb_one_user", "filter"),
	"addr > 0", " addr ",
};

/* Flushes of other CPUs */
static const struct event flushes_of_others = {
	EVENT("xen_mmu_flush_tlb_multi", "enable"),
	EVENT("xen_mmu_flush_tlb_multi", "filter"),
	"ncpus > 0", " ncpus ",
};

static bool start_count(const struct event *event)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	return put(event->filter, event->wanted) && put(TRACING "trace", "\n") &&
	       put(TRACING "set_event_pid", pid) && put(event->enable, "1");
}

/* Return: how many there were since start_count(), or -1 */
static int end_count(const struct event *event)
{
	char line[512];
	int count = 0;
	FILE *trace;

	if (!put(event->enable, "0"))
		return -1;
	trace = fopen(TRACING "trace", "r");
	if (!trace)
		return -1;
	while (fgets(line, sizeof(line), trace))
		count += line[0] != '#' && strstr(line, event->text);
	fclose(trace);
	put(event->filter, "0");
	put(TRACING "set_event_pid", " ");
	return count;
}

static enum verdict run_batched(const struct guest_case *c)
{
	unsigned char *area = map_anonymous(MANY * PAGE);
	bool failed;
	int count;

	(void)c;
	if (access(hypercalls.enable, W_OK))
		return skip("the kernel does not trace multicalls");
	if (!area)
		return fail("mmap failed");
	memset(area, 1, MANY * PAGE);
	if (!start_count(&hypercalls))
		return fail("no trace: %s", strerror(errno));
	failed = mprotect(area, MANY * PAGE, PROT_READ);
	count = end_count(&hypercalls);
	if (failed || count < 0)
		return fail("no count: %s", strerror(errno));
	if (count < 1 || count > MANY / 4)
		return fail("%d hypercalls for %u pages", count, MANY);
	return PASS;
}

/*
 * What a flush costs depends on what has changed, not on how far it is apart.
 */

/* So far apart that core x86 flushes by tables: it takes up to 33 pieces by themselves */
#define APART		30
#define LENGTH		((APART + 2) * TABLE)

/*
 * Where one table of the next level maps all of an area, and stays: where it goes, too,
 * the flush is one of all that it maps.
 */
static unsigned char *in_one_gigabyte(void)
{
	unsigned char *area = map_anonymous(2 * LENGTH + TABLE);
	unsigned long start = ((unsigned long)area + TABLE - 1) & -TABLE;

	if (area && (start ^ (start + LENGTH - 1)) >> 30)
		start += LENGTH;
	return area ? (unsigned char *)start : NULL;
}

/* Two tables that map nothing, and nothing between them; Return: flushes, or -1 */
static int flushes_by_unmap(const int *cpus)
{
	unsigned char *stays = in_one_gigabyte();
	unsigned char *first = stays + TABLE, *last = first + APART * TABLE;

	(void)cpus;
	if (!stays)
		return -1;
	*stays = 1;
	*first = 1;
	*last = 1;
	if (madvise(first, PAGE, MADV_DONTNEED) || madvise(last, PAGE, MADV_DONTNEED) ||
	    !start_count(&pages_flushed))
		return -1;
	munmap(first, (APART + 1) * TABLE);
	return end_count(&pages_flushed);
}

/* In a process of its own, that no CPU but one has met; Return: as above */
static int count_in_child(int (*count_flushes)(const int *cpus), const int *cpus, int cpu)
{
	int count = -1, fds[2];
	pid_t pid;

	if (pipe(fds) || pin_to(cpu))
		return -1;
	pid = fork();
	if (!pid) {
		count = count_flushes(cpus);
		_exit(write(fds[1], &count, sizeof(count)) != sizeof(count));
	}
	close(fds[1]);
	if (!ended_well(pid) || read(fds[0], &count, sizeof(count)) != sizeof(count))
		count = -1;
	close(fds[0]);
	return count;
}

/* A whole TLB may be flushed now and then, but not each time. */
static enum verdict run_far_apart(const struct guest_case *c)
{
	int cpu, i, count, most = 0;

	(void)c;
	if (access(pages_flushed.enable, W_OK))
		return skip("the kernel does not trace flushes");
	online_cpus(&cpu, 1);
	for (i = 0; i < 8; i++) {
		count = count_in_child(flushes_by_unmap, NULL, cpu);
		if (count < 0)
			return fail("no count of flushes");
		most = count > most ? count : most;
	}
	if (most < 1 || most > 2 * APART)
		return fail("%d pages flushed for two tables", most);
	return PASS;
}

/*
 * A CPU that a process has left needs no flush of its own.
 */

/* Return: how often others were flushed, or -1 */
static int flushes_after_a_move(const int *cpus)
{
	unsigned char *area = map_anonymous(PAGE);
	int i;

	if (!area)
		return -1;
	*area = 1;
	if (pin_to(cpus[0]))
		return -1;
	/* the other one has run somebody else since */
	usleep(200000);
	if (!start_count(&flushes_of_others))
		return -1;
	for (i = 0; i < MANY; i++) {
		*area = 1;
		if (mprotect(area, PAGE, PROT_READ) ||
		    mprotect(area, PAGE, PROT_READ | PROT_WRITE))
			break;
	}
	return i < MANY ? -1 : end_count(&flushes_of_others);
}

static enum verdict run_left_behind(const struct guest_case *c)
{
	int cpus[2], count;
	pid_t pid;

	(void)c;
	if (two_cpus(cpus))
		return skip("one CPU only");
	if (access(flushes_of_others.enable, W_OK))
		return skip("the kernel does not trace flushes");
	pid = fork();
	if (!pid) {
		pin_to(cpus[1]);
		for (;;)
			;
	}
	count = pid < 0 ? -1 : count_in_child(flushes_after_a_move, cpus, cpus[1]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (count < 0)
		return fail("no count of flushes");
	if (count > MANY / 8)
		return fail("%d flushes of a CPU that has another process", count);
	return PASS;
}

/*
 * However many tables a process has, interrupts come in while they are pinned, by
 * fork(), and unpinned, by exit(), and other tasks run.
 */

#define TABLES		512	/* each with two pages: more than kept tables are for */

/* A list of changes is one hypercall, with interrupts on. */
static const struct event multicalls = {
	EVENT("xen_mc_flush", "enable"), EVENT("xen_mc_flush", "filter"),
	"mcidx > 1", " hypercalls,",
};

static const struct event ends_of_batches = {
	EVENT("xen_mc_issue", "enable"), EVENT("xen_mc_issue", "filter"),
	"0", " xen_mc_issue:",
};

static const struct event switches = {
	TRACING "events/sched/sched_switch/enable",
	TRACING "events/sched/sched_switch/filter",
	"0", " sched_switch:",
};

/* Return: calls of Xen between two such events, at most; 0 where none were traced, or -1 */
static int longest_stretch(const struct event *end)
{
	int count = 0, most = 0;
	char line[512];
	FILE *trace = fopen(TRACING "trace", "r");

	if (!trace)
		return -1;
	while (fgets(line, sizeof(line), trace)) {
		if (line[0] == '#')
			continue;
		if (strstr(line, end->text))
			count = 0;
		else if (strstr(line, multicalls.text) && ++count > most)
			most = count;
	}
	fclose(trace);
	return most;
}

static int stretch_of_a_fork(const struct event *end, int *calls)
{
	unsigned char *area = map_anonymous(TABLES * TABLE);
	size_t i;
	pid_t pid;
	int most;

	if (!area)
		return -1;
	for (i = 0; i < TABLES; i++) {
		area[i * TABLE] = 1;
		area[i * TABLE + PAGE] = 1;
	}
	if (!put(TRACING "options/event-fork", "1") || !put(end->filter, end->wanted) ||
	    !put(end->enable, "1") || !start_count(&multicalls))
		return -1;
	pid = fork();
	if (!pid)
		_exit(0);
	if (!ended_well(pid) || !put(end->enable, "0") ||
	    !put(TRACING "options/event-fork", "0"))
		return -1;
	most = longest_stretch(end);
	*calls = end_count(&multicalls);
	/* both of them: sixteen tables are one call, or, with PREEMPT_RT, one is */
	return *calls < 2 * TABLES / 16 ? -1 : most;
}

static int batches_of_a_fork(const int *cpus)
{
	int calls;

	(void)cpus;
	return stretch_of_a_fork(&ends_of_batches, &calls);
}

static enum verdict run_batches(const struct guest_case *c)
{
	int count, cpu;

	(void)c;
	if (access(hypercalls.enable, W_OK))
		return skip("the kernel does not trace multicalls");
	online_cpus(&cpu, 1);
	count = count_in_child(batches_of_a_fork, NULL, cpu);
	if (count < 0)
		return fail("no count of calls");
	if (count < 1 || count > 2)
		return fail("%d calls with interrupts off", count);
	return PASS;
}

/* On the same CPU, where it may run at once */
static pid_t start_urgent(int cpu)
{
	const struct sched_param param = { .sched_priority = 1 };
	pid_t pid = fork();

	if (pid)
		return pid;
	if (pin_to(cpu) || sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	for (;;)
		usleep(1000);
}

/* Return: per cent of all calls that were made without another task, at most; or -1 */
static int undisturbed(int cpu, int (*stretch)(const struct event *end, int *calls))
{
	pid_t urgent = start_urgent(cpu);
	int most, calls;

	if (urgent < 0)
		return -1;
	most = stretch(&switches, &calls);
	/* it has not failed to start */
	if (waitpid(urgent, NULL, WNOHANG))
		return -1;
	kill(urgent, SIGKILL);
	waitpid(urgent, NULL, 0);
	return most < 0 ? -1 : most * 100 / calls;
}

static int undisturbed_fork(const int *cpus)
{
	return undisturbed(*cpus, stretch_of_a_fork);
}

/* Tables that map the page of zeros */
#define SPARSE		1024

static int stretch_of_an_unmap(const struct event *end, int *calls)
{
	volatile unsigned char *area = mmap(NULL, SPARSE * TABLE, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;
	int most;

	if (area == MAP_FAILED)
		return -1;
	for (i = 0; i < SPARSE; i++)
		area[i * TABLE];
	if (!put(end->filter, end->wanted) || !put(end->enable, "1") ||
	    !start_count(&multicalls))
		return -1;
	if (munmap((void *)area, SPARSE * TABLE) || !put(end->enable, "0"))
		return -1;
	most = longest_stretch(end);
	*calls = end_count(&multicalls);
	/* a call each, but for some that are kept */
	return *calls < SPARSE / 2 ? -1 : most;
}

static int undisturbed_unmap(const int *cpus)
{
	return undisturbed(*cpus, stretch_of_an_unmap);
}

static enum verdict others_run(int (*share)(const int *cpus), int limit)
{
	int percent, cpu;

	if (access(hypercalls.enable, W_OK))
		return skip("the kernel does not trace multicalls");
	online_cpus(&cpu, 1);
	percent = count_in_child(share, &cpu, cpu);
	if (percent < 0)
		return fail("no count of calls");
	if (percent > limit)
		return fail("%d %% of all calls before another task ran", percent);
	return PASS;
}

/* A call of sixteen tables takes longer than the other task sleeps. */
static enum verdict run_others_of_a_fork(const struct guest_case *c)
{
	(void)c;
	return others_run(undisturbed_fork, 20);
}

/* They run behind each table of the next level, and there are two. */
static enum verdict run_others_of_an_unmap(const struct guest_case *c)
{
	(void)c;
	return others_run(undisturbed_unmap, 75);
}

const struct guest_case memory_call_cases[] = {
	{ .name = "memory_batched", .run = run_batched },
	{ .name = "memory_far_apart", .run = run_far_apart },
	{ .name = "memory_left_behind", .run = run_left_behind },
	{ .name = "memory_interrupts", .run = run_batches },
	{ .name = "memory_fork_gives_way", .run = run_others_of_a_fork },
	{ .name = "memory_unmap_gives_way", .run = run_others_of_an_unmap },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * The table of tables, the runner, the command line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define DEFAULT_TIMEOUT		60	/* seconds; an emulator is slow */

static const struct guest_case *const tables[] = {
	fault_cases,
	software_int_cases,
	debug_cases,
	watch_cases,
	entry_cases,
	ia32_off_cases,
	exception_flag_cases,
	ldt_cases,
	shared_cpu_cases,
	segment_cases,
	fpu_cases,
	process_cases,
	memory_cases,
	memory_call_cases,
	top_entry_cases,
	signal_cases,
	time_cases,
	cpu_cases,
	privilege_cases,
	ptrace_cases,
	upcall_cases,
};

/* The case after @prev in the order of the tables; NULL starts and ends. */
static const struct guest_case *next_case(const struct guest_case *prev)
{
	static unsigned int table;

	if (!prev) {
		table = 0;
		return tables[0];
	}
	if (prev[1].name)
		return prev + 1;
	table++;
	return table < ARRAY_SIZE(tables) ? tables[table] : NULL;
}

static const struct guest_case *find_case(const char *name)
{
	const struct guest_case *c;

	for (c = next_case(NULL); c; c = next_case(c))
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static void run_child(const struct guest_case *c)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(c->run(c));
}

/* Wait for the child's end; -1 where it does not come in time. */
static int wait_child(pid_t pid, unsigned int seconds, int *status)
{
	struct timespec deadline, now, left;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += seconds;
	while (waitpid(pid, status, WNOHANG) != pid) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= deadline.tv_sec)
			return -1;
		left.tv_sec = deadline.tv_sec - now.tv_sec;
		left.tv_nsec = 0;
		sigtimedwait(&chld, NULL, &left);
	}
	return 0;
}

static enum verdict run_case(const struct guest_case *c)
{
	unsigned int seconds = c->timeout ? c->timeout : DEFAULT_TIMEOUT;
	enum verdict verdict;
	int status;
	pid_t pid;

	start_report(c->name);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return fail("fork: %s", strerror(errno));
	if (!pid)
		run_child(c);
	setpgid(pid, pid);
	if (wait_child(pid, seconds, &status)) {
		verdict = fail("no verdict after %u s", seconds);
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		return verdict;
	}
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status))
		return fail("killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == PASS || WEXITSTATUS(status) == SKIP)
		return WEXITSTATUS(status);
	return FAIL;
}

static void print_verdict(unsigned int n, const struct guest_case *c,
			  enum verdict verdict)
{
	if (verdict == SKIP)
		printf("ok %u %s # SKIP %s\n", n, c->name, skip_reason());
	else
		printf("%s %u %s\n", verdict == PASS ? "ok" : "not ok", n,
		       c->name);
	fflush(stdout);
}

static int run_named(int count, char **names)
{
	unsigned int failed = 0;
	enum verdict verdict;
	int i;

	printf("KTAP version 1\n1..%d\n", count);
	for (i = 0; i < count; i++) {
		const struct guest_case *c = find_case(names[i]);

		verdict = run_case(c);
		print_verdict(i + 1, c, verdict);
		failed += verdict == FAIL;
	}
	return failed ? 1 : 0;
}

static int run_all(void)
{
	const struct guest_case *c;
	unsigned int count = 0;
	char **names;
	int status;

	for (c = next_case(NULL); c; c = next_case(c))
		count++;
	names = calloc(count, sizeof(*names));
	if (!names)
		return 1;
	count = 0;
	for (c = next_case(NULL); c; c = next_case(c))
		names[count++] = (char *)c->name;
	status = run_named(count, names);
	free(names);
	return status;
}

static int list_cases(void)
{
	const struct guest_case *c;

	for (c = next_case(NULL); c; c = next_case(c))
		puts(c->name);
	return 0;
}

static int usage(const char *problem, const char *word)
{
	fprintf(stderr,
		"guest_test: %s '%s'; use: guest_test [--list | NAME...]\n",
		problem, word);
	return 2;
}

int main(int argc, char **argv)
{
	sigset_t chld;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_cases();
	if (argc == 2 && !strcmp(argv[1], "--exec-probe"))
		return EXEC_PROBE_STATUS;
	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			return usage("unknown option", argv[i]);
		if (!find_case(argv[i]))
			return usage("no case named", argv[i]);
	}
	if (init_report()) {
		fprintf(stderr, "guest_test: no shared memory: %s\n",
			strerror(errno));
		return 1;
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	return argc > 1 ? run_named(argc - 1, argv + 1) : run_all();
}

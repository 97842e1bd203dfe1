// SPDX-License-Identifier: GPL-2.0
/*
 * What takes two tasks: fork and exec, and a pipe from one to the other.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* A child that becomes another program and ends: from fork to its end */
static int fork_exec_wait(void)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return failed("fork");
	if (!child) {
		execl(program, program, EXIT_AT_ONCE, NULL);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child)
		return failed("waitpid");
	return status ? failed("exec") : 0;
}

int measure_exec(const char *name, unsigned int ops)
{
	struct stamp from, to;
	unsigned int i;

	from = now();
	for (i = 0; i < ops; i++)
		if (fork_exec_wait())
			return -1;
	to = now();
	result(name, ops, from, to);
	return 0;
}

/* Send back what comes in, until nothing comes any more */
static void echo(int cpu, int in, int out)
{
	char byte;

	if (pin(cpu))
		_exit(1);
	while (read(in, &byte, 1) == 1)
		if (write(out, &byte, 1) != 1)
			_exit(1);
	_exit(0);
}

static int ball(int out, int in, unsigned int ops)
{
	char byte = 0;
	unsigned int i;

	for (i = 0; i < ops; i++)
		if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1)
			return failed("pipe");
	return 0;
}

/* There and back are two switches: each is one operation. */
static int measure_switch(const char *name, unsigned int ops, int cpu)
{
	struct stamp from, to;
	int there[2], back[2];
	int status, rc;
	pid_t child;

	if (pin(0) || pipe(there) || pipe(back))
		return failed("pipe");
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child) {
		close(there[1]);
		close(back[0]);
		echo(cpu, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);

	/* The first goes to where the child is going to be. */
	rc = ball(there[1], back[0], 1);
	from = now();
	rc = rc ? rc : ball(there[1], back[0], ops);
	to = now();

	close(there[1]);
	close(back[0]);
	if (waitpid(child, &status, 0) != child)
		return failed("waitpid");
	if (rc)
		return rc;
	if (status)
		return failed("the other end");
	result(name, 2 * ops, from, to);
	return 0;
}

int measure_switch_same(const char *name, unsigned int ops)
{
	return measure_switch(name, ops, 0);
}

int measure_switch_other(const char *name, unsigned int ops)
{
	return measure_switch(name, ops, 1);
}

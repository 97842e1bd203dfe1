// SPDX-License-Identifier: GPL-2.0
/*
 * fork and exec, over and over; the other width's program too.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

#define FORKS		300
#define AT_ONCE		20
#define EXECS		60
#define AREA		(64 * 4096)

static enum verdict run_forks(const struct guest_case *c)
{
	unsigned char *area;
	unsigned int i;
	int status;
	pid_t pid;

	(void)c;
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return fail("mmap failed");
	memset(area, 0x5a, AREA);
	for (i = 0; i < FORKS; i++) {
		pid = fork();
		if (pid < 0)
			return fail("fork %u failed", i);
		if (!pid) {
			memset(area, (int)i, AREA / 2);
			_exit(area[AREA / 2] == 0x5a ? i % 100 : 255);
		}
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != (int)(i % 100))
			return fail("child %u ended with %#x", i, status);
		if (area[0] != 0x5a)
			return fail("child %u wrote to its parent", i);
	}
	return PASS;
}

static enum verdict run_forks_at_once(const struct guest_case *c)
{
	unsigned int round, i;
	int status;

	(void)c;
	for (round = 0; round < FORKS / AT_ONCE; round++) {
		for (i = 0; i < AT_ONCE; i++)
			if (!fork())
				_exit(PASS);
		for (i = 0; i < AT_ONCE; i++)
			if (wait(&status) < 0 || status)
				return fail("a child ended with %#x", status);
	}
	return PASS;
}

static enum verdict exec_probe(const char *path)
{
	char *const argv[] = { "guest_test", "--exec-probe", NULL };
	char *const envp[] = { NULL };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execve(path, argv, envp);
		_exit(255);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != EXEC_PROBE_STATUS)
		return fail("%s ended with %#x", path, status);
	return PASS;
}

static enum verdict run_execs(const struct guest_case *c)
{
	unsigned int i;

	(void)c;
	for (i = 0; i < EXECS; i++)
		if (exec_probe("/proc/self/exe"))
			return FAIL;
	return PASS;
}

/* guest_test_64 beside guest_test_32: from one width to the other. */
static enum verdict run_exec_other(const struct guest_case *c)
{
	char path[512];
	unsigned int i;
	ssize_t len;
	char *digits;

	(void)c;
	if (kernel_is_32())
		return skip("a 32-bit kernel runs no 64-bit programs");
	if (without_ia32())
		return skip("%s", without_ia32());
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len < 2)
		return fail("no /proc/self/exe");
	path[len] = '\0';
	digits = path + len - 2;
	memcpy(digits, WIDTH == 64 ? "32" : "64", 2);
	for (i = 0; i < EXECS; i++)
		if (exec_probe(path))
			return FAIL;
	return PASS;
}

const struct guest_case process_cases[] = {
	{ .name = "fork_many", .run = run_forks },
	{ .name = "fork_at_once", .run = run_forks_at_once },
	{ .name = "exec_many", .run = run_execs },
	{ .name = "exec_other_width", .run = run_exec_other },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * What a case says: diagnostics at once, as KTAP comments; the reason of a
 * skip through shared memory, because the parent prints the verdict.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest_test.h"

#define REASON_MAX	160

static const char *case_name = "";
static char *reason;

int init_report(void)
{
	reason = mmap(NULL, REASON_MAX, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return reason == MAP_FAILED ? -1 : 0;
}

void start_report(const char *name)
{
	case_name = name;
	reason[0] = '\0';
}

const char *skip_reason(void)
{
	return reason[0] ? reason : "no reason given";
}

const char *without_ia32(void)
{
	return getenv("NO_IA32") ? "the kernel has no IA32_EMULATION" : NULL;
}

bool kernel_is_32(void)
{
	struct utsname name;

	return !uname(&name) && strcmp(name.machine, "x86_64");
}

/* One write, so that a line stays whole among those of other processes. */
static void print_line(const char *fmt, va_list args)
{
	char line[400];
	int len;

	len = snprintf(line, sizeof(line), "# %s: ", case_name);
	len += vsnprintf(line + len, sizeof(line) - len - 1, fmt, args);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, len) < 0)
		_exit(FAIL);
}

void diag(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
}

enum verdict fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	return FAIL;
}

enum verdict skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, REASON_MAX, fmt, args);
	va_end(args);
	return SKIP;
}

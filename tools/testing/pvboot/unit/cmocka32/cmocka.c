// SPDX-License-Identifier: GPL-2.0
/* A case that fails leaves by longjmp; a crash takes the whole run along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cmocka.h"

static jmp_buf leave;
static char reason[400];

void cmocka_set_message_output(enum cm_message_output output)
{
	(void)output;
}

void cm_fail(const char *file, int line, const char *format, ...)
{
	size_t used;
	va_list args;

	used = snprintf(reason, sizeof(reason), "%s:%d: ", file, line);
	va_start(args, format);
	vsnprintf(reason + used, sizeof(reason) - used, format, args);
	va_end(args);
	longjmp(leave, 1);
}

void cm_same(unsigned long long a, unsigned long long b,
	     const char *file, int line)
{
	if (a != b)
		cm_fail(file, line, "%#llx != %#llx", a, b);
}

void cm_differ(unsigned long long a, unsigned long long b,
	       const char *file, int line)
{
	if (a == b)
		cm_fail(file, line, "%#llx == %#llx", a, b);
}

void cm_same_string(const char *a, const char *b, const char *file, int line)
{
	if (strcmp(a, b))
		cm_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

void cm_same_memory(const void *a, const void *b, size_t size,
		    const char *file, int line)
{
	if (memcmp(a, b, size))
		cm_fail(file, line, "%zu bytes are not the same", size);
}

static int passes(const struct CMUnitTest *test)
{
	void *state = NULL;

	if (setjmp(leave))
		return 0;
	if (test->setup && test->setup(&state))
		cm_fail(__FILE__, __LINE__, "setup failed");
	test->test(&state);
	return 1;
}

int cm_run_group(const char *name, const struct CMUnitTest *tests, size_t nr,
		 int (*setup)(void **state), int (*teardown)(void **state))
{
	int failed = 0;
	size_t i;

	if (setup || teardown) {
		printf("Bail out! a group's setup and teardown are not here\n");
		return 1;
	}
	printf("1..%zu\n", nr);
	for (i = 0; i < nr; i++) {
		if (passes(&tests[i])) {
			printf("ok %zu - %s\n", i + 1, tests[i].name);
			continue;
		}
		printf("not ok %zu - %s\n# %s\n", i + 1, tests[i].name, reason);
		failed++;
	}
	printf("# %sok - %s\n", failed ? "not " : "", name);
	return failed;
}

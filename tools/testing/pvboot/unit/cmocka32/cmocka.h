/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of cmocka that our cases use, for the 32-bit build: Debian brings
 * the library in the machine's own width only.  Same names, same output.
 */
#ifndef PVBOOT_CMOCKA32_H
#define PVBOOT_CMOCKA32_H

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
};

enum cm_message_output {
	CM_OUTPUT_TAP,
};

void cmocka_set_message_output(enum cm_message_output output);
int cm_run_group(const char *name, const struct CMUnitTest *tests, size_t nr,
		 int (*setup)(void **state), int (*teardown)(void **state));
void cm_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void cm_same(unsigned long long a, unsigned long long b,
	     const char *file, int line);
void cm_differ(unsigned long long a, unsigned long long b,
	       const char *file, int line);
void cm_same_string(const char *a, const char *b, const char *file, int line);
void cm_same_memory(const void *a, const void *b, size_t size,
		    const char *file, int line);

#define CM_VALUE(v)	((unsigned long long)(v))
#define CM_POINTER(p)	((unsigned long long)(uintptr_t)(p))

#define assert_int_equal(a, b) \
	cm_same(CM_VALUE(a), CM_VALUE(b), __FILE__, __LINE__)
#define assert_true(v)	cm_same(!!(v), 1, __FILE__, __LINE__)
#define assert_false(v)	cm_same(!!(v), 0, __FILE__, __LINE__)
#define assert_null(p)	cm_same(CM_POINTER(p), 0, __FILE__, __LINE__)
#define assert_non_null(p)	cm_differ(CM_POINTER(p), 0, __FILE__, __LINE__)
#define assert_ptr_equal(a, b) \
	cm_same(CM_POINTER(a), CM_POINTER(b), __FILE__, __LINE__)
#define assert_string_equal(a, b)	cm_same_string(a, b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) \
	cm_same_memory(a, b, size, __FILE__, __LINE__)
#define fail_msg(...)	cm_fail(__FILE__, __LINE__, __VA_ARGS__)

#define cmocka_unit_test_setup(f, s)	{ #f, f, s }
#define cmocka_run_group_tests_name(name, tests, setup, teardown)	\
	({								\
		__auto_type cm_tests = &(tests);			\
									\
		cm_run_group(name, *cm_tests,				\
			     sizeof(*cm_tests) / sizeof(**cm_tests),	\
			     setup, teardown);				\
	})

#endif /* PVBOOT_CMOCKA32_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * INT n from user mode: the vectors that userspace may raise, and those that
 * it may not, which are general protection faults that name the vector.
 */
#include "guest_test.h"

#define VECTOR_BP	3
#define VECTOR_OF	4
#define VECTOR_BR	5
#define VECTOR_GP	13

/* error code of an IDT fault: index, and the bit that says IDT */
#define IDT_ERROR(n)	((n) * 8ul + 2)

extern char after_int3[], after_cd03[], after_int4[];
extern char at_int0[], at_int2[], at_int8[], at_int14[], at_int33[];
extern char at_int255[];

static void do_int3(void *arg)
{
	(void)arg;
	asm volatile("int3\n"
		     ".global after_int3\n"
		     "after_int3:");
}

static void do_cd03(void *arg)
{
	(void)arg;
	asm volatile(".byte 0xcd, 3\n"
		     ".global after_cd03\n"
		     "after_cd03:");
}

static void do_int4(void *arg)
{
	(void)arg;
	asm volatile("int $4\n"
		     ".global after_int4\n"
		     "after_int4:");
}

#define DEFINE_INT(n)					\
static void do_int##n(void *arg)			\
{							\
	(void)arg;					\
	asm volatile(".global at_int" #n "\n"		\
		     "at_int" #n ":\n\t"		\
		     "int $" #n);			\
}

DEFINE_INT(0)
DEFINE_INT(2)
DEFINE_INT(8)
DEFINE_INT(14)
DEFINE_INT(33)
DEFINE_INT(255)

static const struct forbidden {
	unsigned int vector;
	void (*code)(void *arg);
	const char *at;
} forbidden[] = {
	{ 0, do_int0, at_int0 },
	{ 2, do_int2, at_int2 },
	{ 8, do_int8, at_int8 },
	{ 14, do_int14, at_int14 },
	{ 33, do_int33, at_int33 },
	{ 255, do_int255, at_int255 },
};

static enum verdict check_ip(const struct caught *caught, const char *where)
{
	if (caught->ip != (unsigned long)where)
		return fail("ip %#lx instead of %p", caught->ip, where);
	return PASS;
}

static enum verdict run_int3(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_int3, NULL, &caught);
	if (expect_signal(&caught, SIGTRAP, SI_KERNEL))
		return FAIL;
	return check_ip(&caught, after_int3);
}

static enum verdict run_cd03(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_cd03, NULL, &caught);
	if (expect_signal(&caught, SIGTRAP, SI_KERNEL))
		return FAIL;
	return check_ip(&caught, after_cd03);
}

static enum verdict run_int4(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_int4, NULL, &caught);
	if (expect_signal(&caught, SIGSEGV, SI_KERNEL))
		return FAIL;
	if (caught.trapno != VECTOR_OF)
		return fail("vector %lu", caught.trapno);
	return check_ip(&caught, after_int4);
}

static enum verdict run_forbidden(const struct guest_case *c)
{
	struct caught caught;
	unsigned int i;

	(void)c;
	for (i = 0; i < ARRAY_SIZE(forbidden); i++) {
		const struct forbidden *f = &forbidden[i];

		catch_signal(f->code, NULL, &caught);
		if (expect_signal(&caught, SIGSEGV, SI_KERNEL) ||
		    check_ip(&caught, f->at))
			return FAIL;
		if (caught.trapno != VECTOR_GP ||
		    caught.error != IDT_ERROR(f->vector))
			return fail("int %u: vector %lu error %#lx",
				    f->vector, caught.trapno, caught.error);
	}
	return PASS;
}

#ifdef __i386__
static void do_into(void *arg)
{
	(void)arg;
	asm volatile("movb $0x7f, %%al\n\t"
		     "addb $1, %%al\n\t"
		     "into" ::: "eax", "cc");
}

static void do_bound(void *arg)
{
	static const s32 bounds[2] = { 1, 2 };

	(void)arg;
	asm volatile("bound %0, %1" :: "r" (7), "m" (bounds));
}

static enum verdict run_into(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_into, NULL, &caught);
	if (expect_signal(&caught, SIGSEGV, SI_KERNEL))
		return FAIL;
	return caught.trapno == VECTOR_OF ? PASS :
	       fail("vector %lu", caught.trapno);
}

static enum verdict run_bound(const struct guest_case *c)
{
	struct caught caught;

	(void)c;
	catch_signal(do_bound, NULL, &caught);
	if (expect_signal(&caught, SIGSEGV, SI_KERNEL))
		return FAIL;
	return caught.trapno == VECTOR_BR ? PASS :
	       fail("vector %lu", caught.trapno);
}
#else
static enum verdict run_into(const struct guest_case *c)
{
	(void)c;
	return skip("no such instruction in 64-bit code");
}

#define run_bound run_into
#endif

const struct guest_case software_int_cases[] = {
	{ .name = "sigtrap_int3", .run = run_int3 },
	{ .name = "sigtrap_int_3_two_bytes", .run = run_cd03 },
	{ .name = "sigsegv_int_4", .run = run_int4 },
	{ .name = "sigsegv_into", .run = run_into },
	{ .name = "sigsegv_bound", .run = run_bound },
	{ .name = "sigsegv_int_forbidden", .run = run_forbidden },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * A selector whose descriptor goes away while it is loaded.
 *
 * One thread loads a selector of the LDT, another one clears the entry.  On
 * the next way back to userspace that has to load it, the register cannot be
 * loaded: a kernel makes it null, and under Xen that is the work of the
 * failsafe callback.  A stack segment cannot be null: that is SIGSEGV.
 */
#include <asm/ldt.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest_test.h"

#define LDT_READ	0
#define TRIES		20000
#define SPINS		200000000	/* outlasts the remover's wait */

typedef unsigned int (*load_fn)(unsigned int selector, unsigned int tries,
				volatile unsigned int *loaded);

unsigned int stale_ds(unsigned int selector, unsigned int tries,
		      volatile unsigned int *loaded);
unsigned int stale_es(unsigned int selector, unsigned int tries,
		      volatile unsigned int *loaded);
unsigned int stale_fs(unsigned int selector, unsigned int tries,
		      volatile unsigned int *loaded);
unsigned int stale_gs(unsigned int selector, unsigned int tries,
		      volatile unsigned int *loaded);
void stale_ss(unsigned int selector, volatile unsigned int *loaded);
extern unsigned int stale_spins;

static const load_fn stale[] = {
	[DS] = stale_ds, [ES] = stale_es, [FS] = stale_fs, [GS] = stale_gs,
};

/* What the thread that takes the entry away waits for, and where it runs. */
static volatile unsigned int loaded;
static int remover_cpu;

/* Without C's thread pointer, which may be what was just taken away */
long write_ldt(unsigned int entry, bool present)
{
	struct user_desc desc = {
		.entry_number = entry,
		.limit = present ? 0xfffff : 0,
		.seg_32bit = present,
		.limit_in_pages = present,
		.read_exec_only = !present,
		.seg_not_present = !present,
		.useable = present,
	};

	return plain_call(SYS_modify_ldt, LDT_WRITE, (long)&desc, sizeof(desc));
}

static void *remove_entry(void *arg)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	(void)arg;
	pin_to(remover_cpu);
	while (!loaded)
		sched_yield();
	nanosleep(&moment, NULL);
	write_ldt(0, false);
	return NULL;
}

static enum verdict start_remover(const struct guest_case *c,
				  pthread_t *thread)
{
	int cpus[2] = { 0, 0 };

	online_cpus(cpus, 1);
	if (c->other_cpu && two_cpus(cpus))
		return skip("one CPU only");
	remover_cpu = c->other_cpu ? cpus[1] : cpus[0];
	if (pin_to(cpus[0]))
		return fail("cannot run on CPU %d", cpus[0]);
	if (write_ldt(0, true))
		return fail("modify_ldt was refused");
	loaded = 0;
	if (pthread_create(thread, NULL, remove_entry, NULL))
		return fail("no thread");
	return PASS;
}

static enum verdict run_stale(const struct guest_case *c)
{
	enum verdict verdict;
	unsigned int selector;
	pthread_t thread;

	verdict = start_remover(c, &thread);
	if (verdict != PASS)
		return verdict;
	selector = stale[c->segment](LDT_SELECTOR(0), TRIES, &loaded);
	pthread_join(thread, NULL);
	if (selector)
		return fail("the selector is still %#x", selector);
	return PASS;
}

/*
 * Without a system call in between: only an interrupt, or a hypervisor that
 * switches to another virtual CPU and back, finds the stale selector.
 */
static enum verdict run_spin(const struct guest_case *c)
{
	enum verdict verdict;

	stale_spins = SPINS;
	verdict = run_stale(c);
	if (verdict == PASS && vcpus_share() && !stale_spins)
		return fail("the selector was found by a system call");
	return verdict;
}

static void sit_on_ss(void *arg)
{
	(void)arg;
	stale_ss(LDT_SELECTOR(0), &loaded);
}

static enum verdict run_stack(const struct guest_case *c)
{
	struct caught caught;
	enum verdict verdict;
	pthread_t thread;

	verdict = start_remover(c, &thread);
	if (verdict != PASS)
		return verdict;
	catch_signal(sit_on_ss, NULL, &caught);
	pthread_join(thread, NULL);
	if (caught.sig != SIGSEGV && caught.sig != SIGBUS)
		return fail("signal %d", caught.sig);
	return PASS;
}

/* What is written is what is read, and what the segment does. */
static enum verdict run_install(const struct guest_case *c)
{
	static const u32 cell = 0x12345678;
	struct user_desc desc = {
		.entry_number = 3,
		.base_addr = (unsigned int)(unsigned long)&cell,
		.limit = sizeof(cell) - 1,
		.seg_32bit = 1,
		.useable = 1,
	};
	u64 table[4];
	u32 limit, value;
	long bytes;

	(void)c;
	if (syscall(SYS_modify_ldt, LDT_WRITE, &desc, sizeof(desc)))
		return fail("modify_ldt was refused");
	bytes = syscall(SYS_modify_ldt, LDT_READ, table, sizeof(table));
	if (bytes != sizeof(table))
		return fail("modify_ldt read %ld bytes", bytes);
	if (table[0] || table[1] || table[2] || !table[3])
		return fail("entry 3 reads %#llx",
			    (unsigned long long)table[3]);
	asm volatile("lsl %1, %0" : "=r" (limit) : "r" (LDT_SELECTOR(3)));
	if (limit != sizeof(cell) - 1)
		return fail("limit %u", limit);
	asm volatile("push %%fs\n\t"
		     "mov %1, %%fs\n\t"
		     "movl %%fs:0, %0\n\t"
		     "pop %%fs" : "=r" (value) : "r" (LDT_SELECTOR(3))
		     : "memory");
	if (value != cell)
		return fail("read %#x through the segment", value);
	return PASS;
}

static enum verdict run_remove_own(const struct guest_case *c)
{
	unsigned int limit;
	bool there;

	(void)c;
	if (write_ldt(5, true) || write_ldt(5, false))
		return fail("modify_ldt was refused");
	asm volatile("lsl %2, %0" : "=r" (limit), "=@ccz" (there)
		     : "r" (LDT_SELECTOR(5)));
	return there ? fail("the entry is still there") : PASS;
}

#define SAME(title, how, seg)	\
	{ .name = title, .run = how, .segment = seg }

#define OTHER(title, how, seg)	\
	{ .name = title, .run = how, .segment = seg, .other_cpu = true }

const struct guest_case ldt_cases[] = {
	SAME("ldt_install", run_install, DS),
	SAME("ldt_remove", run_remove_own, DS),
	SAME("ldt_stale_ds", run_stale, DS),
	OTHER("ldt_stale_ds_other_cpu", run_stale, DS),
	SAME("ldt_stale_es", run_stale, ES),
	OTHER("ldt_stale_es_other_cpu", run_stale, ES),
	SAME("ldt_stale_fs", run_stale, FS),
	OTHER("ldt_stale_fs_other_cpu", run_stale, FS),
	SAME("ldt_stale_gs", run_stale, GS),
	OTHER("ldt_stale_gs_other_cpu", run_stale, GS),
	OTHER("ldt_stale_ds_spinning", run_spin, DS),
	OTHER("ldt_stale_es_spinning", run_spin, ES),
	OTHER("ldt_stale_fs_spinning", run_spin, FS),
	OTHER("ldt_stale_gs_spinning", run_spin, GS),
	SAME("ldt_stale_ss", run_stack, SS),
	OTHER("ldt_stale_ss_other_cpu", run_stack, SS),
	{ }
};

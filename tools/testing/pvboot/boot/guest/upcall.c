// SPDX-License-Identifier: GPL-2.0
/*
 * Events that come when a user's instruction pointer is a kernel address.
 *
 * A frame that rt_sigreturn restores may have any instruction pointer.  Where
 * an event is pending then, Xen makes the upcall before the first instruction
 * is fetched, and what the kernel finds saved is an address of its own with
 * the selector of a user.  It must not take it for its own: the user would go
 * on with events masked, and keep that CPU.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

#define SYMBOLS		"/proc/kallsyms"
#define PERIOD_US	100
#define TARGETS_MAX	2048
#define SECONDS		4
#define SECONDS_MAX	20	/* a machine that has little time for this */
#define RETURNS_MIN	3000
#define SPIN_MS		300

/* How far behind a symbol: its first instructions, which mask nothing yet. */
static const unsigned int offsets[] = { 0, 4, 5, 8, 12 };

/* Ways in from user mode other than exceptions; of 32-bit kernels as well. */
static const char *const call_entries[] = {
	"xen_entry_SYS*", "xen_pv_no_compat_syscall", "xen_pv_failsafe*",
	"xen_pv_legacy_*", "entry_SYSCALL_64*", "entry_SYSCALL_compat*",
	"entry_SYSENTER_compat*", "xen_pv_masking_*", "xen_pv_sysenter",
	"entry_INT80_32", "entry_SYSENTER_32", NULL
};

static const char *const trap_entries[] = { "xen_asm_*", NULL };

/* Without those with a mark there is nothing to look at. */
static const char *const ways_out[] = {
	"!xen_iret", "!xenpv_restore*", "xen_hypercall_*", NULL
};

static unsigned long targets[TARGETS_MAX];
static unsigned int target_count;

static struct timespec started;
static volatile unsigned int returns;
static volatile unsigned int alarms;
static volatile unsigned long masked_at;
static volatile unsigned long flags_seen;
static volatile unsigned long last_target;
static sigjmp_buf way_out;

static bool found[32];	/* by the pattern's number */

static bool matches(const char *const *patterns, const char *name)
{
	unsigned int i;

	for (i = 0; patterns[i]; i++)
		if (!fnmatch(patterns[i] + (patterns[i][0] == '!'), name, 0))
			return found[i] = true;
	return false;
}

/* Return: a pattern with a mark that no symbol has; NULL for none */
static const char *lost(const char *const *patterns)
{
	unsigned int i;

	for (i = 0; patterns[i]; i++)
		if (patterns[i][0] == '!' && !found[i])
			return patterns[i] + 1;
	return NULL;
}

static void add_target(unsigned long address)
{
	if (target_count < TARGETS_MAX)
		targets[target_count++] = address;
}

/* Return: 0, or -1 where the table of symbols cannot be read. */
static int read_targets(const char *const *patterns)
{
	unsigned long address;
	char line[512], name[256];
	unsigned int i;
	FILE *file;

	file = fopen(SYMBOLS, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %255s", &address, name) != 2)
			continue;
		if (!address || !matches(patterns, name))
			continue;
		for (i = 0; i < ARRAY_SIZE(offsets); i++)
			add_target(address + offsets[i]);
	}
	fclose(file);
	return 0;
}

static bool enough(void)
{
	double seconds;

	if (returns % 64)
		return false;
	seconds = seconds_since(&started);
	return seconds > SECONDS_MAX ||
	       (seconds > SECONDS && returns >= RETURNS_MIN);
}

/* User mode always has interrupts enabled, so each frame has to say so. */
static void look_at_frame(const greg_t *regs)
{
	if (regs[REG_EFL] & FLAG_IF)
		return;
	masked_at = regs[REG_IP];
	flags_seen = regs[REG_EFL];
	siglongjmp(way_out, 1);
}

static void note_alarm(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	alarms++;
	look_at_frame(((ucontext_t *)context)->uc_mcontext.gregs);
}

/* Each fault is the way to the next kernel address. */
static void return_to_kernel(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	look_at_frame(regs);
	if (enough())
		siglongjmp(way_out, 1);
	last_target = targets[returns % target_count];
	regs[REG_IP] = last_target;
	returns++;
}

/* Without a system call, which would let in what user mode has kept out. */
static void spin(unsigned long rounds)
{
	while (rounds--)
		asm volatile("pause" ::: "memory");
}

static unsigned long rounds_for_ms(unsigned int ms)
{
	const unsigned long rounds = 1000000;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	spin(rounds);
	return rounds * (ms / 1e3) / seconds_since(&start);
}

/*
 * What a page fault would find is not what this is about, so all memory is
 * there before the first.
 */
static enum verdict lock_memory_and_become_user(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return fail("mlockall: %s", strerror(errno));
	if (become_user())
		return fail("becoming user %d: %s", USER, strerror(errno));
	return PASS;
}

static enum verdict run_upcall(const struct guest_case *c)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = PERIOD_US },
		.it_value = { .tv_usec = PERIOD_US },
	};
	const struct itimerval never = { .it_value = { 0 } };
	unsigned int before, during;
	unsigned long rounds;

	if (WIDTH == 32 && !kernel_is_32())
		return skip("a 32-bit frame holds no address of a 64-bit kernel");
	if (read_targets(c->symbols))
		return errno == ENOENT ? skip("the kernel has no KALLSYMS") :
		       fail("%s: %s", SYMBOLS, strerror(errno));
	if (!target_count)
		return fail("%s has none of the symbols", SYMBOLS);
	if (lost(c->symbols))
		return fail("%s has no %s", SYMBOLS, lost(c->symbols));
	if (lock_memory_and_become_user())
		return FAIL;

	rounds = rounds_for_ms(SPIN_MS);
	set_handler(SIGALRM, note_alarm, 0);
	set_handler(SIGSEGV, return_to_kernel, 0);
	clock_gettime(CLOCK_MONOTONIC, &started);
	if (!sigsetjmp(way_out, 1)) {
		setitimer(ITIMER_REAL, &every, NULL);
		raise(SIGSEGV);
	}
	before = alarms;
	spin(rounds);
	during = alarms - before;
	setitimer(ITIMER_REAL, &never, NULL);

	diag("%u addresses, %u returns to them, %u signals of the timer, %u in the end",
	     target_count, returns, alarms, during);
	if (masked_at)
		return fail("events masked in user mode: %#lx at %#lx, %u returns, last to %#lx",
			    flags_seen, masked_at, returns, last_target);
	if (!during)
		return fail("the timer no longer comes");
	return returns < RETURNS_MIN / 10 ? fail("only %u returns", returns) :
					    PASS;
}

const struct guest_case upcall_cases[] = {
	{ .name = "upcall_at_call_entries", .run = run_upcall,
	  .symbols = call_entries },
	{ .name = "upcall_at_trap_entries", .run = run_upcall,
	  .symbols = trap_entries },
	{ .name = "upcall_at_ways_out", .run = run_upcall,
	  .symbols = ways_out },
	{ }
};

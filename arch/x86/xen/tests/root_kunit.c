// SPDX-License-Identifier: GPL-2.0
/*
 * A root's entry as a CPU without a lock reads it, while another one sets and
 * clears it.  With PAE that is two loads, and a frame above 4 GB is in both.
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/smp.h>

#define READS		1000000
#define MOST_READS	(100 * READS)	/* until the other CPU is there */

/* Of a table's frame above 4 GB: from either half follows the other. */
static u64 entry_of(u32 low_frame)
{
	return PFN_PHYS((u64)(low_frame % 15 + 1) << 20 | low_frame) |
	       _PAGE_PRESENT;
}

static u32 low_frame_of(u64 entry)
{
	return PHYS_PFN(entry) & GENMASK(19, 0);
}

static void set_entry(pud_t *entry, u64 value)
{
	native_set_pud(entry, native_make_pud(value));
}

/**
 * struct changes - an entry that another CPU changes
 * @entry: it
 * @begun: that CPU is at it
 */
struct changes {
	pud_t entry __aligned(sizeof(pud_t));
	struct completion begun;
};

/* Each time another table: those of before are in use while a CPU may look. */
static int change_entry(void *arg)
{
	struct changes *changes = arg;
	u32 frame = 0;

	complete(&changes->begun);
	while (!kthread_should_stop()) {
		frame = (frame + 1) & GENMASK(19, 0);
		set_entry(&changes->entry, entry_of(frame));
		set_entry(&changes->entry, 0);
		cond_resched();
	}
	return 0;
}

/* Called with this task's CPU fixed: the other one has to be another. */
static struct task_struct *start_changes(struct changes *changes)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     smp_processor_id());
	struct task_struct *task;

	task = kthread_create(change_entry, changes, "change_entry");
	if (IS_ERR(task))
		return NULL;
	kthread_bind(task, other);
	wake_up_process(task);
	wait_for_completion(&changes->begun);
	return task;
}

/**
 * struct reads - what was read
 * @nothing: how often there was no entry
 * @all: how often an entry
 * @torn: how often neither, and
 * @value: the last such
 */
struct reads {
	unsigned int nothing, all, torn;
	u64 value;
};

static void count_read(struct reads *reads, u64 value)
{
	if (pud_none(native_make_pud(value))) {
		reads->nothing++;
	} else if (value == entry_of(low_frame_of(value))) {
		reads->all++;
	} else {
		reads->torn++;
		reads->value = value;
	}
}

static bool needs_read(const struct reads *reads, unsigned int done)
{
	if (done < READS)
		return true;
	return done < MOST_READS && !(reads->nothing && reads->all);
}

static void entries_are_read_whole(struct kunit *test)
{
	struct changes changes = {
		.begun = COMPLETION_INITIALIZER_ONSTACK(changes.begun),
	};
	pud_t *entry = &changes.entry;
	struct reads reads = {};
	struct task_struct *task;
	unsigned int i;

	if (num_online_cpus() == 1)
		kunit_skip(test, "no other CPU");

	migrate_disable();
	task = start_changes(&changes);
	for (i = 0; task && needs_read(&reads, i); i++) {
		count_read(&reads, native_pud_val(pudp_get(entry)));
		count_read(&reads, native_pgd_val(pgdp_get((pgd_t *)entry)));
		cond_resched();
	}
	if (task)
		kthread_stop(task);
	migrate_enable();

	KUNIT_ASSERT_NOT_NULL(test, task);
	kunit_info(test, "nothing %u, an entry %u\n", reads.nothing, reads.all);
	KUNIT_EXPECT_GT(test, reads.nothing, 0);
	KUNIT_EXPECT_GT(test, reads.all, 0);
	KUNIT_EXPECT_EQ_MSG(test, reads.torn, 0, "the last as %#llx",
			    reads.value);
}

/* The low half, where the present bit is, is read first. */
static void half_an_entry_is_none(struct kunit *test)
{
	const u64 entry = entry_of(0x23456);
	const u64 high = entry & ~(u64)U32_MAX;

	KUNIT_EXPECT_TRUE(test, pud_none(native_make_pud(0)));
	KUNIT_EXPECT_FALSE(test, pud_none(native_make_pud(entry)));
	KUNIT_EXPECT_FALSE(test, pud_none(native_make_pud((u32)entry)));
	if (IS_ENABLED(CONFIG_X86_PAE))
		KUNIT_EXPECT_TRUE(test, pud_none(native_make_pud(high)));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(entries_are_read_whole),
	KUNIT_CASE(half_an_entry_is_none),
	{ }
};

static struct kunit_suite suite = {
	.name = "xen_pv_root",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: entries of a root that change");
MODULE_LICENSE("GPL");

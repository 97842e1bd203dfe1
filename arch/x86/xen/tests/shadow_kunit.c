// SPDX-License-Identifier: GPL-2.0
/*
 * mm/shadow.c: KASAN sees what is done to memory that is nobody's, also by code of
 * memory management, and has nothing to say of the rest.
 *
 * Its reports are in the log: whoever reads that has to expect them.  They take
 * kasan_multi_shot on the command line, without which there is but one.
 *
 * A kworker does what is wrong: KASAN has a test fail in whose task it reports.
 */
#include <kunit/test.h>

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include <trace/events/printk.h>
#include <xen/xen.h>

#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>

#include "../mm/p2m.h"

#define NR_WORDS	32

/* What KASAN has reported in a test, and of which function the last one was */
static unsigned int reports;
static char where[128];

static void look_at_line(void *unused, const char *line, size_t len)
{
	const char *report = strnstr(line, "BUG: KASAN: ", len);

	if (!report)
		return;
	reports++;
	strscpy(where, report, min(sizeof(where), len - (report - line) + 1));
}

static int begin_to_look(struct kunit_suite *suite)
{
	return register_trace_console(look_at_line, NULL);
}

static void look_no_more(struct kunit_suite *suite)
{
	unregister_trace_console(look_at_line, NULL);
	tracepoint_synchronize_unregister();
}

static int need_pv(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest");
	reports = 0;
	where[0] = 0;
	return 0;
}

static void do_elsewhere(work_func_t fn)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, fn);
	schedule_work(&work);
	flush_work(&work);
	destroy_work_on_stack(&work);
}

static noinline unsigned long xen_pv_shadow_read(const unsigned long *word)
{
	return READ_ONCE(*word);
}

/*
 * By mm/p2m.c: as it fills a page of the list of frames.  KASAN itself uses the
 * first words of what is freed.
 */
static void write_to_freed_object(struct work_struct *unused)
{
	unsigned long *word = kmalloc_array(NR_WORDS, sizeof(*word), GFP_KERNEL);
	unsigned long *stale = word;

	OPTIMIZER_HIDE_VAR(stale);
	kfree(word);
	if (stale)
		xen_pv_fill_words(stale + NR_WORDS - 1, XEN_PV_MISSING, 0, 1);
}

static void read_freed_page(struct work_struct *unused)
{
	unsigned long *page = (unsigned long *)__get_free_page(GFP_KERNEL);
	unsigned long *stale = page;

	OPTIMIZER_HIDE_VAR(stale);
	free_page((unsigned long)page);
	if (stale)
		xen_pv_shadow_read(stale);
}

static void read_behind_vmalloc(struct work_struct *unused)
{
	unsigned long *word = vmalloc(PAGE_SIZE / 2);

	if (word)
		xen_pv_shadow_read(word + PAGE_SIZE / 2 / sizeof(*word));
	vfree(word);
}

/* The kernel's image, the direct map, vmalloc space, the list of frames, Xen's */
static void good_accesses_are_silent(struct kunit *test)
{
	unsigned long *word = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, word);
	xen_pv_fill_words(word, XEN_PV_MISSING, 0, PAGE_SIZE / sizeof(*word));
	vfree(word);

	word = (unsigned long *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, word);
	xen_pv_fill_words(word, XEN_PV_MISSING, 0, PAGE_SIZE / sizeof(*word));
	free_page((unsigned long)word);

	xen_pv_shadow_read((unsigned long *)&xen_pv_list);
	xen_pv_shadow_read(xen_p2m_addr);
	xen_pv_shadow_read(xen_p2m_addr + xen_p2m_size - 1);
	xen_pv_shadow_read(machine_to_phys_mapping);
	xen_pv_shadow_read(machine_to_phys_mapping + machine_to_phys_nr - 1);
	KUNIT_EXPECT_EQ(test, reports, 0);
}

static void a_freed_object_is_seen(struct kunit *test)
{
	do_elsewhere(write_to_freed_object);
	KUNIT_EXPECT_EQ(test, reports, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, "slab-use-after-free in "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, " xen_pv_fill_words+"));
}

static void a_freed_page_is_seen(struct kunit *test)
{
	do_elsewhere(read_freed_page);
	KUNIT_EXPECT_EQ(test, reports, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, "use-after-free in "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, " xen_pv_shadow_read"));
}

static void the_end_of_vmalloc_is_seen(struct kunit *test)
{
	do_elsewhere(read_behind_vmalloc);
	KUNIT_EXPECT_EQ(test, reports, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, "vmalloc-out-of-bounds in "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(where, " xen_pv_shadow_read"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(good_accesses_are_silent),
	KUNIT_CASE(a_freed_object_is_seen),
	KUNIT_CASE(a_freed_page_is_seen),
	KUNIT_CASE(the_end_of_vmalloc_is_seen),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_shadow",
	.suite_init = begin_to_look,
	.suite_exit = look_no_more,
	.init = need_pv,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: shadow memory of KASAN");
MODULE_LICENSE("GPL");

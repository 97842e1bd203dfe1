// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that tasks have mapped for themselves, over a suspend: high memory in 32 bits,
 * any memory with DEBUG_KMAP_LOCAL_FORCE_MAP.
 *
 * kmap_local_page() notes the entry with the task, which maps the page again when it
 * comes back to a CPU.  A domain may be suspended in between: tasks of the kernel are
 * not all frozen.  The toolstack translates page tables, and not what a task has
 * noted.
 */
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "../pv.h"

typedef pte_t translate_fn(pte_t entry);

static pte_t to_pfn(pte_t entry)
{
	return native_make_pte(pte_val(entry));
}

static pte_t to_mfn(pte_t entry)
{
	return __pte(native_pte_val(entry));
}

static void translate_noted(struct task_struct *task, translate_fn *translate)
{
	int i;

	for (i = 0; i < task->kmap_ctrl.idx; i++) {
		pte_t *noted = &task->kmap_ctrl.pteval[i];

		*noted = translate(*noted);
	}
}

static void translate_all(translate_fn *translate)
{
	struct task_struct *process, *task;

	for_each_process_thread(process, task)
		translate_noted(task, translate);
}

/**
 * xen_mm_kmaps_to_pfns - note pages by their numbers in this domain
 *
 * Context: stop_machine(), before the domain is suspended.
 */
void xen_mm_kmaps_to_pfns(void)
{
	translate_all(to_pfn);
}

/**
 * xen_mm_kmaps_to_mfns - note them by the frames that they have now
 *
 * Context: stop_machine(), once the domain has resumed or was not suspended.
 */
void xen_mm_kmaps_to_mfns(void)
{
	translate_all(to_mfn);
}

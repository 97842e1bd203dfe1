// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs xen/mmu/p2m: kinds of frames, a line for pfns in a row.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include <xen/xen.h>

#include "p2m.h"

static const char * const kind_names[] = {
	[XEN_PV_MISSING]	= "missing",
	[XEN_PV_OWN]		= "pfn",
	[XEN_PV_FOREIGN]	= "foreign",
	[XEN_PV_IDENTITY]	= "identity",
};

static enum xen_pv_kind kind_of(unsigned long pfn)
{
	return xen_pv_word_kind(__pfn_to_mfn(pfn));
}

/* The next pfn that may be of another kind */
static unsigned long next(unsigned long pfn)
{
	if (xen_pv_list_page_kind(pfn) == XEN_PV_OWN)
		return pfn + 1;
	return round_down(pfn, P2M_PER_PAGE) + P2M_PER_PAGE;
}

static int p2m_show(struct seq_file *m, void *unused)
{
	enum xen_pv_kind kind, row = kind_of(0);
	unsigned long pfn, first = 0;

	for (pfn = 0; pfn < xen_p2m_size; pfn = next(pfn)) {
		if (pfn % P2M_PER_PAGE == 0)
			cond_resched();
		kind = kind_of(pfn);
		if (kind == row)
			continue;
		seq_printf(m, " [0x%lx->0x%lx] %s\n", first, pfn,
			   kind_names[row]);
		first = pfn;
		row = kind;
	}
	seq_printf(m, " [0x%lx->0x%lx] %s\n", first, pfn, kind_names[row]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(p2m);

static int __init p2m_debugfs_init(void)
{
	if (!xen_pv_domain())
		return 0;

	debugfs_create_file("p2m", 0600,
			    debugfs_create_dir("mmu", xen_init_debugfs()), NULL,
			    &p2m_fops);
	return 0;
}
fs_initcall(p2m_debugfs_init);

// SPDX-License-Identifier: GPL-2.0
/* Hypercalls by number, one alone or many as a multicall. */
#include <stdio.h>
#include <stdlib.h>

#include "fake_xen.h"

static long make(unsigned long op)
{
	if (fake_xen.made == FAKE_MADE) {
		fprintf(stderr, "more calls by number than a test makes\n");
		abort();
	}
	fake_xen.op[fake_xen.made] = op;
	return fake_xen.result[fake_xen.made++];
}

long HYPERVISOR_single(unsigned long op, const unsigned long *args)
{
	(void)args;
	fake_xen.calls[FAKE_SINGLE]++;
	return make(op);
}

int HYPERVISOR_multicall(void *list, u32 nr_calls)
{
	struct multicall_entry *call = list;
	u32 i;

	fake_xen.calls[FAKE_MULTICALL]++;
	if (fake_xen.answer[FAKE_MULTICALL])
		return fake_xen.answer[FAKE_MULTICALL];
	for (i = 0; i < nr_calls; i++)
		call[i].result = make(call[i].op);
	return 0;
}

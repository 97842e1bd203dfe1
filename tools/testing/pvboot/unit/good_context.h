/* SPDX-License-Identifier: GPL-2.0 */
/* A vCPU's start that Xen takes, for cases and fuzzing to spoil. */
#ifndef PVBOOT_GOOD_CONTEXT_H
#define PVBOOT_GOOD_CONTEXT_H

#include <xen/pvboot/vcpu_context.h>

#include "fake_xen.h"

#ifdef __x86_64__
#define GOOD_TEXT	0xffffffff81000000UL
#else
#define GOOD_TEXT	0xc1000000UL
#endif

static const struct callback_entry good_entries[] = {
	{ "event", GOOD_TEXT + 0x100, CALLBACKTYPE_event, true },
	{ "failsafe", GOOD_TEXT + 0x200, CALLBACKTYPE_failsafe, true },
	{ "syscall", GOOD_TEXT + 0x300, CALLBACKTYPE_syscall, true },
};

static const struct callback_table good_callbacks = {
	.entry = good_entries,
	.nr = ARRAY_SIZE(good_entries),
	.cs = 0x60,
};

static const struct vcpu_start good_start = {
	.ip = GOOD_TEXT + 0x1000,
	.sp = GOOD_TEXT + 0x2000,
	.kernel_sp = GOOD_TEXT + 0x3000,
	.cs = 0x10,
	.ss = 0x18,
	.ds = 0x28,
	.gs_base = GOOD_TEXT + 0x4000,
	.cr3 = xen_pfn_to_cr3(FAKE_FRAME_PAGE_TABLE),
	.gdt_mfn = FAKE_FRAME_READ_ONLY,
	.gdt_ents = 16,
	.callbacks = &good_callbacks,
};

#endif /* PVBOOT_GOOD_CONTEXT_H */

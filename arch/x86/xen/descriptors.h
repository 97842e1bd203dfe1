/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What descriptors.c and ldt.c share.
 */
#ifndef _ARCH_X86_XEN_DESCRIPTORS_H
#define _ARCH_X86_XEN_DESCRIPTORS_H

#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/desc_defs.h>
#include <asm/pgtable_types.h>

int xen_pv_set_prot(void *va, pgprot_t prot);

/* A descriptor as update_descriptor takes it */
static inline u64 xen_pv_raw_desc(const void *desc)
{
	u64 raw;

	BUILD_BUG_ON(sizeof(raw) != sizeof(struct desc_struct));
	memcpy(&raw, desc, sizeof(raw));

	return raw;
}

#endif /* _ARCH_X86_XEN_DESCRIPTORS_H */

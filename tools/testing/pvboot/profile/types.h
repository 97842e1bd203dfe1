/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's names of plain types
 */
#ifndef PVBOOT_PROFILE_TYPES_H
#define PVBOOT_PROFILE_TYPES_H

typedef unsigned long long u64;
typedef unsigned int u32;

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of cases share.  Each case begins with a fresh domain. */
#ifndef PVBOOT_UNIT_H
#define PVBOOT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/pvboot/callbacks.h>
#include <xen/pvboot/queue.h>
#include <xen/pvboot/trap_table.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>

#include "fake_xen.h"

#define CASE(function)	cmocka_unit_test_setup(function, fresh)

/* Addresses at the edges of what Xen takes, and a handler in the middle. */
#ifdef __x86_64__
#define KERNEL_TEXT	0xffffffff81000000UL
#define LOW_LAST	0x00007fffffffffffUL
#define HOLE_FIRST	0x0000800000000000UL
#define HOLE_LAST	0xffff7fffffffffffUL
#define HIGH_FIRST	0xffff800000000000UL
#define KERNEL_RPL	3
#else
#define KERNEL_TEXT	0xc1000000UL
#define KERNEL_RPL	1
#endif

/* An RPL that Xen has to raise. */
#define GIVEN_CS	0x10
#define RAISED_CS	(GIVEN_CS | KERNEL_RPL)

int fresh(void **state);

int run_trap_table(void);
int run_trap_table_errors(void);
int run_callbacks(void);
int run_vcpu_context(void);
int run_vcpu(void);
int run_queue(void);
int run_frame(void);
int run_entry(void);
int run_fake(void);
int run_fake_memory(void);

#endif /* PVBOOT_UNIT_H */

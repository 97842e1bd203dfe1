/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time of a guest in its four parts, for PV guests and for those in hardware
 * containers: clock.c, vdso_clock.c, wall_clock.c, timer.c.  time.c has them set
 * up.
 */
#ifndef _ARCH_X86_XEN_CLOCK_H
#define _ARCH_X86_XEN_CLOCK_H

#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/types.h>

#include <vdso/clocksource.h>

struct pvclock_vcpu_time_info;
struct pvclock_vsyscall_time_info;
struct timespec64;
struct tk_read_base;
struct xen_platform_op;

/* clock.c */
notrace u64 xen_pv_time(void);
void __init xen_pv_init_sched_clock(void);
void __init xen_pv_init_clocksource(void);

/* vdso_clock.c */
enum vdso_clock_mode __init xen_pv_init_vdso_clock(void);
void xen_pv_suspend_vdso_clock(void);
enum vdso_clock_mode xen_pv_resume_vdso_clock(void);

/* wall_clock.c */
void xen_pv_read_wall_clock(struct timespec64 *now);
int xen_pv_refuse_wall_clock(const struct timespec64 *now);
void __init xen_pv_take_wall_clock(void);
void __init xen_pv_keep_wall_clock(void);

/* timer.c */
void __init xen_pv_init_timers(void);

#if IS_ENABLED(CONFIG_KUNIT)
int xen_pv_register_time_area(struct pvclock_vcpu_time_info *area);
bool xen_pv_use_time_area(struct pvclock_vsyscall_time_info *page);
int xen_pv_settime(struct xen_platform_op *op);
int xen_pv_set_wall_clock(const struct timespec64 *now, u64 at);
bool xen_pv_sync_is_due(u64 sec, bool was_set, u64 *next);
void xen_pv_extend_wall_clock(struct timespec64 *now, u64 sec,
			      const struct tk_read_base *base, u64 cycles);
int xen_pv_parse_slop(const char *text, unsigned long *ns);
#endif

#endif /* _ARCH_X86_XEN_CLOCK_H */

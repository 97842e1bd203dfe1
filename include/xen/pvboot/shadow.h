/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KASAN's shadow: what a Xen PV guest does in kasan_init().
 */
#ifndef _XEN_PVBOOT_SHADOW_H
#define _XEN_PVBOOT_SHADOW_H

#include <linux/init.h>

void __init xen_pv_keep_early_shadow(void);
void __init xen_pv_map_list_shadow(void);

#endif /* _XEN_PVBOOT_SHADOW_H */

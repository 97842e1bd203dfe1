// SPDX-License-Identifier: GPL-2.0
/*
 * A Linux tree's copies of the structures, held to abi.h: what the core is
 * tested with here, and what it is built with there, are the same.
 */
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/callback.h>
#include <xen/interface/vcpu.h>

#include "abi_width.h"

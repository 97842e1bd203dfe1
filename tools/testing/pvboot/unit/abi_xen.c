// SPDX-License-Identifier: GPL-2.0
/* Xen's public headers, and the core's own numbers, held to abi.h. */
#include <xen/errno.h>
#include <xen/pvboot/trap_table.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>

#include "abi_width.h"

/* The core's names for what Xen's headers have under others, or in prose. */
VALUE(VCPU_CONTEXT_GDT_MAX, 7168, 7168);
VALUE(VCPU_CONTEXT_LDT_MAX, 8192, 8192);
VALUE(TRAP_VECTORS, 256, 256);

/* Errors come as Xen's numbers, and are called by the host's names. */
VALUE(XEN_ENOENT, ENOENT, ENOENT);
VALUE(XEN_ENXIO, ENXIO, ENXIO);
VALUE(XEN_ENOMEM, ENOMEM, ENOMEM);
VALUE(XEN_EFAULT, EFAULT, EFAULT);
VALUE(XEN_EBUSY, EBUSY, EBUSY);
VALUE(XEN_EEXIST, EEXIST, EEXIST);
VALUE(XEN_EINVAL, EINVAL, EINVAL);
VALUE(XEN_ENOSYS, ENOSYS, ENOSYS);

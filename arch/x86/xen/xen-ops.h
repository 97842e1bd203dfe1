/* SPDX-License-Identifier: GPL-2.0 */
/* For files of guests in hardware containers, which know ops.h by this name */
#include "ops.h"

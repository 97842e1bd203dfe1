/* SPDX-License-Identifier: GPL-2.0 */
/* abi.h as assertions of the width that is being compiled. */
#include <stddef.h>

#define BY_WIDTH(on32, on64)	(sizeof(long) == 8 ? (on64) : (on32))

#define SIZE(type, on32, on64) \
	_Static_assert(sizeof(type) == BY_WIDTH(on32, on64), "size of " #type)
#define OFFSET(type, member, on32, on64) \
	_Static_assert(offsetof(type, member) == BY_WIDTH(on32, on64), \
		       #member " of " #type)
#define VALUE(constant, on32, on64) \
	_Static_assert((constant) == BY_WIDTH(on32, on64), \
		       "value of " #constant)

#include "abi.h"

// SPDX-License-Identifier: GPL-2.0
/*
 * Names of what a hypercall answers.
 *
 * Used from the first line of C on, see fatal.c.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "pv.h"

/* The errors that the hypervisor's public errno.h knows */
#define NAME(e)		{ .code = -(e), .name = "-" #e }

static const struct {
	int code;
	const char *name;
} errno_names[] = {
	NAME(EPERM),		NAME(ENOENT),		NAME(ESRCH),
	NAME(EINTR),		NAME(EIO),		NAME(ENXIO),
	NAME(E2BIG),		NAME(ENOEXEC),		NAME(EBADF),
	NAME(ECHILD),		NAME(EAGAIN),		NAME(ENOMEM),
	NAME(EACCES),		NAME(EFAULT),		NAME(EBUSY),
	NAME(EEXIST),		NAME(EXDEV),		NAME(ENODEV),
	NAME(ENOTDIR),		NAME(EISDIR),		NAME(EINVAL),
	NAME(ENFILE),		NAME(EMFILE),		NAME(ENOSPC),
	NAME(EROFS),		NAME(EMLINK),		NAME(EDOM),
	NAME(ERANGE),		NAME(EDEADLK),		NAME(ENAMETOOLONG),
	NAME(ENOLCK),		NAME(ENOSYS),		NAME(ENOTEMPTY),
	NAME(ENODATA),		NAME(ETIME),		NAME(EBADMSG),
	NAME(EOVERFLOW),	NAME(EILSEQ),		NAME(ERESTART),
	NAME(ENOTSOCK),		NAME(EMSGSIZE),		NAME(EOPNOTSUPP),
	NAME(EADDRINUSE),	NAME(EADDRNOTAVAIL),	NAME(ENOBUFS),
	NAME(EISCONN),		NAME(ENOTCONN),		NAME(ETIMEDOUT),
	NAME(ECONNREFUSED),
};

#undef NAME

/**
 * xen_errno_name() - the name of a hypercall's error
 * @rc: result of a hypercall: 0 or above, or a negative errno
 *
 * Return: "-EINVAL" and the like; "OK" where @rc is no error, "-E?" for an
 * error without a name.
 */
const char *xen_errno_name(int rc)
{
	size_t i;

	if (rc >= 0)
		return "OK";

	for (i = 0; i < ARRAY_SIZE(errno_names); i++)
		if (errno_names[i].code == rc)
			return errno_names[i].name;

	return "-E?";
}

/**
 * xen_errno_code() - the error of a name, the other way round
 * @name: "EINVAL" or "-EINVAL"
 *
 * Return: -EINVAL and the like; 0 where there is no such name.
 */
int xen_errno_code(const char *name)
{
	size_t i;

	if (*name == '-')
		name++;
	for (i = 0; i < ARRAY_SIZE(errno_names); i++)
		if (!strcmp(errno_names[i].name + 1, name))
			return errno_names[i].code;

	return 0;
}

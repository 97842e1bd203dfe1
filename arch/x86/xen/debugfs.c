// SPDX-License-Identifier: GPL-2.0
/*
 * The directory xen/ in debugfs.
 */
#include <linux/debugfs.h>
#include <linux/init.h>

#include "pv.h"

/**
 * xen_init_debugfs() - the directory that Xen's files go to
 *
 * Return: it, made by whoever comes first.
 */
struct dentry * __init xen_init_debugfs(void)
{
	static struct dentry *dir __initdata;

	if (!dir)
		dir = debugfs_create_dir("xen", NULL);
	return dir;
}

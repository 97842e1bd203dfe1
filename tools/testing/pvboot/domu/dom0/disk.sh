# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case: a file system on a device that blkback serves.  Sourced by
# init.

# make_disk: $disk MiB behind /dev/loop0, with ext4 on it
make_disk()
{
	rm -f /tmp/disk
	run dd if=/dev/zero of=/tmp/disk bs=1M count=0 seek="$disk" || return
	run losetup /dev/loop0 /tmp/disk || return
	run /bin/mke2fs -q -t ext4 /dev/loop0
}

step_mount()
{
	ask "$name" 30 mount
}

# write FILE MIB: its sum is remembered
step_write()
{
	ask "$name" 60 write "$1" "$2" || return
	why="$1 was written, and has no sum: $answer"
	[ "$(echo "${answer%% *}" | grep -cE '^[0-9a-f]{64}$')" = 1 ] || return
	echo "${answer%% *}" > "/tmp/sum.$1"
}

# same FILE: read anew, it has the sum that it had
step_same()
{
	ask "$name" 60 sum "$1" || return
	why="$1 has the sum ${answer%% *}, and had $(cat "/tmp/sum.$1")"
	[ "${answer%% *}" = "$(cat "/tmp/sum.$1")" ]
}

# writer on|off: one that goes on writing through a suspend
step_writer()
{
	ask "$name" 60 writer "$1"
}

# outside FILE...: the domU lets go; dom0 finds a sound file system and the sums
step_outside()
{
	ask "$name" 60 umount || return
	# blkback holds on to the other one as long as the domU lives.
	run losetup -r /dev/loop1 /tmp/disk || return
	run /bin/e2fsck -f -n /dev/loop1 || return
	mkdir -p /tmp/mnt
	run mount -t ext4 -o ro /dev/loop1 /tmp/mnt || return
	for file in "$@"; do
		sum=$(sha256sum < "/tmp/mnt/$file" | cut -c 1-64)
		why="dom0 finds the sum $sum for $file, not $(cat "/tmp/sum.$file")"
		[ "$sum" = "$(cat "/tmp/sum.$file")" ] || break
		why=
	done
	umount /tmp/mnt
	losetup -d /dev/loop1
	[ -z "$why" ]
}

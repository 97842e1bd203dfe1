# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# The part of init that moves data by DMA: lib/devices.py has the machine's disks and
# network card, and what answers on that network.  Sourced by init, whose functions it
# uses.

modules=/pvboot/modules
peer=10.0.2.100
got=/tmp/payload
slabs=/sys/kernel/debug/swiotlb/io_tlb_used_hiwater

# has_sum: standard input is the payload
has_sum()
{
	sum=$(md5sum | cut -d ' ' -f 1)
	[ "$sum" = "$(cat $modules/payload.md5)" ] && return
	echo "# the sum is $sum"
	return 1
}

# appears TEST...: before long
appears()
{
	for _ in $(seq 100); do
		test "$@" && return
		usleep 100000
	done
	echo "# not: $*"
	return 1
}

load_drivers()
{
	while read -r module; do
		insmod "$modules/$module.ko" || return 1
	done < $modules/order
	appears -b /dev/sda && appears -b /dev/sdb && appears -d /sys/class/net/eth0
}

# forget: what is read next comes from the device
forget()
{
	sync
	echo 3 > /proc/sys/vm/drop_caches
}

disk_reads()
{
	head -c "$size" /dev/sda | has_sum
}

# Through the page cache, to behind what is read
disk_writes()
{
	head -c "$size" /dev/sda > $got &&
		dd if=$got of=/dev/sda bs=$((size / 1024)) seek=1024 conv=notrunc,fsync 2>/dev/null
	forget
	tail -c "$size" /dev/sda | has_sum
}

# Straight into pages of the program
disk_reads_directly()
{
	dd if=/dev/sda bs=1M skip=$((size >> 20)) iflag=direct 2>/dev/null | has_sum
}

network_comes_up()
{
	ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0 || return 1
	for _ in $(seq 100); do
		[ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ] && return
		usleep 100000
	done
	return 1
}

network_receives()
{
	nc $peer 1 < /dev/null > $got
	has_sum < $got
}

# What comes back is the sum of what has gone out.
network_sends()
{
	answer=$(nc $peer 2 < $got | cut -d ' ' -f 1)
	[ "$answer" = "$(cat $modules/payload.md5)" ] && return
	echo "# the peer has the sum $answer"
	return 1
}

file_system_keeps()
{
	mkdir -p /tmp/disk
	mke2fs /dev/sdb > /dev/null && mount -t ext4 /dev/sdb /tmp/disk || return 1
	cp $got /tmp/disk/payload
	umount /tmp/disk
	forget
	mount -t ext4 /dev/sdb /tmp/disk || return 1
	has_sum < /tmp/disk/payload
	status=$?
	umount /tmp/disk
	return $status
}

# bounced: some of it went through memory that any device reaches
bounced()
{
	echo "# $(cat $slabs) slabs used at a time, of $(cat /sys/kernel/debug/swiotlb/io_tlb_nslabs)"
	[ "$(cat $slabs)" -gt 0 ]
}

reload_driver()
{
	for _ in $(seq 30); do
		rmmod e1000 || return 1
		insmod $modules/e1000.ko || return 1
	done
}

# Its code and its memory for DMA come and go, and so do processes meanwhile.
driver_comes_and_goes()
{
	touch /tmp/coming_and_going
	while [ -e /tmp/coming_and_going ]; do
		(true)
	done &
	reload_driver
	status=$?
	rm /tmp/coming_and_going
	wait
	[ $status -eq 0 ] && appears -d /sys/class/net/eth0 && network_comes_up
}

devices_ktap()
{
	echo "1..11"
	verdict 1 drivers_load load_drivers
	size=$(($(cat /sys/block/sda/size) * 256))
	verdict 2 disk_reads disk_reads
	verdict 3 disk_writes disk_writes
	verdict 4 disk_reads_directly disk_reads_directly
	verdict 5 network_comes_up network_comes_up
	verdict 6 network_receives network_receives
	verdict 7 network_sends network_sends
	verdict 8 file_system_keeps file_system_keeps
	verdict 9 bounced bounced
	verdict 10 driver_comes_and_goes driver_comes_and_goes
	verdict 11 network_receives_again network_receives
}

run_devices()
{
	if [ ! -f $modules/order ]; then
		# shellcheck disable=SC2034 # init says it
		why="no modules in the initramfs"
		return 1
	fi
	{
		echo "KTAP version 1"
		devices_ktap 2>&1
	} | tell devices
	! grep -q '^not ok' /tmp/said.devices
}

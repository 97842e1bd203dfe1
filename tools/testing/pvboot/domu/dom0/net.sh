# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case: a network card that netback serves, between dom0 and the
# domU alone.  Sourced by init; vif-as-it-is gives dom0's end its address.

dom0_address=192.168.77.1
domu_address=192.168.77.2

# stream MIB: bytes without a pattern, of which no two MiB are alike
stream()
{
	for mib in $(seq "$1"); do
		echo "$mib"
		cat /tmp/mib
	done
}

# net: both ends have an address
step_net()
{
	ask "$name" 30 net $domu_address || return
	dd if=/dev/urandom of=/tmp/mib bs=1M count=1 2>/dev/null
	run ping -c 3 -W 10 $domu_address
}

# net_to MIB: what dom0 sends reaches the domU as it was
step_net_to()
{
	ask "$name" 30 receive || return
	sent=$(stream "$1" | md5sum)
	why="nc to $domu_address failed"
	stream "$1" | nc $domu_address 5000 || return
	ask "$name" 600 received || return
	why="sent ${sent%% *}, arrived ${answer%% *}"
	[ "${answer%% *}" = "${sent%% *}" ]
}

# net_from MIB: what the domU sends reaches dom0 as it was.  nc on either side ends with
# what it reads from the other, so that the one that listens says nothing till its end
step_net_from()
{
	mkfifo /tmp/silence 2>/dev/null
	nc -l -p 5001 <> /tmp/silence | md5sum > /tmp/arrived &
	ask "$name" 600 send $dom0_address "$1" || return
	within 10 test -s /tmp/arrived
	arrived=$(cut -d ' ' -f 1 /tmp/arrived)
	why="sent ${answer%% *}, arrived $arrived"
	[ "$arrived" = "${answer%% *}" ]
}

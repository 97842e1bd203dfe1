# shellcheck shell=dash
# shellcheck disable=SC2154 # variables of lib.sh
# SPDX-License-Identifier: GPL-2.0
#
# `make domu`: one domU, told by /pvboot/domu/report.cfg, whose init gives the
# verdict.  Sourced by init.

name=domu

has_verdict()
{
	logged $name 'PVBOOT: verdict '
}

# over: it has a verdict, or can have none any more
over()
{
	has_verdict || ! lives $name
}

report()
{
	run xl create "$here/report.cfg" || return
	within "$(option patience 300)" over
	why="neither a verdict nor an end"
	over || return
	if ! has_verdict; then
		why="the domU ended: $(reason_of $name)"
		return 1
	fi
	vcpus=$(vcpus_up $name)
	wanted=$(option vcpus 1)
	why="xl sees $vcpus vCPUs up, not $wanted"
	[ "$vcpus" = "$wanted" ]
}

follow $name
if report; then
	unfollow
	say "xl list: $(xl list $name | tail -n 1)"
	say "verdict PASS"
else
	keep=$why
	unfollow
	say "verdict FAIL $keep"
fi

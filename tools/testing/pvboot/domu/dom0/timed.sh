# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case that tell how long something took, to compare two kernels
# under the same dom0 (beside-upstream.toml).  The answer has hundredths of a
# second, a number a time; there is no limit to them.  Sourced by init.

# hundredths: of a second, since dom0 has booted
hundredths()
{
	read -r uptime _ < /proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

# took: since $start, added to $took
took()
{
	took="$took $(($(hundredths) - start))"
}

# time_create TIMES: from xl create to the first word of init; the last one stays
step_time_create()
{
	took=
	write_config
	for turn in $(seq "$1"); do
		[ "$turn" = 1 ] || run xl destroy "$name" || return
		start=$(hundredths)
		run xl create /tmp/config || return
		why="the agent does not speak"
		within 60 said_hello $((turn - 1)) || return
		took
	done
	answer="took $took"
}

# time_vcpus TIMES LOW HIGH: up, until both sides see it, and down again
step_time_vcpus()
{
	took=
	for turn in $(seq "$1"); do
		start=$(hundredths)
		set_vcpus "$3" || return
		took
		start=$(hundredths)
		set_vcpus "$2" || return
		took
	done
	answer="took $took"
}

# time_cycles TIMES CPU: the domU itself takes it off and brings it up again
step_time_cycles()
{
	ask "$name" 300 time_cycles "$1" "$2" || return
	answer="took $answer"
}

# time_save TIMES: save, and restore until it has answered
step_time_save()
{
	took=
	for turn in $(seq "$1"); do
		start=$(hundredths)
		run xl save "$name" /tmp/save || return
		took
		start=$(hundredths)
		run xl restore /tmp/save || return
		ask "$name" 30 alive || return
		took
		rm -f /tmp/save
	done
	answer="took $took"
}

# time_checkpoint TIMES: until it has answered
step_time_checkpoint()
{
	took=
	for turn in $(seq "$1"); do
		start=$(hundredths)
		run xl save -c "$name" /tmp/save || return
		ask "$name" 30 alive || return
		took
		rm -f /tmp/save
	done
	answer="took $took"
}

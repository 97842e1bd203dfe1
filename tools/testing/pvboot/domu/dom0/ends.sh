# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case: ends of a domU, and that xl sees the right reason.  Sourced
# by init.

has_reason()
{
	[ "$(reason_of "$name")" = "$1" ]
}

is_gone()
{
	[ -z "$(id_of "$name")" ]
}

is_new()
{
	new_id=$(id_of "$name")
	[ -n "$new_id" ] && [ "$new_id" != "$old_id" ]
}

is_crashed()
{
	case $(state_of "$name") in
	*c*) return 0 ;;
	esac
	return 1
}

# ended REASON ACTION: xl sees the reason, and does what it was told
ended()
{
	why="xl saw no end"
	within 60 has_reason "$1" || {
		why="xl has the reason $(reason_of "$name"), not $1"
		return 1
	}
	why="on $1 xl did not $2: state $(state_of "$name")"
	case $2 in
	destroy) within 20 is_gone ;;
	preserve) within 20 is_crashed ;;
	restart)
		within 20 is_new || return
		why="it did not boot again"
		within 60 said_hello "$boots" || return
		ask "$name" 30 alive
		;;
	esac
}

start_of_end()
{
	old_id=$(id_of "$name")
	boots=$(hellos)
	: > "/var/log/xen/xl-$name.log"
}

step_end_shutdown()
{
	start_of_end
	run xl shutdown "$name" || return
	ended poweroff destroy
}

step_end_reboot()
{
	start_of_end
	run xl reboot "$name" || return
	ended reboot restart
}

# end_panic ACTION
step_end_panic()
{
	start_of_end
	order "$name" panic
	ended crash "$1"
}

# end_nmi ACTION: an NMI from the toolstack, which the domU takes for a reason to
# panic; one panic is on its console, and nothing of another
step_end_nmi()
{
	start_of_end
	run xl trigger "$name" nmi 0 || return
	ended crash "$1" || return
	why="no panic on its console"
	within 10 logged "$name" "Kernel panic - not syncing: NMI" || return
	why="more than one panic on its console"
	[ "$(log_of "$name" | grep -c "\] Kernel panic - not syncing")" -eq 1 ]
}

# end_restore RULE PATTERN: the domU comes back, and is refused a hypercall that it
# cannot do without: it says so, and ends
step_end_restore()
{
	ask "$name" 20 refuse "$1" || return
	start_of_end
	run xl save "$name" /tmp/save || return
	run xl restore /tmp/save || return
	ended crash preserve || return
	pattern=$(echo "$2" | tr _ ' ')
	why="no $pattern on its console"
	within 10 logged "$name" "$pattern"
}

# end_lossy_restore RULE: the same as lossy_restore, of a kernel that does not
# register all of it anew.  It has to die of that, or lossy_restore proves
# nothing.  One that lives as long as it only waits is asked for traps.
step_end_lossy_restore()
{
	ask "$name" 20 refuse "$1" || return
	start_of_end
	save && restore_without || return
	order "$name" traps sigill_ud2
	ended crash preserve
}

# refused PATTERN: xl makes no domain, and says why
step_refused()
{
	write_config
	why="xl made it"
	if xl create /tmp/config > /tmp/run 2>&1; then
		return 1
	fi
	tell xl < /tmp/run
	why="xl's words are others than $1"
	grep -q "$1" /tmp/run || return
	why="xl left something: $(xl list "$name")"
	is_gone
}

# dies REASON ACTION PATTERN: it is made, and ends by itself, with a word on its
# console
step_dies()
{
	write_config
	run xl create /tmp/config || return
	ended "$1" "$2" || return
	pattern=$(echo "$3" | tr _ ' ')
	why="no $pattern on its console"
	said_early "$name" "$pattern" || within 10 logged "$name" "$pattern"
}

# memory_of_others: MiB that Xen and dom0 have; dom0's balloon takes some and gives it back
memory_of_others()
{
	{
		xl info
		xl list Domain-0
	} | awk '$1 == "free_memory" { n += $3 } $1 == "Domain-0" { n += $3 } END { print n }'
}

# A domain of which somebody still has a page stays in the list, without a name.
is_freed()
{
	[ "$(xl list | wc -l)" -eq 2 ] && [ "$(memory_of_others)" -ge $((memory_before - 1)) ]
}

# freed: no page of the domU is in use any more, and all its memory is back
step_freed()
{
	xl destroy "$name" > /dev/null 2>&1
	within 20 is_freed && return
	why="$(memory_of_others) MiB, before $memory_before; $(xl list | tail -n +3 | tr '\n' ';')"
	return 1
}

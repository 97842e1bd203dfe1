# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case: ways to suspend and resume a domU, and what must hold
# afterwards.  cases.py has each way followed by the checks.  Sourced by init.

# xen_state of the domU, for the vCPUs that are initialised
held()
{
	xen_state show "$(id_of "$name")" | grep ' event='
}

# before: what must be the same afterwards, from both sides
before()
{
	old_id=$(id_of "$name")
	old_vcpus=$(vcpus_up "$name")
	why="Xen does not tell what it holds"
	held > /tmp/held || return
	ask "$name" 20 before "$(date +%s)"
}

came_back()
{
	new_id=$(id_of "$name")
	why="no domain $name, or still number $old_id"
	[ -n "$new_id" ] && [ "$new_id" != "$old_id" ]
}

save()
{
	before || return
	run xl save "$name" /tmp/save || return
	why="it is still there after the save"
	[ -z "$(id_of "$name")" ]
}

step_save_restore()
{
	save || return
	run xl restore /tmp/save || return
	rm -f /tmp/save
	came_back && ask "$name" 30 alive
}

# The toolstack did not bring callbacks and traps of the boot CPU along.
restore_without()
{
	run xl restore -p /tmp/save || return
	rm -f /tmp/save
	came_back || return
	run xen_state forget "$new_id" || return
	why="xen_state took nothing away: $(held | head -n 1)"
	held | grep -q '^vcpu=0 event=0 failsafe=0 syscall=0 traps=0 ' || return
	run xl unpause "$name"
}

step_lossy_restore()
{
	save && restore_without && ask "$name" 30 alive
}

# The suspend is cancelled: the domain goes on under its number.
step_checkpoint()
{
	before || return
	run xl save -c "$name" /tmp/save || return
	rm -f /tmp/save
	why="its number was $old_id and is $(id_of "$name")"
	[ "$(id_of "$name")" = "$old_id" ] || return
	ask "$name" 30 alive
}

step_migrate()
{
	before || return
	run xl migrate -s /etc/xen/scripts/to-myself "$name" here || return
	came_back && ask "$name" 30 alive
}

# --- afterwards -------------------------------------------------------------

step_check_vcpus()
{
	has_vcpus "$old_vcpus"
}

step_check_timers()
{
	ask "$name" 30 timers
}

step_check_clock()
{
	ask "$name" 20 clock "$(date +%s)"
}

step_check_interrupts()
{
	ask "$name" 30 interrupts
}

step_check_ledger()
{
	ask "$name" 20 ledger
}

# What Xen holds now is what it held.  vCPUs that were offline at the time of
# saving lose theirs, and get it anew when they come up.
step_check_held()
{
	held > /tmp/held.now
	count=$(wc -l < /tmp/held.now)
	why="Xen has $count vCPUs initialised, and $old_vcpus are up"
	[ "$count" -ge "$old_vcpus" ] || return
	while read -r line; do
		why="Xen holds $line, and before: $(grep "^${line%% *} " /tmp/held)"
		grep -qxF "$line" /tmp/held || return
	done < /tmp/held.now
	answer="$count vCPUs, $(head -n 1 /tmp/held.now)"
}

# What Xen holds is what the kernel's entry points are.
step_entry_points()
{
	ask "$name" 60 symbols xen_asm_exc_xen_hypervisor_callback xen_pv_failsafe \
		xen_entry_SYSCALL_64 || return
	# shellcheck disable=SC2086 # three addresses
	set -- $answer
	held > /tmp/held
	while read -r line; do
		why="the entry points are $answer, and Xen holds $line"
		case $line in
		*" traps=0 "*) return 1 ;;
		*" event=$1 failsafe=$2 syscall=$3 "*) ;;
		*) return 1 ;;
		esac
	done < /tmp/held
	why="Xen has $(wc -l < /tmp/held) vCPUs initialised, and $vcpus are up"
	[ "$(wc -l < /tmp/held)" -ge "$vcpus" ]
}

step_check_traps()
{
	ask "$name" 200 traps sigfpe_int_divide sigill_ud2 sigsegv_read_unmapped \
		sigtrap_int3 single_step entry_syscall_plain entry_int80_plain \
		entry_syscall32_plain entry_sysenter_plain watchpoint_write
}

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
	channels > /tmp/channels
	look_at_date || return
	old_low=$low
	old_high=$high
	ask "$name" 40 before
}

# channels: the domU's event channels as Xen has them, but for their numbers.
# A channel to another domain, unlike those of a vCPU of its own, may be taken
# to any vCPU anew.
channels()
{
	lsevtchn "$(id_of "$name")" | sed -e 's/^ *[0-9]*: //' -e 's/^VCPU [0-9]*: Inter/Inter/' \
		-e 's/, Port [0-9]*//' | sort
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

# no_entry_points: what xen_state shows of callbacks that are none.  Xen lets no selector
# of a 32-bit domain have another ring than 1.
no_entry_points()
{
	case $bits in
	32) echo "event=1:0 failsafe=1:0" ;;
	*) echo "event=0 failsafe=0 syscall=0" ;;
	esac
}

# The toolstack did not bring callbacks and traps of the boot CPU along.  It takes its
# time, too, which was not stolen from the domain: see the agent's do_stolen.
restore_without()
{
	run xl restore -p /tmp/save || return
	rm -f /tmp/save
	came_back || return
	run xen_state forget "$new_id" || return
	why="xen_state took nothing away: $(held | head -n 1)"
	held | grep -q "^vcpu=0 $(no_entry_points) traps=0 " || return
	sleep 6
	run xl unpause "$name"
}

step_lossy_restore()
{
	save && restore_without && ask "$name" 30 alive && ask "$name" 20 stolen
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

# look_at_date: the domU's date is from $low to $high seconds before dom0's, by
# which the answer may take as long as it likes
look_at_date()
{
	sent=$(date +%s)
	ask "$name" 20 date || return
	low=$((sent - ${answer% } - 1))
	high=$(($(date +%s) - ${answer% } + 1))
}

# The date is as far from dom0's as it was, and no more than a minute from it: on a
# busy machine some seconds were seen from the start on.
step_check_clock()
{
	look_at_date || return
	why="the date was $old_low to $old_high s behind dom0's, and is $low to $high s"
	[ "$low" -le "$old_high" ] && [ "$old_low" -le "$high" ] || return
	why="the date is $low to $high s behind dom0's"
	[ "$low" -le 60 ] && [ "$high" -ge -60 ] || return
	words="$low to $high s behind dom0"
	ask "$name" 20 uptime || return
	answer="$words, $answer"
}

step_check_interrupts()
{
	ask "$name" 30 interrupts
}

step_check_affinity()
{
	ask "$name" 20 affinity
}

step_check_channels()
{
	channels > /tmp/channels.now
	why="event channels: $(diff /tmp/channels /tmp/channels.now | grep '^[-+][^-+]' | tr '\n' ' ')"
	cmp -s /tmp/channels /tmp/channels.now || return
	why="Xen has no event channels of it"
	grep -q '^VCPU 0: Virtual IRQ 0$' /tmp/channels || return
	answer="$(wc -l < /tmp/channels) event channels"
}

# The domU's kernel has said nothing at level error, from its boot on.
step_check_errors()
{
	ask "$name" 40 errors || return
	why="of level error: $answer"
	[ -z "${answer% }" ]
}

# More than its rings hold goes through the console, both ways.
step_check_console()
{
	token=$((question + 1))
	ask "$name" 40 console $token "$(printf '%01500d' 0)" || return
	why="of 1500 characters in it found $answer"
	[ "${answer% }" = "1500 characters" ] || return
	lines=$(log_of "$name" | grep -c "PVBOOT: line [0-9]* for $token: ")
	why="of 40 lines out $lines came"
	[ "$lines" -eq 40 ]
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

# What the kernel's ledger says of each vCPU that is up is what Xen holds.
step_check_remembered()
{
	ask "$name" 20 remembered || return
	[ "$answer" = "none in this kernel " ] && return
	held > /tmp/held.now
	remembered=0
	for one in $answer; do
		vcpu=${one%%:*}
		traps=${one#*:}
		masks=${traps#*:}
		traps=${traps%%:*}
		why="the ledger says $one, and Xen holds $(grep "^vcpu=$vcpu " /tmp/held.now)"
		grep -q "^vcpu=$vcpu .* traps=$traps .* masks=$masks " /tmp/held.now || return
		remembered=$((remembered + 1))
	done
	why="the ledger has $remembered vCPUs up, not $old_vcpus"
	[ $remembered -eq "$old_vcpus" ]
}

# entry_points: $points is what xen_state shows of callbacks that are the kernel's.
# A 32-bit kernel has given its own code selector with them, of ring 1.
entry_points()
{
	if [ "$bits" = 32 ]; then
		ask "$name" 60 symbols xen_pv_legacy_upcall xen_pv_masking_failsafe || return
		# shellcheck disable=SC2086 # two addresses
		set -- $answer
		points="event=61:$1 failsafe=61:$2"
		return
	fi
	ask "$name" 60 symbols xen_asm_exc_xen_hypervisor_callback xen_pv_failsafe \
		xen_entry_SYSCALL_64 || return
	# shellcheck disable=SC2086 # three addresses
	set -- $answer
	points="event=$1 failsafe=$2 syscall=$3"
}

# What Xen holds is what the kernel's entry points are.
step_entry_points()
{
	entry_points || return
	answer=$points
	held > /tmp/held
	while read -r line; do
		why="the entry points are $points, and Xen holds $line"
		case $line in
		*" traps=0 "*) return 1 ;;
		*" $points "*) ;;
		*) return 1 ;;
		esac
	done < /tmp/held
	why="Xen has $(wc -l < /tmp/held) vCPUs initialised, and $vcpus are up"
	[ "$(wc -l < /tmp/held)" -ge "$vcpus" ]
}

# The last words are about 32-bit system calls, which the kernel may have none of.
step_check_traps()
{
	set -- entry_int80_plain entry_syscall32_plain entry_sysenter_plain
	case " $cmdline " in
	*' ia32_emulation=0 '*)
		set -- ia32_off_int80 ia32_off_int80_compat ia32_off_syscall ia32_off_sysenter ;;
	esac
	ask "$name" 200 traps sigfpe_int_divide sigill_ud2 sigsegv_read_unmapped \
		sigtrap_int3 single_step entry_syscall_plain watchpoint_write "$@"
}

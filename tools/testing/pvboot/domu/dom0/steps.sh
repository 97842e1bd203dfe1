# shellcheck shell=dash
# shellcheck disable=SC2034,SC2154 # variables of lib.sh and of the case's file
# SPDX-License-Identifier: GPL-2.0
#
# Steps of a case: a domU is made, gets more CPUs and fewer, stands still, is
# told something.  Each looks from both sides, at what xl sees and at what the
# domU says; it is true, or $why says what was not right.  Sourced by init.

# write_config: the case's domU as xl reads it
write_config()
{
	cat > /tmp/config <<-END
		name = "$name"
		type = "pv"
		kernel = "$here/$kernel"
		memory = $mem
		maxmem = $maxmem
		vcpus = $vcpus
		maxvcpus = $maxvcpus
		cmdline = "$cmdline"
		on_poweroff = "destroy"
		on_reboot = "restart"
		on_crash = "$on_crash"
	END
	if [ "$ramdisk" = yes ]; then
		echo "ramdisk = \"$here/ramdisk\"" >> /tmp/config
	fi
	if [ "$net" = yes ]; then
		echo "vif = [ 'script=vif-as-it-is' ]" >> /tmp/config
	fi
	if [ -n "$disk" ]; then
		echo "disk = [ 'format=raw, vdev=xvda, access=rw, script=block-as-it-is, target=/dev/loop0' ]" \
			>> /tmp/config
	fi
}

# hellos: how often the domU has booted
hellos()
{
	log_of "$name" | grep -c 'PVBOOT: hello'
}

said_hello()
{
	[ "$(hellos)" -gt "$1" ]
}

sees_vcpus()
{
	[ "$(vcpus_up "$name")" = "$1" ]
}

# has_vcpus N: inside and outside
has_vcpus()
{
	ask "$name" 30 cpus "$1" || return
	within 10 sees_vcpus "$1" && return
	why="xl sees $(vcpus_up "$name") vCPUs, not $1"
	return 1
}

step_create()
{
	if [ -n "$disk" ]; then
		make_disk || return
	fi
	write_config
	run xl create /tmp/config || return
	why="the agent does not speak"
	within 60 said_hello 0 || return
	has_vcpus "$vcpus"
}

# by_itself: whether CPUs that come to be there come online
by_itself()
{
	case " $cmdline " in
	*" xen_cpu_auto_online "*) return 0 ;;
	esac
	return 1
}

# set_vcpus N: and online, where somebody has to do that
set_vcpus()
{
	now=$(vcpus_up "$name")
	run xl vcpu-set --ignore-host "$name" "$1" || return
	if ! by_itself; then
		for cpu in $(seq "$now" $(($1 - 1))); do
			ask "$name" 30 online "$cpu" || return
		done
	fi
	has_vcpus "$1"
}

step_vcpus()
{
	set_vcpus "$1"
}

# vcpus_stay_offline NOW N: what comes to be there waits to be told
step_vcpus_stay_offline()
{
	run xl vcpu-set --ignore-host "$name" "$2" || return
	for cpu in $(seq "$1" $(($2 - 1))); do
		ask "$name" 30 present "$cpu" || return
	done
	has_vcpus "$1"
}

# cpu online|offline N: as root in the domU would
step_cpu()
{
	ask "$name" 30 "$1" "$2"
}

# transaction left|refused|held|ended: one of xenstore's, of a program in the domU
step_transaction()
{
	ask "$name" 20 transaction "$1"
}

# masks: which of the first 64 event channels each CPU looks at, as CPU MASK; the kernel
# tells when Xen raises VIRQ_DEBUG
masks()
{
	cat "$consoles/guest-$name.log" "$consoles/guest-$name--incoming.log" 2>/dev/null | awk '
		/local cpu[0-9]+ mask:/ { sub(".*local cpu", ""); cpu = $1; word = ""; next }
		/locally unmasked:/ { if (cpu != "") print cpu, word; cpu = "" }
		{ sub("\r", "") }
		$NF ~ /^[0-9a-f]+$/ && length($NF) >= 8 { word = $NF }'
}

all_masks()
{
	[ "$(masks | cut -d ' ' -f 1 | sort -u | wc -l)" = "$1" ]
}

# channels_of_one N: no event channel is looked at by two of N CPUs, with two-level
# event channels
step_channels_of_one()
{
	run xl debug-keys q || return
	why="not $1 CPUs tell of their event channels: $(masks)"
	within 20 all_masks "$1" || return
	answer=$(masks | sort -u | tr '\n' ' ')
	why="two CPUs look at one channel: $answer"
	seen=0
	for mask in $(masks | sort -u | cut -d ' ' -f 2); do
		[ $((0x$mask)) != 0 ] || return
		[ $((seen & 0x$mask)) = 0 ] || return
		seen=$((seen | 0x$mask))
	done
}

# vcpu_that_fails: the last of all is made to fail on its way up; the console
# says so, and the next try brings it up.
step_vcpu_that_fails()
{
	cpu=$((maxvcpus - 1))
	set_vcpus "$cpu" || return
	ask "$name" 20 refuse "vcpu_op.up:$cpu:EINVAL:1" || return
	run xl vcpu-set --ignore-host "$name" "$maxvcpus" || return
	why="no word of a failure on its console"
	within 20 logged "$name" "CPU $cpu has become available but stays offline: -22" ||
		return
	has_vcpus "$cpu" || return
	ask "$name" 30 online "$cpu" || return
	has_vcpus "$maxvcpus"
}

# vcpu_cycles COUNT LOW HIGH: up and down again
step_vcpu_cycles()
{
	for cycle in $(seq "$1"); do
		if ! set_vcpus "$3" || ! set_vcpus "$2"; then
			why="cycle $cycle: $why"
			return 1
		fi
	done
}

step_load()
{
	ask "$name" 30 load "$1"
}

# hold SECONDS: what was begun goes on
step_hold()
{
	sleep "$1"
}

step_alive()
{
	ask "$name" 30 alive
}

# guest CASE...: of guest_test
step_guest()
{
	ask "$name" 200 guest "$@"
}

# memory LOW HIGH: MiB that the domU finds
step_memory()
{
	ask "$name" 30 memory || return
	why="$answer MiB, not $1 to $2"
	[ "$answer" -ge "$1" ] && [ "$answer" -le "$2" ]
}

# mem_set MIB LOW HIGH: what xl gives it or takes, and what the domU finds then
step_mem_set()
{
	run xl mem-set "$name" "$1" || return
	for _ in $(seq 30); do
		step_memory "$2" "$3" && return
		sleep 1
	done
	return 1
}

# mem_cycles COUNT LOW HIGH: MiB that it is left with, and has again
step_mem_cycles()
{
	for cycle in $(seq "$1"); do
		if ! step_mem_set "$2" "$(($2 - 64))" "$2" ||
		   ! step_mem_set "$3" "$(($3 - 64))" "$3"; then
			why="cycle $cycle: $why"
			return 1
		fi
	done
}

# count_tables: $tables is how many page tables Xen finds among the domU's pages, by
# level, and how many of these are pinned
count_tables()
{
	tables=$(xen-mfndump dump-p2m "$(id_of "$name")" | awk '
		$NF ~ /^L[1-4]$/ { tables[$NF]++; pinned[$NF] += $(NF - 1) == "pinned" }
		END {
			for (i = 1; i <= 4; i++)
				printf "L%d %d %d ", i, tables["L" i], pinned["L" i]
		}')
	why="Xen finds no page tables: $tables"
	[ "${tables#*L4}" != " 0 0 " ]
}

# look_at_tables: the same, and those are gone that it keeps for the next process
look_at_tables()
{
	ask "$name" 60 trim && count_tables
}

step_tables()
{
	look_at_tables || return
	echo "$tables" > /tmp/tables
	answer=$tables
}

# foreign: dom0 gets frames of the domU where it asked for them, and nowhere else
step_foreign()
{
	why="foreign: $(foreign "$(id_of "$name")" 2>&1)"
}

# tables_kept LEAST: the domU keeps at least so many pinned tables of each level for the
# next processes, and gives them back
step_tables_kept()
{
	count_tables || return
	kept=$tables
	look_at_tables || return
	answer="$kept, then $tables"
	why=$answer
	echo "$kept" | awk -v least="$1" -v without="$tables" '{
		split(without, rest)
		for (i = 3; i <= 12; i += 3)
			if ($i < rest[i] + least)
				exit 1
	}'
}

# tables_as_before MORE: processes that ended have left no root behind, but for the two
# of one that an idle CPU still has loaded, and at most so many of the other tables,
# which the kernel's own growth needs
step_tables_as_before()
{
	look_at_tables || return
	answer=$tables
	why="was $(cat /tmp/tables), is $tables"
	echo "$tables" | awk -v more="$1" -v was="$(cat /tmp/tables)" -v cpus="$vcpus" '{
		split(was, old)
		for (i = 1; i <= 12; i++)
			if ($i ~ /^L/)
				may = $i == "L4" ? 2 * cpus : more
			else if ($i > old[i] + may)
				exit 1
	}'
}

is_paused()
{
	case $(state_of "$name") in
	*p*) return 0 ;;
	esac
	return 1
}

# A domU that stands still answers when it runs again, and not before.
step_pause()
{
	run xl pause "$name" || return
	why="xl sees state $(state_of "$name")"
	is_paused || return
	if ask "$name" 2 alive; then
		why="it answered while paused"
		return 1
	fi
	run xl unpause "$name" || return
	why="it did not answer after all"
	within 20 answered "$name" "$question" || return
	why="xl still sees it paused"
	! is_paused
}

# sysrq KEY PATTERN
step_sysrq()
{
	run xl sysrq "$name" "$1" || return
	why="no $2 on its console"
	within 20 logged "$name" "$2"
}

step_nmi()
{
	ask "$name" 20 nmis || return
	before=$answer
	run xl trigger "$name" nmi 0 || return
	why="no word of an NMI on its console"
	within 20 logged "$name" "Uhhuh. NMI received" || return
	ask "$name" 20 nmis || return
	why="$before NMIs taken before, $answer after"
	[ "$((answer))" -eq "$((before + 1))" ]
}

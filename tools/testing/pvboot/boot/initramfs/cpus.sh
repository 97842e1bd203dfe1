# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# Parts of init that take CPUs off and bring them on, and make that fail.
# Sourced by init, whose functions it uses.

cpu_file()
{
	echo "/sys/devices/system/cpu/cpu$1/online"
}

# in_cpuinfo N, in_mask N: whether the kernel shows CPU N.
in_cpuinfo()
{
	grep -q "^processor[[:space:]]*: $1\$" /proc/cpuinfo
}

in_mask()
{
	online | tr ',' '\n' | awk -F - -v n="$1" '
		n >= $1 && n <= $NF { found = 1 } END { exit !found }'
}

# runs_on N: whether a process bound to CPU N finds itself there.
runs_on()
{
	# shellcheck disable=SC2016 # awk's field
	[ "$(taskset -c "$1" awk '{ print $39 }' /proc/self/stat)" = "$1" ]
}

take_off()
{
	echo 0 > "$(cpu_file "$1")" &&
		! in_cpuinfo "$1" && ! in_mask "$1" && ! runs_on "$1" 2>/dev/null
}

bring_on()
{
	echo 1 > "$(cpu_file "$1")" &&
		in_cpuinfo "$1" && in_mask "$1" && runs_on "$1"
}

# --- hotplug: each CPU but the first off and on again, twice -----------------

# stolen N: what was stolen from CPU N so far, in hundredths of a second
stolen()
{
	awk -v name="cpu$1" '$1 == name { print $9 }' /proc/stat
}

# off_is_not_stolen N: nobody took the time that CPU N is off
off_is_not_stolen()
{
	before=$(stolen "$1")
	take_off "$1" && sleep 2 && bring_on "$1" && taskset -c "$1" sleep 0.2 || return
	echo "# stolen from CPU $1: $before, then $(stolen "$1")"
	[ $(($(stolen "$1") - before)) -lt 100 ]
}

hotplug_ktap()
{
	last=$(($(count_online) - 1))
	echo "KTAP version 1"
	echo "1..$((4 * last + (last > 0)))"
	n=0
	for round in 1 2; do
		for cpu in $(seq 1 $last); do
			verdict $((n + 1)) "cpu${cpu}_off_$round" take_off "$cpu"
			verdict $((n + 2)) "cpu${cpu}_on_$round" bring_on "$cpu"
			n=$((n + 2))
		done
	done
	[ "$last" -eq 0 ] || verdict $((n + 1)) "cpu${last}_not_stolen" off_is_not_stolen "$last"
}

run_hotplug()
{
	hotplug_ktap > /tmp/hotplug 2>&1
	tell hotplug < /tmp/hotplug
	! grep -q '^not ok' /tmp/hotplug
}

# --- recover: CPUs that did not come up at boot, now that nothing fails ------

fail_file=/sys/kernel/debug/xen/fail
possible_cpus()
{
	seq 0 "$(sed 's/.*-//' /sys/devices/system/cpu/possible)"
}

offline_cpus()
{
	for cpu in $(possible_cpus); do
		in_mask "$cpu" || echo "$cpu"
	done
}

recover_ktap()
{
	# shellcheck disable=SC2046 # one word a CPU
	set -- $(offline_cpus)
	echo "KTAP version 1"
	echo "1..$(($# + 1))"
	verdict 1 "some_are_offline" [ $# -gt 0 ]
	n=1
	for cpu; do
		n=$((n + 1))
		verdict $n "cpu${cpu}_comes_up" bring_on "$cpu"
	done
}

run_recover()
{
	tell recover < $fail_file
	echo > $fail_file
	recover_ktap > /tmp/recover 2>&1
	tell recover < /tmp/recover
	! grep -q '^not ok' /tmp/recover
}

# --- offline: CPUs that the command line kept off, and nothing else does -------

# in_file NAME N: whether that list of CPUs is CPU 0 to N - 1.
in_file()
{
	[ "$(seq -s , 0 $(($2 - 1)))" = "$(tr ',' '\n' < "/sys/devices/system/cpu/$1" |
		awk -F - '{ for (i = $1; i <= $NF; i++) print i }' | tr '\n' ',' | sed 's/,$//')" ]
}

offline_ktap()
{
	wanted=$(option present "$(count_online)")
	# shellcheck disable=SC2046 # one word a CPU
	set -- $(offline_cpus)
	echo "KTAP version 1"
	echo "1..$(($# + 3))"
	verdict 1 "some_are_offline" [ $# -gt 0 ]
	verdict 2 "${wanted}_are_possible" in_file possible "$wanted"
	verdict 3 "${wanted}_are_present" in_file present "$wanted"
	n=3
	for cpu; do
		n=$((n + 1))
		verdict $n "cpu${cpu}_comes_up" bring_on "$cpu"
	done
}

run_offline()
{
	offline_ktap > /tmp/offline 2>&1
	tell offline < /tmp/offline
	! grep -q '^not ok' /tmp/offline
}

# --- failures: each row of the table secondary-failures, on CPU 1 ------------

# bound_twice: events of which a CPU has more than one.  They stay bound while it
# is offline.  The kicker is called the same on all CPUs.
bound_twice()
{
	awk '/xen-/ { print $NF }' /proc/interrupts | grep -v kicker | sort | uniq -d
}

# complaints: how many lines say that CPU 1 stays offline because of STEP.
complaints()
{
	dmesg | grep -c "xen: CPU 1 (vCPU 1) stays offline: $1.*: $2 ("
}

# stays_off: CPU 1 does not come up, and nothing is left behind.
stays_off()
{
	if echo 1 > "$(cpu_file 1)" 2>/dev/null; then
		echo "# it came up"
		return 1
	fi
	if in_mask 1 || [ -n "$(bound_twice)" ]; then
		echo "# $(online) are online; bound twice: $(bound_twice)"
		return 1
	fi
}

# refused STEP ERRNO: bringing CPU 1 on fails there, and nowhere before.
refused()
{
	said=$(complaints "$1" "$2")
	all=$(complaints "" ".*")
	stays_off || return 1
	# Linux's device core asks again by itself where the answer is -EBUSY.
	said=$(($(complaints "$1" "$2") - said))
	all=$(($(complaints "" ".*") - all))
	if [ $all != $said ]; then
		echo "# $((all - said)) times it failed in another step"
		return 1
	fi
	if [ "$said" != 1 ] && { [ "$2" != -EBUSY ] || [ "$said" -lt 1 ]; }; then
		echo "# $said messages, not one"
		return 1
	fi
	grep -q 'hits=[1-9]' $fail_file
}

# without ERRNO: CPU 1 comes up all the same, and one line says so.
without()
{
	bring_on 1 && dmesg | grep -q "xen: no account of stolen time on CPU 1: $1 ("
}

# unheard WORDS: CPU 1 is started, and Linux does not hear of it in time.
unheard()
{
	stays_off && dmesg | grep -q "xen: CPU 1 (vCPU 1) stays offline.*: $*\$"
}

# stuck: and then it cannot be had again.
stuck()
{
	unheard "it reported alive too late" && echo > $fail_file &&
		stays_off && [ "$(complaints up -EIO)" = 1 ]
}

# is_about_to_die: CPU 1 is within 20 s
is_about_to_die()
{
	for _ in $(seq 20); do
		grep -q 'hits=[1-9]' $fail_file && return
		sleep 1
	done
	return 1
}

# dies_late: CPU 1 is about to die within 20 s, and not off 15 s later.
dies_late()
{
	is_about_to_die && sleep 15 && [ ! -e /tmp/slow ]
}

# slow: CPU 1 takes long to die, and whoever takes it off waits for that.
slow()
{
	rm -f /tmp/slow
	(take_off 1; echo $? > /tmp/slow) &
	dies_late
	late=$?
	echo > $fail_file
	wait $!
	if [ $late != 0 ]; then
		echo "# it was off too early, or not about to die"
		return 1
	fi
	[ "$(cat /tmp/slow)" = 0 ]
}

# loaded: CPU 1 dies, and has the tables of a process loaded that ends.
loaded()
{
	rm -f /tmp/busy
	# shellcheck disable=SC2016 # the process's own
	taskset -c 1 sh -c 'filled=$(head -c 8000000 /dev/zero | tr "\0" x)
		echo > /tmp/busy
		while :; do :; done' &
	process=$!
	for _ in $(seq 200); do
		[ -e /tmp/busy ] && break
		usleep 100000
	done
	(take_off 1; echo $? > /tmp/slow) &
	taker=$!
	is_about_to_die
	dying=$?
	before=$(dmesg | grep -c 'Call Trace:')
	kill -KILL $process
	wait $process
	ended=$?
	echo > $fail_file
	wait $taker
	if [ $dying != 0 ]; then
		echo "# it was not about to die"
		return 1
	fi
	[ $ended = 137 ] && [ "$(cat /tmp/slow)" = 0 ] &&
		[ "$(dmesg | grep -c 'Call Trace:')" = "$before" ]
}

# stubborn: a dead CPU whose vCPU cannot be stopped.
stubborn()
{
	take_off 1 && dmesg | grep -q "xen: CPU 1 (vCPU 1) cannot be stopped: .*$1"
}

# shown ERRNO: the ledger has the error in place of the state.
shown()
{
	grep -q "^vcpu=1 .*=$1\( \|\$\)" /sys/kernel/debug/xen/start_of_day
}

# one_row WHEN CALL ERRNO STEP: as the table's head says
one_row()
{
	case $1 in
	again | compat | without | lost | stuck) in_mask 1 && { take_off 1 || return 1; } ;;
	slow | loaded) in_mask 1 || bring_on 1 || return 1 ;;
	esac
	echo "$2:1:$3" > $fail_file || return 1
	case $1 in
	first | again | compat) refused "$4" "-$3" ;;
	without) without "-$3" ;;
	lost) unheard "it did not report alive" ;;
	slow) slow ;;
	loaded) loaded ;;
	stuck) stuck ;;
	retried) bring_on 1 && grep -q "hits=${3#*:}\$" $fail_file ;;
	down) stubborn "-$3" ;;
	ledger) shown "-$3" ;;
	*) echo "# WHEN is $1" && false ;;
	esac
	status=$?
	echo > $fail_file
	case $1 in
	again | compat | down | lost | slow | loaded)
		bring_on 1 || { echo "# it does not come up afterwards" && status=1; } ;;
	esac
	return $status
}

failures_ktap()
{
	table=/pvboot/secondary-failures
	echo "KTAP version 1"
	not_here=none
	[ "$(uname -m)" = x86_64 ] || not_here=compat
	echo "1..$(grep '^[a-z]' $table | grep -vc "^$not_here")"
	n=0
	while read -r when call errno step; do
		case $when in
		'' | '#'* | "$not_here") continue ;;
		esac
		n=$((n + 1))
		verdict $n "${when}_${call}_$errno" one_row "$when" "$call" "$errno" "$step"
	done < $table
}

run_failures()
{
	failures_ktap > /tmp/failures 2>&1
	tell failures < /tmp/failures
	! grep -q '^not ok' /tmp/failures
}

# --- cycles: pvboot.cycles=N times a CPU off and on, under load --------------

# Work of all kinds, which gives way to whoever has something to do.
start_load()
{
	LD_LIBRARY_PATH=/pvboot/stress /pvboot/stress/ld.so /pvboot/stress/stress-ng \
		--temp-path /tmp --sched idle --cpu 1 --switch 1 --fork 1 --timer 1 \
		--vm 1 --vm-bytes 16m --timeout 0 > /tmp/stress 2>&1 &
	load=$!
}

stop_load()
{
	kill "$load"
	wait "$load" 2>/dev/null
}

run_cycles()
{
	if [ ! -x /pvboot/stress/stress-ng ]; then
		why="no stress-ng in the initramfs"
		return 1
	fi
	start_load
	sleep 1
	if ! kill -0 "$load"; then
		tell cycles < /tmp/stress
		# shellcheck disable=SC2034 # init says it
		why="the load does not run"
		return 1
	fi
	run_program cycles /pvboot/cpu_cycles "$(option cycles 20)"
	status=$?
	if ! kill -0 "$load"; then
		tell cycles < /tmp/stress
		why="the load has ended"
		status=1
	fi
	stop_load
	return $status
}

# --- fpu_hotplug: registers of a task that sleeps while its CPU is off --------

run_fpu_hotplug()
{
	run_program fpu_hotplug /pvboot/fpu_hotplug
}

# --- channels: CPUs in a domain that has pvboot.channels=N event channels left -

run_channels()
{
	run_program channels /pvboot/channels "$(option channels 0)"
}

# --- irq_names: of interrupts of a CPU that goes off ---------------------------

run_irq_names()
{
	run_program irq_names /pvboot/irq_names
}

# --- dying: nobody sleeps for 100 ms while a CPU that goes off stops -----------

tracing=/sys/kernel/tracing

# dies_at_once: CPU 1 goes off and on; 25 ticks are 100 ms, as the kernel is configured.
dies_at_once()
{
	sleeps=0
	for _ in 1 2 3 4 5; do
		echo > $tracing/trace
		taskset -c 0 sh -c "echo 0 > $(cpu_file 1)" || return 1
		grep -q 'timer_start: ' $tracing/trace || { echo "# no trace" && return 1; }
		sleeps=$((sleeps + $(grep -c 'function=process_timeout .*\[timeout=25\]' \
			$tracing/trace)))
		bring_on 1 || return 1
	done
	if [ "$sleeps" != 0 ]; then
		echo "# $sleeps sleeps of 100 ms"
		return 1
	fi
}

dying_ktap()
{
	echo "KTAP version 1"
	echo "1..1"
	verdict 1 cpu1_dies_at_once dies_at_once
}

run_dying()
{
	if ! echo 1 > $tracing/events/timer/timer_start/enable; then
		# shellcheck disable=SC2034 # init says it
		why="no trace of timers"
		return 1
	fi
	dying_ktap > /tmp/dying 2>&1
	echo 0 > $tracing/events/timer/timer_start/enable
	tell dying < /tmp/dying
	! grep -q '^not ok' /tmp/dying
}

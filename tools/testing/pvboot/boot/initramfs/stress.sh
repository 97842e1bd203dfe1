# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# The part of init that has stress-ng make, change and drop mappings, and look
# whether memory holds what was written, while the kernel's code is changed, where
# that can be.  Sourced by init, whose functions it uses, behind cpus.sh, which has
# $tracing.

# The last has filters compiled, where there is a JIT.
stressors="vm fork vfork clone mmap mremap madvise munmap shm brk tlb-shootdown seccomp"

stress_ng()
{
	LD_LIBRARY_PATH=/pvboot/stress /pvboot/stress/ld.so /pvboot/stress/stress-ng \
		--temp-path /tmp "$@"
}

# all_stressors SECONDS: one of each, all at a time; /tmp/metrics has what each did.
# Without the limit brk takes all memory there is.  The 30th operation of shm fails, on
# the same kernel without Xen as well: mmap() says ENOMEM.
all_stressors()
{
	seconds=$1
	set -- --vm-bytes 4m --mmap-bytes 4m --mremap-bytes 4m --shm-bytes 4m --shm-ops 20
	for stressor in $stressors; do
		set -- "$@" "--$stressor" 1
	done
	(
		ulimit -d 131072 &&
			stress_ng --verify --yaml /tmp/metrics --metrics --timeout "$seconds" "$@"
	)
}

# did NAME: it did something, and found nothing wrong
did()
{
	count=$(awk -v name="$1" '
		$2 == "stressor:" { mine = $3 == name }
		mine && $1 == "bogo-ops:" { print $2 }' /tmp/metrics)
	echo "# ${count:-no} operations"
	! grep "fail: .* $1: " /tmp/stress | sed 's/^/# /' | grep . && [ "${count:-0}" -gt 0 ]
}

# can_patch: there are kprobes, and a tracer of functions
# shellcheck disable=SC2154 # cpus.sh has $tracing
can_patch()
{
	[ -e "$tracing/kprobe_events" ] && grep -qw function "$tracing/available_tracers"
}

patch_once()
{
	echo 'p:pvboot handle_mm_fault' > "$tracing/kprobe_events" || return
	echo 1 > "$tracing/events/kprobes/pvboot/enable" || return
	sleep 1
	echo 0 > "$tracing/events/kprobes/pvboot/enable" || return
	echo > "$tracing/kprobe_events" || return
	echo function > "$tracing/current_tracer" || return
	sleep 1
	grep -q handle_mm_fault "$tracing/trace" || return
	echo nop > "$tracing/current_tracer"
}

# patch_code: until stress-ng has ended; /tmp/patched says how often, if all went well
patch_code()
{
	rounds=0
	while [ -e /tmp/stressing ]; do
		patch_once || return
		rounds=$((rounds + 1))
	done
	echo $rounds > /tmp/patched
}

was_patched()
{
	echo "# $(cat /tmp/patched) times a kprobe and the tracer"
	[ "$(cat /tmp/patched)" -gt 0 ] && [ "$(cat "$tracing/current_tracer")" = nop ]
}

run_stress()
{
	if [ ! -x /pvboot/stress/stress-ng ]; then
		# shellcheck disable=SC2034 # init says it
		why="no stress-ng in the initramfs"
		return 1
	fi
	touch /tmp/stressing
	if can_patch; then
		patch_code 2> /dev/null &
	fi
	all_stressors "$(option seconds 20)" > /tmp/stress 2>&1
	status=$?
	rm /tmp/stressing
	wait
	{
		# shellcheck disable=SC2086 # one word a stressor
		set -- $stressors
		echo "KTAP version 1"
		echo "1..$(($# + 2))"
		grep -vE 'info:|metrc:' /tmp/stress | sed 's/^/# /'
		verdict 1 ends_well [ $status -eq 0 ]
		n=1
		for stressor; do
			n=$((n + 1))
			verdict $n "$stressor" did "$stressor"
		done
		if can_patch; then
			verdict $((n + 1)) code_is_patched was_patched
		else
			echo "ok $((n + 1)) code_is_patched # SKIP no kprobes, or no tracer of functions"
		fi
	} 2>&1 | tell stress
	! grep -q '^not ok' /tmp/said.stress
}

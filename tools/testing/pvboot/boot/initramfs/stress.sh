# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# The part of init that has stress-ng make, change and drop mappings, and look
# whether memory holds what was written.  Sourced by init, whose functions it uses.

stressors="vm fork vfork clone mmap mremap madvise munmap shm brk tlb-shootdown"

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

run_stress()
{
	if [ ! -x /pvboot/stress/stress-ng ]; then
		# shellcheck disable=SC2034 # init says it
		why="no stress-ng in the initramfs"
		return 1
	fi
	all_stressors "$(option seconds 20)" > /tmp/stress 2>&1
	status=$?
	{
		# shellcheck disable=SC2086 # one word a stressor
		set -- $stressors
		echo "KTAP version 1"
		echo "1..$(($# + 1))"
		grep -vE 'info:|metrc:' /tmp/stress | sed 's/^/# /'
		verdict 1 ends_well [ $status -eq 0 ]
		n=1
		for stressor; do
			n=$((n + 1))
			verdict $n "$stressor" did "$stressor"
		done
	} 2>&1 | tell stress
	! grep -q '^not ok' /tmp/said.stress
}

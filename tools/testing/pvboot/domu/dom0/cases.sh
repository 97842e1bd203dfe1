# shellcheck shell=dash
# shellcheck disable=SC2154 # what lib.sh and the case's file set
# SPDX-License-Identifier: GPL-2.0
#
# Runs the cases: /pvboot/domu/cases/NUMBER has a case's variables, and
# NUMBER.steps its steps, one a line, each a function step_NAME with arguments.
# Sourced by init.
#
# Each step is a KTAP result.  Where one fails, those behind it are not run,
# and have failed, too; but for checks, which change nothing.

# one_step STEP ARGUMENT...: true, or $why
one_step()
{
	why="it gave no reason"
	lives_after=$1
	shift
	"step_$lives_after" "$@" || return
	# A domU that has died must not pass by what was true before.  One that
	# has answered has not.
	case $lives_after in
	end_* | dies | refused | freed | check_* | alive | load) return ;;
	esac
	why="the domU is gone: $(state_of "$name") $(reason_of "$name")"
	lives "$name"
}

# run_case FILE
run_case()
{
	disk=
	# shellcheck source=/dev/null
	. "$1"
	say "case $name| KTAP version 1"
	say "case $name| 1..$(wc -l < "$1.steps")"
	follow "$name"
	# shellcheck disable=SC2034 # for step_freed
	memory_before=$(memory_of_others)
	n=0
	failed=
	while read -r step <&4; do
		n=$((n + 1))
		label="$(printf %02d $n)_$(echo "$step" | tr -c 'a-zA-Z0-9\n' _)"
		began=$(seconds)
		# shellcheck disable=SC2086 # each word is one
		if [ -n "$failed" ]; then
			say "case $name| # not reached: $failed failed"
			say "case $name| not ok $n $label"
		elif one_step $step 4<&-; then
			took=$(($(seconds) - began))
			say "case $name| # $took s ${answer:-}"
			say "case $name| ok $n $label"
		else
			case $step in
			check_*) ;;
			*) failed=$label ;;
			esac
			say "case $name| # $why"
			say "case $name| not ok $n $label"
		fi
	done 4< "$1.steps"
	end_case
}

end_case()
{
	xl destroy "$name" > /dev/null 2>&1
	unfollow
	if [ -n "$disk" ]; then
		losetup -d /dev/loop0
		rm -f /tmp/disk
	fi
	rm -f /tmp/save
}

for file in "$here"/cases/*.steps; do
	run_case "${file%.steps}"
done
say "verdict PASS"

# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# The toolstack, the domUs' consoles, and questions to a domU.  Sourced by
# init.
#
# A domU is spoken to over its console: a line "ID WORDS" goes in, the agent
# in the domU (guest/agent) answers through its kernel log, whose lines come
# out whole.  So every question also tries the console, both ways.

# shellcheck disable=SC2034 # for whoever sources this
here=/pvboot/domu
consoles=/var/log/xen/console
cr=$(printf '\r')

# The kernel log takes 1 KiB a line, and no more.
say()
{
	printf '<5>PVBOOT: %.950s\n' "$*" > /dev/kmsg
}

# tell HEAD: each line of standard input
tell()
{
	while IFS= read -r line; do
		say "$1| ${line%"$cr"}"
	done
}

# option NAME DEFAULT: pvboot.NAME of the command line.
option()
{
	value=$2
	# shellcheck disable=SC2013 # words are wanted
	for word in $(cat /proc/cmdline); do
		case $word in
		"pvboot.$1="*) value=${word#*=} ;;
		esac
	done
	echo "$value"
}

# within SECONDS COMMAND...: try it until it succeeds.
within()
{
	end=$(($(seconds) + $1))
	shift
	while ! "$@"; do
		[ "$(seconds)" -lt $end ] || return 1
		usleep 100000
	done
}

# seconds: since dom0 has booted
seconds()
{
	read -r uptime _ < /proc/uptime
	echo "${uptime%%.*}"
}

# run COMMAND...: where it fails, what it printed is told, and $why is its last
# line.
run()
{
	"$@" > /tmp/run 2>&1 7>&- && return
	status=$?
	tell xl < /tmp/run
	why="$1 $2: status $status: $(tail -n 1 /tmp/run)"
	return 1
}

store_answers()
{
	xenstore-read / > /dev/null 2>&1
}

start_toolstack()
{
	why="xenstored does not run"
	xenstored --pid-file /run/xenstored.pid || return
	within 20 store_answers || return
	run xen-init-dom0 || return
	why="xenconsoled does not run"
	xenconsoled --log=guest --log-dir=$consoles --pid-file=/run/xenconsoled.pid
}

# --- consoles ---------------------------------------------------------------

# log_of NAME: all that it printed so far.  While a domain comes in by
# migration it has another name, and another log.
log_of()
{
	cat "$consoles/guest-$1.log" "$consoles/guest-$1--incoming.log" 2>/dev/null
}

# logged NAME PATTERN: some line of it matches
logged()
{
	grep -q "$2" "$consoles/guest-$1.log" "$consoles/guest-$1--incoming.log" 2>/dev/null
}

# said_early NAME PATTERN: a Xen for debugging has taken the line, from before its console
said_early()
{
	id=$(id_of "$1")
	[ -n "$id" ] && xl dmesg | grep -q "^(d$id) .*$2"
}

# follow NAME: its console goes to the kernel log, until unfollow.
follow()
{
	rm -f /tmp/console
	mkfifo /tmp/console
	tell "console $1" < /tmp/console &
	followers=
	for file in "$consoles/guest-$1.log" "$consoles/guest-$1--incoming.log"; do
		: >> "$file"
		tail -n +1 -f "$file" > /tmp/console &
		followers="$followers $!"
	done
}

# unfollow: once the last lines are out
unfollow()
{
	sleep 2
	# shellcheck disable=SC2086 # one word a process
	kill $followers
}

# --- questions --------------------------------------------------------------

question=0
attached=

# id_of NAME: the domain's number
id_of()
{
	xl domid "$1" 2>/dev/null
}

answered()
{
	logged "$1" "PVBOOT: answer $2 "
}

# attach NAME: its console is file descriptor 7.  It stays open: xenconsoled
# makes a new terminal each time that the last one lets go of it.
attach()
{
	if [ "$(xenstore-read "/local/domain/$attached/name" 2>/dev/null)" = "$1" ]; then
		return
	fi
	id=$(id_of "$1")
	tty=$(xenstore-read "/local/domain/$id/console/tty" 2>/dev/null)
	[ -n "$id" ] && [ -c "$tty" ] || return 1
	exec 7<> "$tty"
	attached=$id
}

# order NAME WORDS...: what cannot be answered
order()
{
	question=$((question + 1))
	why="$1 has no console"
	within 10 attach "$1" || return
	shift
	echo "$question $*" >&7
}

# ask NAME SECONDS WORDS...: $answer is what the agent said; true where it
# found all well.
ask()
{
	asked=$1
	patience=$2
	shift 2
	answer=
	order "$asked" "$@" || return
	why="$asked did not answer to: $*"
	within "$patience" answered "$asked" $question || return
	answer=$(log_of "$asked" | tr -d '\r' |
		sed -n "s/.*PVBOOT: answer $question //p" | tail -n 1)
	status=${answer%% *}
	answer=${answer#* }
	# shellcheck disable=SC2034 # for whoever asked
	why="$*: $answer"
	[ "$status" = 0 ]
}

# --- what xl sees -----------------------------------------------------------

# state_of NAME: "r-----" and the like; nothing where there is none
state_of()
{
	xl list "$1" 2>/dev/null | awk 'NR == 2 { print $5 }'
}

# lives NAME: it neither crashed nor shut down
lives()
{
	case $(state_of "$1") in
	'' | *s* | *c* | *d*) return 1 ;;
	esac
}

# reason_of NAME: why it ended, as xl has it
reason_of()
{
	sed -n 's/.*has shut down, reason code \([0-9]*\) .*/\1/p' \
		/var/log/xen/xl-"$1".log 2>/dev/null | tail -n 1 | {
		read -r code || code=
		case $code in
		0) echo poweroff ;;
		1) echo reboot ;;
		2) echo suspend ;;
		3) echo crash ;;
		*) echo "unknown $code" ;;
		esac
	}
}

# vcpus_up NAME: how many of its vCPUs xl sees online
vcpus_up()
{
	xl vcpu-list "$1" 2>/dev/null | awk 'NR > 1 && $5 !~ /p/ { n++ } END { print n + 0 }'
}

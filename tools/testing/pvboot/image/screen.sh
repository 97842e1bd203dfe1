# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# The last thing that an image shows, and leaves on the screen for somebody to
# read: a screenful of 24 lines or fewer, with 79 columns.  Sourced by init, for
# pvboot.then=screen.
#
# /tmp/done has a line "PART STATUS WHY" for each part, /tmp/said.PART what it
# said; /pvboot/version comes with the image.

LINES=24
COLUMNS=79

# row NAME TEXT: of printable characters, in two lines at most
row()
{
	name=$1
	printf '%s\n' "$2" | tr -cd '\n -~' | fold -s -w $((COLUMNS - 9)) | head -n 2 |
		while IFS= read -r line; do
			printf '%-9s%s\n' "$name" "$line"
			name=
		done
}

# rule WORDS: a line across the screen
rule()
{
	printf -- '--- %s %s\n' "$*" "$(printf '%*s' $COLUMNS '' | tr ' ' -)" |
		cut -c 1-$COLUMNS
}

# cases_of PART: how its cases went
cases_of()
{
	grep -E '^  +(not )?ok ' "/tmp/said.$1" 2>/dev/null | awk '
	/# SKIP/ { skipped++; next }
	/not ok/ { failed++; next }
	{ passed++ }
	END { printf "%d passed, %d failed, %d skipped", passed, failed, skipped }'
}

# median_of NAME: nanoseconds of one operation, from the rounds of one measure
median_of()
{
	sed -n "s/^$1 ops=\([0-9]*\) ns=\([0-9]*\) .*/\1 \2/p" /tmp/said.bench |
		awk '{ print $2 / $1 }' | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

# figures: each measure's, in microseconds
figures()
{
	for name in $(sed -n 's/^\([a-z-]*\) ops=.*/\1/p' /tmp/said.bench 2>/dev/null | uniq); do
		[ "$name" = warm-up ] || echo "$name $(median_of "$name")"
	done | awk '!seen[$1]++ { printf "%s%s %.2f", (NR > 1 ? ", " : ""), $1, $2 / 1000 }'
}

# detail PART: what its row says beside its status
detail()
{
	case $1 in
	report) echo "$(count_online) CPUs online, possible $(cat /sys/devices/system/cpu/possible)" ;;
	guest) cases_of guest ;;
	bench) echo "us: $(figures)" ;;
	disks) echo "Linux has no disk, and has written to none" ;;
	log) echo "no warning; $(wc -l < /tmp/errors) lines at level error or worse" ;;
	esac
}

part_rows()
{
	while read -r part status why; do
		if [ "$status" -eq 0 ]; then
			row "$part" "passed  $(detail "$part")"
		else
			row "$part" "FAILED  ${why:-$(detail "$part")}"
		fi
	done < /tmp/done
}

failed_cases()
{
	cat /tmp/said.* 2>/dev/null | grep -E '^  +not ok ' | head -n 4 |
		while read -r line; do
			row "" "$line"
		done
}

callbacks_by()
{
	sed -n 's/^vcpu=0 .*by=\([a-z_]*\).*/\1/p' /sys/kernel/debug/xen/start_of_day
}

# found: what there is, and what came of it
found()
{
	hypervisor=/sys/hypervisor/version
	row pvboot "$(cat /pvboot/version)"
	row Linux "$(uname -r), Xen $(cat $hypervisor/major).$(cat $hypervisor/minor)$(cat $hypervisor/extra), callbacks by $(callbacks_by)"
	row machine "$(sed -n 's/.*"\{0,1\}pvboot\.machine=\([^"]*\)".*/\1/p' /proc/cmdline), started by $(option firmware "no word of what")"
	row CPU "$(sed -n 's/^model name[[:blank:]]*: //p' /proc/cpuinfo | head -n 1)"
	part_rows
	failed_cases
	[ ! -s /tmp/errors ] || row errors "$(head -n 1 /tmp/errors | sed 's/^kernel-error //')"
}

# please: three lines, for whoever reads it
please()
{
	echo "Please send a photograph of this screen, or the serial line's log, to"
	echo "where you have this image from."
	echo "No disk has been written to.  Switch the machine off when you have it."
}

# show_screen PASS|FAIL
show_screen()
{
	# Nothing of the kernel's may push it away.
	dmesg -n 1
	word=PASSED
	[ "$1" = PASS ] || word=FAILED
	{
		rule "pvboot: $word"
		found 2>/dev/null | head -n $((LINES - 5))
		please
		rule "pvboot: $word"
	} > /tmp/screen
	# On the frame buffer Xen draws a carriage return as what it is in the font.
	stty -opost < /dev/console
	cat /tmp/screen > /dev/console
	# In text mode the screen is Linux's, not Xen's; in a graphics mode nobody
	# sees this.  Xen first has to have done with it.
	sleep 1
	{ printf '\033[2J\033[H' && cat /tmp/screen; } > /dev/tty0
}

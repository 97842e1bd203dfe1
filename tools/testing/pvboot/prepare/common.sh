# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What every preparation step shares.  Sourced, with $0 one of the scripts of
# this directory.  A step ends in `summary` and status 0, or in `fail`.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
# What serves every base lies in shared/, which is build/; all else in build/,
# which is another directory in it for a base that was asked for by name, and
# for 32 bits, which only the base of 6.12 has.
shared=${PVBOOT_BUILD:-$root/build}
own_base=6.12
base_name=${BASE:-$own_base}
bits=${BITS:-64}
case $bits in
32 | 64) ;;
*)
	echo "BITS=$bits: neither 32 nor 64" >&2
	exit 2
	;;
esac
# Of both widths it is one base tree.
base_build=$shared
[ "$base_name" = "$own_base" ] || base_build=$shared/linux-$base_name
build=$base_build
[ "$bits" = 64 ] || build=$shared/bits-$bits
logs=$build/log
step=$(basename "$0")
export LC_ALL=C

# The tree's make calls others' makefiles, which our variables must not reach.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS 2>/dev/null || :

# One who looks only (PVBOOT_LOOK) makes nothing.
if [ -z "${PVBOOT_LOOK:-}" ]; then
	mkdir -p "$logs" 2>/dev/null || :
fi

# shut: a file in build/ that somebody else has made, and that would be in the way
shut()
{
	find -H "$shared" "$logs" -maxdepth 1 ! -type l ! -writable ! -user "$(id -u)" \
		-print -quit 2>/dev/null || :
	[ -d "$logs" ] || [ -n "${PVBOOT_LOOK:-}" ] || echo "$shared"
}

chown_line()
{
	echo "as root: chown -R $(id -un) $(readlink -f "$shared" || echo "$shared")"
}

# refuse_shut: one line, before anything is made
refuse_shut()
{
	in_the_way=$(shut)
	[ -n "$in_the_way" ] || return 0
	echo "BUILD: $(echo "$in_the_way" | head -n 1) cannot be written to; $(chown_line)" >&2
	exit 2
}

# as_the_clone: a clone of another user's stays one in which that user can go on.  The
# system of check-release has users of its own.
as_the_clone()
{
	if [ "$(id -u)" -eq 0 ] && [ "$(stat -c %u "$root")" -ne 0 ] && [ -z "${PVBOOT_BUILD:-}" ]; then
		find -H "$shared" -path "$shared/release" -prune -o -user 0 \
			-exec chown -h --reference="$root" {} + 2>/dev/null || :
	fi
}

# place_fault: why nothing can be built in this clone, or nothing
place_fault()
{
	case $root in
	*[[:space:]:]*) echo "$root: the kernel's make takes no blank and no colon" ;;
	esac
}

# summary WHAT: the one line that the user reads when the step is done.
summary()
{
	echo "$*" > "$logs/$step.summary"
}

# fail WHAT: the one line that says why the step ended; steps shows it.
fail()
{
	if [ -n "${PVBOOT_STEPS:-}" ]; then
		echo "$*" > "$logs/$step.failure"
	else
		echo "BUILD: $*" >&2
	fi
	exit 1
}

# objects DIRECTORY [TOTAL]: have steps tell how many objects are there, of
# about TOTAL; without it, how many were made from now on.
objects()
{
	echo "$1 ${2:-}" > "$logs/objects"
}

# same FILE TEXT: true where FILE holds just TEXT.
same()
{
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# pack DIRECTORY FILE: names sorted, owners and times fixed, so that the same
# content makes the same bytes.
pack()
{
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . | sort |
		cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -n -6) > "$2" ||
		fail "cannot pack $1"
}

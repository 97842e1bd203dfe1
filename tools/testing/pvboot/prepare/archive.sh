# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Debian's archive, for what the machine's own apt sources do not offer: the
# packages of another release, and sources.  Lists and configuration lie in a
# directory of ours, from the machine's own mirror; apt's are not touched.
# Sourced after common.sh.

. "$(dirname "$0")/mirror.sh"

# archive_open DIRECTORY SUITE TYPE...: TYPE is deb or deb-src.  With
# $archive_arch it has the packages of another architecture than the machine's.
archive_open()
{
	archive=$1
	suite=$2
	shift 2
	rm -rf "$archive"
	mkdir -p "$archive/lists/partial" "$archive/archives/partial"
	: > "$archive/status"
	mirror_line > "$archive/mirror"
	read -r uri key < "$archive/mirror" || [ -n "${uri:-}" ] ||
		fail "no apt source has the suite $codename, to take $suite from the same mirror"
	for type in "$@"; do
		words="${archive_arch:+arch=$archive_arch }${key:+signed-by=$key}"
		echo "$type ${words:+[$words] }$uri $suite main"
	done > "$archive/sources.list"
	archive_get update || fail "apt-get update of $suite failed"
}

# archive_get WORD...: apt-get with that archive.  It knows of no package that is
# installed: of one that is newer here than there it would look for that version.
archive_get()
{
	apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User="$(id -un)" \
		${archive_arch:+-o APT::Architecture="$archive_arch" -o APT::Architectures="$archive_arch"} \
		-o Dir::State::status="$archive/status" \
		-o Dir::Etc::SourceList="$archive/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$archive/lists" -o Dir::Cache="$archive" "$@"
}

# machine_get DIRECTORY PACKAGE...: download by the machine's own apt.  Its
# lists may be older than what the mirror has; only root can renew them.
machine_get()
{
	place=$1
	shift
	(cd "$place" && apt-get -q -o Acquire::Retries=3 download "$@") && return
	apt-get -q update || :
	(cd "$place" && apt-get -q -o Acquire::Retries=3 download "$@")
}

# xen_get DIRECTORY PACKAGE...: packages of the Xen that is asked for
xen_get()
{
	if [ -z "$other_xen" ]; then
		machine_get "$@" || fail "apt-get cannot download ${2} and what goes with it${stranger:+; $stranger}"
		return
	fi
	place=$1
	shift
	archive_open "$place/apt" "$(xen_release "$xen_version")" deb
	(cd "$place" && archive_get download "$@") ||
		fail "apt-get cannot download ${1} and what goes with it"
	rm -rf "$place/apt"
}

# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Which release this machine has, what the table `releases` says of it, and
# which Xen is asked for.  Sourced, with $0 one of the scripts of this
# directory.

releases=$(cd "$(dirname "$0")" && pwd)/releases

# os_release NAME: what os-release says, empty where it says nothing
os_release()
{
	sed -n "s/^$1=//p" "${PVBOOT_OS_RELEASE:-/etc/os-release}" 2>/dev/null | tr -d '"' |
		head -n 1
}

# columns: code names of the releases that the table knows, the newest last
columns()
{
	sed -n 's/^# row[[:blank:]]*//p' "$releases"
}

# of ROW [RELEASE]: what the table says, by default of this machine's release
of()
{
	awk -v row="$1" -v release="${2:-$release}" '
	$1 == "#" && $2 == "row" { for (i = 3; i <= NF; i++) if ($i == release) n = i - 1 }
	$1 == row { print $n; found = 1 }
	END { exit !(found && n) }' "$releases"
}

# xen_versions: those of all columns
xen_versions()
{
	for column in $(columns); do
		of xen "$column"
	done
}

# xen_release VERSION: the release whose Xen it is
xen_release()
{
	for column in $(columns); do
		if [ "$(of xen "$column")" = "$1" ]; then
			echo "$column"
		fi
	done
}

# The column that counts: of a release that the table does not know, the newest.
codename=$(os_release VERSION_CODENAME)
stranger=
if [ "$(os_release ID)" = debian ] && of number "${codename:--}" > /dev/null 2>&1; then
	release=$codename
else
	release=$(columns | tr '[:blank:]' '\n' | grep . | tail -n 1)
	stranger=$(os_release PRETTY_NAME)
	stranger="${stranger:-a system without os-release} is not in prepare/releases: looked for the packages of Debian $(of number)"
fi

# The Xen that is asked for; what is made of it lies beside that of the
# release's own in build/, with this behind the name.
own_xen=$(of xen)
xen_version=${XEN_VERSION:-$own_xen}
# shellcheck disable=SC2034 # for those that source this
other_xen=
if [ "$xen_version" != "$own_xen" ]; then
	# shellcheck disable=SC2034 # as above
	other_xen=-$xen_version
fi

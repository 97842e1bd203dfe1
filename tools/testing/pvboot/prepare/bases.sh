# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What the table `bases` says of the base that is asked for.  Sourced after
# common.sh.

# base_has ROW: the word of that row, nothing for "-"
base_has()
{
	awk -v base="${base_name:?}" -v row="$1" '
		$1 == "#" && $2 == "row" { for (i = 3; i <= NF; i++) if ($i == base) at = i - 1 }
		at && $1 == row && $at != "-" { print $at }' "${here:?}/bases"
}

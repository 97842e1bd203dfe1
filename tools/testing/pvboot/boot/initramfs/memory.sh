# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# Parts of init that let memory grow and shrink, and look at what it holds.  Sourced
# by init, whose functions it uses.

balloon=/sys/devices/system/xen_memory/xen_memory0

total_mib()
{
	awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo
}

has_mib()
{
	echo $(($(cat $balloon/info/current_kb) / 1024))
}

# becomes MIB: the domain has so much memory before long.
becomes()
{
	echo $(($1 * 1024)) > $balloon/target_kb || return 1
	for _ in $(seq 60); do
		[ "$(has_mib)" -eq "$1" ] && return
		sleep 1
	done
	echo "# $(has_mib) MiB, not $1"
	return 1
}

# total_grows FROM: Linux sees more than that, and by as much as the domain has more.
total_grows()
{
	echo "# MemTotal from $1 to $(total_mib) MiB"
	[ "$(total_mib)" -gt $(($1 + (grow - before) * 9 / 10)) ]
}

# list_is_shown: rows of the list of frames, one where the other ends, of each kind
# that dom0 has.
list_is_shown()
{
	sed -E 's/^ \[(0x[0-9a-f]+)->(0x[0-9a-f]+)\] /\1 \2 /' \
		/sys/kernel/debug/xen/mmu/p2m > /tmp/rows || return 1
	awk 'BEGIN { end = "0x0" }
	     $1 != end || $2 == end { bad = 1; print "# " $0 }
	     { end = $2; rows[$3]++ }
	     END { exit bad || !rows["pfn"] || !rows["missing"] || !rows["identity"] }' \
		/tmp/rows
}

# maps_around BYTES: at most so much at a fault on a file's page
maps_around()
{
	maps=$(cat /sys/kernel/debug/fault_around_bytes)
	echo "# $maps bytes around a fault"
	[ "$maps" = "$1" ]
}

memory_ktap()
{
	grow=$(option grow "$before")
	total=$(total_mib)
	echo "KTAP version 1"
	echo "1..6"
	echo "# $before MiB, MemTotal $total MiB; to $grow"
	verdict 1 grows becomes "$grow"
	verdict 2 linux_sees_it total_grows "$total"
	verdict 3 is_memory /pvboot/holds $((grow * 2 / 3))
	verdict 4 shrinks becomes "$before"
	verdict 5 list_is_shown list_is_shown
	verdict 6 maps_around maps_around "$(option around 65536)"
}

run_memory()
{
	before=$(has_mib)
	memory_ktap 2>&1 | tell memory
	! grep -q '^not ok' /tmp/said.memory
}

# --- bomb: processes until there is no memory ----------------------------------

run_bomb()
{
	echo 0 > /proc/sys/vm/oom_dump_tasks
	run_program bomb /pvboot/bomb "$(option seconds 20)"
}

# --- refusals: of pages that are to be page tables ------------------------------

run_refusals()
{
	run_program refusals /pvboot/refusals
}

# --- files: what the boot has brought is as it was made -----------------------

files_are_intact()
{
	md5sum -c /pvboot/files.md5 > /tmp/files 2>&1 && return
	sed -n '/: OK$/!s/^/# /p' /tmp/files
	return 1
}

run_files()
{
	{
		echo "KTAP version 1"
		echo "1..1"
		echo "# $(wc -l < /pvboot/files.md5) files"
		verdict 1 are_intact files_are_intact
	} 2>&1 | tell files
	! grep -q '^not ok' /tmp/said.files
}

# --- rings: of io_uring, whose pages are soon another process's tables ----------

run_rings()
{
	run_program rings /pvboot/rings "$(option seconds 30)"
}

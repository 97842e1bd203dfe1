# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What a first boot takes, and what of it is there.  Sourced after common.sh and
# releases.sh.

# Seconds of one CPU, and MiB; with 6.12.117, without a compiler's cache.  The
# kernel's were measured on two CPUs that had other work to do as well, and are
# rather too many than too few.
KERNEL_WORK=1160
REST_WORK=90
XEN_WORK=240
PACKAGES_MIB=1850
BASE_MIB=1750
KERNEL_MIB=400
REST_MIB=250
XEN_MIB=600

# missing GROUP: names of packages, each with a blank before it
missing()
{
	names=$("${here:?}/deps" "$1" list) || return
	echo "$names" | while read -r package _; do
		printf '%s' "${package:+ $package}"
	done
}

# free_mib: where build/ is
free_mib()
{
	place=${build:?}
	[ -e "$place" ] || place=${root:?}
	df -Pm "$place" | awk 'NR == 2 { print $4 }'
}

# need PACKAGES: sets need_mib and need_seconds, what is still to be made for a
# boot where so many packages are missing.  $KERNEL and $INITRD are make's.
need()
{
	need_mib=0
	need_seconds=10
	if [ "$1" -gt 0 ]; then
		need_mib=$PACKAGES_MIB
		need_seconds=$((need_seconds + 20 + 3 * $1))
	fi
	if [ ! -f "${base_build:?}/base/stamp" ] && [ -z "${KERNEL:-}" ]; then
		need_mib=$((need_mib + BASE_MIB))
		need_seconds=$((need_seconds + 30))
	fi
	if [ ! -f "$build/kernel/arch/x86/boot/bzImage" ] && [ -z "${KERNEL:-}" ]; then
		need_mib=$((need_mib + KERNEL_MIB))
		need_seconds=$((need_seconds + KERNEL_WORK / $(nproc)))
	fi
	if [ ! -f "$build/initramfs.gz" ] && [ -z "${INITRD:-}" ]; then
		need_mib=$((need_mib + REST_MIB))
		need_seconds=$((need_seconds + REST_WORK / $(nproc)))
	fi
	if [ "${bits:?}" = 32 ] && [ -z "${XEN:-}" ] &&
	   [ ! -f "${shared:?}/xen-debug${other_xen?}/xen.elf" ]; then
		need_mib=$((need_mib + XEN_MIB))
		need_seconds=$((need_seconds + XEN_WORK / $(nproc)))
	fi
}

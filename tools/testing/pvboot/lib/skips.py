# SPDX-License-Identifier: GPL-2.0
"""Why a case of the guest's test program may be skipped, and in which boots.

A case that is skipped for another reason has lost what it tests: an option of the
kernel's, a feature of the CPU's.
"""

import re

from releases import BITS

# What one width of programs, or the emulator's processor, has not got
ALWAYS = (
    r"(?:32|64)-bit code has no such entry",
    r"no such instruction in 64-bit code",
    r"32-bit code (?:reaches no address above 4 GiB|sets no base by itself)",
    r"32-bit addresses are all canonical",
    r"a 32-bit frame (?:goes to no such address|holds no address of a 64-bit kernel)",
    r"a base goes with its selector",
    r"C has its thread pointer there",
    r"the vsyscall page is for 64-bit code",
    r"this CPU notes SIMD exceptions, but raises none",
    r"this CPU has no sysenter in long mode",
    r"the kernel has 32-bit system calls",
    r"a 32-bit program does not start there",
)

# What the 32-bit kernel, or its configuration (pvboot-32.config), has not got
BITS_32 = (
    r"a 32-bit kernel (?:has no SYSCALL|runs no 64-bit programs)",
    r"no network",
    r"no cgroup2",
)

# What models of CPUs that a case names have not got
OF_A_MODEL = r"no (?:AVX|FSGSBASE)|this CPU has no (?:RDTSCP|RDPID)"

ONE_CPU = r"one CPU only|needs two CPUs"
NO_IA32 = r"the kernel has no IA32_EMULATION"


def expected(boot, more=()):
    """The pattern of reasons that this boot may have; a case or a row."""
    may_be = [*ALWAYS, *more, *(BITS_32 if BITS == "32" else ())]
    if boot.get("cpu"):
        may_be.append(OF_A_MODEL)
    if boot["vcpus"] == 1:
        may_be.append(ONE_CPU)
    if "NO_IA32=1" in boot["cmdline"].split():
        may_be.append(NO_IA32)
    return re.compile("|".join(may_be))


def named(cmdline):
    """The cases that a command line names."""
    found = re.search(r"(?:^| )pvboot\.cases=(\S+)", cmdline)
    return found[1].split(",") if found else []


def judge(boot, results, record, more=()):
    """Skips of the test program that should not be: [(name, how, why)].

    A case that is named is not to be skipped in each width.
    """
    may_be = expected(boot, more)
    for name, how, why in results:
        if how == "skip" and not may_be.fullmatch(why):
            record(f"guest.{name}", False, f"skipped: {why}")
    for wanted in named(boot["cmdline"]):
        record(f"guest.{wanted}.somewhere", any(
            how != "skip" and name.rpartition(".")[2] == wanted for name, how, _ in results),
            "named, and skipped everywhere")

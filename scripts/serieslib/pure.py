# SPDX-License-Identifier: GPL-2.0
"""Our files without the lines that are for another base.

They are written for the newest base.  What an older one needs stands behind
conditions on compat.h, which scripts/overlay lays over that one only.
"""

import subprocess
from dataclasses import replace

from overlaylib.common import Refusal, first_line

COMPAT = "arch/x86/xen/compat.h"
# Macros of 6.12 by which pv.h includes it, and assembly does without it; and
# its own guard
MARKS = ("init_per_cpu_var", "INIT_PER_CPU_VAR", "_ARCH_X86_XEN_COMPAT_H")


def _concerned(data):
    return any(b"ifdef " + mark.encode() in data for mark in MARKS)


def _resolve(name, data, how):
    """unifdef's exit status is 1 where it changed something."""
    try:
        done = subprocess.run(["unifdef", *(f"-{how}{mark}" for mark in MARKS)],
                              input=data, capture_output=True, check=False)
    except FileNotFoundError:
        raise Refusal("the series needs the Debian package unifdef") from None
    if done.returncode not in (0, 1):
        raise Refusal(f"unifdef: {name}: {first_line(done.stderr, 'no reason given')}")
    return done.stdout


def resolved(name, data, has_compat):
    """The file's content as a tree of its base has it to itself."""
    if name == COMPAT or not _concerned(data):
        return data
    return _resolve(name, data, "D" if has_compat else "U")


def pure(goals):
    """The same goals, each of our files so."""
    return {name: replace(goal, data=resolved(name, goal.data, COMPAT in goals))
            if goal.kind == "lay" else goal for name, goal in goals.items()}

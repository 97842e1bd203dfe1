# SPDX-License-Identifier: GPL-2.0
"""The table of domU cases, domu/cases.toml, whose head explains the columns."""

import re
import shlex

import guest
import releases
from named_rows import BadTable, load as load_rows

DEFAULTS = {
    "boot": None, "vcpus": 1, "maxvcpus": None, "mem": 128, "maxmem": None, "cmdline": "",
    "line": None, "ramdisk": True, "disk": None, "net": False, "on_crash": "preserve",
    "debug_xen": False, "peer": False, "long": False, "expected": [], "steps": None,
}

# Ways to suspend, each of which is followed by all checks of a resume.
RESUMES = ("save_restore", "lossy_restore", "checkpoint", "migrate")
CHECKS = ("check_vcpus", "check_timers", "check_clock", "check_interrupts",
          "check_affinity", "check_channels", "check_console", "check_ledger",
          "check_held", "check_remembered", "check_traps", "check_errors")

# What ends every case
LAST = "freed"

LINE = f"console=hvc0 rdinit=/pvboot/domu/agent {guest.COMMON}"


def _check(case, _earlier):
    for column in ("boot", "steps"):
        if not case.get(column):
            raise BadTable(f"{case['name']}: {column} is missing")


def load(path):
    """The cases in the table's order, each with every column."""
    return load_rows(path, "case", DEFAULTS, _check)


def steps(case, long):
    """Every step that is run, with the checks that follow each resume, and the last.

    A word SHORT/LONG is one of the two numbers; as the last word, behind an
    x, it is how often the step is taken.
    """
    found = []
    for step in case["steps"]:
        words = [re.sub(r"^(x?)(\d+)/(\d+)$", r"\1\3" if long else r"\1\2", word)
                 for word in step.split()]
        times = 1
        if re.fullmatch(r"x\d+", words[-1]):
            times = int(words.pop()[1:])
        one = [" ".join(words)]
        if words[0] in RESUMES:
            one += CHECKS
        found += one * times
    return found + [LAST]


def boots(cases, long):
    """{boot: [case]} of the short or the long form, in the table's order."""
    found = {}
    for case in cases:
        if long or not case["long"]:
            found.setdefault(case["boot"], []).append(case)
    return found


def variables(case):
    """The case as dom0's shell reads it."""
    line = case["line"] if case["line"] is not None else f"{LINE} {case['cmdline']}"
    values = {
        "name": case["name"], "vcpus": case["vcpus"],
        "maxvcpus": case["maxvcpus"] or case["vcpus"], "mem": case["mem"],
        "maxmem": case["maxmem"] or case["mem"],
        "cmdline": line.strip(), "ramdisk": "yes" if case["ramdisk"] else "no",
        "disk": case["disk"] or "", "net": "yes" if case["net"] else "no",
        "on_crash": case["on_crash"],
        "kernel": "peer" if case["peer"] else "kernel", "bits": releases.BITS,
    }
    return "".join(f"{key}={shlex.quote(str(value))}\n" for key, value in values.items())


def files(cases, long):
    """{path in dom0's initramfs: content} of the cases of a boot."""
    found = {}
    for number, case in enumerate(cases):
        path = f"pvboot/domu/cases/{number:02d}"
        found[path] = variables(case).encode()
        found[path + ".steps"] = ("\n".join(steps(case, long)) + "\n").encode()
    return found

# SPDX-License-Identifier: GPL-2.0
"""Plants each fault of unit/faults.toml that Xen can see in the bare guest's core.

One boot a fault, which is over as soon as the row that has to see it has.
"""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import bare
import faults
import releases

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(releases.BUILD, "check/bare-faults")

# How each width is booted, and a fault that is none.
BOOTS = {64: {"width": 64, "xen": "debian", "cpu": "", "options": ""},
         32: {"width": 32, "xen": "debug", "cpu": "", "options": "pv=32"}}
NONE = {"name": "none", "file": "trap_table.c", "old": "", "new": "", "row": "", "end": ""}

# One more than there are CPUs: a debug Xen sleeps for half of its boot.
JOBS = len(os.sched_getaffinity(0)) + 1


def make(*words):
    """The Makefile beside this file."""
    subprocess.run(["make", "-s", "-C", HERE, f"OUT={bare.BUILD}", *words], check=True)


def boot(fault, words, listener=None):
    """Build the guest with the fault in it, boot; (boot, lines, word, reason)."""
    place = os.path.join(OUT, f"{fault['width']}-" + re.sub(r"[^a-z0-9]+", "-", fault["name"]))
    faults.plant(fault, place)
    make("fault", f"FAULT={place}", f"FILE={fault['file'].removesuffix('.c')}",
         f"WIDTH={fault['width']}")
    how = dict(BOOTS[fault["width"]], words=words, says="", rows=1)
    return how, *bare.execute(how, os.path.join(place, "boot"),
                              os.path.join(place, "guest"), listener)


def find(fault):
    """(seen, what was seen or why not)"""
    try:
        _, *done = boot(fault, "hasty", bare.FaultListener(fault["row"]))
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        return False, str(error)
    return bare.fault_seen(fault, *done)


def find_none(width):
    """(none seen, what was seen) where there is none"""
    bad = [f"{name}: {why}" for name, how, why in bare.judge(*boot(dict(NONE, width=width), ""))
           if how not in ("pass", "skip")]
    return not bad, "; ".join(bad)


def test_faults(record):
    """Each is seen, and nothing is seen where there is none."""
    shutil.rmtree(OUT, ignore_errors=True)
    make()
    # 32-bit ones first: they take longest.
    rows = sorted((fault for fault in faults.load() if fault["row"] or fault["end"]),
                  key=lambda fault: fault["width"])
    assert rows
    with ThreadPoolExecutor(JOBS) as pool:
        clean = {width: pool.submit(find_none, width) for width in BOOTS}
        for fault, (seen, what) in zip(rows, pool.map(find, rows)):
            print(f"\n{fault['name']}: {what}", end="")
            record(fault["name"], seen, what)
        for width, done in clean.items():
            record(f"none-{width}", *done.result())

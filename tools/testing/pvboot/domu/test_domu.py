# SPDX-License-Identifier: GPL-2.0
"""Runs the domUs of cases.toml under Debian's toolstack and judges all of it.

With BITS=32 they are those of cases-32.toml.
By hand: PVBOOT_DOMU_KERNEL and PVBOOT_DOM0_KERNEL name other kernels to run,
PVBOOT_DOMU_TABLE another table, PVBOOT_DOMU_CASES the cases.  PVBOOT_LONG is set
for the long form.
"""

import os

import pytest

import boot_cases
import domu_cases
import guest
import releases
from classify import PASS

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.BUILD, "check/domu")
TABLE = os.environ.get("PVBOOT_DOMU_TABLE",
                       "cases.toml" if releases.BITS == "64" else "cases-32.toml")
CASES = domu_cases.load(os.path.join(HERE, TABLE))
LONG = bool(os.environ.get("PVBOOT_LONG"))
SOME = os.environ.get("PVBOOT_DOMU_CASES", "").split()

# dom0's boot and the toolstack, then each step; steps end by themselves.
TIMEOUT = 5400 if LONG else 900


def kernel(which, own):
    """The image that is tested, or one that is to be compared."""
    return os.environ.get(f"PVBOOT_{which}_KERNEL") or own


@pytest.mark.parametrize("name", list(dict.fromkeys(case["boot"] for case in CASES)))
def test_domu(name, record):
    """All domUs of one dom0."""
    cases = domu_cases.boots(CASES, LONG).get(name, [])
    cases = [case for case in cases if not SOME or case["name"] in SOME]
    if not cases:
        pytest.skip("no case of it is wanted")
    run, word, reason = boot_cases.boot(cases, os.path.join(OUT, name),
                                        (kernel("DOMU", guest.KERNEL),
                                         kernel("DOM0", guest.DOM0_KERNEL)), LONG, TIMEOUT)
    seen = run.classifier
    for case in cases:
        boot_cases.judge(case, seen, record, LONG)
    record("dom0", not seen.complaints, "; ".join(seen.complaints[:3]))
    assert word == PASS, f"{word}: {reason}; see {os.path.relpath(run.log, guest.ROOT)}"

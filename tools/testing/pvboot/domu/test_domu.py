# SPDX-License-Identifier: GPL-2.0
"""Runs the domUs of cases.toml under Debian's toolstack and judges all of it.

By hand: PVBOOT_DOMU_KERNEL and PVBOOT_DOM0_KERNEL name other kernels to run,
PVBOOT_DOMU_TABLE another table, PVBOOT_DOMU_CASES the cases.  PVBOOT_LONG is set
for the long form.
"""

import os

import pytest

import domu_cases
import guest
import host
import ktap
from classify import PASS
from progress import Progress

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.ROOT, "build/check/domu")
PEER = os.path.join(guest.ROOT, "build/peer/kernel/arch/x86/boot/bzImage")
TABLE = os.environ.get("PVBOOT_DOMU_TABLE", "cases.toml")
CASES = domu_cases.load(os.path.join(HERE, TABLE))
LONG = bool(os.environ.get("PVBOOT_LONG"))
SOME = os.environ.get("PVBOOT_DOMU_CASES", "").split()

# dom0's boot and the toolstack, then each step; steps end by themselves.
TIMEOUT = 5400 if LONG else 900


def kernel(which):
    """The image that is tested, or one that is to be compared."""
    return os.environ.get(f"PVBOOT_{which}_KERNEL") or guest.KERNEL


def boot(name, cases):
    """One dom0, all its domUs; (Run, word, reason)."""
    ramdisk = host.joined(host.read(guest.INITRD),
                          host.archive({"pvboot/domu/agent": host.read(host.AGENT),
                                        "pvboot/domu/ticks": host.read(host.TICKS)}))
    files = {"pvboot/domu/kernel": host.read(kernel("DOMU")),
             "pvboot/domu/ramdisk": ramdisk} | domu_cases.files(cases, LONG)
    if any(case["peer"] for case in cases):
        files["pvboot/domu/peer"] = host.read(PEER)
    machine = host.Host("cases", files, max(case["mem"] for case in cases) * 2,
                        os.path.join(OUT, name), vcpus=host.DOM0_VCPUS,
                        xen=guest.DEBUG_XEN if cases[0]["debug_xen"] else guest.XEN,
                        kernel=kernel("DOM0"), timeout=TIMEOUT)
    return machine.boot(os.path.join(OUT, name), progress=Progress(f"  {name}:"),
                        classifier=host.DomuClassifier(
                            {case["name"]: case["expected"] for case in cases}))


def judge(case, seen, record):
    """Each step of a case, none of which may be lost, and its console."""
    name = case["name"]
    results = ktap.results(ktap.lines_of(seen.said, f"case {name}"))
    for step, how, why in results:
        record(f"{name}.{step}", how == "pass", why)
    wanted = len(domu_cases.steps(case, LONG))
    record(f"{name}.results", len(results) == wanted, f"{len(results)} of {wanted} steps")
    inside = seen.domain(name)
    bad = inside.complaints + ([inside.crash] if inside.crash else [])
    record(f"{name}.console", not bad, "; ".join(bad[:3]))


@pytest.mark.parametrize("name", list(dict.fromkeys(case["boot"] for case in CASES)))
def test_domu(name, record):
    """All domUs of one dom0."""
    cases = domu_cases.boots(CASES, LONG).get(name, [])
    cases = [case for case in cases if not SOME or case["name"] in SOME]
    if not cases:
        pytest.skip("no case of it is wanted")
    run, word, reason = boot(name, cases)
    seen = run.classifier
    for case in cases:
        judge(case, seen, record)
    record("dom0", not seen.complaints, "; ".join(seen.complaints[:3]))
    assert word == PASS, f"{word}: {reason}; see {os.path.relpath(run.log, guest.ROOT)}"

# SPDX-License-Identifier: GPL-2.0
"""Boots each case of cases.toml and judges all that it said."""

import os
import re

import pytest

import case_boot
import cases
import devices
import guest
import ktap
import releases
import report
from classify import CRASH, PASS

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.BUILD, "check/boot")
LONG = bool(os.environ.get("PVBOOT_LONG"))
CASES = [case for case in releases.of_this_width(cases.load(os.path.join(HERE, "cases.toml")))
         if case["long"] == LONG]

# How many selftests of the base's have to pass where others are compared with it
LEAST_TO_COMPARE = 10

# Results of selftests, kept for the cases that are compared with them.
recorded = {}


def place(case):
    """Its directory."""
    return os.path.join(OUT, case["name"])


def judge_disk(case, record):
    """What the guest wrote is on the disk, seen from outside."""
    if "devices" in case["run"]:
        record("devices.disk_from_outside", devices.copied(place(case)),
               "disk0 does not hold the payload twice")


def judge_selftests(case, said, record):
    """Whatever passes in the case compared with has to pass."""
    if not case["selftests"]:
        return
    results = {name: (how, why) for name, how, why in
               ktap.results(ktap.lines_of(said, "selftests"))}
    recorded[case["name"]] = results
    if case["selftests"] == "record":
        passed = sum(how == "pass" for how, _ in results.values())
        record("selftests.most", passed >= LEAST_TO_COMPARE and passed >= len(results) * 3 / 4,
               f"{passed} of {len(results)} passed: little to compare with")
        return
    compared = case["selftests"].removeprefix("as ")
    peer = recorded.get(compared, {})
    record("selftests.compared", bool(peer), "the case to compare with has no results")
    for name, (how, _) in peer.items():
        if how == "pass":
            ours, why = results.get(name, ("lost", "no result"))
            record(f"selftests.{name}", ours == "pass",
                   f"passes in {compared}; here: {ours} {why}")


def judge_callbacks(case, said, record):
    """Every vCPU registered its callbacks by the hypercall asked for."""
    if not case["callbacks"]:
        return
    vcpus = report.parse(said)["vcpus"]
    by = [vcpu.get("by") for vcpu in vcpus]
    record("callbacks", by == [case["callbacks"]] * case["vcpus"],
           f"by {by or 'nothing that is reported'}, not {case['callbacks']}")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_boot(case, record):
    """The outcome is PASS, and so is each single result."""
    run, word, reason = case_boot.boot(case, place(case))
    said = run.classifier.said
    case_boot.judge_log(case, run, record)
    case_boot.judge_parts(case, said, record)
    judge_disk(case, record)
    case_boot.judge_kunit(case["kunit"], said, record)
    judge_callbacks(case, said, record)
    judge_selftests(case, said, record)
    if case["fatal"]:
        assert word == CRASH and re.search(case["fatal"], reason), f"{word}: {reason}"
        return
    assert word == PASS, f"{word}: {reason}; see {os.path.relpath(run.log, guest.ROOT)}"

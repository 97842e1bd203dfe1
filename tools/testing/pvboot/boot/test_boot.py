# SPDX-License-Identifier: GPL-2.0
"""Boots each case of cases.toml and judges all that it said."""

import functools
import os
import re
import threading

import pytest

import cases
import devices
import guest
import ktap
import qemu
import report
from classify import PASS, Classifier
from progress import Progress
from run import Run

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.BUILD, "check/boot")
WITH_SELFTESTS = os.path.join(guest.BUILD, "initramfs-selftests.gz")
WITH_STRESS = os.path.join(guest.BUILD, "initramfs-stress.gz")
LONG = bool(os.environ.get("PVBOOT_LONG"))
CASES = [case for case in cases.load(os.path.join(HERE, "cases.toml")) if case["long"] == LONG]

# Parts that speak KTAP; selftests are judged by comparison.
KTAP_PARTS = ("hotplug", "offline", "cycles", "fpu_hotplug", "guest", "fuzz", "suspend", "memory",
              "files", "devices", "stress")

# The last that Xen says before the machine sleeps
SLEEPS = re.compile(r"\(XEN\) .*Entering ACPI S3 state")

# Results of selftests, kept for the cases that are compared with them.
recorded = {}


# Seconds from the last line before a sleep until the machine is woken
NAP = 5


class Operator(Run):
    """One who answers what is said at the machine's monitor.

    last: give an NMI as soon as init has nothing more to say
    nmis: give so many while init runs, one a line
    """

    def __init__(self, last, nmis, *arguments):
        super().__init__(*arguments)
        self.last = last
        self.nmis = nmis

    def heard(self, child):
        """A line has come."""
        if self.last and self.classifier.verdict:
            self.last = False
            qemu.tell_monitor(self.directory, "nmi")
        if self.nmis and self.classifier.init_reached:
            self.nmis -= 1
            qemu.tell_monitor(self.directory, "nmi")
        if SLEEPS.search(self.lines[-1]):
            threading.Timer(NAP, qemu.tell_monitor,
                            [self.directory, "system_wakeup"]).start()


def place(case):
    """Its directory."""
    return os.path.join(OUT, case["name"])


def initrd(case):
    """The one that has what the case runs."""
    base, added = guest.INITRD, {}
    if "selftests" in case["run"]:
        base = WITH_SELFTESTS
    elif {"cycles", "stress"} & set(case["run"]):
        base = WITH_STRESS
    if case["files"]:
        added |= devices.files(case["files"])
    if "devices" in case["run"]:
        added |= devices.drivers(os.path.join(guest.BUILD, "kernel"))
    if not added:
        return base
    os.makedirs(place(case), exist_ok=True)
    return devices.initrd(base, added, os.path.join(place(case), "own.initramfs"))


def xen(case):
    """The one that it runs on, None for none."""
    if case["native"]:
        return None
    return guest.DEBUG_XEN if case["debug_xen"] else guest.XEN


def machines_devices(case):
    """QEMU's words for what the part devices uses."""
    if "devices" not in case["run"]:
        return []
    devices.make_disks(place(case))
    return devices.arguments()


def boot(case):
    """Run the case; (Run, word, reason)."""
    words = [case["cmdline"], "pvboot.run=" + ",".join(case["run"])]
    nmi = case["then"] == "nmi"
    attended = nmi or case["nmis"] or "suspend" in case["run"]
    if case["then"] and not nmi:
        words.append("pvboot.then=" + case["then"])
    if case["cycles"]:
        words.append(f"pvboot.cycles={case['cycles']}")
    machine = guest.Guest(
        vcpus=case["vcpus"], smp=case["smp"], mem=case["mem"], timeout=case["timeout"],
        cmdline=" ".join(words).strip(), xencmdline=case["xenline"],
        xen=xen(case), initrd=initrd(case), cpu=case["cpu"], monitor=attended,
        low_mem=case["low_mem"], devices=machines_devices(case))
    return machine.boot(place(case),
                        progress=Progress(f"  {case['name']}:"),
                        classifier=Classifier(case["end"], case["expected"]),
                        kind=functools.partial(Operator, nmi, case["nmis"]) if attended else Run)


def judge_parts(case, said, record):
    """Each KTAP result of each part that was to run."""
    for part in KTAP_PARTS:
        if part in case["run"]:
            for name, how, why in ktap.results(ktap.lines_of(said, part)):
                if how != "skip":
                    record(f"{part}.{name}", how == "pass", why)


def judge_disk(case, record):
    """What the guest wrote is on the disk, seen from outside."""
    if "devices" in case["run"]:
        record("devices.disk_from_outside", devices.copied(place(case)),
               "disk0 does not hold the payload twice")


def judge_kunit(case, said, record):
    """Each suite named has run, and none of it was skipped."""
    if not case["kunit"]:
        return
    results = ktap.results(ktap.lines_of(said, "kunit"))
    for name, how, why in results:
        record(f"kunit.{name}", how == "pass", why or how)
    for suite in case["kunit"]:
        record(f"kunit.{suite}", any(name.startswith(f"{suite}.") for name, _, _ in results),
               "the suite has no results")


def judge_selftests(case, said, record):
    """Whatever passes without Xen has to pass on Xen."""
    if not case["selftests"]:
        return
    results = {name: (how, why) for name, how, why in
               ktap.results(ktap.lines_of(said, "selftests"))}
    recorded[case["name"]] = results
    if case["selftests"] == "record":
        record("selftests.some", any(how == "pass" for how, _ in results.values()),
               "none passed")
        return
    peer = recorded.get(case["selftests"].removeprefix("as "), {})
    record("selftests.compared", bool(peer), "the case to compare with has no results")
    for name, (how, _) in peer.items():
        if how == "pass":
            ours, why = results.get(name, ("lost", "no result"))
            record(f"selftests.{name}", ours == "pass",
                   f"passes without Xen; here: {ours} {why}")


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
    run, word, reason = boot(case)
    seen = run.classifier
    record("log", not seen.complaints, "; ".join(seen.complaints[:3]))
    for pattern in case["log"]:
        record(f"says {pattern}", any(re.search(pattern, line) for line in run.lines),
               "no line of the log matches")
    for pattern in case["once"]:
        matching = sum(bool(re.search(pattern, line)) for line in run.lines)
        record(f"says once {pattern}", matching == 1, f"{matching} lines of the log match")
    judge_parts(case, seen.said, record)
    judge_disk(case, record)
    judge_kunit(case, seen.said, record)
    judge_callbacks(case, seen.said, record)
    judge_selftests(case, seen.said, record)
    assert word == PASS, f"{word}: {reason}; see {os.path.relpath(run.log, guest.ROOT)}"

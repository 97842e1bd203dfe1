# SPDX-License-Identifier: GPL-2.0
"""Boots a case of a table as boot/cases.toml is one, and judges what it said."""

import functools
import os
import re
import threading

import devices
import guest
import ktap
import qemu
import skips
from classify import PASS, Classifier
from progress import Progress
from run import Run

WITH_SELFTESTS = os.path.join(guest.BUILD, "initramfs-selftests.gz")
WITH_STRESS = os.path.join(guest.BUILD, "initramfs-stress.gz")

__all__ = ["PASS", "boot", "judge_log", "judge_parts"]

# Parts that speak KTAP; selftests are judged by comparison.
KTAP_PARTS = ("hotplug", "offline", "cycles", "fpu_hotplug", "channels", "dying", "irq_names",
              "rings", "bomb", "refusals", "guest", "fuzz", "suspend", "memory", "files", "devices",
              "stress")

# The last that Xen says before the machine sleeps
SLEEPS = re.compile(r"\(XEN\) .*Entering ACPI S3 state")

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
            self.nmis -= qemu.tell_monitor(self.directory, "nmi")
        if SLEEPS.search(self.lines[-1]):
            threading.Timer(NAP, qemu.tell_monitor,
                            [self.directory, "system_wakeup"]).start()


def initrd(case, directory):
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
    os.makedirs(directory, exist_ok=True)
    return devices.initrd(base, added, os.path.join(directory, "own.initramfs"))


def xen(case):
    """The one that it runs on, None for none."""
    if case["native"]:
        return None
    return guest.DEBUG_XEN if case["debug_xen"] else guest.XEN


def machines_devices(case, directory):
    """QEMU's words for what the part devices uses."""
    if "devices" not in case["run"]:
        return []
    devices.make_disks(directory)
    return devices.arguments()


def boot(case, directory, kernel=None, head=None):
    """Run the case; (Run, word, reason).

    kernel: in place of the one that the case names
    head: what progress is told of
    """
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
        kernel=kernel or (guest.PEER if case["peer"] else guest.KERNEL),
        xen=xen(case), initrd=initrd(case, directory), cpu=case["cpu"], monitor=attended,
        low_mem=case["low_mem"], cut=case["cut"], devices=machines_devices(case, directory))
    return machine.boot(directory, progress=Progress(head or f"  {case['name']}:"),
                        classifier=Classifier(case["end"], case["expected"]),
                        kind=functools.partial(Operator, nmi, case["nmis"]) if attended else Run)


def judge_log(case, run, record):
    """No complaints, the lines that the case asks for, and the NMIs that it was to get."""
    if case["nmis"]:
        record("nmis", run.nmis == 0, f"{run.nmis} of {case['nmis']} were not given")
    record("log", not run.classifier.complaints, "; ".join(run.classifier.complaints[:3]))
    for pattern in case["log"]:
        record(f"says {pattern}", any(re.search(pattern, line) for line in run.lines),
               "no line of the log matches")
    for pattern in case["once"]:
        matching = sum(bool(re.search(pattern, line)) for line in run.lines)
        record(f"says once {pattern}", matching == 1, f"{matching} lines of the log match")


def judge_parts(case, said, record):
    """Each KTAP result of each part that was to run."""
    for part in KTAP_PARTS:
        if part in case["run"]:
            results = ktap.results(ktap.lines_of(said, part))
            for name, how, why in results:
                if how != "skip":
                    record(f"{part}.{name}", how == "pass", why)
            if part == "guest":
                skips.judge(case, results, record)


def judge_kunit(suites, said, record, others=False):
    """Each suite named has run, and nothing was skipped.

    others: what is not named may be
    """
    if not suites:
        return
    results = ktap.results(ktap.lines_of(said, "kunit"))
    for name, how, why in results:
        if how != "skip" or not others or name.split(".")[0] in suites:
            record(f"kunit.{name}", how == "pass", why or how)
    for suite in suites:
        record(f"kunit.{suite}", any(name.startswith(f"{suite}.") for name, _, _ in results),
               "the suite has no results")

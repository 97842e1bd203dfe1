# SPDX-License-Identifier: GPL-2.0
"""Boots with each failing hypercall of failures.toml; none may hang."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import failures
import guest
import ktap
import releases
from classify import PASS, Classifier
from progress import Progress

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.BUILD, "check/failures")
BOOTS = releases.of_this_width(failures.load(os.path.join(HERE, "failures.toml")))
FATAL = [boot for boot in BOOTS if boot["fatal"]]
SURVIVED = [boot for boot in BOOTS if not boot["fatal"]]

# A fault on the boot CPU shows within seconds.
TIMEOUT = 90

# What a boot that goes on says of the CPU whose call fails, at level error; and what
# Linux says of each CPU of Intel's.
EXPECTED = [r"xen: CPU \d+ \(vCPU \d+\) (?:stays offline|cannot be stopped)\b",
            r"CPU\d+ failed to report alive state", r"RETBleed: WARNING: "]

# Boots that end soon and say little are made side by side.
JOBS = min(4, len(os.sched_getaffinity(0)))


def machine(boot, words, timeout=None):
    """The guest of a row."""
    return guest.Guest(vcpus=boot["vcpus"], cpu=boot["cpu"], timeout=timeout, cmdline=" ".join(
        [f"xen_fail={boot['rule']}", boot["cmdline"], *words]).strip())


def place(name):
    """Its directory: names have characters that paths had better not have."""
    return os.path.join(OUT, re.sub(r"[^\w.-]", "_", name))


def names(boots):
    """For pytest."""
    return [boot["rule"] for boot in boots]


@pytest.fixture(name="ends", scope="module")
def fixture_ends():
    """How each boot that has to be fatal ended; asked for, they are all made."""
    def end(boot):
        return machine(boot, [], TIMEOUT).boot(place(boot["rule"]), None, failures.Ending())

    with ThreadPoolExecutor(JOBS) as pool:
        yield {boot["rule"]: pool.submit(end, boot) for boot in FATAL}


@pytest.mark.parametrize("boot", FATAL, ids=names(FATAL))
def test_fatal(boot, ends):
    """One line on Xen's console, and SHUTDOWN_crash."""
    run, word, reason = ends[boot["rule"]].result()
    wrong = failures.judge_end(boot, run.classifier)
    assert not wrong, f"{wrong}; {word} {reason}"


def says(boot, run):
    """Whether some line says what it has to."""
    pattern = boot["says"].replace("{errno}", boot["errno"])
    return any(re.search(pattern, line) for line in run.lines)


@pytest.mark.parametrize("boot", SURVIVED, ids=names(SURVIVED))
def test_survived(boot, record):
    """The right number of CPUs, and the others once nothing fails."""
    # Which CPUs can come later; where the machine has fewer there is none to.
    offline = boot["online"] < boot["vcpus"] and boot["vcpu"] > 0
    parts = ["report"] + (["recover"] if offline else [])
    run, word, reason = machine(boot, [f"pvboot.cpus={boot['online']}",
                                       f"pvboot.run={','.join(parts)}"]).boot(
        place(boot["rule"]), Progress(f"  {boot['rule']}:"), Classifier(expected=EXPECTED))
    if boot["says"]:
        record("says", says(boot, run), f"no line of the log matches {boot['says']}")
    record("met", any(re.match(r"fail .* hits=[1-9]", text) for text in run.classifier.said),
           "the rule met no call")
    record("log", not run.classifier.complaints, "; ".join(run.classifier.complaints[:3]))
    if offline:
        for name, how, why in ktap.results(ktap.lines_of(run.classifier.said, "recover")):
            record(f"recover.{name}", how == "pass", why)
    assert word == PASS, f"{word}: {reason}"


def test_on_a_running_kernel(record):
    """Each row of initramfs/secondary-failures, in one boot."""
    booted, word, reason = guest.Guest(
        vcpus=2, timeout=300, cmdline="pvboot.cpus=1 pvboot.run=report,failures "
        "xen_fail=vcpu_op.register_vcpu_info:1:EINVAL").boot(
            place("secondary"), Progress("  secondary:"), Classifier(expected=EXPECTED))
    for name, how, why in ktap.results(ktap.lines_of(booted.classifier.said, "failures")):
        record(name, how == "pass", why)
    record("log", not booted.classifier.complaints,
           "; ".join(booted.classifier.complaints[:3]))
    assert word == PASS, f"{word}: {reason}"

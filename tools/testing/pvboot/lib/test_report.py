# SPDX-License-Identifier: GPL-2.0
"""From what init says to the report."""

import report
from classify import PASS, Classifier

SAID = [
    "init uptime=2.70",
    "linux 6.12.117",
    "xen 4.17.7 guest_type=PV",
    "cpus online=0-1 possible=0-1 count=2",
    "vcpu=0 state=up by=callback_op callbacks=event,failsafe,syscall trap_vectors=21 trap_calls=2",
    "vcpu=1 state=up by=callback_op callbacks=event,failsafe,syscall trap_vectors=21 trap_calls=0",
    "total vcpus=2 up=2 set_trap_table=2 callback_op=6 set_callbacks=0",
    "done report 0",
    "verdict PASS",
]


class FakeRun:
    """As much of a Run as the report looks at."""

    def __init__(self, said):
        self.seconds = 6.0
        self.init_seconds = 5.0
        self.classifier = Classifier()
        self.lines = ["Linux version 6.12.117 x", "[    2.500000] Run /init as init process",
                      *("PVBOOT: " + text for text in said)]
        self.stamps = [4.0 + 0.1 * number for number in range(len(self.lines))]
        for line in self.lines:
            self.classifier.feed(line)


def build(said):
    """A report of what was said."""
    return report.build(FakeRun(said), PASS, "", {"vcpus": 2})


def test_facts():
    facts = build(SAID)
    assert facts["vcpus"] == {"up": 2, "asked": 2}
    assert facts["xen"] == "4.17.7"
    assert facts["seconds"] == {"kernel_to_init": 2.5, "power_on_to_init": 5.0}
    assert facts["start_of_day"]["total"]["set_trap_table"] == 2
    assert facts["start_of_day"]["vcpus"][1]["callbacks"] == ["event", "failsafe", "syscall"]


def test_words():
    text = "\n".join(report.words(build(SAID)))
    assert "event failsafe syscall, by callback_op (vCPU 0-1)" in text
    assert "21 (vCPU 0-1)" in text
    assert "2 calls" in text
    assert "2 of 2" in text


def test_vcpus_that_differ_are_not_one():
    said = SAID[:5] + ["vcpu=1 state=up by=callback_op callbacks=event trap_vectors=20"]
    text = "\n".join(report.words(build(said)))
    assert "event, by callback_op (vCPU 1)" in text
    assert "21 (vCPU 0), 20 (vCPU 1)" in text


def test_a_kernel_that_does_not_report():
    text = "\n".join(report.words(build(["start_of_day not reported"])))
    assert text.count("not reported") == 3
    assert "? of 2" in text


def test_what_is_no_record_is_no_fact():
    facts = report.parse(["vcpu=0 state=up garbage", "total", "cpus"])
    assert facts["vcpus"] == []

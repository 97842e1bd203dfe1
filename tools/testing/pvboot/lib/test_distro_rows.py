# SPDX-License-Identifier: GPL-2.0
"""How a row of distro/configs.toml is judged: it can fail at every step."""

import os
import sys
from types import SimpleNamespace

import pytest

import configs
import kbuild
from classify import CRASH, PASS, Classifier

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../distro"))

# pylint: disable=wrong-import-position
import test_distro as rows      # noqa: E402

ROW = configs.DEFAULTS | {"name": "a"}
GUEST = ["guest| KTAP version 1", "guest| 1..1", "guest| ok 1 guest_test_64"]
REFUSAL = "(XEN) [    2.1] Kernel does not support Dom0 operation"


class Recorder(dict):
    """record(): name: whether it passed."""

    def __call__(self, name, passed, why=""):
        self[name] = bool(passed)


def booted(word, reason="", said=(), lines=()):
    """A boot that ended so."""
    seen = Classifier()
    for line in list(lines) + ["PVBOOT: " + text for text in said]:
        seen.feed(line)
    return lambda *_: (seen, word, reason, list(lines))


@pytest.mark.parametrize("boot, bad", [
    (booted(PASS, said=GUEST), set()),
    (booted(CRASH, "it died", said=GUEST), {"dom0.boots"}),
    (booted(PASS, said=GUEST, lines=["WARNING: CPU: 0"]), {"dom0.log"}),
    (booted(PASS, said=GUEST[:2] + ["guest| not ok 1 guest_test_64"]), {"dom0.guest_test_64"}),
    (booted(PASS), {"dom0.ktap"}),
])
def test_a_boot(boot, bad, tmp_path):
    record = Recorder()
    rows.judge_boot("dom0", boot, ROW, "image", str(tmp_path), record)
    assert {name for name, passed in record.items() if not passed} == bad
    assert "dom0.boots" in record


FATAL = "(XEN) [    2.1] xen: FATAL: no early shadow memory for KASAN"


@pytest.mark.parametrize("how, says, line", [
    ("refused", "", REFUSAL), ("ends", "FATAL.*shadow memory", FATAL),
])
@pytest.mark.parametrize("word, lines, good", [
    (CRASH, "{line}", True), (CRASH, "(XEN) something else", False), (CRASH, "", False),
    (PASS, "{line}", False), (PASS, "", False),
])
def test_an_end(how, says, line, word, lines, good, tmp_path, monkeypatch):
    record = Recorder()
    boot = booted(word, lines=lines.format(line=line).splitlines())
    monkeypatch.setattr(rows, "boot_dom0", boot)
    rows.judge_boots(ROW | {"boots": [how], "says": says},
                     "image", str(tmp_path), record)
    assert record == {how: good}


@pytest.mark.parametrize("after, good", [
    ("CONFIG_XEN=y\n", True), ("# CONFIG_XEN is not set\n", False),
    ("CONFIG_XEN=y\n# CONFIG_XEN_PV_FAIL is not set\n", True),
    ("CONFIG_XEN=y\nCONFIG_XEN_PV_FAIL=y\n", False),
])
def test_options_of_a_distribution(after, good, tmp_path, monkeypatch):
    monkeypatch.setattr(kbuild, "own_symbols", lambda: {"XEN_PV_FAIL"})
    build = kbuild.Build(ROW, str(tmp_path / "log"))
    build.before, build.after = "CONFIG_XEN=y\n", after
    record = Recorder()
    rows.judge_xen_options(ROW | {"start": "amd64"}, build, record)
    assert record["xen-options"] == good


def resumed(word, step="ok"):
    """A dom0 whose two domUs went through all their steps, where the step is ok."""
    def boot(cases, _directory, kernels, timeout):
        assert kernels[0] == "image" and timeout
        seen = rows.domu.host.DomuClassifier({case["name"]: [] for case in cases})
        for case in cases:
            steps = rows.domu_cases.steps(case, False)
            said = ["KTAP version 1", f"1..{len(steps)}"]
            said += [f"{step} {n} {name}" for n, name in enumerate(steps, 1)]
            for line in said:
                seen.feed(f"PVBOOT: case {case['name']}| {line}")
        return SimpleNamespace(classifier=seen), word, ""
    return boot


@pytest.mark.parametrize("word, step, bad", [
    (PASS, "ok", False), (PASS, "not ok", True), (CRASH, "ok", True)])
def test_a_resume(word, step, bad, tmp_path, monkeypatch):
    monkeypatch.setattr(rows.boot_cases, "boot", resumed(word, step))
    record = Recorder()
    rows.judge_resume(ROW, "image", str(tmp_path), record)
    assert {"resume.boots", "resume.save-1.results", "resume.save-4.results"} <= set(record)
    assert (not all(record.values())) == bad

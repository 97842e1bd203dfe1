# SPDX-License-Identifier: GPL-2.0
"""scripts/fixes check: what counts as proof, and the long test that has it.

In the place of kernels and boots stand tables of what they would come to.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from conftest import PROJECT
from box import WHO
from fixeslib import boots, cover
from overlaylib.common import Refusal
from serieslib.build import Fault

FIX = SimpleNamespace(path=Path("0001-one.patch"), subject="x86/xen: mend one", case="first",
                      tests=["log", "guest.some"], fails=re.compile("WARNING: .*"), quiet=False)


def seen(lines=(), **results):
    """results: a test's name with __ for a dot, and why it failed or None"""
    return boots.Seen({name.replace("__", "."): why for name, why in results.items()},
                      list(lines), "Xen 4.17")


BAD = seen(["WARNING: one"], log="WARNING: one", guest__some="no", outcome="ERROR: verdict")
GOOD = seen(["all is well"], log=None, guest__some=None, outcome=None)


def test_a_lab_boots_its_own_kernel(tmp_path, monkeypatch):
    booted = []

    def boot(machine, directory, progress=None, classifier=None, kind=None):
        booted.append((machine.kernel, os.path.basename(directory)))
        return SimpleNamespace(lines=["one"], classifier=SimpleNamespace(
            said=[], xen="4.17", crashes=[], complaints=[])), "PASS", ""

    monkeypatch.setattr(boots.case_boot.guest.Guest, "boot", boot)
    for judge in ("judge_log", "judge_parts"):
        monkeypatch.setattr(boots.case_boot, judge, lambda *told: None)
    lab = boots.Lab.__new__(boots.Lab)
    lab.site = SimpleNamespace(out=tmp_path / "kernel")
    lab.cases = {case["name"]: case for case in boots.cases.load(PROJECT / boots.CASES)}
    name = next(iter(lab.cases))

    seen_there = lab.boot(name, tmp_path / "images/0001")
    assert booted == [(str(tmp_path / "images/0001"), name)]
    assert seen_there.results == {"outcome": None} and seen_there.lines == ["one"]


def test_fails_without():
    assert boots.fails(FIX, BAD) == "WARNING: one"


@pytest.mark.parametrize("how, said", [
    (GOOD, "log passes without the patch"),
    (seen(["WARNING: one"], log="WARNING: one", guest__some=None), "guest.some passes"),
    (seen(["WARNING: one"], log="WARNING: one"), "there is no result guest.some"),
    (seen(["PANIC"], log="PANIC", guest__some="no"), "nothing says WARNING"),
])
def test_no_proof_of_the_fault(how, said):
    with pytest.raises(Fault, match=said):
        boots.fails(FIX, how)


def test_passes_with():
    assert boots.passes(FIX, GOOD, "alone") == "2 passed"


@pytest.mark.parametrize("how, said", [
    (BAD, "alone log fails: WARNING: one"),
    (seen(log=None, guest__some=None, outcome="HANG: in Linux"), "alone outcome fails: HANG"),
    (seen(log=None, outcome=None), "alone there is no result guest.some"),
    (seen(["WARNING: two"], log=None, guest__some=None, outcome=None), "it still says: WARNING"),
])
def test_no_proof_of_the_cure(how, said):
    with pytest.raises(Fault, match=said):
        boots.passes(FIX, how, "alone")


# ---- all of them ----

class Line:
    """In the place of Progress: keeps the lines that stay."""
    said = []

    def __init__(self, head):
        self.head = head

    def tick(self, detail):
        pass

    def done(self, summary):
        self.said.append(f"{self.head} {summary}")


class FakeLab:
    """What each kernel's boots come to is said beforehand."""

    def __init__(self, table, outcomes):
        self.table, self.outcomes = table, outcomes
        self.site = SimpleNamespace(start=lambda: None)
        self.booted = []

    def build(self, name, fixes, line):
        return SimpleNamespace(name=name)

    def boot(self, case, kernel):
        self.booted.append((kernel.name, case))
        return self.outcomes[kernel.name]


@pytest.fixture(name="table")
def fixture_table(tmp_path, monkeypatch):
    monkeypatch.setattr(boots, "BUILD", str(tmp_path))
    monkeypatch.setattr(cover, "build_of", lambda base: str(tmp_path))
    Line.said = []
    other = SimpleNamespace(**vars(FIX) | {"path": Path("0002-two.patch"),
                                           "subject": "x86/xen: mend two"})
    return SimpleNamespace(fixes=[FIX, other], base="6.12", digest=lambda: "abc",
                           cover={"subject": "x86/xen: fixes", "body": "Why."})


def test_each_patch_is_proved(table):
    lab = FakeLab(table, {"upstream": BAD, "0001": GOOD, "0002": GOOD, "together": GOOD})
    result = boots.prove_all(lab, "6.12.1", Line)
    assert result["failed"] == [] and len(result["rows"]) == 2
    # a case that shows two patches is booted once without and once with both
    assert lab.booted == [("upstream", "first"), ("together", "first"), ("0001", "first"),
                          ("0002", "first")]
    assert ("x86/xen: mend one: ok: without it 2 failed: WARNING: one; alone 2 passed,"
            " together 2 passed") in Line.said[-2]
    text = " ".join(cover.build(table, "6.12.1").split())
    assert "Seen with Linux 6.12.1, Xen 4.17, in QEMU: 1. x86/xen: mend one" in text
    assert "without: 2 failed: WARNING: one alone: 2 passed together: 2 passed" in text


@pytest.mark.parametrize("outcomes, failed, said", [
    ({"0001": BAD}, ["0001-one.patch"], "with the patch log fails"),
    ({"together": BAD}, ["0001-one.patch", "0002-two.patch"], "with all patches log fails"),
    ({"upstream": GOOD}, ["0001-one.patch", "0002-two.patch"], "log passes without the patch"),
])
def test_a_patch_that_is_not_proved(table, outcomes, failed, said):
    usual = {"upstream": BAD, "0001": GOOD, "0002": GOOD, "together": GOOD}
    result = boots.prove_all(FakeLab(table, usual | outcomes), "6.12.1", Line)
    assert result["failed"] == failed
    assert len(result["rows"]) == 2 - len(failed)
    assert said in "\n".join(Line.said)


def test_some_patches_only(table):
    """The others are built together with them; nothing is kept for the cover letter."""
    lab = FakeLab(table, {"upstream": BAD, "0002": GOOD, "together": GOOD})
    result = boots.prove_all(lab, "6.12.1", Line, table.fixes[1:])
    assert [row["patch"] for row in result["rows"]] == ["0002-two.patch"]
    assert [name for name, _ in lab.booted] == ["upstream", "together", "0002"]
    assert not cover.result_file(table).exists()


def test_a_quiet_patch_is_proved(table):
    table.fixes[1].quiet = True
    lab = FakeLab(table, {"upstream": BAD, "0001": GOOD, "0002": GOOD, "together": GOOD})
    rows = boots.prove_all(lab, "6.12.1", Line)["rows"]
    assert [row["without"] for row in rows] == ["2 failed: WARNING: one", "2 failed"]


def test_cover_of_other_patches(table):
    lab = FakeLab(table, {"upstream": BAD, "0001": GOOD, "0002": GOOD, "together": GOOD})
    boots.prove_all(lab, "6.12.1", Line)
    table.digest = lambda: "other"
    assert "Not seen: the patches changed" in cover.build(table, "6.12.1")
    cover.result_file(table).write_text("{}")
    with pytest.raises(Refusal, match="cannot be read"):
        cover.build(table, "6.12.1")
    cover.result_file(table).write_text(json.dumps([]))
    with pytest.raises(Refusal, match="cannot be read"):
        cover.build(table, "6.12.1")


def test_case_that_is_not_there(box):
    path = box.root / boots.CASES
    path.write_text(path.read_text().replace("first", "last"))
    done = box.series("check")
    assert done.returncode == 1 and "has no case first" in done.stderr


# ---- this project ----

def test_real_boots(tmp_path):
    """All of it, as make fixes-check does: a quarter of an hour and more."""
    (tmp_path / "gitconfig").write_text(f"[user]\nname = {WHO[0]}\nemail = {WHO[1]}\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    with subprocess.Popen([PROJECT / "scripts/fixes", "check"], env=environment, text=True,
                          stdout=subprocess.PIPE) as child:
        lines = []
        for line in child.stdout:
            lines.append(line)
            print(line, end="", file=sys.stderr, flush=True)
    assert child.returncode == 0 and lines[-1].endswith(" passed, 0 failed\n")

# SPDX-License-Identifier: GPL-2.0
"""boot/guest/run-selftests, with shell scripts in the place of the programs."""

import os
import shutil
import subprocess

import pytest

import ktap

GUEST = os.path.join(os.path.dirname(__file__), "..", "boot", "guest")
FLAG = "[FAIL]\tReg 17 mismatch: requested 0x246; got 0x10246"
OTHER_FLAG = "[FAIL]\tReg 17 mismatch: requested 0x246; got 0x1246"
SKIPPED = "syscall_numbering_64"


def run(directory, name, body):
    """Runs one program; (how, why) of its result, and how often it was run."""
    shutil.copy(os.path.join(GUEST, "run-selftests"), directory)
    programs = directory / "selftests"
    programs.mkdir()
    for kind in ("skip", "retry"):
        shutil.copy(os.path.join(GUEST, f"selftests.{kind}"), programs / f"{kind}.list")
    program = programs / name
    program.write_text(f"#!/bin/sh\necho x >> {directory}/runs\n{body}\n")
    program.chmod(0o755)
    got = subprocess.run([str(directory / "run-selftests")], capture_output=True, text=True,
                         check=False)
    (called, how, why), = ktap.results(got.stdout.splitlines())
    assert called == name
    assert (got.returncode == 0) == (how != "fail"), got.stdout + got.stderr
    runs = directory / "runs"
    return how, why, len(runs.read_text().split()) if runs.exists() else 0


def once_only(directory, line):
    """A program that complains in its first run."""
    return f"[ $(wc -l < {directory}/runs) -gt 1 ] || {{ echo '{line}'; exit 1; }}"


@pytest.mark.parametrize("name, body, how, runs", [
    ("a_64", "exit 0", "pass", 1),
    ("a_64", "exit 4", "skip", 1),
    ("a_64", "exit 1", "fail", 1),
    ("a_64", "kill -9 $$", "fail", 1),
    (SKIPPED, "exit 0", "skip", 0),
    ("sigreturn_64", f"echo '{FLAG}'; exit 1", "fail", 3),
    ("sigreturn_64", f"echo '{FLAG}'; echo '[FAIL] x'; exit 1", "fail", 1),
    ("sigreturn_64", f"echo '{OTHER_FLAG}'; exit 1", "fail", 1),
    ("sigreturn_64", "exit 1", "fail", 1),
    ("sigreturn_64", f"echo '{FLAG}'; kill -9 $$", "fail", 1),
    ("a_64", f"echo '{FLAG}'; exit 1", "fail", 1),
])
def test_result(tmp_path, name, body, how, runs):
    got, _, times = run(tmp_path, name, body)
    assert (got, times) == (how, runs)


def test_what_the_emulator_does_is_tried_again(tmp_path):
    got, _, times = run(tmp_path, "sigreturn_64", once_only(tmp_path, FLAG))
    assert (got, times) == ("pass", 2)


def test_anything_else_is_not_tried_again(tmp_path):
    got, _, times = run(tmp_path, "sigreturn_64", once_only(tmp_path, "[FAIL]\tsomething"))
    assert (got, times) == ("fail", 1)


def test_those_of_mm_are_others(tmp_path, monkeypatch):
    monkeypatch.setenv("SELFTESTS", "mm")
    (tmp_path / "selftests-mm").mkdir()
    for name in ("skip.list", "retry.list", "cow_64"):
        (tmp_path / "selftests-mm" / name).write_text("")
    (tmp_path / "selftests-mm/cow_64").write_text("#!/bin/sh\nexit 4\n")
    (tmp_path / "selftests-mm/cow_64").chmod(0o755)
    shutil.copy(os.path.join(GUEST, "run-selftests"), tmp_path)
    got = subprocess.run([tmp_path / "run-selftests"], capture_output=True, text=True, check=False)
    assert got.returncode == 0 and "ok 1 cow_64 # SKIP by its own verdict" in got.stdout


def test_there_are_no_others(tmp_path, monkeypatch):
    monkeypatch.setenv("SELFTESTS", "net")
    shutil.copy(os.path.join(GUEST, "run-selftests"), tmp_path)
    got = subprocess.run([tmp_path / "run-selftests"], capture_output=True, text=True, check=False)
    assert got.returncode == 2 and got.stdout == ""
    assert got.stderr == "run-selftests: SELFTESTS='net' is neither x86 nor mm\n"

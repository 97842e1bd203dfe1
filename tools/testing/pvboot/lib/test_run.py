# SPDX-License-Identifier: GPL-2.0
"""The loop around the machine, with a shell in the place of QEMU."""

import os
import time

import pytest

from classify import CRASH, ERROR, HANG, PASS
from run import Run

XEN = "echo '(XEN) Xen version 4.17.7'; echo 'Linux version 6.12.117'; "
INIT = XEN + "echo 'PVBOOT: init uptime=1'; "


def boot(directory, script, timeout=20):
    """Run the script as the machine; (Run, word, seconds)."""
    run = Run(str(directory), ["/bin/sh", "-c", script], timeout)
    start = time.monotonic()
    word, _ = run.execute()
    return run, word, time.monotonic() - start


@pytest.mark.parametrize("script, word", [
    (INIT + "echo 'PVBOOT: verdict PASS'; sleep 60", PASS),
    (INIT + "echo 'PVBOOT: verdict FAIL x'; sleep 60", ERROR),
    (INIT + "exit 0", ERROR),
    (XEN + "exit 0", CRASH),
    (XEN + "echo 'Kernel panic - not syncing: x'; sleep 60", CRASH),
    ("echo 'qemu: could not load kernel'; exit 1", ERROR),
])
def test_outcome_comes_at_once(tmp_path, script, word):
    _, got, seconds = boot(tmp_path, script)
    assert got == word
    assert seconds < 10


def test_an_oops_that_linux_outlives_is_a_crash(tmp_path):
    run, word, _ = boot(tmp_path, XEN + "echo 'Oops: 0002 [#1] SMP'; sleep 4; "
                        "echo 'PVBOOT: init uptime=1'; echo 'PVBOOT: verdict PASS'; sleep 60")
    assert word == CRASH
    assert run.classifier.verdict == "PASS"


def test_an_oops_that_linux_does_not_outlive_is_a_crash(tmp_path, monkeypatch):
    monkeypatch.setattr("run.AFTER_OOPS", 2.0)
    _, word, seconds = boot(tmp_path, XEN + "echo 'Oops: 0002 [#1] SMP'; sleep 60")
    assert word == CRASH
    assert seconds < 10


def test_silence_ends_at_the_timeout(tmp_path):
    _, word, seconds = boot(tmp_path, XEN + "sleep 60", timeout=2)
    assert word == HANG
    assert 1.5 < seconds < 8


def test_the_machine_does_not_stay(tmp_path):
    run, _, _ = boot(tmp_path, INIT + "echo PVBOOT: pid=$$; echo 'PVBOOT: verdict PASS'; "
                     "exec sleep 60")
    pid = next(text for text in run.classifier.said if text.startswith("pid="))[4:]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_the_whole_log_is_kept(tmp_path):
    boot(tmp_path, XEN + "echo 'Kernel panic - not syncing: x'; echo registers; sleep 60")
    log = (tmp_path / "serial.log").read_text()
    assert "Xen version" in log
    assert "registers" in log


def test_a_program_that_is_not_there(tmp_path):
    run = Run(str(tmp_path), ["/no/such/qemu"], 5)
    assert run.execute()[0] == ERROR

# SPDX-License-Identifier: GPL-2.0
"""Functions of the guest's init, by the shell that it has there."""

import os
import re
import shutil
import subprocess

import pytest

INIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../boot/initramfs/init")


def function(name):
    """Its text."""
    with open(INIT, encoding="utf-8") as file:
        return re.search(rf"^{name}\(\)\n{{.*?^}}$", file.read(), re.M | re.S)[0]


@pytest.mark.skipif(not shutil.which("busybox"), reason="no busybox")
def test_errors_are_said_once(tmp_path):
    log = ["<4>[ 1.0] a warning", "<3>[ 1.1] an error", "<11>[ 1.2] a program's"]
    script = "\n".join([
        "dmesg() { cat log; }", "say() { echo \"$@\"; }", "grep() { busybox grep \"$@\"; }",
        function("say_errors").replace("/tmp/", "./"),
        "say_errors", "echo '<0>[ 2.0] another' >> log", "say_errors", "say_errors"])
    (tmp_path / "log").write_text("\n".join(log) + "\n")
    said = subprocess.run(["busybox", "sh", "-c", script], cwd=tmp_path, text=True,
                          capture_output=True, check=True).stdout
    assert said.splitlines() == ["kernel-error [ 1.1] an error", "kernel-error [ 2.0] another"]

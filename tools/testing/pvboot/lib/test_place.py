# SPDX-License-Identifier: GPL-2.0
"""Where a clone lies, and whose it and its build/ are."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture(name="clone")
def fixture_clone():
    """A clone that anybody can reach, with nothing but its preparation."""
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        clone = Path(top, "clone")
        shutil.copytree(f"{HERE}/../prepare", clone / "tools/testing/pvboot/prepare")
        yield clone


def owners(top):
    """Whose a directory and all in it are."""
    return {path.stat().st_uid for path in [top, *top.rglob("*")]}


def run(clone, *command, **who):
    """A script of its preparation; variables of make's are in capital letters."""
    variables = {name: who.pop(name) for name in list(who) if name.isupper()}
    return subprocess.run([clone / "tools/testing/pvboot/prepare" / command[0], *command[1:]],
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | variables, text=True,
                          check=False, capture_output=True, stdin=subprocess.DEVNULL, **who)


@root_only
@pytest.mark.parametrize("command", [["steps", "1", "deps"], ["forecast"]])
def test_what_root_has_built_is_told_in_one_line(clone, command):
    (clone / "build/log").mkdir(parents=True)
    done = run(clone, *command, user=NOBODY, group=NOBODY, extra_groups=[])
    assert done.returncode == 2
    assert done.stderr == (f"BUILD: {clone}/build cannot be written to; as root: "
                           f"chown -R nobody {clone}/build\n")


@root_only
def test_a_doctor_tells_it_and_makes_nothing(clone):
    assert "cannot be written to" not in run(clone, "doctor").stdout
    assert not (clone / "build").exists()
    (clone / "build").mkdir()
    done = run(clone, "doctor", user=NOBODY, group=NOBODY, extra_groups=[])
    assert done.returncode == 1
    assert f"! place     {clone}/build cannot be written to\n" in done.stdout
    assert done.stderr == ""


@root_only
def test_what_root_makes_for_another_user_is_that_users(clone):
    os.chown(clone, NOBODY, NOBODY)
    stub = clone / "tools/testing/pvboot/prepare/step"
    stub.write_text("#!/bin/sh\n. \"$(dirname \"$0\")/common.sh\"\nsummary made\n")
    stub.chmod(0o755)
    assert run(clone, "steps", "1", "step").returncode == 0
    assert owners(clone / "build") == {NOBODY}
    system = clone / "build/release/trixie/su"
    system.parent.mkdir(parents=True)
    system.touch()
    boot = clone / "tools/testing/pvboot/boot/boot.py"
    boot.parent.mkdir()
    boot.write_text(f"#!/bin/sh\nmkdir -p {clone}/build/boot\nexit 3\n")
    boot.chmod(0o755)
    images = {name: "/bin/true" for name in ("KERNEL", "INITRD", "XEN")}
    for name in ("deps", "base", "overlay"):
        shutil.copy(stub, stub.with_name(name))
    assert run(clone, "target", "boot", VCPUS="1", MEM="", CMDLINE="", XENCMDLINE="", TIMEOUT="",
               **images).returncode == 3
    assert owners(clone / "build/boot") == {NOBODY}
    assert system.stat().st_uid == 0


def test_a_place_with_a_blank_is_told_before_anything_is_made(clone):
    odd = clone.parent / "a clone"
    clone.rename(odd)
    done = run(odd, "steps", "4", "deps", "base", "overlay", "kernel")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"BUILD: {odd}: the kernel's make takes no blank and no colon\n"
    odd.rename(clone)

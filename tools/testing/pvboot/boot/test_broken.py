# SPDX-License-Identifier: GPL-2.0
"""Builds and boots each kernel of broken/, which has to be seen as broken."""

import os
import re
import shutil
import subprocess
import time

import pytest

import guest
import ktap
import releases
from classify import CRASH, ERROR, HANG
from progress import Progress

HERE = os.path.dirname(os.path.abspath(__file__))
BROKEN = os.path.join(HERE, "broken")
LONG = bool(os.environ.get("PVBOOT_LONG"))
BUILD = guest.BUILD
WORK = os.path.join(BUILD, "broken")

# A fault that stops the machine shows within seconds.
TIMEOUT = 90

# Where patches may write; everything else is shared with build/linux.
PATCHED = ("arch/x86/xen", "include/xen")


def fields(path):
    """The fields at the head of a patch."""
    found = {"Bits": "64", "Cases": "", "Run": "", "Seen-as": "", "Seen-in": "",
             "Cmdline": "", "Xenline": "", "Log": "", "Long": "no"}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("--- "):
                break
            name, colon, value = line.partition(":")
            if colon and name in found:
                found[name] = value.strip()
    return found


def is_for(wanted):
    """Whether a kernel with these fields is for this width, and for this run."""
    return releases.BITS in wanted["Bits"].split() and (wanted["Long"] == "yes") == LONG


PATCHES = sorted(name for name in os.listdir(BROKEN) if name.endswith(".patch") and
                 is_for(fields(os.path.join(BROKEN, name))))


def run(log, *command):
    """Run a command with its output in the log; the exit status."""
    progress = Progress("  building:")
    with open(log, "a", encoding="utf-8") as out:
        with subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL) as child:
            while child.poll() is None:
                time.sleep(0.2)
                progress.tick("")
            return child.returncode


def may_mount():
    """Whether this process may give its children another view of a directory."""
    return subprocess.run(["unshare", "-m", "mount", "--bind", WORK, WORK], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


@pytest.fixture(name="tree", scope="module")
def fixture_tree():
    """A copy of build/linux, by hard links but for what patches write in."""
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    tree = os.path.join(WORK, "linux")
    subprocess.run(["cp", "-al", os.path.join(BUILD, "linux"), tree], check=True)
    if may_mount():
        subprocess.run(["cp", "-a", os.path.join(BUILD, "kernel"), WORK], check=True)
    return tree


def restore(tree):
    """Take the last patch back: only files that differ are written."""
    for directory in PATCHED:
        subprocess.run(["rsync", "-rlpc", "--delete",
                        os.path.join(BUILD, "linux", directory) + "/",
                        os.path.join(tree, directory) + "/"], check=True)


def kernel_command(out, tree):
    """What builds the tree.

    Paths are part of every object's command.  So the copies are mounted in the
    place of build/linux and build/kernel, where only what the patch changes is
    built again.  Whoever may not mount builds all of it; names are such that
    the compiler's cache serves most.
    """
    script = os.path.abspath(os.path.join(HERE, "../prepare/kernel"))
    if not may_mount():
        return script, out, tree
    return ("unshare", "-m", "sh", "-euc",
            'mount --bind "$1/linux" "$2/linux"; mount --bind "$1/kernel" "$2/kernel"; '
            'exec "$3"', "kernel", WORK, BUILD, script)


def build(tree, name):
    """The broken kernel's image."""
    log = os.path.join(WORK, name, "build.log")
    out = os.path.join(WORK, "kernel")
    restore(tree)
    # patch and rsync both replace a file, and so leave the shared one alone.
    status = run(log, "patch", "-p1", "-d", tree, "-i", os.path.join(BROKEN, f"{name}.patch"),
                 "--no-backup-if-mismatch", "-F", "0")
    assert status == 0, f"the patch does not apply; see {os.path.relpath(log, guest.ROOT)}"
    status = run(log, *kernel_command(out, tree))
    assert status == 0, f"it does not build; see {os.path.relpath(log, guest.ROOT)}"
    return os.path.join(out, "arch/x86/boot/bzImage")


def failed_cases(said):
    """Names of the guest's cases that failed."""
    lines = ktap.lines_of(said, "guest")
    return [name for name, how, _ in ktap.results(lines) if how == "fail"] if lines else []


@pytest.mark.parametrize("name", [name.removesuffix(".patch") for name in PATCHES])
def test_broken(name, tree):
    """The outcome is no pass, and it is the one that this fault leads to."""
    wanted = fields(os.path.join(BROKEN, f"{name}.patch"))
    directory = os.path.join(WORK, name)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    words = ["pvboot.run=" + (wanted["Run"] or "report" + (",guest" if wanted["Cases"] else ""))]
    if wanted["Cases"]:
        words.append("pvboot.cases=" + wanted["Cases"].replace(" ", ","))
    machine = guest.Guest(kernel=build(tree, name), timeout=TIMEOUT, xencmdline=wanted["Xenline"],
                          cmdline=" ".join([wanted["Cmdline"]] + words).strip())
    booted, word, reason = machine.boot(directory, Progress(f"  {name}:"))
    assert word in (CRASH, HANG, ERROR), "the harness took a broken kernel for a good one"
    assert word in wanted["Seen-as"].split(), f"{word}: {reason}"
    signs = [reason] + failed_cases(booted.classifier.said)
    assert any(re.search(wanted["Seen-in"], sign) for sign in signs), "; ".join(signs)
    with open(os.path.join(directory, "serial.log"), encoding="utf-8", errors="replace") as log:
        assert re.search(wanted["Log"], log.read()), f"no line of the log is {wanted['Log']}"


def test_there_are_some():
    """An empty directory proves nothing."""
    assert len(PATCHES) >= 3


def test_each_says_which_error():
    """An error may be one that has nothing to do with what is broken."""
    for name in os.listdir(BROKEN):
        if name.endswith(".patch"):
            wanted = fields(os.path.join(BROKEN, name))
            assert "ERROR" not in wanted["Seen-as"].split() or \
                wanted["Seen-in"] or wanted["Log"], name

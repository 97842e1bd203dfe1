# SPDX-License-Identifier: GPL-2.0
"""Our files compile, without a warning, over each base but the one that is booted.

A guard, so that a change for one base does not break another unseen: nothing is
linked and nothing is booted here.  make check BASE= does that.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

import releases

HERE = os.path.dirname(os.path.abspath(__file__))
PREPARE = os.path.join(HERE, "../prepare")
LINT = os.path.join(HERE, "../../../../scripts/lint")
OTHERS = [base for base in releases.bases() if base != releases.BASE]

# What is ours, what includes a file of ours, and what Xen's entries jump to.
TARGETS = ["arch/x86/xen/", "arch/x86/kernel/head_64.o", "arch/x86/entry/"]
# objtool and modpost speak of the whole kernel, and so are not heard here.
OURS = re.compile(r"arch/x86/xen/\S+: (?:warning|error): |include/xen/\S+: (?:warning|error): ")


def said(words, **variables):
    """A command's status, and what it said."""
    done = subprocess.run(words, text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | variables)
    return done.returncode, done.stdout


def step(name, base, *words):
    """One step of prepare/, for that base; (status, what it said)."""
    return said([os.path.join(PREPARE, name), *words], BASE=base)


@pytest.fixture(name="tree", scope="module", params=OTHERS)
def fixture_tree(request):
    """The base with pvboot laid over it."""
    for name in ("base", "overlay"):
        status, output = step(name, request.param)
        assert status == 0, output.strip().splitlines()[-1:]
    return request.param


def forget(place):
    """What was compiled before says nothing any more, so it is compiled again."""
    for target in TARGETS:
        path = Path(place, target)
        for old in path.rglob("*.o") if target.endswith("/") else [path]:
            old.unlink(missing_ok=True)


def test_it_compiles(tree, record):
    """With W=1 and sparse, in a directory of its own."""
    place = os.path.join(releases.build_of(tree), "guard")
    forget(place)
    status, output = step("kernel", tree, place, os.path.join(releases.build_of(tree), "linux"),
                          "W=1", "C=1", "-k", *TARGETS)
    found = [line for line in output.splitlines() if OURS.search(line)]
    record(f"{tree}.warnings", not found, "; ".join(found[:5]))
    assert status == 0, "; ".join(output.strip().splitlines()[-2:])
    for name in ("start.o", "smp.o", "tests/callbacks_kunit.o"):
        assert os.path.exists(os.path.join(place, "arch/x86/xen", name))


def test_checkpatch_of_it(tree):
    """Each base's own checkpatch has rules that another's has not."""
    status, output = said([LINT, "checkpatch"], BASE=tree, LINT_ONLY="kernel",
                          PVBOOT_TREE=os.path.join(releases.build_of(tree), "linux"))
    assert status == 0, "; ".join(output.strip().splitlines()[-5:])


def test_there_are_others():
    """With none nothing would be guarded."""
    assert OTHERS

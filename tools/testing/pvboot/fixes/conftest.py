# SPDX-License-Identifier: GPL-2.0
"""A small project with two patches, and a small tree that they are for."""

import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(PROJECT / "tools/testing/pvboot/series"))

from box import Box, copy, write  # noqa: E402

LIB = "tools/testing/pvboot/lib"
RELEASES = "tools/testing/pvboot/prepare/releases"

PATCH = """\
From: somebody
Subject: [PATCH] x86/xen: {what}

It is wrong, as case {case} shows with its result {test}:

  a line that says {what}
---
--- a/arch/x86/xen/time.c
+++ b/arch/x86/xen/time.c
@@ -{line},3 +{line},3 @@
 line {line}
-line {changed}
+{new}
 line {after}
"""


def patch(what, line, test="some", new="mended"):
    """One that changes a line of the small tree, and names its test."""
    return PATCH.format(what=what, case="first", test=test, line=line, changed=line + 1,
                        after=line + 2, new=new)


FIXES = {"fixes/0001-one.patch": patch("mend one", 3),
         "fixes/6.12/0002-two.patch": patch("mend two", 12),
         "fixes/7.3/0002-two.patch": patch("mend two of the other", 12)}
TABLE = """\
[cover]
subject = "x86/xen: fixes"
body = "What they are."

[[fix]]
patch = "0001-one.patch"
case = "first"
tests = ["guest.some"]
fails = 'says mend o.e'
shown = "it is wrong"

[[fix]]
patch = "0002-two.patch"
case = "first"
tests = ["guest.some"]
fails = 'says mend two'
shown = "it is wrong, too"
"""
CASES = '[[case]]\nname = "first"\nrun = ["guest"]\n'


class FixBox(Box):
    """The box of the series' tests, with fixes."""

    def __init__(self, path):
        super().__init__(path)
        self.out = self.root / "build/fixes/6.12"
        for name in ("scripts/fixes", "scripts/fixeslib", LIB, RELEASES):
            copy(PROJECT / name, self.root / name)
        write(self.root, FIXES | {"fixes/fixes.toml": TABLE,
                                  "tools/testing/pvboot/fixes/cases.toml": CASES})

    def series(self, *args):
        """Box has make() and refused() by this one."""
        done = self.run(self.root / "scripts/fixes", *args)
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(name="box")
def fixture_box(tmp_path):
    """A project, a base tree and a user's configuration of git."""
    return FixBox(tmp_path)

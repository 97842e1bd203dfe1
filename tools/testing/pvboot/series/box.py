# SPDX-License-Identifier: GPL-2.0
"""A small project, a small tree to cut its series against, and a user."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(PROJECT / "scripts"))

from overlaylib.project import Project  # noqa: E402
from serieslib.description import Description  # noqa: E402
from serieslib.make import pristine  # noqa: E402

TOOL = ("scripts/overlay", "scripts/overlaylib", "scripts/overlay.base-hashes",
        "scripts/series", "scripts/serieslib", "scripts/checkpatch-config",
        "scripts/lintlib", "tools/testing/pvboot/lib/progress.py",
        "tools/testing/pvboot/lib/releases.py", "tools/testing/pvboot/prepare/bases")
WHO = ("Ada Løvelace", "ada@example.org")
LINES = "".join(f"line {number}\n" for number in range(1, 21))
TREE = {
    "Makefile": "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n",
    "Kbuild": "", "Kconfig": "", "arch/x86/Kbuild": "",
    "arch/x86/xen/Makefile": "obj-y += old.o time.o\n",
    "arch/x86/xen/old.c": "/* to go */\n",
    "arch/x86/xen/time.c": LINES,
    "arch/x86/xen/script": "#!/bin/sh\n",
    # What it says of a patch is what stands behind BAD in it.
    "scripts/checkpatch.pl": """\
while (<>) { if (/BAD (.*)/) { print "$ARGV:$.: $1\\n"; $bad = 1 } }
BEGIN { @ARGV = grep { /patch$/ } @ARGV } exit $bad;
""",
}
OURS = {
    "arch/x86/xen/Makefile": "obj-y += core.o start.o\ninherited-y := time.o\n"
                             "inherited-$(CONFIG_XEN_PVH) += enlighten_pvh.o \\\n\tmore.o\n",
    "arch/x86/xen/core.c": "/* the core */\n",
    "arch/x86/xen/start.c": "/* what uses it */\n",
    "arch/x86/xen/tests/core_kunit.c": "/* cases */\n",
    "Documentation/arch/x86/pvboot/index.rst": "pvboot\n======\n",
}
CONF = "base 6.12\nbase 7.3\n" \
       "lay arch/x86/xen\nlay Documentation/arch/x86/pvboot\ndrop arch/x86/xen/old.c\n"
FIX = """\
From: somebody
Subject: [PATCH] x86/xen: time: mend a line that
 is long

Because it was broken.
---
--- a/arch/x86/xen/time.c
+++ b/arch/x86/xen/time.c
@@ -9,3 +9,3 @@
 line 9
-line 10
+line ten
 line 11
"""
SERIES = """\
[cover]
subject = "x86/xen: a series"
body = "Why it is there."

[[patch]]
subject = "x86/xen: add the core"
body = "It is what the rest stands on."
files = ["arch/x86/xen/core.c", "arch/x86/xen/tests/core_*"]

[[patch]]
subject = "x86/xen: add what uses it"
body = "Nobody does yet."
files = ["arch/x86/xen/start.c"]

[[patch]]
patches = ["0001-fix.patch"]

[[patch]]
subject = "x86/xen: switch"
body = "All at once."
files = ["arch/x86/xen/Makefile"]

[[patch]]
subject = "x86/xen: remove old.c"
body = "It is not built."
drops = ["arch/x86/xen/old.c"]

[[patch]]
subject = "Documentation: describe it"
body = "For readers."
files = ["Documentation/arch/x86/pvboot/*"]
"""
COUNT = SERIES.count("[[patch]]")


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def copy(source, target):
    """A file or a folder, without what Python keeps there of a run."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def content(root):
    return {str(path.relative_to(root)): path.read_text()
            for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}


class Box:
    """A project, a base tree and a user's configuration of git."""

    def __init__(self, path):
        self.path, self.root, self.base = path, path / "project", path / "linux"
        self.out = self.root / "build/series"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("GIT_", "QUILT_"))}
        self.environment |= {"GIT_CONFIG_GLOBAL": str(path / "gitconfig"),
                             "GIT_CONFIG_NOSYSTEM": "1", "PVBOOT_BASE": str(self.base),
                             "GIT_CEILING_DIRECTORIES": str(path)}
        self.user(*WHO)
        for name in TOOL:
            copy(PROJECT / name, self.root / name)
        write(self.root, OURS | {"scripts/overlay.conf": CONF, "scripts/series.toml": SERIES,
                                 "patches/0001-fix.patch": FIX})
        write(self.base, TREE)
        (self.base / "arch/x86/xen/script").chmod(0o755)

    def user(self, name, email):
        text = "[user]\n" + (f"name = {name}\n" if name else "")
        (self.path / "gitconfig").write_text(text + (f"email = {email}\n" if email else ""))

    def run(self, *command, cwd=None):
        return subprocess.run([str(word) for word in command], env=self.environment, check=False,
                              cwd=cwd or self.path, capture_output=True, text=True)

    def series(self, *args):
        done = self.run(self.root / "scripts/series", *args)
        assert "Traceback" not in done.stderr
        return done

    def make(self, *args):
        done = self.series("make", *args)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def refused(self, *args):
        """The one line of a refusal, after which nothing has changed."""
        before = content(self.root)
        done = self.series(*(args or ("make",)))
        assert done.returncode != 0 and done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        assert content(self.root) == before
        return done.stderr

    def description(self):
        project = Project(self.root)
        return Description(project, project.goals(pristine(self.base), "6.12"), "6.12")

    def wanted(self):
        return {name: text for name, text in (TREE | OURS).items()
                if name != "arch/x86/xen/old.c"} | {
                    "arch/x86/xen/time.c": LINES.replace("line 10\n", "line ten\n")}

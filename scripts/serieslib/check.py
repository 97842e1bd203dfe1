# SPDX-License-Identifier: GPL-2.0
"""What can be said of a series without building it.

Each check answers with None, or with one line that says what is wrong.  What
takes a build or a boot after each patch is in build.py.
"""

import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from overlaylib.common import first_line

from .git import Repository
from .make import SERIES, copy_base, files_of
from .pure import COMPAT, resolved

CHECKPATCH_CONFIG = "scripts/checkpatch-config"


class Subject:
    """A series in both formats, its base, and room to work in."""

    def __init__(self, description, base, who, scratch):
        self.project, self.goals = description.project, description.goals
        self.bits = description.bits
        self.base, self.who, self.scratch = base, who, scratch
        self.am, self.quilt = scratch / "am", scratch / "quilt"
        self.log = self.project.root / "build/log/series-check.log"
        self._wanted = None

    def patches(self, where):
        return sorted(where.glob("*.patch"))

    def copy(self, name):
        """A new copy of the base's directories that the series touches."""
        root = self.scratch / name
        root.mkdir()
        copy_base(self.base, self.goals, root)
        return root

    def wanted(self):
        """What scripts/overlay makes of such a copy, without other bases' lines."""
        if self._wanted is None:
            root = self.copy("overlay")
            done = subprocess.run([self.project.root / "scripts/overlay", "install", "--force",
                                   f"--bits={self.bits}", root], check=False, capture_output=True)
            if done.returncode:
                raise OSError(0, first_line(done.stderr, "scripts/overlay failed"), str(root))
            self._wanted = {name: (resolved(name, data, COMPAT in self.goals)
                                   if name.startswith("arch/x86/xen/") else data, executable)
                            for name, (data, executable) in files_of(root).items()}
        return self._wanted

    def differs(self, root):
        """In what a tree is not as the overlay makes it, or None."""
        found, wanted = files_of(root), self.wanted()
        for name in sorted(found.keys() | wanted.keys()):
            if found.get(name) != wanted.get(name):
                return f"{name} is not as scripts/overlay installs it"
        return None


def failure(done, what):
    return f"{what}: {first_line(done.stderr + done.stdout, f'status {done.returncode}')}"


def git_am(subject):
    repository = Repository(subject.copy("git-am"), subject.who)
    repository.commit("base\n")
    done = repository.ask("am", "-q", *subject.patches(subject.am))
    if done.returncode:
        return failure(done, "git am")
    count = len(repository.run("log", "--format=%H").split()) - 1
    if count != len(subject.patches(subject.am)):
        return f"git am made {count} commits of {len(subject.patches(subject.am))} patches"
    wanted = "{} <{}>".format(*subject.who)
    authors = set(repository.run("log", "--format=%an <%ae>").splitlines())
    if authors != {wanted}:
        return f"an author became {min(authors - {wanted})}"
    return subject.differs(repository.root)


def patch_p1(subject):
    root = subject.copy("patch-p1")
    names = (subject.quilt / SERIES).read_text().split()
    if names != [path.name for path in subject.patches(subject.quilt)]:
        return "the series file does not list the patches in their order"
    for name in names:
        done = subprocess.run(["patch", "-p1", "-s", "-f", "-F0", "-E", "-i",
                               subject.quilt / name], cwd=root, check=False, capture_output=True)
        if done.returncode:
            return failure(done, name)
    return subject.differs(root)


def quilt(subject):
    root = subject.copy("quilted")
    before = files_of(root)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("QUILT_")}
    environment |= {"QUILT_PATCHES": str(subject.quilt), "QUILT_PC": ".pc", "LC_ALL": "C"}

    def run(*args):
        return subprocess.run(["quilt", "--quiltrc=-", *args], cwd=root, env=environment,
                              check=False, capture_output=True)

    done = run("push", "-aq")
    if done.returncode:
        return failure(done, "quilt push")
    why = subject.differs(root)
    if why:
        return why
    done = run("pop", "-aq")
    if done.returncode:
        return failure(done, "quilt pop")
    return None if files_of(root) == before else "quilt pop does not lead back to the base"


def checkpatch(subject, *more):
    """more: options of checkpatch for these patches"""
    options = shlex.split((subject.project.root / CHECKPATCH_CONFIG).read_text(), comments=True)
    command = ["perl", str(subject.base / "scripts/checkpatch.pl"), f"--root={subject.base}",
               "--strict", "--terse", "--show-types", "--no-summary", *options, "--signoff",
               # MAINTAINERS is the last patch, and not asked for in each.
               "--ignore", "FILE_PATH_CHANGES", *more]
    environment = {**os.environ, "GIT_DIR": "/nonexistent"}

    def judge(path):
        done = subprocess.run([*command, path], cwd=subject.scratch, env=environment,
                              check=False, capture_output=True, stdin=subprocess.DEVNULL)
        said = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
        if not said and done.returncode:
            said = [f"{path.name}: checkpatch ended with status {done.returncode}"]
        return [line.replace(f"{path.parent}/", "") for line in said]

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = [line for said in pool.map(judge, subject.patches(subject.am)) for line in said]
    log = subject.log
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"{line}\n" for line in found))
    return f"{found[0]}; {len(found)} lines in all, in {log}" if found else None


def messages(subject):
    """Each patch is signed off by its author, and none says the same as another."""
    signature = f"Signed-off-by: {subject.who[0]} <{subject.who[1]}>"
    subjects = {}
    for path in subject.patches(subject.am):
        text = path.read_text(errors="replace")
        if f"\n{signature}\n---\n" not in text:
            return f"{path.name} has no {signature} as its last line"
        title = re.search(r"^Subject: \[PATCH[^]]*\] ((?:.|\n )*)$", text, re.M)
        other = subjects.setdefault(title[1] if title else "", path.name)
        if not title or other != path.name:
            return f"{path.name} has no subject of its own"
    return None


CHECKS = (
    ("git-am", "git am applies it, and the result is the overlay's", git_am),
    ("patch", "patch -p1 applies it without fuzz, and the result is the overlay's", patch_p1),
    ("quilt", "quilt applies it and takes it back", quilt),
    ("messages", "each patch has a subject and a signature of its own", messages),
    ("checkpatch", "each patch is clean by checkpatch --strict", checkpatch),
)

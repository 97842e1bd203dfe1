# SPDX-License-Identifier: GPL-2.0
"""What can be said of the patches without building them.

Each check answers with None, or with one line that says what is wrong.
"""

import itertools

from overlaylib.common import first_line
from serieslib import check as series
from serieslib.git import Repository
from serieslib.make import copy_base, files_of

from .make import put_on


class Subject:
    """The patches as they were made, their base, and room to work in."""

    def __init__(self, table, project, base, who, scratch):
        self.table, self.project = table, project
        self.base, self.who, self.scratch = base, who, scratch
        self.am = scratch / "am"
        self.log = project.root / "build/log/fixes-check.log"
        self._copies = itertools.count()

    def patches(self, where):
        return sorted(where.glob("*.patch"))

    def copy(self):
        """A new copy of the base's directories that the patches touch."""
        root = self.scratch / f"tree{next(self._copies)}"
        root.mkdir()
        copy_base(self.base, self.table.targets(), root)
        return root


def alone(subject):
    for path in subject.patches(subject.am):
        why = put_on(path, subject.copy())
        if why:
            return f"{path.name} does not apply to the base: {why}"
    return None


def together(subject):
    """git am in their order, and patch in the other one, come to the same."""
    repository = Repository(subject.copy(), subject.who)
    repository.commit("base\n")
    paths = subject.patches(subject.am)
    done = repository.ask("am", "-q", *paths)
    if done.returncode:
        return f"git am: {first_line(done.stderr + done.stdout, 'no reason given')}"
    root = subject.copy()
    for path in reversed(paths):
        why = put_on(path, root)
        if why:
            return f"{path.name} does not apply where it comes before others: {why}"
    if files_of(root) != files_of(repository.root):
        return "in another order they come to something else"
    return None


def words(subject):
    """A patch says by which test it is seen, and what that says without it.

    A quiet one says neither.
    """
    for fix in subject.table.fixes:
        text = " ".join(fix.body.split())
        if fix.quiet:
            if fix.fails.search(text):
                return f"{fix.path.name} is quiet, and shows how its test fails"
            continue
        for name in [fix.case, *fix.tests]:
            if name.split(".")[-1] not in text:
                return f"{fix.path.name} does not name its test {name}"
        if not fix.fails.search(text):
            return f"{fix.path.name} does not show how its test fails: {fix.fails.pattern}"
    return None


def checkpatch(subject):
    # There is no history of Linux that a Fixes: tag could be looked up in.
    return series.checkpatch(subject, "--ignore", "UNKNOWN_COMMIT_ID")


CHECKS = (
    ("alone", "each patch applies to the base by itself", alone),
    ("together", "all apply, in either order", together),
    ("messages", "each patch has a subject and a signature of its own", series.messages),
    ("words", "each patch names its test, and how that fails without it", words),
    ("checkpatch", "each patch is clean by checkpatch --strict", checkpatch),
)

# SPDX-License-Identifier: GPL-2.0
"""A whole tree for the patches to be put on, one after the other, and built.

It shares its files with the base by hard links.  What a patch touches becomes
a file of its own first, whichever directory it is in.  Each change, back to
the base too, gives a file the time of the change, so that make sees it.
"""

import filecmp
import os
import shutil
import subprocess

from overlaylib.common import Refusal, first_line
from overlaylib.project import patch_targets

SAME = "Kbuild"  # of every tree, and touched by no patch of ours


def link(base, tree):
    """A new tree of links to the base."""
    part = tree.with_name(f"{tree.name}.part")
    for path in (part, tree):
        if path.exists():
            shutil.rmtree(path)
    tree.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["cp", "-al", base, part], check=False, capture_output=True)
    if done.returncode:
        raise Refusal(f"cannot link {base}: {first_line(done.stderr, 'cp failed')}")
    part.rename(tree)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def restore(base, tree):
    """What differs from the base becomes as it is there."""
    tree.mkdir(exist_ok=True)
    theirs = {entry.name: entry for entry in os.scandir(base)}
    ours = {entry.name: entry for entry in os.scandir(tree)}
    for name in ours.keys() - theirs.keys():
        remove(tree / name)
    for name, entry in theirs.items():
        path = tree / name
        if entry.is_dir(follow_symlinks=False):
            restore(base / name, path)
        elif entry.is_symlink() or (name in ours and ours[name].inode() == entry.inode()):
            continue
        elif name not in ours or not filecmp.cmp(entry.path, path, shallow=False):
            path.unlink(missing_ok=True)
            shutil.copyfile(entry.path, path)
            shutil.copymode(entry.path, path)


def disown(path):
    """A file that others have, too, becomes one of its own."""
    if path.is_file() and path.stat().st_nlink > 1:
        mine = path.with_name(f"{path.name}.pvboot")
        shutil.copy2(path, mine)
        mine.replace(path)


class Ground:
    """The tree: as the base at first, then with patch after patch."""

    def __init__(self, base, tree):
        self.base, self.tree = base, tree
        self.touched = []  # by the last patch

    def prepare(self):
        """As the base is; True where it was no tree of this base before."""
        mark = self.tree / SAME
        if mark.is_file() and os.path.samefile(mark, self.base / SAME):
            restore(self.base, self.tree)
            return False
        link(self.base, self.tree)
        return True

    def apply(self, patch):
        """Put a patch on; paths that it changed in what was there before."""
        self.touched = sorted(patch_targets(patch))
        before = [name for name in self.touched if (self.tree / name).is_file()]
        for name in before:
            disown(self.tree / name)
        done = subprocess.run(["patch", "-p1", "-s", "-f", "-F0", "-E", "--no-backup-if-mismatch",
                               "-i", patch], cwd=self.tree, check=False, capture_output=True)
        if done.returncode:
            raise Refusal(f"{patch.name} does not apply:"
                          f" {first_line(done.stdout + done.stderr, 'no reason given')}")
        return before

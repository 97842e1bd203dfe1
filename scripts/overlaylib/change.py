# SPDX-License-Identifier: GPL-2.0
"""Bringing a tree from what it holds to what it shall hold."""

import os
import shutil
import sys
from pathlib import Path

from .common import Entry, Refusal
from .tree import STATE_OLD


class Change:
    """From what the tree holds now to the goals, one path after another."""

    def __init__(self, tree, goals, version):
        self.tree, self.goals, self.version = tree, goals, version
        paths = sorted(tree.entries.keys() | goals.keys())
        self.steps = [(verb, path) for path in paths for verb in [self._verb(path)] if verb]

    def _verb(self, path):
        goal, entry, now = self.goals.get(path), self.tree.entries.get(path), self.tree.sha(path)
        had = entry.before if entry else now
        if goal is None:
            return "restore" if entry.backup else "delete"
        if goal.data is None:
            return "remove" if now else None
        if entry and now == goal.sha and goal.mode == self._mode(path):
            return None
        if goal.kind == "patch":
            return "patch"
        return "replace" if had else "add"

    def _mode(self, path):
        return (self.tree.root / path).stat().st_mode & 0o777

    def show(self):
        """What would happen, or why it would not."""
        self.writable()
        for verb, path in self.steps:
            print(f"{verb:8}{path}")

    def summary(self):
        done = {"add": "added", "replace": "replaced", "remove": "removed", "patch": "patched",
                "restore": "restored", "delete": "deleted"}
        counts = {word: sum(verb == step for step, _ in self.steps) for verb, word in done.items()}
        parts = [f"{count} {word}" for word, count in counts.items() if count]
        return ", ".join(parts) or "no change"

    def writable(self):
        """Refuse before the first change what would fail at a later one."""
        inside = self.tree.root.resolve()
        for path in {self.tree.root, *(self.tree.root / path for _, path in self.steps)}:
            # A link as last part is replaced itself; one above would lead away.
            path = path if path == self.tree.root else path.parent
            while not path.is_dir():
                path = path.parent
            if not path.resolve().is_relative_to(inside):
                raise Refusal(f"{path} is a link that leads out of {self.tree.root}")
            if not os.access(path, os.W_OK):
                raise Refusal(f"{path} is read-only")

    def apply(self):
        tree = self.tree
        self.writable()
        remove_leftovers(tree)
        self._announce()
        for _, path in self.steps:
            self._reach(path)
        needed = {str(parent) for path in self.goals for parent in Path(path).parents}
        for name in sorted(set(tree.dirs) - needed, reverse=True):
            try:
                os.rmdir(tree.root / name)
            except FileNotFoundError:
                pass
            except OSError:
                print(f"overlay: note: {name} holds other files and stays", file=sys.stderr)
        if self.goals:
            self._conclude(needed)
        else:
            self._leave()

    def _announce(self):
        """The journal: every path that may change, before any of them does."""
        tree = self.tree
        fresh = not tree.entries
        numbers = [int(entry.backup) for entry in tree.entries.values() if entry.backup]
        number = max(numbers, default=0)
        for path, goal in sorted(self.goals.items()):
            for parent in map(str, Path(path).parents):
                if not (tree.root / parent).is_dir():
                    tree.dirs = sorted({*tree.dirs, parent})
                elif parent not in tree.dirs:
                    where = os.stat(tree.root / parent)
                    tree.times.setdefault(parent, [where.st_atime_ns, where.st_mtime_ns])
            entry = tree.entries.get(path)
            if entry:
                entry.after = list({*entry.after, goal.sha})
                entry.kind = goal.kind
                continue
            before = tree.sha(path)
            number += before is not None
            tree.entries[path] = Entry(goal.kind, f"{number:04}" if before else None,
                                       before, [goal.sha])
        tree.installed = self.version if fresh else tree.installed
        tree.save(changing=True)

    def _reach(self, path):
        """Bring one path to its goal; each system call may be the last."""
        tree, goal = self.tree, self.goals.get(path)
        entry, target = tree.entries[path], tree.root / path
        if goal is None:
            self._restore(path, entry, target)
            return
        kept = tree.state / "originals" / entry.backup if entry.backup else None
        if kept and not os.path.lexists(kept):
            set_aside(target, kept, tree.state / "new/backup")
        if goal.data is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        self._put(goal.data, goal.mode, os.stat(kept or tree.root), target)

    def _restore(self, path, entry, target):
        kept = self.tree.backup(path)
        if not kept:
            if entry.backup is None:
                target.unlink(missing_ok=True)
        elif kept.is_symlink() or entry.after == [None]:
            os.rename(kept, target)
        else:
            # A new time on purpose: make must not take an object that it
            # built from ours for one built from the base's file.
            stat = os.stat(kept)
            self._put(kept.read_bytes(), stat.st_mode & 0o7777, stat, target)
            kept.unlink()

    def _put(self, data, mode, owner, target):
        temp = self.tree.state / "new/file"
        temp.unlink(missing_ok=True)
        temp.write_bytes(data)
        if os.geteuid() == 0:
            os.chown(temp, owner.st_uid, owner.st_gid)
        os.chmod(temp, mode)
        os.rename(temp, target)

    def _conclude(self, needed):
        tree = self.tree
        for path in list(tree.entries):
            if path in self.goals:
                tree.entries[path].after = [self.goals[path].sha]
            else:
                del tree.entries[path]
        tree.dirs = [name for name in tree.dirs if name in needed]
        tree.installed = self.version
        tree.save(changing=False)

    def _leave(self):
        tree = self.tree
        os.rename(tree.state, tree.root / STATE_OLD)
        shutil.rmtree(tree.root / STATE_OLD)
        for name, times in tree.times.items():
            if (tree.root / name).is_dir():
                os.utime(tree.root / name, ns=tuple(times))


def remove_leftovers(tree):
    for path in tree.leftovers():
        shutil.rmtree(path)


def set_aside(source, kept, temp):
    """Keep a base file, by its inode where the file system has hard links."""
    try:
        os.link(source, kept, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, temp, follow_symlinks=False)
        os.rename(temp, kept)

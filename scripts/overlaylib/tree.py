# SPDX-License-Identifier: GPL-2.0
"""The Linux tree, and the state that the overlay keeps in it."""

import fcntl
import json
import os
import re
from pathlib import Path

from .common import Entry, Refusal, sha256

STATE = ".pvboot"
STATE_OLD = ".pvboot-old"  # a state directory on its way out
FORMAT = 1
LANDMARKS = ("Makefile", "Kbuild", "Kconfig", "arch/x86/Kbuild")


class Tree:
    """The Linux tree, with what .pvboot says of it."""

    def __init__(self, name):
        if not name:
            raise Refusal("TREE is not given: which Linux tree? (TREE=/path/to/linux)")
        self.root = Path(name).expanduser()
        if not self.root.is_dir():
            raise Refusal(f"{name}: no such directory")
        self.state = self.root / STATE
        lacking = [mark for mark in LANDMARKS if not (self.root / mark).is_file()]
        if lacking:
            raise Refusal(f"{name} is not a Linux source tree: it has no {lacking[0]}")
        self.version = self._version()
        self._load()

    def _version(self):
        head = (self.root / "Makefile").read_text(errors="replace")[:4096]
        values = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) *= *(\d+)$", head, re.M))
        if "VERSION" not in values or "PATCHLEVEL" not in values:
            raise Refusal(f"{self.root} is not a Linux source tree: its Makefile has no version")
        return ".".join(values.values())

    def lock(self):
        """One run at a time; the lock goes with the process."""
        self.lock_fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self.lock_fd, fcntl.LOCK_EX)
        self._load()

    def _load(self):
        self.entries, self.dirs, self.times = {}, [], {}
        self.installed, self.interrupted = None, False
        try:
            manifest = json.loads((self.state / "manifest").read_text())
        except FileNotFoundError:
            if any(self.state.glob("originals/*")):
                raise Refusal(f"{self.state} holds base files but no manifest;"
                              " put them back by hand") from None
            return
        except ValueError as err:
            raise Refusal(f"{self.state}/manifest cannot be read: {err}") from None
        if manifest.get("format") != FORMAT:
            raise Refusal(f"{self.state}/manifest was written by another pvboot;"
                          " uninstall with that one")
        self.installed = manifest["pvboot"]
        self.interrupted = manifest["changing"]
        self.entries = {path: Entry(**entry) for path, entry in manifest["files"].items()}
        self.dirs, self.times = manifest["new directories"], manifest["directory times"]

    def save(self, changing):
        manifest = {"format": FORMAT, "pvboot": self.installed, "linux": self.version,
                    "changing": changing, "new directories": self.dirs,
                    "directory times": self.times,
                    "files": {path: vars(entry) for path, entry in sorted(self.entries.items())}}
        if not self.state.is_dir():
            self.state.mkdir()
        for part in ("originals", "new"):
            (self.state / part).mkdir(exist_ok=True)
        (self.state / ".gitignore").write_text("*\n")
        temp = self.state / "new/manifest"
        with open(temp, "w", encoding="utf-8") as out:
            json.dump(manifest, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        os.rename(temp, self.state / "manifest")

    def leftovers(self):
        """Directories of runs that were killed before or after their work."""
        found = [self.root / STATE_OLD]
        if not self.installed:
            found.append(self.state)
        return [path for path in found if path.is_dir()]

    def backup(self, path):
        """The base file set aside for this path, if there is one."""
        entry = self.entries.get(path)
        if entry and entry.backup and os.path.lexists(self.state / "originals" / entry.backup):
            return self.state / "originals" / entry.backup
        return None

    def original(self, path):
        """Where the base's file of that name lies now, or None."""
        entry = self.entries.get(path)
        if entry and entry.before is None:
            return None
        found = self.backup(path) or self.root / path
        return found if found.is_file() else None

    def sha(self, path):
        try:
            return sha256((self.root / path).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def changed(self):
        """Paths that hold neither what was there before nor what we put."""
        return [path for path, entry in self.entries.items()
                if self.sha(path) not in (entry.before, *entry.after)]

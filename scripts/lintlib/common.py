# SPDX-License-Identifier: GPL-2.0
"""What the tools of scripts/lint share."""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from overlaylib.common import nul_list, ours_tracked, run_git

KERNEL = ("arch/", "include/")
# Makes the tree of a width, and lays our files over it
OVERLAY_STEP = "tools/testing/pvboot/prepare/overlay"


class Failure(Exception):
    """A tool could not do its work; the text says why, in one line."""


@dataclass
class Finding:
    path: str
    text: str

    def __str__(self):
        return f"{self.path}: {self.text}" if self.path else self.text


class Context:
    """What is to be checked, with what, and where to write."""

    def __init__(self, root, environ):
        def place(variable, default):
            return Path(environ.get(variable) or root / default).resolve()

        self.root = root
        self.tree = place("PVBOOT_TREE", "build/linux")
        self.tree_32 = place("PVBOOT_TREE_32", "build/bits-32/linux")
        self.bits = environ.get("BITS") or "64"
        self.only = environ.get("LINT_ONLY")
        self.build = place("PVBOOT_BUILD", "build/kernel")
        self.out = place("LINT_OUT", "build/lint")
        self.out.mkdir(parents=True, exist_ok=True)
        self.jobs = len(os.sched_getaffinity(0))
        self.files = self._files()
        self.synced = set()
        self.sync_lock = threading.Lock()
        self.gcc_lock = threading.Lock()

    def _files(self):
        """All project files, also those that git does not know yet."""
        if ours_tracked(self.root, "scripts/overlay"):
            names = nul_list(run_git(self.root, "ls-files", "-z", "--cached", "--others",
                                     "--exclude-standard").stdout)
        else:
            depth = len(self.root.parts)
            names = [str(path.relative_to(self.root)) for path in self.root.rglob("*")
                     if not {".git", "build", "__pycache__"} & set(path.parts[depth:])]
        return sorted(name for name in set(names) if (self.root / name).is_file())

    def kernel_files(self, *suffixes):
        return [name for name in self.files
                if name.startswith(KERNEL) and name.endswith(suffixes)]

    def scripts(self, *interpreters):
        """Files whose first line names one of these programs."""
        found = []
        for name in self.files:
            with open(self.root / name, "rb") as file:
                words = file.readline(200).decode(errors="replace").split()
            if words and words[0].startswith("#!") and words[0].split("/")[-1] in interpreters:
                found.append(name)
        return found

    def need_tree(self):
        if not (self.tree / "scripts/checkpatch.pl").is_file():
            raise Failure(f"no kernel tree at {self.tree}: make kernel prepares it")

    def need_overlay(self, bits="64"):
        """The tree of that width, with our files as they are now."""
        if bits == "64":
            self.need_tree()
        tree = self.tree if bits == "64" else self.tree_32
        with self.sync_lock:
            if bits in self.synced:
                return tree
            command, env = [self.root / "scripts/overlay", "sync", f"--bits={bits}", tree], {}
            if not tree.is_dir():
                command, env = [self.root / OVERLAY_STEP], {"BITS": bits}
            done = subprocess.run(command, check=False, capture_output=True, text=True,
                                  env=os.environ | env)
            if done.returncode:
                raise Failure(done.stderr.strip() or "scripts/overlay sync failed")
            self.synced.add(bits)
        return tree

    def forget_log(self, tool):
        (self.out / f"{tool}.log").write_text("")

    def run(self, tool, command, log_mode="w", **options):
        """(exit status, all output) of a command; also kept in the tool's log."""
        options.setdefault("cwd", self.root)
        done = subprocess.run([str(word) for word in command], check=False, text=True,
                              errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
        with open(self.out / f"{tool}.log", log_mode, encoding="utf-8") as log:
            log.write(done.stdout)
        return done.returncode, done.stdout


def count(names):
    return f"{len(names)} files"


def lines_as_findings(output):
    return [Finding("", line) for line in output.splitlines() if line.strip()]


def judged(tool, status, findings):
    """A tool that failed without saying why has still failed."""
    if status and not findings:
        return [Finding("", f"{tool} ended with status {status}")]
    return findings

# SPDX-License-Identifier: GPL-2.0
"""What the parts of scripts/overlay share."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass


class Refusal(Exception):
    """What the user asked cannot be done; the text says why, in one line."""


@dataclass
class Goal:
    """What a path of the tree shall hold: data is None for no file at all."""
    kind: str  # lay, drop or patch
    data: bytes | None
    mode: int = 0o644

    @property
    def sha(self):
        return None if self.data is None else sha256(self.data)


@dataclass
class Entry:
    """What the manifest knows of one path; None stands for no file."""
    kind: str
    backup: str | None  # name below .pvboot/originals
    before: str | None  # sha256 of the base file
    after: list  # sha256 of ours; two while a change is under way


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def run_git(where, *args):
    """git's result in that directory, untouched by the caller's GIT_*."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env["GIT_LITERAL_PATHSPECS"] = "1"
    env["GIT_OPTIONAL_LOCKS"] = "0"  # a question must not write the index
    env["LC_ALL"] = "C"
    try:
        return subprocess.run(["git", "-C", str(where), *args], env=env,
                              capture_output=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(args, 127, b"", b"git is not installed")


def tracked(where, path):
    """Whether git has that file; Refusal where this is a repository, and git does not say."""
    done = run_git(where, "ls-files", "--error-unmatch", "--", path)
    if done.returncode > 1 and os.path.lexists(os.path.join(where, ".git")):
        raise Refusal(f"git does not answer for {where}: {first_line(done.stderr, 'no reason')}")
    return done.returncode == 0


def ours_tracked(where, path):
    """The same of the project, which goes on without git: in a container, say."""
    try:
        return tracked(where, path)
    except Refusal as why:
        print(f"{os.path.basename(sys.argv[0])}: note: {why}; what git does not have counts, too",
              file=sys.stderr)
        return False


def nul_list(output):
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def first_line(output, default):
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else default


def some(paths):
    """A list of paths for one line of a message."""
    paths = sorted(paths)
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more

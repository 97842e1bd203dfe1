# SPDX-License-Identifier: GPL-2.0
"""The side that is laid over a tree: our files, patches and lists."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .common import Goal, Refusal, first_line, nul_list, ours_tracked, run_git, some

CONF = "scripts/overlay.conf"
HASHES = "scripts/overlay.base-hashes"
BITS_32 = "32"  # what is for 32-bit kernels alone, and where its patches lie
BASE_OF_32 = "6.12"


class Project:
    """The side that is laid over the tree."""

    def __init__(self, root):
        self.root = root
        self.lays, self.drops, self.bases, self.only = [], [], [], {}
        self.wishes = {}
        self.in_git = ours_tracked(root, CONF)
        for number, line in enumerate((root / CONF).read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if words and not self._take(*words):
                raise Refusal(f"{CONF}:{number}: none of base NAME, only NAME PATH,"
                              " wish PATH TEXT, lay PATH, drop PATH")
        if not self.bases:
            raise Refusal(f"{CONF} names no base")

    def _take(self, verb, *words):
        """One line of the list; False where it means nothing."""
        simple = {"lay": self.lays, "drop": self.drops, "base": self.bases}
        if verb in simple and len(words) == 1:
            simple[verb].append(words[0])
        elif verb == "only" and len(words) == 2 and words[0] in (*self.bases, BITS_32):
            self.only[words[1]] = words[0]
        elif verb == "wish" and len(words) > 1:
            self.wishes[words[0]] = " ".join(words[1:])
        else:
            return False
        return True

    def base_of(self, tree, force=False):
        """The base that the tree is taken for; Refusal where it is none."""
        number = _number(tree.version)
        known = [base for base in self.bases if _number(base) == number]
        if known:
            return known[0]
        last = self.bases[-1]
        if number > _number(last) and number[0] == _number(last)[0]:
            print(f"overlay: note: Linux {tree.version} was not tested;"
                  f" it is taken for {last}.y", file=sys.stderr)
            return last
        if not force:
            which = " or ".join(f"{base}.y" for base in self.bases)
            raise Refusal(f"{tree.root} is Linux {tree.version}, not {which}"
                          " (--force, FORCE=1 with make, goes on all the same)")
        older = [base for base in self.bases if _number(base) < number]
        return older[-1] if older else self.bases[0]

    def version(self):
        if self.in_git:
            out = run_git(self.root, "describe", "--always", "--dirty", "--tags")
            if out.returncode == 0:
                return out.stdout.decode().strip()
        version = self.root / "VERSION"
        return version.read_text().strip() if version.exists() else "of unknown version"

    def files(self, untracked):
        """Our files for the tree; with untracked, also those new to git."""
        if not self.in_git:
            return sorted(name for lay in self.lays for name in self._walk(lay))
        known = nul_list(run_git(self.root, "ls-files", "-z", "--", *self.lays).stdout)
        new = nul_list(run_git(self.root, "ls-files", "-z", "--others", "--exclude-standard",
                               "--", *self.lays).stdout)
        if untracked:
            known += new
        elif new:
            print(f"overlay: note: not in git, so left out: {some(new)}", file=sys.stderr)
        return sorted(name for name in set(known) if (self.root / name).is_file())

    def _walk(self, lay):
        top = self.root / lay
        if top.is_file():
            yield lay
        for path in top.rglob("*"):
            if path.is_file() and not path.name.startswith(".") and path.name[-1] != "~":
                yield str(path.relative_to(self.root))

    def patches(self, base, bits=64):
        """Those of a base, in the order in which they are applied."""
        place = self.root / "patches"
        both = sorted([*place.glob("*.patch"), *place.glob(f"{base}/*.patch")],
                      key=lambda path: path.name)
        return both + (sorted(place.glob(f"{BITS_32}/*.patch")) if bits == 32 else [])

    def known_hashes(self):
        lines = (self.root / HASHES).read_text().splitlines()
        return {tuple(line.split()) for line in lines if line.strip() and line[0] != "#"}

    def goals(self, tree, base, bits=64, untracked=False):
        """path -> Goal: everything that the overlay makes of this tree."""
        if bits == 32 and base != BASE_OF_32:
            raise Refusal(f"{tree.root} is Linux {tree.version}: 32 bits are for"
                          f" {BASE_OF_32}.y only")
        goals = {}
        kinds = {base, BITS_32} if bits == 32 else {base}
        for name in self.files(untracked):
            if self.only.get(name, base) not in kinds:
                continue
            path = self.root / name
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            goals[name] = Goal("lay", path.read_bytes(), mode)
        if not goals:
            raise Refusal(f"the project at {self.root} has no files to lay over a tree")
        for name in self.drops:
            if name in goals:
                raise Refusal(f"{CONF} drops {name}, which the project brings")
            if tree.original(name):
                goals[name] = Goal("drop", None)
        missing = {name for name in self.wishes if not tree.original(name)}
        for name in sorted(missing):
            print(f"overlay: note: {tree.root} has no {name}: {self.wishes[name]}",
                  file=sys.stderr)
        patched = apply_patches([patch for patch in self.patches(base, bits)
                                 if not patch_targets(patch) <= missing], tree)
        for name in patched:
            if name in goals:
                raise Refusal(f"a patch changes {name}, which the overlay replaces or drops")
        return goals | patched


def _number(version):
    """(6, 12) of 6.12.117"""
    return tuple(int(part) for part in version.split(".")[:2])


def patch_targets(patch):
    """Paths that a unified diff touches; hunks are counted, not guessed at."""
    targets, left = set(), [0, 0]
    for line in patch.read_text(errors="surrogateescape").splitlines():
        if any(count > 0 for count in left):
            left[0] -= line[:1] in ("-", " ", "")
            left[1] -= line[:1] in ("+", " ", "")
            continue
        hunk = re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if hunk:
            left = [int(count or 1) for count in hunk.groups()]
        elif re.match(r"(rename|copy) from |GIT binary patch", line):
            raise Refusal(f"{patch.name}: renames, copies and binary patches are not supported")
        elif re.match(r"(---|\+\+\+) [^/]+/", line):
            targets.add(line.split("\t")[0].split("/", 1)[1].rstrip())
    for name in targets:
        if name.startswith("/") or ".." in name.split("/"):
            raise Refusal(f"{patch.name}: {name} leads out of the tree")
    if not targets:
        raise Refusal(f"{patch.name}: touches no file")
    return targets


def apply_patches(patches, tree):
    """path -> Goal after all patches, tried on copies of the base files."""
    goals = {}
    with tempfile.TemporaryDirectory(prefix="pvboot-patch-") as scratch:
        names = set()
        for patch in patches:
            for name in patch_targets(patch) - names:
                names.add(name)
                base = tree.original(name)
                if base:
                    copy = Path(scratch, name)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(base, copy)
            try:
                done = subprocess.run(["patch", "-p1", "-s", "-f", "-E", "-r", "-",
                                       "--no-backup-if-mismatch", "-i", str(patch)],
                                      cwd=scratch, capture_output=True, check=False)
            except FileNotFoundError:
                raise Refusal("patches/ needs the Debian package patch") from None
            if done.returncode:
                why = first_line(done.stdout + done.stderr, "no reason given")
                raise Refusal(f"{patch.name} does not apply to this tree: {why}")
        for name in names:
            result = Path(scratch, name)
            if result.exists():
                mode = result.stat().st_mode & 0o777
                goals[name] = Goal("patch", result.read_bytes(), mode)
            elif tree.original(name):
                goals[name] = Goal("patch", None)
    return goals

# SPDX-License-Identifier: GPL-2.0
"""fixes/fixes.toml: each patch, the boot that shows it, and how that fails before."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from overlaylib.common import Refusal, sha256, some
from overlaylib.project import patch_targets
from serieslib.description import ENDS_MESSAGE, message_of

FILE = "fixes/fixes.toml"
COVER = {"subject": str, "body": str}
FIX = {"patch": str, "case": str, "tests": list, "fails": str, "shown": str}
MAY = {"quiet": bool}


@dataclass
class Fix:
    """A patch for one base; text and targets are read from its file."""
    path: Path
    subject: str
    body: str
    case: str
    tests: list
    fails: re.Pattern
    shown: str
    quiet: bool
    targets: set


def _only(table, known, where, may=None):
    """Each key is there, and is what it has to be, and there is no other but these."""
    may = may or {}
    if not isinstance(table, dict):
        raise Refusal(f"{FILE}: no table {where}")
    odd = sorted(table.keys() - known.keys() - may.keys())
    if odd:
        raise Refusal(f"{FILE}: {odd[0]} {where} is not understood")
    for key, kind in (known | {key: may[key] for key in may.keys() & table.keys()}).items():
        if not isinstance(table.get(key), kind) or not table[key]:
            raise Refusal(f"{FILE}: {key} {where} is no {kind.__name__} that says something")


class Table:
    """What there is for a base, in the order in which the patches are numbered."""

    def __init__(self, root, base, bases):
        self.root, self.base = root, base
        try:
            table = tomllib.loads((root / FILE).read_text())
        except FileNotFoundError:
            raise Refusal(f"there is no {FILE}") from None
        except ValueError as err:
            raise Refusal(f"{FILE}: {err}") from None
        _only(table, {"cover": dict, "fix": list}, "at the top")
        self.cover = table["cover"]
        _only(self.cover, COVER, "in [cover]")
        self._place = root / "fixes"
        have = self._files([base])
        others = self._files(name for name in bases if name != base)
        named = set()
        self.fixes = []
        for number, row in enumerate(table["fix"], 1):
            _only(row, FIX, f"in fix {number}", MAY)
            if row["patch"] in named:
                raise Refusal(f"{FILE}: {row['patch']} stands there twice")
            named.add(row["patch"])
            if row["patch"] in have:
                self.fixes.append(self._fix(row, have[row["patch"]]))
            elif row["patch"] not in others:
                raise Refusal(f"{FILE}: there is no fixes/{row['patch']}")
        orphans = sorted(have.keys() - named)
        if orphans:
            raise Refusal(f"not in {FILE}: {some(orphans)}")

    def _files(self, bases):
        """name -> path; a base's own one comes before the one for all."""
        found = {path.name: path for path in self._place.glob("*.patch")}
        for base in bases:
            found |= {path.name: path for path in self._place.glob(f"{base}/*.patch")}
        return found

    def _fix(self, row, path):
        subject, body = message_of(path)
        if ENDS_MESSAGE.search(body):
            raise Refusal(f"{path.name}: a line of its text would end the message")
        if not all(isinstance(test, str) and test for test in row["tests"]):
            raise Refusal(f"{FILE}: tests of {path.name} are not all names")
        try:
            fails = re.compile(row["fails"])
        except re.error as err:
            raise Refusal(f"{FILE}: fails of {path.name}: {err}") from None
        return Fix(path, subject, body.strip(), row["case"], row["tests"], fails,
                   row["shown"], row.get("quiet", False), patch_targets(path))

    def targets(self):
        """Every file that some patch changes."""
        return set().union(*(fix.targets for fix in self.fixes))

    def chosen(self, numbers):
        """The patches with these numbers, as 0001; all of them where there are none."""
        found = [fix for fix in self.fixes if fix.path.name[:4] in numbers]
        known = {fix.path.name[:4] for fix in self.fixes}
        odd = [number for number in numbers if number not in known]
        if odd:
            raise Refusal(f"there is no patch {odd[0]} for {self.base}, but {some(sorted(known))}")
        return found if numbers else self.fixes

    def digest(self):
        """Changes where a patch or what shows it does."""
        parts = [(fix.path.read_text(), fix.case, fix.tests, fix.fails.pattern)
                 for fix in self.fixes]
        return sha256(repr(parts).encode())

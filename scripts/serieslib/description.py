# SPDX-License-Identifier: GPL-2.0
"""scripts/series.toml: which patch carries which part of the overlay."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from overlaylib.common import Refusal, sha256, some
from overlaylib.project import BITS_32

FILE = "scripts/series.toml"
KINDS = ("files", "patches", "drops")
# What would end a message where git am or patch reads it.
ENDS_MESSAGE = re.compile(r"^(---|diff -|Index: |\*\*\* )", re.M)


@dataclass
class Patch:
    """One patch: what it says, and what of the overlay it carries."""
    subject: str
    body: str
    files: list = field(default_factory=list)
    patches: list = field(default_factory=list)
    drops: list = field(default_factory=list)
    boots: bool = False


def message_of(path):
    """(subject, body) from the head of a file of patches/."""
    head = path.read_text().split("\n---\n")[0]
    fields, _, body = head.partition("\n\n")
    subject = re.search(r"^Subject: *(?:\[[^]]*\] *)?((?:.|\n )*)$", fields, re.M)
    if not subject or not body.strip():
        raise Refusal(f"{path.name} has no Subject: and text above its diff")
    return re.sub(r"\s+", " ", subject[1]).strip(), body


def matches(name, pattern):
    """A * stands for anything but a slash."""
    name, pattern = PurePosixPath(name), PurePosixPath(pattern)
    return len(name.parts) == len(pattern.parts) and name.match(str(pattern))


class Description:
    """The order and the grouping, held against what the overlay has."""

    def __init__(self, project, goals, base, bits=64):
        self.project, self.goals, self.base, self.bits = project, goals, base, bits
        path = project.root / FILE
        try:
            table = tomllib.loads(path.read_text())
        except FileNotFoundError:
            raise Refusal(f"there is no {FILE}") from None
        except ValueError as err:
            raise Refusal(f"{FILE}: {err}") from None
        self._only(table, {"cover": dict, "patch": list}, "at the top")
        self.cover = table.get("cover", {})
        self._only(self.cover, {"subject": str, "body": str}, "in [cover]")
        self._message("[cover]", self.cover.get("subject"), self.cover.get("body"))
        self.have = {"files": [name for name, goal in goals.items() if goal.kind == "lay"],
                     "drops": project.drops,
                     "patches": [path.name for path in project.patches(base, bits)]}
        self.paths = {path.name: path for path in project.patches(base, bits)}
        self.owner = {}
        found = [self._patch(number, entry)
                 for number, entry in enumerate(table.get("patch", []), 1)]
        self.patches = [patch for patch in found if patch]
        orphans = [self._name(kind, name) for kind in KINDS for name in self.have[kind]
                   if (kind, name) not in self.owner]
        if orphans:
            raise Refusal(f"in no patch of {FILE}: {some(orphans)}")

    def _only(self, table, known, where):
        if not isinstance(table, dict):
            raise Refusal(f"{FILE}: no table {where}")
        for key, value in table.items():
            if key not in known:
                raise Refusal(f"{FILE}: {key} {where} is not understood")
            if not isinstance(value, known[key]):
                raise Refusal(f"{FILE}: {key} {where} is no {known[key].__name__}")

    def _message(self, where, subject, body):
        if not subject or not subject.strip() or "\n" in subject.strip():
            raise Refusal(f"{FILE}: {where} has no subject of one line")
        if not body or not body.strip():
            raise Refusal(f"{FILE}: {where} has no body")
        if ENDS_MESSAGE.search(body):
            raise Refusal(f"{FILE}: {where} has a line in its body that would end the message:"
                          f" {ENDS_MESSAGE.search(body)[1]}")

    def _patch(self, number, entry):
        """A patch, or None where all that it carries is of another base."""
        where = f"patch {number}"
        self._only(entry, {"subject": str, "body": str, "boots": bool} | dict.fromkeys(KINDS, list),
                   f"in {where}")
        taken = {kind: self._take(number, where, kind, entry.get(kind, [])) for kind in KINDS}
        if not any(taken.values()):
            if any(self._of_another_base(kind, name) for kind in KINDS
                   for name in entry.get(kind, [])):
                return None
            raise Refusal(f"{FILE}: {where} carries nothing")
        subject, body = entry.get("subject"), entry.get("body")
        if subject is None and body is None and len(taken["patches"]) == 1 \
                and not taken["files"] and not taken["drops"]:
            subject, body = message_of(self.paths[taken["patches"][0]])
        self._message(where, subject, body)
        return Patch(subject.strip(), body.strip(), **taken, boots=entry.get("boots", False))

    def _take(self, number, where, kind, patterns):
        taken = []
        for pattern in patterns:
            if not isinstance(pattern, str) or not pattern:
                raise Refusal(f"{FILE}: {kind} of {where} are not all names")
            found = [name for name in self.have[kind] if matches(name, pattern)]
            if not found and self._of_another_base(kind, pattern):
                continue
            if not found:
                raise Refusal(f"{FILE}: {where}: {self._name(kind, pattern)} matches nothing")
            for name in found:
                other = self.owner.setdefault((kind, name), number)
                if name in taken:
                    raise Refusal(f"{FILE}: {where} names {self._name(kind, name)} twice")
                if other != number:
                    raise Refusal(f"{FILE}: {self._name(kind, name)} is in patch {other}"
                                  f" and in {where}")
                taken.append(name)
        return taken

    def _of_another_base(self, kind, name):
        """Or of 32 bits."""
        if kind == "patches":
            return any((self.project.root / "patches" / base / name).is_file()
                       for base in [*self.project.bases, BITS_32])
        return self.project.only.get(name, self.base) != self.base

    def digest(self):
        """Changes where the series does, its messages aside."""
        parts = [[patch.files, patch.patches, patch.drops] for patch in self.patches]
        goals = [(name, goal.sha) for name, goal in sorted(self.goals.items())]
        return sha256(repr((parts, goals)).encode())

    @staticmethod
    def _name(kind, name):
        return {"files": name, "patches": f"patches/{name}", "drops": f"drop {name}"}[kind]

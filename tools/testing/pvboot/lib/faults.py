# SPDX-License-Identifier: GPL-2.0
"""The table of planted faults, unit/faults.toml, whose head explains the columns."""

import os
import shutil
import tomllib

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
UNIT = os.path.join(ROOT, "tools/testing/pvboot/unit")
TABLE = os.path.join(UNIT, "faults.toml")
TABLE_OF_MEMORY = os.path.join(UNIT, "mm/faults.toml")
CORE = os.path.join(ROOT, "arch/x86/xen")
CORE_FILES = ("trap_table.c", "callbacks.c", "vcpu_context.c", "vcpu.c",
              "queue.c")
# Files of the program of memory
MEMORY_FILES = ("mm/entries.c", "mm/tables.c", "mm/updates.c", "mm/upper_updates.c", "mm/tlb.c",
                "mm/pinning.c", "mm/spaces.c", "mm/new_tables.c", "mm/pools.c", "multicalls.c")
# A header of the core is compiled into the cases that are of it.
HEADERS = os.path.join(ROOT, "include/xen/pvboot")
HEADER_CASES = {"entry.h": "test_entry.c", "frame.h": "test_frame.c"}

COLUMNS = {"name": str, "file": str, "width": int, "by": str, "row": str, "end": str,
           "old": str, "new": str}
DEFAULTS = {"width": 64, "by": "", "row": "", "end": ""}


class BadTable(ValueError):
    """The table says something that means nothing; one line."""


def _check(fault, earlier):
    name = fault.get("name")
    for column, value in fault.items():
        if column not in COLUMNS:
            raise BadTable(f"{name}: there is no column {column}")
        if type(value) is not COLUMNS[column]:
            raise BadTable(f"{name}: {column} = {value!r}")
    for column in ("name", "file", "old"):
        if not fault.get(column):
            raise BadTable(f"{name}: no {column}")
    if "new" not in fault or fault["new"] == fault["old"]:
        raise BadTable(f"{name}: nothing is planted")
    if name in earlier:
        raise BadTable(f"{name}: stands in the table twice")
    if fault.get("width", 64) not in (32, 64):
        raise BadTable(f"{name}: width = {fault['width']}")
    if (fault.get("row") or fault.get("end")) and fault["file"] not in CORE_FILES:
        raise BadTable(f"{name}: the bare guest has no {fault['file']}")
    if fault.get("row") and fault.get("end"):
        raise BadTable(f"{name}: row or end, one of them")


def load(path=TABLE):
    """The faults in the table's order, each with every column."""
    with open(path, "rb") as table:
        try:
            rows = tomllib.load(table).get("fault", [])
        except tomllib.TOMLDecodeError as error:
            raise BadTable(str(error)) from error
    names = set()
    for row in rows:
        _check(row, names)
        names.add(row["name"])
    if not rows:
        raise BadTable("the table is empty")
    return [DEFAULTS | row for row in rows]


def plant(fault, directory):
    """A copy of the fault's file with the fault in it, in the directory.

    Returns the name of the copy to compile, for a header that of its cases.
    ValueError where the code has changed so that the fault has no place.  A fault
    that is none has no old.
    """
    cases = HEADER_CASES.get(fault["file"])
    folder = CORE if fault["file"] in CORE_FILES + MEMORY_FILES else HEADERS if cases else UNIT
    with open(os.path.join(folder, fault["file"]), encoding="utf-8") as source:
        text = source.read()
    if fault["old"] and text.count(fault["old"]) != 1:
        raise ValueError(f"{fault['file']} has this {text.count(fault['old'])} times, "
                         f"not once: {fault['old']}")
    place = os.path.join(directory, "xen/pvboot" if cases else "")
    copied = os.path.join(place, fault["file"])
    os.makedirs(os.path.dirname(copied))
    with open(copied, "w", encoding="utf-8") as copy:
        copy.write(text.replace(fault["old"], fault["new"]))
    if cases:
        shutil.copy(os.path.join(UNIT, cases), directory)
    return cases or fault["file"]

# SPDX-License-Identifier: GPL-2.0
"""The table of boot cases, cases.toml, whose head explains the columns."""

import re
import tomllib

DEFAULTS = {
    "vcpus": 2, "mem": 1024, "cmdline": "", "xenline": "", "run": ["report"], "callbacks": None,
    "kunit": [], "log": [], "native": False, "cycles": None, "long": False, "selftests": None,
    "then": None, "end": None, "expected": [], "timeout": None,
}
PARTS = ("report", "hotplug", "recover", "failures", "cycles", "kunit", "guest", "selftests")


class BadTable(Exception):
    """The table says something that means nothing; one line."""


def _check(case, earlier):
    name = case.get("name")
    if not name or not re.fullmatch(r"[a-z0-9-]+", name):
        raise BadTable(f"case without a proper name: {name}")
    if name in earlier:
        raise BadTable(f"{name}: stands in the table twice")
    for column in case:
        if column not in DEFAULTS and column != "name":
            raise BadTable(f"{name}: there is no column {column}")
    for part in case.get("run", ()):
        if part not in PARTS:
            raise BadTable(f"{name}: there is no part {part}")
    if bool(case.get("kunit")) != ("kunit" in case.get("run", ())):
        raise BadTable(f"{name}: kunit names the suites of the part kunit")
    if bool(case.get("then")) != bool(case.get("end")):
        raise BadTable(f"{name}: then and end go together")
    peer = (case.get("selftests") or "record").removeprefix("as ")
    if peer != "record" and peer not in earlier:
        raise BadTable(f"{name}: no case {peer} before it")


def load(path):
    """The cases in the table's order, each with every column."""
    with open(path, "rb") as table:
        try:
            rows = tomllib.load(table).get("case", [])
        except tomllib.TOMLDecodeError as error:
            raise BadTable(str(error)) from error
    cases = {}
    for row in rows:
        _check(row, cases)
        cases[row["name"]] = DEFAULTS | row
    if not cases:
        raise BadTable("the table is empty")
    return list(cases.values())

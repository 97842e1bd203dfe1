# SPDX-License-Identifier: GPL-2.0
"""Tables of rows that have names, in TOML: what is the same for all of them."""

import re
import tomllib


class BadTable(Exception):
    """The table says something that means nothing; one line."""


def _look_at_names(noun, row, columns, earlier):
    name = row.get("name")
    if not name or not re.fullmatch(r"[a-z0-9-]+", name):
        raise BadTable(f"{noun} without a proper name: {name}")
    if name in earlier:
        raise BadTable(f"{name}: stands in the table twice")
    for column in row:
        if column not in columns and column != "name":
            raise BadTable(f"{name}: there is no column {column}")


def load(path, noun, defaults, check):
    """The rows [[noun]] in the table's order, each with every column.

    check(row, earlier): raises BadTable where a row means nothing; earlier has
    those above it by their names.
    """
    with open(path, "rb") as table:
        try:
            rows = tomllib.load(table).get(noun, [])
        except tomllib.TOMLDecodeError as error:
            raise BadTable(str(error)) from error
    found = {}
    for row in rows:
        _look_at_names(noun, row, defaults, found)
        check(row, found)
        found[row["name"]] = defaults | row
    if not found:
        raise BadTable("the table is empty")
    return list(found.values())

# SPDX-License-Identifier: GPL-2.0
"""The table of cases, and tables that mean nothing."""

import os
import re

import pytest

import cases

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../boot/cases.toml")


def test_our_table():
    names = [case["name"] for case in cases.load(TABLE)]
    assert {"vcpus-1", "vcpus-2", "vcpus-4", "vcpus-8"} <= set(names)


def test_every_column_is_explained():
    with open(TABLE, encoding="utf-8") as table:
        head = table.read().split("\n[[case]]")[0]
    for column in cases.DEFAULTS:
        assert re.search(rf"^# {column}  ", head, re.M), column


@pytest.mark.parametrize("text, why", [
    ("", "empty"),
    ("[[case]]\nvcpus = 1", "name"),
    ("[[case]]\nname = 'A b'", "name"),
    ("[[case]]\nname = 'a'\n[[case]]\nname = 'a'", "twice"),
    ("[[case]]\nname = 'a'\nvcpu = 1", "column vcpu"),
    ("[[case]]\nname = 'a'\nrun = ['nothing']", "part nothing"),
    ("[[case]]\nname = 'a'\nthen = 'panic'", "together"),
    ("[[case]]\nname = 'a'\nfatal = 'b'\nthen = 'panic'\nend = 'c'", "no other end"),
    ("[[case]]\nname = 'a'\nselftests = 'as b'", "no case b"),
    ("[[case]]\nname = 'a'\nkunit = ['b']", "names the suites"),
    ("[[case]]\nname = 'a'\nrun = ['kunit']", "names the suites"),
    ("[[case]]\nname = 'a'\nbits = '32'", "32 or 64"),
    ("[[case]]\nname = 'a'\npeer = true", "without Xen"),
    ("[[case]]\nname = 'a'\nfiles = 4", "how many MiB"),
    ("[[case]]\nname = 'a'\nrun = ['files']", "how many MiB"),
    ("[[case", "Expected"),
])
def test_bad_tables(tmp_path, text, why):
    path = tmp_path / "cases.toml"
    path.write_text(text)
    with pytest.raises(cases.BadTable, match=why):
        cases.load(path)

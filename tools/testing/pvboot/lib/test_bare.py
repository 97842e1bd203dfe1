# SPDX-License-Identifier: GPL-2.0
"""A bare guest that fails, dies or says too little is not taken for a good one."""

import pytest

import bare

GOOD = ["KTAP version 1", "1..2", "ok 1 a.b", "ok 2 a.c # SKIP none here", "# end"]
HALTED = "(XEN) [    7.1] Hardware Dom0 halted: halting machine"
BOOT = {"words": "", "says": "", "rows": 1}


def bad(lines, word="END", reason=HALTED, **boot):
    """Names of what has not passed."""
    found = bare.judge(dict(BOOT, **boot), lines, word, reason)
    return [(name, how) for name, how, _ in found if how not in ("pass", "skip")]


def test_good():
    """All is well."""
    assert bad(GOOD) == []


@pytest.mark.parametrize("lines, wanted", [
    (GOOD[:2] + ["# FAILURE: x: 1, not 2", "not ok 1 a.b # FAILURE"] + GOOD[3:],
     [("a.b", "FAILURE")]),
    (GOOD[:2] + ["not ok 1 a.b # ERROR no verdict"] + GOOD[3:], [("a.b", "ERROR")]),
    (GOOD[:2] + ["not ok 1 a.b"] + GOOD[3:], [("a.b", "ERROR")]),
    (GOOD[:3] + ["# end"], [("row 2 of 2", "ERROR")]),
    (GOOD[:3] + ["ok 3 a.c"] + GOOD[4:], [("a.c", "ERROR")]),
    (GOOD[:3] + ["ok 2 a.b"] + GOOD[4:], [("a.b", "ERROR")]),
    (GOOD[:4] + ["ok 3 a.d", "# end"], [("plan", "ERROR")]),
    (GOOD[:4], [("end", "ERROR")]),
    ([], [("plan", "ERROR"), ("end", "ERROR")]),
], ids=["failure", "error", "no word", "too few", "number lost", "name twice", "too many",
        "no end", "nothing"])
def test_rows(lines, wanted):
    """What is missing or bad is told."""
    assert bad(lines) == wanted


def test_other_ends():
    """A crash or a hang is no end."""
    assert bad(GOOD, reason="(XEN) Hardware Dom0 crashed") == [("end", "ERROR")]
    assert bad(GOOD, word="HANG", reason="no end") == [("end", "ERROR")]


def test_skipped_rows_do_not_count():
    """A guest that skips more than it should is seen."""
    assert bad(GOOD, rows=4) == [("rows", "ERROR")]


def test_what_xen_says():
    """An end that only Xen can tell of."""
    boot = {"words": "end=x", "says": "crashed here", "rows": 0}
    said = ["# end=x", "(XEN) crashed here"]
    assert bad(said, **boot) == []
    assert bad(said[:1], **boot) == [("end", "FAILURE")]
    assert bad(said[::-1], **boot) == [("end", "FAILURE")]
    assert bad(said[1:], **boot) == [("end", "ERROR")]
    assert bad(["# end=x", "crashed here"], **boot) == [("end", "FAILURE")]
    assert bad(said + ["# FAILURE: the domain lives on"], **boot) == [("end", "FAILURE")]
    assert bad(said, word="HANG", **boot) == [("end", "FAILURE")]


@pytest.mark.parametrize("text", [
    '[[boot]]\nname = "a"\nwidth = 16\nxen = "debian"\nrows = 1\n',
    '[[boot]]\nname = "a"\nwidth = 64\nxen = "mine"\nrows = 1\n',
    '[[boot]]\nname = "a"\nwidth = 64\nxen = "debian"\n',
    '[[boot]]\nname = "a"\nwidth = 64\nxen = "debian"\nrows = 1\nsays = "b"\n',
    '[[boot]]\nname = "a"\nwidth = 64\nxen = "debian"\nrows = "1"\n',
    '[[boot]]\nname = "a"\nwidth = 64\nxen = "debian"\nrows = 1\nrow = 2\n',
])
def test_bad_tables(tmp_path, text):
    """A wrong table is refused."""
    path = tmp_path / "boots.toml"
    path.write_text(text)
    with pytest.raises(ValueError):
        bare.load(path)

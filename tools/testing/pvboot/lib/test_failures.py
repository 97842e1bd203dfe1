# SPDX-License-Identifier: GPL-2.0
"""The table of hypercalls that fail, and how a fatal boot is judged."""

import os
import re

import pytest

import failures

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../boot/failures.toml")
BOOT = {"call": "set_trap_table", "vcpu": 0, "errno": "EFAULT", "fatal": "set_trap_table"}
FATAL = ("xen: FATAL: set_trap_table on vCPU 0, argument 0xffffffff82000000: "
         "-EFAULT (-14)")
CRASHED = "(XEN) [    2.9] Hardware Dom0 crashed: 'noreboot' set - not rebooting."


def test_our_table():
    boots = failures.load(TABLE)
    assert len({(boot["rule"], boot["bits"]) for boot in boots}) == len(boots)
    assert any(boot["fatal"] for boot in boots) and any(boot["online"] for boot in boots)


def test_every_column_is_explained():
    with open(TABLE, encoding="utf-8") as table:
        head = table.read().split("\n[[failure]]")[0]
    for column in ("call", "errnos", *failures.DEFAULTS):
        assert re.search(rf"^# {column}  ", head, re.M), column


def test_rules(tmp_path):
    path = tmp_path / "failures.toml"
    path.write_text("[[failure]]\ncall = 'a'\nerrnos = ['EINVAL', 'ENOMEM']\nafter = [0, 2]\n"
                    "fatal = 'a'\n[[failure]]\ncall = 'b'\nvcpu = 1\nerrnos = ['EIO']\n"
                    "times = 3\nonline = 2\n")
    assert [boot["rule"] for boot in failures.load(path)] == [
        "a:0:EINVAL", "a:0:EINVAL:1:2", "a:0:ENOMEM", "a:0:ENOMEM:1:2", "b:1:EIO:3"]


@pytest.mark.parametrize("text, why", [
    ("", "empty"),
    ("[[failure]]\nerrnos = ['EIO']\nfatal = 'a'", "call"),
    ("[[failure]]\ncall = 'a'\nfatal = 'a'", "errnos"),
    ("[[failure]]\ncall = 'a'\nerrnos = ['EIO']", "one of them"),
    ("[[failure]]\ncall = 'a'\nerrnos = ['EIO']\nfatal = 'a'\nonline = 1", "one of them"),
    ("[[failure]]\ncall = 'a'\nerrnos = ['EIO']\nfatal = 'a'\nwhat = 1", "column what"),
    ("[[failure]]\ncall = 'a'\nerrnos = ['EIO']\nfatal = 'a'\nbits = 16", "32 or 64"),
    ("[[failure]]\ncall = 'a'\nerrnos = ['EIO', 'EIO']\nfatal = 'a'", "twice"),
])
def test_bad_tables(tmp_path, text, why):
    path = tmp_path / "failures.toml"
    path.write_text(text)
    with pytest.raises(failures.BadTable, match=why):
        failures.load(path)


def judged(*lines):
    """What is wrong with a boot that said these lines."""
    seen = failures.Ending()
    for line in lines:
        seen.feed(line)
    return failures.judge_end(BOOT, seen)


def test_a_good_end():
    assert judged(FATAL, CRASHED) == ""


@pytest.mark.parametrize("lines, why", [
    ((), "0 lines"),
    ((CRASHED,), "0 lines"),
    ((FATAL,), "did not see"),
    ((FATAL, FATAL, CRASHED), "2 lines"),
    ((FATAL.replace("EFAULT", "EINVAL"), CRASHED), "the line is"),
    ((FATAL.replace("vCPU 0", "vCPU 1"), CRASHED), "the line is"),
    ((FATAL, CRASHED, "PVBOOT: init uptime=2"), "init was reached"),
])
def test_bad_ends(lines, why):
    assert why in judged(*lines)

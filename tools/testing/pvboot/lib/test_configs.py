# SPDX-License-Identifier: GPL-2.0
"""The table of configurations, and what would be wrong with one."""

import os
import re

import pytest

import configs
from named_rows import BadTable

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../distro/configs.toml")

BEFORE = """# CONFIG_A is not set
CONFIG_XEN=y
CONFIG_XEN_DEV_EVTCHN=m
# CONFIG_XEN_DOM0 is not set
CONFIG_HVC_XEN=y
"""


def test_our_table():
    names = {row["name"] for row in configs.load(TABLE)}
    assert {"cloud-amd64", "amd64", "no-smp", "no-dom0", "no-hvm", "no-ia32", "preempt", "kasan",
            "ibt", "w1", "clang"} <= names


def test_every_column_is_explained():
    with open(TABLE, encoding="utf-8") as table:
        head = table.read().split("\n[[config]]")[0]
    for column in configs.DEFAULTS:
        assert re.search(rf"^# {column}  ", head, re.M), column


@pytest.mark.parametrize("text, why", [
    ("", "empty"),
    ("why = 'b'", "empty"),
    ("[[config]]\nwhy = 'b'", "name"),
    ("[[config]]\nname = 'A b'\nwhy = 'b'", "name"),
    ("[[config]]\nname = 'a'", "why"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\n[[config]]\nname = 'a'\nwhy = 'b'", "twice"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nboot = ['dom0']", "column boot"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nset = ['SMP']", "SMP is not"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nset = ['CONFIG_SMP is not set']", "is not NAME"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\ncompiler = 'tcc'", "compiler tcc"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nboots = ['hvm']", "boot hvm"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nboots = ['dom0']\ntargets = ['arch/x86/']", "no bzImage"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\ntargets = []", "nothing"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nboots = ['ends']", "ends says"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nsays = 'no'", "ends says"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nrandom = 2\nboots = ['dom0']", "no other start"),
    ("[[config]]\nname = 'a'\nwhy = 'b'\nrandom = 2\nstart = 'amd64'", "no other start"),
    ("[[config", "Expected"),
])
def test_bad_tables(tmp_path, text, why):
    path = tmp_path / "configs.toml"
    path.write_text(text)
    with pytest.raises(BadTable, match=why):
        configs.load(path)


def test_random_rows(tmp_path):
    path = tmp_path / "configs.toml"
    path.write_text("[[config]]\nname = 'a'\nwhy = 'b'\nrandom = 12\n"
                    "[[config]]\nname = 'a-b'\nwhy = 'b'\n")
    rows = configs.load(path)
    assert [row["name"] for row in rows] == [f"a-{n}" for n in range(1, 13)] + ["a-b"]
    assert rows[1]["random"] == 2 and rows[1]["start"] == "random 2"
    for names, want in (([], 13), (["a"], 12), (["a-2"], 1), (["a-b"], 1), (["b"], 0)):
        assert len(configs.chosen(rows, names)) == want


def test_options_take_the_place_of_others():
    text = configs.edited(BEFORE, ["A=y", "XEN=n", 'NEW="a b"'])
    assert set(text.splitlines()) == {
        "CONFIG_A=y", "# CONFIG_XEN is not set", 'CONFIG_NEW="a b"', "CONFIG_XEN_DEV_EVTCHN=m",
        "# CONFIG_XEN_DOM0 is not set", "CONFIG_HVC_XEN=y"}


@pytest.mark.parametrize("option, taken", [
    ("XEN=y", True), ("XEN=n", False), ("XEN=m", False), ("A=n", True), ("A=y", False),
    ("NOWHERE=n", True), ("NOWHERE=y", False), ("NOWHERE=5", False)])
def test_options_that_kconfig_does_not_take(option, taken):
    assert configs.refused(BEFORE, [option]) == ([] if taken else [option])


@pytest.mark.parametrize("symbols, want", [
    ({"CFI_CLANG"}, ["SMP=n", "CFI_CLANG=y"]), ({"CFI", "CFI_CLANG"}, ["SMP=n", "CFI=y"])])
def test_an_option_that_has_another_name_now(symbols, want):
    assert configs.named(["SMP=n", "CFI_CLANG=y"], symbols) == want


def test_the_order_is_no_change():
    after = "\n".join(reversed(BEFORE.splitlines()))
    assert configs.xen_changes(BEFORE, after, set()) == ([], [])


@pytest.mark.parametrize("old, new", [
    ("CONFIG_XEN=y\n", ""),
    ("CONFIG_XEN_DEV_EVTCHN=m", "CONFIG_XEN_DEV_EVTCHN=y"),
    ("# CONFIG_XEN_DOM0 is not set", "CONFIG_XEN_DOM0=y"),
    ("CONFIG_HVC_XEN=y\n", "CONFIG_HVC_XEN=y\nCONFIG_XEN_NEW=y\n"),
    ("CONFIG_HVC_XEN=y\n", "CONFIG_HVC_XEN=y\n# CONFIG_XEN_THEIRS is not set\n"),
])
def test_a_change_is_wrong(old, new):
    wrong, names = configs.xen_changes(BEFORE, BEFORE.replace(old, new), {"XEN_NEW"})
    assert wrong and not names


def test_what_only_we_have_may_come_and_is_off():
    after = BEFORE + "# CONFIG_XEN_NEW is not set\n"
    assert configs.xen_changes(BEFORE, after, {"XEN_NEW"}) == ([], ["XEN_NEW"])


@pytest.mark.parametrize("own, hidden, good", [
    ({"XEN_NEW"}, {"XEN_NEW"}, True), ({"XEN_NEW"}, set(), False), (set(), {"XEN_NEW"}, False)])
def test_what_nobody_can_choose_may_be_on(own, hidden, good):
    wrong, names = configs.xen_changes(BEFORE, BEFORE + "CONFIG_XEN_NEW=y\n", own, hidden)
    assert not names and bool(wrong) != good


def test_nothing_to_compare_is_wrong():
    assert configs.xen_changes("CONFIG_A=y\n", "CONFIG_A=y\n", set())[0]

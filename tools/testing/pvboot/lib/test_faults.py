# SPDX-License-Identifier: GPL-2.0
"""The table of planted faults is read strictly, and a fault that is missed is told."""

import pytest

import bare
import faults

ROW = 'name = "a"\nfile = "vcpu.c"\nold = "b"\nnew = "c"\n'


def load(tmp_path, text):
    """What the table holds."""
    path = tmp_path / "faults.toml"
    path.write_text(text)
    return faults.load(path)


def test_good_table(tmp_path):
    """Columns that are left out are there, too."""
    assert load(tmp_path, "[[fault]]\n" + ROW)[0]["width"] == 64


@pytest.mark.parametrize("text", [
    "",
    "[[fault]]\n" + ROW.replace('name = "a"\n', ""),
    "[[fault]]\n" + ROW.replace('old = "b"\n', ""),
    "[[fault]]\n" + ROW.replace('new = "c"\n', ""),
    "[[fault]]\n" + ROW.replace('"c"', '"b"'),
    "[[fault]]\n" + ROW + "width = 16\n",
    "[[fault]]\n" + ROW + 'width = "64"\n',
    "[[fault]]\n" + ROW + "xen = true\n",
    "[[fault]]\n" + ROW + 'row = "a.b"\nend = "crash"\n',
    "[[fault]]\n" + ROW.replace("vcpu.c", "fake_vcpu.c") + 'row = "a.b"\n',
    2 * ("[[fault]]\n" + ROW),
    "[[fault]\n",
])
def test_bad_tables(tmp_path, text):
    """A wrong table is refused."""
    with pytest.raises(faults.BadTable):
        load(tmp_path, text)


def test_plant(tmp_path):
    """The fault is in the copy; one that has no place is refused."""
    fault = {"file": "vcpu.c", "old": "HYPERVISOR_vcpu_op(VCPUOP_up,", "new": "planted("}
    faults.plant(fault, tmp_path / "1")
    assert "planted(" in (tmp_path / "1/vcpu.c").read_text()
    with pytest.raises(ValueError):
        faults.plant(dict(fault, old="nowhere to be found"), tmp_path / "2")
    with pytest.raises(ValueError):
        faults.plant(dict(fault, old="return"), tmp_path / "3")


BEGUN = ["KTAP version 1", "1..3", "ok 1 a.b"]
HALTED = "(XEN) Hardware Dom0 halted: halting machine"
CRASHED = "(XEN) Hardware Dom0 crashed"


@pytest.mark.parametrize("lines, seen", [
    (BEGUN + ["not ok 2 a.c # FAILURE"], True),
    (BEGUN + ["not ok 2 a.c # ERROR"], True),
    (BEGUN + ["ok 2 a.c"], False),
    (BEGUN + ["ok 2 a.c # SKIP none here"], False),
    (BEGUN + ["not ok 2 a.d # FAILURE", "ok 3 a.c"], False),
    (BEGUN, False),
    ([], False),
])
def test_seen_by_a_row(lines, seen):
    """It is the row named that has to fail."""
    assert bare.fault_seen({"row": "a.c", "end": ""}, lines, "END", HALTED)[0] == seen


@pytest.mark.parametrize("lines, word, reason, seen", [
    (BEGUN + ["(XEN) crash here"], "END", CRASHED, True),
    (BEGUN + ["crash here"], "END", CRASHED, False),
    (BEGUN, "END", CRASHED, False),
    (BEGUN + ["(XEN) crash here"], "END", HALTED, False),
    (BEGUN + ["(XEN) crash here"], "HANG", "no end", False),
])
def test_seen_by_xen(lines, word, reason, seen):
    """It is Xen that has to say so, and to crash the domain."""
    fault = {"row": "", "end": "crash here"}
    assert bare.fault_seen(fault, lines, word, reason)[0] == seen


def test_listener():
    """The boot is over with the row's verdict, and with no other's."""
    listener = bare.FaultListener("a.c")
    listener.feed("ok 1 a.b")
    assert not listener.over()
    listener.feed("not ok 2 a.c # FAILURE")
    assert listener.over()

# SPDX-License-Identifier: GPL-2.0
"""The page of a boot: whole, alone, and true to what was said."""

import html
import os
import re
import subprocess
import sys

import pytest

import boot_page
import page
import page_checks
import pictures
import report
import timeline
from classify import CRASH, HANG, PASS, Classifier

XEN = ["(XEN) [000000001d91473e] Xen version 4.17.7 (Debian) x",
       "(XEN) [    2.054077] *** Building a PV Dom0 ***",
       "(XEN) [    4.350040] Freed 656kB init memory"]
LINUX = ["[    0.000000] Linux version 6.12.117 x",
         "[    0.000000] xen: callbacks registered by callback_op",
         "[    2.919560] smp: Bringing up secondary CPUs ...",
         "[    3.031873] smp: Brought up 1 node, 3 CPUs"]
INIT = ["[    4.494347] Run /init as init process", "[    5.1] PVBOOT: init uptime=4.6",
        "[    5.2] PVBOOT: cpus online=0-2 possible=0-2 count=3",
        "[    5.2] PVBOOT: vcpu=0 cpu=0 state=up callbacks=event,failsafe by=callback_op "
        "trap_vectors=22 trap_calls=3",
        "[    5.2] PVBOOT: vcpu=1 cpu=1 state=up callbacks=event by=callback_op trap_vectors=22 "
        "trap_calls=0",
        "[    5.2] PVBOOT: steps vcpu=1 cpu=1 vcpu_info=OK/1509 timer=OK/2356 up=OK/77",
        "[    5.3] PVBOOT: steps vcpu=2 cpu=2 vcpu_info=OK/45 timer=-EINVAL/210",
        "[    5.3] PVBOOT: calls set_trap_table=3 callback_op.event=1 vcpu_op.is_up=13",
        "[    5.4] PVBOOT: total vcpus=3 up=2 set_trap_table=3"]
DONE = ["[    5.5] PVBOOT: done report 0", "[    5.6] PVBOOT: verdict PASS"]
HERE = os.path.dirname(os.path.abspath(__file__))
HOSTILE = ("</td></table></svg><script>alert(1)</script><img src=http://x.invalid/ onerror=a> "
           "&amp; $x^$ \x1b[31m\x00 \"'")


class FakeRun:
    """A log with a line each tenth of a second."""

    init_seconds = 1.5

    def __init__(self, lines):
        self.lines = lines
        self.stamps = [0.1 * number for number in range(1, len(lines) + 1)]
        self.seconds = 5.0
        self.classifier = Classifier()
        for line in lines:
            self.classifier.feed(line)


def facts_of(lines, word=PASS, reason=""):
    """The report."""
    return report.build(FakeRun(lines), word, reason, {"vcpus": 3, "cmdline": ""})


def undrawn(*_):
    """In place of page.Pictures where it is not pictures that are looked at."""
    return ""


undrawn.why = None


def build(lines, word=PASS, reason="", commands=(("Linux", "quiet"),), draw=undrawn):
    """(page, Reader) of a log."""
    written = boot_page.build(facts_of(lines, word, reason), [("QEMU", "10.0.2")], commands, draw)
    return written, page_checks.read(written)


@pytest.fixture(name="no_matplotlib")
def fixture_no_matplotlib(monkeypatch):
    """As if it were not installed."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)


def has_pictures():
    """Whether this machine can draw."""
    draw = page.Pictures()
    draw(pictures.spans, "x", "x", "x", [("x", 0, 1, pictures.PLAIN, "x")], "s")
    return not draw.why


def needs_pictures():
    """The packages of make check have it; not so those of an old clone."""
    if not has_pictures():
        pytest.skip("no python3-matplotlib")


# --- the whole ---------------------------------------------------------------

@pytest.mark.parametrize("lines, word", [
    (XEN + LINUX + INIT + DONE, PASS), (XEN + LINUX, HANG), (XEN[:1], CRASH), ([], HANG)])
def test_it_is_whole_and_needs_nothing_else(lines, word):
    written, reader = build(lines, word, "" if word == PASS else "why", draw=page.Pictures())
    assert not reader.wrong
    assert not re.search(r"https?:", written)
    assert f"<title>{word}: " in written


def test_what_a_log_says_is_text_and_nothing_else():
    lines = XEN + LINUX + [f"xen: FATAL: {HOSTILE}", f"WARNING: {HOSTILE}",
                           f"[ 5.2] PVBOOT: calls {HOSTILE.replace(' ', '')}=3",
                           "[ 5.2] PVBOOT: steps vcpu=1 cpu=<b> <i>=<u>/1",
                           "[ 5.2] PVBOOT: vcpu=1 state=<script> callbacks=<s>,& by=\x1b"]
    written, reader = build(lines, CRASH, HOSTILE, [("Linux", HOSTILE)], page.Pictures())
    assert not reader.wrong
    assert written.count("<script") == 0 and "\x1b" not in written and "\x00" not in written
    assert sum("<script>alert(1)</script>" in word for word in reader.words) >= 4
    assert "<u>" in "".join(reader.words)


@pytest.mark.parametrize("old, new, why", [
    ("</table>", "", "ends what was not begun"), ("</body>", "<p></body>", "not begun"),
    ("<h1>", '<script src="http://x.invalid/x.js"></script><h1>', "<script>"),
    ("<h1>", '<img src="http://x.invalid/x.png"><h1>', "loads http"),
    ("<h1>", '<h1 onclick="x">', "onclick"), ("<h1>", '<h1 id="a"></h1><h1 id="a">', "of two"),
    ("<style>", "<style>@import 'x.css';", "style loads"),
    ("</html>", "", "without an end")])
def test_a_fault_in_a_page_is_seen(old, new, why):
    written, _ = build(XEN + LINUX + INIT + DONE)
    reader = page_checks.read(written.replace(old, new, 1))
    assert any(why in wrong for wrong in reader.wrong), reader.wrong


# --- what it says ------------------------------------------------------------

def cells(written):
    """The rows of all tables, as lists of words."""
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", written, re.S)]


def test_each_step_each_cpu_each_call_is_there():
    written, _ = build(XEN + LINUX + INIT + DONE)
    rows = cells(written)
    assert ["vCPU", "Linux's CPU", "all", "vcpu_info", "timer", "up"] in rows
    assert ["vCPU 1", "1", "3,942", "1,509", "2,356", "77"] in rows
    assert ["vCPU 2", "2", "255", "45", "-EINVAL (210)", "-"] in rows
    assert ["vcpu_op.is_up", "13"] in rows
    assert any(row[0] == "0" and "event, failsafe" in row for row in rows)
    assert ["secondary CPUs come up", "0.600", "0.700", "0.100"] in rows


def test_a_cpu_that_is_not_told_is_not_in_it():
    written, _ = build(XEN + LINUX + [line for line in INIT if "steps vcpu=2" not in line] + DONE)
    assert "vCPU 2" not in written


def test_steps_that_the_kernel_complains_of_before_init():
    lines = XEN + LINUX + ["[ 3.0] xen: steps vcpu=1 cpu=1 vcpu_info=OK/9 timer=-ENOMEM/2"]
    written, _ = build(lines, HANG, "x")
    assert ["vCPU 1", "1", "11", "9", "-ENOMEM (2)"] in cells(written)


def test_a_boot_that_hangs_says_where_it_was():
    written, _ = build(XEN + LINUX[:3], HANG, "in Linux, before init, 5 s")
    assert "the last line came after 0.60 s: [    2.919560] smp: Bringing up" in written
    assert "4.4 s later the harness stopped" in written
    assert ["secondary CPUs come up", "0.600", "5.000", "4.400"] in cells(written)


def test_a_boot_that_says_nothing_has_a_page():
    written, reader = build([], HANG, "before Xen spoke")
    assert not reader.wrong
    assert "not a line came" in written


def test_both_clocks_of_a_line():
    rows = cells(build(XEN + LINUX + INIT + DONE)[0])
    assert ["0.200", "2.054", "-", XEN[1]] in rows
    assert ["0.600", "-", "2.920", LINUX[2]] in rows
    # hexadecimal digits are no time
    assert ["0.100", "-", "-", XEN[0]] in rows


def test_phases_come_in_their_order_and_once():
    lines = XEN + LINUX + ["(XEN) [  9.9] late", LINUX[0]]
    names = [phase["what"] for phase in timeline.phases(list(enumerate(lines, 1)), 20)]
    assert names == [timeline.FIRST, "Xen", "Xen builds dom0",
                     "start of day, without a console yet", "Linux on one CPU",
                     "secondary CPUs come up", "Linux: drivers, initramfs"]


def test_a_kernel_without_a_ledger():
    written, reader = build(XEN + LINUX + INIT[:3] + DONE)
    assert not reader.wrong
    assert "its kernel has none" in written


def test_digits_without_end_are_no_number():
    facts = report.parse(["calls a=" + "9" * 5000 + " b=\N{SUPERSCRIPT TWO} c=7"])
    assert facts["calls"]["c"] == 7
    assert isinstance(facts["calls"]["a"], str)


# --- pictures ----------------------------------------------------------------

def test_each_picture_has_its_rows_as_text():
    needs_pictures()
    _, reader = build(XEN + LINUX + INIT + DONE, draw=page.Pictures())
    phases, steps, calls = ("\n".join(words) for words in reader.pictures)
    assert "secondary CPUs come up" in phases and "0.10 s" in phases
    assert "vCPU 1" in steps and "failed in timer: -EINVAL" in steps and "vcpu_info" in steps
    assert "callback_op.event" in calls and "13" in calls


def test_colours_are_the_pages_own():
    needs_pictures()
    written, _ = build(XEN + LINUX, HANG, "why", draw=page.Pictures())
    assert "#0101" not in written
    for variable in set(re.findall(r"var\(--(\w+)\)", written)):
        assert f"--{variable}:" in page.STYLE
    assert "fill: var(--bad)" in written


def test_without_matplotlib_the_numbers_are_there(tmp_path, capsys, no_matplotlib):
    path = tmp_path / "report.html"
    facts = facts_of(XEN + LINUX + INIT + DONE)
    assert page.leave(str(path), lambda draw: boot_page.build(facts, [], [], draw))
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "python3-matplotlib" in said
    written = path.read_text()
    reader = page_checks.read(written)
    assert not reader.wrong and not reader.pictures
    assert "no pictures without python3-matplotlib" in written
    assert ["vcpu_op.is_up", "13"] in cells(written)


def test_a_matplotlib_that_breaks_is_no_reason_to_fail(monkeypatch):
    monkeypatch.setattr(pictures, "draw", lambda *_: 1 / 0)
    written, reader = build(XEN + LINUX, draw=page.Pictures())
    assert not reader.wrong
    assert "no pictures: matplotlib: ZeroDivisionError" in written


# --- the file ----------------------------------------------------------------

def test_a_page_is_whole_or_not_there(tmp_path, capsys):
    path = str(tmp_path / "report.html")
    assert not page.leave(path, lambda draw: 1 / 0)
    assert not os.listdir(tmp_path)
    assert re.fullmatch(r"no report.html: ZeroDivisionError: .*\n", capsys.readouterr().err)
    assert not page.leave(str(tmp_path / "no/where.html"), lambda draw: "x")
    assert page.leave(path, lambda draw: "x")
    assert os.listdir(tmp_path) == ["report.html"]


# --- from make boot's own program on -----------------------------------------

def boot(directory, lines, out="out", version="10.0.2"):
    """boot.py with a shell in the place of QEMU that says these lines and ends."""
    (directory / "log").write_text("\n".join(lines) + "\n")
    program = directory / "qemu-system-x86_64"
    program.write_text(f'#!/bin/sh\n[ "$1" != --version ] || {{ echo QEMU emulator version '
                       f'{version}; exit; }}\ncat {directory}/log\n')
    program.chmod(0o755)
    for name in ("kernel", "initrd", "xen"):
        (directory / name).write_text(name)
    return subprocess.run(
        ["/usr/bin/python3", os.path.join(HERE, "../boot/boot.py"), "--vcpus", "3",
         *(word for name in ("kernel", "initrd", "xen")
           for word in (f"--{name}", str(directory / name))),
         "--out", str(directory / out)], capture_output=True, text=True, check=False,
        env=dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}"))


@pytest.mark.parametrize("lines, status, title", [
    (XEN + LINUX + INIT + DONE, 0, "PASS: "),
    (XEN + LINUX + ["xen: FATAL: callback_op on vCPU 0: -EINVAL (-22)"], 1, "CRASH: "),
    (XEN + LINUX, 1, "CRASH: ")])
def test_a_boot_leaves_a_page_however_it_ends(tmp_path, lines, status, title):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/report.html").write_text("of another boot")
    done = boot(tmp_path, lines)
    assert done.returncode == status, done.stderr
    assert re.search(r"^  page +\S*out/report\.html$", done.stdout, re.M)
    if status:
        assert done.stderr.splitlines()[-1].startswith(title)
    written = (tmp_path / "out/report.html").read_text()
    assert not page_checks.read(written).wrong
    assert f"<title>{title}" in written and "console=hvc0" in written
    assert not list(tmp_path.glob("out/*.part"))


def test_an_old_page_is_not_taken_for_that_of_a_boot_that_did_not_begin(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/report.html").write_text("of another boot")
    assert boot(tmp_path, [], version="7.2.1").returncode == 1
    assert not (tmp_path / "out/report.html").exists()


def test_a_domus_lines_are_told_from_dom0s(monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(HERE, "../domu"))
    import domu                         # pylint: disable=import-outside-toplevel
    stamps, lines = domu.of_domu([1, 2, 3, 4], [
        LINUX[0], "[ 9.0] PVBOOT: console domu| (early) " + LINUX[0],
        "[ 9.1] PVBOOT: console domu| " + LINUX[2], "[ 9.2] PVBOOT: console other| x"])
    assert (stamps, lines) == ([2, 3], [LINUX[0], LINUX[2]])

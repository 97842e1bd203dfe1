# SPDX-License-Identifier: GPL-2.0
"""How `make bench` reads, counts and writes: no way from silence to a figure."""

import json
import os
import re
import sys
import xml.dom.minidom

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lib")]

# pylint: disable=wrong-import-position
import bench                    # noqa: E402
import bench_page               # noqa: E402
import boots                    # noqa: E402
import figures                  # noqa: E402
import page                     # noqa: E402
import page_checks              # noqa: E402
import picture                  # noqa: E402
import rows                     # noqa: E402
import table                    # noqa: E402
import timeline                 # noqa: E402
from counters import BadCounters, Counters      # noqa: E402
from figures import Figure, Log, Missing        # noqa: E402

SAMPLE = os.path.join(HERE, "sample-counters.log")


class Names:
    """What the numbers of the sample stand for, without Xen's headers."""

    hypercalls = {0: "set_trap_table", 1: "mmu_update", 24: "vcpu_op", 30: "callback_op"}
    vcpu_ops = {0: "initialise", 1: "up", 3: "is_up", 8: "set_singleshot_timer"}


def sample():
    """The lines of a boot, Xen's counters at its end."""
    with open(SAMPLE, encoding="utf-8") as lines:
        return lines.read().splitlines()


def count(lines):
    """What Counters makes of them."""
    seen = Counters()
    for line in lines:
        seen.feed(line)
    return seen


# --- Xen's counters ----------------------------------------------------------

def test_counters_of_a_real_log():
    seen = count(sample())
    assert seen.complete
    calls = seen.named("hypercalls", Names.hypercalls)
    assert calls["set_trap_table"] == 26
    assert calls["callback_op"] == 6
    assert calls["vcpu_op"] >= sum(seen.named("vcpu_op commands", Names.vcpu_ops).values())
    assert "number 2" in calls


def test_counters_that_break_off_are_no_counters():
    lines = sample()
    end = next(i for i, line in enumerate(lines) if "calls from multicall" in line)
    seen = count(lines[:end])
    assert not seen.complete
    with pytest.raises(BadCounters, match="end"):
        seen.array("hypercalls")


def test_a_lost_line_of_counters_is_seen():
    lines = [line for line in sample() if "ARR24" not in line]
    with pytest.raises(BadCounters, match="torn"):
        count(lines).array("hypercalls")


def test_a_changed_count_is_seen():
    lines = [line.replace("ARR00[        26]", "ARR00[        99]") for line in sample()]
    with pytest.raises(BadCounters, match="total"):
        count(lines).array("hypercalls")


def test_a_xen_that_does_not_count_commands():
    seen = count([line for line in sample() if "vcpu_op commands" not in line])
    with pytest.raises(BadCounters, match="vcpu_op commands"):
        seen.array("vcpu_op commands")


def test_the_guest_cannot_say_counters():
    assert not count([line.replace("(XEN)", "") for line in sample()]).begun


# --- figures -----------------------------------------------------------------

SAID = ["init tsc=5000", "bench| warm-up ops=10 ns=999 tsc=9999",
        "bench| syscall ops=10 ns=100 tsc=2000", "bench| syscall ops=10 ns=300 tsc=2200",
        "bench| syscall ops=10 ns=200 tsc=9000"]
BEFORE = ["(XEN) [    0.000003] Freed 1024kB unused BSS memory",
          "(XEN) [    0.000004] Freed 656kB init memory",
          "(XEN) [    0.000009] Freed 656kB init memory"]
LINES = ["[    0.100000] smp: Bringing up secondary CPUs ...",
         "[    0.350000] smp: Brought up 1 node, 4 CPUs"]


def up(lines):
    """A Bringup that read these, a quarter of a second apart."""
    seen = figures.Bringup()
    for number, line in enumerate(lines):
        seen.feed(line, 5 + number / 4)
    return seen


def test_the_median_round_counts():
    log = Log(SAID)
    assert log.instructions("syscall") == 220
    assert log.nanoseconds("syscall") == 20
    assert Log(SAID, handover=figures.handover(BEFORE)).since_handover() == 5000 - 4000


def test_time_of_bringing_up():
    assert Log(SAID, up=up(LINES)).bringup(4) == pytest.approx(0.25e9)
    assert Log(SAID, up=up(LINES + LINES)).bringup(4) == pytest.approx(0.25e9)


@pytest.mark.parametrize("ask", [
    lambda log: log.instructions("fault"), lambda log: log.nanoseconds("fault"),
    lambda log: log.bringup(8), lambda log: log.init_time(),
    lambda log: Log([]).bringup(4), lambda log: Log([], up=up(LINES[:1])).bringup(4),
    lambda log: Log([], up=up(LINES[1:])).bringup(4),
    lambda log: Log(SAID[1:], handover=4).since_handover(),
    lambda log: Log(SAID, handover=figures.handover(BEFORE[:1])).since_handover(),
    lambda log: Log([], init=float("nan")).init_time(),
    lambda log: Log(["bench| fault ops=10 ns= tsc="]).instructions("fault"),
    lambda log: Figure([])])
def test_a_missing_figure_is_an_error_and_not_0(ask):
    with pytest.raises(Missing):
        ask(Log(SAID, up=up(LINES)))


def test_spread_and_ratio():
    ours, peer = Figure([30, 10, 20]), Figure([40, 80])
    assert (ours.median, ours.low, ours.high) == (20, 10, 30)
    assert figures.ratio(ours, peer) == pytest.approx(20 / 60)
    assert figures.ratio(ours, Figure([0])) is None


@pytest.mark.parametrize("ratio, target, verdict", [
    (0.6, 0.6, "met"), (0.6001, 0.6, "missed"), (2.0, None, None)])
def test_a_target_is_met_or_missed(ratio, target, verdict):
    assert figures.verdict({"name": "x", "ratio": ratio, "target": target}) == verdict


def test_a_target_without_a_ratio_is_an_error():
    with pytest.raises(Missing):
        figures.verdict({"name": "x", "ratio": None, "target": 0.5})


def test_start_of_day_leaves_the_clock_out():
    calls = {"set_trap_table": 2, "callback_op": 3, "mmu_update": 1000, "vcpu_op": 90}
    commands = {"initialise": 1, "up": 1, "set_singleshot_timer": 80, "is_up": 3}
    assert figures.start_of_day(calls, commands) == 10


# --- rows, table, JSON, picture ----------------------------------------------

BOOTS = {"counts": {"name": "counts", "vcpus": 2, "text": "2 vCPUs"},
         "plain": {"name": "plain", "vcpus": 4, "text": "4 vCPUs"}}
MEASURES = [
    {"what": "hypercalls", "boot": "counts", "take": "start_of_day", "text": "start of day",
     "unit": "calls", "native": True, "target": 0.5},
    {"what": "hypercalls", "boot": "counts", "take": "hypercalls", "text": "hypercalls",
     "unit": "calls", "native": True, "target": None},
    {"what": "instructions", "boot": "plain", "take": "instructions syscall",
     "text": "null system call", "unit": "instructions", "native": True, "target": 1.02}]


def logs():
    """Of three kernels: ours is as the peer, native spends half."""
    half = ["bench| syscall ops=10 ns=50 tsc=1100"]
    return {"counts": {side: [Log([], count(sample()))] for side in ("ours", "peer")},
            "plain": {"ours": [Log(SAID)], "peer": [Log(SAID)], "native": [Log(half)]}}


def built():
    """All rows of them."""
    return rows.build(BOOTS, MEASURES, logs(), Names)


def test_rows_of_hypercalls_by_name():
    found = {row["text"]: row for row in built()}
    assert found["all"]["ours"].median == 29460
    assert found["callback_op"]["ours"].median == 6
    assert found["  is_up"]["ratio"] == 1
    assert found["start of day"]["verdict"] == "missed"
    texts = list(found)
    assert texts.index("  set_singleshot_timer") == texts.index("vcpu_op") + 1


def test_calls_of_one_kind_and_of_all():
    def row(name):
        measure = MEASURES[1] | {"take": f"calls {name}", "target": 0.3}
        found, = rows.build(BOOTS, [measure], logs(), Names)
        return found

    assert (row("all")["ours"].median, row("callback_op")["peer"].median) == (29460, 6)
    assert row("all")["verdict"] == "missed"
    assert row("in_multicalls")["ours"].median == 33962
    with pytest.raises(Missing, match="no hypercall nothing"):
        row("nothing")


def test_what_xen_counts_beside_calls():
    def row(name):
        measure = MEASURES[1] | {"take": f"counted {name}", "target": None}
        found, = rows.build(BOOTS, [measure], logs(), Names)
        return found

    assert row("domain page tlb flushes")["ours"].median == 73
    assert row("mmuext ops")["peer"].median == 952
    with pytest.raises(BadCounters, match="does not count nothing"):
        row("nothing")


def test_what_a_cpu_more_takes():
    """For two CPUs 8 calls of mmu_update, 4 of the clock's and 6 invalid opcodes."""
    changes = {"ARR01[     18820]": "ARR01[     18828]", "ARR24[      1225]": "ARR24[      1229]",
               "ARR08[      1208]": "ARR08[      1212]", "ARR06[       526]": "ARR06[       532]"}
    text = "\n".join(sample())
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    more = count(text.splitlines())
    boots_of = BOOTS | {"more": {"name": "more", "vcpus": 4, "text": "4 vCPUs"}}
    measure = {"what": "bringup", "boot": "more", "less": "counts", "text": "", "unit": "calls",
               "native": True, "target": None}
    found = logs() | {"more": {side: [Log([], more)] for side in ("ours", "peer")}}
    values = {what: rows.build(boots_of, [measure | {"take": f"per_cpu {what}"}], found, Names)
              for what in ("hypercalls", "emulated")}
    assert values["hypercalls"][0]["ours"].median == 4
    assert values["emulated"][0]["ours"].median == 3


def test_a_figure_that_one_side_lacks_is_named():
    broken = logs()
    broken["plain"]["peer"] = [Log([])]
    with pytest.raises(Missing, match="instructions: null system call, peer: .*syscall"):
        rows.build(BOOTS, MEASURES, broken, Names)


def test_the_table_says_what_it_is_about():
    lines = table.build(built(), {"QEMU": "10.0.2", "runs": 3})
    assert lines[:2] == ["QEMU: 10.0.2", "runs: 3"]
    row = next(line for line in lines if "null system call" in line)
    assert row.split()[-7:] == ["220", "220", "1.000", "110", "<=", "1.02", "met"]
    assert lines[-1].startswith("targets: 1 of 2 met; missed: hypercalls: start of day (1.000")


def test_without_a_peer_there_is_no_ratio_and_no_target():
    """32 bits: ours, and ours without Xen."""
    alone = {boot: {side: found for side, found in sides.items() if side != "peer"}
             for boot, sides in logs().items()}
    lines = table.build(rows.build(BOOTS, MEASURES, alone, Names), {})
    row = next(line for line in lines if "null system call" in line)
    assert row.split()[-4:] == ["220", "-", "-", "110"]
    assert lines[-1] == "targets: none, without a peer"
    assert any(line.split()[:2] == ["callback_op", "6"] for line in lines)


@pytest.mark.parametrize("value, unit, text", [
    (26744.0, "calls", "26744"), (1234.5, "instructions", "1234"),
    (619385000.0, "instructions", "619.385 M"), (0.123, "us", "0.12"),
    (56.25, "ms", "56.25"), (156.25, "ms", "156.2"), (12.5, "calls", "12.50")])
def test_figures_have_the_digits_they_are_worth(value, unit, text):
    assert table.number(value, unit) == text


def test_spread_is_shown_where_there_is_one():
    assert table.spread(Figure([1, 2, 3]), "calls") == "2 (1..3)"
    assert table.spread(Figure([2, 2]), "calls") == "2"
    assert table.spread(None, "calls") == "-"


def test_the_picture_is_svg_with_a_bar_for_each_ratio():
    found = built()
    drawn = xml.dom.minidom.parseString(picture.build(found, {"QEMU": "<10>"}))
    bars = [rect for rect in drawn.getElementsByTagName("rect") if rect.getAttribute("x") == "330"]
    assert len(bars) == len(picture.chosen(found)) == 3


def paged(draw, lines=()):
    """(page, Reader) of all rows."""
    written = bench_page.build(built(), {"QEMU": "<10>", "runs": 3}, lines, draw)
    return written, page_checks.read(written)


def time_lines():
    """As execute() has them."""
    return [{"boot": "2 vCPUs", "side": side,
             "phases": [{"what": "Xen", "from": 0.5, "to": 1.25}]} for side in ("ours", "native")]


def test_the_page_is_whole_and_has_each_row():
    written, reader = paged(page.Pictures(), time_lines())
    assert not reader.wrong
    assert not re.search("https?:", written)
    words = "\n".join(reader.words)
    for row in built():
        assert row["text"].strip() in words
        assert table.spread(row["ours"], row["unit"]) in words
    assert "1 missed" in words and "<10>" in words and "vcpu_op: is_up" in words
    assert "2 vCPUs: ours without Xen" in words and "0.750" in words


def test_the_pages_pictures_have_a_bar_for_each_ratio():
    draw = page.Pictures()
    _, reader = paged(draw, time_lines())
    if draw.why and "python3-matplotlib" in draw.why:
        pytest.skip("no python3-matplotlib")
    drawn = "\n".join(word for words in reader.pictures for word in words)
    for row in picture.chosen(built()):
        assert f"{row['ratio']:.3f} = " in drawn
    assert "callback_op" in drawn and "2 vCPUs: ours" in drawn


def test_the_page_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    written, reader = paged(page.Pictures())
    assert not reader.wrong and not reader.pictures
    assert "no pictures without python3-matplotlib" in written


def test_a_boot_that_failed_has_a_page():
    failure = boots.Failed("HANG: cpus-2, peer: in Linux <b>, before init; see x")
    failure.time_line = timeline.build([(1.0, "(XEN) Xen version 4.17.7"), (2.0, LINES[0])], 9.0)
    written = bench_page.failed(failure, page.Pictures())
    reader = page_checks.read(written)
    assert not reader.wrong
    words = "\n".join(reader.words)
    assert "in Linux <b>, before init" in words and f"after 2.00 s: {LINES[0]}" in words


def test_files_are_whole_or_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "OUT", str(tmp_path))
    bench.report(built(), {"runs": 1}, time_lines())
    with open(tmp_path / "bench.json", encoding="utf-8") as file:
        facts = json.load(file)
    assert facts["measures"][0]["ours"]["runs"]
    assert facts["time_lines"] == time_lines()
    (tmp_path / "bench.json").unlink()
    monkeypatch.setattr(picture, "build", lambda *_: 1 / 0)
    monkeypatch.setattr(table, "build", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.report(built(), {"runs": 1})
    assert not os.path.exists(tmp_path / "bench.json")


# --- the table of measures, the plan, the end of a boot ----------------------

def test_the_tables_own_columns():
    machines, measures = boots.load(bench.MEASURES)
    used = {row[key] for row in measures for key in ("boot", "less") if key in row}
    assert used == set(machines)
    for row in measures:
        how, _, name = row["take"].partition(" ")
        if how in ("instructions", "time"):
            name = name.removesuffix("-off").removesuffix("-on")
            assert name in machines[row["boot"]]["guest"], row


PER_CPU_OF = """
[[boot]]
name = "y"
vcpus = 2
text = ""
[[measure]]
what = "x"
boot = "y"
text = ""
unit = "calls"
"""


@pytest.mark.parametrize("text, why", [
    ("", "empty"), ("[[boot]]\nname = 'x'", "missing"), ("[[measure", "Expected"),
    ("[[boot]]\nname = 'x'\nvcpus = '2'\ntext = ''", "vcpus"),
    ("[[boot]]\nname = 'x'\nvcpus = 2\ntext = ''\nxen = 'none'", "none"),
    ("[[measure]]\nwhat = 'x'\nboot = 'y'\ntake = 'init'\ntext = ''\nunit = 'us'", "boot"),
    (PER_CPU_OF + "take = 'per_cpu emulated'", "go together"),
    (PER_CPU_OF + "take = 'init'\nless = 'y'", "go together"),
    (PER_CPU_OF + "take = 'per_cpu emulated'\nless = 'z'", "no boot z")])
def test_a_bad_table_is_refused(tmp_path, text, why):
    path = tmp_path / "measures.toml"
    path.write_text(text)
    with pytest.raises(boots.BadTable, match=why):
        boots.load(path)


def test_sides_take_turns_and_exact_boots_are_made_once():
    machines = [{"name": "a", "exact": False, "native": False},
                {"name": "b", "exact": True, "native": True}]
    steps = [(boot["name"], side, run) for boot, side, run in bench.plan(machines, 2)]
    assert steps == [("a", "ours", 0), ("a", "peer", 0), ("a", "ours", 1), ("a", "peer", 1),
                     ("b", "ours", 0), ("b", "peer", 0), ("b", "native", 0)]


def test_a_boot_that_is_over_once_its_cpus_are_up():
    seen = boots.Listener(until_up=True)
    seen.feed(LINES[0])
    assert not seen.over()
    assert seen.outcome(True, 9, 9)[0] == "CRASH"
    seen.feed(LINES[1])
    assert seen.over()
    assert seen.outcome(False, 9, 9)[0] == "PASS"
    seen.feed("Kernel panic - not syncing: x")
    assert seen.outcome(False, 9, 9)[0] == "CRASH"


def test_a_boot_waits_for_the_counters():
    seen = boots.Listener(True)
    seen.feed("PVBOOT: verdict PASS")
    assert not seen.over()
    for line in sample():
        seen.feed(line)
    assert seen.over()


@pytest.mark.parametrize("line", [
    "PVBOOT: verdict FAIL ipi: no such device", "(XEN) Hardware Dom0 crashed: rebooting"])
def test_a_boot_that_failed_waits_for_nothing(line):
    seen = boots.Listener(True)
    seen.feed(line)
    assert seen.over()

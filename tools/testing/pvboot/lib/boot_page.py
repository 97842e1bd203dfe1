# SPDX-License-Identifier: GPL-2.0
"""The page of a boot: the report's facts, for someone who looks at them."""

import os
import shlex
import time

import guest
import page
import pictures
from classify import PASS

CLOCKS = (
    ("host", "Seconds since QEMU was started, by the clock of the machine that QEMU runs on, as "
     "a line arrives on the emulated serial port. The time line and its phases are by this clock. "
     "It tells when a line was heard, not when it was written: Linux keeps its first lines until "
     "it has a console, and writes them all at once; a domU's lines are heard when dom0 passes "
     "them on."),
    ("Xen's", "What stands before Xen's own lines, since Xen has a clock. Its first lines have the "
     "time stamp counter instead, in hexadecimal digits: that is no time, and is left out here."),
    ("Linux's", "What stands before Linux's lines. It is 0.000000 until Linux has a clock, which "
     "begins later than Xen's, and until the clock source is there it is held within a tick of "
     "the last tick: do not take times between early lines from it, those of CPUs that come up "
     "least of all."),
    ("of steps", "Microseconds by Xen's system time, which the kernel reads before and after each "
     "step of bringing a CPU up. This clock can be trusted as early as that."),
)
EMULATED = ("All this ran in an emulator, next to whatever else the host did: times tell where one "
            "boot spent its time, and are no measure of the kernel. make bench measures.")


def _verdict(facts):
    """(whether it is good, lines)"""
    last = facts["timeline"]["last"]
    lines = [facts["outcome"]]
    if facts["reason"]:
        lines.append(facts["reason"])
    if facts["outcome"] != PASS and last:
        line, came = last[-1]["line"], last[-1]["host"]
        words = "" if line.strip() in facts["reason"] else f": {line}"
        lines.append(f"the last line came after {came:.2f} s{words}")
        lines.append(f"{facts['timeline']['seconds'] - came:.1f} s later the harness stopped")
    elif not last:
        lines.append("not a line came")
    return facts["outcome"] == PASS, lines


def _seconds(value):
    return "-" if value is None else f"{value:.2f} s"


def _about(facts, versions, commands):
    """What was booted, and how."""
    up = facts["vcpus"]["up"]
    rows = [("Linux", facts["linux"] or "did not speak"), ("Xen", facts["xen"] or "did not speak")]
    if "dom0" in facts:
        rows.append(("Linux of dom0", facts["dom0"] or "did not speak"))
    rows += versions
    rows.append(("vCPUs up", f"{'?' if up is None else up} of {facts['vcpus']['asked']}"))
    rows += [("power-on to init", _seconds(facts["seconds"]["power_on_to_init"])),
             ("kernel to init, by Linux's clock", _seconds(facts["seconds"]["kernel_to_init"]))]
    rows += [(f"option {name}", "-" if value in ("", None) else str(value))
             for name, value in facts["options"].items()]
    return [page.heading("What was booted"), page.table("", (), rows),
            page.table("Command lines", (), commands, log=True)]


def time_line(found, failed, draw):
    """Phases and marks.  found: as timeline.build() has it"""
    rows = [(phase["what"], phase["from"], phase["to"],
             pictures.BAD if failed and phase is found["phases"][-1] else pictures.PLAIN,
             f"{phase['to'] - phase['from']:.2f} s") for phase in found["phases"]]
    said = ", ".join(f"{row[0]} {row[4]}" for row in rows)
    parts = [page.heading("Time line"),
             draw(pictures.spans, "phases", "Phases of the boot, by the host's clock", said, rows,
                  "seconds since QEMU was started"),
             page.table("Phases, by the host's clock, in seconds", ("phase", "from", "to", "took"),
                        [(phase["what"], phase["from"], phase["to"],
                          phase["to"] - phase["from"]) for phase in found["phases"]])]
    if failed:
        parts.append(page.paragraph("The last phase is the one in which the boot ended: it has the "
                                    "silence up to the end."))
    caption = "Steps that the log tells"
    if found["more_events"]:
        caption += f"; {found['more_events']} more are in serial.log"
    return parts + [lines_of(caption, found["events"])]


def lines_of(caption, marks):
    """Lines of the log with their clocks."""
    return page.table(caption, ("host", "Xen's clock", "Linux's", "line"), [
        (mark["host"], *(mark["clock"] if mark["by"] == who else None for who in ("Xen", "Linux")),
         mark["line"]) for mark in marks], log=True)


def clocks():
    """What is to be known of them."""
    return [page.heading("Which clock is which"),
            page.table("", ("clock", "what it is"), CLOCKS), page.paragraph(EMULATED)]


def written(draw):
    """When; and why there are no pictures, where there are none."""
    words = f"Written by pvboot on {time.strftime('%Y-%m-%d %H:%M:%S %z')}."
    if draw.why:
        words += f" It has {draw.why}; the tables have the numbers."
    return page.paragraph(words)


def _failure(row):
    """The step that failed, in words."""
    return next((f"{step['step']}: {step['result']}" for step in row["steps"]
                 if step["result"] != "OK"), "")


def _cpus(ledger, draw):
    """How each CPU came up."""
    rows = ledger["steps"]
    if not rows:
        return []
    names = list(dict.fromkeys(step["step"] for row in rows for step in row["steps"]))
    bars, cells = [], []
    for row in rows:
        took = {step["step"]: step for step in row["steps"]}
        total = sum(step["us"] or 0 for step in row["steps"])
        failure = _failure(row)
        label = f"vCPU {row['vcpu']}"
        bars.append((label, [(step["step"], (step["us"] or 0) / 1000) for step in row["steps"]],
                     f"{total / 1000:.2f} ms" + (f", failed in {failure}" if failure else ""),
                     bool(failure)))
        cells.append([label, row["cpu"], total, *(_step(took.get(name)) for name in names)])
    said = ", ".join(f"{bar[0]} {bar[2]}" for bar in bars)
    return [page.heading("Each CPU, step by step"),
            page.paragraph("The boot CPU is there from the beginning; these are the steps that "
                           "bring_up.c takes for each other CPU, at the last attempt. A step that "
                           "is missing was not reached."),
            draw(pictures.stacks, "steps", "Steps of bringing each CPU up", said, bars,
                 "milliseconds, by Xen's system time"),
            page.table("Microseconds of each step, with the error where it failed",
                       ("vCPU", "Linux's CPU", "all", *names), cells)]


def _step(step):
    """A step's cell: microseconds, or with the error."""
    if step is None or step["result"] == "OK":
        return step and step["us"]
    return f"{step['result']} ({step['us']})"


def _calls(ledger, draw):
    """Hypercalls of start of day by kind."""
    calls = {name: count for name, count in (ledger["calls"] or {}).items()
             if isinstance(count, int)}
    rows = [(name, [count]) for name, count in calls.items()]
    if not rows:
        return []
    return [page.heading("Hypercalls by kind"),
            page.paragraph("Those of start of day, which the kernel counts itself, of all vCPUs "
                           "together, until init read the ledger. make bench has all hypercalls, "
                           "as Xen counts them."),
            draw(pictures.counts, "calls", "Hypercalls of start of day by kind",
                 ", ".join(f"{name} {count}" for name, count in calls.items()), rows,
                 ["calls"], "calls"),
            page.table("", ("hypercall", "calls"), list(calls.items()))]


def _ledger(ledger):
    """What is registered with Xen for each vCPU."""
    if not ledger["vcpus"]:
        return []
    names = list(dict.fromkeys(name for row in ledger["vcpus"] for name in row))
    names.sort(key=lambda name: name != "vcpu")
    rows = [[", ".join(value) if isinstance(value, list) else value
             for value in map(row.get, names)] for row in ledger["vcpus"]]
    total = ", ".join(f"{name} {count}" for name, count in (ledger["total"] or {}).items())
    return [page.heading("The ledger"),
            page.table("xen/start_of_day in debugfs, as init read it", names, rows),
            page.paragraph(f"In all: {total or 'not told'}.")]


def _notable(facts):
    """What somebody complained of, and the end of the log."""
    parts = [page.heading("Notable lines of the log")]
    lines = [line for line in dict.fromkeys(
        [facts["reason"], *facts["complaints"]]) if line and line != facts["outcome"]]
    if lines:
        parts.append(page.table("Of a failure, warnings, errors", ("", "line"), [
            (str(number), line) for number, line in enumerate(lines, 1)], log=True))
    else:
        parts.append(page.paragraph("No warning, no error."))
    last = facts["timeline"]["last"]
    return parts + [lines_of(f"The last {len(last)} lines", last)]


def build(facts, versions, commands, draw):
    """The page.

    facts:    as report.json has them
    versions: [(of what, version)] that the facts do not have
    commands: [(whose, command line)]
    draw:     page.Pictures
    """
    ledger = facts["start_of_day"] or {"vcpus": [], "steps": [], "calls": None, "total": None}
    good, verdict = _verdict(facts)
    told = _cpus(ledger, draw) + _calls(ledger, draw) + _ledger(ledger)
    if not told:
        told = [page.heading("The ledger"), page.paragraph(
            "Not there: this boot did not come as far as to tell it, or its kernel has none.")]
    body = time_line(facts["timeline"], not good, draw) + told
    body += _notable(facts) + _about(facts, versions, commands)
    return page.document(facts.get("title", "Boot of Linux as dom0 on Xen"), good, verdict,
                         body + clocks() + [written(draw)])


def leave(directory, facts, machine, version, commands=()):
    """Write report.html, and print where it is.

    machine:  the Guest that was booted
    version:  QEMU's
    commands: [(whose, command line)] in place of the machine's own
    """
    path = os.path.join(directory, "report.html")
    commands = commands or [("Linux", machine.linux_line()), ("Xen", machine.xen_line())]
    commands = [*commands, ("QEMU", shlex.join(machine.arguments()))]
    if page.leave(path, lambda draw: build(facts, [("QEMU", version)], commands, draw)):
        print(f"  {'page':<15} {os.path.relpath(path, guest.ROOT)}", flush=True)

# SPDX-License-Identifier: GPL-2.0
"""The bare guest: how it is booted, and what it said.

Its verdict on each row is a line of KTAP.  FAILURE: Xen or the core does
otherwise than is written.  ERROR: the row, the guest or the boot broke.  A row
of the plan without a verdict is an ERROR: silence never passes.
"""

import os
import re
import tomllib

import guest
import qemu
from classify import Classifier
from run import Run

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
BUILD = os.path.join(guest.BUILD, "guest-bare")
XEN = {"debian": guest.XEN, "debug": guest.DEBUG_XEN}

# CPUs of the machine, as many as the guest has run; and vCPUs of the domain,
# since the 33rd is the first that has no vcpu_info of its own.
CPUS = 3
VCPUS = 33
MEM = 64

# Xen and all modules besides the guest's own memory; the guest may have all of
# it, and takes it for a moment.
AROUND = 448

# A boot needs 5 s, 10 with a debug Xen; so much where the host is busy.
TIMEOUT = 120

OPTIONS = (f"loglvl=all guest_loglvl=all console=com1 console_timestamps=boot noreboot "
           f"dom0_mem={MEM}M,max:{MEM + AROUND}M dom0_max_vcpus={VCPUS}")

PLAN = re.compile(r"1\.\.(\d+)$")
RESULT = re.compile(r"(not )?ok (\d+) (\S+)(?: # (\S+) ?(.*))?$")
XEN_LINE = re.compile(r"\(XEN\) ")
END = re.compile(r"\(XEN\) .*(?:Hardware Dom0 (?:crashed|halted|shutdown|watchdog)|Panic on CPU"
                 r"|Xen BUG at)")

KEYS = {"name": str, "width": int, "xen": str, "cpu": str, "options": str,
        "words": str, "says": str, "rows": int}


def load(path):
    """The boots of a table, with every key; ValueError for what is wrong."""
    with open(path, "rb") as table:
        boots = tomllib.load(table).get("boot", [])
    for boot in boots:
        for key, value in boot.items():
            if not isinstance(value, KEYS.get(key, ())):
                raise ValueError(f"{boot.get('name')}: {key} = {value!r}")
        if boot.get("width") not in (32, 64) or boot.get("xen") not in XEN:
            raise ValueError(f"{boot.get('name')}: width or xen")
        if bool(boot.get("says")) == bool(boot.get("rows")):
            raise ValueError(f"{boot.get('name')}: says or rows, one of them")
    return [dict({"cpu": "", "options": "", "words": "", "says": "", "rows": 0}, **boot)
            for boot in boots]


class Listener(Classifier):
    """Waits for the end of a domain that is not Linux, and whatever it may be."""

    def __init__(self):
        super().__init__()
        self.ending = None

    def feed(self, line):
        """One line of the log."""
        self.last = line.strip() or self.last
        if XEN_LINE.search(line):
            self.xen = "Xen"
        if END.search(line):
            self.ending = line.strip()

    def over(self):
        """True once Xen has said how the domain ended."""
        return self.ending is not None

    def outcome(self, gone, seconds, _quiet):
        """(word, reason): END or HANG."""
        if self.ending:
            return "END", self.ending
        what = "the machine ended" if gone else f"no end within {seconds:.0f} s"
        return "HANG", f"{what}; the last line: {self.last}"


class FaultListener(Listener):
    """Waits for the verdict on the row that has to see a fault, or for the end."""

    def __init__(self, row):
        super().__init__()
        self.row = row
        self.judged = False

    def feed(self, line):
        """One line of the log."""
        super().feed(line)
        result = RESULT.match(line)
        self.judged = self.judged or bool(result and result[3] == self.row)

    def over(self):
        """True once nothing more is to be known."""
        return self.judged or super().over()


def arguments(boot):
    """QEMU's; link_files made xen and guest.

    emulated: the guest skips what this emulator does other than hardware does.
    """
    words = qemu.machine(CPUS, MEM + AROUND)
    if boot["cpu"]:
        words = qemu.with_cpu(words, boot["cpu"])
    return words + [
        "-kernel", "xen", "-initrd", qemu.escape_module(f"guest emulated {boot['words']}".strip()),
        "-append", f"{OPTIONS} {boot['options']}".strip()]


def execute(boot, directory, guest="", listener=None):
    """Boot in the directory, by default what BUILD has; (lines, word, reason)."""
    qemu.link_files(directory, xen=XEN[boot["xen"]],
                    guest=guest or os.path.join(BUILD, f"guest_{boot['width']}"))
    run = Run(directory, arguments(boot), TIMEOUT, None, listener or Listener())
    word, reason = run.execute()
    return run.lines, word, reason


def rows(lines):
    """[(name, how, why)] of a run's lines; how: pass, skip, FAILURE or ERROR."""
    found = []
    planned = None
    said = []
    for line in lines:
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan and planned is None:
            planned = int(plan[1])
        elif result:
            bad, number, name, word, why = result.groups()
            if int(number) != len(found) + 1:
                found.append((name, "ERROR", f"number {number} comes after {len(found)}"))
            elif bad:
                found.append((name, word if word == "FAILURE" else "ERROR", "; ".join(said[-6:])))
            else:
                found.append((name, "skip" if word == "SKIP" else "pass", why or ""))
            said = []
        elif line.startswith(("# ", "Bail out!")):
            said.append(line.lstrip("# "))
    if planned is None:
        return found + [("plan", "ERROR", "the guest did not begin")]
    if len(found) < planned:
        found.append((f"row {len(found) + 1} of {planned}", "ERROR",
                      "no verdict; " + "; ".join(said[-6:])))
    if len(found) > planned:
        found.append(("plan", "ERROR", f"{len(found)} rows of {planned}"))
    names = [name for name, _, _ in found]
    found += [(name, "ERROR", "two rows have this name")
              for name in sorted({name for name in names if names.count(name) > 1})]
    return found


def judge(boot, lines, word, reason):
    """[(name, how, why)] of a boot, its end included."""
    if boot["says"]:
        begun = f"# {boot['words']}" in lines
        after = lines[lines.index(f"# {boot['words']}"):] if begun else []
        lives = any("lives on" in line for line in after)
        so = any(boot["says"] in line and XEN_LINE.search(line) for line in after)
        passed = word == "END" and so and not lives
        return [("end", "pass" if passed else "FAILURE" if begun else "ERROR",
                 f"Xen did not say {boot['says']!r}: {reason}")]
    found = rows(lines)
    good = word == "END" and "Hardware Dom0 halted" in reason and "# end" in lines
    found.append(("end", "pass" if good else "ERROR", f"{word}: {reason}"))
    run = sum(how != "skip" for _, how, _ in found)
    if run < boot["rows"]:
        found.append(("rows", "ERROR", f"{run} were run, not {boot['rows']} or more"))
    return found


def fault_seen(fault, lines, word, reason):
    """(seen, what was seen or why not) of a boot with a fault in the core."""
    if fault["end"]:
        said = [line for line in lines if XEN_LINE.search(line) and fault["end"] in line]
        good = word == "END" and "Hardware Dom0 crashed" in reason and said
        return bool(good), said[0] if said else f"Xen did not say {fault['end']!r}: {reason}"
    for name, how, why in rows(lines):
        if name == fault["row"]:
            return how in ("FAILURE", "ERROR"), f"{name}: {why or how}"
    return False, f"no verdict on {fault['row']}; {word}: {reason}"

# SPDX-License-Identifier: GPL-2.0
"""Reads a serial log line by line and says how the boot went.

Silence never passes: only init's own "verdict PASS" is a pass.

CRASH  Xen or Linux says that it died, or the machine is gone
HANG   nobody said so, but it does not come further
ERROR  init was reached, and its verdict was not PASS or never came; or the
       harness itself failed
"""

import re

PASS, CRASH, HANG, ERROR = "PASS", "CRASH", "HANG", "ERROR"

# The end of the machine: what can still come is a dump.
DEADLY = [re.compile(pattern) for pattern in (
    r"xen: FATAL: ",
    r"\(XEN\) .*domain_crash(?:_sync)? called",
    r"\(XEN\) .*Domain \d+ \(vcpu#\d+\) crashed",
    r"\(XEN\) .*Hardware Dom0 (?:crashed|halted|shutdown|watchdog)",
    r"\(XEN\) .*Panic on CPU",
    r"\(XEN\) .*Xen BUG at",
    r"Kernel panic - not syncing",
    r"PANIC: (?:early exception|double fault)",
)]

# A crash, too, but one that Linux may outlive and tell more about.
OOPSES = [re.compile(pattern) for pattern in (
    r"\bOops: ",
    r"BUG: (?:unable to handle|kernel NULL pointer|scheduling while atomic|stack guard)",
    r"kernel BUG at",
)]

# Not the end, but not right either.
COMPLAINTS = [re.compile(pattern) for pattern in (
    r"WARNING: ",
    r"BUG: ",
    r"INFO: (?:rcu|task) ",
    r"rcu: INFO: ",
    r"soft lockup",
    r"hard LOCKUP",
    r"Call Trace:",
    r"unchecked MSR access error",
    r"xen: .*refused",
    r"APIC ID mismatch",
    r"Dropping pending event",
    r"page allocation failure",
    r"nobody cared",
    r"bad p[gum4t][de] ",
    # What Xen has refused to do with a domain's memory.  Only a debug Xen says so.
    r"\(XEN\) .*\b(?:mm|ro-page-fault)\.c:\d+:d\d+v\d+ ",
    r"\(XEN\) .*\bBad (?:type|page|L[1-4] flags) ",
)]

# So many lines behind an expected one its trace is expected, too.
TRACE = re.compile(r"Call Trace:")
TRACE_LINES = 60

# What init found in the kernel's log at level error or worse.
ERROR_LEVEL = "kernel-error "

# What init says may hold such words: it is not the kernel that says them.
OURS = re.compile(r"PVBOOT: (.*)$")

PRINTK_TIME = re.compile(r"^\[\s*(\d+\.\d+)\]")
XEN_VERSION = re.compile(r"\(XEN\) (?:\[[^]]*\] )?Xen version (\S+)")
LINUX_VERSION = re.compile(r"Linux version (\S+)")


def _first(pattern, line):
    found = pattern.search(line)
    return found[1] if found else None


class Classifier:
    """Feed it lines; it knows how far the boot is.

    end:      the line with which the machine has to end after init's verdict
              (a shutdown), None where the verdict is the end
    expected: patterns of lines that this boot provokes: neither a crash nor
              a complaint; nor is the trace behind one
    """

    def __init__(self, end=None, expected=()):
        self.end = re.compile(end) if end else None
        self.expected = [re.compile(pattern) for pattern in expected]
        self.ended = False
        self.last = ""
        self.crash = None   # its first line, which is the reason
        self.dead = False
        self.init_time = None
        self.init_reached = False
        self.verdict = None
        self.why = ""
        self.said = []
        self.complaints = []
        self.excused = 0    # so many lines
        self.xen = None
        self.linux = None

    def feed(self, line):
        """One line of the log."""
        line = line.rstrip("\r\n")
        if line.strip():
            self.last = line.strip()
        ours = OURS.search(line)
        if ours:
            self._ours(ours[1])
            return
        if self.end and self.verdict and self.end.search(line):
            self.ended = True
            return
        self.xen = self.xen or _first(XEN_VERSION, line)
        self.linux = self.linux or _first(LINUX_VERSION, line)
        if "Run /init as init process" in line:
            self.init_time = float(_first(PRINTK_TIME, line) or "nan")
        self._judge(line)

    def _judge(self, line):
        # Xen gives the reason in the line below the one that says "panic".
        if self.crash and self.crash.endswith(":") and "Panic on CPU" in self.crash:
            self.crash += " " + line.removeprefix("(XEN) ").strip()
        self.excused -= 1
        if self._is_expected(line):
            self.excused = TRACE_LINES
            return
        if self.excused > 0 and TRACE.search(line):
            return
        if any(pattern.search(line) for pattern in DEADLY):
            self.dead = True
        if self.crash is None and any(p.search(line) for p in DEADLY + OOPSES):
            self.crash = line.strip()
        if any(pattern.search(line) for pattern in COMPLAINTS):
            self.complaints.append(line.strip())

    def _is_expected(self, line):
        return any(pattern.search(line) for pattern in self.expected)

    def _ours(self, text):
        self.said.append(text)
        if text.startswith(ERROR_LEVEL):
            if not self._is_expected(text):
                self.complaints.append(text)
            return
        if text.startswith("init "):
            self.init_reached = True
        elif text.startswith("verdict ") and self.verdict is None:
            word, _, self.why = text[len("verdict "):].partition(" ")
            self.verdict = word

    def over(self):
        """True once no further line can change the outcome."""
        if self.dead or self.ended:
            return True
        return self.verdict is not None and (self.end is None or self.verdict != "PASS")

    def stage(self):
        """How far the boot came, in words."""
        if self.verdict:
            return "after the verdict"
        if self.init_reached:
            return "after init"
        if self.linux:
            return "in Linux, before init"
        if self.xen:
            return "in Xen, before Linux spoke"
        return "before Xen spoke"

    def outcome(self, gone, seconds, quiet):
        """(word, reason) when the log is at its end.

        gone: QEMU ended by itself.  Else it was stopped: because over() is
        true, or because its time, so many seconds, is over; the last so many
        of them were quiet.
        """
        if self.crash is not None:
            return CRASH, self.crash
        if self.verdict == "PASS" and (self.end is None or self.ended):
            return PASS, ""
        if self.verdict not in (None, "PASS"):
            return ERROR, f"verdict {self.verdict} {self.why}".strip()
        if gone and self.init_reached:
            return ERROR, f"the machine ended {self.stage()}, not as it should"
        if gone:
            return CRASH, f"the machine ended {self.stage()}"
        if self.init_reached and not self.verdict and quiet < seconds / 4:
            return ERROR, f"init gave no verdict within {seconds:.0f} s"
        return HANG, (f"{self.stage()}, {seconds:.0f} s, the last line: "
                      f"{self.last or 'none'}")

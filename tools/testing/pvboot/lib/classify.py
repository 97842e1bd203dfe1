# SPDX-License-Identifier: GPL-2.0
"""Reads a serial log line by line and says how the boot went.

Silence never passes: only init's own "verdict PASS" is a pass.

CRASH  Xen or Linux says that it died
HANG   nothing said it died, but nothing moved any more
ERROR  init was reached, and its verdict was not PASS or never came; or the
       harness itself failed
"""

import re

PASS, CRASH, HANG, ERROR = "PASS", "CRASH", "HANG", "ERROR"

# The first that is found gives the reason; nothing after it can be trusted.
CRASHES = [re.compile(pattern) for pattern in (
    r"\(XEN\) .*domain_crash(?:_sync)? called",
    r"\(XEN\) .*Domain \d+ \(vcpu#\d+\) crashed",
    r"\(XEN\) .*Hardware Dom0 (?:crashed|halted|shutdown|watchdog)",
    r"\(XEN\) .*Panic on CPU",
    r"\(XEN\) .*Xen BUG at",
    r"Kernel panic - not syncing",
    r"\bOops: ",
    r"BUG: (?:unable to handle|kernel NULL pointer|scheduling while atomic|stack guard)",
    r"kernel BUG at",
    r"Internal error: ",
    r"PANIC: (?:early exception|double fault)",
    r"xen_pv: fatal",
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
)]

# A verdict's part of the log may name such words: it is not the kernel's.
OURS = re.compile(r"PVBOOT: (.*)$")

PRINTK_TIME = re.compile(r"^\[\s*(\d+\.\d+)\]")
XEN_VERSION = re.compile(r"\(XEN\) (?:\[[^]]*\] )?Xen version (\S+)")
LINUX_VERSION = re.compile(r"Linux version (\S+)")


class Classifier:
    """Feed it lines; it knows how far the boot is."""

    def __init__(self):
        self.lines = 0
        self.last = ""
        self.crash = None
        self.init_time = None
        self.init_reached = False
        self.verdict = None
        self.why = ""
        self.said = []
        self.complaints = []
        self.xen = None
        self.linux = None

    def feed(self, line):
        """One line of the log, its end of line cut off."""
        line = line.rstrip("\r\n")
        self.lines += 1
        if line.strip():
            self.last = line.strip()
        ours = OURS.search(line)
        if ours:
            self._ours(ours[1])
            return
        self._versions(line)
        if "Run /init as init process" in line:
            stamp = PRINTK_TIME.match(line)
            self.init_time = float(stamp[1]) if stamp else None
        if self.crash is None and any(p.search(line) for p in CRASHES):
            self.crash = line.strip()
        if any(p.search(line) for p in COMPLAINTS):
            self.complaints.append(line.strip())

    def _ours(self, text):
        self.said.append(text)
        if text.startswith("init "):
            self.init_reached = True
        elif text.startswith("verdict ") and self.verdict is None:
            word, _, self.why = text[len("verdict "):].partition(" ")
            self.verdict = word

    def _versions(self, line):
        if self.xen is None:
            found = XEN_VERSION.search(line)
            self.xen = found[1] if found else None
        if self.linux is None:
            found = LINUX_VERSION.search(line)
            self.linux = found[1] if found else None

    def over(self):
        """True once no further line can change the outcome."""
        return self.crash is not None or self.verdict is not None

    def stage(self):
        """How far the boot came, in words."""
        if self.init_reached:
            return "after init"
        if self.linux:
            return "in Linux, before init"
        if self.xen:
            return "in Xen, before Linux spoke"
        return "before Xen spoke"

    def outcome(self, ended, seconds, quiet):
        """(word, reason) when the log is at its end.

        ended: QEMU is gone, or its line closed.  Else the time is over:
        after this many seconds, the last of which were quiet.
        """
        if self.crash is not None:
            return CRASH, self.crash
        if self.verdict == "PASS":
            return PASS, ""
        if self.verdict is not None:
            return ERROR, f"verdict {self.verdict} {self.why}".strip()
        if ended:
            if self.init_reached:
                return ERROR, "the machine ended after init without a verdict"
            return CRASH, f"the machine ended {self.stage()}"
        if self.init_reached and quiet < seconds / 4:
            return ERROR, f"init gave no verdict within {seconds:.0f} s"
        return HANG, (f"{self.stage()}, {seconds:.0f} s, the last line: "
                      f"{self.last or 'none'}")

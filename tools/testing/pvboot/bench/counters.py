# SPDX-License-Identifier: GPL-2.0
"""Xen's own counters, as its key "p" prints them on the serial line."""

import re

# Three times Ctrl-A turns the line from dom0 to Xen.
KEYS = b"\x01\x01\x01p"

BEGIN = re.compile(r"\(XEN\).*Xen performance counters SHOW")
HEAD = re.compile(r"\(XEN\) (?:\[[^]]*\] )?(\S.*?) +TOTAL\[ *(\d+)\]")
ENTRY = re.compile(r"ARR(\d+)\[ *(\d+)\]")

# The arrays that are wanted, and the counter behind them in Xen's list: once
# that one is there, they are complete.  It is wanted, too: calls inside multicalls,
# of which the arrays have none.
EXCEPTIONS = "exceptions"
HYPERCALLS = "hypercalls"
VCPU_OPS = "vcpu_op commands"
IN_MULTICALLS = LAST = "calls from multicall"


class BadCounters(Exception):
    """What was printed cannot be relied on; one line."""


class Counters:
    """Feed it the lines of a log; it keeps what Xen counted."""

    def __init__(self):
        self.begun = False
        self.complete = False
        self.arrays = {}
        self.totals = {}
        self.current = None

    def feed(self, line):
        """One line."""
        if BEGIN.search(line):
            self.begun = True
            return
        if not self.begun or self.complete:
            return
        head = HEAD.match(line)
        if head:
            self.current = head[1]
            self.totals[self.current] = int(head[2])
            self.arrays[self.current] = {}
            self.complete = self.current == LAST
        elif self.current and line.startswith("(XEN)"):
            for number, count in ENTRY.findall(line):
                self.arrays[self.current][int(number)] = int(count)

    def array(self, name):
        """[count of entry 0, of entry 1, ...]; BadCounters where it is torn."""
        if not self.complete:
            raise BadCounters("Xen's counters did not come to their end")
        if name not in self.arrays:
            raise BadCounters(f"Xen does not count {name}")
        entries = self.arrays[name]
        if not entries or sorted(entries) != list(range(len(entries))):
            raise BadCounters(f"Xen's counters of {name} are torn")
        # The total is taken first, and the guest's clock goes on meanwhile.
        if not 0 <= sum(entries.values()) - self.totals[name] <= 50:
            raise BadCounters(f"Xen's counters of {name} do not make up their total")
        return [entries[number] for number in range(len(entries))]

    def total(self, name):
        """What one counter has come to, or an array in all."""
        if not self.complete:
            raise BadCounters("Xen's counters did not come to their end")
        if name not in self.totals:
            raise BadCounters(f"Xen does not count {name}")
        return self.totals[name]

    def in_multicalls(self):
        """How many calls were made inside multicalls."""
        return self.total(IN_MULTICALLS)

    def named(self, name, names):
        """{name: count} of an array; a number that has no name keeps the number."""
        return {names.get(number, f"number {number}"): count
                for number, count in enumerate(self.array(name)) if count}


def numbers(path, prefix):
    """{number: name} of a public header's #define PREFIXname number."""
    with open(path, encoding="utf-8") as header:
        found = re.findall(rf"^#define {prefix}(\w+)[ \t]+(\d+)\b", header.read(), re.M)
    if not found:
        raise BadCounters(f"{path} names no {prefix}*")
    return {int(number): name for name, number in found}

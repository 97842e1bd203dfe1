# SPDX-License-Identifier: GPL-2.0
"""From the logs of boots to figures with their spread and ratio.

A figure that is wanted and is not there is a Missing, never a 0.
"""

import re
import statistics

import counters

ROUND = re.compile(r"bench\| (\S+) ops=(\d+) ns=(\d+) tsc=(\d+)$")
BORN = re.compile(r"init tsc=(\d+)$")
HANDOVER = re.compile(r"\(XEN\) \[ *(\d+)\.(\d{6})\] Freed \d+kB init memory")
BRINGING_UP = re.compile(r"^\[ *\d+\.\d+\] smp: Bringing up secondary CPUs")
BROUGHT_UP = re.compile(r"^\[ *\d+\.\d+\] smp: Brought up \d+ nodes?, (\d+) CPUs?")

# Commands of vcpu_op that serve the clock, not start of day.
TIMERS = ("set_periodic_timer", "stop_periodic_timer", "set_singleshot_timer",
          "stop_singleshot_timer")
START_OF_DAY = ("set_trap_table", "callback_op", "set_callbacks")


class Missing(Exception):
    """A boot did not leave what was to be measured; one line."""


class Bringup:
    """When, by the host's clock, the kernel said that CPUs come up and are up.

    Not by the kernel's own time stamps: so early its clock is held within a
    tick of the last tick, and CPUs come up in less.
    """

    def __init__(self):
        self.begin = None
        self.end = None
        self.cpus = None

    def feed(self, line, seconds):
        """A line, and when it came."""
        if self.begin is None and BRINGING_UP.match(line):
            self.begin = seconds
        found = BROUGHT_UP.match(line)
        if found and self.end is None:
            self.end = seconds
            self.cpus = int(found[1])


def handover(lines):
    """Xen's time in ns at its last word before dom0; None where it is not there."""
    for line in lines:
        found = HANDOVER.match(line)
        if found:
            return int(found[1]) * 10**9 + int(found[2]) * 10**3
    return None


class Log:
    """What one boot said.

    said:     init's lines, without their prefix
    counts:   Counters, where Xen was asked for them
    init:     the kernel's time at "Run /init", in seconds
    up:       Bringup
    handover: Xen's time, in ns, as it starts dom0
    """

    def __init__(self, said, counts=None, init=None, up=None, handover=None):
        self.said = said
        self.counts = counts
        self.init = init
        self.up = up
        self.handover = handover

    def rounds(self, name):
        """[(ops, ns, tsc)] of one of the guest's measures."""
        found = [ROUND.match(text) for text in self.said]
        rounds = [tuple(map(int, match.groups()[1:])) for match in found
                  if match and match[1] == name]
        if not rounds:
            raise Missing(f"the guest gave no figure of {name}")
        return rounds

    def instructions(self, name):
        """Of one operation: the median of the rounds."""
        return statistics.median(tsc / ops for ops, _, tsc in self.rounds(name))

    def nanoseconds(self, name):
        """The same by the guest's clock."""
        return statistics.median(ns / ops for ops, ns, _ in self.rounds(name))

    def since_handover(self):
        """From Xen's last word before it starts dom0 to the start of init, in ns.

        By the time stamp counter and Xen's clock, which begins a little later.
        """
        born = [int(match[1]) for match in map(BORN.match, self.said) if match]
        if not born:
            raise Missing("init did not tell when it began")
        if self.handover is None:
            raise Missing("Xen did not say that it is done with its own boot")
        return born[0] - self.handover

    def init_time(self):
        """The kernel's clock at the line "Run /init", in ns."""
        if self.init is None or self.init != self.init:
            raise Missing('the log has no "Run /init" with a time')
        return self.init * 1e9

    def bringup(self, cpus):
        """Nanoseconds from the first secondary CPU to the last."""
        up = self.up
        if not up or up.begin is None or up.end is None:
            raise Missing("the log does not say when the CPUs came up")
        if up.cpus != cpus:
            raise Missing(f"{up.cpus} CPUs came up, not {cpus}")
        return (up.end - up.begin) * 1e9


class Names:
    """What the numbers in Xen's counters stand for, by Xen's public headers."""

    def __init__(self, include="/usr/include/xen"):
        self.hypercalls = counters.numbers(f"{include}/xen.h", "__HYPERVISOR_")
        self.vcpu_ops = counters.numbers(f"{include}/vcpu.h", "VCPUOP_")


def hypercalls(log, names):
    """({name: count}, {command: count}) of a boot; sums besides."""
    calls = log.counts.named(counters.HYPERCALLS, names.hypercalls)
    commands = log.counts.named(counters.VCPU_OPS, names.vcpu_ops)
    if not calls:
        raise Missing("Xen counted no hypercall")
    if sum(commands.values()) > calls.get("vcpu_op", 0) + 50:
        raise Missing("there are more commands of vcpu_op than calls of it")
    return calls, commands


def start_of_day(calls, commands):
    """How many of them are start of day's."""
    return (sum(calls.get(name, 0) for name in START_OF_DAY)
            + sum(count for name, count in commands.items() if name not in TIMERS))


# What grows with a boot's length or with its words, not with CPUs
NOT_BRINGUP = ("sched_op", "set_timer_op", "console_io")

# Exceptions by which Xen gets an instruction to emulate: invalid opcode, as
# CPUID has it behind Xen's prefix, and general protection
EMULATED = (6, 13)


def of_bringup(log, names):
    """Hypercalls without the clock's, the scheduler's and the console's."""
    calls, commands = hypercalls(log, names)
    return (sum(count for name, count in calls.items() if name not in NOT_BRINGUP)
            - sum(commands.get(name, 0) for name in TIMERS))


def emulated(log, _names):
    """Instructions that Xen emulated, or looked at for that."""
    entries = log.counts.array(counters.EXCEPTIONS)
    return sum(entries[vector] for vector in EMULATED)


PER_CPU = {"hypercalls": of_bringup, "emulated": emulated}


def per_cpu(what, pairs, cpus, names):
    """Figure of one CPU more: pairs of logs, of which the second has fewer by cpus."""
    count = PER_CPU[what]
    return Figure([(count(more, names) - count(less, names)) / cpus for more, less in pairs])


class Figure:
    """The values of some runs, and what is said of them."""

    def __init__(self, values):
        if not values:
            raise Missing("no value")
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.low = min(self.values)
        self.high = max(self.values)

    def facts(self):
        """As JSON has it."""
        return {"median": self.median, "min": self.low, "max": self.high, "runs": self.values}


def ratio(ours, peer):
    """Of the medians; None without a peer, and where its is 0, of which nothing is a part."""
    return ours.median / peer.median if peer and peer.median else None


def verdict(row):
    """met, missed, or None where there is no target."""
    if row.get("target") is None:
        return None
    found = row["ratio"]
    if found is None:
        raise Missing(f"{row['name']}: the target has no peer to be held against")
    return "met" if found <= row["target"] else "missed"

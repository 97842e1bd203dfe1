# SPDX-License-Identifier: GPL-2.0
"""When a boot did what, by the host's clock: from the log's lines to facts."""

import re

# A phase begins with the first line of its pattern that comes after the one before;
# a boot that never says so, as one with a single CPU, goes without.
FIRST, AFTER = "QEMU, its firmware, the loader", "after the verdict"
LINUX = r"^\[ *\d+\.\d+\] "
PHASES = [(re.compile(pattern), what) for pattern, what in (
    (r"^\(XEN\) ", "Xen"),
    (r"^\(XEN\) .*Building a PV Dom0", "Xen builds dom0"),
    (r"^\(XEN\) .*Freed \d+kB init memory", "start of day, without a console yet"),
    (LINUX + "Linux version", "Linux on one CPU"),
    (LINUX + "smp: Bringing up secondary CPUs", "secondary CPUs come up"),
    (LINUX + "smp: Brought up", "Linux: drivers, initramfs"),
    (LINUX + "Run /init as init process", "init begins"),
    (LINUX + "PVBOOT: init ", "what init was told to do"),
    (LINUX + "PVBOOT: verdict ", AFTER),
)]

# Lines that mark how far it is
EVENTS = re.compile("|".join((
    r"^\(XEN\) .*(?:Xen version|Building a PV Dom0|Brought up \d+ CPUs|Freed \d+kB init memory)",
    LINUX + r"(?:Linux version|Xen PV: Detected|xen: callbacks|xen:events: |installing Xen timer"
    r"|printk: legacy console|smp: B|clocksource: Switched|sched_clock: Marking|xen: CPU \d+"
    r"|xen: steps|smpboot: CPU \d+ is now offline|Run /init"
    r"|PVBOOT: (?:init|linux|cpus|done|verdict) )",
    r"xen: FATAL: ", r"Kernel panic - not syncing")))
MOST_EVENTS = 200
TAIL = 40

XEN_TIME = re.compile(r"^\(XEN\) \[ *(\d+\.\d{6})\]")
LINUX_TIME = re.compile(r"^\[ *(\d+\.\d+)\]")


def own_clock(line):
    """("Xen", 2.054077), or ("Linux", ...), or (None, None): what the line says itself."""
    for who, pattern in (("Xen", XEN_TIME), ("Linux", LINUX_TIME)):
        found = pattern.match(line)
        if found:
            return who, float(found[1])
    return None, None


def mark(seconds, line):
    """A line with its clocks, as JSON has it."""
    who, clock = own_clock(line)
    return {"host": round(seconds, 3), "by": who, "clock": clock, "line": line}


def phases(stamped, end, first=FIRST):
    """[{what, from, to}]: each from its line to that of the next; the last to the end."""
    found = [{"what": first, "from": 0.0}]
    left = list(PHASES)
    for seconds, line in stamped:
        for number, (pattern, what) in enumerate(left):
            # Xen's lines are in between as long as it lives: only one of them is its first.
            if pattern.search(line):
                found.append({"what": what, "from": round(seconds, 3)})
                del left[:number + 1]
                break
    for phase, follower in zip(found, found[1:] + [{"from": round(end, 3)}]):
        phase["to"] = follower["from"]
    # The harness listens no longer than it has to.
    if found[-1]["what"] == AFTER and end - found[-1]["from"] < 0.1:
        found.pop()
    return found


def build(stamped, end, first=FIRST):
    """What the page and the JSON have of it.

    stamped: [(seconds since QEMU was started, line)]
    end:     when the harness stopped to listen
    first:   what was going on until the first line
    """
    stamped = [(seconds, line) for seconds, line in stamped if line.strip()]
    events = [mark(*pair) for pair in stamped if EVENTS.search(pair[1])]
    return {"phases": phases(stamped, end, first), "seconds": round(end, 3),
            "events": events[:MOST_EVENTS], "more_events": len(events[MOST_EVENTS:]),
            "last": [mark(*pair) for pair in stamped[-TAIL:]]}

# SPDX-License-Identifier: GPL-2.0
"""The table of measures.toml, and the boots that it takes."""

import os
import time
import tomllib

import counters
import figures
import guest
import releases
import timeline
from classify import PASS, Classifier
from progress import Progress
from run import Run

BUILD = guest.BUILD
KERNELS = {"ours": "kernel", "peer": "peer/kernel", "native": "kernel"}
# No other 32-bit kernel runs on Xen.
SIDES = ("ours", "peer", "native") if releases.BITS == "64" else ("ours", "native")
XEN = {"debian": guest.XEN, "counting": guest.DEBUG_XEN}
INITRD = os.path.join(BUILD, "bench/guest/initramfs.gz")

# By default all CPUs share one run queue, and its lock is handed on in order.  Where
# the machine has more CPUs than the host that runs QEMU, the next in order is often
# one that the host has put aside, while the others wait: a CPU went off and on in
# anything from 30 to 300 ms.  With a queue, and a lock, for each CPU it does not.
# Then vCPUs have to be held where they are, or two of them may end up on one CPU,
# where a call from one to the other takes a quarter of the instructions.
XEN_LINE = "credit2_runqueue=cpu dom0_vcpus_pin"

# Seconds; alone on two host CPUs a boot takes less than half a minute, one that
# counts instructions a minute and a half.
TIMEOUT = 300
EXACT_TIMEOUT = 1200

BOOT = {"name": str, "vcpus": int, "mem": int, "xen": str, "exact": bool, "native": bool,
        "guest": list, "until_up": bool, "text": str}
MEASURE = {"what": str, "boot": str, "take": str, "text": str, "unit": str, "native": bool,
           "target": float, "less": str}
TAKES = ("hypercalls", "calls", "counted", "start_of_day", "init", "handover", "bringup",
         "instructions", "time", "per_cpu")
UNITS = ("calls", "instructions", "us", "ms")


class BadTable(Exception):
    """The table says something that means nothing; one line."""


def _typed(kind, row, types, must):
    for key, value in row.items():
        if not isinstance(value, types.get(key, ())):
            raise BadTable(f"{kind} {row.get('name', row.get('text'))}: {key} = {value!r}")
    for key in must:
        if key not in row:
            raise BadTable(f"{kind} {row}: {key} is missing")


def load(path):
    """({name: boot}, [measure]) of the table, each with every column."""
    with open(path, "rb") as file:
        try:
            table = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise BadTable(str(error)) from error
    boots = {}
    for row in table.get("boot", []):
        _typed("boot", row, BOOT, ("name", "vcpus", "text"))
        boots[row["name"]] = {"mem": guest.MEM, "xen": "debian", "exact": False, "native": False,
                              "guest": [], "until_up": False} | row
        if boots[row["name"]]["xen"] not in XEN:
            raise BadTable(f"boot {row['name']}: there is no Xen {row['xen']}")
    measures = []
    for row in table.get("measure", []):
        _typed("measure", row, MEASURE, ("what", "boot", "take", "text", "unit"))
        if row["boot"] not in boots or row["unit"] not in UNITS:
            raise BadTable(f"measure {row['text']}: boot or unit")
        if row["take"].split()[0] not in TAKES:
            raise BadTable(f"measure {row['text']}: take = {row['take']}")
        if row["take"].startswith("per_cpu") != ("less" in row):
            raise BadTable(f"measure {row['text']}: per_cpu and less go together")
        if row.get("less", row["boot"]) not in boots:
            raise BadTable(f"measure {row['text']}: there is no boot {row['less']}")
        measures.append({"native": True, "target": None} | row)
    if not measures:
        raise BadTable("the table is empty")
    return boots, measures


class Listener(Classifier):
    """Knows what a boot waits for.

    counting: for Xen's counters, after init's verdict
    until_up: for all CPUs to be up, and for nothing else
    """

    def __init__(self, counting=False, until_up=False):
        super().__init__()
        self.counts = counters.Counters() if counting else None
        self.until_up = until_up
        self.up = figures.Bringup()

    def feed(self, line):
        """One line of the log."""
        super().feed(line)
        self.up.feed(line, time.monotonic())
        if self.counts:
            self.counts.feed(line)

    def over(self):
        """True once no further line can change the outcome."""
        if self.until_up and self.up.cpus:
            return True
        waiting = self.counts and self.verdict == PASS and not self.counts.complete
        return super().over() and not waiting

    def outcome(self, gone, seconds, quiet):
        """(word, reason) when the log is at its end."""
        if self.until_up and self.up.cpus and self.crash is None:
            return PASS, ""
        return super().outcome(gone, seconds, quiet)


class Asking(Run):
    """Asks Xen for its counters as soon as init has nothing more to say."""

    asked = False

    def heard(self, child):
        """A line has come."""
        seen = self.classifier
        if seen.counts and seen.verdict and not self.asked:
            self.asked = True
            child.send(counters.KEYS)


def image(boot, side):
    """The kernel to boot.

    Xen takes the image that is packed into a bzImage as well.  Where instructions
    are counted, unpacking would take as long as all of the rest.
    """
    packed = side == "native" or not boot["exact"]
    return os.path.join(BUILD, KERNELS[side], "arch/x86/boot",
                        "bzImage" if packed else "compressed/vmlinux.bin")


def command_line(boot):
    """More words for Linux; those behind "--" are init's.

    norandmaps: where a program's memory lies decides how many page tables it
    takes, and that is to be the same for each kernel.
    tsc=nowatchdog: on a busy host Linux takes the counter for unstable, and
    changes its clock in the middle of a measure.
    """
    return " ".join(["norandmaps", "tsc=nowatchdog", "cgroup_disable=memory", "--"] +
                    boot["guest"])


class Failed(Exception):
    """A boot that did not end as it should; one line.

    time_line: when it did what
    """

    time_line = None


def time_line(run):
    """When it did what, by the host's clock."""
    return timeline.build(list(zip(run.stamps, run.lines)), run.seconds)


def execute(boot, side, directory, head, plugin=None):
    """Boot one side's kernel; (Log, Run), or Failed with the reason.

    plugin: of QEMU's, which has a look at it
    """
    counting = boot["xen"] == "counting"
    machine = guest.Guest(
        vcpus=boot["vcpus"], mem=boot["mem"], kernel=image(boot, side), initrd=INITRD,
        cmdline=command_line(boot), xencmdline=XEN_LINE,
        xen=None if side == "native" else XEN[boot["xen"]],
        exact=boot["exact"], timeout=EXACT_TIMEOUT if boot["exact"] else TIMEOUT, plugin=plugin)
    progress = Progress(head)
    listener = Listener(counting, boot["until_up"])
    run, word, reason = machine.boot(directory, progress, listener, Asking)
    seen = run.classifier
    if word == PASS and counting and not seen.counts.complete:
        word, reason = "ERROR", "Xen did not print its counters"
    if word != PASS:
        progress.done("failed")
        log = os.path.relpath(run.log, guest.ROOT)
        failure = Failed(f"{word}: {boot['name']}, {side}: {reason}; see {log}")
        failure.time_line = time_line(run)
        raise failure
    progress.done("up")
    log = figures.Log(seen.said, seen.counts, seen.init_time, seen.up,
                      figures.handover(run.lines))
    return log, run

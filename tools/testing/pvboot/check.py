#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the layers of tests, fastest first, and counts: check.py [--long] [LAYER...]

--long runs what takes too long for every day.  The last line is "N passed, N
failed"; build/check/summary.json has it, too, and summary-long.json for --long.

$CHECK_UNTIL, in seconds since 1970, is when it is too late to begin a layer of
MAY_BE_LEFT_OUT: it is not run then, and a line says so.
"""

import itertools
import json
import os
import queue
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
PVBOOT = "tools/testing/pvboot"
LIB = os.path.join(ROOT, PVBOOT, "lib")

sys.path.insert(0, LIB)
from progress import clock          # noqa: E402
from releases import BASE, BITS, BUILD, OWN_BASE, other_base, other_xen  # noqa: E402

OUT = os.path.join(BUILD, "check")

PYTEST = ["/usr/bin/python3", "-m", "pytest", "-p", "counts", "-p", "no:cacheprovider",
          "-v", "--tb=short", "--no-header", "-rN", "--durations=20", "--durations-min=1",
          "-o", "console_output_style=classic"]
# Boots take minutes: -s lets them say how far they are.
BOOTING = PYTEST + ["-s"]
ENV = "/usr/bin/env"

# Name, what it proves, command; the first word is looked for, so that a layer
# that is not there is a failure.
LAYERS = (
    ("lint", "the kernel's standards", ["scripts/lint"]),
    ("docs", "the documentation builds without a warning", ["scripts/docs"]),
    ("overlay", "into a tree and out again", PYTEST + [f"{PVBOOT}/overlay"]),
    # The one that takes a compiler for each patch is a long one.
    ("series", "the patches for review are the overlay",
     PYTEST + [f"{PVBOOT}/series", "-k", "not real_builds"]),
    ("fixes", "patches for upstream's own files apply, alone and together",
     PYTEST + [f"{PVBOOT}/fixes", "-k", "not real_boots"]),
    # One more test of lint builds with a fault for each compiler: by hand,
    # since it takes minutes.
    ("harness", "the harness and lint can fail",
     PYTEST + [LIB, f"{PVBOOT}/lint", f"{PVBOOT}/bench", f"{PVBOOT}/profile", "-k",
               "not real_builds"]),
    ("bases", "our files compile over the other Linux too", PYTEST + [f"{PVBOOT}/bases"]),
    ("unit", "the core over a fake Xen", [f"{PVBOOT}/unit/run.py", "check"]),
    ("bare", "Xen's contract, by a bare guest",
     PYTEST + [f"{PVBOOT}/guest/test_guest.py", f"{PVBOOT}/guest/test_faults.py"]),
    ("boot", "Linux on Xen", BOOTING + [f"{PVBOOT}/boot/test_boot.py"]),
    ("failures", "hypercalls that fail", BOOTING + [f"{PVBOOT}/boot/test_failures.py"]),
    ("domu", "Linux as a domU", BOOTING + [f"{PVBOOT}/domu/test_domu.py"]),
    ("broken", "broken kernels are seen", BOOTING + [f"{PVBOOT}/boot/test_broken.py"]),
    # `make check BITS=32` has all of them.
    ("bits-32", "a 32-bit Linux on Xen",
     [ENV, "BITS=32"] + BOOTING + [f"{PVBOOT}/boot/test_boot.py", "-k",
                                   "without-xen or vcpus-1 or vcpus-2"]),
)

# What a layer needs that no other does, made when it is its turn: a kernel of its own
# takes as long as all boots of the other one.
PREPARED = {"bits-32": [f"{PVBOOT}/prepare/target", "check-32"]}

# Where there is a time to end, these are not begun after it.
MAY_BE_LEFT_OUT = ("bits-32",)

# Layers that take one CPU, and neither a machine nor the kernel's build: two at a time
# where they follow each other.  Machines are not for that: beside another one, vCPUs that
# wait for each other on two CPUs of the host take five times as long.
SIDE_BY_SIDE = ("docs", "overlay", "series", "fixes", "harness")

# Layers that say something of another base than the one that is taken by default, and of
# 32 bits
OF_A_BASE = ("bare", "boot", "failures", "domu")
OF_32_BITS = ("lint", "boot", "failures", "domu", "broken")

# What of make check is about a Linux, and what about a Xen
MACHINES = [f"{PVBOOT}/boot/test_boot.py", f"{PVBOOT}/domu/test_domu.py"]

# The same for what takes too long for every day; it is told by $PVBOOT_LONG.
LONG_LAYERS = (
    ("lint-32", "the compiler and sparse, with 32 bits", [ENV, "BITS=32", "scripts/lint"]),
    ("series", "the tree builds after each patch for review, and boots",
     BOOTING + [f"{PVBOOT}/series/test_builds.py", "-k", "real_builds"]),
    ("fixes", "upstream's kernel fails without each of them, and not with it",
     BOOTING + [f"{PVBOOT}/fixes", "-k", "real_boots"]),
    ("unit", "planted faults in the core and in memory's files",
     [f"{PVBOOT}/unit/run.py", "faults"]),
    ("boot", "Linux on Xen: many CPUs, many times", BOOTING + [f"{PVBOOT}/boot/test_boot.py"]),
    ("domu", "Linux as a domU, many times", BOOTING + [f"{PVBOOT}/domu/test_domu.py"]),
    ("bits-32", "what make check has, with 32 bits",
     [ENV, "-u", "PVBOOT_LONG", "BITS=32"] + BOOTING +
     [f"{PVBOOT}/boot", f"{PVBOOT}/domu/test_domu.py"]),
    ("other-base", "what make check has of Linux, with the other base",
     [ENV, "-u", "PVBOOT_LONG", f"BASE={other_base()}"] + BOOTING + MACHINES +
     [f"{PVBOOT}/boot/test_failures.py"]),
    ("other-xen", "what make check has of Linux, on the other Xen",
     [ENV, "-u", "PVBOOT_LONG", f"XEN_VERSION={other_xen()}"] + BOOTING + MACHINES),
    ("broken", "more broken kernels", BOOTING + [f"{PVBOOT}/boot/test_broken.py"]),
    ("image", "an image on a machine with disks", BOOTING + [f"{PVBOOT}/image/test_image.py"]),
    ("distro", "configurations of a distribution, and unusual ones",
     BOOTING + [f"{PVBOOT}/distro/test_distro.py"]),
)


def counted(layer, output, status, path):
    """(passed, [failed]) of a layer: its own counts, else one for the whole."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as counts:
            found = json.load(counts)
        passed, failed = found["passed"], found["failed"]
    else:
        last = output[-1] if output else ""
        said = re.fullmatch(r"(\d+) passed, (\d+) failed", last.strip())
        passed = int(said[1]) if said else int(status == 0)
        failed = [layer] * int(said[2]) if said else []
    # Whoever ends badly has failed, whatever was counted before.
    if status != 0 and not failed:
        failed = [f"{layer}: ended with status {status}"]
    if not passed and not failed:
        failed = [f"{layer}: nothing was tested"]
    return passed, failed


def show(line):
    """One line of a layer's output."""
    print(line, end="", flush=True)


def run(layer, command, say=show):
    """Run one layer, with each line of its output said; (passed, [failed])."""
    path = os.path.join(OUT, f"{layer}.json")
    if os.path.exists(path):
        os.unlink(path)
    if not all(os.path.exists(os.path.join(ROOT, word)) for word in command if "/" in word):
        return 0, [f"{layer}: {command[-1]} is not there"]
    environment = dict(os.environ, PYTHONPATH=LIB, PYTHONDONTWRITEBYTECODE="1",
                       PVBOOT_COUNTS=path, PYTHONUNBUFFERED="1")
    output = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace") as child:
        for line in child.stdout:
            output.append(line)
            say(line)
    return counted(layer, output, child.returncode, path)


def run_and_end(name, command, lines):
    """The same into a queue, with None at its end."""
    try:
        return run(name, command, lines.put)
    finally:
        lines.put(None)


def run_beside(layers, head):
    """Run layers two at a time, each shown in its turn; [(passed, [failed])]."""
    with ThreadPoolExecutor(2) as pool:
        said = [queue.SimpleQueue() for _ in layers]
        running = [pool.submit(run_and_end, name, command, lines)
                   for (name, _, command), lines in zip(layers, said)]
        try:
            for layer, lines in zip(layers, said):
                head(layer)
                for line in iter(lines.get, None):
                    show(line)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [layer.result() for layer in running]


def run_all(layers):
    """Run them in their order; {name: (passed, [failed])}."""
    start, numbers = time.monotonic(), itertools.count(1)
    results = {}

    def head(layer):
        print(f"layer {next(numbers)} of {len(layers)}: {layer[0]} ({layer[1]}) ... "
              f"{clock(time.monotonic() - start)}", flush=True)

    for beside, group in itertools.groupby(layers, lambda layer: layer[0] in SIDE_BY_SIDE):
        group = list(group)
        if beside and len(group) > 1:
            results |= zip([layer[0] for layer in group], run_beside(group, head))
            continue
        for layer in group:
            head(layer)
            if is_too_late(layer[0]):
                print(f"{layer[0]} is left out: it is later than CHECK_UNTIL", flush=True)
                continue
            results[layer[0]] = prepare(layer[0]) or run(layer[0], layer[2])
    return results


def is_too_late(layer):
    """Whether a layer is not to be begun any more."""
    until = os.environ.get("CHECK_UNTIL")
    return layer in MAY_BE_LEFT_OUT and until is not None and time.time() > int(until)


def prepare(layer):
    """Make what a layer alone needs; where that fails, what it counts as."""
    command = PREPARED.get(layer)
    if command and subprocess.run(command, cwd=ROOT, check=False,
                                  stdin=subprocess.DEVNULL).returncode:
        return 0, [f"{layer}: what it needs could not be made"]
    return None


def main(wanted, table=LAYERS, summary="summary.json"):
    """Run the layers wanted, or all."""
    until = os.environ.get("CHECK_UNTIL", "0")
    if not re.fullmatch(r"\d+", until):
        print(f"check: CHECK_UNTIL={until}: not seconds since 1970", file=sys.stderr)
        return 2
    unknown = set(wanted or ()) - {layer[0] for layer in table}
    if unknown:
        print(f"check: no layer is called {' or '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if not wanted and BASE != OWN_BASE:
        wanted = OF_A_BASE
    if not wanted and BITS == "32":
        wanted = OF_32_BITS
    layers = [layer for layer in table if not wanted or layer[0] in wanted]
    os.makedirs(OUT, exist_ok=True)
    start = time.monotonic()
    results = run_all(layers)
    passed = sum(good for good, _ in results.values())
    failed = [name for _, bad in results.values() for name in bad]
    left_out = [layer[0] for layer in layers if layer[0] not in results]
    for name in left_out:
        print(f"LEFT OUT {name}")
    for name in failed:
        print(f"FAILED {name}")
    with open(os.path.join(OUT, summary), "w", encoding="utf-8") as out:
        json.dump({"passed": passed, "failed": failed, "layers": list(results),
                   "complete": len(results) == len(table),
                   "seconds": round(time.monotonic() - start)}, out, indent=2)
        out.write("\n")
    print(f"{passed} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        if sys.argv[1:2] == ["--long"]:
            os.environ["PVBOOT_LONG"] = "1"
            sys.exit(main(sys.argv[2:], LONG_LAYERS, "summary-long.json"))
        os.environ.pop("PVBOOT_LONG", None)
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Measures our kernel beside upstream's on Xen in QEMU: a table of ratios.

`make bench` calls it with the options that `options` has checked.
"""

import argparse
import functools
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../lib")]

# pylint: disable=wrong-import-position
import bench_page       # noqa: E402
import boots            # noqa: E402
import counters         # noqa: E402
import figures          # noqa: E402
import guest            # noqa: E402
import page             # noqa: E402
import picture          # noqa: E402
import qemu             # noqa: E402
import rows             # noqa: E402
import table            # noqa: E402

MEASURES = os.path.join(HERE, "measures.toml")
OUT = os.path.join(guest.BUILD, "bench")
WHERE = os.path.relpath(OUT, guest.ROOT)


def arguments():
    """The options; make passes each of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--what", default="", help="sections, parted by blanks; all by default")
    return parser.parse_args()


def plan(machines, runs):
    """[(boot, side, number of the run)]: sides in turn, so that they share the weather."""
    return [(boot, side, run)
            for boot in machines
            for run in range(1 if boot["exact"] else runs)
            for side in boots.SIDES
            if side != "native" or boot["native"]]


def execute(steps):
    """Make the boots; ({boot: {side: [Log]}}, {Linux or Xen: version}, time lines).

    A time line is that of the first boot of its kind.
    """
    logs, versions, lines = {}, {}, {}
    shutil.rmtree(os.path.join(OUT, "boots"), ignore_errors=True)
    for number, (boot, side, run) in enumerate(steps, 1):
        head = f"boot {number} of {len(steps)}: {boot['name']}, {side} ..."
        log, booted = boots.execute(
            boot, side, os.path.join(OUT, "boots", boot["name"], f"{side}-{run + 1}"), head)
        logs.setdefault(boot["name"], {}).setdefault(side, []).append(log)
        lines.setdefault((boot["text"], side), boots.time_line(booted))
        if side != "native":
            versions[f"Linux ({side})"] = booted.classifier.linux
        if booted.classifier.xen:
            versions[f"Xen ({boot['xen']})"] = booted.classifier.xen
    return logs, versions, [{"boot": boot, "side": side, "phases": line["phases"]}
                            for (boot, side), line in lines.items()]


def write(name, text):
    """A file of the result, whole or not at all."""
    page.write(os.path.join(OUT, name), text)


def leave(build):
    """Write the page; whether it is there."""
    return page.leave(os.path.join(OUT, "bench.html"), build)


def report(found, about, time_lines=()):
    """Write table, JSON and picture; the table's lines."""
    lines = table.build(found, about)
    facts = {"about": about, "measures": [rows.facts(row) for row in found],
             "time_lines": list(time_lines)}
    write("bench.json", json.dumps(facts, indent=2) + "\n")
    if "peer" in boots.SIDES:
        write("bench.svg", picture.build(found, about))
    write("bench.txt", "\n".join(lines) + "\n")
    return lines


def main():
    """Boot, count, print."""
    options = arguments()
    version = qemu.check_version()
    machines, measures = boots.load(MEASURES)
    wanted = options.what.split()
    measures = [row for row in measures if not wanted or row["what"] in wanted]
    if not measures:
        raise boots.BadTable(f"nothing to measure for {options.what}")
    used = {row[key] for row in measures for key in ("boot", "less") if key in row}
    names = figures.Names()
    before = os.getloadavg()[0]
    page.remove(os.path.join(OUT, "bench.html"))
    logs, versions, time_lines = execute(plan(
        [boot for boot in machines.values() if boot["name"] in used], options.runs))
    about = {"QEMU": version} | dict(sorted(versions.items())) | {
        "runs": options.runs, "CPUs of the host": os.cpu_count(),
        "load of the host before": f"{before:.1f}"}
    found = rows.build(machines, measures, logs, names)
    print("\n".join([""] + report(found, about, time_lines)), flush=True)
    if "peer" not in boots.SIDES:
        print(f"{WHERE} has bench.txt and bench.json of it", flush=True)
        return 0
    told = leave(lambda draw: bench_page.build(found, about, time_lines, draw))
    print(f"{WHERE} has bench.txt, bench.json and bench.svg of it" +
          (f", and {WHERE}/bench.html is a page of it" if told else ""), flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except boots.Failed as failure:
        if leave(functools.partial(bench_page.failed, failure)):
            print(f"  page            {WHERE}/bench.html")
        print(failure, file=sys.stderr)
    except (boots.BadTable, counters.BadCounters, figures.Missing, qemu.QemuError,
            OSError) as failure:
        print(f"ERROR: {failure}", file=sys.stderr)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)

# SPDX-License-Identifier: GPL-2.0
"""From the logs of all boots to the rows of the table."""

import figures
from figures import Figure, Missing

# Of figures in ns or instructions
PER_UNIT = {"instructions": 1, "us": 1e3, "ms": 1e6}


def _take(measure, boot, log):
    """One boot's figure of a measure, in the measure's unit."""
    how, _, name = measure["take"].partition(" ")
    values = {
        "init": log.init_time,
        "handover": log.since_handover,
        "bringup": lambda: log.bringup(boot["vcpus"]),
        "instructions": lambda: log.instructions(name),
        "time": lambda: log.nanoseconds(name),
    }
    return values[how]() / PER_UNIT[measure["unit"]]


def _row(measure, boot, found):
    """A row of {side: Figure}."""
    row = {"what": measure["what"], "name": f"{measure['what']}: {measure['text'].strip()}",
           "text": measure["text"], "unit": measure["unit"], "boot": boot["text"],
           "target": measure["target"] if found.get("peer") else None}
    for side in ("ours", "peer", "native"):
        row[side] = found.get(side)
    row["ratio"] = figures.ratio(row["ours"], row["peer"])
    row["verdict"] = figures.verdict(row)
    return row


def _sides(measure, logs):
    return [side for side in logs if side != "native" or measure["native"]]


def _plain(measure, boot, logs):
    found = {}
    for side in _sides(measure, logs):
        try:
            found[side] = Figure([_take(measure, boot, log) for log in logs[side]])
        except Missing as error:
            text = f"{measure['what']}: {measure['text'].strip()}"
            raise Missing(f"{text}, {side}: {error}") from error
    return [_row(measure, boot, found)]


def _start_of_day(measure, boot, logs, names):
    found = {side: Figure([figures.start_of_day(*figures.hypercalls(log, names))
                           for log in logs[side]]) for side in logs}
    return [_row(measure, boot, found)]


def _calls(measure, boot, logs, names):
    """One hypercall, all of them, or those inside multicalls."""
    name = measure["take"].split()[1]

    def value(log):
        if name == "in_multicalls":
            return log.counts.in_multicalls()
        calls, _ = figures.hypercalls(log, names)
        if name == "all":
            return sum(calls.values())
        if name not in names.hypercalls.values():
            raise Missing(f"there is no hypercall {name}")
        return calls.get(name, 0)

    found = {side: Figure([value(log) for log in logs[side]]) for side in logs}
    return [_row(measure, boot, found)]


def _counted(measure, boot, logs):
    """One of Xen's other counters."""
    name = measure["take"].partition(" ")[2]
    found = {side: Figure([log.counts.total(name) for log in logs[side]]) for side in logs}
    return [_row(measure, boot, found)]


def _counts(measure, boot, logs, names):
    """A row for the sum and for each hypercall; commands follow vcpu_op."""
    counted = {side: [figures.hypercalls(log, names) for log in logs[side]] for side in logs}

    def row(text, value):
        found = {side: Figure([value(*run) for run in runs]) for side, runs in counted.items()}
        return _row(measure | {"text": text}, boot, found)

    def order(text):
        return -(text["peer"] or text["ours"]).median, -text["ours"].median, text["text"]

    runs = [run for side in counted.values() for run in side]
    calls = sorted({name for run in runs for name in run[0]})
    commands = sorted({name for run in runs for name in run[1]})
    sum_row = row("all", lambda calls, _: sum(calls.values()))
    call_rows = [row(name, lambda calls, _, name=name: calls.get(name, 0)) for name in calls]
    command_rows = [row(f"  {name}", lambda _, commands, name=name: commands.get(name, 0))
                    for name in commands]
    rows = [sum_row]
    for found in sorted(call_rows, key=order):
        rows.append(found)
        if found["text"] == "vcpu_op":
            rows += sorted(command_rows, key=order)
    return rows


def _per_cpu(measure, boots, logs, names):
    """What a CPU more takes: this boot's less another's, which has fewer CPUs."""
    boot, less = boots[measure["boot"]], boots[measure["less"]]
    cpus = boot["vcpus"] - less["vcpus"]
    what = measure["take"].split()[1]
    found = {side: figures.per_cpu(what, zip(log, logs[less["name"]][side]), cpus, names)
             for side, log in logs[boot["name"]].items()}
    return [_row(measure, boot, found)]


def build(boots, measures, logs, names):
    """All rows; logs is {boot: {side: [Log]}}."""
    rows = []
    for measure in measures:
        boot, found = boots[measure["boot"]], logs[measure["boot"]]
        if measure["take"] == "start_of_day":
            rows += _start_of_day(measure, boot, found, names)
        elif measure["take"].startswith("calls "):
            rows += _calls(measure, boot, found, names)
        elif measure["take"].startswith("counted "):
            rows += _counted(measure, boot, found)
        elif measure["take"] == "hypercalls":
            rows += _counts(measure, boot, found, names)
        elif measure["take"].startswith("per_cpu "):
            rows += _per_cpu(measure, boots, logs, names)
        else:
            rows += _plain(measure, boot, found)
    return rows


def facts(row):
    """A row as JSON has it."""
    sides = {side: row[side].facts() if row[side] else None
             for side in ("ours", "peer", "native")}
    return row | sides | {"text": row["text"].strip()}

# SPDX-License-Identifier: GPL-2.0
"""What the kernel said of its start of day: from the log to words and JSON."""

import re

import timeline

# What the kernel says of a CPU that it could not bring up, where init comes too late.
STEPS = re.compile(r"xen: (steps vcpu=.*)$")


def pairs(text):
    """{"vcpu": "0", ...} from "vcpu=0 state=up", None where a word is no pair."""
    found = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        if not equals or not key:
            return None
        found[key] = number(value)
    return found


def number(value):
    """A count as such; other words as they are, digits without end among them."""
    return int(value) if re.fullmatch(r"[0-9]{1,19}", value) else value


def steps_of(text):
    """A line of the ledger, or of the log, on how a CPU came up; None where it is none.

    "steps vcpu=1 cpu=1 timer=OK/12 ..." as {"vcpu": 1, "cpu": 1, "steps": [
    {"step": "timer", "result": "OK", "us": 12}, ...]}.
    """
    found = pairs(text.partition(" ")[2])
    if not found or not isinstance(found.get("vcpu"), int):
        return None
    steps = []
    for step, said in found.items():
        if step not in ("vcpu", "cpu"):
            result, _, took = str(said).partition("/")
            took = number(took)
            steps.append({"step": step, "result": result,
                          "us": took if isinstance(took, int) else None})
    return {"vcpu": found["vcpu"], "cpu": found.get("cpu"), "steps": steps}


def parse(said):
    """The facts among init's lines (without their PVBOOT: prefix)."""
    facts = {"vcpus": [], "steps": [], "calls": None, "total": None, "cpus": None, "xen": None}
    for text in said:
        first, _, rest = text.partition(" ")
        if first in ("total", "calls"):
            facts[first] = pairs(rest)
        elif first == "steps" and steps_of(text):
            facts["steps"].append(steps_of(text))
        elif first == "cpus":
            facts["cpus"] = pairs(rest)
        elif first == "xen":
            facts["xen"] = rest.split()[0]
        elif first.startswith("vcpu="):
            found = pairs(text)
            if found:
                found["callbacks"] = [name for name in
                                      str(found.get("callbacks", "")).split(",") if name]
                facts["vcpus"].append(found)
    return facts


def _bring_up(facts, lines):
    """How each CPU came up: by the ledger, else as the kernel complained of it."""
    said = [steps_of(found[1]) for found in map(STEPS.search, lines) if found]
    latest = {row["vcpu"]: row for row in [*filter(None, said), *facts["steps"]]}
    return [latest[vcpu] for vcpu in sorted(latest)]


def build(run, word, reason, options, first=timeline.FIRST):
    """The report as JSON has it; first: what was before the first line."""
    seen = run.classifier
    facts = parse(seen.said)
    cpus = facts["cpus"] or {}
    ledger = {"vcpus": facts["vcpus"], "steps": _bring_up(facts, run.lines),
              "calls": facts["calls"], "total": facts["total"]}
    return {
        "outcome": word,
        "reason": reason,
        "options": options,
        "linux": seen.linux,
        "xen": seen.xen or facts["xen"],
        "vcpus": {"up": cpus.get("count"), "asked": options["vcpus"]},
        "start_of_day": ledger if any(ledger.values()) else None,
        "seconds": {
            "kernel_to_init": seen.init_time,
            "power_on_to_init": round(run.init_seconds, 2)
            if run.init_seconds is not None else None,
        },
        "complaints": seen.complaints,
        "timeline": timeline.build(list(zip(run.stamps, run.lines)), run.seconds, first),
    }


def _callbacks(vcpus):
    """["event failsafe by callback_op (vCPU 0-1)"]: alike vCPUs as one."""
    groups = {}
    for vcpu in vcpus:
        key = (" ".join(vcpu["callbacks"]), vcpu.get("by", "?"))
        groups.setdefault(key, []).append(vcpu["vcpu"])
    return [f"{names or 'none'}, by {by} (vCPU {_ranges(numbers)})"
            for (names, by), numbers in groups.items()]


def _ranges(numbers):
    """[0, 1, 2, 5] as 0-2,5."""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _vectors(vcpus):
    groups = {}
    for vcpu in vcpus:
        groups.setdefault(vcpu.get("trap_vectors", "?"), []).append(vcpu["vcpu"])
    return ", ".join(f"{count} (vCPU {_ranges(numbers)})"
                     for count, numbers in groups.items())


def words(report):
    """The report as lines to read."""
    sod = report["start_of_day"]
    total = (sod or {}).get("total") or {}
    up, asked = report["vcpus"]["up"], report["vcpus"]["asked"]
    seconds = report["seconds"]
    absent = "not reported by this kernel"
    rows = [("Linux", report["linux"] or "did not speak"),
            ("Xen", report["xen"] or "did not speak")]
    if sod and sod["vcpus"]:
        callbacks = _callbacks(sod["vcpus"])
        vectors = _vectors(sod["vcpus"])
    else:
        callbacks, vectors = [absent], absent
    rows += [("callbacks" if i == 0 else "", text) for i, text in enumerate(callbacks)]
    rows.append(("trap vectors", vectors))
    rows.append(("set_trap_table", f"{total['set_trap_table']} calls"
                 if "set_trap_table" in total else absent))
    rows.append(("vCPUs up", f"{up if up is not None else '?'} of {asked}"))
    if seconds["kernel_to_init"] is not None:
        power = seconds["power_on_to_init"]
        rows.append(("time to init", f"{seconds['kernel_to_init']:.2f} s"
                     + (f" ({power:.1f} s after power-on)" if power is not None else "")))
    rows += [("complaint", text) for text in report["complaints"][:5]]
    return [f"  {name:<15} {text}" for name, text in rows]

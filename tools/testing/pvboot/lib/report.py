# SPDX-License-Identifier: GPL-2.0
"""What the kernel said of its start of day: from the log to words and JSON."""


def pairs(text):
    """{"vcpu": "0", ...} from "vcpu=0 state=up", None where a word is no pair."""
    found = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        if not equals or not key:
            return None
        found[key] = int(value) if value.isdigit() else value
    return found


def parse(said):
    """The facts among init's lines (without their PVBOOT: prefix)."""
    facts = {"vcpus": [], "total": None, "cpus": None, "xen": None}
    for text in said:
        first, _, rest = text.partition(" ")
        if first == "total":
            facts["total"] = pairs(rest)
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


def build(run, word, reason, options):
    """The report as JSON has it."""
    seen = run.classifier
    facts = parse(seen.said)
    cpus = facts["cpus"] or {}
    return {
        "outcome": word,
        "reason": reason,
        "options": options,
        "linux": seen.linux,
        "xen": seen.xen or facts["xen"],
        "vcpus": {"up": cpus.get("count"), "asked": options["vcpus"]},
        "start_of_day": ({"vcpus": facts["vcpus"], "total": facts["total"]}
                         if facts["vcpus"] or facts["total"] else None),
        "seconds": {
            "kernel_to_init": seen.init_time,
            "power_on_to_init": round(run.init_seconds, 2)
            if run.init_seconds is not None else None,
        },
        "complaints": seen.complaints,
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

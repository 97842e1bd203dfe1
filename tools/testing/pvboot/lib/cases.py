# SPDX-License-Identifier: GPL-2.0
"""The table of boot cases, cases.toml, whose head explains the columns."""

from named_rows import BadTable, load as load_rows

DEFAULTS = {
    "bits": None, "vcpus": 2, "smp": None, "cpu": None, "nmis": 0, "mem": 1024,
    "cmdline": "", "xenline": "", "run": ["report"],
    "callbacks": None, "kunit": [], "log": [], "once": [], "native": False, "peer": False,
    "cycles": None, "long": False, "debug_xen": False, "low_mem": None, "cut": None, "files": None,
    "selftests": None, "then": None, "end": None, "fatal": None, "expected": [], "timeout": None,
}
PARTS = ("report", "hotplug", "recover", "offline", "failures", "cycles", "fpu_hotplug", "channels",
         "dying", "irq_names", "rings", "bomb", "refusals", "kunit", "guest", "fuzz", "selftests",
         "suspend", "memory", "files", "devices", "stress")


def _check(case, earlier):
    name = case["name"]
    for part in case.get("run", ()):
        if part not in PARTS:
            raise BadTable(f"{name}: there is no part {part}")
    if bool(case.get("kunit")) != ("kunit" in case.get("run", ())):
        raise BadTable(f"{name}: kunit names the suites of the part kunit")
    if bool(case.get("files")) != ("files" in case.get("run", ())):
        raise BadTable(f"{name}: files is how many MiB the part files has")
    if bool(case.get("then")) != bool(case.get("end")):
        raise BadTable(f"{name}: then and end go together")
    if case.get("fatal") and case.get("end"):
        raise BadTable(f"{name}: what is fatal has no other end")
    if case.get("peer") and not case.get("native"):
        raise BadTable(f"{name}: peer is for what runs without Xen")
    if case.get("bits", 64) not in (32, 64):
        raise BadTable(f"{name}: bits is 32 or 64")
    peer = (case.get("selftests") or "record").removeprefix("as ")
    if peer != "record" and peer not in earlier:
        raise BadTable(f"{name}: no case {peer} before it")


def load(path):
    """The cases in the table's order, each with every column."""
    return load_rows(path, "case", DEFAULTS, _check)

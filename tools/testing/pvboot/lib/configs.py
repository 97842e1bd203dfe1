# SPDX-License-Identifier: GPL-2.0
"""The table of configurations, distro/configs.toml, and what Kconfig made of a row."""

import re

from named_rows import BadTable, load as load_rows

DEFAULTS = {
    "why": None, "start": "pvboot", "set": [], "compiler": "gcc", "words": [],
    "targets": ["bzImage"], "only_ours": False, "boots": [], "vcpus": 2, "mem": 1024,
    "cmdline": "", "cmdline_domu": "", "xenline": "", "expected": [], "timeout": 600,
    "run": ["report", "guest"], "kunit": [], "says": "", "without": [], "random": 0,
}
COMPILERS = ("gcc", "clang", "clang-19")
BOOTS = ("dom0", "domu", "resume", "refused", "ends")
OPTION = re.compile(r'([A-Z0-9_]+)=([ymn]|\d+|"[^"]*")')
# Options of the table that later kernels have by another name
RENAMED = {"CFI_CLANG": "CFI"}
XEN_LINE = re.compile(r"(?:CONFIG_\w*XEN\w*=.*|# CONFIG_\w*XEN\w* is not set)")


def _check(row, _earlier):
    name = row["name"]
    if not row.get("why"):
        raise BadTable(f"{name}: why is missing")
    for option in row.get("set", ()):
        if not OPTION.fullmatch(option):
            raise BadTable(f"{name}: {option} is not NAME=VALUE")
    if row.get("compiler", "gcc") not in COMPILERS:
        raise BadTable(f"{name}: there is no compiler {row['compiler']}")
    for boot in row.get("boots", ()):
        if boot not in BOOTS:
            raise BadTable(f"{name}: there is no boot {boot}")
    if row.get("boots") and "bzImage" not in row.get("targets", ["bzImage"]):
        raise BadTable(f"{name}: boots, but builds no bzImage")
    if ("ends" in row.get("boots", ())) != bool(row.get("says")):
        raise BadTable(f"{name}: what ends says something, and nothing else does")
    if not row.get("targets", True):
        raise BadTable(f"{name}: builds nothing")
    if row.get("random") and (row.get("boots") or row.get("start")):
        raise BadTable(f"{name}: a random configuration has no other start, and no boot")


def _each(row):
    """The rows that one stands for."""
    if not row["random"]:
        return [row]
    return [row | {"name": f"{row['name']}-{seed}", "random": seed, "start": f"random {seed}"}
            for seed in range(1, row["random"] + 1)]


def load(path):
    """The configurations in the table's order, each with every column.

    Of a random one, random is the seed.
    """
    return [row for of_table in load_rows(path, "config", DEFAULTS, _check)
            for row in _each(of_table)]


def chosen(rows, names):
    """Those rows that are named, random ones by their table's name, too; all where none is."""
    def is_named(row):
        family = row["name"].removesuffix(f"-{row['random']}")
        return not names or row["name"] in names or family in names
    return [row for row in rows if is_named(row)]


def line_of(option):
    """The line of a .config that NAME=VALUE stands for."""
    name, value = OPTION.fullmatch(option).groups()
    return f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}"


def _symbol(line):
    """The symbol that a line of a .config sets, or None."""
    found = re.match(r"(?:# )?CONFIG_(\w+)(?:=| is not set)", line)
    return found[1] if found else None


def named(options, symbols):
    """The options by the names that a kernel has which knows these symbols."""
    def name(option):
        old, value = OPTION.fullmatch(option).groups()
        new = RENAMED.get(old)
        return f"{new}={value}" if new in symbols else option
    return [name(option) for option in options]


def edited(text, options):
    """A .config with these options in place of its own."""
    names = {OPTION.fullmatch(option)[1] for option in options}
    kept = [line for line in text.splitlines() if _symbol(line) not in names]
    return "\n".join(kept + [line_of(option) for option in options]) + "\n"


def refused(text, options):
    """Those options that the .config has not got; what is absent is off."""
    lines = text.splitlines()
    symbols = {_symbol(line) for line in lines}
    return [option for option in options if line_of(option) not in lines
            and not (option.endswith("=n") and OPTION.fullmatch(option)[1] not in symbols)]


def xen_lines(text):
    """All that a .config says of Xen; the order is Kconfig's business."""
    return {line for line in text.splitlines() if XEN_LINE.fullmatch(line)}


def xen_changes(before, after, own, hidden=frozenset()):
    """(what is wrong, new symbols that are off) from one .config to another.

    own: symbols that only our Kconfig has: they may come, and have to be off.
    hidden: those that nobody can choose: of these, own ones may be on.
    """
    had, has = xen_lines(before), xen_lines(after)
    wrong = [f"lost: {line}" for line in sorted(had - has)]
    new = []
    for line in sorted(has - had):
        if _symbol(line) in own and line.endswith(" is not set"):
            new.append(_symbol(line))
        elif _symbol(line) not in own & hidden:
            wrong.append(f"new: {line}")
    if not had:
        wrong.append("nothing of Xen to compare with")
    return wrong, new

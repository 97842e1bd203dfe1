# SPDX-License-Identifier: GPL-2.0
"""The cover letter: why, how tested, how fast, what is left."""

import json
import re
import textwrap

from overlaylib.common import Refusal

SUMMARIES = {"make check": "build/check/summary.json",
             "make check-long": "build/check/summary-long.json"}
BENCH = "build/bench/bench.json"
BUILT = "build/series-build/result.json"
MAKEFILE = "arch/x86/xen/Makefile"
WIDTH = 75
HEADS = ("How it was tested", "How it compares", "What is left inherited")


def read(root, name):
    """The JSON of a run, or None where there was no run."""
    try:
        return json.loads((root / name).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        raise Refusal(f"{name} cannot be read: run again what makes it, or remove it") from None


def counts(noun, number):
    return f"{number} {noun}{'' if number == 1 else 's'}"


def minutes(run):
    return counts("minute", round(run["seconds"] / 60))


def tested(root, of):
    """What the last `make check` came to, and the long one."""
    lines = []
    for command, name in SUMMARIES.items():
        name = name.replace("build/", of, 1)
        run = read(root, name)
        if run is None:
            lines.append(f"Not measured: there is no result of {command}.")
            continue
        try:
            failed = [str(name) for name in run["failed"]]
            what = "all layers" if run["complete"] else f"only {', '.join(run['layers'])}"
            lines += textwrap.wrap(f"Tests ({command}, {what}): {run['passed']} passed,"
                                   f" {len(failed)} failed, in {minutes(run)}.", WIDTH)
        except (KeyError, TypeError):
            raise Refusal(f"{name} is not as {command} writes it") from None
        lines += [f"  failed: {name}" for name in failed]
    return lines


def built(root, digest):
    """What the last `make series-check` came to, if it was of this series."""
    run = read(root, BUILT)
    if run is None:
        return ["Not measured: the patches were not built one after the other."]
    try:
        if run["of"] != digest:
            return ["Not measured: the series changed since its patches were built."]
        failed, boots = run["failed"], [str(number) for number in run["boots"]]
        good = run["patches"] - len(failed)
        where = f"booted on Xen after patches {' and '.join(boots)}" if boots else "nowhere booted"
        lines = textwrap.wrap(f"Patch by patch (make series-check): {good} of {run['patches']}"
                              " build without a warning, with sparse and kernel-doc clean;"
                              f" {where}.  That took {minutes(run)}.", WIDTH)
    except (KeyError, TypeError):
        raise Refusal(f"{BUILT} is not as make series-check writes it") from None
    return lines + [f"  failed: patch {number}" for number in failed]


def compared(root, of):
    """What the last benchmark came to: targets, and each ratio."""
    name = BENCH.replace("build/", of, 1)
    run = read(root, name)
    if run is None:
        return ["Not measured: there is no result of a benchmark."]
    try:
        about, rows = run["about"], run["measures"]
        lines = [f"{key}: {value}" for key, value in about.items()]
        aimed = [row for row in rows if row.get("verdict")]
        met = sum(row["verdict"] != "missed" for row in aimed)
        lines += [f"{met} of {counts('target', len(aimed))} met.  Ratios of this series to the"
                  " tree without it, less is better:"]
        lines += [f"  {row['ratio']:.3f}  {row['text']} ({row['boot']}, {row['unit']})"
                  for row in rows if row.get("ratio") is not None]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refusal(f"{name} is not as make bench writes it") from None
    return lines


def inherited(root):
    """The objects of arch/x86/xen that stay the tree's own, by condition."""
    text = (root / MAKEFILE).read_text().replace("\\\n", " ")
    found = re.findall(r"^inherited-(y|\$\(CONFIG_\w+\))\s*[:+]?=[ \t]*(.*)$", text, re.M)
    groups = {}
    for condition, objects in found:
        names = re.findall(r"\S+\.o\b", objects.split("#")[0])
        groups.setdefault(re.sub(r"\W|CONFIG_", "", condition), []).extend(names)
    groups = {condition: names for condition, names in groups.items() if names}
    if not groups and "inherited" in text:
        raise Refusal(f"{MAKEFILE}: cannot read what is inherited")
    if not groups:
        return ["Nothing: every file of arch/x86/xen is of this series."]
    lines = []
    for condition, names in groups.items():
        head = "always" if condition == "y" else condition
        lines += textwrap.wrap(f"{head}: {' '.join(names)}", 72, initial_indent="  ",
                               subsequent_indent="    ", break_on_hyphens=False)
    return ["These files of the tree are built as they are, but for the patches to single",
            "lines in this series:"] + lines


def build(description, linux):
    """The text of the cover letter, subject first."""
    root, bases = description.project.root, description.project.bases
    # Where all that was made of that base lies
    of = "build/" if description.base == bases[0] else f"build/linux-{description.base}/"
    parts = (tested(root, of) + built(root, description.digest()), compared(root, of),
             inherited(root))
    lines = [description.cover["subject"].strip(), "", description.cover["body"].strip(), "",
             f"The base is Linux {linux}."]
    for head, part in zip(HEADS, parts):
        lines += ["", head, "-" * len(head), "", *part]
    return "\n".join(lines) + "\n"

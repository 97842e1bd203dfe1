# SPDX-License-Identifier: GPL-2.0
"""The cover letter, with what the last run of fixes-check saw."""

import json
import textwrap
from pathlib import Path

from overlaylib.common import Refusal
from releases import build_of

RESULT = "fixes-build/result.json"
WIDTH = 75


def result_file(table):
    """Where fixes-check leaves what it saw of a base."""
    return Path(build_of(table.base), RESULT)


def _row(number, row):
    """One patch: its test, before and after."""
    lines = textwrap.wrap(f"{number}. {row['subject']}", WIDTH, subsequent_indent="   ")
    lines += textwrap.wrap(f"{row['case']}: {', '.join(row['tests'])}", WIDTH,
                           initial_indent="   ", subsequent_indent="   ", break_long_words=False)
    for what in ("without", "alone", "together"):
        lines += textwrap.wrap(f"{what}: {row[what]}", WIDTH, initial_indent="     ",
                               subsequent_indent="       ", break_long_words=False)
    return lines


def seen(table):
    """The lines about the tests, whether there was a run or not."""
    path = result_file(table)
    try:
        run = json.loads(path.read_text())
        if run["of"] != table.digest():
            return ["Not seen: the patches changed since fixes-check was run."]
        lines = [f"Seen with Linux {run['linux']}, {run['xen']}, in QEMU:"]
        for number, row in enumerate(run["rows"], 1):
            lines += ["", *_row(number, row)]
    except FileNotFoundError:
        return ["Not seen: fixes-check was not run."]
    except (ValueError, KeyError, TypeError):
        raise Refusal(f"{path} cannot be read: run fixes-check again, or remove it") from None
    return lines


def build(table, linux):
    """The text of the cover letter, subject first."""
    head = "Each patch, its test, and what that said"
    lines = [table.cover["subject"].strip(), "", table.cover["body"].strip(), "",
             f"The base is Linux {linux}.", "", head, "-" * len(head), "", *seen(table)]
    return "\n".join(lines) + "\n"

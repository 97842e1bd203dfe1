# SPDX-License-Identifier: GPL-2.0
"""KTAP out of a boot's log, read with the base tree's own parser."""

import contextlib
import inspect
import io
import os
import re
import sys

from releases import BASE_BUILD

PARSER = os.path.join(BASE_BUILD, "base/linux/tools/testing/kunit")


# What the parser prints: it keeps the sys.stdout of its first import.
WORDS = io.StringIO()


def _parser():
    """The tree's kunit_parser; nothing is written beside it."""
    keep = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, PARSER)
    try:
        with contextlib.redirect_stdout(WORDS):
            import kunit_parser
    finally:
        sys.path.remove(PARSER)
        sys.dont_write_bytecode = keep
    return kunit_parser


def _parse(parser, lines):
    """Later parsers want to be told where to print."""
    if "printer" not in inspect.signature(parser.parse_run_tests).parameters:
        return parser.parse_run_tests(iter(lines))
    with contextlib.redirect_stdout(WORDS):
        return parser.parse_run_tests(iter(lines), parser.Printer(print=True, output=WORDS))


def lines_of(said, part):
    """A part's lines among all that init said."""
    head = part + "| "
    return [text[len(head):] for text in said if text.startswith(head)]


def _leaves(parser, test, path):
    """(name, status, log) of each single case under the test."""
    if not test.subtests:
        yield ".".join(path), test.status, test.log
    for sub in test.subtests:
        yield from _leaves(parser, sub, path + [sub.name])


def _why(log):
    """What a test complained of, and its last lines."""
    return "; ".join([line for line in log[:-5] if "[FAIL]" in line] + log[-5:])


def _skips(lines):
    """[(name, reason)] of what was skipped, in order; the parser drops reasons."""
    return [found.groups() for found in
            (re.match(r"\s*ok \d+ (?:- )?(\S.*?) # SKIP ?(.*?)\s*$", line) for line in lines)
            if found]


def _reason(skips, name):
    """Why the next one of that name was skipped; it is taken out."""
    for place, (skipped, why) in enumerate(skips):
        if skipped == name:
            del skips[place]
            return why
    return ""


def results(lines):
    """[(name, "pass" | "fail" | "skip", why)] of every single case.

    What the parser objects to (no KTAP, fewer results than planned) is a
    failed case of its own.
    """
    parser = _parser()
    WORDS.seek(0)
    WORDS.truncate()
    # A heading outside of the subtest is one more level to the parser; the
    # result line has the name, too.
    lines = [line for line in lines if not line.startswith("# Subtest:")]
    plan = next((int(line[3:]) for line in lines if re.fullmatch(r"1\.\.\d+", line)), None)
    told = sum(bool(re.match(r"(not )?ok\b", line)) for line in lines)
    try:
        test = _parse(parser, lines)
    except ValueError:
        # What the parser does where the lines end within a test.
        return [("ktap", "fail", f"cut short after: {lines[-1].strip()}")]
    found, skips = [], _skips(lines)
    status = parser.TestStatus
    for name, how, log in _leaves(parser, test, []):
        if how == status.SUCCESS:
            found.append((name, "pass", ""))
        elif how == status.SKIPPED:
            found.append((name, "skip", _reason(skips, name.rpartition(".")[2])))
        else:
            found.append((name or "ktap", "fail", _why(log) or how.name))
    if plan is not None and told > plan:
        found.append(("ktap", "fail", f"{told} results, and {plan} planned"))
    if test.counts.errors:
        errors = [line.partition("[ERROR] ")[2]
                  for line in WORDS.getvalue().splitlines() if "[ERROR]" in line]
        found.append(("ktap", "fail", "; ".join(errors) or "not KTAP"))
    return found

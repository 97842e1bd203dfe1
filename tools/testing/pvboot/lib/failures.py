# SPDX-License-Identifier: GPL-2.0
"""The table of hypercalls that fail, failures.toml, whose head explains it."""

import itertools
import re
import tomllib

from classify import Classifier

DEFAULTS = {"bits": None, "cpu": None, "vcpu": 0, "after": [0], "times": None, "vcpus": None,
            "cmdline": "", "fatal": None, "online": None, "says": None}
CRASHED = re.compile(r"\(XEN\) .*Hardware Dom0 crashed")


class BadTable(Exception):
    """The table says something that means nothing; one line."""


def _check(row):
    for column in ("call", "errnos"):
        if not row.get(column):
            raise BadTable(f"failure without {column}: {row}")
    for column in row:
        if column not in DEFAULTS and column not in ("call", "errnos"):
            raise BadTable(f"{row['call']}: there is no column {column}")
    if row.get("bits", 64) not in (32, 64):
        raise BadTable(f"{row['call']}: bits is 32 or 64")
    if bool(row.get("fatal")) == bool(row.get("online")):
        raise BadTable(f"{row['call']}: fatal or online, one of them")


def _rule(row, errno, after):
    """As the kernel reads it."""
    rule = f"{row['call']}:{row['vcpu']}:{errno}"
    if row["times"] or after:
        # An errno is for good on the boot CPU; "times" has to come before "after".
        rule += f":{row['times'] or 1}"
    return rule + (f":{after}" if after else "")


def load(path):
    """One boot an entry, each with its name, its rule and every column."""
    with open(path, "rb") as table:
        rows = tomllib.load(table).get("failure", [])
    boots = {}
    for row in rows:
        _check(row)
        row = DEFAULTS | {"vcpus": 1 if row.get("fatal") else 2} | row
        for errno, after in itertools.product(row["errnos"], row["after"]):
            rule = _rule(row, errno, after)
            if (rule, row["bits"]) in boots:
                raise BadTable(f"{rule}: stands in the table twice")
            boots[rule, row["bits"]] = row | {"errno": errno, "rule": rule}
    if not boots:
        raise BadTable("the table is empty")
    return list(boots.values())


class Ending(Classifier):
    """For a domain that has to say one line and end as crashed."""

    def __init__(self):
        super().__init__()
        self.fatal = []
        self.crashed = False

    def feed(self, line):
        """One line of the log."""
        super().feed(line)
        if "xen: FATAL: " in line:
            self.fatal.append(line.strip())
        if CRASHED.search(line):
            self.crashed = True
        # Nothing that is printed after this says more.
        self.dead = False

    def over(self):
        """True once Xen has said that the domain crashed, or init spoke."""
        return self.crashed or self.verdict is not None


def judge_end(boot, seen):
    """What is wrong with the end of a boot that has to be fatal; "" if nothing."""
    line = f"xen: FATAL: {boot['fatal']} on vCPU {boot['vcpu']}, argument "
    wanted = re.compile(re.escape(line) + rf"0x[0-9a-f]+: -{boot['errno']} \(-\d+\)$|"
                        + re.escape(line) + rf"0: -{boot['errno']} \(-\d+\)$")
    if len(seen.fatal) != 1:
        return f"{len(seen.fatal)} lines of what failed: {'; '.join(seen.fatal)}"
    if not wanted.search(seen.fatal[0]):
        return f"the line is: {seen.fatal[0]}"
    if not seen.crashed:
        return "Xen did not see the domain crash"
    if seen.init_reached:
        return "init was reached"
    return ""

# SPDX-License-Identifier: GPL-2.0
"""Stacks of calls with a number each: what the plugin writes, folded files, and sums.

A folded file is as FlameGraph's tools have it: frames parted by semicolons, a blank, a
number.
"""

import collections
import os
import re

# A frame of a stay in Xen; the functions after it are Xen's.
STAY = "[xen] "
USER = "user"

HYPERCALL = re.compile(r"\[xen\] hypercall (\d+)")

# One round as it was counted: {stack: number}, of tuples of frames
Round = collections.namedtuple("Round", "instructions entries")


class BadStacks(Exception):
    """A file is not what it ought to be; one line."""


def _frame(frame, hypercalls):
    """A frame's name; the number of a hypercall becomes its name."""
    found = HYPERCALL.fullmatch(frame)
    if not found:
        return frame
    number = int(found[1])
    return STAY + hypercalls.get(number, f"hypercall {number}")


def read_round(path, hypercalls):
    """A file of the plugin's: lines of stack, instructions, entries; "end" at its end."""
    instructions, entries = collections.Counter(), collections.Counter()
    with open(path, encoding="ascii", errors="replace") as file:
        lines = file.read().splitlines()
    if not lines or lines.pop() != "end":
        raise BadStacks(f"{os.path.basename(path)} breaks off")
    for line in lines:
        try:
            text, counted, entered = line.rsplit(" ", 2)
            stack = tuple(_frame(frame, hypercalls) for frame in text.split(";"))
            instructions[stack] += int(counted)
            entries[stack] += int(entered)
        except ValueError:
            raise BadStacks(f"{os.path.basename(path)}: {line}") from None
    if not sum(instructions.values()):
        raise BadStacks(f"{os.path.basename(path)} has no instruction")
    return Round(+instructions, +entries)


def total(found):
    """All instructions of a round."""
    return sum(found.instructions.values())


def median(rounds):
    """The round in the middle by instructions; of an even number the smaller one."""
    return sorted(rounds, key=total)[(len(rounds) - 1) // 2]


def fold(stacks):
    """The text of a folded file."""
    return "".join(f"{';'.join(stack)} {number}\n" for stack, number in sorted(stacks.items()))


def unfold(text):
    """{stack: number} of a folded file's text."""
    stacks = collections.Counter()
    for line in text.splitlines():
        frames, _, number = line.rpartition(" ")
        if not frames or not number.isdigit():
            raise BadStacks(f"no stack and number: {line}")
        stacks[tuple(frames.split(";"))] += int(number)
    return stacks


def _named(stack):
    """The stack as the table names it: Xen's functions begin with "xen:"."""
    inside = False
    for frame in stack:
        if frame.startswith(STAY):
            inside = True
            yield None
        else:
            yield f"xen:{frame}" if inside else frame


def functions(found):
    """{function: (self, inclusive, entries)}; the stays are in kinds()."""
    own, whole, entries = (collections.Counter() for _ in range(3))
    for stack, number in found.instructions.items():
        names = list(_named(stack))
        # Xen's first function has what a stay's own frame may have.
        own[names[-1] or "xen:entry"] += number
        for name in set(names) - {None}:
            whole[name] += number
    for stack, number in found.entries.items():
        name = list(_named(stack))[-1]
        if name:
            entries[name] += number
    return {name: (own[name], whole[name], entries[name])
            for name in set(own) | set(whole) | set(entries)}


def kinds(found):
    """{kind of stay in Xen: (stays, instructions)}, and what is outside as (0, ...)."""
    stays, counted = collections.Counter(), collections.Counter()
    for stack, number in found.instructions.items():
        kind = [frame for frame in stack if frame.startswith(STAY)]
        if kind:
            counted[kind[0].removeprefix(STAY)] += number
        else:
            counted["(program)" if stack == (USER,) else "(Linux)"] += number
    for stack, number in found.entries.items():
        if stack[-1].startswith(STAY):
            stays[stack[-1].removeprefix(STAY)] += number
    return {kind: (stays[kind], counted[kind]) for kind in set(stays) | set(counted)}

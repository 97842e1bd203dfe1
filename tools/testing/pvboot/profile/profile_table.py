# SPDX-License-Identifier: GPL-2.0
"""Two profiles side by side, as text."""

import folded

NAME = 44
COLUMN = 11


def _number(value):
    if value is None:
        return "-"
    if value >= 1000 or value <= -1000:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _difference(ours, peer):
    if ours is None or peer is None:
        return "-"
    difference = _number(ours - peer)
    return difference if difference.startswith("-") else "+" + difference


def _cells(name, cells):
    return (name.ljust(NAME) + "".join(cell.rjust(COLUMN) for cell in cells)).rstrip()


def per_operation(found, ops, what):
    """{name: numbers of one operation}, where what is one of folded's sums; None stays."""
    if found is None:
        return None
    return {name: tuple(number / ops for number in numbers)
            for name, numbers in what(found).items()}


def rows(ours, peer, width):
    """[(name, ours, peer)], those with the most of their own in either first.

    A name that one of them lacks has zeros there; without a peer all of its are None.
    """
    nothing = (0.0,) * width
    names = set(ours) | set(peer or {})
    found = [(name, ours.get(name, nothing),
              (None,) * width if peer is None else peer.get(name, nothing)) for name in names]
    return sorted(found, key=lambda row: (-max(row[1][-width], row[2][-width] or 0), row[0]))


def kinds(ours, peer):
    """Lines of what was executed in Xen, by why it was entered, and of what was not."""
    lines = [_cells("in Xen, by why it was entered", ["ours", "", "", "peer", "", "", "diff"]),
             _cells("", ["stays", "instr", "each"] * 2 + ["instr"])]
    found = [(name, mine[::-1], theirs[::-1]) for name, mine, theirs in
             rows({name: numbers[::-1] for name, numbers in ours.items()},
                  peer and {name: numbers[::-1] for name, numbers in peer.items()}, 2)]
    for name, mine, theirs in found:
        cells = []
        for stays, counted in (mine, theirs):
            each = counted / stays if stays else None
            cells += [_number(stays), _number(counted), _number(each)]
        lines.append(_cells(name, cells + [_difference(mine[1], theirs[1])]))
    return lines


def functions(ours, peer, most=None):
    """Lines of the functions, at most so many."""
    lines = [_cells("functions", ["ours", "", "", "peer", "", "", "diff"]),
             _cells("", ["self", "with calls", "entries"] * 2 + ["self"])]
    for name, mine, theirs in rows(ours, peer, 3)[:most]:
        lines.append(_cells(name, [_number(value) for value in mine + theirs] +
                            [_difference(mine[0], theirs[0])]))
    return lines


def build(about, ours, peer, most=None):
    """The table's lines.  about: {what: value}; ours, peer: (Round, ops), or peer None."""
    mine = [per_operation(*ours, what) for what in (folded.kinds, folded.functions)]
    theirs = [per_operation(*peer, what) if peer else None
              for what in (folded.kinds, folded.functions)]
    return [f"{name}: {value}" for name, value in about.items()] + \
        ["all numbers are of one operation", ""] + kinds(mine[0], theirs[0]) + [""] + \
        functions(mine[1], theirs[1], most)

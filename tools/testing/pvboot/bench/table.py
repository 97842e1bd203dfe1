# SPDX-License-Identifier: GPL-2.0
"""The table of `make bench` as text."""

TITLES = {
    "hypercalls": "Hypercalls up to init, as Xen counted them",
    "init": "Instructions up to init, Xen's included",
    "bringup": "Bringing secondary CPUs up",
    "hotplug": "One CPU off and on again",
    "instructions": "Instructions of one operation, Xen's included",
    "times": "Time of one operation",
}
WIDTHS = (40, 24, 24, 7, 10)


def number(value, unit):
    """A figure with as many digits as it is worth."""
    if unit == "instructions" and value >= 1e7:
        return f"{value / 1e6:.3f} M"
    if unit in ("calls", "instructions") and (value >= 100 or value == int(value)):
        return f"{value:.0f}"
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def spread(figure, unit):
    """Median and, where the runs differ, least and most."""
    if figure is None:
        return "-"
    middle = number(figure.median, unit)
    low, high = number(figure.low, unit), number(figure.high, unit)
    return middle if low == high else f"{middle} ({low}..{high})"


def ratio(row):
    """The ratio, or why there is none."""
    return "-" if row["ratio"] is None else f"{row['ratio']:.3f}"


def target(row):
    """What was wanted, and whether it is so."""
    return "" if row["target"] is None else f"<= {row['target']:g} {row['verdict']}"


def _line(*cells):
    parts = [cells[0].ljust(WIDTHS[0])]
    parts += [cell.rjust(width) for cell, width in zip(cells[1:5], WIDTHS[1:])]
    return ("  ".join(parts) + "  " + cells[5]).rstrip()


def _section(what, rows):
    """One section, parted by the boots it was taken from."""
    lines = ["", TITLES.get(what, what)]
    last = None
    for row in rows:
        where = f"{row['boot']}, {row['unit']}"
        if where != last:
            lines.append(f" {where}")
            last = where
        lines.append(_line("   " + row["text"], spread(row["ours"], row["unit"]),
                           spread(row["peer"], row["unit"]), ratio(row),
                           number(row["native"].median, row["unit"]) if row["native"] else "-",
                           target(row)))
    return lines


def missed(rows):
    """The rows whose target was missed."""
    return [row for row in rows if row["verdict"] == "missed"]


def summary(rows):
    """One line: how many targets were met, which were not."""
    aimed = [row for row in rows if row["verdict"]]
    late = missed(rows)
    if not any(row["peer"] for row in rows):
        return "targets: none, without a peer"
    return (f"targets: {len(aimed) - len(late)} of {len(aimed)} met"
            + "".join(f"; missed: {row['name']} ({row['ratio']:.3f}, {row['boot']})"
                      for row in late))


def build(rows, about):
    """The table as lines.  about: {what: version or number}."""
    lines = [f"{key}: {value}" for key, value in about.items()]
    lines += ["", _line("", "ours (least..most)", "peer", "ratio", "native", "target")]
    for what in dict.fromkeys(row["what"] for row in rows):
        lines += _section(what, [row for row in rows if row["what"] == what])
    return lines + ["", summary(rows)]

# SPDX-License-Identifier: GPL-2.0
"""The page of `make bench`: its table and its ratios, for someone who looks at them."""

import boot_page
import page
import picture
import pictures
import table

SIDES = {"ours": "ours", "peer": "upstream's", "native": "ours without Xen"}
TRUST = (
    "Each bar is ours divided by upstream's: below 1 is better than upstream. The black stroke is "
    "the target. Figures are medians.",
    "Counts of hypercalls and of instructions depend little on what the host does meanwhile. "
    "Times are those of an emulator on a host with other work: believe a ratio of times only if "
    "the two spreads do not meet, and the load of the host before was below its CPUs. "
    "An instruction is not a time. Documentation/pvboot/benchmark.rst says more.",
)


def _label(row):
    """A row's name, of hypercalls with whose command it is."""
    text = row["text"].strip()
    return f"vcpu_op: {text}" if row["what"] == "hypercalls" and row["text"][0] == " " else text


def _ratios(rows, draw):
    """The ratios of each section, drawn."""
    parts = []
    shown = picture.chosen(rows)
    for number, what in enumerate(dict.fromkeys(row["what"] for row in shown)):
        title = table.TITLES.get(what, what)
        bars = []
        for row in shown:
            if row["what"] == what:
                words = (f"{row['ratio']:.3f} = {table.number(row['ours'].median, row['unit'])} : "
                         f"{table.number(row['peer'].median, row['unit'])} {row['unit']}"
                         + (f", {row['verdict']}" if row["verdict"] else ""))
                bars.append((f"{_label(row)} ({row['boot']})", row["ratio"], row["target"],
                             row["verdict"], words))
        said = "; ".join(f"{bar[0]} {bar[4]}" for bar in bars)
        parts += [page.heading(title),
                  draw(pictures.ratios, f"ratios{number}", f"{title}: ours to upstream's", said,
                       bars),
                  _table(title, [row for row in rows if row["what"] == what])]
        if what == "hypercalls":
            parts.append(_calls(rows, draw))
    left = [what for what in dict.fromkeys(row["what"] for row in rows)
            if what not in {row["what"] for row in shown}]
    return parts + [_table(table.TITLES.get(what, what),
                           [row for row in rows if row["what"] == what]) for what in left]


def _table(title, rows):
    """The same numbers, with their spread."""
    head = ("measure", "boot", "unit", "ours (least..most)", "upstream's", "ratio", "without Xen",
            "target")
    return page.table(title, head, [
        (_label(row), row["boot"], row["unit"], table.spread(row["ours"], row["unit"]),
         table.spread(row["peer"], row["unit"]), table.ratio(row),
         table.number(row["native"].median, row["unit"]) if row["native"] else "-",
         table.target(row)) for row in rows])


def _calls(rows, draw):
    """Hypercalls by kind, ours beside upstream's."""
    bars = [(_label(row), [row[side].median if row[side] else None for side in ("ours", "peer")])
            for row in rows if row["what"] == "hypercalls"]
    said = "; ".join(f"{label} {ours} and {peer}" for label, (ours, peer) in bars)
    return draw(pictures.counts, "calls", "Hypercalls by kind, ours and upstream's", said, bars,
                [SIDES["ours"], SIDES["peer"]], "calls up to init, by powers of ten")


def _time_lines(lines, draw):
    """How long the phases of each kind of boot took, once."""
    if not lines:
        return []
    names = list(dict.fromkeys(phase["what"] for line in lines for phase in line["phases"]))
    bars, cells = [], []
    for line in lines:
        took = {phase["what"]: round(phase["to"] - phase["from"], 3) for phase in line["phases"]}
        label = f"{line['boot']}: {SIDES[line['side']]}"
        bars.append((label, list(took.items()), f"{sum(took.values()):.1f} s", False))
        cells.append([label, *map(took.get, names)])
    said = "; ".join(f"{bar[0]} {bar[2]}" for bar in bars)
    return [page.heading("Time lines"),
            page.paragraph("The first boot of each kind, by the host's clock. What init was told "
                           "to do is what is measured; where instructions are counted, a second "
                           "of the guest takes a minute."),
            draw(pictures.stacks, "phases", "Phases of each kind of boot", said, bars, "seconds"),
            page.table("Seconds of each phase", ("boot", *names), cells)]


def _about(about):
    return [page.heading("What was measured"),
            page.table("", (), [(key, str(value)) for key, value in about.items()])]


def build(rows, about, time_lines, draw):
    """The page.  time_lines: [{boot, side, phases}]; draw: page.Pictures"""
    missed = table.missed(rows)
    verdict = [f"{len(missed)} missed" if missed else "targets met", table.summary(rows)]
    parts = [page.paragraph(words) for words in TRUST] + _ratios(rows, draw)
    parts += _time_lines(time_lines, draw) + _about(about) + boot_page.clocks()
    return page.document("pvboot beside upstream's arch/x86/xen", not missed, verdict,
                         parts + [boot_page.written(draw)])


def failed(failure, draw):
    """The page where a boot has ended it all: that boot's time line.

    failure: boots.Failed
    """
    found = failure.time_line
    word, _, reason = str(failure).partition(": ")
    last = found["last"]
    lines = [word, reason]
    if last:
        lines.append(f"the last line, after {last[-1]['host']:.2f} s: {last[-1]['line']}")
    parts = boot_page.time_line(found, True, draw)
    parts += [boot_page.lines_of(f"The last {len(last)} lines", last)]
    return page.document("pvboot beside upstream's arch/x86/xen: a boot failed", False, lines,
                         parts + boot_page.clocks() + [boot_page.written(draw)])

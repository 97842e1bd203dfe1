# SPDX-License-Identifier: GPL-2.0
"""The ratios of `make bench` as a picture: one bar a measure, 1 is the peer."""

from html import escape

import table

LABEL, PLOT, FIGURES = 330, 430, 270
ROW, HEAD = 22, 70

# Bars end here, with an arrow; what lies further off without Xen is left out.
MOST = 1.5

COLOURS = {"met": "#2e7d32", "missed": "#c62828", None: "#5c7fa3"}


def _text(x, y, words, anchor="start", size=12, more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{more}>'
            f"{escape(words)}</text>")


def _at(ratio):
    """Where a ratio lies."""
    return LABEL + PLOT * min(ratio, MOST) / MOST


def _mark(ratio, y, colour, height=ROW):
    return (f'<line x1="{_at(ratio):.1f}" x2="{_at(ratio):.1f}" y1="{y:.1f}" '
            f'y2="{y + height:.1f}" stroke="{colour}" stroke-width="2"/>')


def _bar(row, y):
    """A row: name, bar, target, native, figures."""
    parts = [_text(LABEL - 8, y + 15, row["text"].strip(), "end")]
    colour = COLOURS[row["verdict"]]
    parts.append(f'<rect x="{LABEL}" y="{y + 4}" width="{_at(row["ratio"]) - LABEL:.1f}" '
                 f'height="{ROW - 8}" fill="{colour}"/>')
    if row["target"] is not None:
        parts.append(_mark(row["target"], y, "#000000"))
    if row["native"] and row["native"].median <= MOST * row["peer"].median:
        x, middle = _at(row["native"].median / row["peer"].median), y + ROW / 2
        parts.append(f'<path d="M{x:.1f} {middle - 6}l6 6l-6 6l-6 -6z" fill="#ffffff" '
                     'stroke="#e08e0b" stroke-width="2"/>')
    if row["ratio"] > MOST:
        parts.append(_text(LABEL + PLOT - 4, y + 16, "\N{RIGHTWARDS ARROW}", "end", 16,
                           ' stroke="#ffffff" stroke-width="1"'))
    figures = (f"{table.number(row['ours'].median, row['unit'])} : "
               f"{table.number(row['peer'].median, row['unit'])} {row['unit']}")
    ratio = table.ratio(row)
    parts.append(_text(LABEL + PLOT + 14, y + 15, ratio, more=' font-weight="bold"'))
    parts.append(_text(LABEL + PLOT + 70, y + 15, figures))
    return parts


def _legend(y):
    parts = []
    x = 20
    for colour, words in ((COLOURS["met"], "target met"), (COLOURS["missed"], "target missed"),
                          (COLOURS[None], "no target")):
        parts.append(f'<rect x="{x}" y="{y - 10}" width="14" height="10" fill="{colour}"/>')
        parts.append(_text(x + 20, y, words))
        x += 130
    parts.append(f'<line x1="{x + 6}" x2="{x + 6}" y1="{y - 12}" y2="{y + 2}" stroke="#000000" '
                 'stroke-width="2"/>')
    parts.append(_text(x + 20, y, "target"))
    x += 90
    parts.append(f'<path d="M{x + 6} {y - 11}l6 6l-6 6l-6 -6z" fill="#ffffff" stroke="#e08e0b" '
                 'stroke-width="2"/>')
    parts.append(_text(x + 20, y, "without Xen"))
    return parts


def chosen(rows):
    """Rows with a ratio; of hypercalls by name only the sum."""
    return [row for row in rows if row["ratio"] is not None
            and (row["what"] != "hypercalls" or row["target"] or row["text"] == "all")]


def build(rows, about):
    """The picture as SVG."""
    parts = []
    y = HEAD
    last = None
    for row in chosen(rows):
        where = f"{table.TITLES.get(row['what'], row['what'])} ({row['boot']})"
        if where != last:
            y += 10
            parts.append(_text(12, y + 15, where, more=' font-weight="bold"'))
            y += ROW
            last = where
        parts += _bar(row, y)
        y += ROW
    parts.insert(0, f'<line x1="{_at(1):.1f}" x2="{_at(1):.1f}" y1="{HEAD - 4}" y2="{y}" '
                 'stroke="#999999" stroke-dasharray="4 3"/>')
    width, height = LABEL + PLOT + FIGURES, y + 40
    versions = ", ".join(f"{key} {value}" for key, value in about.items())
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" fill="#222222">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            _text(12, 24, "pvboot beside upstream's arch/x86/xen: less is better", size=17),
            _text(12, 44, versions, size=11),
            _text(_at(1), HEAD - 8, "upstream", "middle", 11)]
    return "\n".join(head + parts + _legend(height - 14) + ["</svg>", ""])

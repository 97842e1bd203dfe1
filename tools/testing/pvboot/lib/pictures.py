# SPDX-License-Identifier: GPL-2.0
"""The pictures of a page, drawn by matplotlib, as SVG to stand inside HTML.

Text stays text, and colours are the page's own, which has others in the dark.
matplotlib is loaded with the first picture, since that takes a second.
"""

import io
import logging
import os
import re
import warnings
from html import escape

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))

# What is drawn in these is drawn in the page's variables.
TEXT, LINE, GRID = "#010101", "#010102", "#010103"
GOOD, BAD, PLAIN, OTHER = "#010104", "#010105", "#010106", "#010107"
VARIABLES = {TEXT: "text", LINE: "line", GRID: "grid", GOOD: "good", BAD: "bad",
             PLAIN: "plain", OTHER: "other"}

# Of steps, told apart on light and on dark
STEPS = ("#3b7dd8", "#d9822b", "#2f9e6e", "#c2476b", "#8a6fd1", "#a8892c", "#1f9fb4",
         "#b5651d", "#7f8c2f", "#c85fc0", "#708090", "#4f9d3a")

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "pvboot", "text.parse_math": False,
         "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 10,
         "text.color": TEXT, "axes.labelcolor": TEXT, "xtick.color": TEXT, "ytick.color": TEXT,
         "axes.edgecolor": LINE, "grid.color": GRID, "axes.facecolor": "none",
         "figure.facecolor": "none", "axes.spines.top": False, "axes.spines.right": False,
         "axes.axisbelow": True, "legend.frameon": False}

# Inches.  All pictures are as wide, so that their letters are of one size.
WIDTH = 10.0
LETTER, SMALL = 0.083, 0.075        # an average letter of 10 and of 9 points
ROW, BELOW, LEGEND = 0.3, 0.55, 0.24


class NoPictures(Exception):
    """There are none, and why; one line."""


def _library():
    """matplotlib, with its cache in build/, and deaf to the user's own settings."""
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(ROOT, "build/matplotlib"))
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib               # pylint: disable=import-outside-toplevel
        import matplotlib.figure        # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise NoPictures(f"no pictures without python3-matplotlib ({error})") from error
    return matplotlib


def _inline(svg, name, title, text):
    """matplotlib's SVG as a part of a page: no other file, no name twice."""
    svg = svg[svg.index("<svg"):].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r' xmlns(?::\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg).replace("xlink:href=", "href=")
    svg = re.sub(r'(\bid="|\burl\(#|\bhref="#)', rf"\g<1>{name}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    head = (f'<svg role="img" aria-labelledby="{name}-title {name}-text">'
            f'<title id="{name}-title">{escape(title)}</title>'
            f'<desc id="{name}-text">{escape(text)}</desc>')
    return re.sub(r"<svg([^>]*)>", lambda found: head.replace("<svg", "<svg" + found[1], 1),
                  svg, count=1)


def plain(text, most=46):
    """Words of a log, fit for a label."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= most else text[:most - 1] + "\N{HORIZONTAL ELLIPSIS}"


class Frame:
    """The room around the axes, in inches.

    labels: of the rows; words: what stands to the right of bars
    legend: what it names; row: the height of one
    """

    def __init__(self, labels, words, legend=(), row=ROW):
        self.left = 0.2 + LETTER * max(len(plain(label)) for label in labels)
        self.right = 0.25 + LETTER * max(map(len, words))
        widest = 0.55 + SMALL * max((len(plain(kind)) for kind in legend), default=1)
        self.columns = max(1, int((WIDTH - self.left) / widest))
        self.above = 0.1 + LEGEND * -(-len(legend) // self.columns)
        self.height = self.above + row * len(labels) + BELOW

    def place(self, figure):
        """The axes, in their place."""
        return figure.add_axes([self.left / WIDTH, BELOW / self.height,
                                1 - (self.left + self.right) / WIDTH,
                                1 - (BELOW + self.above) / self.height])


def draw(name, title, text, frame, paint):
    """An SVG of what paint(axes) paints.

    name:  within the page, a word
    title: what a reader hears who does not see it; text: the rest of that
    frame: a Frame
    """
    matplotlib = _library()
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")     # of characters that the font lacks
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure = matplotlib.figure.Figure(figsize=(WIDTH, frame.height))
        paint(frame.place(figure))
        out = io.StringIO()
        figure.savefig(out, format="svg",
                       metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(out.getvalue(), name, title, text)


def _rows(axes, labels):
    """One label a row, the first one on top."""
    axes.set_yticks(range(len(labels)), [plain(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _beside(axes, x, row, text, **more):
    """Words to the right of a bar's end."""
    axes.annotate(text, (x, row), xytext=(4, 0), textcoords="offset points", va="center",
                  annotation_clip=False, **more)


def spans(name, title, text, rows, unit):
    """One bar a row, from when to when.  rows: [(label, from, to, colour, words)]"""
    def paint(axes):
        for row, (_, start, end, colour, words) in enumerate(rows):
            axes.barh(row, end - start, left=start, height=0.62, color=colour,
                      edgecolor=colour, linewidth=0.8)
            _beside(axes, end, row, words)
        axes.set_xlim(0, max(row[2] for row in rows) or 1)
        axes.set_xlabel(unit)
        _rows(axes, [row[0] for row in rows])

    return draw(name, title, text, Frame([row[0] for row in rows], [row[4] for row in rows]),
                paint)


def stacks(name, title, text, rows, unit):
    """A bar a row of pieces, each kind of which has its colour and is in the legend.

    rows: [(label, [(kind, length)], words, whether these are of a failure)]
    """
    kinds = list(dict.fromkeys(kind for row in rows for kind, _ in row[1]))
    frame = Frame([row[0] for row in rows], [plain(row[2]) for row in rows], kinds)

    def paint(axes):
        for number, kind in enumerate(kinds):
            lengths, begins = [], []
            for _, pieces, _, _ in rows:
                names = [piece for piece, _ in pieces]
                at = names.index(kind) if kind in names else len(names)
                begins.append(sum(length for _, length in pieces[:at]))
                lengths.append(pieces[at][1] if at < len(names) else 0)
            axes.barh(range(len(rows)), lengths, left=begins, height=0.62,
                      color=STEPS[number % len(STEPS)], label=plain(kind))
        for row, (_, pieces, words, failed) in enumerate(rows):
            _beside(axes, sum(length for _, length in pieces), row, plain(words),
                    color=BAD if failed else TEXT)
        axes.set_xlabel(unit)
        axes.set_xlim(0, max(sum(length for _, length in row[1]) for row in rows) or 1)
        _rows(axes, [row[0] for row in rows])
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=frame.columns, fontsize=9,
                    borderaxespad=0.1, handlelength=1.2, columnspacing=1.0)

    return draw(name, title, text, frame, paint)


def counts(name, title, text, rows, sides, unit):
    """Bars of numbers, side by side.  rows: [(label, [number or None of each side])]

    Where they are of many sizes the scale is one of powers of ten, from 1 on.
    """
    most = max((value for _, values in rows for value in values if value), default=1)
    thick = 0.8 / len(sides)
    frame = Frame([row[0] for row in rows], [f"{most:,.0f}"], sides if len(sides) > 1 else (),
                  ROW if len(sides) == 1 else 0.42)

    def paint(axes):
        for number, side in enumerate(sides):
            places = [row + (number - (len(sides) - 1) / 2) * thick for row in range(len(rows))]
            axes.barh(places, [row[1][number] or 0 for row in rows], height=thick * 0.85,
                      color=(PLAIN, OTHER)[number % 2], label=side)
            for place, (_, given) in zip(places, rows):
                if given[number] is not None:
                    _beside(axes, given[number], place, f"{given[number]:,.0f}", fontsize=9)
        if most > 200:
            axes.set_xscale("symlog", linthresh=1)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}" if value < 1e6 else
                                       f"{value:,.0f}")
        axes.set_xlim(0, most)
        axes.set_xlabel(unit)
        _rows(axes, [row[0] for row in rows])
        if len(sides) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(sides), fontsize=9,
                        borderaxespad=0.1)

    return draw(name, title, text, frame, paint)


def ratios(name, title, text, rows, most=1.5):
    """Bars of ratios, 1 marked, targets as strokes.

    rows: [(label, ratio, target or None, verdict or None, words)]
    most: bars end there, with an arrow
    """
    colours = {"met": GOOD, "missed": BAD, None: PLAIN}

    def paint(axes):
        axes.axvline(1, color=LINE, linestyle="--", linewidth=1)
        for row, (_, ratio, target, verdict, words) in enumerate(rows):
            axes.barh(row, min(ratio, most), height=0.62, color=colours[verdict])
            if target is not None:
                axes.vlines(target, row - 0.45, row + 0.45, color=TEXT, linewidth=2)
            if ratio > most:
                words = "\N{RIGHTWARDS ARROW} " + words
            axes.annotate(words, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0),
                          textcoords="offset points", va="center", annotation_clip=False,
                          fontsize=9)
        axes.set_xlim(0, most)
        axes.set_xlabel("ours : upstream's; less is better")
        _rows(axes, [row[0] for row in rows])

    return draw(name, title, text, Frame([row[0] for row in rows], [row[4] + "  " for row in rows]),
                paint)

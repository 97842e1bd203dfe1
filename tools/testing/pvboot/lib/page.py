# SPDX-License-Identifier: GPL-2.0
"""A page of HTML that needs nothing but itself.

All that goes into it is plain text, and is escaped here; only what these
functions and pictures.py return is HTML.
"""

import contextlib
import os
import re
import sys
from html import escape

import pictures

STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --text: #1d2125; --line: #6b7177;
  --grid: #dfe2e5; --good: #2e7d32; --bad: #c62828; --plain: #4a7ab0; --other: #c07a1e;
  --odd: #f4f5f7; }
@media screen and (prefers-color-scheme: dark) { :root { --back: #16191d; --text: #e3e6e9;
  --line: #98a0a8; --grid: #363c43; --good: #66bb6a; --bad: #ff7a70; --plain: #6ea3dc;
  --other: #e0a04c; --odd: #1f242a; } }
body { margin: 1.5rem auto; max-width: 66rem; padding: 0 1rem; background: var(--back);
  color: var(--text); font: 15px/1.45 sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.verdict { border-left: .5rem solid var(--bad); padding: .5rem 1rem; background: var(--odd);
  overflow-wrap: anywhere; }
.verdict.good { border-color: var(--good); }
.wide, figure { overflow-x: auto; margin: .5rem 0; }
svg { width: 100%; min-width: 38rem; height: auto; }
svg * { stroke-linejoin: round; stroke-linecap: butt; }
table { border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; padding: .3rem .5rem; color: var(--line); }
th, td { text-align: left; vertical-align: top; padding: .15rem .45rem; }
th { border-bottom: 1px solid var(--line); vertical-align: bottom; }
tbody th { border: 0; font-weight: normal; vertical-align: top; }
tbody tr:nth-child(odd) { background: var(--odd); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .log { font: .8rem/1.4 monospace; overflow-wrap: anywhere; }
.log { white-space: pre-wrap; }
@media print { body { max-width: none; font-size: 10pt; } .wide, figure { overflow: visible; }
  svg { min-width: 0; } figure, tr { break-inside: avoid; }
  .verdict, tbody tr:nth-child(odd) { print-color-adjust: exact; } }
"""

# Nothing is loaded, and nothing runs, whatever may have come into it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def text(words):
    """Words as HTML; what cannot be shown is seen to be there."""
    words = "".join(char if char.isprintable() or char in "\n\t" else
                    "\N{REPLACEMENT CHARACTER}" for char in str(words))
    return escape(words)


def paragraph(words):
    """Plain words."""
    return f"<p>{text(words)}</p>"


def code(words):
    """A line as it is."""
    return f"<code>{text(words)}</code>"


def heading(words):
    """Of a section."""
    return f"<h2>{text(words)}</h2>"


def _shown(value):
    """A cell's words."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else value


def _cell(value, kind="td", more=""):
    if isinstance(value, (int, float)):
        more += ' class="number"'
    return f"<{kind}{more}>{text(_shown(value))}</{kind}>"


def table(caption, head, rows, log=False):
    """Rows of plain values; the first of each names it.

    log: the last column is a line of a log
    """
    parts = [f'<div class="wide"><table><caption>{text(caption)}</caption>']
    if head:
        parts.append("<thead><tr>" + "".join(f'<th scope="col">{text(name)}</th>'
                                             for name in head) + "</tr></thead>")
    parts.append("<tbody>")
    for row in rows:
        cells = [_cell(value) for value in row]
        cells[0] = _cell(row[0], "th", ' scope="row"')
        if log:
            cells[-1] = f'<td class="log">{text(row[-1])}</td>'
        parts.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join(parts + ["</tbody></table></div>"])


class Pictures:
    """Draws what can be drawn, and knows why the rest could not be."""

    def __init__(self):
        self.why = None

    def __call__(self, kind, *arguments):
        """A picture by pictures.KIND, or nothing."""
        if self.why:
            return ""
        try:
            return f"<figure>{kind(*arguments)}</figure>"
        except pictures.NoPictures as error:
            self.why = str(error)
        # A picture is no reason to do without the numbers.
        except Exception as error:      # pylint: disable=broad-exception-caught
            self.why = f"no pictures: matplotlib: {type(error).__name__}: {error}".splitlines()[0]
        return ""


def document(title, good, verdict, parts):
    """The page as a whole.  verdict: lines, the first of which is the word"""
    said = "<br>\n".join([f"<strong>{text(verdict[0])}</strong>"]
                         + [text(line) for line in verdict[1:]])
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{text(verdict[0])}: {text(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{text(title)}</h1>", f'<p class="verdict{" good" if good else ""}">{said}</p>',
        *parts, "</body></html>", ""])


def write(path, content):
    """A file, whole or not at all."""
    part = path + ".part"
    with open(part, "w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(content)
    os.rename(part, path)


def remove(path):
    """What an earlier run has left is not to be taken for this one's."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def leave(path, build):
    """Write what build(draw) returns; whether it is there.

    Never a reason to fail: what was to be told stands in the JSON, and on the
    terminal.  Why there is no page, or no picture in it, is one line.
    """
    draw = Pictures()
    try:
        write(path, build(draw))
    except Exception as error:          # pylint: disable=broad-exception-caught
        words = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")
        print(f"no {os.path.basename(path)}: {words}", file=sys.stderr)
        return False
    if draw.why:
        print(f"{os.path.basename(path)} has {draw.why}", file=sys.stderr)
    return True

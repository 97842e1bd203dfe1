# SPDX-License-Identifier: GPL-2.0
"""A flame graph of stacks as an SVG that needs nothing but itself.

Each frame is a box on top of its caller's, as wide as the instructions in it and in what it
calls; a tooltip has the numbers.  Side by side are the callees by name, not by time.
"""

import colorsys
import zlib
from html import escape

import folded

WIDTH, HEIGHT, MARGIN, HEAD, FOOT = 1600, 17, 10, 46, 24

# Narrower boxes would not be seen; of a letter's width, about
LEAST, LETTER = 0.2, 6.6

# Hue, and how far names spread around it
COLOURS = {"program": (0.30, 0.05), "Linux": (0.08, 0.05), "Xen": (0.58, 0.06)}


class _Box:
    """A frame with all that is above it."""

    def __init__(self, side):
        self.side = side
        self.number = 0
        self.above = {}


def _tree(stacks):
    root = _Box("program")
    for stack, number in stacks.items():
        root.number += number
        box = root
        for frame in stack:
            side = "program" if frame == folded.USER else "Linux"
            if frame.startswith(folded.STAY) or box.side == "Xen":
                side = "Xen"
            box = box.above.setdefault(frame, _Box(side))
            box.number += number
    return root


def _depth(box):
    return 1 + max(map(_depth, box.above.values()), default=0)


def _colour(name, side):
    """The same name has the same colour in each picture."""
    hue, spread = COLOURS[side]
    hash_ = zlib.crc32(name.encode())
    red, green, blue = colorsys.hls_to_rgb(
        hue + spread * ((hash_ & 255) / 255 - 0.5), 0.66 + 0.12 * (hash_ >> 8 & 255) / 255, 0.75)
    return f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}"


def _text(x, y, words, size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}">{escape(words)}</text>'


class _Picture:
    """Boxes so many pixels an instruction wide."""

    def __init__(self, scale, bottom, ops, whole):
        self.scale = scale
        self.bottom = bottom
        self.ops = ops
        self.whole = whole
        self.parts = []

    def box(self, name, box, x, level):
        """A frame and what is above it."""
        width = box.number * self.scale
        if width < LEAST:
            return
        y = self.bottom - (level + 1) * HEIGHT
        told = (f"{name}: {box.number / self.ops:.1f} instructions an operation, "
                f"{100 * box.number / self.whole:.2f} %")
        self.parts.append(
            f'<g><title>{escape(told)}</title><rect x="{x:.2f}" y="{y}" width="{width:.2f}" '
            f'height="{HEIGHT - 1}" fill="{_colour(name, box.side)}"/>')
        room = int((width - 6) / LETTER)
        if room >= 3:
            self.parts.append(_text(x + 3, y + 12, name if len(name) <= room else
                                    name[:room - 2] + ".."))
        self.parts.append("</g>")
        for above, more in sorted(box.above.items()):
            self.box(above, more, x, level + 1)
            x += more.number * self.scale


def build(title, stacks, ops, full=None):
    """The picture.

    ops:  how many operations the stacks are of
    full: instructions an operation that are the whole width, so that two pictures
          are drawn to one scale; by default its own
    """
    root = _tree(stacks)
    scale = (WIDTH - 2 * MARGIN) / (ops * (full or root.number / ops))
    bottom = HEAD + _depth(root) * HEIGHT
    picture = _Picture(scale, bottom, ops, root.number)
    picture.box("all", root, MARGIN, 0)
    height = bottom + FOOT
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(MARGIN, 20, title, 16),
        _text(MARGIN, 38, f"{root.number / ops:.0f} instructions an operation"),
        *picture.parts,
        _text(MARGIN, height - 8, "green: the program; orange: Linux; blue: Xen"),
        "</svg>", ""])

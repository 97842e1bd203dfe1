# SPDX-License-Identifier: GPL-2.0
"""Whether a text can be read on a machine's screen, of which there is a picture.

No font is needed: the screen is cut into cells, and wherever the text has one and
the same character the cells have to look the same, and otherwise differ; a blank
is empty.  That no other text but this one does.
"""

import re

# Above it, of 255, a pixel is lit: Xen's text is light grey on black.
LIT = 64
INK = bytes(int(value > LIT) for value in range(256))

# Of Xen's text mode
TEXT_COLUMNS, TEXT_ROWS = 80, 25

# What Xen says of a graphics mode: pixels, and those of a character
GRAPHICS = re.compile(r"\(XEN\) .*vesafb: mode is (\d+)x(\d+)x\d+, .*font (\d+)x(\d+)")


class BadPicture(Exception):
    """Not a picture, or not of what it should be; one line."""


class Picture:
    """The pixels, 0 or 1, of a file as QEMU's screendump writes it."""

    def __init__(self, data):
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        if not head:
            raise BadPicture("the picture is not a PPM with 8 bits a colour")
        self.width, self.height = int(head[1]), int(head[2])
        pixels = data[head.end():]
        if len(pixels) != 3 * self.width * self.height:
            raise BadPicture(f"the picture has {len(pixels)} bytes, "
                             f"not {self.width} x {self.height} pixels")
        # Red stands for all three.
        self.ink = pixels[::3].translate(INK)

    def cells(self, width, height):
        """Rows of cells of that size, each as its pixels one after the other."""
        return [[self._cell(x, y, width, height)
                 for x in range(0, self.width - width + 1, width)]
                for y in range(0, self.height - height + 1, height)]

    def _cell(self, x, y, width, height):
        starts = range(y * self.width + x, (y + height) * self.width + x, self.width)
        return b"".join(self.ink[start:start + width] for start in starts)


def cell_size(picture, log):
    """Pixels of a character, across and down: by Xen's words, or as of text mode."""
    for line in log:
        said = GRAPHICS.search(line)
        if said:
            width, height, across, down = map(int, said.groups())
            if (width, height) != (picture.width, picture.height):
                raise BadPicture(f"Xen says {width} x {height}, the picture is "
                                 f"{picture.width} x {picture.height}")
            return across, down
    if picture.width % TEXT_COLUMNS or picture.height % TEXT_ROWS:
        raise BadPicture(f"{picture.width} x {picture.height} pixels are no text mode")
    return picture.width // TEXT_COLUMNS, picture.height // TEXT_ROWS


def _reads(rows, lines):
    """Whether these rows of cells can be these lines, and nothing else."""
    shapes = {}
    for cells, line in zip(rows, lines, strict=True):
        if len(line) > len(cells):
            return False
        for cell, character in zip(cells, line.ljust(len(cells))):
            if shapes.setdefault(character, cell) != cell:
                return False
    return not any(shapes.get(" ", b"")) and len(set(shapes.values())) == len(shapes)


def row_of(lines, rows):
    """The first row from which on these lines can be read, None where none is."""
    for first in range(len(rows) - len(lines) + 1):
        if _reads(rows[first:first + len(lines)], lines):
            return first
    return None

# SPDX-License-Identifier: GPL-2.0
"""A text is read where it is, and nowhere else."""

import hashlib

import pytest

import screen

TEXT = ["--- pvboot: PASSED ---", "guest    passed  3 of 3", "", "end"]
ACROSS, DOWN = 8, 16


def glyph(character):
    """Some shape of its own for each character, none for a blank."""
    if character == " ":
        return [0] * (ACROSS * DOWN)
    dots = hashlib.sha256(character.encode()).digest() * (ACROSS * DOWN // 32)
    return [dot & 1 for dot in dots]


def picture(lines, columns=40, rows=8, first=2):
    """The screen with these lines from that row on."""
    shown = [""] * first + list(lines)
    shown += [""] * (rows - len(shown))
    pixels = bytearray()
    for line in shown:
        glyphs = [glyph(character) for character in line.ljust(columns)]
        for y in range(DOWN):
            for dots in glyphs:
                for dot in dots[y * ACROSS:(y + 1) * ACROSS]:
                    pixels += b"\xaa\xaa\xaa" if dot else b"\0\0\0"
    return screen.Picture(b"P6\n%d %d\n255\n" % (columns * ACROSS, rows * DOWN) + pixels)


def row_of(lines, shown):
    """Where lines are read on a screen that shows others."""
    return screen.row_of(lines, picture(shown).cells(ACROSS, DOWN))


def test_a_text_is_read():
    assert row_of(TEXT, TEXT) == 2


@pytest.mark.parametrize("shown", [
    [], TEXT[:-1], TEXT[1:], [line.replace("PASSED", "FAILED") for line in TEXT],
    [line.replace("3 of 3", "2 of 3") for line in TEXT],
    [f" {line}" for line in TEXT], [line + "x" for line in TEXT],
    [line.replace("guest", "") for line in TEXT]])
def test_another_text_is_not(shown):
    assert row_of(TEXT, shown) is None


def test_an_empty_screen_is_no_text():
    empty = picture([]).cells(ACROSS, DOWN)
    assert screen.row_of(TEXT, empty) is None


def test_a_line_that_is_too_long_is_not_there():
    assert row_of(["x" * 41], ["x" * 40]) is None


def test_the_size_of_a_character_is_what_xen_says():
    said = ["(XEN) [ 1.0] vesafb: mode is 320x128x32, linelength=1280, font 8x16"]
    assert screen.cell_size(picture(TEXT), said) == (8, 16)
    with pytest.raises(screen.BadPicture, match="Xen says 320 x 128"):
        screen.cell_size(picture(TEXT, rows=9), said)


def test_or_that_of_text_mode():
    text_mode = screen.Picture(b"P6 720 400 255\n" + bytes(3 * 720 * 400))
    assert screen.cell_size(text_mode, []) == (9, 16)
    with pytest.raises(screen.BadPicture, match="no text mode"):
        screen.cell_size(picture(TEXT, columns=41), [])


@pytest.mark.parametrize("data", [b"", b"P5 1 1 255\n\0", b"P6 2 2 255\n\0\0\0", b"P6 a b 255\n"])
def test_what_is_no_picture_is_told(data):
    with pytest.raises(screen.BadPicture, match="picture"):
        screen.Picture(data)

# SPDX-License-Identifier: GPL-2.0
"""Reads a page as a browser would, for tests: what is wrong with it."""

import re
from html.parser import HTMLParser

# HTML's, which have no end, and those of SVG that matplotlib ends at once
VOID = ("meta", "br")
# Nothing of these may be in a page that needs nothing but itself.
FOREIGN = ("script", "link", "img", "iframe", "object", "embed", "base", "form", "image")
LOADS = ("src", "href", "srcset", "data", "action", "poster", "background", "xlink:href")


class Reader(HTMLParser):
    """Feed it a page; wrong has what is not as it should be, words what is to be read."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.wrong = []
        self.words = []
        self.names = set()
        self.pictures = []      # the texts in each

    def handle_starttag(self, tag, attrs):
        self._look(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "svg":
            self.pictures.append([])
            if not {"role", "aria-labelledby"} <= dict(attrs).keys():
                self.wrong.append("a picture that says nothing to those who do not see it")

    def handle_startendtag(self, tag, attrs):
        self._look(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> ends what was not begun")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            if re.search(r"url\(|@import", data):
                self.wrong.append("the style loads something")
            return
        self.words.append(data)
        if "svg" in self.open:
            self.pictures[-1].append(data)

    def _look(self, tag, attrs):
        if tag in FOREIGN:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            value = value or ""
            if name.startswith("on"):
                self.wrong.append(f"{name} of <{tag}>")
            if name in LOADS and not value.startswith("#"):
                self.wrong.append(f"<{tag}> loads {value}")
            if re.search(r"\b(?:https?|javascript|data|file):|url\([^#]", value):
                self.wrong.append(f"<{tag}> has {name}={value}")
            if name == "id":
                if value in self.names:
                    self.wrong.append(f"{value} is the name of two")
                self.names.add(value)


def read(page):
    """The Reader of a page, which has come to its end."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    if reader.open:
        reader.wrong.append(f"without an end: {reader.open}")
    if not page.startswith("<!DOCTYPE html>") or not page.rstrip().endswith("</html>"):
        reader.wrong.append("it is not whole")
    return reader

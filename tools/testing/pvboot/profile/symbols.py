# SPDX-License-Identifier: GPL-2.0
"""What is at which address, of Linux by System.map and of Xen by its own table.

Xen's image has no symbols left, but a table of them for its own messages, which
tools/symbols.c of Xen's source writes, as Linux's kallsyms does.  It is found by what
must be true of it; so any image serves, Debian's too, which is the one that is measured.
"""

import re
import struct

# Where Xen is linked, to which its table's offsets are added: XEN_VIRT_START
XEN_START = 0xffff82d040000000

# Each token of the table that names are packed with is at least a character.
DIGITS = b"".join(b"%d\0" % digit for digit in range(10))

# Symbols between two marks of the table
MARK_EVERY = 256
ALIGN = 64

# Kinds of nm that are code
CODE = "tTwW"

# Flags of the plugin's table, see load_symbols() in stacks.c
ENTRY = re.compile(r"(xen_)?(asm_(exc|xenpv|int80|sysvec)_|entry_SYS)|"
                   r"xen_failsafe_callback$|xen_pv_(masking|no_compat)_")
NEW_TASK = "ret_from_fork_asm"
THUNK = "__x86_return_thunk"


class NoSymbols(Exception):
    """There is no table to be found; one line."""


def _words(data, at, count):
    """Whole numbers of an image, or none where it ends before."""
    if at < 0 or at + count * 4 > len(data):
        return ()
    return struct.unpack_from(f"<{count}I", data, at)


def _tokens(data):
    """(start, tokens): 256 strings, and after them the offset of each."""
    at = data.find(DIGITS)
    while at >= 0:
        start = at
        # Those before the digits: where they begin, what is before them ends.
        for _ in range(ord("0") + 1):
            start = data.rfind(b"\0", 0, max(start - 1, 0)) + 1
        for first in range(start, start + ALIGN):
            tokens = data[first:first + 8192].split(b"\0", 256)[:256]
            index = [0]
            for token in tokens[:-1]:
                index.append(index[-1] + len(token) + 1)
            end = first + index[-1] + len(tokens[-1]) + 1
            if len(tokens) == 256 and struct.pack("<256H", *index) in data[end:end + 512 + ALIGN]:
                return first, tokens
        at = data.find(DIGITS, at + 1)
    raise NoSymbols("Xen's image has no table of names: no tokens")


def _names_end(data, at, count):
    """Where so many packed names end that begin at an address, or 0."""
    for _ in range(count):
        if at >= len(data) or not data[at]:
            return 0
        at += 1 + data[at]
    return at


def _marks(data, end, count):
    """(start, first mark but 0) of the marks that end before the tokens."""
    many = (count + MARK_EVERY - 1) // MARK_EVERY
    for padding in range(0, ALIGN, 4):
        start = end - padding - 4 * many
        marks = _words(data, start, many)
        if many > 1 and marks and marks[0] == 0 and \
                all(a < b for a, b in zip(marks, marks[1:])):
            return start, marks[1]
    return None


def _table(data, end):
    """(number, start of the names, address of the number), going back from the tokens."""
    for at in range(end & ~3, 3, -4):
        count, = _words(data, at, 1) or (0,)
        if not MARK_EVERY < count < 1 << 18 or count * 3 > end - at:
            continue
        marks = _marks(data, end, count)
        if not marks:
            continue
        for names in range(at + 4, at + 4 + ALIGN, 4):
            if _names_end(data, names, MARK_EVERY) == names + marks[1] and \
                    0 <= marks[0] - _names_end(data, names, count) < ALIGN:
                return count, names, at
    raise NoSymbols("Xen's image has no table of names: no names")


def _offsets(data, count, end):
    """Offsets of the symbols, which end before their number."""
    for padding in range(0, ALIGN, 4):
        offsets = _words(data, end - padding - 4 * count, count)
        if offsets and offsets[-1] and all(a <= b for a, b in zip(offsets, offsets[1:])):
            return offsets
    raise NoSymbols("Xen's image has no table of names: no addresses")


def of_xen(data):
    """[(address, name)] of the code in an image of Xen."""
    end, tokens = _tokens(data)
    count, at, number = _table(data, end)
    found = []
    for offset in _offsets(data, count, number):
        length = data[at]
        name = b"".join(tokens[byte] for byte in data[at + 1:at + 1 + length]).decode(
            "ascii", "replace")
        at += 1 + length
        if name[0] in CODE:
            # With a file before it where there is more than one of the name
            found.append((XEN_START + offset, name[1:].rsplit("#", 1)[-1]))
    return found


def of_linux(lines):
    """[(address, name)] of the code that System.map lists."""
    found = []
    for line in lines:
        address, kind, name = line.split()[:3]
        # __pfx_: the padding before a function, which is never executed
        if kind in CODE and len(address) == 16 and address.startswith("ffffffff") and \
                not name.startswith("__pfx_"):
            found.append((int(address, 16), name))
    if not found:
        raise NoSymbols("System.map lists no code")
    return found


def _flags(names):
    flags = "e" if any(map(ENTRY.match, names)) else ""
    flags += "n" if NEW_TASK in names else ""
    flags += "t" if THUNK in names else ""
    return flags or "-"


def table(symbols):
    """Lines of the plugin's table: address, number of the function, flags, name.

    A part that the compiler moved away, as in name.cold, is the same function, and none
    that is called.  Of several names at one address the last counts: those before it are
    of sections, or have more underscores.
    """
    at = {}
    for address, name in sorted(symbols):
        at.setdefault(address, []).append(name)
    whole, lines = {}, []
    for number, names in enumerate(at.values(), 1):
        whole.setdefault(names[-1], number)
    for number, (address, names) in enumerate(at.items(), 1):
        name = names[-1]
        trunk = name.removesuffix(".cold")
        if trunk != name and trunk in whole:
            lines.append(f"{address:016x} {whole[trunk]} p {trunk}")
        else:
            lines.append(f"{address:016x} {number} {_flags(names)} {name}")
    return lines

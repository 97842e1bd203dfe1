#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions of an operation go, in Xen and in the guest.

`make profile WHAT=fork` calls it, after `options` has looked at WHAT.
"""

import argparse
import glob
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../bench"), os.path.join(HERE, "../lib")]

# pylint: disable=wrong-import-position
import boots            # noqa: E402
import figures          # noqa: E402
import flame            # noqa: E402
import folded           # noqa: E402
import guest            # noqa: E402
import page             # noqa: E402
import profile_table    # noqa: E402
import qemu             # noqa: E402
import symbols          # noqa: E402

MEASURES = os.path.join(HERE, "../bench/measures.toml")
OUT = os.path.join(guest.BUILD, "profile")
PLUGIN = os.path.join(OUT, "plugin.so")

# Of the table, on the terminal
SHOWN = 25

# No measures of the guest's, but what comes before, in these boots of the bench
BEFORE = {"boot": "exact-1", "boot-4g": "exact-4g"}

SIDES = {"ours": "ours", "peer": "upstream's"}


class BadRounds(Exception):
    """The plugin did not see what the guest says that it did; one line."""


def arguments():
    """The options; make passes each of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", help="a measure of bench/guest/main.c, or " + ", ".join(BEFORE))
    return parser.parse_args()


def boot_of(machines, what):
    """The boot that counts instructions and takes the measure.

    What it takes before is left in: the state that leaves is part of the figure.
    """
    # A CPU off and on is three looks at the clocks, and mostly waits.
    exact = [boot for boot in machines.values() if boot["exact"]]
    if what in BEFORE:
        return machines[BEFORE[what]] | {"guest": []}
    known = {name: boot for boot in exact
             for name in boot["guest"] if not name.startswith("hotplug")}
    if what not in known:
        raise boots.BadTable(f"WHAT: there is no measure {what}, but {' '.join(known)} "
                             f"{' '.join(BEFORE)}")
    guest_words = known[what]["guest"]
    return known[what] | {"guest": guest_words[:guest_words.index(what)] + ["follow", what]}


def is_there(side):
    """Whether that kernel is built."""
    return os.path.isfile(boots.image({"exact": True}, side))


def write_symbols(side, xen, path):
    """The plugin's table of functions."""
    kernel = os.path.join(guest.BUILD, boots.KERNELS[side])
    with open(os.path.join(kernel, "System.map"), encoding="ascii") as lines:
        found = symbols.of_linux(lines)
    with open(xen, "rb") as image:
        found += symbols.of_xen(image.read())
    page.write(path, "\n".join(symbols.table(found)) + "\n")


def read_rounds(directory, names, expected):
    """The rounds that the plugin saw."""
    paths = sorted(glob.glob(os.path.join(glob.escape(directory), "round-*")))
    if len(paths) != expected:
        raise BadRounds(f"the plugin saw {len(paths)} rounds, and the guest made {expected}")
    return [folded.read_round(path, names) for path in paths]


def read_boot(directory, names):
    """The only round, and one operation."""
    return read_rounds(directory, names, 1)[0], 1


def read_measure(directory, names, rounds):
    """The round that counts and its operations.  The first was for warming up."""
    found = read_rounds(directory, names, len(rounds) + 1)
    return folded.median(found[1:]), rounds[0][0]


def run(boot, side, directory, head):
    """Boot one side: (the round that counts, operations, Run)."""
    measured = boot["guest"]
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    write_symbols(side, boots.XEN[boot["xen"]], os.path.join(directory, "symbols"))
    # QEMU runs in that directory; a comma would part the options.
    log, booted = boots.execute(
        boot, side, directory, head,
        f"{os.path.relpath(PLUGIN, directory)},symbols=symbols,rounds=round-"
        f"{'' if measured else ',boot=on'}")
    names = figures.Names().hypercalls
    if measured:
        return *read_measure(directory, names, log.rounds(measured[-1])), booted
    return *read_boot(directory, names), booted


def save(directory, side, what, found, full):
    """The folded files of a side and its picture."""
    chosen, ops = found
    page.write(os.path.join(directory, f"{side}.folded"), folded.fold(chosen.instructions))
    page.write(os.path.join(directory, f"{side}.entries"), folded.fold(chosen.entries))
    title = f"{what}, {SIDES[side]} arch/x86/xen on Xen"
    page.write(os.path.join(directory, f"{side}.svg"),
               flame.build(title, chosen.instructions, ops, full))


def clear(directory):
    """What an earlier run has left is not to be taken for this one's."""
    for name in ["table.txt"] + [f"{side}.{end}" for side in SIDES
                                 for end in ("folded", "entries", "svg")]:
        page.remove(os.path.join(directory, name))


def main():
    """Boot, count, print."""
    what = arguments().what
    version = qemu.check_version()
    qemu.check_plugin(PLUGIN)
    boot = boot_of(boots.load(MEASURES)[0], what)
    sides = [side for side in SIDES if is_there(side)]
    directory = os.path.join(OUT, what)
    clear(directory)
    found, about = {}, {"QEMU": version}
    for number, side in enumerate(sides, 1):
        chosen, ops, booted = run(boot, side, os.path.join(directory, "boots", side),
                                  f"boot {number} of {len(sides)}: {what}, {side} ...")
        found[side] = (chosen, ops)
        about |= {f"Linux ({side})": booted.classifier.linux, "Xen": booted.classifier.xen}
        about[f"instructions ({side})"] = f"{folded.total(chosen) / ops:.1f}"
    full = max(folded.total(chosen) / ops for chosen, ops in found.values())
    for side, pair in found.items():
        save(directory, side, what, pair, full)
    peer = found.get("peer")
    page.write(os.path.join(directory, "table.txt"),
               "\n".join(profile_table.build(about, found["ours"], peer)) + "\n")
    print("\n".join([""] + profile_table.build(about, found["ours"], peer, SHOWN)))
    print(f"\nbuild/profile/{what} has all of it in table.txt, flame graphs in SIDE.svg, stacks "
          "in SIDE.folded and SIDE.entries")
    if not peer:
        print("there is no upstream kernel to set beside it: make profile PEER=1 builds one")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (boots.Failed, boots.BadTable, BadRounds, figures.Missing, folded.BadStacks,
            symbols.NoSymbols, qemu.QemuError, OSError) as failure:
        print(f"ERROR: {failure}", file=sys.stderr)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Boots Linux as dom0 on Xen in QEMU once and prints a short report.

`make boot` calls it with the options that `options` has checked.
"""

import argparse
import json
import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/testing/pvboot/lib"))

# pylint: disable=wrong-import-position
import boot_page        # noqa: E402
import guest            # noqa: E402
import page             # noqa: E402
import qemu             # noqa: E402
import report           # noqa: E402
from classify import ERROR, PASS    # noqa: E402
from progress import Progress       # noqa: E402


def arguments():
    """The options; make passes each of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcpus", type=int, default=guest.VCPUS)
    parser.add_argument("--mem", type=int, default=guest.MEM)
    parser.add_argument("--cmdline", default="")
    parser.add_argument("--xencmdline", default="")
    parser.add_argument("--kernel", default=guest.KERNEL)
    parser.add_argument("--initrd", default=guest.INITRD)
    parser.add_argument("--xen", default=guest.XEN)
    parser.add_argument("--timeout", type=int)
    parser.add_argument("--out", default=os.path.join(guest.BUILD, "boot"))
    parser.add_argument("--head", default="boot ...", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Boot; the exit status is 0 where init said PASS."""
    options = arguments()
    machine = guest.Guest(
        vcpus=options.vcpus, mem=options.mem, cmdline=options.cmdline,
        xencmdline=options.xencmdline, kernel=options.kernel,
        initrd=options.initrd, xen=options.xen, timeout=options.timeout)
    where = os.path.relpath(os.path.join(options.out, "serial.log"), ROOT)
    progress = Progress(options.head)
    try:
        for name in ("report.json", "report.html"):
            page.remove(os.path.join(options.out, name))
        version = qemu.check_version()
        run, word, reason = machine.boot(options.out, progress)
    except (qemu.QemuError, OSError) as error:
        print(f"{ERROR}: {error}", file=sys.stderr)
        return 1
    progress.done("up" if word == PASS else "failed")
    facts = report.build(run, word, reason, machine.options())
    page.write(os.path.join(options.out, "report.json"), json.dumps(facts, indent=2) + "\n")
    print("\n".join(report.words(facts)), flush=True)
    boot_page.leave(options.out, facts, machine, version)
    if word != PASS:
        print(f"{word}: {reason}; see {where}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Boots dom0 with Debian's toolstack on Xen in QEMU, and Linux as a domU in it.

`make domu` calls it with the options that `options` has checked; it prints
the domU's report.
"""

import argparse
import json
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/testing/pvboot/lib"))

# pylint: disable=wrong-import-position
import boot_page        # noqa: E402
import guest            # noqa: E402
import host             # noqa: E402
import page             # noqa: E402
import qemu             # noqa: E402
import report           # noqa: E402
from classify import CRASH, ERROR, PASS     # noqa: E402
from progress import Progress               # noqa: E402

NAME = "domu"
MEM = 256
FIRST = "QEMU, Xen, dom0, its toolstack"

# Without what Linux puts before lines of its first console, and Xen where it takes those
CONSOLE = re.compile(rf"(?:PVBOOT: console {NAME}\| ?(?:\(early\) )?|"
                     rf"^{host.EARLY_HEAD})(.*)$")


def arguments():
    """The options; make passes each of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcpus", type=int, default=guest.VCPUS)
    parser.add_argument("--maxvcpus", type=int)
    parser.add_argument("--mem", type=int, default=MEM)
    parser.add_argument("--cmdline", default="")
    parser.add_argument("--xencmdline", default="")
    parser.add_argument("--kernel", default=guest.KERNEL)
    parser.add_argument("--dom0-kernel", default=guest.DOM0_KERNEL)
    parser.add_argument("--initrd", default=guest.INITRD)
    parser.add_argument("--xen", default=guest.XEN)
    parser.add_argument("--timeout", type=int)
    parser.add_argument("--out", default=os.path.join(guest.BUILD, "domu"))
    parser.add_argument("--head", default="domU ...", help=argparse.SUPPRESS)
    return parser.parse_args()


def line_of(options):
    """The domU's own command line."""
    return f"{guest.LINUX} pvboot.cpus={options.vcpus} {options.cmdline}".strip()


def machine_of(options):
    """dom0, with the domU's kernel, ramdisk and configuration in it."""
    timeout = options.timeout or guest.default_timeout(options.vcpus) + 60
    files = {
        "pvboot/domu/kernel": host.read(options.kernel),
        "pvboot/domu/ramdisk": host.read(options.initrd),
        "pvboot/domu/report.cfg": host.config(
            NAME, memory=options.mem, vcpus=options.vcpus,
            maxvcpus=options.maxvcpus or options.vcpus, cmdline=line_of(options),
            kernel="/pvboot/domu/kernel", ramdisk="/pvboot/domu/ramdisk",
            on_poweroff="preserve", on_reboot="preserve", on_crash="preserve").encode(),
    }
    return host.Host("report", files, options.mem, options.out, vcpus=host.DOM0_VCPUS,
                     xencmdline=options.xencmdline, kernel=options.dom0_kernel,
                     xen=options.xen, timeout=timeout,
                     cmdline=f"pvboot.vcpus={options.vcpus} pvboot.patience={timeout}")


def of_domu(stamps, lines):
    """The domU's lines, each with the time at which dom0 had passed it on."""
    found = [(seconds, inside[1]) for seconds, inside in
             zip(stamps, map(CONSOLE.search, lines)) if inside]
    return [seconds for seconds, _ in found], [line for _, line in found]


def judge(inside, word, reason):
    """The domU's end comes before dom0's word on it."""
    if inside.crash is not None:
        return CRASH, inside.crash
    if word == PASS and inside.verdict != "PASS":
        return ERROR, "dom0 has seen a verdict that is not in the log"
    if word == ERROR and inside.verdict not in (None, "PASS"):
        return ERROR, f"verdict {inside.verdict} {inside.why}"
    return word, reason


def main():
    """Boot; the exit status is 0 where the domU's init said PASS."""
    options = arguments()
    where = os.path.relpath(os.path.join(options.out, "serial.log"), ROOT)
    progress = Progress(options.head)
    classifier = host.DomuClassifier()
    classifier.begin(NAME)
    try:
        for name in ("report.json", "report.html"):
            page.remove(os.path.join(options.out, name))
        version = qemu.check_version()
        machine = machine_of(options)
        run, word, reason = machine.boot(options.out, progress, classifier)
    except (qemu.QemuError, OSError) as error:
        print(f"{ERROR}: {error}", file=sys.stderr)
        return 1
    inside = classifier.domain(NAME)
    word, reason = judge(inside, word, reason)
    progress.done("up" if word == PASS else "failed")
    asked = {"vcpus": options.vcpus, "maxvcpus": options.maxvcpus or options.vcpus,
             "mem": options.mem, "cmdline": options.cmdline,
             "xencmdline": options.xencmdline, "timeout": machine.timeout}
    run.classifier = inside
    run.init_seconds = None     # that of dom0
    run.stamps, run.lines = of_domu(run.stamps, run.lines)
    facts = report.build(run, word, reason, asked, FIRST)
    facts["dom0"] = classifier.linux
    facts["complaints"] += [f"dom0: {line}" for line in classifier.complaints]
    facts["title"] = "Boot of Linux as a domU on Xen"
    page.write(os.path.join(options.out, "report.json"), json.dumps(facts, indent=2) + "\n")
    print(f"  {'dom0':<15} {classifier.linux or 'did not speak'}")
    print("\n".join(report.words(facts)), flush=True)
    boot_page.leave(options.out, facts, machine, version, [
        ("Linux", line_of(options)), ("Linux of dom0", machine.linux_line()),
        ("Xen", machine.xen_line())])
    if word != PASS:
        print(f"{word}: {reason}; see {where}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

# SPDX-License-Identifier: GPL-2.0
"""dom0 with Debian's toolstack, and domUs in it, as one machine to boot."""

import os
import re

import guest
import releases
from classify import Classifier

TOOLSTACK_PLACE = releases.made_of_xen("toolstack")
TOOLSTACK = f"{TOOLSTACK_PLACE}.gz"
AGENT = os.path.join(guest.ROOT, "tools/testing/pvboot/domu/guest/agent")
TICKS = os.path.join(TOOLSTACK_PLACE, f"ticks_{releases.BITS}")

# dom0 itself: the toolstack needs little, but /init and all files are memory.
DOM0_VCPUS = 2
DOM0_MEM = 640

# A domU's words, in dom0's log
CONSOLE = re.compile(r"console ([\w-]+)\| ?(.*)$")
# The same from a domU itself, before it has a console: a Xen for debugging takes them.
EARLY_HEAD = r"\(d[1-9]\d*\) (?:\[ *[\d.]+\] )?"
EARLY = re.compile(f"{EARLY_HEAD}(.*)$")
# A case that begins
CASE = re.compile(r"case ([\w-]+)\| KTAP ")
# Xen's words on a domain that is not dom0
OF_DOMU = re.compile(r"\(XEN\) .*(?:Domain [1-9]\d* |\bd[1-9]\d*(?:v\d+)?\b)")
# Xen says who called it, then which domain; for dom0 other lines follow.
NAMELESS = re.compile(r"\(XEN\) .*domain_crash(?:_sync)? called")
# Linux says so in each domU that is not there for another one.
OF_ANY_DOMU = ("kernel-error .*xen_privcmd: No target domain found",)


class DomuClassifier(Classifier):
    """dom0's log, and apart from it the console of each domU.

    domains: name: Classifier of its console, and of what Xen says of it
    expected_of: name: patterns that this domU provokes
    """

    def __init__(self, expected_of=None):
        super().__init__()
        self.domains = {}
        self.expected_of = expected_of or {}
        self.latest = None

    def domain(self, name):
        """The classifier of a domU, made where there is none yet."""
        if name not in self.domains:
            self.domains[name] = Classifier(
                expected=[*self.expected_of.get(name, ()), *OF_ANY_DOMU])
        return self.domains[name]

    def feed(self, line):
        """One line of the log."""
        early = EARLY.match(line)
        if early and self.latest:
            self.latest.feed(early[1])
        else:
            super().feed(line)

    def begin(self, name):
        """What is said of some domU from now on is said of this one."""
        self.latest = self.domain(name)

    def _ours(self, text):
        found = CONSOLE.match(text)
        if not found:
            begins = CASE.match(text)
            if begins:
                self.begin(begins[1])
            super()._ours(text)
            return
        self.begin(found[1])
        self.latest.feed(found[2])

    def _judge(self, line):
        if OF_DOMU.search(line):
            if self.latest:
                self.latest.feed(line)
        elif not NAMELESS.search(line):
            super()._judge(line)


def _entry(name, mode, data, number):
    """One file of an initramfs, in the format that cpio calls newc."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields)
    parts = (head + path, data)
    return b"".join(part + b"\0" * (-len(part) % 4) for part in parts)


def archive(files):
    """{path: content} as an uncompressed initramfs, directories included."""
    directories = set()
    for path in files:
        while "/" in path:
            path = path.rpartition("/")[0]
            directories.add(path)
    entries = [(path, 0o40755, b"") for path in sorted(directories)]
    entries += [(path, 0o100755, data) for path, data in sorted(files.items())]
    entries.append(("TRAILER!!!", 0, b""))
    return b"".join(_entry(*entry, number) for number, entry in enumerate(entries, 1))


def read(path):
    """A file's bytes."""
    with open(path, "rb") as file:
        return file.read()


def joined(*archives):
    """Initramfs archives as one; each begins where its offset divides by 4."""
    return b"".join(data + b"\0" * (-len(data) % 4) for data in archives)


class Host(guest.Guest):
    """dom0 with the toolstack.

    mode:   what its init does, see domu/dom0/init
    files:  {path: content} for its initramfs
    domus:  MiB that the domUs need, all that live at a time
    """

    def __init__(self, mode, files, domus, directory, xencmdline="", **options):
        self.domus = domus
        self.mode = mode
        os.makedirs(directory, exist_ok=True)
        initrd = os.path.join(directory, "dom0.initramfs")
        with open(initrd, "wb") as out:
            out.write(joined(read(guest.DOM0_INITRD), read(TOOLSTACK), archive(files)))
        super().__init__(**{"kernel": guest.DOM0_KERNEL, "mem": DOM0_MEM, "initrd": initrd,
                            "xencmdline": xencmdline} | options)

    def linux_line(self):
        """dom0's own command line."""
        return (f"{guest.LINUX} rdinit=/pvboot/domu/init pvboot.domu={self.mode} "
                f"{self.cmdline}").strip()

    def arguments(self):
        """QEMU's: memory for the domUs, too."""
        arguments = super().arguments()
        memory = arguments.index("-m") + 1
        arguments[memory] = str(int(arguments[memory]) + self.domus)
        return arguments


def config(name, **settings):
    """A domU's configuration as xl reads it."""
    settings = {"name": name, "type": "pv"} | settings
    lines = []
    for key, value in settings.items():
        if isinstance(value, str):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"

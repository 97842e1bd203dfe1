# SPDX-License-Identifier: GPL-2.0
"""The table of Debian releases, prepare/releases, and which Xen is asked for.

prepare/releases.sh has the same for the scripts.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../../.."))
TABLE = os.path.join(HERE, "../prepare/releases")
BASES = os.path.join(HERE, "../prepare/bases")
OS_RELEASE = "/etc/os-release"

# The base that is not asked for by name; others have a build/ of their own in it,
# as common.sh has it.
OWN_BASE = "6.12"
BASE = os.environ.get("BASE") or OWN_BASE

# Of the kernel, "64" or "32"; 32 has one base, and a build/ of its own in the same way.
BITS = os.environ.get("BITS") or "64"


def base_build_of(base):
    """Where the tree of a base lies, in base/."""
    return os.path.join(ROOT, "build", *([f"linux-{base}"] if base != OWN_BASE else []))


def build_of(base, bits="64"):
    """Where all else of a base lies, of that width."""
    return base_build_of(base) if bits == "64" else os.path.join(ROOT, f"build/bits-{bits}")


BASE_BUILD = base_build_of(BASE)
BUILD = build_of(BASE, BITS)


def load(path=TABLE):
    """{code name: {row: word}}, the newest release last."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for words in (line.split() for line in lines):
            if words[:2] == ["#", "row"]:
                found = {name: {} for name in words[2:]}
            elif words and words[0] != "#":
                for name, word in zip(found, words[1:], strict=True):
                    found[name][words[0]] = word
    return found


def bases():
    """Names of the bases, the default one first."""
    return list(load(BASES))


def other_base():
    """The newest that is not the default one."""
    return next(base for base in reversed(bases()) if base != OWN_BASE)


def lacks(base):
    """Options of arch/x86/configs/pvboot.config that this base has not got."""
    word = load(BASES)[base]["options"]
    return set() if word == "-" else set(word.split(","))


def of_machine(path="", table=None):
    """The release whose column counts here: the newest where it is none of them."""
    table = table or load()
    path = path or os.environ.get("PVBOOT_OS_RELEASE", OS_RELEASE)
    said = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            said = file.read()
    name = re.search(r'^VERSION_CODENAME="?([a-z]+)"?$', said, re.M)
    debian = re.search(r'^ID="?debian"?$', said, re.M)
    return name[1] if debian and name and name[1] in table else list(table)[-1]


def xen_version():
    """The Xen that is asked for, by default the release's own: "4.17"."""
    return os.environ.get("XEN_VERSION") or load()[of_machine()]["xen"]


def other_xen():
    """The newest that the machine's release has not got itself."""
    versions = [release["xen"] for release in load().values()]
    return next(version for version in reversed(versions) if version != load()[of_machine()]["xen"])


def of_this_width(rows):
    """Those of a table's rows that are for kernels of BITS; rows name one width, or none."""
    return [row for row in rows if row["bits"] in (None, int(BITS))]


def made_of_xen(name):
    """A name in build/ of what is made of that Xen, as releases.sh has it."""
    own = load()[of_machine()]["xen"]
    version = xen_version()
    return os.path.join(ROOT, "build", name if version == own else f"{name}-{version}")

# SPDX-License-Identifier: GPL-2.0
"""Builds the tree in one of the table's configurations, and reads what was said."""

import lzma
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import configs
import guest
import releases

sys.path.insert(0, os.path.join(guest.ROOT, "scripts"))

# pylint: disable=wrong-import-position
from lintlib.kernel import complaints, kconfig_symbols  # noqa: E402
from overlaylib.project import Project, patch_targets   # noqa: E402

TREE = os.path.join(guest.BUILD, "linux")
BASE = os.path.join(releases.BASE_BUILD, "base/linux")
OVERLAY = os.path.join(guest.ROOT, "scripts/overlay")
KMAKE = os.path.join(guest.ROOT, "tools/testing/pvboot/prepare/kmake")
BASE_NAME = releases.BASE
DEBIAN = os.path.join(releases.BASE_BUILD, "configs/config.amd64_{}.xz")
KCONFIG = "arch/x86/xen/Kconfig"
FRAGMENT = "arch/x86/configs/pvboot.config"

# Whose warnings count even in files that are the tree's.
WATCHED = ("arch/x86", "drivers/xen")
WATCHED_TEXT = re.compile(r"(?:^|[\s/])(?:arch/x86|drivers/xen)/|\bobjtool\b|\bmodpost\b")
WARNING = re.compile(r"\bwarning: ", re.I)
ERROR = re.compile(r"\berror: |undefined reference|No rule to make|\*\*\* ", re.I)

# Is built in every configuration that has anything of ours.
WITNESS = "arch/x86/xen/hypercall.o"


class BuildError(Exception):
    """A step failed; the text says why, in one line."""


def our_files():
    """Names of our files in the tree, and of the tree's that we patch."""
    project = Project(Path(guest.ROOT))
    names = {name for name in project.files(untracked=True)
             if project.only.get(name, BASE_NAME) == BASE_NAME}
    for patch in project.patches(BASE_NAME):
        names |= patch_targets(patch)
    return sorted(names)


def own_symbols():
    """What our Kconfig defines and the base tree's does not."""
    ours, theirs = (Path(root, KCONFIG).read_text(encoding="utf-8")
                    for root in (guest.ROOT, BASE))
    return kconfig_symbols(ours) - kconfig_symbols(theirs)


def hidden_symbols():
    """What our Kconfig defines and nobody can choose: it has no prompt."""
    parts = re.split(r"^config (\w+)\n", Path(guest.ROOT, KCONFIG).read_text(encoding="utf-8"),
                     flags=re.M)
    return {name for name, body in zip(parts[1::2], parts[2::2])
            if not re.search(r"^\t(?:(?:bool|tristate|int|hex|string) +\"|prompt )", body, re.M)}


def warnings(text, tree, names, only_ours=False):
    """The warnings of a log that count, each once, in the log's order.

    names: our files, and those that we patch.  Others of arch/x86 and
    drivers/xen count as well, and so does what objtool and modpost say, unless
    only_ours.
    """
    seen = SimpleNamespace(tree=tree, files=names)
    found = [str(finding) for finding in complaints(seen, text)]
    if not only_ours:
        found += [line.strip().replace(f"{tree}/", "") for line in text.splitlines()
                  if WARNING.search(line) and WATCHED_TEXT.search(line)]
    return list(dict.fromkeys(found))


def findings(text, tree, names):
    """{without its line's number: the line} of each warning and each error of a log.

    Warnings as above, and errors wherever they are: they end a build.
    """
    lines = warnings(text, tree, names)
    lines += [line.strip().replace(f"{tree}/", "") for line in text.splitlines()
              if re.search(r"\berror: ", line, re.I)]
    return {re.sub(r":\d+", "", line): line for line in lines}


class Build:
    """One row of the table, in an output directory of its own, which random ones share.

    The directory lies beside build/kernel, so that paths from the one to the
    tree are those from the other, and the compiler's cache serves both.
    """

    def __init__(self, row, log, progress=None):
        self.row = row
        name = "random" if row["random"] else row["name"]
        self.out = os.path.join(guest.BUILD, f"kernel-config-{name}")
        self.tree = TREE
        self.log = log
        self.progress = progress
        self.before = ""
        self.after = ""

    def path(self, name):
        """A file of the output directory."""
        return os.path.join(self.out, name)

    def make(self, *words):
        """(status, output) of the kernel's make; the output goes to the log, too."""
        compiler = self.row["compiler"]
        if compiler != "gcc":
            version = compiler.removeprefix("clang")
            words = (f"LLVM={version or 1}", f"CC=ccache {compiler}",
                     f"HOSTCC=ccache {compiler}", *words)
        begin = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as out:
            with subprocess.Popen([KMAKE, self.out, self.tree, *words], stdout=out,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as child:
                while child.poll() is None:
                    time.sleep(0.2)
                    if self.progress:
                        self.progress.tick("")
        with open(self.log, "rb") as said:
            said.seek(begin)
            return child.returncode, said.read().decode("utf-8", "replace")

    def _must(self, what, *words):
        status, output = self.make(*words)
        if status:
            errors = [line.strip() for line in output.splitlines() if ERROR.search(line)]
            raise BuildError(f"{what}: {(errors or [f'status {status}'])[0]}; "
                             f"see {os.path.relpath(self.log, guest.ROOT)}")
        return output

    def _own_tree(self):
        """A tree that lacks what the row says, with the overlay laid over it.

        It shares its files with the base tree by hard links: the overlay puts
        files in place by rename, and a build writes nothing there.
        """
        self.tree = f"{TREE}-{self.row['name']}"
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(BASE, self.tree, copy_function=os.link, symlinks=True)
        for name in self.row["without"]:
            shutil.rmtree(os.path.join(self.tree, name))
        done = subprocess.run([OVERLAY, "sync", self.tree], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise BuildError(f"the overlay cannot be laid: {done.stderr.strip()}")

    def _start(self):
        """The .config that the row begins with."""
        if self.row["start"] == "pvboot":
            self._must("cannot configure", f"KCONFIG_ALLCONFIG={self.tree}/{FRAGMENT}",
                       "allnoconfig")
            return Path(self.path(".config")).read_text(encoding="utf-8")
        if self.row["random"]:
            return self._random()
        with lzma.open(self._debian(), "rt", encoding="utf-8") as file:
            return file.read()

    def _random(self):
        """One by chance, which the seed decides, and Kconfig with it."""
        fixed = self.path("fixed")
        Path(fixed).write_text(configs.edited("", self.row["set"]), encoding="utf-8")
        self._must("cannot configure", f"KCONFIG_SEED={self.row['random']}",
                   f"KCONFIG_ALLCONFIG={fixed}", "randconfig")
        return Path(self.path(".config")).read_text(encoding="utf-8")

    def _debian(self):
        """Debian's configuration; 6.12's real-time kernel has a set of features to itself."""
        flavour = self.row["start"]
        names = [DEBIAN.format(name)
                 for name in (f"none_{flavour}", flavour.replace("-", "_", 1))]
        for name in names:
            if os.path.exists(name):
                return name
        raise BuildError(f"{names[0]} is not there: make distro-check")

    def configure(self):
        """Make .config; Kconfig has to take every option as it is wanted."""
        os.makedirs(self.out, exist_ok=True)
        if self.row["without"]:
            self._own_tree()
        self.before = self._start()
        symbols = kconfig_symbols(Path(self.tree, "arch/Kconfig").read_text(encoding="utf-8"))
        options = configs.named(self.row["set"], symbols)
        Path(self.path(".config")).write_text(configs.edited(self.before, options),
                                              encoding="utf-8")
        self._must("cannot configure", "olddefconfig")
        self.after = Path(self.path(".config")).read_text(encoding="utf-8")
        refused = configs.refused(self.after, options)
        if refused:
            raise BuildError(f"Kconfig did not take {' '.join(refused)}")

    def forget(self):
        """Take objects away: warnings come only of what is compiled."""
        for directory in WATCHED:
            for made in Path(self.path(directory)).rglob("*.o"):
                made.unlink()
        for name in our_files():
            if name.endswith((".c", ".S")):
                Path(self.path(name)).with_suffix(".o").unlink(missing_ok=True)

    def build(self):
        """Build the row's targets; returns what was said."""
        self.forget()
        output = self._must("does not build", f"-j{os.cpu_count()}", *self.row["words"],
                            *self.row["targets"])
        for name in [WITNESS] + ["arch/x86/boot/bzImage"] * ("bzImage" in self.row["targets"]):
            if not os.path.exists(self.path(name)):
                raise BuildError(f"the build made no {name}")
        return output

    def not_of_the_base(self):
        """What is said of this configuration, and not of the base tree in the same.

        The base tree, without the overlay, is built only where there is something.
        """
        self.forget()
        names = our_files()
        status, said = self.make(f"-j{os.cpu_count()}", *self.row["words"], *self.row["targets"])
        found = findings(said, self.tree, names)
        made = [] if os.path.exists(self.path(WITNESS)) else [f"the build made no {WITNESS}"]
        if not found and not status:
            return made
        control = Build(self.row, f"{self.log}-control", self.progress)
        control.out, control.tree = f"{self.out}-control", BASE
        os.makedirs(control.out, exist_ok=True)
        shutil.copy(self.path(".config"), control.path(".config"))
        control._must("cannot configure the base tree", "olddefconfig")
        control.forget()
        theirs, heard = control.make(f"-j{os.cpu_count()}", *self.row["words"],
                                     *self.row["targets"])
        ours = found.keys() - findings(heard, control.tree, names)
        if status and not theirs and not ours:
            return [f"make ended with status {status}"]
        return [found[name] for name in sorted(ours)] or made

    def image(self):
        """The kernel to boot."""
        return self.path("arch/x86/boot/bzImage")

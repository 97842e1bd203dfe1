# SPDX-License-Identifier: GPL-2.0
"""What takes a build or a boot after each patch of a series.

Each row of BUILDS answers with a few words on what it did, with None where a
patch gives it nothing to do, or raises Fault: one line that says what is wrong.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from types import SimpleNamespace

from lintlib.kernel import ELSEWHERE, WIDE, complaints, kconfig_symbols
from overlaylib.common import Refusal, sha256
from releases import lacks

from .cover import BUILT as RESULT
from .ground import Ground
from .make import compare

PLACE = os.path.dirname(RESULT)
PASSED = f"{PLACE}/passed.json"
FRAGMENT = "arch/x86/configs/pvboot.config"
KMAKE = "tools/testing/pvboot/prepare/kmake"
BOOT = "tools/testing/pvboot/boot/boot.py"
IMAGE = "arch/x86/boot/bzImage"
# What a change of can reach any object.
SHARED = re.compile(r"(?:.*/)?(?:[^/]*\.h|Makefile|Kbuild|Kconfig[^/]*)")
ERROR = re.compile(r"error:|Error:|undefined reference|\*\*\*")
WARNING = re.compile(r"\bwarning:", re.I)


class Fault(Exception):
    """A patch does not pass; the text says why, in one line."""


class Site:
    """The tree with the patches so far, its build, and the log of the patch."""

    def __init__(self, description, base, place=None, log="series-check"):
        self.project, self.goals = description.project, description.goals
        self.base = description.base
        place = place or self.project.root / PLACE
        # Named like the other trees and outputs, for the compiler's cache.
        self.ground, self.out = Ground(base, place / "linux"), place / "kernel"
        self.logs = self.project.root / "build/log" / log
        self.log = self.tick = None
        self.carried, self.shared, self.present = [], False, set()
        self.boots = False

    def start(self):
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        if self.ground.prepare() and self.out.exists():
            shutil.rmtree(self.out)  # another base had it: its objects may be newer than this one
        self.out.mkdir(exist_ok=True)

    def begin(self, name, tick):
        """A log of its own for what comes next."""
        self.log, self.tick = self.logs / f"{name}.log", tick
        self.log.write_text("")

    def apply(self, path, boots, tick):
        """Put the next patch on, and see what that asks for."""
        self.begin(path.stem[:4], tick)
        self.boots = boots
        before = self.ground.apply(path)
        self.carried = self.ground.touched
        self.shared = any(SHARED.fullmatch(name) for name in before)
        self.present |= set(self.carried)

    def run(self, what, command, **options):
        """(status, output) of a command, which is shown as it goes on and kept."""
        lines = []
        with open(self.log, "a", encoding="utf-8", buffering=1) as log, \
                subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", **options) as child:
            try:
                for line in child.stdout:
                    lines.append(line.rstrip("\n"))
                    log.write(line)
                    self.tick(f"{what}: {line}")
            except BaseException:
                child.terminate()
                raise
        return child.returncode, lines

    def kmake(self, what, *arguments):
        return self.run(what, [self.project.root / KMAKE, self.out, self.ground.tree, *arguments])

    def make(self, what, *arguments):
        """Build, with each warning a fault."""
        status, lines = self.kmake(what, f"-j{len(os.sched_getaffinity(0))}", *arguments)
        faults = [line for line in lines if (ERROR if status else WARNING).search(line)]
        if status or faults:
            last = lines[-1] if lines else "it said nothing"
            raise Fault(self.short((faults or [f"status {status}: {last}"])[0]))
        return lines

    def short(self, line):
        """Names as the tree has them, whichever way it is called by."""
        tree = self.ground.tree
        return line.replace(f"{tree}/", "").replace(f"../{tree.name}/", "").strip()

    def ours(self):
        """Files that the series brings and has brought so far."""
        laid = [name for name, goal in sorted(self.goals.items()) if goal.kind == "lay"]
        return [name for name in laid
                if name in self.present and (self.ground.tree / name).is_file()]


def fragment(site):
    """The configuration that is tested, without what this tree cannot know yet."""
    kconfigs = [name for name, goal in site.goals.items()
                if goal.data and os.path.basename(name).startswith("Kconfig")]
    unknown = lacks(site.base)
    for name in kconfigs:
        path = site.ground.tree / name
        theirs = kconfig_symbols(path.read_text()) if path.is_file() else set()
        unknown |= kconfig_symbols(site.goals[name].data.decode()) - theirs
    text = (site.project.root / FRAGMENT).read_text()
    words = [(line, re.match(r"(?:# )?CONFIG_(\w+)", line)) for line in text.splitlines()]
    return [line for line, symbol in words if symbol and symbol[1] not in unknown]


def configure(site):
    """allnoconfig with the fragment, where anything decides otherwise now."""
    wanted = fragment(site)
    tree = [(site.ground.tree / name).read_bytes() for name in sorted(site.goals)
            if os.path.basename(name).startswith("Kconfig") and
            (site.ground.tree / name).is_file()]
    config, stamp = site.out / ".config", site.out / ".pvboot-config"
    decides = sha256("\n".join(wanted).encode() + b"".join(tree))
    if config.is_file() and stamp.is_file() and stamp.read_text() == decides:
        return
    stamp.unlink(missing_ok=True)
    site.out.mkdir(parents=True, exist_ok=True)
    part = site.out / ".pvboot-fragment"
    part.write_text("".join(f"{line}\n" for line in wanted))
    status, lines = site.kmake("configuration", f"KCONFIG_ALLCONFIG={part}", "allnoconfig")
    if status:
        raise Fault(f"cannot configure: {(lines or ['?'])[-1]}")
    have = set(config.read_text().splitlines())
    refused = [line for line in wanted if not line.startswith("#") and line not in have]
    if refused:
        raise Fault(f"Kconfig does not take {refused[0]}")
    stamp.write_text(decides)


def image(site):
    configure(site)
    made = site.out / IMAGE
    site.make("kernel", "bzImage")
    if not made.is_file():
        raise Fault("the build made no bzImage")
    return ""


def objects(site):
    """Also those that no makefile names yet."""
    names = sorted(site.present) if site.shared else site.carried
    names = [name for name in names if name.endswith((".c", ".S"))
             and name not in WIDE.included and name not in ELSEWHERE
             and (site.ground.tree / name).is_file()]
    if not names:
        return None
    made = [name[:-1] + "o" for name in names]
    # What the image has is made already, which matters below a lib/ directory:
    # Kbuild comes there by two ways, and would make one object by both at once.
    status, lines = site.kmake("objects", f"-j{len(os.sched_getaffinity(0))}", "C=2", *made)
    # What sparse says of the tree's own files is the tree's.
    context = SimpleNamespace(tree=site.ground.tree, files=site.ours())
    faults = [str(finding) for finding in complaints(context, "\n".join(lines))]
    if status:
        faults += [line for line in lines if ERROR.search(line)] or [f"status {status}"]
    missing = [name for name in made if not (site.out / name).is_file()]
    if faults or missing:
        raise Fault(site.short((faults or [f"{missing[0]} was not made"])[0]))
    return str(len(made))


def kernel_doc(site):
    names = [name for name in site.ours() if name in site.carried and name.endswith((".c", ".h"))]
    if not names:
        return None
    status, lines = site.run("kernel-doc", [site.ground.base / "scripts/kernel-doc", "-none",
                                            "-Wall", "-Werror", *names], cwd=site.ground.tree)
    faults = [line for line in lines if re.search(r"\b(warning|error)\b", line, re.I)]
    if status or faults:
        raise Fault((faults or [f"status {status}"])[0])
    return str(len(names))


def boot(site):
    """init has said PASS, and the report of start of day has all vCPUs."""
    if not site.boots:
        return None
    where = site.out.parent / "boot"
    shutil.rmtree(where, ignore_errors=True)
    status, lines = site.run("boot", [site.project.root / BOOT, "--kernel", site.out / IMAGE,
                                      "--out", where])
    if status:
        raise Fault(lines[-1] if lines else f"boot.py ended with status {status}")
    try:
        report = json.loads((where / "report.json").read_text())
        vcpus, start = report["vcpus"], report["start_of_day"]
        complete = report["outcome"] == "PASS" and vcpus["up"] == vcpus["asked"]
        complete = complete and start and len(start["vcpus"]) == vcpus["up"] and start["total"]
        complained = report["complaints"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Fault("the boot left no report") from None
    if complained:
        raise Fault(f"the log complains: {complained[0]}")
    if not complete:
        raise Fault("the report of start of day is not complete")
    return f"{vcpus['up']} vCPUs up"


BUILDS = (
    ("kernel", "the tree builds, without a warning", image),
    ("objects", "so does each file of the patch, and sparse is content", objects),
    ("kernel-doc", "kernel-doc is content with the files of the patch", kernel_doc),
    ("boot", "the kernel boots on Xen", boot),
)


class Passed:
    """Patches that have passed, with all that come before them, and what was said then.

    A patch is known by itself, by those before it, and by what all are built with.
    """

    def __init__(self, path, site):
        self.path = path
        try:
            self.known = json.loads(path.read_text())
        except (OSError, ValueError):
            self.known = {}
        compiler = subprocess.run(["gcc", "--version"], check=False, capture_output=True).stdout
        self.digest = sha256(repr([row[:2] for row in BUILDS]).encode() + compiler
                             + (site.project.root / FRAGMENT).read_bytes()
                             + (site.ground.base / "Makefile").read_bytes())

    def take(self, path, boots):
        """The next patch; what was said of it, or None.  Its date and number do not count."""
        changes = path.read_bytes().partition(b"\ndiff --git ")[2]
        self.digest = sha256(f"{self.digest} {boots}\n".encode() + changes)
        return self.known.get(self.digest)

    def keep(self, did):
        self.known[self.digest] = [(name, text) for name, text, _ in did]
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.known, indent=2) + "\n")
        part.replace(self.path)


def locked(place):
    """Nobody else builds here; held for as long as what is returned."""
    place.mkdir(parents=True, exist_ok=True)
    lock = open(place / ".lock", "w", encoding="utf-8")  # pylint: disable=consider-using-with
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Refusal(f"another run works in {place}") from None
    return lock


def try_patch(site, tick):
    """(what each row did with its time, None) or (..., the fault)."""
    done = []
    for name, _, test in BUILDS:
        start = time.monotonic()
        tick(f"{name} ...")
        try:
            said = test(site)
        except Fault as fault:
            return done, f"{name}: {fault}"
        if said is not None:
            seconds = f"{time.monotonic() - start:.0f} s"
            done.append((name, f"{name} {seconds}" + (f" ({said})" if said else ""), said))
    return done, None


def build_each(description, base, paths, progress):
    """Build after each patch, one line each; the result, which is kept, too.

    What has passed with all that comes before it is not built again.

    @progress: what makes of a head something that has tick() and done()
    """
    site, root = Site(description, base), description.project.root
    with locked(root / PLACE):
        (root / RESULT).unlink(missing_ok=True)
        line = progress("series: tree to build in ...")
        site.start()
        line.done("as the base")
        start, failed, boots = time.monotonic(), [], []
        passed = Passed(root / PASSED, site)
        for number, (path, patch) in enumerate(zip(paths, description.patches, strict=True), 1):
            line = progress(f"series: patch {number} of {len(paths)} ...")
            with_boot = patch.boots or number == len(paths)
            before = passed.take(path, with_boot)
            try:
                site.apply(path, with_boot, line.tick)
            except Refusal as why:
                failed += range(number, len(paths) + 1)
                line.done(f"{patch.subject}: FAILED: {why}; so nothing was built from here on")
                break
            if before is not None:
                boots += [number for name, _ in before if name == "boot"]
                line.done(f"{patch.subject}: as before: {', '.join(text for _, text in before)}")
                continue
            did, fault = try_patch(site, line.tick)
            boots += [number for name, _, _ in did if name == "boot"]
            if fault:
                failed.append(number)
                log = os.path.relpath(site.log, root)
                line.done(f"{patch.subject}: FAILED: {fault}; see {log}")
            else:
                passed.keep(did)
                line.done(f"{patch.subject}: ok: {', '.join(text for _, text, _ in did)}")
        else:
            compare(site.ground.tree, description.goals)
        result = {"of": description.digest(), "patches": len(paths), "failed": failed,
                  "boots": boots, "seconds": round(time.monotonic() - start)}
        (root / RESULT).write_text(json.dumps(result, indent=2) + "\n")
    return result

# SPDX-License-Identifier: GPL-2.0
"""Tools that need arch/x86/xen as the tree compiles it."""

import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

from .common import Failure, Finding, count, judged

DIRECTORY = "arch/x86/xen/"


# Built with an option that the tests' configuration has not got, and which row of
# distro-check has it
ELSEWHERE = {"arch/x86/xen/mm/shadow.c": "kasan", "arch/x86/xen/tests/shadow_kunit.c": "kasan",
             "arch/x86/mm/kasan_init_64.c": "kasan",
             "arch/x86/xen/mm/kmaps.c": "kmap-local",
             "arch/x86/xen/tests/kmaps_kunit.c": "kmap-local",
             "arch/x86/xen/tests/hotremove_kunit.c": "memory-hotplug",
             "arch/x86/xen/irq_work.c": "no-smp"}


@dataclass(frozen=True)
class Width:
    """A width that kernels are built in.

    words: for make
    place: behind the name of lint's build
    included: files that are parts of another object, and that object
    """
    bits: str
    words: tuple
    place: str
    included: dict

    @property
    def targets(self):
        return [DIRECTORY, *self.included.values()]

    def has(self, name):
        """Whether a file has to be built in this width: in 32 bits its own files."""
        return (name not in self.included and name not in ELSEWHERE
                and for_32_bits(name) == (self.bits == "32"))


WIDE = Width("64", (), "", {"arch/x86/xen/xen-head.S": "arch/x86/kernel/head_64.o"})
NARROW = Width("32", ("ARCH=i386",), "-32", {
    "arch/x86/xen/xen-head.S": "arch/x86/kernel/head_32.o",
    "arch/x86/xen/entry_32.S": "arch/x86/entry/entry_32.o"})
# The configuration of the 32-bit build: there may be no 32-bit kernel to take it from.
FRAGMENT_32 = "arch/x86/configs/pvboot-32.config"
# A kernel for the other kinds of guest
NO_PV = "# CONFIG_XEN_PV is not set\nCONFIG_XEN_PVH=y\n"
# Bytes of per-CPU data that our objects may take all together: they take them
# from every CPU of a kernel that is built for PV, also on bare metal.  32 of them
# are of time and of performance counters, for which the tree's own took ten times
# as much, and 8 of memory.
MOST_PERCPU = 104
# Names that the tree's headers declare: they are there whoever defines them.
PINNED_PERCPU = ("guest.o",)
PERCPU_SECTION = re.compile(r"^\.data\.\.percpu\S*\s+(\d+)\s", re.M)
COMPLAINT = re.compile(r"(?P<path>[^\s:]+):.*?\b(?P<kind>warning|(?:fatal )?error|Error):")
NOTE = re.compile(r"(?P<path>[^\s:]+):.*?\bnote: in expansion of macro")


def configuration(context, width, tree):
    """(what decides it, make's words for it, the file that it begins with)."""
    if width is WIDE:
        config = context.build / ".config"
        if not config.is_file():
            raise Failure(f"no configured kernel at {context.build}: make kernel makes one")
        return config.read_text(), ["olddefconfig"], config
    fragment = tree / FRAGMENT_32
    decides = [fragment, tree / DIRECTORY / "Kconfig"]
    return ("".join(path.read_text() for path in decides if path.is_file()),
            [f"KCONFIG_ALLCONFIG={fragment}", "allnoconfig"], None)


def builder(context, name, *options, width=WIDE, more=""):
    """The make command for lint's own build of that name, configured.

    more: lines for the end of the configuration, in 64 bits
    """
    tree = context.need_overlay(width.bits)
    out = context.out / f"{name}{width.place}"
    decides, words, config = configuration(context, width, tree)
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GNUMAKEFLAGS", "MAKEOVERRIDES")}
    env["LC_ALL"] = "C"
    env.setdefault("CCACHE_DIR", str(context.root / "build/ccache"))
    make = ["make", "-C", tree, f"O={out}", f"-j{context.jobs}", "-s", *width.words, *options]
    wanted = f"{tree}\n{decides}{more}"
    stamp = out / ".lint-config"
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        if config:
            (out / ".config").write_text(decides + more)
        status, output = context.run(out.name, [*make, *words], env=env)
        if status:
            raise Failure(f"cannot configure {out}: {(output.splitlines() or ['?'])[-1]}")
        stamp.write_text(wanted)
    return out, make, env


def forget_objects(out, width):
    """Warnings come only from what is compiled, so compile it all."""
    for made in (out / DIRECTORY).rglob("*.o"):
        made.unlink()
    for made in width.included.values():
        (out / made).unlink(missing_ok=True)


def ours(context, path):
    """The project file that a path in a message stands for, or None."""
    path = os.path.normpath(path).removeprefix(f"{context.tree}/")
    found = re.search(r"(?:^|/)((?:arch|include)/.*)", path)
    name = found.group(1) if found else path
    candidates = [name, name.removesuffix(".o") + ".c", name.removesuffix(".o") + ".S"]
    return next((name for name in candidates if name in context.files), None)


def kconfig_symbols(text):
    """What a Kconfig file defines."""
    return set(re.findall(r"^[ \t]*(?:menu)?config[ \t]+(\w+)[ \t]*$", text, re.M))


def complaints(context, output):
    """What a build says of our files, also through a macro of the tree's."""
    findings, pending = [], None
    for line in output.splitlines():
        match = COMPLAINT.match(line)
        if match:
            name = ours(context, match["path"])
            pending = None if name else line
            if name:
                findings.append(Finding("", line.replace(f"{context.tree}/", "")))
            continue
        note = NOTE.match(line)
        if note and pending and ours(context, note["path"]):
            findings.append(Finding(ours(context, note["path"]), pending))
            pending = None
    return findings


def for_32_bits(name):
    """Whether a file is for 32 bits alone."""
    return os.path.splitext(name)[0].endswith("_32")


def sources(context):
    return [name for name in context.kernel_files(".c", ".S") if name.startswith(DIRECTORY)]


def not_built(context, out, width):
    return [Finding(name, "not built in this configuration, so not checked")
            for name in sources(context)
            if width.has(name) and not (out / name).with_suffix(".o").exists()]


def compiled_in(context, width, tool, name, options, select=None, more=""):
    """Build arch/x86/xen/ in one width and judge what is said of our files.

    With lines more in its configuration a file need not be built.
    """
    out, make, env = builder(context, name, *options, width=width, more=more)
    if tool != "sparse":
        forget_objects(out, width)
    status, output = context.run(tool, [*make, *width.targets], env=env)
    tree = context.need_overlay(width.bits)
    findings = complaints(SimpleNamespace(tree=tree, files=context.files), output)
    if select:
        findings = [finding for finding in findings if select(finding.text)]
    if status and not findings:
        errors = [line for line in output.splitlines() if COMPLAINT.match(line) or "***" in line]
        findings = [Finding("", line) for line in errors[:10]]
    if not status and not more:
        findings += not_built(context, out, width)
    return judged(tool, status, findings)


def compiled(context, tool, name, options, select=None):
    """The same in the width that is asked for."""
    width = NARROW if context.bits == "32" else WIDE
    built = [file for file in sources(context) if width is NARROW or not for_32_bits(file)]
    return (f"{count(built)}, in {width.bits} bits",
            compiled_in(context, width, tool, name, options, select))


def with_ccache(compiler):
    return f"CC=ccache {compiler}" if shutil.which("ccache") else f"CC={compiler}"


def gcc(context):
    with context.gcc_lock:
        return compiled(context, "gcc", "gcc-build", [with_ccache("gcc"), "W=1"])


def no_pv(context):
    """What other kinds of guest take of ours; objects say that it was built."""
    findings = compiled_in(context, WIDE, "no-pv", "no-pv-build", [with_ccache("gcc"), "W=1"],
                           more=NO_PV)
    built = [name for name in sources(context)
             if (context.out / "no-pv-build" / name).with_suffix(".o").exists()]
    if not built and not findings:
        raise Failure("there is no object")
    return f"{count(built)}, without XEN_PV", findings


def percpu_findings(sizes):
    """What is wrong with {object: bytes of per-CPU data}."""
    sizes = {name: size for name, size in sizes.items() if name not in PINNED_PERCPU}
    total = sum(sizes.values())
    if total <= MOST_PERCPU:
        return []
    said = ", ".join(f"{name} {size}" for name, size in sorted(sizes.items()) if size)
    return [Finding(DIRECTORY, f"{total} bytes of per-CPU data, at most {MOST_PERCPU} are "
                    f"allowed: {said}")]


def percpu(context):
    """Per-CPU data of our objects, as gcc's build has them."""
    with context.gcc_lock:
        out, make, env = builder(context, "gcc-build", with_ccache("gcc"), "W=1")
        status, output = context.run("percpu", [*make, *WIDE.targets], env=env)
        if status:
            raise Failure(f"does not build: {(output.splitlines() or ['?'])[-1]}")
        sizes = {}
        for name in context.kernel_files(".c"):
            made = (out / name).with_suffix(".o")
            if f"{os.path.dirname(name)}/" in (DIRECTORY, f"{DIRECTORY}mm/") and made.exists():
                said = subprocess.run(["size", "-A", made], check=True, capture_output=True,
                                      text=True).stdout
                sizes[made.name] = sum(int(size) for size in PERCPU_SECTION.findall(said))
    if not sizes:
        raise Failure("there is no object")
    return count(list(sizes)), percpu_findings(sizes)


def sparse(context):
    # The compiler's own warnings end in the option that asks for them.
    with context.gcc_lock:
        return compiled(context, "sparse", "gcc-build", [with_ccache("gcc"), "W=1", "C=2"],
                        lambda text: not re.search(r"\[-W[^\]]*\]$", text))


def clang(context):
    """In 64 bits alone."""
    findings = compiled_in(context, WIDE, "clang", "clang-build",
                           ["LLVM=1", with_ccache("clang")])
    return count([name for name in sources(context) if not for_32_bits(name)]), findings


def version(text):
    return tuple(int(number) for number in re.findall(r"\d+", text))


def semantic_patches(context):
    """(script, its options) for each that can report with this coccinelle.

    Two scripts are partly written in OCaml, and need its compiler, which is
    too much to ask for them: their options are None where it is missing.
    """
    said = subprocess.run(["spatch", "--version"], check=False, capture_output=True, text=True)
    have = version(re.search(r"version ([\d.]+)", said.stdout + said.stderr)[1])
    for script in sorted((context.tree / "scripts/coccinelle").rglob("*.cocci")):
        text = script.read_text(errors="replace")
        needed = re.search(r"^// Requires: *([\d.]+)", text, re.M)
        if needed and version(needed[1]) > have:
            continue
        if not re.search(r"^virtual\b.*\breport\b", text, re.M):
            continue
        options = re.search(r"^// Options:(.*)", text, re.M)
        if re.search(r"ocaml", text, re.I) and not shutil.which("ocamlopt"):
            yield script, None
        else:
            yield script, shlex.split(options[1]) if options else []


def coccinelle(context):
    context.need_tree()
    names = context.kernel_files(".c", ".h")
    scripts = list(semantic_patches(context))
    omitted = [script for script, options in scripts if options is None]
    scripts = [job for job in scripts if job[0] not in omitted]
    if not scripts or not names:
        raise Failure("found no semantic patches or no C files: nothing was checked")
    includes = [word for part in ("arch/x86/include", "include", "arch/x86/include/uapi",
                                  "include/uapi") for word in ("-I", context.tree / part)]
    context.forget_log("coccinelle")

    def apply(job):
        script, options = job
        command = ["spatch", "-D", "report", "--no-show-diff", "--very-quiet", "--cocci-file",
                   script, *options, *includes, *names]
        status, output = context.run("coccinelle", command, log_mode="a")
        found = [Finding("", line) for line in output.splitlines()
                 if re.match(r"\S+:\d+", line)]
        return judged(script.name, status, found)

    with ThreadPoolExecutor(context.jobs) as pool:
        findings = [finding for found in pool.map(apply, scripts) for finding in found]
    checked = f"{count(names)}, {len(scripts)} semantic patches"
    if omitted:
        checked += f", not {' '.join(script.stem for script in omitted)}: no OCaml compiler"
    return checked, findings

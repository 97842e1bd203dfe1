# SPDX-License-Identifier: GPL-2.0
"""Tools that read our files where they are."""

import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

from .common import Failure, Finding, count, judged, lines_as_findings

CHECKPATCH_CONFIG = "scripts/checkpatch-config"
CHECKPATCH_CONFIG_USER = "scripts/checkpatch-config-user"
CODESPELL_IGNORE = "scripts/codespell-ignore"
NO_PROSE = ("COPYING", "scripts/overlay.base-hashes", CODESPELL_IGNORE)
BINARY = (".gz", ".png", ".bin", ".elf")
BATCH = 16


def need_files(names, what):
    if not names:
        raise Failure(f"found no {what}: nothing was checked")


def view(context):
    """A directory where our files have their names and checkpatch may litter."""
    place = context.out / "view"
    place.mkdir(exist_ok=True)
    for top in {name.split("/")[0] for name in context.files}:
        link = place / top
        if not os.path.lexists(link):
            link.symlink_to(context.root / top)
    return place


def batches(files):
    """Lists of as many as one process takes: to start one takes as long as a short file."""
    return [files[first:first + BATCH] for first in range(0, len(files), BATCH)]


def checkpatch(context):
    context.need_tree()
    sources = [name for name in context.files
               if name.endswith((".c", ".h", ".S", ".lds"))
               or name.split("/")[-1].startswith(("Kconfig", "Kbuild", "Makefile"))]
    user = [name for name in sources if name.startswith("tools/")]
    if context.only == "kernel":
        sources = [name for name in sources if name not in user]
        user = []
    # Other patches are test data: kernels broken on purpose.
    patches = [name for name in context.files
               if name.startswith("patches/") and name.endswith(".patch")]
    need_files(sources, "source files")
    common = shlex.split((context.root / CHECKPATCH_CONFIG).read_text(), comments=True)
    user_too = shlex.split((context.root / CHECKPATCH_CONFIG_USER).read_text(), comments=True)
    command = ["perl", context.tree / "scripts/checkpatch.pl", f"--root={context.tree}",
               "--strict", "--terse", "--show-types", "--no-summary", *common]
    jobs = [[*options, *names] for options, files in (
        (["-f"], [name for name in sources if name not in user]),
        ([*user_too, "-f"], user), ([], patches)) for names in batches(files)]
    # Our history says nothing of the tree's, so it is kept from checkpatch.
    where = {"cwd": view(context), "env": {**os.environ, "GIT_DIR": "/nonexistent"}}
    context.forget_log("checkpatch")
    with ThreadPoolExecutor(context.jobs) as pool:
        done = pool.map(lambda words: context.run("checkpatch", [*command, *words], "a", **where),
                        jobs)
        findings = [finding for status, output in done
                    for finding in judged("checkpatch", status, lines_as_findings(output))]
    return count(sources + patches), findings


def kernel_doc(context):
    context.need_tree()
    names = context.kernel_files(".c", ".h")
    need_files(names, "C files of the kernel")
    status, output = context.run("kernel-doc", [context.tree / "scripts/kernel-doc", "-none",
                                                "-Wall", "-Werror", *names])
    findings = [Finding("", line) for line in output.splitlines()
                if re.search(r"\b(warning|error)\b", line, re.I)]
    return count(names), judged("kernel-doc", status, findings)


def codespell(context):
    names = [name for name in context.files
             if name not in NO_PROSE and not name.endswith(BINARY)]
    need_files(names, "files")
    status, output = context.run("codespell", ["codespell", "-q", "2", "-I", CODESPELL_IGNORE,
                                               *names])
    return count(names), judged("codespell", status, lines_as_findings(output))


def shellcheck(context):
    names = context.scripts("sh", "bash", "dash")
    names += [name for name in context.files if name.endswith(".sh") and name not in names]
    need_files(names, "shell scripts")
    status, output = context.run("shellcheck", ["shellcheck", "-x", "-f", "gcc", *names])
    return count(names), judged("shellcheck", status, lines_as_findings(output))


def python(context):
    names = context.scripts("python3")
    names += [name for name in context.files if name.endswith(".py") and name not in names]
    need_files(names, "Python files")
    status, output = context.run("python", ["pycodestyle", "--max-line-length=100", *names])
    more, said = context.run("python", ["pyflakes3", *names], log_mode="a")
    return count(names), judged("python", status or more, lines_as_findings(output + said))

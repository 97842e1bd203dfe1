# SPDX-License-Identifier: GPL-2.0
"""From the description to a directory of patches."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from overlaylib.common import Refusal, first_line, run_git
from overlaylib.tree import LANDMARKS, Tree

from . import cover
from .git import Repository

COVER = "0000-cover-letter"  # not *.patch: git am takes OUT/*.patch
SERIES = "series"
OURS = re.compile(rf"\d{{4}}-.*\.patch|{COVER}|{SERIES}")
FORMATS = ("am", "quilt")


def pristine(base):
    """The base tree, to be read only."""
    if not base.is_dir():
        raise Refusal(f"no base tree at {base}: make base")
    tree = Tree(base)
    if tree.installed:
        raise Refusal(f"pvboot {tree.installed} is installed in {base}:"
                      " this needs a pristine tree")
    return tree


def copy_base(base, goals, target):
    """The files of each directory that the series touches, and no others."""
    directories = {Path(name).parent for name in goals if (base / name).parent.is_dir()}
    names = {Path(name) for name in LANDMARKS}
    for directory in directories - {Path(".")}:
        names |= {directory / path.name for path in (base / directory).iterdir() if path.is_file()}
    names |= {Path(name) for name in goals if (base / name).is_file()}
    for name in sorted(names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(base / name, target / name)


def files_of(root):
    """path -> (content, executable) of everything below, git's own left out."""
    found = {}
    for top, directories, names in os.walk(root):
        directories[:] = [name for name in directories if name not in (".git", ".pc", ".pvboot")]
        for name in names:
            path = Path(top, name)
            found[str(path.relative_to(root))] = (path.read_bytes(), os.access(path, os.X_OK))
    return found


def carry(description, patch, number, root):
    """Do to the tree what one patch of the series does."""
    for name in patch.patches:
        done = subprocess.run(["patch", "-p1", "-s", "-f", "-E", "-r", "-",
                               "--no-backup-if-mismatch", "-i", description.paths[name]],
                              cwd=root, capture_output=True, check=False)
        if done.returncode:
            raise Refusal(f"patch {number}: {name} does not apply at that place of the series:"
                          f" {first_line(done.stdout + done.stderr, 'no reason given')}")
    for name in patch.files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        goal = description.goals[name]
        (root / name).write_bytes(goal.data)
        (root / name).chmod(goal.mode)
    for name in patch.drops:
        (root / name).unlink(missing_ok=True)


def compare(root, goals):
    """Refuse a series whose end is not what the overlay makes of the base."""
    for name, goal in sorted(goals.items()):
        path = root / name
        if (path.read_bytes() if path.is_file() else None) != goal.data:
            raise Refusal(f"after the whole series {name} is not as the overlay has it")


def date_of(project):
    """The date of what the series is made of, so that it is the same twice."""
    done = run_git(project.root, "log", "-1", "--format=%cI")
    return done.stdout.decode().strip() if done.returncode == 0 else None


def commit_all(description, repository):
    for number, patch in enumerate(description.patches, 1):
        carry(description, patch, number, repository.root)
        name, email = (repository.environment[f"GIT_AUTHOR_{part}"] for part in ("NAME", "EMAIL"))
        message = f"{patch.subject}\n\n{patch.body}\n\nSigned-off-by: {name} <{email}>\n"
        if not repository.commit(message):
            raise Refusal(f"patch {number} ({patch.subject}) changes nothing in this base")
    compare(repository.root, description.goals)


def write_patches(text, repository, style, out):
    """The commits as files, with the text as cover letter."""
    repository.run("config", "branch.series.description", text)
    # --patience: rewritten files come out in whole blocks
    repository.run("format-patch", "-q", "--no-renames", "--patience", "--zero-commit",
                   "--no-signature", "--cover-letter", "--cover-from-description=subject",
                   "-o", out, "base")
    os.rename(out / f"{COVER}.patch", out / COVER)
    if style == "quilt":
        names = sorted(path.name for path in out.glob("*.patch"))
        (out / SERIES).write_text("".join(f"{name}\n" for name in names))


def check_out(out):
    """Refuse to replace what was not made here."""
    if not out.parent.is_dir():
        raise Refusal(f"{out.parent}: no such directory")
    if not os.access(out.parent, os.W_OK):
        raise Refusal(f"{out.parent} is read-only")
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise Refusal(f"{out} is no directory")
    odd = sorted(path.name for path in out.iterdir() if not OURS.fullmatch(path.name))
    if odd:
        raise Refusal(f"{out} holds {odd[0]}, which is of no series: name another directory")


def put(made, out):
    """The new directory in the place of the old one."""
    old = made.parent / "old"
    if out.exists():
        os.rename(out, old)
    try:
        os.rename(made, out)
    except OSError:
        if old.exists():
            os.rename(old, out)
        raise


def make(description, tree, who, style, out):
    """Write the series to the directory; how many patches it has."""
    check_out(out)
    with tempfile.TemporaryDirectory(prefix=".series-", dir=out.parent) as scratch:
        repository = Repository(Path(scratch, "tree"), who, date_of(description.project))
        copy_base(tree.root, description.goals, repository.root)
        repository.commit(f"Linux {tree.version}\n")
        repository.run("checkout", "-q", "-b", "series")
        commit_all(description, repository)
        made = Path(scratch, "made")
        made.mkdir()
        text = cover.build(description, tree.version)
        write_patches(text, repository, style, made)
        put(made, out)
    return len(description.patches)

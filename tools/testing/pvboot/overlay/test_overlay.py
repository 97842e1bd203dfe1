# SPDX-License-Identifier: GPL-2.0
"""scripts/overlay: into a Linux tree and out again, or refused with one line.

Most cases lay a small project over a few real files of the base tree, once
kept in git and once not.  The base tree is build/base/linux, or PVBOOT_BASE.
"""

import hashlib
import importlib.machinery
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
BASE = Path(os.environ.get("PVBOOT_BASE") or PROJECT / "build/base/linux")
PARTS = ("Makefile", "Kbuild", "Kconfig", ".gitignore", "arch/x86/Kbuild", "arch/x86/xen",
         "arch/x86/configs", "arch/x86/entry", "include/xen", "Documentation/arch/x86/index.rst")
TOOL = ("scripts/overlay", "scripts/overlaylib", "scripts/overlay.conf",
        "scripts/overlay.base-hashes")
PATCHED = "arch/x86/entry/entry_64.S"
OURS = {
    "arch/x86/configs/pvboot.config": "CONFIG_XEN_PV=y\n",
    "arch/x86/xen/Makefile": "obj-y += start.o apic.o\n",
    "arch/x86/xen/apic.c": "/* the APIC that is not there */\n",
    "arch/x86/xen/compat.h": "/* for 6.12 only */\n",
    "arch/x86/xen/start.c": "/* a table of contents */\n",
    "arch/x86/xen/tests/start_kunit.c": "/* cases */\n",
    "include/xen/pvboot/core.h": "/* for the core */\n",
    "Documentation/arch/x86/pvboot/index.rst": "pvboot\n======\n",
}
ADDED = [path for path in OURS if path not in ("arch/x86/xen/Makefile", "arch/x86/xen/apic.c")]
DROPPED = [f"arch/x86/xen/{name}" for name in (
    "enlighten.c", "enlighten_pv.c", "irq.c", "mmu_pv.c", "p2m.c", "setup.c", "smp_pv.c",
    "xen-asm.S")]


def copy_parts(source, target, parts):
    for part in parts:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, symlinks=True,
                            ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source / part, target / part)


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def git(where, *args):
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(["git", "-C", str(where), "-c", "user.name=t", "-c", "user.email=t@t",
                           *args], env=env, check=True, capture_output=True, text=True).stdout


def snapshot(root):
    """Every name with what it is, holds and may; git's own files left out."""
    seen = {}
    for top, dirs, files in os.walk(root):
        if ".git" in dirs:
            dirs.remove(".git")
        for name in dirs + files:
            path = Path(top, name)
            stat = path.lstat()
            data = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            seen[str(path.relative_to(root))] = (oct(stat.st_mode), stat.st_uid, data)
    return seen


def make_patch(project, number, path, old, new):
    """patches/NUMBER-….patch, from the text of a file before and after."""
    body = subprocess.run(["diff", "-u", "--label", f"a/{path}", "--label", f"b/{path}",
                           old, new], capture_output=True, check=False).stdout
    assert body
    patch = project / f"patches/{number:04}-x.patch"
    patch.parent.mkdir(exist_ok=True)
    patch.write_bytes(b"Subject: why this patch is there\n\n-- a line of prose\n---\n" + body)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    if not (BASE / "arch/x86/xen").is_dir():
        pytest.fail(f"no Linux tree at {BASE}: set PVBOOT_BASE")
    tree = tmp_path_factory.mktemp("pristine") / "linux"
    copy_parts(BASE, tree, PARTS)
    (tree / "arch/x86/xen/smp.c").chmod(0o600)
    (tree / "arch/x86/xen/apic.c").chmod(0o664)
    return tree


@pytest.fixture
def project(tmp_path, pristine):
    root = tmp_path / "project"
    copy_parts(PROJECT, root, TOOL)
    write(root, OURS)
    (root / "VERSION").write_text("1.0\n")
    changed = tmp_path / "changed"
    changed.write_text((pristine / PATCHED).read_text() + "/* pvboot was here */\n")
    make_patch(root, 1, PATCHED, pristine / PATCHED, changed)
    again = tmp_path / "again"
    again.write_text("/* and on top */\n" + changed.read_text())
    make_patch(root, 2, PATCHED, changed, again)
    return root


@pytest.fixture(params=["git", "plain"])
def tree(request, tmp_path, pristine):
    root = tmp_path / "a path with blanks"
    shutil.copytree(pristine, root, symlinks=True)
    if request.param == "git":
        keep_in_git(root)
    return root


@pytest.fixture
def plain(tmp_path, pristine):
    root = tmp_path / "linux"
    shutil.copytree(pristine, root, symlinks=True)
    return root


def keep_in_git(root):
    git(root, "init", "-q")
    git(root, "add", "-f", ".")
    git(root, "commit", "-q", "-m", "base")


def overlay(project, *args, ok=True, **options):
    done = subprocess.run([str(project / "scripts/overlay"), *map(str, args)], check=False,
                          capture_output=True, text=True, **options)
    assert "Traceback" not in done.stderr
    if ok:
        assert done.returncode == 0, done.stderr
    return done


def refused(project, *args, **options):
    """The one line of a refusal."""
    done = overlay(project, *args, ok=False, **options)
    assert done.returncode != 0 and done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# ---- in and out ----

def test_in_and_out(project, tree):
    before = snapshot(tree)
    in_git = (tree / ".git").exists()
    overlay(project, "install", tree)
    for path, text in OURS.items():
        assert (tree / path).read_text() == text
    for path in DROPPED:
        assert not (tree / path).exists()
    patched = (tree / PATCHED).read_text()
    assert patched.startswith("/* and on top */\n") and patched.endswith("was here */\n")
    if in_git:
        assert ".pvboot" not in git(tree, "status", "--porcelain", "--untracked-files=all")
    overlay(project, "uninstall", tree)
    assert snapshot(tree) == before
    if in_git:
        assert git(tree, "status", "--porcelain", "--ignored") == ""


def test_tree_without_arch_xen(project, tree):
    """What our Makefile would inherit is missing: a note says what is off."""
    hvm = tree / "arch/x86/xen/enlighten_hvm.c"
    changed = tree.parent / "changed"
    changed.write_text(hvm.read_text() + "/* pvboot was here */\n")
    make_patch(project, 3, "arch/x86/xen/enlighten_hvm.c", hvm, changed)
    shutil.rmtree(tree / "arch/x86/xen")
    if (tree / ".git").exists():
        git(tree, "commit", "-q", "-a", "-m", "no Xen")
    before = snapshot(tree)
    done = overlay(project, "install", tree)
    assert "has no arch/x86/xen/enlighten_hvm.c: PVHVM and PVH guests are off" in done.stderr
    for path, text in OURS.items():
        assert (tree / path).read_text() == text
    assert not hvm.exists()
    overlay(project, "uninstall", tree)
    assert snapshot(tree) == before


def test_nothing_is_missed_in_a_whole_tree(project, plain):
    assert "guests are off" not in overlay(project, "install", plain).stderr


def test_times(project, plain):
    """What no object depends on keeps its time; make sees the rest as new."""
    old = 1_600_000_000
    for top, dirs, files in os.walk(plain, topdown=False):
        for name in files:
            os.utime(Path(top, name), (old, old))
        os.utime(top, (old, old))
    overlay(project, "install", plain)
    overlay(project, "uninstall", plain)
    newer = {str(path.relative_to(plain)) for path in [plain, *plain.rglob("*")]
             if path.stat().st_mtime != old}
    assert newer == {"arch/x86/xen/Makefile", "arch/x86/xen/apic.c", PATCHED}


def test_other_files_stay(project, tree):
    overlay(project, "install", tree)
    mine = tree / "arch/x86/xen/tests/mine.c"
    mine.write_text("mine\n")
    done = overlay(project, "uninstall", tree)
    assert mine.read_text() == "mine\n"
    assert "arch/x86/xen/tests holds other files" in done.stderr


def test_dry_run_changes_nothing(project, tree):
    before = snapshot(tree)
    shown = overlay(project, "install", "--dry-run", tree).stdout.splitlines()
    assert snapshot(tree) == before
    expected = {f"add     {path}" for path in ADDED} | {f"remove  {path}" for path in DROPPED}
    expected |= {"replace arch/x86/xen/Makefile", "replace arch/x86/xen/apic.c"}
    assert set(shown) == expected | {f"patch   {PATCHED}"}
    overlay(project, "install", tree)
    before = snapshot(tree)
    shown = overlay(project, "uninstall", "--dry-run", tree).stdout.splitlines()
    assert snapshot(tree) == before
    assert "delete  arch/x86/xen/start.c" in shown and "restore arch/x86/xen/irq.c" in shown
    assert len(shown) == len(expected) + 1


def test_hard_links_are_not_written_through(project, plain, tmp_path):
    twin = tmp_path / "twin"
    shutil.copytree(plain, twin, copy_function=os.link)
    before = snapshot(twin)
    overlay(project, "install", plain)
    overlay(project, "sync", plain)
    assert snapshot(twin) == before
    overlay(project, "uninstall", plain)
    assert snapshot(twin) == before


def test_another_filesystem_layout(project, plain):
    """Base files that are links into another tree come back as links."""
    source = plain.parent / "real.c"
    os.rename(plain / "arch/x86/xen/apic.c", source)
    os.symlink(source, plain / "arch/x86/xen/apic.c")
    before, text = snapshot(plain), source.read_text()
    overlay(project, "install", plain)
    assert source.read_text() == text
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before and (plain / "arch/x86/xen/apic.c").is_symlink()


# ---- refusals ----

def test_refuses_what_is_no_kernel_tree(project, plain, tmp_path):
    assert "TREE is not given" in refused(project, "install")
    assert "TREE is not given" in refused(project, "install", "")
    assert "no such directory" in refused(project, "install", tmp_path / "nowhere")
    assert "no such directory" in refused(project, "install", plain / "Makefile")
    assert "not a Linux source tree" in refused(project, "install", tmp_path)
    (plain / "Makefile").write_text("all:\n")
    assert "not a Linux source tree" in refused(project, "install", plain)
    assert "which of install" in refused(project, "lay", plain)
    assert "--hurry is not understood" in refused(project, "install", "--hurry", plain)


def number(tree, version):
    """Have the tree be of this version."""
    major, minor = version.split(".")
    makefile = tree / "Makefile"
    text = re.sub(r"(?m)^VERSION = .*$", f"VERSION = {major}", makefile.read_text())
    makefile.write_text(re.sub(r"(?m)^PATCHLEVEL = .*$", f"PATCHLEVEL = {minor}", text))


def of_each_base(project, pristine, tmp_path):
    """A patch for each base, that leaves its name in a file."""
    for base in ("6.12", "7.3"):
        changed = tmp_path / "changed"
        changed.write_text((pristine / "Kbuild").read_text() + f"# {base}\n")
        make_patch(project, 3, "Kbuild", pristine / "Kbuild", changed)
        (project / "patches" / base).mkdir()
        (project / "patches/0003-x.patch").rename(project / f"patches/{base}/0003-x.patch")


@pytest.mark.parametrize("version", ["6.11", "6.18", "7.2", "8.0"])
def test_refuses_another_version(project, plain, version):
    number(plain, version)
    before = snapshot(plain)
    assert "not 6.12.y or 7.3.y" in refused(project, "install", plain)
    assert snapshot(plain) == before
    overlay(project, "install", "--force", plain)
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


@pytest.mark.parametrize("version, base, force", [
    ("6.12", "6.12", False), ("7.3", "7.3", False), ("7.4", "7.3", False), ("7.11", "7.3", False),
    ("6.11", "6.12", True), ("7.2", "6.12", True), ("8.0", "7.3", True)])
def test_each_base_has_what_is_its_own(project, plain, pristine, tmp_path, version, base, force):
    of_each_base(project, pristine, tmp_path)
    number(plain, version)
    before = snapshot(plain)
    done = overlay(project, "install", *(["--force"] if force else []), plain)
    assert (plain / "Kbuild").read_text().endswith(f"# {base}\n")
    assert (plain / "arch/x86/xen/compat.h").exists() == (base == "6.12")
    note = f"note: Linux {version}" in done.stderr and f"taken for {base}.y" in done.stderr
    assert note == (version in ("7.4", "7.11"))
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


# ---- 32 bits ----

CONFIG_32 = "arch/x86/configs/pvboot-32.config"


def of_32_bits(project, pristine, tmp_path):
    """What is for 32-bit kernels alone: a file, and a patch on top of another."""
    write(project, {CONFIG_32: "CONFIG_X86_PAE=y\n"})
    before, after = tmp_path / "again", tmp_path / "again-32"
    after.write_text("/* and 32 bits */\n" + before.read_text())
    make_patch(project, 1, PATCHED, before, after)
    (project / "patches/32").mkdir()
    (project / "patches/0001-x.patch").rename(project / "patches/32/0001-x.patch")
    changed = tmp_path / "changed"
    changed.write_text((pristine / PATCHED).read_text() + "/* pvboot was here */\n")
    make_patch(project, 1, PATCHED, pristine / PATCHED, changed)


def test_32_bits_in_and_out(project, tree, pristine, tmp_path):
    of_32_bits(project, pristine, tmp_path)
    before = snapshot(tree)
    shown = overlay(project, "install", "--dry-run", "--bits=32", tree).stdout.splitlines()
    assert f"add     {CONFIG_32}" in shown and snapshot(tree) == before
    overlay(project, "install", "--bits=32", tree)
    assert (tree / PATCHED).read_text().startswith("/* and 32 bits */\n/* and on top */\n")
    assert (tree / CONFIG_32).is_file()
    overlay(project, "uninstall", tree)
    assert snapshot(tree) == before


@pytest.mark.parametrize("words", [[], ["--bits=64"]])
def test_nothing_of_32_bits_unasked(project, plain, pristine, tmp_path, words):
    of_32_bits(project, pristine, tmp_path)
    overlay(project, "install", *words, plain)
    assert (plain / PATCHED).read_text().startswith("/* and on top */\n")
    assert not (plain / CONFIG_32).exists()


def test_sync_goes_from_one_width_to_the_other(project, plain, pristine, tmp_path):
    of_32_bits(project, pristine, tmp_path)
    overlay(project, "sync", plain)
    wide = snapshot(plain)
    overlay(project, "sync", "--bits=32", plain)
    assert (plain / PATCHED).read_text().startswith("/* and 32 bits */\n")
    assert "no change" in overlay(project, "sync", "--bits=32", plain).stdout
    overlay(project, "sync", plain)
    assert {path: seen for path, seen in snapshot(plain).items() if ".pvboot" not in path} == \
        {path: seen for path, seen in wide.items() if ".pvboot" not in path}


@pytest.mark.parametrize("empty", [True, False])
def test_32_bits_without_a_patch(project, plain, empty):
    if empty:
        (project / "patches/32").mkdir()
    overlay(project, "install", "--bits=32", plain)
    assert (plain / PATCHED).read_text().startswith("/* and on top */\n")


def test_32_bits_are_refused_where_they_cannot_be(project, plain, pristine, tmp_path):
    of_32_bits(project, pristine, tmp_path)
    before = snapshot(plain)
    for word in ("--bits=16", "--bits=", "--bits"):
        assert f"{word} is not understood" in refused(project, "install", word, plain)
    (plain / PATCHED).write_text("")
    assert "does not apply" in refused(project, "install", "--bits=32", plain)
    shutil.copy2(pristine / PATCHED, plain / PATCHED)
    assert snapshot(plain) == before
    number(plain, "7.3")
    assert "32 bits are for 6.12.y only" in refused(project, "install", "--bits=32", plain)


@pytest.mark.parametrize("text, why", [
    ("lay arch/x86/xen\n", "names no base"), ("base 6.12 7.3\n", "none of base NAME"),
    ("base 6.12\nonly 7.3 arch/x86/xen/compat.h\n", ":2: none of base"),
    ("base 6.12\nlie x\n", ":2: none of base"), ("wish x\n", ":1: none of base")])
def test_a_bad_list_is_refused(project, plain, text, why):
    (project / "scripts/overlay.conf").write_text(text)
    assert why in refused(project, "install", plain)


@pytest.mark.parametrize("path", ["arch/x86/xen/apic.c", "arch/x86/xen/irq.c"])
def test_refuses_local_changes(project, tree, path):
    with open(tree / path, "a", encoding="utf-8") as out:
        out.write("/* mine */\n")
    before = snapshot(tree)
    for flags in ([], ["--dry-run"]):
        assert path in refused(project, "install", *flags, tree)
        assert snapshot(tree) == before
    overlay(project, "install", "--force", tree)
    overlay(project, "uninstall", tree)
    assert snapshot(tree) == before


def test_refuses_a_file_in_our_place(project, tree):
    (tree / "arch/x86/xen/start.c").write_text("mine\n")
    before = snapshot(tree)
    assert "arch/x86/xen/start.c" in refused(project, "install", tree)
    assert snapshot(tree) == before


def test_local_changes_elsewhere_do_not_matter(project, tree):
    (tree / "arch/x86/xen/time.c").write_text("mine\n")
    before = snapshot(tree)
    overlay(project, "install", tree)
    overlay(project, "uninstall", tree)
    assert snapshot(tree) == before


def test_staged_changes_count(project, plain):
    keep_in_git(plain)
    (plain / "arch/x86/xen/apic.c").write_text("mine\n")
    git(plain, "add", "-A")
    assert "arch/x86/xen/apic.c" in refused(project, "install", plain)


def test_patched_file_with_changes(project, plain):
    """In git it is a local change; without, the patch is the judge."""
    target = plain / PATCHED
    target.write_text(target.read_text().replace("SYM_CODE_START(entry_SYSCALL_64)",
                                                 "/* mine */\nSYM_CODE_START(entry_SYSCALL_64)"))
    before = snapshot(plain)
    overlay(project, "install", plain)
    assert "/* mine */" in target.read_text()
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


def test_ignored_tree_inside_a_repository(project, plain):
    """A plain tree below somebody's repository is still a plain tree."""
    git(plain.parent, "init", "-q")
    (plain.parent / ".gitignore").write_text("*\n")
    overlay(project, "install", plain)
    overlay(project, "uninstall", plain)


def test_git_that_cannot_answer(project, plain):
    git(plain, "init", "-q")
    git(plain, "add", "-f", ".")
    before = snapshot(plain)
    assert "git cannot tell" in refused(project, "install", plain)
    assert snapshot(plain) == before


def any_repository_is_trusted():
    done = subprocess.run(["git", "config", "--get-all", "safe.directory"], text=True,
                          capture_output=True, check=False)
    return "*" in done.stdout.split()


@pytest.mark.skipif(os.geteuid() != 0 or any_repository_is_trusted(),
                    reason="only root can give files away, and git has to mind")
def test_repository_of_somebody_else(project, plain):
    """git does not answer there: what is laid over a tree is not guessed."""
    git(plain, "init", "-q")
    os.chown(plain, 65534, 65534)
    before = snapshot(plain)
    assert "git does not answer" in refused(project, "install", plain)
    assert snapshot(plain) == before
    overlay(project, "install", "--force", plain)
    overlay(project, "uninstall", plain)
    os.chown(plain, 0, 0)
    keep_in_git(project)
    os.chown(project, 65534, 65534)
    assert "what git does not have counts, too" in overlay(project, "install", plain).stderr


def test_patch_that_does_not_apply(project, tree):
    target = tree / PATCHED
    target.write_text(target.read_text().replace("\n", " \n"))
    before = snapshot(tree)
    assert "0001-x.patch does not apply" in refused(project, "install", "--force", tree)
    assert snapshot(tree) == before


@pytest.mark.parametrize("text, why", [
    ("", "touches no file"),
    ("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "out of the tree"),
    ("diff --git a/x b/y\nrename from x\nrename to y\n", "not supported"),
    ("--- a/arch/x86/xen/irq.c\n+++ b/arch/x86/xen/irq.c\n@@ -1,1 +1,2 @@\n"
     " // SPDX-License-Identifier: GPL-2.0\n+x\n", "replaces or drops"),
])
def test_patches_that_make_no_sense(project, tree, text, why):
    (project / "patches/0003-odd.patch").write_text(text)
    before = snapshot(tree)
    assert why in refused(project, "install", tree)
    assert snapshot(tree) == before


def test_patch_that_adds_and_removes(project, plain, tmp_path):
    make_patch(project, 3, "arch/x86/new/file.c", "/dev/null", PROJECT / "scripts/overlay.conf")
    make_patch(project, 4, "arch/x86/configs/tiny.config",
               plain / "arch/x86/configs/tiny.config", "/dev/null")
    before = snapshot(plain)
    overlay(project, "install", plain)
    assert (plain / "arch/x86/new/file.c").exists()
    assert not (plain / "arch/x86/configs/tiny.config").exists()
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


def test_twice_in_and_twice_out(project, tree):
    assert "not installed" in refused(project, "uninstall", tree)
    overlay(project, "install", tree)
    before = snapshot(tree)
    assert "pvboot 1.0 is already installed" in refused(project, "install", "--force", tree)
    (project / "VERSION").write_text("1.1\n")
    assert "uninstall that for 1.1" in refused(project, "install", tree)
    assert snapshot(tree) == before
    overlay(project, "uninstall", tree)
    assert "not installed" in refused(project, "uninstall", tree)


@pytest.mark.parametrize("path", ["arch/x86/xen/start.c", "arch/x86/xen/apic.c", PATCHED,
                                  "arch/x86/xen/irq.c"])
def test_changed_since_installation(project, tree, path):
    before = snapshot(tree)
    overlay(project, "install", tree)
    (tree / path).write_text("mine\n")
    installed = snapshot(tree)
    for command in ("uninstall", "sync"):
        assert path in refused(project, command, tree)
        assert snapshot(tree) == installed
    assert overlay(project, "status", tree, ok=False).returncode == 1
    overlay(project, "uninstall", "--force", tree)
    assert snapshot(tree) == before


def test_original_put_back_by_hand(project, plain):
    """What is as it was before does not stand in the way of uninstall."""
    keep_in_git(plain)
    before = snapshot(plain)
    overlay(project, "install", plain)
    git(plain, "checkout", "-q", ".")
    (plain / "arch/x86/xen/start.c").unlink()
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


def as_nobody():
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.mark.parametrize("locked", [".", "arch/x86/xen"])
def test_read_only(project, pristine, locked):
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        tool, root = Path(top, "project"), Path(top, "linux")
        shutil.copytree(project, tool)
        shutil.copytree(pristine, root)
        for path in [root, *root.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        (root / locked).chmod(0o555)
        before = snapshot(root)
        for option in ([], ["--dry-run"]):
            assert "read-only" in refused(tool, "install", *option, root, **as_nobody())
        assert snapshot(root) == before
        (root / locked).chmod(0o777)


def test_link_out_of_the_tree(project, plain, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    os.rename(plain / "arch/x86/entry", elsewhere)
    os.symlink(elsewhere, plain / "arch/x86/entry")
    before, there = snapshot(plain), snapshot(elsewhere)
    assert "leads out of" in refused(project, "install", plain)
    assert (snapshot(plain), snapshot(elsewhere)) == (before, there)


# ---- status and sync ----

def test_status(project, tree):
    assert overlay(project, "status", tree, ok=False).returncode == 1
    overlay(project, "install", tree)
    assert "pvboot 1.0 is installed" in overlay(project, "status", tree).stdout


def test_sync_follows_the_project(project, plain):
    before = snapshot(plain)
    overlay(project, "sync", plain)
    stamps = {path: (plain / path).stat().st_mtime_ns for path in OURS}
    assert "no change" in overlay(project, "sync", plain).stdout
    write(project, {"arch/x86/xen/start.c": "/* shorter */\n",
                    "arch/x86/xen/time.c": "/* ours now */\n",
                    "arch/x86/xen/deep/er/new.c": "/* new */\n"})
    (project / "arch/x86/xen/tests/start_kunit.c").unlink()
    (project / "patches/0002-x.patch").unlink()
    shown = overlay(project, "sync", "--dry-run", plain).stdout.splitlines()
    assert set(shown) == {"replace arch/x86/xen/time.c", "add     arch/x86/xen/start.c",
                          "add     arch/x86/xen/deep/er/new.c", f"patch   {PATCHED}",
                          "delete  arch/x86/xen/tests/start_kunit.c"}
    overlay(project, "sync", plain)
    assert (plain / "arch/x86/xen/start.c").read_text() == "/* shorter */\n"
    assert (plain / "arch/x86/xen/time.c").read_text() == "/* ours now */\n"
    assert not (plain / "arch/x86/xen/tests").exists()
    assert not (plain / PATCHED).read_text().startswith("/* and on top */")
    changed = {path for path, stamp in stamps.items()
               if (plain / path).exists() and (plain / path).stat().st_mtime_ns != stamp}
    assert changed == {"arch/x86/xen/start.c"}
    (project / "arch/x86/xen/time.c").unlink()
    overlay(project, "sync", plain)
    assert (plain / "arch/x86/xen/time.c").read_text() == (BASE / "arch/x86/xen/time.c").read_text()
    overlay(project, "uninstall", plain)
    assert snapshot(plain) == before


def test_project_in_git(project, plain):
    """install lays what is in git, sync also what is not yet."""
    (project / ".gitignore").write_text("*.tmp\n")
    keep_in_git(project)
    write(project, {"arch/x86/xen/new.c": "/* not added yet */\n",
                    "arch/x86/xen/x.tmp": "", "arch/x86/xen/start.c": "/* not committed */\n"})
    done = overlay(project, "install", plain)
    assert "left out: arch/x86/xen/new.c" in done.stderr
    assert not (plain / "arch/x86/xen/new.c").exists()
    assert (plain / "arch/x86/xen/start.c").read_text() == "/* not committed */\n"
    overlay(project, "sync", plain)
    assert (plain / "arch/x86/xen/new.c").exists()
    assert not (plain / "arch/x86/xen/x.tmp").exists()


# ---- killed in the middle ----

CALLS = ("link", "rename", "chmod", "mkdir", "rmdir", "unlink", "utime")


def killed_after(count, project, args):
    """Run the tool in a child that dies at its count-th change of the tree;
    True if it died, False if it came to its end before."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.waitstatus_to_exitcode(status) == 0
        return False
    try:
        left, of_tree = [count], args[-1]

        def deadly(call):
            def wrapper(*args, **options):
                left[0] -= str(args[0]).startswith(str(of_tree))
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*args, **options)
            return wrapper

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.path.insert(0, str(project / "scripts"))
        loader = importlib.machinery.SourceFileLoader("overlay", str(project / "scripts/overlay"))
        tool = types.ModuleType("overlay")
        tool.__file__ = loader.path
        loader.exec_module(tool)
        for name in CALLS:
            setattr(os, name, deadly(getattr(os, name)))
        os._exit(tool.main([*map(str, args)], project))
    except BaseException:
        os._exit(99)


def run_inside(project, *args):
    """The same without a death: quicker than a new interpreter."""
    assert not killed_after(10**6, project, args)


def test_killed_at_every_step_of_install(project, plain):
    before = snapshot(plain)
    count = 0
    while killed_after(count, project, ["install", plain]):
        if (plain / ".pvboot").exists():
            run_inside(project, "uninstall", plain)
        assert snapshot(plain) == before, f"killed at step {count}"
        count += 1
    assert count > 20


def test_killed_at_every_step_of_uninstall(project, plain):
    before = snapshot(plain)
    count = 0
    overlay(project, "install", plain)
    while killed_after(count, project, ["uninstall", plain]):
        if snapshot(plain) != before:
            run_inside(project, "uninstall", plain)
        assert snapshot(plain) == before, f"killed at step {count}"
        run_inside(project, "install", plain)
        count += 1
    assert count > 20


def test_killed_install_is_finished_by_sync_or_refused(project, plain):
    assert killed_after(15, project, ["install", plain])
    assert "cut short: uninstall first" in refused(project, "install", "--force", plain)
    assert "half installed" in overlay(project, "status", plain, ok=False).stdout
    overlay(project, "sync", plain)
    assert "is installed" in overlay(project, "status", plain).stdout


def test_killed_sync(project, plain):
    before = snapshot(plain)
    for count in range(0, 30, 2):
        overlay(project, "sync", plain)
        write(project, {"arch/x86/xen/start.c": f"/* {count} */\n",
                        f"arch/x86/xen/new{count}.c": "\n"})
        (project / f"arch/x86/xen/new{count - 2}.c").unlink(missing_ok=True)
        killed_after(count, project, ["sync", plain])
        if count % 4:
            overlay(project, "sync", plain)
            assert (plain / "arch/x86/xen/start.c").read_text() == f"/* {count} */\n"
        overlay(project, "uninstall", plain)
        assert snapshot(plain) == before, f"killed at step {count}"


def test_failure_in_the_middle_is_rolled_back(project, plain):
    """A directory where a file of ours belongs: found late, undone at once."""
    (plain / "arch/x86/xen/start.c").mkdir()
    before = snapshot(plain)
    refused(project, "install", "--force", plain)
    assert snapshot(plain) == before


# ---- the real thing ----

def test_whole_project_and_whole_tree():
    """The project as it is, over the base tree as it is."""
    (PROJECT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PROJECT / "build") as top:
        root = Path(top, "linux")
        link = subprocess.run(["cp", "-al", BASE, root], check=False, capture_output=True)
        if link.returncode:
            shutil.rmtree(root, ignore_errors=True)
            subprocess.run(["cp", "-a", BASE, root], check=True)
        before = quick_snapshot(root)
        overlay(PROJECT, "install", root)
        during = quick_snapshot(root)
        assert during.keys() != before.keys()
        overlay(PROJECT, "uninstall", root)
        after = quick_snapshot(root)
        assert after.keys() == before.keys()
        for path in (path for path in before if before[path] != after[path]):
            assert (root / path).read_bytes() == (BASE / path).read_bytes(), path
            assert (root / path).stat().st_mode == (BASE / path).stat().st_mode, path
            assert before[path] == quick(BASE / path), f"{path} of the base tree was touched"


def quick(path):
    stat = os.lstat(path)
    return stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ino


def quick_snapshot(root):
    """Identity instead of content, which would take minutes for a whole tree."""
    skip = len(str(root)) + 1
    return {f"{top}/{name}"[skip:]: quick(f"{top}/{name}")
            for top, _, names in os.walk(root) for name in names}

# SPDX-License-Identifier: GPL-2.0
"""scripts/series check: a build after each patch, and a boot after some.

A small series is built by a make and booted by a boot.py that only find what
was planted.  The last test, a long one, takes this project, a compiler and Xen.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from box import COUNT, FIX, PROJECT, SERIES, WHO, content, write
from overlaylib.common import Refusal
from serieslib import build
from serieslib.check import CHECKS
from serieslib.ground import Ground
from serieslib.make import make, pristine

HERE = PROJECT / "tools/testing/pvboot/series"
SWITCH = 4  # number of the patch
CPU = """\
From: somebody
Subject: [PATCH] cpu: say so

Because nobody did.
---
--- a/kernel/cpu.c
+++ b/kernel/cpu.c
@@ -1 +1 @@
-/* cpu */
+/* CPU */
"""


@pytest.fixture(name="yard")
def fixture_yard(box):
    """The box, with what stands in for make, boot.py and kernel-doc."""
    for name, path in (("fake_kmake", build.KMAKE), ("fake_boot", build.BOOT)):
        (box.root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, box.root / path)
    write(box.root, {build.FRAGMENT: "# for tests\nCONFIG_XEN=y\nCONFIG_XEN_NEW=y\n",
                     "arch/x86/xen/Kconfig": "config XEN\n\nconfig XEN_NEW\n",
                     "patches/0002-cpu.patch": CPU,
                     "scripts/series.toml": SERIES.replace(
                         'files = ["arch/x86/xen/Makefile"]',
                         'files = ["arch/x86/xen/Makefile", "arch/x86/xen/Kconfig"]\nboots = true')
                     + '[[patch]]\npatches = ["0002-cpu.patch"]\n'})
    write(box.base, {"arch/x86/xen/Kconfig": "config XEN\n", "kernel/cpu.c": "/* cpu */\n",
                     "scripts/kernel-doc": "#!/bin/sh\n! grep -H 'DOC warning' $4 $5 $6\n"})
    (box.base / "scripts/kernel-doc").chmod(0o755)
    return box


class Line:
    """In the place of Progress: keeps the lines that stay."""
    said = []

    def __init__(self, head):
        self.head = head

    def tick(self, detail):
        pass

    def done(self, summary):
        self.said.append(f"{self.head} {summary}")


def builds(yard):
    """(lines, result) of the builds alone."""
    description, out = yard.description(), yard.path / "quilt"
    make(description, pristine(yard.base), WHO, "quilt", out)
    Line.said = []
    found = build.build_each(description, yard.base, sorted(out.glob("*.patch")), Line)
    return Line.said, found


def passes(yard):
    said, found = builds(yard)
    assert found["failed"] == [], said
    return said


def failures(yard):
    """{number of the patch: the line that says why}"""
    said, found = builds(yard)
    lines = {int(line.split()[2]): line for line in said if ": FAILED: " in line}
    assert sorted(lines) == found["failed"] == result(yard)["failed"]
    return lines


def result(yard):
    return json.loads((yard.root / build.RESULT).read_text())


# ---- a good series ----

def test_each_patch_is_built_and_some_are_booted(yard):
    done = yard.series("check")
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert said.endswith(f"\n{len(CHECKS) + COUNT + 1} passed, 0 failed\n")
    assert "patch 1 of 7 ... x86/xen: add the core: ok: kernel 0 s, objects 0 s (2), " in said
    found = result(yard)
    assert found["patches"] == COUNT + 1 and found["failed"] == []
    assert found["boots"] == [SWITCH, COUNT + 1]
    assert said.count("boot 0 s (2 vCPUs up)") == 2


def test_quick_builds_nothing(yard):
    done = yard.series("check", "--quick")
    assert done.returncode == 0 and done.stdout.endswith(f"\n{len(CHECKS)} passed, 0 failed\n")
    assert not (yard.root / build.PLACE).exists()


def test_base_stays_as_it_was(yard):
    before = content(yard.base)
    passes(yard)
    assert content(yard.base) == before
    assert (yard.root / build.PLACE / "linux/kernel/cpu.c").read_text() == "/* CPU */\n"


def test_twice(yard):
    """The second run starts from the base again."""
    passes(yard)
    (yard.root / build.PASSED).unlink()
    write(yard.root / build.PLACE / "linux", {"arch/x86/xen/left.c": "", "new/left.c": ""})
    passes(yard)
    assert not (yard.root / build.PLACE / "linux/arch/x86/xen/left.c").exists()
    assert not (yard.root / build.PLACE / "linux/new").exists()


def test_what_the_tree_does_not_know_yet_is_not_configured(yard):
    passes(yard)
    out = yard.root / build.PLACE / "kernel"
    assert (out / "config-0").read_text() == "CONFIG_XEN=y\n"
    assert (out / "config-1").read_text() == "CONFIG_XEN=y\nCONFIG_XEN_NEW=y\n"
    assert not (out / "config-2").exists()


# ---- a bad one ----

def test_faults_count(yard):
    write(yard.root, {"arch/x86/xen/start.c": "/* SPARSE */\n"})
    done = yard.series("check")
    assert done.returncode == 1 and done.stdout.count(" FAILED: ") == 2
    assert done.stdout.endswith(f"\n{len(CHECKS) + COUNT + 1 - 2} passed, 2 failed\n")


@pytest.mark.parametrize("name, text, numbers, said", [
    ("core.c", '#include "start.c"\n', [1],
     'objects: arch/x86/xen/core.c:1:10: fatal error: start.c: No such file or directory; see'),
    ("start.c", "/* ERROR */\n", [2, 4, 5, 6, 7], "arch/x86/xen/start.c:1:1: error: as planted"),
    ("start.c", "/* SPARSE */\n", [2, 4], "objects: arch/x86/xen/start.c:1:1: warning: sparse"),
    ("core.c", "/* WARNING */\n", [1, 4, 5, 6, 7], "arch/x86/xen/core.c:1:1: warning: as planted"),
    ("core.c", "/* DOC warning */\n", [1], "kernel-doc: arch/x86/xen/core.c"),
    ("Makefile", "obj-y := core.o none.o\n", [4, 5, 6, 7],
     "kernel: make[1]: *** No rule to make target 'arch/x86/xen/none.o'"),
    ("core.c", "/* HANG */\n", [4, 7], "boot: HANG: no word for 90 s"),
    ("core.c", "/* LOST */\n", [4, 7], "boot: the report of start of day is not complete"),
    ("core.c", "/* SILENT */\n", [4, 7], "boot: the report of start of day is not complete"),
    ("core.c", "/* LOUD */\n", [4, 7], "boot: the log complains: BUG: x"),
    ("core.c", "/* NOTHING */\n", [4, 7], "boot: the boot left no report"),
])
def test_fault_is_found_at_its_patch(yard, name, text, numbers, said):
    write(yard.root, {f"arch/x86/xen/{name}": text})
    found = failures(yard)
    assert sorted(found) == numbers
    for number, line in found.items():
        assert said in line and f"; see build/log/series-check/000{number}.log" in line


def test_sparse_on_the_trees_own_files_is_the_trees(yard):
    write(yard.base, {"arch/x86/xen/time.c": "".join(
        f"line {number}\n" for number in range(1, 21)) + "SPARSE\n"})
    passes(yard)


def test_warning_in_the_trees_own_files_counts(yard):
    write(yard.root, {"patches/0001-fix.patch": FIX.replace("+line ten", "+WARNING")})
    assert list(failures(yard)) == [3, 4, 5, 6, 7]


def test_configuration_that_is_not_taken(yard):
    write(yard.root, {build.FRAGMENT: "CONFIG_XEN=y\nCONFIG_NOWHERE=y\n"})
    assert "kernel: Kconfig does not take CONFIG_NOWHERE=y" in failures(yard)[1]


def test_patch_that_does_not_apply_ends_it(yard, monkeypatch):
    """Of what follows nothing is known, so it has failed, too."""
    def apply(ground, patch):
        raise Refusal(f"{patch.name} does not apply: as planted")

    monkeypatch.setattr(Ground, "apply", apply)
    said, found = builds(yard)
    assert found["failed"] == list(range(1, COUNT + 2)) and found["boots"] == []
    assert said[-1].endswith("does not apply: as planted; so nothing was built from here on")


def built_anew(yard):
    """Numbers of the patches that a run has built, all of which pass."""
    return [int(line.split()[2]) for line in passes(yard) if ": ok: " in line]


def test_what_has_passed_is_not_built_again(yard):
    assert built_anew(yard) == list(range(1, COUNT + 2))
    first = result(yard)
    assert built_anew(yard) == []
    assert result(yard) == first | {"seconds": result(yard)["seconds"]}
    write(yard.root, {"arch/x86/xen/start.c": "/* what uses it, too */\n"})
    last = built_anew(yard)
    assert last and last == list(range(last[0], COUNT + 2)) and last[0] > 1
    write(yard.root, {build.FRAGMENT: "CONFIG_XEN=y\nCONFIG_XEN_NEW=y\n"})
    assert built_anew(yard) == list(range(1, COUNT + 2))


def test_what_has_failed_is_built_again(yard):
    write(yard.root, {"arch/x86/xen/start.c": "/* ERROR */\n"})
    number = min(failures(yard))
    assert min(failures(yard)) == number > 1
    write(yard.root, {"arch/x86/xen/start.c": "/* what uses it */\n"})
    assert min(built_anew(yard)) <= number


def test_result_of_an_interrupted_run_is_none(yard, monkeypatch):
    passes(yard)

    def interrupted(_site):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "BUILDS", (("kernel", "", interrupted),))
    with pytest.raises(KeyboardInterrupt):
        builds(yard)
    assert not (yard.root / build.RESULT).exists()


def test_one_at_a_time(yard):
    with build.locked(yard.root / build.PLACE):
        done = yard.series("check")
    assert done.returncode == 1 and "another run works in" in done.stderr


# ---- the tree ----

@pytest.fixture(name="ground")
def fixture_ground(box):
    made = Ground(box.base, box.path / "ground/linux")
    made.prepare()
    return made


def test_restored_files_have_a_new_time(box, ground):
    """An object that was built from a patched file is older than what it is built from next."""
    path = ground.tree / "arch/x86/xen/time.c"
    os.utime(box.base / "arch/x86/xen/time.c", (1, 1))
    write(box.path, {"fix.patch": FIX})
    assert ground.apply(box.path / "fix.patch") == ["arch/x86/xen/time.c"]
    assert "line ten" in path.read_text()
    assert "line ten" not in (box.base / "arch/x86/xen/time.c").read_text()
    patched = path.stat().st_mtime_ns
    ground.prepare()
    assert content(ground.tree) == content(box.base)
    assert path.stat().st_mtime_ns >= patched


def test_base_is_safe_from_a_patch_that_writes_in_place(box, ground, monkeypatch):
    write(box.path, {"fix.patch": FIX, "bin/patch": "#!/bin/sh\necho > arch/x86/xen/time.c\n"})
    (box.path / "bin/patch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{box.path}/bin", prepend=":")
    before = content(box.base)
    ground.apply(box.path / "fix.patch")
    assert (ground.tree / "arch/x86/xen/time.c").read_text() == "\n"
    assert content(box.base) == before


def test_what_is_gone_comes_back(box, ground):
    (ground.tree / "arch/x86/xen/old.c").unlink()
    shutil.rmtree(ground.tree / "scripts")
    ground.prepare()
    assert content(ground.tree) == content(box.base)


def test_another_base_makes_another_tree(box, ground):
    shutil.copytree(box.base, box.path / "again")
    shutil.rmtree(box.base)
    (box.path / "again").rename(box.base)
    write(box.base, {"arch/x86/xen/time.c": "new\n"})
    ground.prepare()
    assert content(ground.tree) == content(box.base)
    assert os.path.samefile(ground.tree / "Kbuild", box.base / "Kbuild")


def test_what_another_base_left_is_not_built_on(yard):
    """Its objects may be newer than the files of this one, which make then takes for built."""
    passes(yard)
    left = yard.root / build.PLACE / "kernel/scripts/kconfig/lexer.lex.o"
    write(left.parent, {left.name: ""})
    (yard.root / build.PASSED).unlink()
    passes(yard)
    assert left.exists()

    shutil.copytree(yard.base, yard.path / "again")
    shutil.rmtree(yard.base)
    (yard.path / "again").rename(yard.base)
    (yard.root / build.PASSED).unlink()
    passes(yard)
    assert not left.exists()


# ---- the cover letter ----

def cover(yard):
    yard.make()
    return " ".join((yard.out / "0000-cover-letter").read_text().split())


def test_cover_has_the_last_result(yard):
    assert "Not measured: the patches were not built" in cover(yard)
    passes(yard)
    assert ("Patch by patch (make series-check): 7 of 7 build without a warning, with sparse"
            " and kernel-doc clean; booted on Xen after patches 4 and 7.") in cover(yard)
    write(yard.root, {"arch/x86/xen/core.c": "/* the core, better */\n"})
    assert "Not measured: the series changed since its patches were built" in cover(yard)
    write(yard.root, {"arch/x86/xen/core.c": "/* HANG */\n"})
    failures(yard)
    text = cover(yard)
    assert "5 of 7 build" in text and "nowhere booted" in text
    assert "failed: patch 4 failed: patch 7" in text
    write(yard.root, {build.RESULT: "{}"})
    assert f"{build.RESULT} is not as" in yard.refused()


# ---- this project ----

def test_real_builds(tmp_path):
    """All of it, as make series-check does: some minutes."""
    (tmp_path / "gitconfig").write_text(f"[user]\nname = {WHO[0]}\nemail = {WHO[1]}\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    with subprocess.Popen([PROJECT / "scripts/series", "check"], env=environment, text=True,
                          stdout=subprocess.PIPE) as child:
        lines = []
        for line in child.stdout:
            lines.append(line)
            print(line, end="", file=sys.stderr, flush=True)
    assert child.returncode == 0 and lines[-1].endswith(" passed, 0 failed\n")

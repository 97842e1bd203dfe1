# SPDX-License-Identifier: GPL-2.0
"""scripts/series: the overlay as patches, or one line that says why not.

Most cases cut a small project against a small tree; the last one cuts this
project against the base tree, build/base/linux or PVBOOT_BASE.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from box import COUNT, FIX, OURS, PROJECT, SERIES, WHO, content, copy, write
from serieslib import check

BASE = Path(os.environ.get("PVBOOT_BASE") or PROJECT / "build/base/linux").resolve()


# ---- a good series ----

def test_git_am(box):
    assert f"{COUNT} patches" in box.make()
    names = sorted(path.name for path in box.out.iterdir())
    assert names[0] == "0000-cover-letter" and len(names) == COUNT + 1
    assert names[1] == "0001-x86-xen-add-the-core.patch"
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"],
                    ["am", "-q", *sorted(box.out.glob("*.patch"))]):
        done = box.run("git", *command, cwd=box.base)
        assert done.returncode == 0, done.stderr
    assert content(box.base) == box.wanted()
    assert os.access(box.base / "arch/x86/xen/script", os.X_OK)
    log = box.run("git", "log", "--reverse", "--format=%s|%an <%ae>", cwd=box.base).stdout
    subjects, authors = zip(*[line.split("|") for line in log.splitlines()[1:]])
    assert subjects == ("x86/xen: add the core", "x86/xen: add what uses it",
                        "x86/xen: time: mend a line that is long", "x86/xen: switch",
                        "x86/xen: remove old.c", "Documentation: describe it")
    assert set(authors) == {f"{WHO[0]} <{WHO[1]}>"}
    last = box.run("git", "log", "-1", "--format=%B", "HEAD~3", cwd=box.base).stdout
    assert last.strip().endswith("Because it was broken.\n\n"
                                 f"Signed-off-by: {WHO[0]} <{WHO[1]}>")


def test_quilt(box):
    box.make("--format=quilt", "--out", box.path / "patches")
    names = (box.path / "patches/series").read_text().split()
    assert names == sorted(path.name for path in (box.path / "patches").glob("*.patch"))
    assert len(names) == COUNT and not box.out.exists()
    for name in names:
        done = box.run("patch", "-p1", "-s", "-i", box.path / "patches" / name, cwd=box.base)
        assert done.returncode == 0, done.stdout
    assert content(box.base) == box.wanted()


def test_twice_the_same(box):
    """In a repository the date is that of the last commit, not today's."""
    for command in (["init", "-q"], ["add", "-A"],
                    ["commit", "-qm", "x", "--date=2001-02-03T04:05:06Z"],
                    ["rebase", "-q", "--root", "--committer-date-is-author-date"]):
        assert box.run("git", *command, cwd=box.root).returncode == 0
    box.make()
    first = content(box.out)
    assert all("Date: Sat, 3 Feb 2001 04:05:06 +0000" in text for text in first.values())
    box.make("--format", "quilt")
    assert content(box.out).keys() - first.keys() == {"series"}
    box.make()
    assert content(box.out) == first


def test_order_is_the_descriptions(box):
    head, *patches = SERIES.split("[[patch]]")
    text = "[[patch]]".join([head, *reversed(patches)])
    write(box.root, {"scripts/series.toml": text})
    box.make()
    assert (box.out / f"000{COUNT}-x86-xen-add-the-core.patch").exists()


# ---- bases ----

TWO_FORMS = """#include "pv.h"
#ifdef init_per_cpu_var
#include "compat.h"
#endif
#ifdef _ARCH_X86_XEN_COMPAT_H
old();
#else
new();
#endif
"""


def for_two(box, version):
    """A project with a file of two forms and a patch that only 6.12 has, and that tree."""
    conf = box.root / "scripts/overlay.conf"
    conf.write_text(conf.read_text() + "only 6.12 arch/x86/xen/compat.h\n")
    text = SERIES.replace('"arch/x86/xen/core.c"', '"arch/x86/xen/core.c", "arch/x86/xen/compat.h"')
    assert text != SERIES
    write(box.root, {"arch/x86/xen/core.c": TWO_FORMS, "arch/x86/xen/compat.h": "/* old */\n",
                     "scripts/series.toml": text})
    (box.root / "patches/6.12").mkdir()
    (box.root / "patches/0001-fix.patch").rename(box.root / "patches/6.12/0001-fix.patch")
    major, minor = version.split(".")
    write(box.base, {"Makefile": f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = 1\n"})


@pytest.mark.parametrize("version, form, other", [("6.12", "old", "new"), ("7.3", "new", "old")])
def test_a_base_gets_its_own_lines_only(box, version, form, other):
    for_two(box, version)
    box.make()
    patches = {path.name: path.read_text() for path in box.out.glob("*.patch")}
    core = next(text for name, text in patches.items() if "core" in name)
    assert f"+{form}();" in core and f"{other}();" not in core
    assert "COMPAT" not in core and "init_per" not in core
    assert ("compat.h" in "".join(patches.values())) == (version == "6.12")
    assert any("mend-a-line" in name for name in patches) == (version == "6.12")


# ---- the cover letter ----

def test_cover_without_figures(box):
    box.make()
    text = (box.out / "0000-cover-letter").read_text()
    assert f"Subject: [PATCH 0/{COUNT}] x86/xen: a series\n" in text
    assert "Why it is there." in text and "Linux 6.12.1." in text
    assert text.count("Not measured: ") == 4
    assert "  always: time.o\n  XEN_PVH: enlighten_pvh.o more.o\n" in text
    assert " arch/x86/xen/old.c " in text and "files changed" in text
    assert "***" not in text


def test_cover_with_figures(box):
    row = {"text": "hypercalls", "boot": "dom0", "unit": "calls", "ratio": 0.75,
           "verdict": "met"}
    write(box.root, {
        "build/check/summary.json": json.dumps({"passed": 7, "failed": ["boot: x"],
                                                "seconds": 600, "complete": True,
                                                "layers": ["lint", "boot"]}),
        "build/check/summary-long.json": json.dumps({"passed": 2, "failed": [],
                                                     "seconds": 60, "complete": False,
                                                     "layers": ["series"]}),
        "build/bench/bench.json": json.dumps({"about": {"runs": 3}, "measures": [
            row, row | {"text": "slow", "ratio": 1.5, "verdict": "missed"},
            row | {"text": "native", "ratio": None, "verdict": None}]})})
    box.make()
    text = (box.out / "0000-cover-letter").read_text()
    assert "make check, all layers): 7 passed, 1 failed, in 10 minutes" in text
    assert "make check-long, only series): 2 passed, 0 failed, in 1 minute." in text
    assert "  failed: boot: x\n" in text
    assert "1 of 2 targets met" in text and "  1.500  slow (dom0, calls)\n" in text
    assert "native" not in text and text.count("Not measured") == 1


def test_nothing_is_inherited_any_more(box):
    write(box.root, {"arch/x86/xen/Makefile": "obj-y += core.o start.o\n"})
    box.make()
    assert "Nothing: every file" in (box.out / "0000-cover-letter").read_text()


@pytest.mark.parametrize("name, text", [
    ("build/check/summary.json", "{"), ("build/check/summary.json", "{}"),
    ("build/bench/bench.json", "[]"), ("build/bench/bench.json", "{\"about\": 1}"),
    ("arch/x86/xen/Makefile", "inherited-sometimes += x.o\n"),
])
def test_figures_that_cannot_be_read(box, name, text):
    write(box.root, {name: text})
    assert name in box.refused()


# ---- the description ----

@pytest.mark.parametrize("old, new, said", [
    ('files = ["arch/x86/xen/start.c"]', 'files = ["arch/x86/xen/c*.c"]',
     "arch/x86/xen/core.c is in patch 1 and in patch 2"),
    (', "arch/x86/xen/tests/core_*"', "",
     "in no patch of scripts/series.toml: arch/x86/xen/tests/core_kunit.c"),
    ('drops = ["arch/x86/xen/old.c"]', "drops = []", "patch 5 carries nothing"),
    ('patches = ["0001-fix.patch"]', 'patches = ["0002*"]',
     "patch 3: patches/0002* matches nothing"),
    ("xen/start.c", "xen/st?rt", "arch/x86/xen/st?rt matches nothing"),
    ("tests/core_*", "*", "arch/x86/xen/core.c twice"),
    ("xen/core.c", "core.c", "arch/x86/core.c matches nothing"),
    ('body = "All at once."', "", "patch 4 has no body"),
    ('body = "All at once."', 'body = " "', "patch 4 has no body"),
    ('body = "All at once."', "body = 1", "body in patch 4 is no str"),
    ('body = "All at once."', 'body = "a\\n---\\nb"', "would end the message: ---"),
    ('subject = "x86/xen: switch"', 'subject = "a\\nb"', "patch 4 has no subject of one line"),
    ('body = "Why it is there."', "", "[cover] has no body"),
    ("[cover]", "[lid]", "lid at the top is not understood"),
    ("drops = [", "drop = [", "drop in patch 5 is not understood"),
    ("drops = [", "drops = [3, ", "drops of patch 5 are not all names"),
    ("[[patch]]", "[[patch", "scripts/series.toml: "),
])
def test_bad_description(box, old, new, said):
    assert old in SERIES
    write(box.root, {"scripts/series.toml": SERIES.replace(old, new, 1)})
    assert said in box.refused()


def test_no_description(box):
    (box.root / "scripts/series.toml").unlink()
    assert "there is no scripts/series.toml" in box.refused()


def test_new_parts_of_the_overlay_need_a_patch(box):
    write(box.root, {"arch/x86/xen/new.c": "",
                     "patches/0002-x.patch": FIX.replace("-line 10\n+line ten",
                                                         "-line ten\n+line X")})
    said = box.refused()
    assert "arch/x86/xen/new.c" in said and "patches/0002-x.patch" in said


FOR_32 = """
[[patch]]
subject = "x86/xen: add entries of 32 bits"
body = "For a narrow kernel."
files = ["arch/x86/xen/entry_32.S"]

[[patch]]
subject = "x86/xen: offer 32 bits"
body = "There are entries."
patches = ["0001-pae.patch"]
"""


@pytest.fixture
def two_widths(box):
    """A project with a file and a patch for 32 bits."""
    conf = (box.root / "scripts/overlay.conf").read_text()
    write(box.root, {"arch/x86/xen/entry_32.S": "/* 32 bits */\n",
                     "scripts/overlay.conf": conf + "only 32 arch/x86/xen/entry_32.S\n",
                     "patches/32/0001-pae.patch": FIX.replace("-line 10\n+line ten",
                                                              "-line ten\n+line X")})
    return box


@pytest.mark.parametrize("more", ["", FOR_32])
def test_what_is_for_32_bits_is_left_out(two_widths, more):
    box = two_widths
    write(box.root, {"scripts/series.toml": SERIES + more})
    assert f"{COUNT} patches" in box.make()
    assert not any("32 bits" in text or "line X" in text for text in content(box.out).values())


def test_the_series_of_32_bits_has_it(two_widths):
    box = two_widths
    box.environment["BITS"] = "32"
    said = box.refused()
    assert "arch/x86/xen/entry_32.S" in said and "patches/0001-pae.patch" in said
    write(box.root, {"scripts/series.toml": SERIES + FOR_32})
    assert f"{COUNT + 2} patches" in box.make()
    last = (box.out / f"000{COUNT + 2}-x86-xen-offer-32-bits.patch").read_text()
    assert "+line X" in last and "There are entries." in last
    done = box.series("check", "--quick")
    assert done.returncode == 0, done.stdout
    assert "BITS=32: check it with --quick" in box.refused("check")
    box.environment["BITS"] = "33"
    assert "BITS=33: neither 32 nor 64" in box.refused()
    box.environment["BITS"] = "32"
    write(box.base, {"Makefile": "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 1\n"})
    assert "32 bits are for 6.12.y only" in box.refused()


def test_what_git_does_not_know_is_left_out(box):
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        assert box.run("git", *command, cwd=box.root).returncode == 0
    write(box.root, {"arch/x86/xen/new.c": "new\n"})
    done = box.series("make")
    assert done.returncode == 0 and done.stderr.count("left out: arch/x86/xen/new.c") == 1
    assert not any("new.c" in text for text in content(box.out).values())


def test_patch_that_changes_nothing(box):
    write(box.base, {"arch/x86/xen/start.c": OURS["arch/x86/xen/start.c"]})
    assert "patch 2 (x86/xen: add what uses it) changes nothing" in box.refused()


def test_patch_that_comes_too_early(box):
    again = FIX.replace("-line 10\n+line ten", "-line ten\n+line X")
    write(box.root, {"patches/0002-again.patch": again})
    text = SERIES.replace('patches = ["0001-fix.patch"]', 'patches = ["0002-again.patch"]')
    text += '[[patch]]\npatches = ["0001-fix.patch"]\n'
    write(box.root, {"scripts/series.toml": text})
    assert "0002-again.patch does not apply at that place" in box.refused()


# ---- who, from what, to where ----

@pytest.mark.parametrize("name, email, said", [
    ("", WHO[1], "user.name"), (WHO[0], "", "user.email"), ("", "", "user.name"),
])
def test_nobody_signs_off(box, name, email, said):
    box.user(name, email)
    assert said in box.refused()
    assert said in box.refused("check")
    assert not (box.root / "build").exists()


def test_base_that_is_not_pristine(box):
    box.run(box.root / "scripts/overlay", "install", "--force", box.base)
    assert "needs a pristine tree" in box.refused()


def test_no_base(box):
    shutil.rmtree(box.base)
    assert "no base tree" in box.refused()


def test_existing_series_is_replaced_as_a_whole(box):
    write(box.out, {"0099-old.patch": "", "series": ""})
    box.make()
    assert len(list(box.out.iterdir())) == COUNT + 1
    assert [path.name for path in box.out.parent.iterdir()] == ["series"]


def test_existing_series_stays_where_a_new_one_fails(box):
    box.make()
    write(box.root, {"patches/0001-fix.patch": FIX.replace("-line 10", "-line 77")})
    assert "does not apply" in box.refused()
    assert [path.name for path in box.out.parent.iterdir()] == ["series"]


def test_other_files_are_not_replaced(box):
    write(box.out, {"notes": "mine\n"})
    assert "holds notes" in box.refused()
    assert "no such directory" in box.refused("make", "--out", box.path / "a/b")
    assert "is no directory" in box.refused("make", "--out", box.root / "scripts/series")


@pytest.mark.parametrize("args", [
    [], ["cut"], ["make", "--format", "tar"], ["make", "--out"], ["check", "--out", "x"],
    ["make", "here"],
])
def test_bad_arguments(box, args):
    done = box.series(*args)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1


# ---- series-check ----

def test_check(box):
    done = box.series("check", "--quick")
    assert done.stdout.endswith(f"\n{len(check.CHECKS)} passed, 0 failed\n"), done.stdout
    assert done.returncode == 0


def test_check_finds_what_checkpatch_says(box):
    write(box.root, {"arch/x86/xen/core.c": "BAD style\n"})
    done = box.series("check", "--quick")
    assert done.returncode == 1 and "checkpatch FAILED: 0001-x86-xen-add-the-core" in done.stdout
    assert "style" in (box.root / "build/log/series-check.log").read_text()
    assert done.stdout.endswith(" 1 failed\n")


@pytest.fixture
def subject(box):
    """A good series in both formats, to be tampered with."""
    for style in ("am", "quilt"):
        box.make("--format", style, "--out", box.path / style)
    made = check.Subject(box.description(), box.base, WHO, box.path)
    made.am, made.quilt = box.path / "am", box.path / "quilt"
    return made


def tamper(directory, name, old, new):
    path = next(directory.glob(f"*{name}*"))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_checks_pass_a_good_series(subject):
    for _, _, test in check.CHECKS:
        assert test(subject) is None


@pytest.mark.parametrize("test, directory, name, old, new, said", [
    (check.git_am, "am", "core", "+/* the core */", "+/* another */", "core.c is not as"),
    (check.git_am, "am", "mend", " line 9\n", " line 99\n", "git am: "),
    (check.git_am, "am", "remove", "ada@", "eve@", "an author became"),
    (check.patch_p1, "quilt", "core", "+/* the core */", "+/* another */", "core.c is not as"),
    (check.patch_p1, "quilt", "mend", " line 9\n", " line 99\n", "mend"),
    (check.patch_p1, "quilt", "series", "0001-x86-xen-add-the-core.patch\n", "", "in their order"),
    (check.quilt, "quilt", "core", "+/* the core */", "+/* another */", "core.c is not as"),
    (check.quilt, "quilt", "mend", "-line 10\n", "-line 11\n", "quilt push"),
    (check.messages, "am", "core", "Signed-off-by", "Reviewed-by", "has no Signed-off-by"),
    (check.messages, "am", "core", "add the core", "switch", "no subject of its own"),
    (check.checkpatch, "am", "core", "the core */", "BAD core */", "core"),
])
def test_checks_see_a_bad_series(subject, test, directory, name, old, new, said):
    tamper(getattr(subject, directory), name, old, new)
    assert said in (test(subject) or "nothing")


def test_a_box_has_nothing_of_runs_before_it(tmp_path):
    write(tmp_path, {"lib/one.py": "", "lib/__pycache__/one.pyc": "\xf3"})
    copy(tmp_path / "lib", tmp_path / "box/lib")
    assert list(content(tmp_path / "box")) == ["lib/one.py"]


# ---- this project ----

@pytest.mark.parametrize("bits", ["64", "32"])
def test_this_project(tmp_path, bits):
    if not (BASE / "arch/x86/xen").is_dir():
        pytest.fail(f"no Linux tree at {BASE}: set PVBOOT_BASE")
    (tmp_path / "gitconfig").write_text(f"[user]\nname = {WHO[0]}\nemail = {WHO[1]}\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
                                "PVBOOT_BASE": str(BASE), "BITS": bits}
    done = subprocess.run([PROJECT / "scripts/series", "check", "--quick"], env=environment,
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"\n{len(check.CHECKS)} passed, 0 failed\n"), done.stdout

# SPDX-License-Identifier: GPL-2.0
"""scripts/fixes: the table, the patches that come of it, and what is said of them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import FIXES, PROJECT, TABLE, patch
from box import LINES, WHO, write
from fixeslib.check import CHECKS
from fixeslib.table import Table
from releases import bases, build_of

RST = PROJECT / "Documentation/pvboot/fixes.rst"


def applied(box, names):
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"],
                    ["am", "-q", *names]):
        done = box.run("git", *command, cwd=box.base)
        assert done.returncode == 0, done.stderr
    return (box.base / "arch/x86/xen/time.c").read_text()


# ---- make ----

def test_patches_and_a_cover_letter(box):
    assert "2 patches and a cover letter" in box.make()
    names = sorted(path.name for path in box.out.iterdir())
    assert names == ["0000-cover-letter", "0001-x86-xen-mend-one.patch",
                     "0002-x86-xen-mend-two.patch"]
    cover = (box.out / names[0]).read_text()
    assert "Subject: [PATCH 0/2] x86/xen: fixes\n" in cover and "What they are." in cover
    assert "The base is Linux 6.12.1." in cover and "Not seen: " in cover
    wanted = LINES.replace("line 4\n", "mended\n").replace("line 13\n", "mended\n")
    assert applied(box, sorted(box.out.glob("*.patch"))) == wanted


def test_any_of_them_can_be_taken_alone(box):
    box.make()
    wanted = LINES.replace("line 13\n", "mended\n")
    assert applied(box, [box.out / "0002-x86-xen-mend-two.patch"]) == wanted


def test_each_base_has_its_own(box):
    write(box.base, {"Makefile": "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 2\n"})
    box.make("--out", box.path / "out")
    names = sorted(path.name for path in (box.path / "out").glob("*.patch"))
    assert names == ["0001-x86-xen-mend-one.patch", "0002-x86-xen-mend-two-of-the-other.patch"]


def test_what_another_base_has_is_left_out(box):
    (box.root / "fixes/6.12/0002-two.patch").unlink()
    assert "1 patches" in box.make()


# ---- the table ----

@pytest.mark.parametrize("old, new, said", [
    ("[cover]", "[lid]", "lid at the top is not understood"),
    ('body = "What they are."', "", "body in [cover] is no str"),
    ('tests = ["guest.some"]', "tests = []", "tests in fix 1 is no list"),
    ('tests = ["guest.some"]', "tests = [1]", "tests of 0001-one.patch are not all names"),
    ("tests =", "test =", "test in fix 1 is not understood"),
    ('case = "first"', "", "case in fix 1 is no str"),
    ("'says mend o.e'", "'('", "fails of 0001-one.patch"),
    ('shown = "it is wrong"', "", "shown in fix 1 is no str"),
    ('shown = "it is wrong"', 'shown = "x"\nquiet = 1', "quiet in fix 1 is no bool"),
    ("0001-one.patch", "0003-no.patch", "there is no fixes/0003-no.patch"),
    ("0002-two.patch", "0001-one.patch", "0001-one.patch stands there twice"),
    ("[[fix]]", "[[fix", "fixes/fixes.toml: "),
])
def test_bad_table(box, old, new, said):
    assert old in TABLE
    write(box.root, {"fixes/fixes.toml": TABLE.replace(old, new, 1)})
    assert said in box.refused()


def test_no_table(box):
    (box.root / "fixes/fixes.toml").unlink()
    assert "there is no fixes/fixes.toml" in box.refused()


def test_patch_that_is_not_in_the_table(box):
    write(box.root, {"fixes/6.12/0003-x.patch": patch("x", 8)})
    assert "not in fixes/fixes.toml: 0003-x.patch" in box.refused()


def test_patch_that_does_not_fit(box):
    write(box.root, {"fixes/0001-one.patch": FIXES["fixes/0001-one.patch"].replace(
        "-line 4", "-line 44")})
    assert "0001-one.patch does not apply" in box.refused()


def test_nobody_signs_off(box):
    box.user("", WHO[1])
    assert "user.name" in box.refused()


@pytest.mark.parametrize("args", [
    [], ["cut"], ["make", "--out"], ["make", "here"], ["make", "--out", "a", "b"],
    ["check", "--out", "x"], ["check", "--quick", "x"], ["check", "--only"],
    ["check", "--only", "0003"], ["make", "--only", "0001"],
])
def test_bad_arguments(box, args):
    done = box.series(*args)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1


# ---- check --quick ----

def quick(box):
    """{check: what it said} of those that failed."""
    done = box.series("check", "--quick")
    failed = dict(re.findall(r"^fixes: (\S+) FAILED: (.*)$", done.stdout, re.M))
    count = len(CHECKS)
    assert done.stdout.endswith(f"\n{count - len(failed)} passed, {len(failed)} failed\n")
    assert done.returncode == bool(failed)
    return failed


def test_good_patches(box):
    assert quick(box) == {}


def test_patch_that_needs_another(box):
    """It applies after the first one, and neither by itself nor before."""
    again = patch("mend two", 3).replace("-line 4\n", "-mended\n").replace("+mended", "+better")
    write(box.root, {"fixes/6.12/0002-two.patch": again})
    assert quick(box).keys() == {"alone", "together"}


@pytest.mark.parametrize("old, new, said", [
    ("case first", "a case", "does not name its test first"),
    ("result some", "result", "does not name its test guest.some"),
    ("that says mend", "to mend", "does not show how its test fails"),
])
def test_text_without_its_test(box, old, new, said):
    text = FIXES["fixes/0001-one.patch"].replace(old, new)
    assert text != FIXES["fixes/0001-one.patch"]
    write(box.root, {"fixes/0001-one.patch": text})
    assert said in quick(box)["words"]


@pytest.mark.parametrize("text, failed", [("it", {}), ("it, for it says mend one,", {"words"})])
def test_a_quiet_patch(box, text, failed):
    """Its text names no test, and does not say how that fails."""
    write(box.root, {
        "fixes/fixes.toml": TABLE.replace("[[fix]]", "[[fix]]\nquiet = true", 1),
        "fixes/0001-one.patch": re.sub(r"It is wrong.*?---\n", f"Mend {text}.\n---\n",
                                       FIXES["fixes/0001-one.patch"], count=1, flags=re.S)})
    assert quick(box).keys() == set(failed)


def test_two_of_one_name(box):
    write(box.root, {"fixes/6.12/0002-two.patch": patch("mend one", 12).replace(
        "says mend one", "says mend one, says mend two")})
    assert "no subject of its own" in quick(box)["messages"]


def test_what_checkpatch_says(box):
    write(box.root, {"fixes/0001-one.patch": patch("mend one", 3, new="BAD style")})
    assert "style" in quick(box)["checkpatch"]


# ---- this project ----

def bases_here():
    return [base for base in bases() if Path(build_of(base), "base/linux/Makefile").is_file()]


@pytest.mark.parametrize("base", bases())
def test_this_project(tmp_path, base):
    tree = Path(build_of(base), "base/linux")
    if base not in bases_here():
        if base == bases()[0]:
            pytest.fail(f"no Linux tree at {tree}")
        pytest.skip(f"make base BASE={base} was not made")
    (tmp_path / "gitconfig").write_text(f"[user]\nname = {WHO[0]}\nemail = {WHO[1]}\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
                                "PVBOOT_BASE": str(tree)}
    done = subprocess.run([PROJECT / "scripts/fixes", "check", "--quick"], env=environment,
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"\n{len(CHECKS)} passed, 0 failed\n"), done.stdout


@pytest.mark.parametrize("base", bases())
def test_documentation_has_each(base):
    """Subject, case, tests, and what is seen without the patch."""
    text = " ".join(RST.read_text().split())
    fixes = Table(PROJECT, base, bases()).fixes
    assert fixes
    for fix in fixes:
        for words in (fix.subject, fix.case, fix.shown, *fix.tests):
            assert words in text, f"{fix.path.name}: {words}"


# Lines of the kernel's, and memory that it shows, are in no source of ours.
NOT_OURS = re.compile(r"APIC|BUG|WARNING|[Kk]ernel|RIP|call \+|.*kkk")


def is_said_in(sources, pattern):
    """Whether each part of a pattern, up to a colon, has a place with all its words."""
    for part in re.sub(r"\\.", " ", pattern).split(": "):
        words = ".{0,40}?".join(re.findall(r"[A-Za-z]{3,}", part))
        if not any(re.search(words, source, re.DOTALL) for source in sources):
            return False
    return True


@pytest.mark.parametrize("pattern, said", [
    (r"the selector is 0 after \d+ calls", True),
    (r"the selector is 0 after \d+ switches", False),
    (r"round \d+: selector after", True),
    (r"switches \S* after", False),
])
def test_a_place_that_says_it(pattern, said):
    sources = ['fail("the selector is %#x after %u calls", selector, calls);\n',
               'printf("%s after %u switches, round %u", the, u);\n']
    assert is_said_in(sources, pattern) == said


def test_our_programs_say_what_fails():
    """Each pattern is looked for in a log: other words are never found there."""
    sources = [path.read_text() for folder in ("guest", "initramfs")
               for path in (PROJECT / "tools/testing/pvboot/boot" / folder).rglob("*")
               if path.is_file()]
    patterns = [fix.fails.pattern for fix in Table(PROJECT, bases()[0], bases()).fixes]
    for pattern in patterns:
        if not NOT_OURS.match(pattern):
            assert is_said_in(sources, pattern), pattern

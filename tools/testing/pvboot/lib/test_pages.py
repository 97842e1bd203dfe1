# SPDX-License-Identifier: GPL-2.0
"""The pages name what the code has, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
XEN = ROOT / "arch/x86/xen"
PAGES = ROOT / "Documentation/arch/x86/pvboot"
CODE = "\n".join(path.read_text() for path in sorted(XEN.rglob("*.[ch]"))
                 if "tests" not in path.parts)

# A file without words of its own for who uses it, or whose functions are those of
# another file, for 32 bits
NOT_IN_API = {"hypercall_hvm.c", "vcpus_hvm.c", "boot_tables_32.c", "p2m_space_32.c"}


def first_column(page, title):
    """The rows of the first column of the table that begins with that word."""
    text = (PAGES / page).read_text()
    rule, body = re.search(rf"^(=+ =+)\n{title} .*\n\1\n((?:.*\n)*?)\1$", text, re.M).groups()
    width = rule.index(" ")
    rows = []
    for line in body.splitlines():
        first, second = line[:width].strip(), line[width:].strip()
        if first and (second or not rows):
            rows.append(first)
        elif first:
            rows[-1] += " " + first
    return rows


def literals():
    """Each text in the code, its pieces joined."""
    return [re.sub(r'"\s+"', "", text) for text in
            re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s+"(?:[^"\\\n]|\\.)*")*', CODE)]


def ends():
    """What ends the kernel, as its line has it."""
    calls = re.findall(r"\bxen_pv_fatal\(([^;]*);", CODE)
    assert len(calls) > 40
    return {text for call in calls for text in re.findall(r'"([^"]*)"', call)} - {"hypercall"}


def test_each_end_is_in_the_table():
    rows = first_column("reading-a-failed-boot.rst", "WHAT")
    told = {piece for row in rows for piece in re.split(r", (?!at a new|where the)", row)}
    assert not ends() - told


def test_each_end_in_the_table_is_one():
    texts = literals()
    lost = [piece for row in first_column("reading-a-failed-boot.rst", "WHAT")
            for piece in re.split(r", |NAME: ", row) if piece and piece not in texts and
            not any(piece in text for text in texts)]
    assert not lost


def test_each_step_is_in_the_table():
    steps = re.findall(r'^\t{ "(\w+)",\s+\w+.* },$', (XEN / "bring_up.c").read_text(), re.M)
    assert "batch" in steps and "up" in steps
    told = re.findall(r"\w+", " ".join(first_column("reading-a-failed-boot.rst", "STEP")))
    assert not [step for step in steps if step not in told]


def test_each_file_of_memory_is_in_its_page():
    files = [path.name for path in sorted((XEN / "mm").glob("*.[chS]"))]
    assert len(files) > 30
    text = (PAGES / "memory.rst").read_text()
    assert not [name for name in files if not re.search(rf"\b{re.escape(name)}", text)]


def test_what_is_told_of_files_is_among_the_functions():
    text = (PAGES / "api.rst").read_text()
    files = [path for path in sorted(XEN.rglob("*.[ch]")) + sorted(
        (ROOT / "include/xen/pvboot").glob("*.h")) if "tests" not in path.parts]
    told = [path for path in files if re.search(r"^/\*\*\n", path.read_text(), re.M)]
    assert len(told) > 60
    assert not [str(path) for path in told if path.name not in NOT_IN_API and
                f"kernel-doc:: {path.relative_to(ROOT)}\n" not in text]


def test_each_suite_is_asked_for():
    """One that nobody names may be gone, or skipped, unseen."""
    suites = re.findall(r'\.name = "(xen_pv_\w+)"', "\n".join(
        path.read_text() for path in sorted((XEN / "tests").glob("*_kunit.c"))))
    assert len(suites) > 25
    tables = "".join((ROOT / "tools/testing/pvboot" / name).read_text()
                     for name in ("boot/cases.toml", "distro/configs.toml"))
    assert not [name for name in suites if f'"{name}"' not in tables]


def test_each_suite_is_told_of():
    suites = re.findall(r'\.name = "(xen_pv_\w+)"', "\n".join(
        path.read_text() for path in sorted((XEN / "tests").glob("*_kunit.c"))))
    text = (ROOT / "Documentation/pvboot/testing.rst").read_text()
    assert not [name for name in suites if not re.search(rf"\b{name}\b", text)]

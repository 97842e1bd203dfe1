# SPDX-License-Identifier: GPL-2.0
"""scripts/lint can fail: a fault planted for each tool is found, and named.

The tools work on a scratch copy of the project.  What builds the kernel is
tried on a make that only says what it is told to, and once for real where
build/ has a configured kernel.  The base tree is build/base/linux, or
PVBOOT_BASE; the configured build is build/kernel, or PVBOOT_BUILD.
"""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
BASE = Path(os.environ.get("PVBOOT_BASE") or PROJECT / "build/base/linux").resolve()
BUILD = Path(os.environ.get("PVBOOT_BUILD") or PROJECT / "build/kernel").resolve()
GOOD = {
    "arch/x86/xen/good.c": """\
// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing to find here.
 */
#include <linux/types.h>

/**
 * good() - Add one.
 * @value: any number
 *
 * Return: the next number.
 */
int good(int value)
{
    return value + 1;
}
""".replace("    ", "\t"),
    "tools/good.sh": "#!/bin/sh\nset -eu\necho good\n",
    "tools/good.py": "print('good')\n",
    "tools/user.c": "// SPDX-License-Identifier: GPL-2.0\nint main(void)\n{\n\treturn 0;\n}\n",
}
# tool, file, text that is replaced, the fault, what the tool says of it
FAULTS = [
    ("checkpatch", "arch/x86/xen/good.c", "return value + 1;", "if(value)\n\t\treturn 1;",
     "good.c:15: ERROR:SPACING"),
    ("checkpatch", "tools/user.c", "return 0;", "if (1) {return 0;}", "user.c:4: ERROR"),
    ("kernel-doc", "arch/x86/xen/good.c", "@value:", "@number:", "good.c"),
    ("codespell", "arch/x86/xen/good.c", "Nothing", "Noting t" "eh", " ==> the"),
    ("shellcheck", "tools/good.sh", "echo good", "echo $1", "tools/good.sh:3"),
    ("python", "tools/good.py", "print(", "import os\nprint(", "'os' imported but unused"),
    ("python", "tools/good.py", "print(", "print( ", "E201"),
    ("coccinelle", "arch/x86/xen/good.c", "return value + 1;", "switch (value) {\n\t}; return 1;",
     "Unneeded semicolon"),
]


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    for part in ("lint", "lintlib", "overlay", "overlaylib", "overlay.conf", "overlay.base-hashes",
                 "checkpatch-config", "checkpatch-config-user", "codespell-ignore"):
        source, target = PROJECT / "scripts" / part, root / "scripts" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    for path, text in GOOD.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def tree(tmp_path):
    """The base tree's tools, of its semantic patches a single one."""
    if not (BASE / "scripts/checkpatch.pl").is_file():
        pytest.fail(f"no Linux tree at {BASE}: set PVBOOT_BASE")
    root = tmp_path / "linux"
    (root / "scripts/coccinelle").mkdir(parents=True)
    for entry in BASE.iterdir():
        if entry.name != "scripts":
            (root / entry.name).symlink_to(entry)
    for entry in (BASE / "scripts").iterdir():
        if entry.name != "coccinelle":
            (root / "scripts" / entry.name).symlink_to(entry)
    shutil.copy(BASE / "scripts/coccinelle/misc/semicolon.cocci", root / "scripts/coccinelle")
    return root


def lint(project, tree, *tools, **environ):
    env = {**os.environ, "PVBOOT_TREE": str(tree), "LINT_OUT": str(project / "build/lint"),
           **environ}
    done = subprocess.run([str(project / "scripts/lint"), *tools], env=env, check=False,
                          capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def plant(project, path, text, fault):
    source = project / path
    assert text in source.read_text()
    source.write_text(source.read_text().replace(text, fault))


@pytest.mark.parametrize("tool, path, text, fault, said", FAULTS)
def test_fault_is_found(project, tree, tool, path, text, fault, said):
    done = lint(project, tree, tool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"lint: {tool} ok (" in done.stdout
    assert done.stdout.endswith("1 passed, 0 failed\n")
    plant(project, path, text, fault)
    done = lint(project, tree, tool)
    assert done.returncode == 1
    assert said in done.stdout
    assert f"lint: {tool} FAILED" in done.stdout
    assert done.stdout.endswith("0 passed, 1 failed\n")


def test_patches_are_checked(project, tree):
    (project / "patches").mkdir()
    (project / "patches/0001-x.patch").write_text(
        "Subject: [PATCH] x86: a patch with a fault in it\n\nThere is a reason.\n---\n"
        "--- a/arch/x86/a.c\n+++ b/arch/x86/a.c\n@@ -1 +1,2 @@\n int a;\n+int b = 0;   \n")
    done = lint(project, tree, "checkpatch")
    assert done.returncode == 1 and "TRAILING_WHITESPACE" in done.stdout


def test_each_of_many_files_is_checked(project, tree):
    """They go to checkpatch in batches."""
    good = (project / "arch/x86/xen/good.c").read_text()
    for number in range(40):
        (project / f"arch/x86/xen/file{number}.c").write_text(
            good.replace("return value + 1;", "if(value)\n\t\treturn 1;"))
    done = lint(project, tree, "checkpatch")
    assert done.returncode == 1
    log = (project / "build/lint/checkpatch.log").read_text()
    assert all(f"file{number}.c:15: ERROR:SPACING" in log for number in range(40))


def test_only_the_kernels_files(project, tree):
    """Programs need not be checked once more by the other base's checkpatch."""
    program = project / "tools/user.c"
    program.write_text(program.read_text().replace("return 0;", "if (1) {return 0;}"))
    assert lint(project, tree, "checkpatch", LINT_ONLY="kernel").returncode == 0
    assert lint(project, tree, "checkpatch").returncode == 1
    source = project / "arch/x86/xen/good.c"
    source.write_text(source.read_text().replace("return value + 1;", "if(value)\n\t\treturn 1;"))
    assert lint(project, tree, "checkpatch", LINT_ONLY="kernel").returncode == 1
    done = lint(project, tree, "checkpatch", LINT_ONLY="tools")
    assert done.returncode == 2 and done.stderr == "lint: LINT_ONLY=tools: not kernel\n"


def test_wrong_tool_and_missing_tree(project, tree, tmp_path):
    done = lint(project, tree, "chekpatch")
    assert done.returncode == 2 and "no tool chekpatch" in done.stderr
    done = lint(project, tmp_path / "nowhere", "checkpatch")
    assert done.returncode == 1 and "no kernel tree at" in done.stdout


def test_missing_program(project, tree, tmp_path):
    """One line that names the package; the tool counts as failed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python3", "git", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    done = lint(project, tree, "sparse", "codespell", PATH=str(programs))
    assert done.returncode == 1
    assert "sparse is missing: install the Debian package sparse" in done.stdout
    assert "install the Debian package codespell" in done.stdout
    assert done.stdout.endswith("0 passed, 2 failed\n")


# ---- builds, with a make that says what it is told ----

def scripted_make(tmp_path, text, objects=("good",), status=0, narrow="", narrow_objects=()):
    """A directory for PATH, with a make that prints this and makes objects.

    narrow, narrow_objects: the same for a 32-bit build
    """
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    (tmp_path / "said").write_text(text)
    (tmp_path / "said-32").write_text(narrow)
    make = programs / "make"
    make.write_text(f"""#!/bin/sh
echo "$*" >> "{tmp_path}/asked"
said=said objects="{' '.join(objects)}"
for word; do case $word in
O=*) o=${{word#O=}};;
ARCH=i386) said=said-32 objects="{' '.join(narrow_objects)}";;
*config) exit 0;;
esac; done
mkdir -p "$o/arch/x86/xen"
for name in $objects; do touch "$o/arch/x86/xen/$name.o"; done
cat "{tmp_path}/$said"
exit {status}
""")
    make.chmod(0o755)
    return programs


@pytest.fixture
def builds(project, tmp_path):
    """run(tool, text, …): what lint makes of a build that says this text."""
    tree, narrow = tmp_path / "linux", tmp_path / "linux-32"
    for root in (tree, narrow):
        (root / "arch/x86").mkdir(parents=True)
        for mark in ("Kbuild", "Kconfig", "arch/x86/Kbuild", "scripts/checkpatch.pl"):
            (root / mark).parent.mkdir(exist_ok=True)
            (root / mark).write_text("\n")
        (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n")
    fragment = project / "arch/x86/configs/pvboot-32.config"
    fragment.parent.mkdir()
    fragment.write_text("CONFIG_X86_32=y\n")
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/.config").write_text("CONFIG_XEN=y\n")

    def run(tool, text, bits="", **options):
        path = scripted_make(tmp_path, text.replace("TREE", str(tree)), **options)
        return lint(project, tree, tool, PATH=f"{path}:{os.environ['PATH']}",
                    PVBOOT_BUILD=str(tmp_path / "kernel"), PVBOOT_TREE_32=str(narrow), BITS=bits)
    return run


@pytest.mark.parametrize("text, count", [
    ("", 0),
    ("TREE/arch/x86/xen/good.c:3:1: warning: no previous prototype [-Wmissing-prototypes]\n", 1),
    ("../../linux/arch/x86/xen/good.c:3:1: warning: odd [-Wodd]\n", 1),
    ("arch/x86/xen/good.o: warning: objtool: good()+0x1: unreachable instruction\n", 1),
    ("TREE/arch/x86/xen/mmu_pv.c:3:1: warning: not ours [-Wodd]\n", 0),
    ("TREE/include/linux/minmax.h:3:1: warning: comparison [-Wodd]\n"
     "TREE/arch/x86/xen/good.c:9:2: note: in expansion of macro 'min'\n", 1),
    ("TREE/include/linux/minmax.h:3:1: warning: comparison [-Wodd]\n"
     "TREE/arch/x86/xen/mmu_pv.c:9:2: note: in expansion of macro 'min'\n", 0),
])
def test_only_our_files_count(builds, text, count):
    done = builds("gcc", text)
    assert done.returncode == bool(count), done.stdout
    assert ("FAILED: 1 findings" in done.stdout) == bool(count)


def test_sparse_and_compiler_are_told_apart(builds):
    text = ("TREE/arch/x86/xen/good.c:3:1: warning: no previous prototype [-Wmissing-prototypes]\n"
            "TREE/arch/x86/xen/good.c:4:1: warning: symbol 'x' was not declared. Should it be"
            " static?\n")
    done = builds("sparse", text)
    assert "Should it be static?" in done.stdout and "prototype" not in done.stdout


def test_without_pv(builds, project):
    """What the other kinds of guest take of ours has to compile; not all of it is built."""
    broken = "TREE/arch/x86/xen/good.c:3:1: error: implicit declaration of function 'hypercall'\n"
    done = builds("no-pv", broken, status=2)
    assert done.returncode == 1 and "good.c:3:1: error: implicit" in done.stdout
    done = builds("no-pv", "", objects=())
    assert done.returncode == 1 and "there is no object" in done.stdout
    done = builds("no-pv", "")
    assert "lint: no-pv ok (1 files, without XEN_PV)" in done.stdout
    said = (project / "build/lint/no-pv-build/.config").read_text().splitlines()
    assert said[0] == "CONFIG_XEN=y" and "# CONFIG_XEN_PV is not set" in said


def test_build_that_breaks_elsewhere(builds):
    done = builds("clang", "ld: x.o: undefined reference\nmake[1]: *** [x] Error 1\n", status=2)
    assert done.returncode == 1 and "*** [x] Error 1" in done.stdout
    done = builds("clang", "", status=2)
    assert done.returncode == 1 and "ended with status 2" in done.stdout


def test_file_that_is_not_built(builds):
    done = builds("gcc", "", objects=())
    assert done.returncode == 1
    assert "arch/x86/xen/good.c: not built in this configuration" in done.stdout


@pytest.fixture
def narrow_file(project):
    """A file of ours that 64-bit kernels have not got."""
    (project / "arch/x86/xen/good_32.c").write_text(GOOD["arch/x86/xen/good.c"])


@pytest.mark.parametrize("narrow, objects, said", [
    ("", ("good", "good_32"), None),
    ("", ("good",), "good_32.c: not built in this configuration"),
    ("{tree}/arch/x86/xen/good_32.c:3:1: warning: not declared\n", ("good_32",),
     "  arch/x86/xen/good_32.c:3:1: warning: not declared\n"),
    ("{tree}/arch/x86/xen/good.c:9:1: warning: too narrow\n", ("good_32",),
     "  arch/x86/xen/good.c:9:1: warning: too narrow\n")])
@pytest.mark.parametrize("tool", ["gcc", "sparse"])
def test_32_bits_are_looked_at(builds, tmp_path, narrow_file, tool, narrow, objects, said):
    """Where they are asked for, and they alone."""
    done = builds(tool, "", narrow=narrow.format(tree=tmp_path / "linux-32"),
                  narrow_objects=objects, bits="32")
    assert done.returncode == bool(said), done.stdout
    assert (said or f"lint: {tool} ok (2 files, in 32 bits)") in done.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [" ARCH=i386 " in line for line in asked] == [True, True]
    assert asked[0].endswith("/arch/x86/configs/pvboot-32.config allnoconfig")
    assert asked[1].split()[-3:] == [
        "arch/x86/xen/", "arch/x86/kernel/head_32.o", "arch/x86/entry/entry_32.o"]


def test_64_bits_have_no_file_of_32(builds, tmp_path, narrow_file):
    done = builds("gcc", "")
    assert "lint: gcc ok (1 files, in 64 bits)" in done.stdout
    assert "ARCH=" not in (tmp_path / "asked").read_text()


def test_what_32_bits_have_not(project, tmp_path):
    """A tool that does not look at that build."""
    done = lint(project, tmp_path / "linux", "gcc", "clang", BITS="32")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lint: BITS=32 is for gcc and sparse, and not for clang\n"
    done = lint(project, tmp_path / "linux", BITS="16")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lint: BITS=16: neither 32 nor 64\n"


def test_a_32_bit_tree_is_made_where_there_is_none(builds, project, tmp_path, narrow_file):
    """By the step that makes it for make boot BITS=32."""
    step = project / "tools/testing/pvboot/prepare/overlay"
    step.parent.mkdir(parents=True)
    tree = tmp_path / "linux-32"
    step.write_text(f"#!/bin/sh\necho BITS=$BITS > {tmp_path}/step\nmv {tree}.kept {tree}\n")
    step.chmod(0o755)
    tree.rename(f"{tree}.kept")
    (Path(f"{tree}.kept") / "arch/x86/configs").mkdir()
    (Path(f"{tree}.kept") / "arch/x86/configs/pvboot-32.config").write_text("CONFIG_X86_32=y\n")
    done = builds("gcc", "", narrow_objects=["good", "good_32"], bits="32")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "step").read_text() == "BITS=32\n"


def test_too_much_percpu_data():
    sys.path.insert(0, str(PROJECT / "scripts"))
    kernel = importlib.import_module("lintlib.kernel")
    assert not kernel.percpu_findings({"a.o": kernel.MOST_PERCPU, "b.o": 0})
    found = kernel.percpu_findings({"a.o": kernel.MOST_PERCPU, "b.o": 1})
    assert len(found) == 1
    assert f"a.o {kernel.MOST_PERCPU}, b.o 1" in str(found[0])
    assert not kernel.percpu_findings({"guest.o": 2 * kernel.MOST_PERCPU})


# ---- builds, for real ----

# (tool, file, fault, what the tool says of it), by width
FOR_GCC = "\nint planted_for_gcc(void)\n{\n\treturn 0;\n}\n"
FOR_SPARSE = "\nvoid __iomem *planted_for_sparse = (void *)1;\n"
FOR_CLANG = "\nstatic int planted_for_clang(int a)\n{\n\treturn a & 1 == 1;\n}\n"
REAL = {
    "64": [
        ("gcc", "cpuid.c", FOR_GCC, "planted_for_gcc"),
        ("percpu", "apic.c", "\nDEFINE_PER_CPU(u64 [16], planted_for_percpu);\n", "apic.o 128"),
        ("sparse", "msr.c", FOR_SPARSE, "planted_for_sparse"),
        ("clang", "fatal.c", FOR_CLANG, "parentheses")],
    "32": [
        ("gcc", "mm/p2m_space_32.c", FOR_GCC, "planted_for_gcc"),
        ("sparse", "mm/boot_tables_32.c", FOR_SPARSE, "planted_for_sparse")],
}


def copy_base(tree):
    """A tree of one's own; by hard links, where that goes."""
    if subprocess.run(["cp", "-al", BASE, tree], check=False, capture_output=True).returncode:
        shutil.rmtree(tree, ignore_errors=True)
        subprocess.run(["cp", "-a", BASE, tree], check=True)


@pytest.mark.parametrize("bits", REAL)
def test_real_builds_find_faults(bits):
    """Our files with a fault for each tool, in a tree of its own."""
    if not (BUILD / ".config").is_file():
        pytest.fail(f"no configured kernel at {BUILD}: set PVBOOT_BUILD")
    (PROJECT / "build").mkdir(exist_ok=True)
    top = PROJECT / "build/lint-test"
    shutil.rmtree(top, ignore_errors=True)
    project, tree = top / "project", top / "linux"
    try:
        project.mkdir(parents=True)
        for part in ("arch", "include", "patches", "scripts"):
            shutil.copytree(PROJECT / part, project / part)
        for _, name, fault, _ in REAL[bits]:
            with open(project / "arch/x86/xen" / name, "a", encoding="utf-8") as out:
                out.write(fault)
        copy_base(tree)
        copy_base(top / "linux-32")
        tools = {tool for tool, _, _, _ in REAL[bits]}
        done = lint(project, tree, *tools, PVBOOT_BUILD=str(BUILD), BITS=bits,
                    PVBOOT_TREE_32=str(top / "linux-32"),
                    CCACHE_DIR=os.environ.get("CCACHE_DIR") or str(PROJECT / "build/ccache"))
        assert done.returncode == 1
        for tool, name, _, said in REAL[bits]:
            assert any(said in line and Path(name).stem in line
                       for line in done.stdout.splitlines()), f"{tool}, {name}: {done.stdout}"
            assert f"lint: {tool} FAILED" in done.stdout
    finally:
        shutil.rmtree(top, ignore_errors=True)

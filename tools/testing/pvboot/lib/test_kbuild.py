# SPDX-License-Identifier: GPL-2.0
"""Builds that go wrong, with a stand-in for make, and the warnings of a log."""

import os

import pytest

import configs
import kbuild

NAMES = ["arch/x86/xen/start.c", "arch/x86/xen/entry.S", "include/xen/pvboot/vcpu.h",
         "drivers/xen/time.c"]
TREE = "/somewhere/linux"

# A make that configures as it is told, and makes objects.
GOOD = """
case "$*" in
*olddefconfig*) sed -i s/DROPPED/OTHER/ "$out/.config" ;;
*allnoconfig*) echo CONFIG_XEN=y > "$out/.config" ;;
*) mkdir -p "$out/arch/x86/xen"; touch "$out/arch/x86/xen/hypercall.o"; echo "$*" ;;
esac
"""


@pytest.fixture(name="build")
def fixture_build(tmp_path, monkeypatch):
    """build(script, column=value...): a Build whose make is that script."""
    def build(script, **columns):
        kmake = tmp_path / "kmake"
        kmake.write_text(f"#!/bin/sh\nout=$1\nshift 2\n{script}\n")
        kmake.chmod(0o755)
        monkeypatch.setattr(kbuild, "KMAKE", str(kmake))
        row = configs.DEFAULTS | {"name": "a", "targets": ["arch/x86/"]} | columns
        made = kbuild.Build(row, str(tmp_path / "log"))
        made.out = str(tmp_path / "out")
        made.tree = str(tmp_path / "tree")
        (tmp_path / "tree/arch").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree/arch/Kconfig").write_text("config CFI_CLANG\n\tbool\n")
        return made
    return build


def test_a_good_build(build):
    made = build(GOOD, set=["SMP=n"], words=["W=1"])
    made.configure()
    assert "W=1 arch/x86/" in made.build()


@pytest.mark.parametrize("compiler, words", [
    ("clang", "LLVM=1 CC=ccache clang HOSTCC=ccache clang"),
    ("clang-19", "LLVM=-19 CC=ccache clang-19 HOSTCC=ccache clang-19"),
])
def test_clang_means_all_of_llvm(build, compiler, words):
    made = build(GOOD, compiler=compiler)
    made.configure()
    assert words in made.build()


def test_a_tree_that_lacks_something(build, tmp_path, monkeypatch):
    """It is made of the base tree, which stays as it is."""
    base = tmp_path / "base"
    for name in ("Makefile", "arch/Kconfig", "arch/x86/xen/time.c"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text("")
    overlay = tmp_path / "overlay"
    overlay.write_text('#!/bin/sh\nls "$2/arch/x86" > "$2/seen"\n')
    overlay.chmod(0o755)
    monkeypatch.setattr(kbuild, "BASE", str(base))
    monkeypatch.setattr(kbuild, "TREE", str(tmp_path / "linux"))
    monkeypatch.setattr(kbuild, "OVERLAY", str(overlay))
    made = build(GOOD, without=["arch/x86/xen"])
    made.configure()
    assert made.tree == str(tmp_path / "linux-a")
    assert (tmp_path / "linux-a/seen").read_text() == ""
    assert (tmp_path / "linux-a/Makefile").exists() and (base / "arch/x86/xen/time.c").exists()
    overlay.write_text("#!/bin/sh\necho why not >&2; exit 1\n")
    with pytest.raises(kbuild.BuildError, match="^the overlay cannot be laid: why not$"):
        made.configure()


def test_an_option_that_is_refused(build):
    with pytest.raises(kbuild.BuildError, match="^Kconfig did not take DROPPED=y$"):
        build(GOOD, set=["DROPPED=y"]).configure()


def test_kconfig_that_fails(build):
    with pytest.raises(kbuild.BuildError, match=r"^cannot configure: arch/x86/Kconfig:1: error: "):
        build("echo 'arch/x86/Kconfig:1: error: no'; exit 1").configure()


def test_a_configuration_that_is_not_there(build):
    with pytest.raises(kbuild.BuildError, match="none_nothing.xz is not there"):
        build(GOOD, start="nothing").configure()


def test_real_time_has_other_names(build, tmp_path, monkeypatch):
    """6.12's package has a set of features rt, and 7.3's a flavour."""
    monkeypatch.setattr(kbuild, "DEBIAN", str(tmp_path / "config.amd64_{}.xz"))
    for name in ("rt_amd64", "none_rt-amd64"):
        path = tmp_path / f"config.amd64_{name}.xz"
        with kbuild.lzma.open(path, "wt") as file:
            file.write(f"CONFIG_{name}=y\n")
        made = build(GOOD, start="rt-amd64")
        made.configure()
        assert f"CONFIG_{name}=y" in made.before


# A random configuration, of which each of the two trees says what a file has.
RANDOM = """
case "$*" in
*randconfig*) echo "$*" > "$out/asked"; cp "$out/fixed" "$out/.config" ;;
*olddefconfig*) ;;
*) mkdir -p "$out/arch/x86/xen"; touch "$out/arch/x86/xen/hypercall.o"
   case $out in *-control) cat "$TOLD/base" ;; *) cat "$TOLD/ours" ;; esac
   ! test -e "$TOLD/ends" ;;
esac
"""
WARNING = "arch/x86/mm/init.c:{}:5: warning: unused\n"


@pytest.mark.parametrize("ours, base, ends, want", [
    ("", "", False, 0),
    (WARNING.format(12), "", False, 1),
    (WARNING.format(12), WARNING.format(10), False, 0),
    ("a.c:1:2: error: no\n", "", True, 1),
    ("a.c:1:2: error: no\n", "a.c:1:2: error: no\n", True, 0),
])
def test_what_the_base_says_as_well(build, tmp_path, monkeypatch, ours, base, ends, want):
    monkeypatch.setenv("TOLD", str(tmp_path))
    for name, text in (("ours", ours), ("base", base)):
        (tmp_path / name).write_text(text)
    if ends:
        (tmp_path / "ends").write_text("")
    made = build(RANDOM, random=7, start="random 7", set=["XEN=y"])
    made.configure()
    asked = (tmp_path / "out/asked").read_text()
    assert "KCONFIG_SEED=7" in asked and "CONFIG_XEN=y" in made.after
    assert len(made.not_of_the_base()) == want


def test_an_end_that_nothing_explains(build, tmp_path, monkeypatch):
    """The base tree builds, and ours does not, without a word."""
    monkeypatch.setenv("TOLD", str(tmp_path))
    for name in ("ours", "base"):
        (tmp_path / name).write_text("")
    made = build(RANDOM.replace("! test", "test $out = $TOLD/out-control || ! test"), random=7,
                 start="random 7", set=["XEN=y"])
    made.configure()
    (tmp_path / "ends").write_text("")
    assert made.not_of_the_base() == ["make ended with status 1"]


def test_two_ends_alike_that_make_nothing(build):
    made = build("case $* in *randconfig*) touch $out/.config;; *olddefconfig*) ;; "
                 "*) echo '*** no compiler'; exit 2;; esac", random=7, start="random 7")
    made.configure()
    assert made.not_of_the_base() == ["the build made no arch/x86/xen/hypercall.o"]


def test_a_random_build_that_makes_nothing(build):
    made = build("case $* in *randconfig*) touch $out/.config;; esac", random=7, start="random 7")
    made.configure()
    assert made.not_of_the_base() == ["the build made no arch/x86/xen/hypercall.o"]


def test_a_build_that_fails(build):
    made = build(GOOD.replace("mkdir", "echo 'x.c:1:2: error: no'; exit 2; mkdir"))
    made.configure()
    with pytest.raises(kbuild.BuildError, match=r"^does not build: x\.c:1:2: error: no; see "):
        made.build()


def test_a_build_that_makes_nothing(build):
    made = build(GOOD.replace("touch", ": touch"))
    made.configure()
    with pytest.raises(kbuild.BuildError, match=r"made no arch/x86/xen/hypercall\.o"):
        made.build()


def test_no_image_is_no_build(build):
    made = build(GOOD, targets=["bzImage"])
    made.configure()
    with pytest.raises(kbuild.BuildError, match="made no .*bzImage"):
        made.build()


def test_objects_of_before_do_not_hide_warnings(build, monkeypatch):
    monkeypatch.setattr(kbuild, "our_files", lambda: ["kernel/patched.c", "kernel/absent.c"])
    made = build(GOOD)
    made.configure()
    made.build()
    os.makedirs(made.path("kernel"))
    for name in ("patched.o", "other.o"):
        with open(made.path(f"kernel/{name}"), "w", encoding="utf-8"):
            pass
    made.forget()
    assert not os.path.exists(made.path(kbuild.WITNESS))
    assert os.listdir(made.path("kernel")) == ["other.o"]


@pytest.mark.parametrize("line, everyone, ours", [
    (f"{TREE}/arch/x86/xen/start.c:9:1: warning: unused [-Wunused]", True, True),
    ("../linux/arch/x86/xen/start.c:9:1: warning: unused [-Wunused]", True, True),
    (f"{TREE}/include/xen/pvboot/vcpu.h:9:1: warning: unused", True, True),
    (f"{TREE}/drivers/xen/time.c:9:1: warning: unused", True, True),
    (f"{TREE}/arch/x86/mm/pat.c:9:1: warning: unused", True, False),
    ("vmlinux.o: warning: objtool: xen_pv_upcall+0x5: unreachable instruction", True, False),
    ("WARNING: modpost: vmlinux: section mismatch in reference: a (.text) -> b", True, False),
    (f"{TREE}/drivers/net/tun.c:9:1: warning: unused", False, False),
    ("ld: warning: vmlinux has a LOAD segment with RWX permissions", False, False),
    ("  CC      arch/x86/xen/hypercall.o", False, False),
    ("  OBJCOPY warning: arch", False, False),
])
def test_warnings_that_count(line, everyone, ours):
    assert bool(kbuild.warnings(line, TREE, NAMES)) == everyone
    assert bool(kbuild.warnings(line, TREE, NAMES, only_ours=True)) == ours


def test_a_warning_is_counted_once():
    line = f"{TREE}/arch/x86/xen/start.c:9:1: warning: unused\n"
    assert len(kbuild.warnings(line * 2, TREE, NAMES)) == 1


def test_our_files_are_known():
    names = kbuild.our_files()
    assert {"arch/x86/xen/start.c", "include/xen/pvboot/vcpu.h"} <= set(names)
    assert "drivers/xen/time.c" in names, "a file that we patch"


def test_symbols():
    text = "config A\n\tbool\nmenuconfig B\n\thelp\n\t  config no one\n"
    assert kbuild.kconfig_symbols(text) == {"A", "B"}


def test_only_we_have_symbols_for_tests():
    assert kbuild.own_symbols() == {"HAVE_XEN_PV_32", "XEN_PV_FAIL", "XEN_PV_KUNIT_TEST"}


def test_what_nobody_can_choose():
    hidden = kbuild.hidden_symbols()
    assert {"XEN_PVHVM", "XEN_PVHVM_SMP", "XEN_SAVE_RESTORE", "HAVE_XEN_PV_32"} <= hidden
    assert not hidden & {"XEN", "XEN_PV", "XEN_DEBUG_FS", "XEN_PV_FAIL", "XEN_PV_KUNIT_TEST"}

# SPDX-License-Identifier: GPL-2.0
"""BITS=32: what is refused, where all of it lies, and what differs in each step."""

import gzip
import os
import re
import shutil
import subprocess
import sys

import pytest

import releases
from test_prepare import DEFAULTS, ONE_LINE, PREPARE, ROOT, debian, fixture_box

__all__ = ["fixture_box"]

GUEST = os.path.join(PREPARE, "../boot/guest")
ELF = b"\x7fELF"


def options(box, target, **environment):
    """options with good values, and these."""
    return box.run(f"{PREPARE}/options", target, **DEFAULTS | {"TREE": "/"} | environment)


def refusal(done):
    """The one line of it."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


# --- options -----------------------------------------------------------------

@pytest.mark.parametrize("target", ["base", "boot", "domu", "kernel", "initramfs", "install",
                                    "uninstall", "series", "check", "bench", "lint"])
def test_what_has_32_bits(box, target):
    for value in ("32", "64", ""):
        assert options(box, target, BITS=value).returncode == 0
    for value in ("16", "i386", "3 2", "-"):
        assert refusal(options(box, target, BITS=value)) == f"BITS={value}: neither 32 nor 64\n"


@pytest.mark.parametrize("target", ["boot", "kernel", "install", "series"])
def test_32_bits_have_one_base(box, target):
    assert options(box, target, BITS="32", BASE="6.12").returncode == 0
    said = refusal(options(box, target, BITS="32", BASE="7.3"))
    assert said == "BITS=32: for BASE=6.12 only, not for BASE=7.3\n"
    assert options(box, target, BITS="64", BASE="7.3").returncode == 0


def test_the_layer_of_32_bits_has_one_base(box):
    assert options(box, "check", LAYERS="boot bits-32").returncode == 0
    said = refusal(options(box, "check", LAYERS="boot bits-32", BASE="7.3"))
    assert said == "LAYERS: bits-32 is for BASE=6.12 only, not for BASE=7.3\n"
    assert options(box, "check", LAYERS="boot", BASE="7.3").returncode == 0


@pytest.mark.parametrize("target", ["series-check", "profile", "image", "deb", "fixes",
                                    "guest-test"])
def test_what_has_no_32_bits_yet(box, target):
    said = refusal(options(box, target, BITS="32", WHAT="fork" if target == "profile" else ""))
    assert said.startswith(f"BITS=32: not yet for make {target}, but for ")


@pytest.mark.parametrize("target", ["boot", "domu"])
@pytest.mark.parametrize("words, good", [
    (b"Xen  kernel: 64-bit, lsb\0CONFIG_PV32 missing", False),
    (b"Xen  kernel: 64-bit, lsb%s\0, compat32\0", True), (b"", False)])
def test_a_xen_without_32_bit_guests_is_refused(box, target, words, good):
    xen = box.path / "xen.elf"
    xen.write_bytes(ELF + words)
    done = options(box, target, BITS="32", XEN=str(xen))
    if good:
        assert done.returncode == 0
    else:
        assert refusal(done) == f"XEN={xen}: built without PV32, which 32-bit guests need\n"
    assert options(box, target, XEN=str(xen)).returncode == 0


def make(box, *words):
    """The project's makefile."""
    return box.run("make", "-s", "-C", ROOT, *words)


@pytest.mark.parametrize("target", ["kernel", "initramfs", "boot", "domu", "series", "unit",
                                    "docs"])
def test_make_starts_nothing_that_is_refused(box, target):
    bits = "32" if target in ("unit", "docs") else "16"
    done = make(box, target, f"BITS={bits}")
    assert done.returncode == 2 and "step" not in done.stdout
    assert done.stderr.startswith(f"BITS={bits}")


def test_a_step_on_its_own_refuses_it_too(box):
    done = box.run(f"{PREPARE}/kmake", "/", "/", BITS="33")
    assert refusal(done) == "BITS=33: neither 32 nor 64\n"
    assert not (box.path / "build").exists()


# --- where it lies ------------------------------------------------------------

def places(**environment):
    """build and base_build of common.sh, below build/."""
    script = '. "$(dirname "$0")/common.sh"; echo "$build" "$base_build"'
    done = subprocess.run(["sh", "-euc", script, f"{PREPARE}/steps"], check=True, text=True,
                          env={"PATH": os.environ["PATH"]} | environment, capture_output=True)
    return [os.path.relpath(os.path.normpath(place), f"{ROOT}/build")
            for place in done.stdout.split()]


@pytest.mark.parametrize("bits, base, where", [
    ("", "", [".", "."]), ("64", "", [".", "."]), ("64", "7.3", ["linux-7.3", "linux-7.3"]),
    ("32", "", ["bits-32", "."]), ("32", "6.12", ["bits-32", "."])])
def test_both_sides_agree_where_a_width_lies(bits, base, where):
    assert places(BITS=bits, BASE=base) == where
    base = base or releases.OWN_BASE
    found = [releases.build_of(base, bits or "64"), releases.base_build_of(base)]
    assert [os.path.relpath(place, f"{ROOT}/build") for place in found] == where


def guest(expression, **environment):
    """What lib/guest.py has, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", f"import guest; print({expression})"], text=True,
                          cwd=releases.HERE, env=os.environ | environment, check=True,
                          capture_output=True)
    return done.stdout.strip()


def test_what_is_booted():
    assert guest("guest.KERNEL", BITS="32").endswith(
        "/build/bits-32/kernel/arch/x86/boot/bzImage")
    assert guest("guest.INITRD", BITS="32").endswith("/build/bits-32/initramfs.gz")
    assert guest("guest.XEN == guest.DEBUG_XEN, guest.MEM", BITS="32") == "True 512"
    assert guest("guest.XEN == guest.DEBUG_XEN, guest.MEM", BITS="") == "False 1024"


def test_xen_is_asked_for_32_bits():
    line = "guest.Guest().xen_line()"
    words = guest(line, BITS="32").split()
    assert "pv=32" in words and "dom0_mem=512M,max:512M" in words
    assert "pv=32" not in guest(line, BITS="64").split()


# A domU has a dom0 beside it, which is a 64-bit one whatever the domU is.

def test_what_is_booted_as_dom0():
    for bits in ("32", "64"):
        assert guest("guest.DOM0_KERNEL", BITS=bits).endswith(
            "/build/kernel/arch/x86/boot/bzImage")
        assert guest("guest.DOM0_INITRD", BITS=bits).endswith("/build/initramfs.gz")
    assert guest("guest.DOM0_KERNEL == guest.KERNEL, guest.DOM0_INITRD == guest.INITRD",
                 BITS="64", BASE="7.3") == "True True"


def test_a_domus_host_is_of_64_bits(tmp_path):
    """Its own files are read: it has to have others than the domU."""
    script = ("import guest, host; host.read = lambda path: path.encode() + b' ';"
              f"machine = host.Host('report', {{}}, 64, '{tmp_path}');"
              "print(machine.kernel, open(machine.initrd).read().split(' ')[0], machine.mem,"
              "'pv=32' in machine.xen_line(), machine.xen == guest.DEBUG_XEN)")
    done = subprocess.run([sys.executable, "-c", script], text=True, cwd=releases.HERE,
                          env=os.environ | {"BITS": "32"}, check=True, capture_output=True)
    assert done.stdout.replace(f"{ROOT}/", "").split() == [
        "build/kernel/arch/x86/boot/bzImage", "build/initramfs.gz", "640", "True", "True"]


# --- make boot, make domu -----------------------------------------------------

@pytest.mark.parametrize("target, environment, steps", [
    ("boot", {"BITS": "64"}, "deps base overlay kernel initramfs xen"),
    ("boot", {"BITS": "32"}, "deps xen-debug base overlay kernel initramfs"),
    ("boot", {"BITS": "32", "XEN": "/xen"}, "deps base overlay kernel initramfs"),
    ("boot", {"BITS": "32", "KERNEL": "/k"}, "deps xen-debug base overlay initramfs"),
    ("domu", {"BITS": "64"}, "deps base overlay kernel initramfs toolstack xen"),
    ("domu", {"BITS": "64", "KERNEL": "/k", "INITRD": "/i"},
     "deps base overlay kernel initramfs toolstack xen"),
    ("domu", {"BITS": "32"}, "deps xen-debug base overlay kernel initramfs dom0 toolstack"),
    ("domu", {"BITS": "32", "XEN": "/xen", "DOM0_KERNEL": "/k"},
     "deps base overlay kernel initramfs dom0 toolstack"),
    ("domu", {"BITS": "32", "KERNEL": "/k", "INITRD": "/i"},
     "deps xen-debug base overlay dom0 toolstack")])
def test_steps_of_a_boot(box, target, environment, steps):
    place = box.path / "tools/testing/pvboot/prepare"
    place.mkdir(parents=True)
    for name in ("boot", "domu"):
        (place / f"../{name}").mkdir()
    for name in ("target", "common.sh"):
        shutil.copy(os.path.join(PREPARE, name), place)
    for name in ("forecast", "steps", "../boot/boot.py", "../domu/domu.py"):
        (place / name).write_text(f"#!/bin/sh\necho {os.path.basename(name)} $*\n")
        (place / name).chmod(0o755)
    done = box.run(str(place / "target"), target, **DEFAULTS | environment)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^steps \d+ (.*)$", done.stdout, re.M)[1] == steps


def dom0(box, kernel="exit 0", **environment):
    """prepare/dom0 among steps that say what they are; the kernel's does this."""
    place = box.path / "tools/testing/pvboot/prepare"
    place.mkdir(parents=True)
    for name in ("dom0", "common.sh"):
        shutil.copy(os.path.join(PREPARE, name), place)
    for name in ("overlay", "kernel", "initramfs"):
        (place / name).write_text(
            f"#!/bin/sh\necho {name} $BITS >> {box.path}/log\n"
            f"echo of {name} > {box.path}/build/log/{name}.summary\n"
            + (kernel if name == "kernel" else "exit 0") + "\n")
        (place / name).chmod(0o755)
    return box.run(str(place / "dom0"), BITS="32", PVBOOT_STEPS="1", **environment)


def test_a_32_bit_domu_has_a_64_bit_dom0(box):
    done = dom0(box)
    assert done.returncode == 0, done.stderr
    assert box.read("log") == "overlay 64\nkernel 64\ninitramfs 64\n"
    assert box.read("build/bits-32/log/dom0.summary") == "of initramfs\n"


def test_a_kernel_of_dom0_that_is_given_is_not_built(box):
    assert dom0(box, DOM0_KERNEL="/k").returncode == 0
    assert box.read("log") == "overlay 64\ninitramfs 64\n"


def test_a_dom0_that_cannot_be_made_ends_it(box):
    done = dom0(box, f"echo no compiler > {box.path}/build/log/kernel.failure\n"
                "echo error: x\nexit 1")
    assert done.returncode == 1 and "error: x" in done.stdout
    assert box.read("build/bits-32/log/dom0.failure") == "no compiler\n"
    assert box.read("log") == "overlay 64\nkernel 64\n"


def test_a_debug_xen_that_is_not_there_takes_time(box):
    debian(box, {})
    box.stub("nproc", "echo 2\n")
    script = (f'. {PREPARE}/common.sh; . {PREPARE}/releases.sh; . {PREPARE}/needs.sh; need 0; '
              'echo "$need_mib"')

    def mib(bits):
        return int(box.run("sh", "-euc", script, f"{PREPARE}/steps", BITS=bits).stdout)
    assert mib("32") > mib("64")
    (box.path / "build/xen-debug").mkdir()
    (box.path / "build/xen-debug/xen.elf").touch()
    (box.path / "build/xen-debug-4.17").mkdir()
    (box.path / "build/xen-debug-4.17/xen.elf").touch()
    assert mib("32") == mib("64")


# --- configuration ------------------------------------------------------------

def fragment(name):
    """{option: value} of arch/x86/configs/NAME."""
    with open(os.path.join(ROOT, "arch/x86/configs", name), encoding="utf-8") as lines:
        return dict(line.strip().removeprefix("CONFIG_").split("=", 1) for line in lines
                    if line.startswith("CONFIG_"))


def test_the_configuration_is_a_32_bit_one():
    ours, wide = fragment("pvboot-32.config"), fragment("pvboot.config")
    for name in ("X86_32", "X86_PAE", "HIGHMEM64G", "SMP", "XEN_PV", "XEN_PV_SMP", "XEN_DOM0",
                 "HVC_XEN"):
        assert ours.get(name) == "y", name
    only_wide = {"64BIT", "IA32_EMULATION", "X86_KERNEL_IBT", "X86_5LEVEL", "X86_ESPFIX64",
                 "XEN_512GB", "UNWINDER_ORC", "VMAP_STACK"}
    assert not only_wide & ours.keys()
    own = {"X86_32", "M686", "X86_GENERIC", "HIGHMEM64G", "X86_PAE", "X86_BIGSMP",
           "UNWINDER_FRAME_POINTER", "DEBUG_ENTRY"}
    assert ours.keys() - wide.keys() == own
    assert all(wide[name] == value for name, value in ours.items() if name not in own)


def test_kconfig_is_asked_for_a_32_bit_kernel(box):
    """By the configuration of its own, over the tree of its own, and the shared base."""
    tree = box.path / "build/bits-32/linux/arch/x86"
    (tree / "configs").mkdir(parents=True)
    (tree / "xen").mkdir()
    (tree / "configs/pvboot-32.config").write_text("CONFIG_X86_32=y\n")
    (box.path / "build/base").mkdir()
    (box.path / "build/base/stamp").write_text("1\n")
    box.stub("make", f"echo $* >> {box.path}/make.log; mkdir -p {box.path}/build/bits-32/kernel\n"
             f"echo CONFIG_X86_32=y > {box.path}/build/bits-32/kernel/.config\n")
    done = box.run(f"{PREPARE}/kernel", BITS="32")
    assert done.stderr.splitlines()[-1].endswith("the build made no bzImage")
    asked = box.read("make.log").splitlines()
    assert all(" ARCH=i386 " in line for line in asked)
    assert asked[0].endswith(f"KCONFIG_ALLCONFIG={tree}/configs/pvboot-32.config allnoconfig")
    assert f"O={box.path}/build/bits-32/kernel" in asked[0].split()


@pytest.mark.parametrize("bits, place, number", [
    ("64", "build", "1550"), ("32", "build/bits-32", "1350")])
def test_progress_counts_to_what_a_width_has(box, bits, place, number):
    """Objects of a build from nothing; steps reads this file."""
    tree = box.path / place / "linux/arch/x86"
    (tree / "configs").mkdir(parents=True)
    (tree / "xen").mkdir()
    for name in ("pvboot.config", "pvboot-32.config"):
        (tree / "configs" / name).write_text("CONFIG_XEN=y\n")
    (box.path / "build/base").mkdir(exist_ok=True)
    (box.path / "build/base/stamp").write_text("1\n")
    out = box.path / place / "kernel"
    box.stub("make", f"echo CONFIG_XEN=y > {out}/.config\n")
    box.run(f"{PREPARE}/kernel", BITS=bits)
    assert box.read(f"{place}/log/objects").split() == [str(out), number]


def test_64_bits_are_asked_for_as_ever(box):
    box.stub("make", "echo $*\n")
    assert "ARCH" not in box.run(f"{PREPARE}/kmake", "/out", "/tree", BITS="64").stdout


# --- overlay ------------------------------------------------------------------

def test_the_tree_is_laid_for_its_width(box):
    """What make's targets ask of scripts/overlay."""
    place = box.path / "tools/testing/pvboot/prepare"
    place.mkdir(parents=True)
    for name in ("target", "overlay", "common.sh"):
        shutil.copy(os.path.join(PREPARE, name), place)
    (box.path / "scripts").mkdir()
    (box.path / "scripts/overlay").write_text("#!/bin/sh\necho $*\n")
    (box.path / "scripts/overlay").chmod(0o755)
    (box.path / "build/base/linux").mkdir(parents=True)
    for directory in ("arch/x86", "include/linux", "include/xen", "drivers/xen", "kernel",
                      "Documentation/arch/x86"):
        (box.path / "build/base/linux" / directory).mkdir(parents=True)
    (box.path / "build/base/stamp").write_text("1\n")
    assert box.run(str(place / "overlay"), BITS="32").stdout == \
        f"sync --bits=32 {box.path}/build/bits-32/linux\n"
    words = DEFAULTS | {"TREE": "/tree"}
    assert box.run(str(place / "target"), "install", **words, BITS="32").stdout == \
        "install /tree --bits=32\n"
    assert box.run(str(place / "target"), "install", **words).stdout == "install /tree\n"


# --- initramfs ----------------------------------------------------------------

def initramfs(box):
    """prepare/initramfs with 32 bits among stubs: apt-get downloads, make makes something."""
    debian(box, {})
    (box.path / "apt/sources.list").write_text(ONE_LINE)
    box.stub("apt-get", f"""
echo "$*" >> {box.path}/apt.log
case " $* " in *" download "*) ;; *) exit 0 ;; esac
cp {box.path}/build/bits-32/busybox/apt/sources.list {box.path}/
mkdir -p root/DEBIAN root/bin
printf 'Package: busybox-static\\nVersion: 1\\nArchitecture: i386\\n%s' \\
    'Maintainer: nobody
Description: none
' > root/DEBIAN/control
echo busybox of i386 > root/bin/busybox
chmod 755 root/bin/busybox
dpkg-deb -b root busybox-static.deb
rm -r root
""")
    box.stub("make", f"echo $* >> {box.path}/make.log\n"
             f"mkdir -p {box.path}/build/bits-32/guest/pvboot/selftests\n"
             f"mkdir -p {box.path}/build/bits-32/guest/pvboot/selftests-mm\n"
             f"echo 32 > {box.path}/build/bits-32/guest/pvboot/guest_test_32\n")
    box.stub("strip", "")
    return box.run(f"{PREPARE}/initramfs", BITS="32")


def test_busybox_comes_for_i386_and_once(box):
    done = initramfs(box)
    assert done.returncode == 0, done.stderr
    assert box.read("sources.list").split() == [
        "deb", "[arch=i386", "signed-by=/usr/share/keyrings/some.gpg]",
        "http://mirror.invalid/debian", "bookworm", "main"]
    assert all("APT::Architecture=i386" in line for line in box.read("apt.log").splitlines())
    assert "WIDTHS=32" in box.read("make.log")
    with gzip.open(box.path / "build/bits-32/initramfs.gz") as packed:
        assert b"busybox of i386" in packed.read()
    asked = box.read("apt.log")
    again = box.run(f"{PREPARE}/initramfs", BITS="32")
    assert again.returncode == 0 and box.read("apt.log") == asked
    assert not (box.path / "build/bits-32/busybox/apt").exists()


def only_64():
    """{NAME: reason} of what a 32-bit kernel's initramfs has not got."""
    with open(os.path.join(GUEST, "only-64"), encoding="utf-8") as lines:
        return dict(line.split(None, 1) for line in lines if line[0] != "#")


def test_what_is_left_out_has_a_reason():
    """Each of the tree's selftests that it builds for 64 bits alone."""
    left_out = only_64()
    assert all(reason.strip() for reason in left_out.values())
    name = os.path.join(releases.BASE_BUILD, "base/linux/tools/testing/selftests/x86/Makefile")
    with open(name, encoding="utf-8") as makefile:
        text = makefile.read().replace("\\\n", " ")
    wide = re.search(r"^TARGETS_C_64BIT_ONLY := (.*)$", text, re.M)[1].split()
    assert sorted(wide) == sorted(left_out.keys() - {"stress-ng"})


def programs(box, widths):
    """[(width, name)] of what boot/guest/Makefile links, and what it asks of the selftests'."""
    objects = box.path / "guest.obj"
    objects.mkdir()
    said = subprocess.run(["make", "-n", "-C", GUEST, f"OUT={box.path}/guest", "MAKE=echo",
                           f"WIDTHS={widths}", f"KSRC={releases.BASE_BUILD}/base/linux"],
                          text=True, capture_output=True, check=True).stdout
    assert {f"-m{width}" for width in widths.split()} == set(re.findall(r" (-m\d\d) ", said))
    return (sorted(re.findall(r"gcc -m(\d+) .* -o \S+/guest/pvboot/([^/\s]+) ", said)),
            (objects / "selftests.log").read_text())


def test_programs_are_all_of_one_width(box):
    linked, selftests = programs(box, "32")
    assert linked == [("32", name) for name in (
        "bomb", "channels", "cpu_cycles", "fpu_hotplug", "fuzz_frames_32", "guest_test_32",
        "holds", "irq_names", "refusals", "rings")]
    assert selftests.endswith(" all_32\n") and "all_64" not in selftests


def test_programs_are_of_both_widths_otherwise(box):
    linked, selftests = programs(box, "64 32")
    assert linked == [
        ("32", "fuzz_frames_32"), ("32", "guest_test_32"), ("64", "bomb"), ("64", "channels"),
        ("64", "cpu_cycles"), ("64", "fpu_hotplug"), ("64", "fuzz_frames_64"),
        ("64", "guest_test_64"), ("64", "holds"), ("64", "irq_names"),
        ("64", "refusals"), ("64", "rings")]
    assert selftests.endswith(" all_64 all_32\n")

# SPDX-License-Identifier: GPL-2.0
"""The preparation scripts, with stubs in the place of apt, dpkg and make."""

import os
import re
import shutil
import subprocess

import pytest

import releases

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../../.."))
PREPARE = os.path.join(HERE, "../prepare")
DEFAULTS = {"VCPUS": "2", "MEM": "1024", "CMDLINE": "", "XENCMDLINE": "", "KERNEL": "",
            "INITRD": "", "XEN": "", "TIMEOUT": "", "TREE": "", "DRY_RUN": "", "FORCE": "",
            "LAYERS": "", "MAXVCPUS": "", "DOM0_KERNEL": "",
            "RELEASE": "trixie", "TARGETS": "",
            "FORMAT": "am", "OUT": "", "CONFIG": "", "ROWS": "",
            "RUNS": "3", "WHAT": "", "QUICK": "", "XEN_VERSION": "",
            "XEN_SOURCE": "", "PEER": ""}

DEB822 = """Types: deb deb-src
URIs: http://other.invalid/security
Suites: bookworm-security
Components: main

# a comment
Types: deb
URIs: http://mirror.invalid/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/some.gpg
"""
ONE_LINE = """# deb http://no.invalid/debian bookworm main
deb-src http://source.invalid/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/some.gpg] http://mirror.invalid/debian bookworm main
deb http://other.invalid/security bookworm-security main
"""


@pytest.fixture(name="box")
def fixture_box(tmp_path):
    """A place with stubs first in PATH, and a build directory of its own."""
    (tmp_path / "bin").mkdir()
    return Box(tmp_path)


class Box:
    """Runs scripts among stubs."""

    def __init__(self, path):
        self.path = path
        self.environment = {"PATH": f"{path}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                            "PVBOOT_BUILD": str(path / "build")}

    def stub(self, name, script):
        """A program of this name, a shell script."""
        program = self.path / "bin" / name
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    def run(self, *command, **environment):
        """The finished process."""
        return subprocess.run(command, env=self.environment | environment, text=True,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL)

    def read(self, name):
        """A file's text, empty where it is not there."""
        path = self.path / name
        return path.read_text() if path.exists() else ""


# --- options -----------------------------------------------------------------

@pytest.mark.parametrize("target, name, value", [
    ("boot", "VCPUS", "0"), ("boot", "VCPUS", "65"), ("boot", "VCPUS", "two"),
    ("boot", "VCPUS", ""), ("boot", "VCPUS", "-1"), ("boot", "VCPUS", "1 2"),
    ("boot", "VCPUS", "99999999999999999999"),
    ("boot", "MEM", "64"), ("boot", "MEM", "1G"),
    ("boot", "TIMEOUT", "0"), ("boot", "TIMEOUT", "1.5"),
    ("boot", "CMDLINE", "a\nb"), ("boot", "CMDLINE", "x" * 2000),
    ("boot", "XENCMDLINE", "a\tb"),
    ("boot", "KERNEL", "/no/such/file"), ("boot", "KERNEL", "/"),
    ("boot", "KERNEL", "/etc/passwd"), ("boot", "INITRD", "/etc/passwd"),
    ("boot", "XEN", "/etc/passwd"),
    ("check-release", "RELEASE", "sid"), ("check-release", "RELEASE", ""),
    ("check-release", "TARGETS", "domu nothing"), ("check-release", "TARGETS", "*"),
    ("boot", "XEN_VERSION", "4.18"), ("check", "XEN_VERSION", "newest"),
    ("boot", "BASE", "6.13"), ("check", "BASE", "7"), ("boot", "BASE_TAR", "/no/such/file"),
    ("series", "BASE_TAR", "/"),
    ("check", "XEN_SOURCE", "/etc"), ("bench", "XEN_SOURCE", "/no/such/tree"),
    ("domu", "VCPUS", "33"), ("domu", "MAXVCPUS", "1"), ("domu", "MAXVCPUS", "many"),
    ("domu", "MEM", "8"), ("domu", "DOM0_KERNEL", "/etc/passwd"),
    ("domu", "KERNEL", "/no/such/file"), ("domu", "TIMEOUT", "0"),
    ("check", "LAYERS", "boot nothing"), ("check", "LAYERS", "-v"),
    ("bench", "RUNS", "0"), ("bench", "RUNS", "100"), ("bench", "RUNS", "all"),
    ("bench", "WHAT", "hypercalls nothing"), ("bench", "WHAT", "-"),
    ("profile", "WHAT", ""), ("profile", "WHAT", "hotplug"), ("profile", "WHAT", "fork exec"),
    ("profile", "WHAT", "-"), ("profile", "PEER", "yes"),
    ("install", "TREE", ""), ("install", "TREE", "/no/such/directory"),
    ("uninstall", "TREE", "/etc/passwd"),
    ("install", "FORCE", "yes"), ("install", "DRY_RUN", "2"),
    ("series", "FORMAT", "tar"), ("series", "FORMAT", ""), ("series", "OUT", "/no/such/place"),
    ("series", "OUT", "/etc/passwd"), ("series", "OUT", "a\nb"),
    ("deb", "CONFIG", "/no/such/file"), ("deb", "CONFIG", "/"), ("rpm", "CONFIG", "/etc/passwd"),
    ("distro-check", "ROWS", "amd64 nothing"), ("distro-check", "ROWS", "-"),
    ("fixes-check", "ROWS", "0001 0000"), ("fixes-check", "ROWS", "*"),
    ("series-check", "QUICK", "yes"), ("fixes-check", "QUICK", "yes"),
    ("fixes", "OUT", "/no/such/place"), ("fixes", "OUT", "/etc/passwd"),
    ("image", "CMDLINE", "a='b'"), ("image", "XENCMDLINE", "a|b"), ("image", "CMDLINE", "$(id)"),
    ("image", "KERNEL", "/etc/passwd"), ("image", "XEN", "/no/such/file"),
])
def test_a_bad_value_is_named_in_one_line(box, target, name, value):
    environment = DEFAULTS | {"TREE": "/"} | {name: value}
    done = box.run(f"{PREPARE}/options", target, **environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(name)


def test_good_values_are_not_refused(box):
    environment = DEFAULTS | {"CMDLINE": "a=b,c d='e'", "TIMEOUT": "5", "XEN": "/bin/busybox"}
    assert box.run(f"{PREPARE}/options", "boot", **environment).returncode == 0


def test_a_domu_may_be_small_and_grow(box):
    environment = DEFAULTS | {"MEM": "64", "VCPUS": "2", "MAXVCPUS": "4"}
    assert box.run(f"{PREPARE}/options", "domu", **environment).returncode == 0
    assert box.run(f"{PREPARE}/options", "boot", **environment).returncode == 2


def test_good_values_of_bench_are_not_refused(box):
    environment = DEFAULTS | {"RUNS": "9", "WHAT": "hypercalls hotplug"}
    assert box.run(f"{PREPARE}/options", "bench", **environment).returncode == 0


def test_one_of_the_random_rows_may_be_named(box):
    environment = DEFAULTS | {"ROWS": "random-20 amd64 random"}
    assert box.run(f"{PREPARE}/options", "distro-check", **environment).returncode == 0
    done = box.run(f"{PREPARE}/options", "distro-check", **DEFAULTS | {"ROWS": "random-21"})
    assert (done.returncode, done.stderr[:32]) == (2, "ROWS: there is no row random-21,")


def test_good_values_of_profile_are_not_refused(box):
    environment = DEFAULTS | {"WHAT": "switch-same", "PEER": "1"}
    assert box.run(f"{PREPARE}/options", "profile", **environment).returncode == 0


def test_make_starts_nothing_with_a_bad_value(box):
    done = box.run("make", "-s", "-C", ROOT, "boot", "VCPUS=none")
    assert done.returncode == 2
    assert "step" not in done.stdout
    assert done.stderr.startswith("VCPUS=none")


def test_help_lists_every_target_and_variable(box):
    words = box.run("make", "-s", "-C", ROOT, "help").stdout
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as makefile:
        text = makefile.read()
    phony = re.search(r"\.PHONY:((?:.*\\\n)*.*)", text)[1].replace("\\\n", " ").split()
    for target in phony:
        assert re.search(rf"^  {target} +\S", words, re.M), target
    for name in DEFAULTS:
        assert re.search(rf"^  {name} +\S", words, re.M), name


# --- packages ----------------------------------------------------------------

def system(box, identity="debian", codename="bookworm", name="Some System 1"):
    """The os-release that the scripts find."""
    (box.path / "os-release").write_text(
        f'PRETTY_NAME="{name}"\nID={identity}\nVERSION_CODENAME={codename}\n')
    box.environment["PVBOOT_OS_RELEASE"] = str(box.path / "os-release")


def debian(box, installed, uid=0, codename="bookworm"):
    """Stubs: dpkg knows what is installed, apt-get installs what it is told."""
    system(box, codename=codename)
    box.environment["PVBOOT_APT_DIR"] = str(box.path / "apt")
    (box.path / "apt/sources.list.d").mkdir(parents=True)
    (box.path / "installed").write_text("".join(f"{name} {version}\n"
                                                for name, version in installed.items()))
    box.stub("id", f"echo {uid}\n")
    box.stub("dpkg-query", f"""
for name; do
    awk -v n="$name" '$1 == n {{ print "installed", $1, $2 }}' {box.path}/installed
done
""")
    box.stub("apt-get", f"""
echo "$*" >> {box.path}/apt.log
case " $* " in
*" indextargets "*) echo {codename}; exit 0 ;;
*" install "*) ;;
*) exit 0 ;;
esac
new=${{NEW_VERSION:-1:10.0.2}}
for name; do
    case $name in -*|*=*|install|bookworm-backports) ;; *)
        echo "$name $new" >> {box.path}/installed ;;
    esac
done
""")


def wanted(group, release="bookworm"):
    """The packages of a group, as they are called in a release."""
    with open(os.path.join(PREPARE, "packages"), encoding="utf-8") as lines:
        rows = [line.split() for line in lines if line.strip() and line[0] != "#"]
    groups = {"boot", "page", group} | ({"image"} if group == "distro" else set())
    names = [row[1] for row in rows if row[0] in groups]
    table = releases.load()[release]
    return [table[name[1:]] if name[0] == "@" else name for name in names]


def deps(box, group="boot", **environment):
    """deps on its own."""
    return box.run(f"{PREPARE}/deps", group, **environment)


def test_nothing_is_installed_twice(box):
    debian(box, {name: "1:99" for name in wanted("check")})
    assert deps(box, "check").returncode == 0
    assert "install" not in box.read("apt.log")
    assert "nothing to install" in box.read("build/log/deps.summary")


@pytest.mark.parametrize("name, text", [
    ("sources.list.d/debian.sources", DEB822), ("sources.list", ONE_LINE)])
def test_backports_come_from_the_machines_own_mirror(box, name, text):
    debian(box, {})
    (box.path / "apt" / name).write_text(text)
    assert deps(box).returncode == 0
    source = box.read("apt/sources.list.d/pvboot-backports.sources")
    assert "URIs: http://mirror.invalid/debian\n" in source
    assert "Suites: bookworm-backports\n" in source
    assert "Signed-By: /usr/share/keyrings/some.gpg\n" in source
    installs = [line for line in box.read("apt.log").splitlines() if " install " in line]
    assert any("-t bookworm-backports qemu-system-x86" in line for line in installs)
    assert any("ccache" in line and "backports" not in line for line in installs)
    assert deps(box).returncode == 0
    assert box.read("apt.log").count(" install ") == len(installs)


def test_no_mirror_is_told(box):
    debian(box, {})
    done = deps(box)
    assert done.returncode == 1
    assert re.fullmatch(r"BUILD: no apt source has the suite bookworm.*\n", done.stderr)


def test_an_old_qemu_is_replaced(box):
    debian(box, {name: "1:99" for name in wanted("boot")} | {"qemu-system-x86": "1:7.2"})
    (box.path / "apt/sources.list").write_text(ONE_LINE)
    deps(box)
    assert "qemu-system-x86" in box.read("apt.log")


def test_an_old_qemu_is_refused_with_the_reason(box):
    debian(box, {name: "1:99" for name in wanted("boot")} | {"qemu-system-x86": "1:7.2"})
    (box.path / "apt/sources.list").write_text(ONE_LINE)
    box.stub("apt-get", "case \" $* \" in *indextargets*) echo bookworm;; esac\n")
    done = deps(box)
    assert done.returncode == 1
    assert re.fullmatch(r"BUILD: qemu-system-x86 1:7\.2 is older than 1:9\.1: .*SMAP.*\n",
                        done.stderr)


def test_who_is_not_root_is_told_what_to_install(box):
    have = {name: "1:99" for name in wanted("boot") if name not in ("bison", "ccache")}
    debian(box, have, uid=1000)
    done = deps(box)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "bison ccache" in done.stderr
    assert "install" not in box.read("apt.log")


def without_pictures(box, uid):
    """All is there but what pictures are drawn with."""
    debian(box, {name: "1:99" for name in wanted("boot") if name != "python3-matplotlib"}, uid)


def test_pictures_are_no_reason_to_fail(box):
    without_pictures(box, 1000)
    assert deps(box).returncode == 0
    assert re.search("nothing to install; no pictures in pages, for want of python3-matplotlib$",
                     box.read("build/log/deps.summary").strip())
    assert "install" not in box.read("apt.log")


def test_what_draws_pictures_is_installed(box):
    without_pictures(box, 0)
    assert deps(box).returncode == 0
    assert "--no-install-recommends python3-matplotlib" in box.read("apt.log")
    assert "pictures" not in box.read("build/log/deps.summary")


def test_what_draws_pictures_is_not_tried_for_ever(box):
    without_pictures(box, 0)
    box.stub("apt-get", f"echo $* >> {box.path}/apt.log; exit 100\n")
    for _ in range(2):
        assert deps(box).returncode == 0
        assert "for want of python3-matplotlib" in box.read("build/log/deps.summary")
    assert box.read("apt.log").count(" install ") == 1


def test_a_newer_release_needs_nothing_of_an_older_one(box):
    debian(box, {}, codename="trixie")
    done = deps(box, "distro")
    assert done.returncode == 0, done.stderr
    log = box.read("apt.log")
    assert "libclang-rt-19-dev" in log and "qemu-system-x86" in log
    assert "bookworm" not in log and "clang-rt-14" not in log
    assert not list((box.path / "apt/sources.list.d").iterdir())


def test_an_unknown_release_goes_on_where_the_packages_are(box):
    debian(box, {name: "1:99" for name in wanted("boot", "trixie")})
    system(box, "ubuntu", "noble", "Ubuntu 24.04")
    done = deps(box)
    assert done.returncode == 0, done.stderr
    assert re.search(r"nothing to install; Ubuntu 24.04 is not in prepare/releases: "
                     r"looked for the packages of Debian 13$",
                     box.read("build/log/deps.summary").strip())


def test_an_unknown_release_is_told_in_one_line_what_was_looked_for(box):
    debian(box, {})
    system(box, "ubuntu", "noble", "Ubuntu 24.04")
    box.stub("apt-get", "case \" $* \" in *' install '*) exit 100 ;; esac\n")
    done = deps(box)
    assert done.returncode == 1
    assert re.fullmatch(r"BUILD: apt-get install failed; Ubuntu 24.04 is not in .* Debian 13\n",
                        done.stderr)


# --- doctor and forecast -----------------------------------------------------

def machine(box, installed=None, free=99999, memory=8192, qemu="10.0.2"):
    """Stubs of a machine that has all, but for what is told."""
    debian(box, {name: "1:99" for name in wanted("check")} if installed is None else installed)
    (box.path / "apt/sources.list").write_text(ONE_LINE)
    (box.path / "meminfo").write_text(f"MemAvailable: {memory * 1024} kB\n")
    box.environment["PVBOOT_MEMINFO"] = str(box.path / "meminfo")
    box.stub("df", f"echo head; echo /dev/x 1 1 {free} 1% /\n")
    box.stub("nproc", "echo 2\n")
    box.stub("qemu-system-x86_64", f"echo QEMU emulator version {qemu}\n")


def made(box):
    """What a boot needs, as if it had been built."""
    for name in ("base/stamp", "kernel/arch/x86/boot/bzImage", "initramfs.gz"):
        path = box.path / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_good_machine_is_healthy(box):
    machine(box)
    done = box.run(f"{PREPARE}/doctor")
    assert done.returncode == 0, done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("!")]
    assert "Debian 12 (bookworm), Xen 4.17" in done.stdout
    assert re.search(r"will take about 1[0-3] minutes on 2 CPUs$", done.stdout, re.M)
    assert "install" not in box.read("apt.log")


@pytest.mark.parametrize("what, text", [
    ({"free": 100}, "! disk      100 MiB free, 2400 more needed"),
    ({"memory": 900}, "! memory    900 MiB available"),
    ({"qemu": "7.2.1"}, "! QEMU      7.2.1 is older than 9.1")])
def test_what_is_wrong_is_named_with_its_mend(box, what, text):
    machine(box, **what)
    done = box.run(f"{PREPARE}/doctor")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    wrong = [number for number, line in enumerate(lines) if line.startswith("!")]
    assert len(wrong) == 1 and lines[wrong[0]].startswith(text)
    assert re.match(r" {12,}  \S", lines[wrong[0] + 1])


def test_who_is_not_root_is_told_of_missing_packages(box):
    machine(box, {})
    box.stub("id", "echo 1000\n")
    done = box.run(f"{PREPARE}/doctor")
    assert done.returncode == 1
    assert re.search(r"^! packages +21 that make boot needs are missing: .*\n +as root: make deps$",
                     done.stdout, re.M)


def test_a_first_boot_says_what_it_takes(box):
    machine(box, {})
    done = box.run(f"{PREPARE}/forecast")
    assert done.returncode == 0
    assert re.fullmatch(r"this takes about 1[0-4] minutes on 2 CPUs, 4250 MiB of disk, "
                        r"21 packages to be installed\n", done.stdout)


def test_a_second_boot_says_nothing(box):
    machine(box)
    made(box)
    done = box.run(f"{PREPARE}/forecast")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_is_told_before_anything_is_made(box):
    machine(box, free=100)
    done = box.run(f"{PREPARE}/forecast")
    assert done.returncode == 1
    assert done.stderr == "BUILD: 100 MiB are free where build/ is, not 2400: make doctor\n"


# --- Xen ---------------------------------------------------------------------

def xen(box, codename, version):
    """prepare/xen among stubs: apt-get downloads any package that it is asked for."""
    debian(box, {}, codename=codename)
    (box.path / "apt/sources.list").write_text(ONE_LINE.replace("bookworm", codename))
    box.stub("apt-get", f"""
echo "$*" >> {box.path}/apt.log
case " $* " in *" download "*) ;; *) exit 0 ;; esac
for name; do :; done
mkdir -p root/DEBIAN root/boot
printf 'Package: %s\\nVersion: 1\\nArchitecture: all\\nMaintainer: nobody\\n%s' "$name" \
    "Description: none
" > root/DEBIAN/control
echo "$name" | gzip > root/boot/xen-1.gz
dpkg-deb -b root $name.deb
""")
    return box.run(f"{PREPARE}/xen", XEN_VERSION=version)


@pytest.mark.parametrize("codename, version, package, place", [
    ("bookworm", "", "4.17", "xen"), ("bookworm", "4.17", "4.17", "xen"),
    ("trixie", "", "4.20", "xen"), ("trixie", "4.20", "4.20", "xen")])
def test_the_releases_own_xen_comes_by_the_machines_apt(box, codename, version, package, place):
    done = xen(box, codename, version)
    assert done.returncode == 0, done.stderr
    assert box.read(f"build/{place}/xen.elf") == f"xen-hypervisor-{package}-amd64\n"
    assert "SourceList" not in box.read("apt.log")


@pytest.mark.parametrize("codename, version, of", [
    ("bookworm", "4.20", "trixie"), ("trixie", "4.17", "bookworm")])
def test_another_xen_comes_from_the_archive(box, codename, version, of):
    box.stub("rm", f"cp {box.path}/build/*/deb/apt/sources.list {box.path}/ 2>&-\n/bin/rm $*\n")
    done = xen(box, codename, version)
    assert done.returncode == 0, done.stderr
    assert box.read(f"build/xen-{version}/xen.elf") == f"xen-hypervisor-{version}-amd64\n"
    assert box.read("sources.list").split() == [
        "deb", "[signed-by=/usr/share/keyrings/some.gpg]", "http://mirror.invalid/debian",
        of, "main"]
    assert not (box.path / f"build/xen-{version}/deb/apt").exists()
    # of what is installed and newer it would look for the installed version
    asked = re.findall(r"Dir::State::status=(\S+)", box.read("apt.log"))
    assert asked == [str(box.path / f"build/xen-{version}/deb/apt/status")] * 2


# --- the debug Xen -----------------------------------------------------------

XEN_MAKEFILE = """export XEN_VERSION       = 4
export XEN_SUBVERSION    = 20
export XEN_EXTRAVERSION ?= .9$(XEN_VENDORVERSION)
distclean: ; @rm -f xen
defconfig olddefconfig: ; @touch .config
build: ; @echo image > xen
"""


def xen_source(box, text=XEN_MAKEFILE):
    """A tree of Xen's source that "builds", and what prepare/xen-debug makes of it."""
    debian(box, {}, codename="trixie")
    box.stub("patch", "")
    tree = box.path / "xen source"
    (tree / "xen").mkdir(parents=True)
    (tree / "xen/Makefile").write_text(text)
    return box.run(f"{PREPARE}/xen-debug", XEN_SOURCE=str(tree))


def test_a_debug_xen_is_built_of_a_tree_of_ones_own(box):
    done = xen_source(box)
    assert done.returncode == 0, done.stderr
    assert box.read("build/xen-debug/version") == "4.20.9\n"
    assert box.read("build/xen-debug/xen.elf") == "image\n"
    assert os.listdir(box.path / "xen source/xen") == ["Makefile"]


@pytest.mark.parametrize("text, why", [
    (XEN_MAKEFILE.replace("20", "19"), "Xen 4.19.9, and not 4.20"),
    ("all:\n", "Xen of no version, and not 4.20")])
def test_a_tree_of_another_xen_is_refused(box, text, why):
    done = xen_source(box, text)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(why)
    assert not (box.path / "build/xen-debug/xen.elf").exists()


# --- steps -------------------------------------------------------------------

@pytest.fixture(name="steps")
def fixture_steps(box):
    """steps beside steps of our own."""
    place = box.path / "tools/testing/pvboot/prepare"
    place.mkdir(parents=True)
    for name in ("steps", "common.sh"):
        shutil.copy(os.path.join(PREPARE, name), place)
    scripts = {"good": "summary all is well", "bad": "echo 'x.c:1: error: no'; fail it is bad",
               "dead": "exit 3", "second": f"touch {box.path}/second"}
    for name, script in scripts.items():
        (place / name).write_text(f'#!/bin/sh\n. "$(dirname "$0")/common.sh"\n{script}\n')
        (place / name).chmod(0o755)
    return lambda *names, **environment: box.run(str(place / "steps"), "4", *names,
                                                 **environment)


def test_a_step_tells_what_it_did(steps):
    done = steps("good")
    assert done.returncode == 0
    assert re.fullmatch(r"step 1 of 4: good \.\.\. all is well \(0:0\d\)\n", done.stdout)


def test_a_failed_step_is_the_last(steps, box):
    done = steps("good", "bad", "second")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "BUILD: it is bad; see build/log/bad.log"
    assert "x.c:1: error: no" in done.stderr
    assert not (box.path / "second").exists()


def test_a_step_that_dies_is_a_failure(steps):
    done = steps("dead")
    assert done.returncode == 1
    assert done.stderr.startswith("BUILD: dead: failed with status 3")


@pytest.mark.parametrize("words, told", [
    ("7", "3 of about 7 objects  CC last.o"), ("2", "3 of about 3 objects  CC last.o"),
    ("", "1 objects  CC last.o")])
def test_a_step_that_compiles_tells_how_far_it_is(steps, box, words, told):
    out = box.path / "out"
    out.mkdir()
    (out / "a.o").touch()
    (out / "b.o").touch()
    (box.path / "tools/testing/pvboot/prepare/second").write_text(
        f'#!/bin/sh\n. "$(dirname "$0")/common.sh"\nobjects {out} {words}\n'
        f"sleep 0.1\ntouch {out}/c.o\necho CC last.o\nsleep 2\n")
    done = steps("second", PVBOOT_EVERY="1")
    assert re.search(rf"^step 1 of 4: second \.\.\. 0:0\d  {told}$", done.stdout, re.M)


# --- kernel ------------------------------------------------------------------

def kernel(box, fragment, config):
    """prepare/kernel among stubs: Kconfig makes of any fragment this configuration."""
    tree = box.path / "build/linux/arch/x86"
    (tree / "configs").mkdir(parents=True)
    (tree / "xen").mkdir()
    (tree / "configs/pvboot.config").write_text(fragment)
    (box.path / "build/base").mkdir()
    (box.path / "build/base/stamp").write_text("1\n")
    box.stub("make", f"echo $* >> {box.path}/make.log; mkdir -p {box.path}/build/kernel; "
             f"echo {config} > {box.path}/build/kernel/.config\n")
    return box.run(f"{PREPARE}/kernel")


def test_what_the_fragment_does_not_name_stays_off(box):
    kernel(box, "CONFIG_XEN=y\n", "CONFIG_XEN=y")
    asked = [line for line in box.read("make.log").splitlines() if "allnoconfig" in line]
    assert len(asked) == 1
    place = f"{box.path}/build/linux/arch/x86/configs/pvboot.config"
    assert asked[0].endswith(f" KCONFIG_ALLCONFIG={place} allnoconfig")
    assert "olddefconfig" not in box.read("make.log")


def test_an_option_that_kconfig_drops_is_a_failure(box):
    done = kernel(box, "CONFIG_XEN=y\nCONFIG_XEN_PV=y\n", "CONFIG_XEN=y")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("Kconfig did not take CONFIG_XEN_PV")


# --- peer --------------------------------------------------------------------

def peer(box, more=""):
    """prepare/peer among stubs: upstream has no XEN_PVH, and Kconfig takes all."""
    base = box.path / "build/base/linux/arch/x86"
    (base / "xen").mkdir(parents=True)
    (base / "configs").mkdir()
    symbols = re.findall(r"^config (\w+)$", read_kconfig(), re.M)
    (base / "xen/Kconfig").write_text("".join(f"config {name}\n" for name in symbols
                                              if name != "XEN_PVH"))
    (box.path / "build/base/stamp").write_text("1\n")
    (box.path / "build/kernel").mkdir()
    with open(os.path.join(ROOT, "arch/x86/configs/pvboot.config"), encoding="utf-8") as lines:
        ours = lines.read() + more
    (box.path / "build/kernel/.config").write_text(ours)
    out = box.path / "build/peer/kernel"
    box.stub("make", f"""
mkdir -p {out}/arch/x86/boot {out}/arch/x86/xen {out}/include/config
cp {box.path}/build/peer/linux/arch/x86/configs/pvboot.config {out}/.config
touch {out}/arch/x86/boot/bzImage {out}/arch/x86/xen/enlighten_pv.o
echo 6.12.0 > {out}/include/config/kernel.release
""")
    return box.run(f"{PREPARE}/peer")


def read_kconfig():
    """Our options for Xen."""
    with open(os.path.join(ROOT, "arch/x86/xen/Kconfig"), encoding="utf-8") as file:
        return file.read()


def test_what_only_we_can_configure_is_left_out_of_the_peer(box):
    done = peer(box)
    assert done.returncode == 0, done.stderr
    assert "CONFIG_XEN_PVH=y" not in box.read("build/peer/linux/arch/x86/configs/pvboot.config")
    assert "CONFIG_XEN_PV=y" in box.read("build/peer/kernel/.config")
    assert "upstream" in box.read("build/log/peer.summary")


def test_a_peer_that_is_configured_otherwise_is_refused(box):
    done = peer(box, "CONFIG_KASAN=y\n")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("configured otherwise: CONFIG_KASAN=y")


# --- package -----------------------------------------------------------------

def package(box, kind="deb", then="", config="CONFIG_XEN_PV=y", **environment):
    """prepare/package among stubs: make writes packages, and ends as told."""
    build = box.path / "build"
    (build / "base").mkdir(parents=True, exist_ok=True)
    (build / "base/version").write_text("6.12.9\n")
    out = build / "kernel-package"
    box.stub("make", f"""
case "$*" in
*bindeb-pkg*) touch {build}/linux-image-6.12.9_1_amd64.deb {build}/linux-upstream_1.changes ;;
*binrpm-pkg*) mkdir -p {out}/rpmbuild/RPMS/x86_64
    touch {out}/rpmbuild/RPMS/x86_64/kernel.rpm ;;
*) mkdir -p {out}/include/config; echo {config} > {out}/.config
    echo 6.12.9 > {out}/include/config/kernel.release; exit 0 ;;
esac
echo "$*" > {box.path}/made
{then}
""")
    return box.run(f"{PREPARE}/package", kind, **environment)


@pytest.mark.parametrize("kind, name", [
    ("deb", "linux-image-6.12.9_1_amd64.deb"), ("rpm", "kernel.rpm")])
def test_packages_are_put_together(box, kind, name):
    done = package(box, kind)
    assert done.returncode == 0, done.stderr
    assert (box.path / "build/packages" / kind / name).exists()
    assert not list((box.path / "build").glob("linux-*"))
    assert re.search(r"LOCALVERSION=-pvboot-[a-z0-9][a-z0-9.+-]* ", box.read("made"))
    assert "1 packages of 6.12.9" in box.read("build/log/package.summary")


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_packages_come_all_or_none(box, kind):
    package(box, kind)
    place = box.path / "build/packages" / kind
    before = sorted(place.iterdir())
    done = package(box, kind, "exit 2")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"bin{kind}-pkg fails")
    assert sorted(place.iterdir()) == before
    assert sorted((box.path / "build/packages").iterdir()) == [place]
    assert not list((box.path / "build").glob("linux-*"))


def test_a_package_without_pv_is_refused(box):
    config = box.path / "theirs"
    config.write_text("CONFIG_XEN=y\n")
    done = package(box, config="CONFIG_XEN=y", CONFIG=str(config))
    assert done.returncode == 1
    assert "without CONFIG_XEN_PV" in done.stderr.splitlines()[-1]
    assert not (box.path / "made").exists()


# --- image -------------------------------------------------------------------

BOOTS_BY = """El Torito boot img :   1  BIOS  y   none
El Torito boot img :   2  UEFI  y   none
"""


@pytest.fixture(name="iso_box")
def fixture_iso_box(box):
    """What is built already, and stubs of GRUB's tools."""
    build = box.path / "build"
    for name in ("kernel/arch/x86/boot/bzImage", "initramfs.gz", "bench/guest/init",
                 "xen/xen.elf", "xen/version", "base/version"):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text(name)
    for platform in ("i386-pc", "x86_64-efi"):
        (box.path / "grub" / platform).mkdir(parents=True)
    box.environment["PVBOOT_GRUB"] = str(box.path / "grub")
    system(box)
    # grub-mkrescue -o FILE OPTIONS DIRECTORY
    box.stub("grub-mkrescue", 'cat "$6/boot/grub/grub.cfg" > "$2"\n')
    box.stub("xorriso", f"echo '{BOOTS_BY}'\n")
    box.stub("mformat", "")
    return box


def iso_leftovers(box):
    """All that looks like an image, or a part of one."""
    return sorted(path.name for path in (box.path / "build").iterdir()
                  if path.name.startswith(("image", "pvboot")))


def test_an_image_is_put_together(iso_box):
    done = iso_box.run(f"{PREPARE}/image", CMDLINE="a=b", XENCMDLINE="c=d,e")
    assert done.returncode == 0, done.stderr
    menu = iso_box.read("build/pvboot.iso")
    assert re.search(r"multiboot2 /boot/xen .* c=d,e$", menu, re.M)
    assert re.search(r"module2 /boot/linux .* a=b$", menu, re.M)
    assert "@" not in menu.replace("@LINUX_WORDS@ and @XEN_WORDS@", "").split("set default", 1)[1]
    assert iso_leftovers(iso_box) == ["image", "pvboot.iso"]
    assert (iso_box.path / "build/image/boot/linux").read_text() == "kernel/arch/x86/boot/bzImage"


@pytest.mark.parametrize("name, package", [
    ("grub-mkrescue", "grub-common"), ("xorriso", "xorriso"), ("mformat", "mtools"),
    ("i386-pc", "grub-pc-bin"), ("x86_64-efi", "grub-efi-amd64-bin")])
def test_a_tool_of_the_image_that_is_missing_is_named(iso_box, name, package):
    few = iso_box.path / "few"
    few.mkdir()
    for tool in ("sh", "dirname", "basename", "mkdir", "awk", "sed", "tr", "head", "tail", "grep"):
        (few / tool).symlink_to(shutil.which(tool))
    for place in (iso_box.path / "bin" / name, iso_box.path / "grub" / name):
        if place.is_dir():
            place.rmdir()
        else:
            place.unlink(missing_ok=True)
    done = iso_box.run(f"{PREPARE}/image", PATH=f"{iso_box.path}/bin:{few}")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"BUILD: {name if '-' not in name or name[0] == 'g' else f'GRUB for {name}'}"
        f" is not there: install {package}, or make deps"]
    assert not iso_leftovers(iso_box)


@pytest.mark.parametrize("name, script", [
    ("grub-mkrescue", 'echo half > "$2"; exit 1\n'), ("xorriso", "echo BIOS\n")])
def test_images_come_whole_or_not_at_all(iso_box, name, script):
    assert iso_box.run(f"{PREPARE}/image").returncode == 0
    before = iso_box.read("build/pvboot.iso")
    iso_box.stub(name, script)
    done = iso_box.run(f"{PREPARE}/image", CMDLINE="other")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "BUILD: grub-mkrescue fails"
    assert iso_box.read("build/pvboot.iso") == before
    assert iso_leftovers(iso_box) == ["image", "pvboot.iso"]

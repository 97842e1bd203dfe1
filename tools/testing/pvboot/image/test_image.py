# SPDX-License-Identifier: GPL-2.0
"""build/pvboot.iso as a stick in a machine with disks: what it shows, and what it leaves."""

import hashlib
import os
import re
import shutil
import subprocess
import time

import pytest

import guest
import qemu
import screen
from classify import ERROR, PASS, Classifier
from progress import Progress
from run import Run

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(guest.BUILD, "check/image")
ISO = os.path.join(guest.BUILD, "pvboot.iso")
TREE = os.path.join(guest.BUILD, "image")
OVMF = "/usr/share/OVMF"

VCPUS = 2
# What dom0 has, see grub.cfg, and Xen
MEM = 1536

# Seconds.  Two host CPUs with twice as much to do as they can took 410 for all parts.
TIMEOUT = 900

# The first and the last line of what stays on the screen, see screen.sh
RULE = "--- pvboot: "

PARTS = ("report", "guest", "bench", "disks", "log")
MEASURES = ("syscall", "fault", "signal", "exec", "switch-same", "switch-other", "ipi")

MIB = 1024 * 1024
FIRST_SECTOR = 2048
DISK_MIB = 16


class Listener(Classifier):
    """Waits for the last screen, which comes after the verdict."""

    def __init__(self):
        super().__init__()
        self.last_screen = []

    def complete(self):
        """True once both of its rules are there."""
        return len(self.last_screen) > 1 and self.last_screen[-1].startswith(RULE)

    def feed(self, line):
        """One line of the log."""
        text = line.rstrip("\r\n")
        if self.complete():
            return
        if self.last_screen or text.startswith(RULE):
            self.last_screen.append(text)
            return
        super().feed(line)

    def over(self):
        """True once no further line can change the outcome."""
        return self.dead or self.complete()

    def outcome(self, gone, seconds, quiet):
        """(word, reason) when the log is at its end."""
        word, reason = super().outcome(gone, seconds, quiet)
        if word == PASS and not self.complete():
            return ERROR, "the last screen did not come"
        return word, reason


class Viewer(Run):
    """Looks at the screen, and counts what was written, when all has been said."""

    # Seconds until Xen has shown what it has put on the serial line, and until
    # a machine that were to end by itself would have done so
    PAUSE = 5

    shot = "screen.ppm"
    writes = None

    def heard(self, child):
        """A line has come."""
        if not self.classifier.complete() or self.writes is not None:
            return
        time.sleep(self.PAUSE)
        qemu.tell_monitor(self.directory, f"screendump {self.shot}")
        self.writes = qemu.writes(self.directory)

    def reads(self):
        """Why the last screen cannot be read on the picture; empty where it can."""
        try:
            with open(os.path.join(self.directory, self.shot), "rb") as file:
                picture = screen.Picture(file.read())
            rows = picture.cells(*screen.cell_size(picture, self.lines))
        except (OSError, screen.BadPicture) as error:
            return str(error)
        if screen.row_of(self.classifier.last_screen, rows) is None:
            return "the picture does not show the lines that the serial line has"
        return ""


def make_partitioned(path, files):
    """A disk with a table of partitions, and in the first an ext4 with these files."""
    where = f"{path}.files"
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for name, content in files.items():
        with open(os.path.join(where, name), "w", encoding="ascii") as file:
            file.write(content)
    sectors = DISK_MIB * MIB // 512 - FIRST_SECTOR
    entry = (bytes([0x80, 0, 0, 0, 0x83, 0, 0, 0]) + FIRST_SECTOR.to_bytes(4, "little")
             + sectors.to_bytes(4, "little"))
    with open(path, "wb") as disk:
        disk.write(bytes(446) + entry + bytes(48) + b"\x55\xaa")
        disk.truncate(DISK_MIB * MIB)
    subprocess.run(["/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", where,
                    "-E", f"offset={FIRST_SECTOR * 512}", path, f"{sectors // 2}k"], check=True)


def make_filled(path):
    """A disk whose every sector is another; it looks like one with a GPT."""
    with open(path, "wb") as disk:
        for sector in range(DISK_MIB * MIB // 512):
            head = b"EFI PART" if sector == 1 else b"sector %d" % sector
            disk.write(hashlib.sha512(head).digest().rjust(512, b"\xa5"))


def digest(path):
    """Of all that a file holds."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# A file that GRUB can write to: 1024 bytes
GRUBENV = "# GRUB Environment Block\n".ljust(1024, "#")


class Machine:
    """A machine with two disks that starts from a stick."""

    def __init__(self, name, iso, uefi=False):
        self.name = name
        self.uefi = uefi
        self.directory = os.path.join(OUT, name)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.disks = [os.path.join(self.directory, disk) for disk in ("disk0", "disk1")]
        make_partitioned(self.disks[0], {"grubenv": GRUBENV})
        make_filled(self.disks[1])
        self.before = [digest(disk) for disk in self.disks]
        qemu.link_files(self.directory, stick=iso)
        if uefi:
            qemu.link_files(self.directory,
                            **{qemu.FLASH_CODE: os.path.join(OVMF, "OVMF_CODE_4M.fd")})
            shutil.copy(os.path.join(OVMF, "OVMF_VARS_4M.fd"),
                        os.path.join(self.directory, qemu.FLASH_VARS))

    def run(self):
        """Until the last screen is there; (Viewer, word, reason)."""
        arguments = qemu.stick_arguments(VCPUS, MEM, "stick", ["disk0", "disk1"], self.uefi)
        run = Viewer(self.directory, arguments, TIMEOUT, Progress(f"  {self.name}:"), Listener())
        return (run, *run.execute())

    def changed(self):
        """The disks that are not as they were."""
        return [os.path.basename(disk) for disk, before in zip(self.disks, self.before)
                if digest(disk) != before]


def told(run, name):
    """The first word of a row of the last screen."""
    for line in run.classifier.last_screen:
        words = line.split()
        if words[:1] == [name]:
            return words[1]
    return "no row"


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_the_image(firmware, record):
    """All parts pass, somebody can read that, and the disks are as they were."""
    machine = Machine(firmware, ISO, firmware == "uefi")
    run, word, reason = machine.run()
    seen = run.classifier
    text = " ".join(seen.last_screen)
    record("log", not seen.complaints, "; ".join(seen.complaints[:3]))
    for part in PARTS:
        record(f"part.{part}", f"done {part} 0" in seen.said and told(run, part) == "passed",
               "it failed, or did not run")
    for measure in MEASURES:
        record(f"bench.{measure}", f" {measure} " in text, "no figure on the last screen")
    record("cpus", f" {VCPUS} CPUs online" in text, "dom0 has not got all of them")
    record("firmware", f"started by {'efi' if machine.uefi else 'pc'}" in text,
           "by another one than was given to the machine")
    record("passed", text.startswith(f"{RULE}PASSED "), "the last screen does not say so")
    record("screen", not run.reads(), run.reads())
    record("stays", run.writes is not None and run.writes.get("stick") == 0,
           "the machine was gone, or the stick has been written to")
    record("disks", not machine.changed(), f"changed: {machine.changed()}")
    record("no write", [(run.writes or {}).get(disk) for disk in ("disk0", "disk1")] == [0, 0],
           f"writes by drive: {run.writes}")
    assert word == PASS, f"{word}: {reason}; see {os.path.relpath(run.log, guest.ROOT)}"


def bad_image(name, *changes):
    """An image whose menu has been changed: (old, new) each."""
    tree = os.path.join(OUT, f"{name}.tree")
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(TREE, tree)
    path = os.path.join(tree, "boot/grub/grub.cfg")
    with open(path, encoding="utf-8") as file:
        menu = file.read()
    for old, new in changes:
        assert old in menu
        menu = menu.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(menu)
    iso = os.path.join(OUT, f"{name}.iso")
    subprocess.run([os.path.join(HERE, "make-iso"), tree, iso], check=True, capture_output=True)
    return iso


# Of the menu, but for the first: its place, the parts that are left out, which the
# first entry has run, and what the log has.  Where Xen leaves the screen alone Linux
# takes it, in text mode.
OTHER_ENTRIES = [
    (1, "guest,bench,", r"xen: callbacks registered by set_callbacks"),
    (2, "guest,bench,", r"done fpu_hotplug 0"),
    (3, "guest,bench,", r"\(XEN\) .*Command line: .* console=com1( |$)")]


@pytest.mark.parametrize("place, left_out, line", OTHER_ENTRIES)
def test_another_entry(place, left_out, line):
    """An entry that is chosen in the menu does what its line says."""
    iso = bad_image(f"entry-{place}", (left_out, ""), ("set default=0", f"set default={place}"),
                    ("set timeout=5", "set timeout=0"))
    machine = Machine(f"entry-{place}", iso)
    run, word, reason = machine.run()
    assert word == PASS, reason
    assert not run.classifier.complaints
    assert any(re.search(line, one) for one in run.lines)
    assert not machine.changed()
    assert not run.reads(), run.reads()


def test_what_writes_and_hides_is_seen():
    """A menu that GRUB stores its choice of on a disk, and a Xen that lets go of the screen."""
    iso = bad_image("bad", ("report,guest,bench,disks,log", "disks"), (",keep", ""),
                    ("set timeout=5", "set timeout=0\nsearch --set=there --file /grubenv\n"
                     "set chosen=0\nsave_env --file ($there)/grubenv chosen"))
    machine = Machine("bad", iso)
    run, word, reason = machine.run()
    assert word == PASS, reason
    assert machine.changed() == ["disk0"]
    assert run.writes["disk0"] > 0 and run.writes["disk1"] == 0
    assert "does not show" in run.reads()


def test_a_failure_can_be_read():
    """A part that fails: the last screen says so and stays; here in text mode."""
    iso = bad_image("failing", ("report,guest,bench,disks,log", "disks,nothing"),
                    ("gfx-1024x768x32", "text-80x25"), ("set timeout=5", "set timeout=0"))
    run, word, reason = Machine("failing", iso).run()
    assert word == ERROR and "there is no part nothing" in reason
    assert run.classifier.last_screen[0].startswith(f"{RULE}FAILED ")
    assert told(run, "nothing") == "FAILED"
    assert not run.reads()

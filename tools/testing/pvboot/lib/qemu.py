# SPDX-License-Identifier: GPL-2.0
"""Everything that is peculiar to QEMU, in one place and with its reason.

Checked with QEMU 10.0.2.
"""

import os
import re
import shutil
import socket
import subprocess

PROGRAM = "qemu-system-x86_64"

# QEMU 7.2 faults under SMAP when a PV kernel at user privilege executes IRET,
# so Linux dies before its first trap, and it doubles the error code of a
# software interrupt's #GP.  9.1 is the first release seen without either.
OLDEST = (9, 1)
OLDEST_WHY = ("older ones emulate PV wrongly: IRET at user privilege faults "
              "under SMAP, so Linux dies before its first trap")


# For Xen.  It would switch the FPU's registers lazily on a CPU of this model:
# mark them by CR0.TS, and change them at the #NM that comes of their first use.
# QEMU's XSAVE and XRSTOR do not look at TS, as the rows fpu.ts.* of the bare
# guest show.  So a kernel that a vCPU has been moved to another CPU under, or
# that shares one, would save or overwrite the registers of another vCPU, and
# programs die at random.
XEN_LINE = "spec-ctrl=eager-fpu"


# The monitor's socket, in the directory that the machine runs in
MONITOR = "monitor"

# Seconds that it may take to answer
PATIENCE = 10


class QemuError(Exception):
    """QEMU is absent or of no use; the text is one line for the user."""


def parse_version(text):
    """(10, 0, 2) from what --version prints, None where it is not there."""
    found = re.search(r"QEMU emulator version (\d+(?:\.\d+)*)", text)
    return tuple(map(int, found[1].split("."))) if found else None


def check_version():
    """The version in use; QemuError where it cannot serve."""
    if not shutil.which(PROGRAM):
        raise QemuError(f"{PROGRAM} is not there: make deps")
    said = subprocess.run([PROGRAM, "--version"], capture_output=True,
                          text=True, check=False).stdout
    version = parse_version(said)
    if not version:
        raise QemuError(f"{PROGRAM} does not tell its version")
    name = ".".join(map(str, version))
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise QemuError(f"QEMU {name} is older than {oldest}: {OLDEST_WHY}")
    return name


def escape_module(text):
    """Text for -initrd, whose commas part one multiboot module from the next.

    A doubled comma stands for itself.
    """
    return text.replace(",", ",,")


def machine(vcpus, memory, smp=None):
    """The arguments that every run shares; smp takes the place of vcpus."""
    return [
        PROGRAM,
        # /dev/kvm cannot run Xen here; one host thread a vCPU, so that
        # secondary CPUs run at the same time as they do on hardware.
        "-accel", "tcg,thread=multi",
        # All that TCG emulates: SMAP, FSGSBASE and PKU are worth testing.
        "-cpu", "max",
        # dom0 gets no more vCPUs than there are CPUs in ACPI's tables,
        # whatever dom0_max_vcpus says.
        "-smp", smp or str(vcpus),
        "-m", str(memory),
        # A reboot would start the same again: it ends the run instead.
        "-no-reboot",
        "-display", "none", "-nic", "none", "-monitor", "none",
        "-serial", "stdio",
    ]


def link_files(directory, **files):
    """Link files into the directory under plain names, and return nothing.

    The module list is parted at commas, and a module's file from its command
    line at a blank: the names given to QEMU have neither.
    """
    os.makedirs(directory, exist_ok=True)
    for name, path in files.items():
        link = os.path.join(directory, name)
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.path.abspath(path), link)


def xen_arguments(vcpus, mem, cmdline, xencmdline, smp=None):
    """Xen with Linux as dom0; link_files made xen, kernel and initramfs.

    Xen itself, its heap and the multiboot modules live beside dom0's memory:
    512 MiB are enough for them.
    """
    return machine(vcpus, mem + 512, smp) + [
        "-kernel", "xen",
        "-initrd", escape_module(f"kernel {cmdline}") + ",initramfs",
        "-append", xencmdline,
    ]


def native_arguments(vcpus, mem, cmdline, smp=None):
    """The same kernel without Xen, on the serial console."""
    return machine(vcpus, mem, smp) + [
        "-kernel", "kernel", "-initrd", "initramfs", "-append", cmdline,
    ]


def counting_instructions(arguments):
    """The same machine with a clock that counts instructions, all CPUs' together.

    A nanosecond of it is one instruction; while every CPU waits it jumps to
    what they wait for.  The same guest does the same again, however busy the
    host; only Xen's own boot differs, by how long it waits for the clock chip.
    """
    words = list(arguments)
    # The clock goes with one host thread only.  Without one instruction a
    # block QEMU 10.0.2 stops with "Bad icount read" where Xen reads its clock.
    words[words.index("-accel") + 1] = "tcg,thread=single,one-insn-per-tb=on"
    # The clock chip goes by the host all the same, and Xen waits for its next
    # second: by this clock that would be a thousand million instructions.
    return words + ["-icount", "shift=0,sleep=off"]


def with_monitor(arguments):
    """The same machine, whose monitor listens on a socket in its directory."""
    words = list(arguments)
    words[words.index("-monitor") + 1] = f"unix:{MONITOR},server=on,wait=off"
    return words


def with_cpu(arguments, model):
    """The same machine with another model of CPU."""
    words = list(arguments)
    words[words.index("-cpu") + 1] = model
    return words


def tell_monitor(directory, command):
    """Give the machine that runs in the directory a command; False where it is not taken.

    By way of the open directory, for a socket's name may not be long.
    """
    where = os.open(directory, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(PATIENCE)
            monitor.connect(f"/proc/self/fd/{where}/{MONITOR}")
            monitor.sendall(f"{command}\n".encode())
            # It has been read once the prompt comes back.
            said = b""
            while said.count(b"(qemu)") < 2:
                more = monitor.recv(4096)
                if not more:
                    break
                said += more
        return True
    except OSError:
        return False
    finally:
        os.close(where)

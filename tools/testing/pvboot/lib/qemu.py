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


# For 32-bit kernels, and for a 64-bit dom0 of such domUs.  The model "max" is an AMD of
# family 6, as the Athlons were, of which such a kernel warns that not all of them may be
# paired.  Of family 15 Xen takes models up to 63 for ones that have erratum 121, and makes
# no domU on them.
CPU_32 = "max,family=15,model=65"


# The monitor's socket, in the directory that the machine runs in
MONITOR = "monitor"

# OVMF's two halves, in the same directory
FLASH_CODE = "flash.code"
FLASH_VARS = "flash.vars"

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


def with_plugin(arguments, plugin):
    """The same machine with a plugin, which is a file and its options."""
    return list(arguments) + ["-plugin", plugin]


def check_plugin(plugin):
    """QemuError where this QEMU does not take the plugin, whose option is probe=on.

    QEMU may be built without plugins, and before 9.0 they were built otherwise.
    """
    why = "this QEMU does not take plugins as 9.0 and later do"
    try:
        done = subprocess.run([PROGRAM, "-machine", "none", "-display", "none", "-nodefaults",
                               "-plugin", f"{plugin},probe=on"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise QemuError(f"{why}: it goes on without") from None
    if done.returncode:
        raise QemuError(f"{why}: " + (done.stderr.strip() or "it says no more").splitlines()[-1])


def with_monitor(arguments):
    """The same machine, whose monitor listens on a socket in its directory."""
    words = list(arguments)
    words[words.index("-monitor") + 1] = f"unix:{MONITOR},server=on,wait=off"
    return words


def with_low_mem(arguments, mib):
    """The same machine, of whose memory so many MiB are below 4 GB and the rest above."""
    return list(arguments) + ["-machine", f"pc,max-ram-below-4g={mib}M"]


def with_cd(arguments, iso):
    """The same machine, which starts from a CD that has what QEMU would have loaded."""
    words = list(arguments)
    for option in ("-kernel", "-initrd", "-append"):
        at = words.index(option)
        del words[at:at + 2]
    return words + ["-cdrom", iso]


def with_cpu(arguments, model):
    """The same machine with another model of CPU."""
    words = list(arguments)
    words[words.index("-cpu") + 1] = model
    return words


def ask_monitor(directory, command):
    """What the monitor of the machine in the directory says to a command; None: nothing.

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
        return said.decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(where)


def tell_monitor(directory, command):
    """Give the machine that runs in the directory a command; False where it is not taken."""
    return ask_monitor(directory, command) is not None


def stick_arguments(vcpus, memory, iso, disks=(), uefi=False):
    """A machine with a screen that starts from a stick, by SeaBIOS or by OVMF.

    disks: raw images, the first on AHCI and the others on NVMe
    uefi:  FLASH_CODE and FLASH_VARS are in its directory
    """
    words = with_monitor(machine(vcpus, memory)) + [
        "-machine", "q35", "-vga", "std",
        "-drive", f"if=none,id=stick,format=raw,readonly=on,file={escape_module(iso)}",
        "-device", "qemu-xhci", "-device", "usb-storage,drive=stick,bootindex=0",
    ]
    for number, disk in enumerate(disks):
        words += ["-drive", f"if=none,id=disk{number},format=raw,file={escape_module(disk)}",
                  "-device", f"nvme,serial=disk{number},drive=disk{number}" if number else
                  "ide-hd,bus=ide.0,drive=disk0"]
    if uefi:
        words += [
            "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FLASH_CODE}",
            "-drive", f"if=pflash,unit=1,format=raw,file={FLASH_VARS}",
            # Xen 4.17 takes the largest mode that there is, and writing to the
            # screen of 16 MiB, 2048 x 2048, takes a second a line.
            "-global", "VGA.vgamem_mb=4",
        ]
    return words


def writes(directory):
    """{drive: how many times something wrote to it}, of the machine in the directory."""
    said = ask_monitor(directory, "info blockstats") or ""
    return {name: int(count) for name, count in
            re.findall(r"^(\S+): .*\bwr_operations=(\d+)", said, re.M)}

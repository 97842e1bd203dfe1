# SPDX-License-Identifier: GPL-2.0
"""A CD with GRUB, which tells Xen of a memory map that lacks a part of the machine's."""

import os
import shutil
import subprocess

import qemu

ISO = "cut.iso"
PROGRAM = "grub-mkrescue"
FILES = ("xen", "kernel", "initramfs")

# For a BIOS alone, which is what QEMU has
MODULES = "/usr/lib/grub/i386-pc"


def menu(cut, xen_line, linux_line):
    """GRUB's configuration; cut is two addresses as GRUB has them, for instance 28M 29M."""
    return "\n".join([
        "set timeout=0",
        "insmod mmap",
        f"cutmem {cut}",
        f"multiboot2 /boot/xen {xen_line}",
        f"module2 /boot/kernel {linux_line}",
        # Xen and Linux unpack what they take
        "module2 --nounzip /boot/initramfs",
        "boot", ""])


def make(directory, text):
    """Write ISO in the directory, whose FILES it takes; QemuError where that fails."""
    tree = os.path.join(directory, "cd")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(os.path.join(tree, "boot/grub"))
    for name in FILES:
        shutil.copy(os.path.join(directory, name), os.path.join(tree, "boot", name))
    with open(os.path.join(tree, "boot/grub/grub.cfg"), "w", encoding="utf-8") as out:
        out.write(text)
    try:
        subprocess.run([PROGRAM, "-d", MODULES, "-o", os.path.join(directory, ISO), "--locales=",
                        "--fonts=", "--themes=", tree], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise qemu.QemuError(f"{PROGRAM} made no CD, which takes what `make image` takes: "
                             f"{error}") from None
    shutil.rmtree(tree)

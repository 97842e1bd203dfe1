# SPDX-License-Identifier: GPL-2.0
"""A machine's disks and network card, for boots that move data by DMA.

The kernel's drivers are modules, in an initramfs of their own: a kernel that has
them built in would find the disks of a real machine (make image).
"""

import hashlib
import os
import random

import host

MIB = 1 << 20

# What passes through each device
PAYLOAD_MIB = 32

# The first disk holds the payload, and has room for a copy of it behind; the second
# gets a file system.
DISKS = {"disk0": 2 * PAYLOAD_MIB, "disk1": 2 * PAYLOAD_MIB}

# In the order in which they can be loaded
MODULES = ("drivers/scsi/scsi_common", "drivers/scsi/scsi_mod", "drivers/scsi/sd_mod",
           "drivers/ata/libata", "drivers/ata/libahci", "drivers/ata/ahci",
           "drivers/net/ethernet/intel/e1000/e1000")

# Who answers at an address of QEMU's own network; what is said goes through its
# standard input and output.
PEER = "10.0.2.100"
SERVICES = {1: "cat payload", 2: "md5sum"}


def payload(mib, seed=0):
    """So many MiB that nothing makes by chance, the same each time."""
    return random.Random(seed).randbytes(mib * MIB)


def md5(data):
    """What busybox's md5sum says, which is its fastest."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def files(mib):
    """{path: content} for an initramfs: a file for each 4 MiB, and their sums."""
    found = {f"pvboot/files/{number}": payload(4, number) for number in range(mib // 4)}
    sums = "".join(f"{md5(data)}  /{path}\n" for path, data in found.items())
    return found | {"pvboot/files.md5": sums.encode()}


def drivers(build):
    """{path: content} for an initramfs: the modules, their order, the payload's sum."""
    found = {f"pvboot/modules/{os.path.basename(name)}.ko": host.read(
        os.path.join(build, f"{name}.ko")) for name in MODULES}
    order = "".join(f"{os.path.basename(name)}\n" for name in MODULES)
    return found | {"pvboot/modules/order": order.encode(),
                    "pvboot/modules/payload.md5": md5(payload(PAYLOAD_MIB)).encode()}


def make_disks(directory):
    """The files that arguments() names."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "payload"), "wb") as out:
        out.write(payload(PAYLOAD_MIB))
    for name, mib in DISKS.items():
        with open(os.path.join(directory, name), "wb") as out:
            out.write(payload(PAYLOAD_MIB) if name == "disk0" else b"")
            out.truncate(mib * MIB)


def arguments():
    """QEMU's, for a machine that runs in the directory of make_disks()."""
    words = ["-device", "ahci,id=ahci"]
    for number, name in enumerate(DISKS):
        words += ["-drive", f"if=none,id={name},format=raw,file={name}",
                  "-device", f"ide-hd,bus=ahci.{number},drive={name}"]
    services = "".join(f",guestfwd=tcp:{PEER}:{port}-cmd:{command}"
                       for port, command in SERVICES.items())
    return words + ["-netdev", f"user,id=net,restrict=on{services}",
                    "-device", "e1000,netdev=net"]


def copied(directory):
    """Whether the first disk, looked at from outside, holds the payload twice."""
    data = host.read(os.path.join(directory, "disk0"))
    half = PAYLOAD_MIB * MIB
    return len(data) == 2 * half and md5(data[:half]) == md5(data[half:]) == md5(
        payload(PAYLOAD_MIB))


def initrd(base, added, path):
    """The initramfs in file base, with {path: content} behind it, as a file."""
    with open(path, "wb") as out:
        out.write(host.joined(host.read(base), host.archive(added)))
    return path

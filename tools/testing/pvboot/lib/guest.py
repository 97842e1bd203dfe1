# SPDX-License-Identifier: GPL-2.0
"""One machine to boot: its options, their defaults, and the two command lines."""

import os

import loader
import qemu
import releases
from run import Run

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))

VCPUS = 2
MEM = 1024 if releases.BITS == "64" else 512
CPU = None if releases.BITS == "64" else qemu.CPU_32
BUILD = releases.BUILD
KERNEL = os.path.join(BUILD, "kernel/arch/x86/boot/bzImage")
# Upstream's, of the same configuration
PEER = os.path.join(BUILD, "peer/kernel/arch/x86/boot/bzImage")
INITRD = os.path.join(BUILD, "initramfs.gz")
# Of a dom0 that has domUs: the toolstack is a 64-bit one, whatever the domUs are.
DOM0_KERNEL = os.path.join(releases.BASE_BUILD, "kernel/arch/x86/boot/bzImage")
DOM0_INITRD = os.path.join(releases.BASE_BUILD, "initramfs.gz")
DEBUG_XEN = os.path.join(releases.made_of_xen("xen-debug"), "xen.elf")
# Debian's own has no 32-bit guests.
XEN = DEBUG_XEN if releases.BITS == "32" else os.path.join(releases.made_of_xen("xen"), "xen.elf")

# init speaks through the kernel log, and must not be cut short by its rate
# limit.  Where the host has fewer CPUs than the guest, a vCPU can stand still
# for seconds: the kernel is not to complain of that.  Should one stand still
# for good, the boot counts as hung.
COMMON = ("loglevel=7 printk.devkmsg=on rcupdate.rcu_cpu_stall_timeout=120 "
          "watchdog_thresh=60")
LINUX = "console=hvc0 earlyprintk=xen " + COMMON
NATIVE = "console=ttyS0 " + COMMON

# noreboot: Xen stays, with its last words on the line, when dom0 ends.
# pv=32: 32-bit guests, whatever Xen's default for this CPU is.
HYPERVISOR = (f"{qemu.XEN_LINE} loglvl=all guest_loglvl=all console=com1 "
              "console_timestamps=boot noreboot"
              f"{' pv=32' if releases.BITS == '32' else ''}")


def default_timeout(vcpus):
    """Seconds: on two host CPUs 2 vCPUs need 6 s, 8 need 25, 32 need 160."""
    return 90 + 10 * vcpus


class Guest:
    """Linux on Xen, or with xen=None the same kernel on the bare machine."""

    def __init__(self, vcpus=VCPUS, mem=MEM, cmdline="", xencmdline="",
                 kernel=KERNEL, initrd=INITRD, xen=XEN, timeout=None, exact=False, smp=None,
                 monitor=False, cpu=None, plugin=None, low_mem=None, cut=None,
                 devices=()):
        self.vcpus = vcpus
        self.mem = mem
        self.cmdline = cmdline
        self.xencmdline = xencmdline
        self.kernel = kernel
        self.initrd = initrd
        self.xen = xen
        self.timeout = timeout or default_timeout(vcpus)
        self.exact = exact
        self.smp = smp
        self.monitor = monitor
        self.cpu = cpu or CPU
        self.plugin = plugin
        self.low_mem = low_mem
        self.cut = cut
        self.devices = devices

    def options(self):
        """What decides the run, for the report."""
        return {"vcpus": self.vcpus, "mem": self.mem, "cmdline": self.cmdline,
                "xencmdline": self.xencmdline, "timeout": self.timeout}

    def linux_line(self):
        """The kernel's command line; the caller's words come last and win."""
        first = LINUX if self.xen else NATIVE
        return f"{first} pvboot.cpus={self.vcpus} {self.cmdline}".strip()

    def xen_line(self):
        """Xen's command line."""
        return (f"{HYPERVISOR} dom0_mem={self.mem}M,max:{self.mem}M "
                f"dom0_max_vcpus={self.vcpus} {self.xencmdline}").strip()

    def arguments(self):
        """QEMU's."""
        if self.xen:
            words = qemu.xen_arguments(self.vcpus, self.mem, self.linux_line(),
                                       self.xen_line(), self.smp)
        else:
            words = qemu.native_arguments(self.vcpus, self.mem, self.linux_line(), self.smp)
        if self.monitor:
            words = qemu.with_monitor(words)
        if self.cpu:
            words = qemu.with_cpu(words, self.cpu)
        if self.plugin:
            words = qemu.with_plugin(words, self.plugin)
        if self.low_mem:
            words = qemu.with_low_mem(words, self.low_mem)
        if self.cut:
            words = qemu.with_cd(words, loader.ISO)
        words += self.devices
        return qemu.counting_instructions(words) if self.exact else words

    def boot(self, directory, progress=None, classifier=None, kind=Run):
        """Run it in the directory; returns (Run, word, reason).

        kind: what is made of Run, where one has to talk to the machine
        """
        files = {"kernel": self.kernel, "initramfs": self.initrd}
        if self.xen:
            files["xen"] = self.xen
        qemu.link_files(directory, **files)
        if self.cut:
            loader.make(directory, loader.menu(self.cut, self.xen_line(), self.linux_line()))
        run = kind(directory, self.arguments(), self.timeout, progress, classifier)
        word, reason = run.execute()
        return run, word, reason

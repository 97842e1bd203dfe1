# SPDX-License-Identifier: GPL-2.0
"""Boots one dom0 with the domUs of some cases, and judges each of them."""

import os

import domu_cases
import guest
import host
import ktap
from progress import Progress


def boot(cases, directory, kernels, long=False, timeout=900):
    """One dom0, all its domUs; (Run, word, reason).

    kernels: (domUs', dom0's), paths of images
    """
    name = os.path.basename(directory)
    ramdisk = host.joined(host.read(guest.INITRD),
                          host.archive({"pvboot/domu/agent": host.read(host.AGENT),
                                        "pvboot/domu/ticks": host.read(host.TICKS)}))
    files = {"pvboot/domu/kernel": host.read(kernels[0]),
             "pvboot/domu/ramdisk": ramdisk} | domu_cases.files(cases, long)
    if any(case["peer"] for case in cases):
        files["pvboot/domu/peer"] = host.read(guest.PEER)
    machine = host.Host("cases", files, max(case["maxmem"] or case["mem"] for case in cases) * 2,
                        directory, vcpus=host.DOM0_VCPUS,
                        xen=guest.DEBUG_XEN if cases[0]["debug_xen"] else guest.XEN,
                        kernel=kernels[1], timeout=timeout)
    return machine.boot(directory, progress=Progress(f"  {name}:"),
                        classifier=host.DomuClassifier(
                            {case["name"]: case["expected"] for case in cases}))


def judge(case, seen, record, long=False):
    """Each step of a case, none of which may be lost, and its console."""
    name = case["name"]
    results = ktap.results(ktap.lines_of(seen.said, f"case {name}"))
    for step, how, why in results:
        record(f"{name}.{step}", how == "pass", why)
    wanted = len(domu_cases.steps(case, long))
    record(f"{name}.results", len(results) == wanted, f"{len(results)} of {wanted} steps")
    inside = seen.domain(name)
    bad = inside.complaints + ([inside.crash] if inside.crash else [])
    record(f"{name}.console", not bad, "; ".join(bad[:3]))

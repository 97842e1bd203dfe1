# SPDX-License-Identifier: GPL-2.0
"""The domUs' host: initramfs archives, configurations, whose log is whose."""

import os
import subprocess

import pytest

import host
from classify import CRASH, PASS


def unpack(data, where):
    """The archive's files, as cpio sees them."""
    subprocess.run(["cpio", "-i", "-d", "--quiet"], input=data, cwd=where, check=True)


def test_an_archive_is_what_cpio_reads(tmp_path):
    files = {"pvboot/domu/a": b"one", "pvboot/b": b"", "c": b"12345678" * 1000}
    unpack(host.archive(files), tmp_path)
    for path, content in files.items():
        assert (tmp_path / path).read_bytes() == content
        assert os.access(tmp_path / path, os.X_OK)


def test_archives_that_follow_each_other_are_aligned():
    assert host.joined(b"12345", b"abcd") == b"12345\0\0\0abcd"
    assert len(host.archive({"a": b"x"})) % 4 == 0


def test_a_configuration_quotes_strings_only():
    lines = host.config("one", vcpus=2, cmdline='a="b c" d\\e').splitlines()
    assert lines == ['name = "one"', 'type = "pv"', "vcpus = 2",
                     'cmdline = "a=\\"b c\\" d\\\\e"']


def feed(*lines, expected=None):
    """A classifier that has read these lines."""
    classifier = host.DomuClassifier(expected)
    for line in lines:
        classifier.feed(line)
    return classifier


def test_a_domu_crash_is_not_dom0s():
    seen = feed("PVBOOT: console one| [ 1.0] Linux version 6.12.1",
                "(XEN) domain_crash called from traps.c:1",
                "(XEN) [    1.0] Domain 3 (vcpu#0) crashed on cpu#1:",
                "PVBOOT: verdict PASS")
    assert seen.outcome(False, 10, 1) == (PASS, "")
    assert "Domain 3" in seen.domain("one").crash
    assert seen.domain("one").linux == "6.12.1"


def test_what_a_debug_xen_takes_of_a_domu_is_the_domus():
    seen = feed("(d9) [    1.0] stray", "PVBOOT: case one| KTAP version 1",
                "(d1) [   10.019006] [    0.000000] Linux version 6.12.1 (a) #1",
                "(d1) [   10.019006] xen: FATAL: nothing works",
                "PVBOOT: case two| KTAP version 1", "PVBOOT: case one| ok 1",
                "(d2) [   10.0] [    0.1] WARNING: at something")
    assert seen.domain("one").linux == "6.12.1"
    assert seen.domain("one").crash == "xen: FATAL: nothing works"
    assert seen.domain("two").complaints == ["[    0.1] WARNING: at something"]
    assert (seen.linux, seen.crash, seen.complaints) == (None, None, [])


def test_what_each_domu_says_is_no_complaint():
    """In dom0 it would be one."""
    error = "PVBOOT: kernel-error [    1.1] xen:xen_privcmd: No target domain found, blocking"
    seen = feed("PVBOOT: console one| " + error, "PVBOOT: console two| " + error)
    assert [seen.domain(name).complaints for name in ("one", "two")] == [[], []]
    assert len(feed(error).complaints) == 1


def test_dom0s_own_crash_is_seen():
    seen = feed("PVBOOT: console one| [ 1.0] Linux version 6.12.1",
                "(XEN) domain_crash called from traps.c:1",
                "(XEN) [    1.0] Domain 0 (vcpu#0) crashed on cpu#1:")
    assert seen.outcome(True, 10, 1)[0] == CRASH
    assert seen.dead


@pytest.mark.parametrize("expected, count", [({}, 1), ({"two": ["WARNING"]}, 1),
                                             ({"one": ["WARNING"]}, 0)])
def test_what_a_domu_provokes_is_its_own(expected, count):
    seen = feed("PVBOOT: console one| [ 1.0] WARNING: CPU: 0", expected=expected)
    assert len(seen.domain("one").complaints) == count
    assert not seen.complaints


def test_a_domus_verdict_is_not_dom0s():
    seen = feed("PVBOOT: console one| [ 1.0] PVBOOT: verdict PASS")
    assert not seen.over()
    assert seen.domain("one").verdict == "PASS"
    assert not seen.said

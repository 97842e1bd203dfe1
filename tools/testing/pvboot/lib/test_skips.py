# SPDX-License-Identifier: GPL-2.0
"""Which skips of the guest's test program a boot may have."""

import pytest

import skips

BOOT = {"vcpus": 2, "cmdline": ""}


def judged(results, **columns):
    """{name: good} of a boot with these columns."""
    told = {}
    skips.judge(BOOT | columns, results, lambda name, good, why: told.setdefault(name, good))
    return told


@pytest.mark.parametrize("why, columns, good", [
    ("64-bit code has no such entry", {}, True),
    ("the kernel does not trace multicalls", {}, False),
    ("no AVX", {}, False),
    ("no AVX", {"cpu": "Nehalem"}, True),
    ("", {}, False),
    ("one CPU only", {}, False),
    ("one CPU only", {"vcpus": 1}, True),
    ("the kernel has no IA32_EMULATION", {}, False),
    ("the kernel has no IA32_EMULATION", {"cmdline": "WIDTHS=64 NO_IA32=1"}, True),
])
def test_reasons(why, columns, good):
    wanted = {} if good else {"guest.guest_test_64.x": False}
    assert judged([("guest_test_64.x", "skip", why)], **columns) == wanted


def test_what_is_named_is_not_skipped_everywhere():
    why = "32-bit addresses are all canonical"
    some = [("guest_test_64.a", "pass", ""), ("guest_test_32.a", "skip", why),
            ("guest_test_64.b", "skip", why), ("guest_test_32.b", "skip", why)]
    told = judged(some, cmdline="x=1 pvboot.cases=a,b,c")
    assert told["guest.a.somewhere"]
    assert not told["guest.b.somewhere"] and not told["guest.c.somewhere"]

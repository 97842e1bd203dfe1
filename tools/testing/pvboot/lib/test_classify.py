# SPDX-License-Identifier: GPL-2.0
"""Fake serial logs: what each of them has to be called."""

import pytest

from classify import CRASH, ERROR, HANG, PASS, TRACE_LINES, Classifier

XEN = "(XEN) Xen version 4.17.7 (Debian) debug=n"
LINUX = "[    0.000000] Linux version 6.12.117 (pvboot@pvboot) #1 SMP"
RUN_INIT = "[    2.500000] Run /init as init process"
INIT = "[    2.900000] PVBOOT: init uptime=2.90"
VERDICT = "[    3.100000] PVBOOT: verdict PASS"
DOM0_CRASH = "(XEN) [    4.0] Hardware Dom0 crashed: 'noreboot' set - not rebooting."
PANIC = "[    4.0] Kernel panic - not syncing: sysrq triggered crash"
OFF = "(XEN) [   26.932027] Entering ACPI S5 state."


def outcome(lines, gone=False, seconds=100.0, quiet=90.0, **options):
    """The word for a log of these lines."""
    seen = Classifier(**options)
    for line in lines:
        seen.feed(line + "\r\n")
    return seen.outcome(gone, seconds, quiet)


def test_a_whole_boot_passes():
    assert outcome([XEN, LINUX, RUN_INIT, INIT, VERDICT]) == (PASS, "")


@pytest.mark.parametrize("line", [
    "(XEN) domain_crash called from arch/x86/pv/traps.c:123",
    "(XEN) [    3.2] Domain 0 (vcpu#0) crashed on cpu#0:",
    DOM0_CRASH,
    "(XEN) [    3.2] Hardware Dom0 halted: halting machine",
    "xen: FATAL: callback_op on vCPU 0, argument 0x0: -EINVAL (-22)",
    "(XEN) Panic on CPU 0:",
    "[    1.0] Kernel panic - not syncing: Attempted to kill init!",
    "[    1.0] Oops: 0002 [#1] SMP",
    "[    1.0] Oops: general protection fault, maybe for address 0x0: 0000 [#1]",
    "[    1.0] BUG: unable to handle page fault for address: ffff820000000020",
    "[    1.0] kernel BUG at mm/slub.c:1!",
])
def test_a_death_is_a_crash(line):
    word, reason = outcome([XEN, LINUX, line])
    assert word == CRASH
    assert line in reason


def test_xens_own_panic_has_its_reason():
    _, reason = outcome([XEN, "(XEN) Panic on CPU 0:", "(XEN) Could not construct domain 0"])
    assert "Panic on CPU 0: Could not construct domain 0" in reason


def test_a_crash_before_the_verdict_is_not_forgotten():
    assert outcome([XEN, LINUX, "BUG: unable to handle", INIT, VERDICT])[0] == CRASH


def test_a_user_programs_fault_is_no_crash():
    line = "[    5.0] traps: prog[77] general protection fault ip:40 sp:7f error:0"
    assert outcome([XEN, LINUX, INIT, line, VERDICT])[0] == PASS


@pytest.mark.parametrize("line", [
    "[    0.1] xen: callbacks registered by callback_op",
    "[    5.0] print_fatal_signals: xen: prog[77] FATAL",
    "[    5.0] PVBOOT: guest| # xen: FATAL: said a test",
])
def test_what_is_not_the_fatal_line_is_no_crash(line):
    assert outcome([XEN, LINUX, INIT, line, VERDICT])[0] == PASS


def test_what_init_says_is_no_crash():
    line = "[    5.0] PVBOOT: guest| # Oops: said a test, Kernel panic - not syncing"
    assert outcome([XEN, LINUX, INIT, line, VERDICT])[0] == PASS


@pytest.mark.parametrize("lines, stage", [
    ([], "before Xen spoke"),
    ([XEN], "in Xen"),
    ([XEN, LINUX], "in Linux, before init"),
    ([XEN, LINUX, RUN_INIT, INIT], "after init"),
])
def test_silence_is_a_hang(lines, stage):
    word, reason = outcome(lines)
    assert word == HANG
    assert stage in reason


def test_talk_without_init_is_a_hang():
    assert outcome([XEN, LINUX, "[   9.0] still here"], quiet=1.0)[0] == HANG


def test_no_verdict_is_an_error():
    assert outcome([XEN, LINUX, INIT, "[ 90.0] still here"], quiet=1.0)[0] == ERROR


def test_an_end_without_verdict_is_an_error():
    assert outcome([XEN, LINUX, INIT], gone=True)[0] == ERROR


def test_an_end_before_init_is_a_crash():
    assert outcome([XEN, LINUX], gone=True)[0] == CRASH


@pytest.mark.parametrize("verdict", ["FAIL report: 1 of 2 CPUs online", "PASSED", ""])
def test_any_other_verdict_is_an_error(verdict):
    word, reason = outcome([XEN, LINUX, INIT, f"PVBOOT: verdict {verdict}"])
    assert word == ERROR
    assert verdict in reason


def test_only_the_first_verdict_counts():
    lines = [XEN, LINUX, INIT, "PVBOOT: verdict FAIL x", VERDICT]
    assert outcome(lines)[0] == ERROR


def test_an_expected_end():
    assert outcome([XEN, LINUX, INIT, VERDICT, OFF], end="S5 state") == (PASS, "")


def test_an_expected_end_that_does_not_come():
    assert outcome([XEN, LINUX, INIT, VERDICT], end="S5 state")[0] == HANG


def test_another_end_than_the_expected():
    assert outcome([XEN, LINUX, INIT, VERDICT, DOM0_CRASH], end="S5 state")[0] == CRASH


def test_an_expected_end_does_not_stand_in_for_the_verdict():
    assert outcome([XEN, LINUX, INIT, OFF], gone=True, end="S5 state")[0] == ERROR


def test_an_expected_panic():
    assert outcome([XEN, LINUX, INIT, VERDICT, PANIC, DOM0_CRASH],
                   end="Hardware Dom0 crashed", expected=["sysrq triggered"]) == (PASS, "")


def test_complaints_are_kept():
    seen = Classifier()
    for line in (LINUX, "[ 1.0] WARNING: CPU: 0 PID: 1 at x.c:1", "[ 1.1] all is well"):
        seen.feed(line)
    assert len(seen.complaints) == 1


def test_the_trace_of_an_expected_line_is_expected():
    expected = "[ 1.0] WARNING: CPU: 0 PID: 1 at x.c:1"
    trace = "[ 1.1] Call Trace:"
    seen = Classifier(expected=["at x.c"])
    for line in (expected, "[ 1.0] CPU: 0", trace):
        seen.feed(line)
    assert not seen.complaints
    for line in ["[ 1.2] all is well"] * TRACE_LINES + [trace]:
        seen.feed(line)
    assert seen.complaints == [trace]


@pytest.mark.parametrize("line", [
    "[    0.1] xen: gate 0x14 refused: no stub for handler asm_exc_debug+0x0/0x30 with IST 0",
    "[    2.9] PVBOOT: kernel-error [    0.1] xen: set_trap_table on CPU 0: -EINVAL (-22)",
    "[    5.2] xen:events: Dropping pending event for port 12",
    "[    5.2] bomb: page allocation failure: order:0, for port",
    "[    5.2] arch/x86/mm/for port: bad pmd 00000000a0b1c2d3(0000000000000067)",
])
def test_an_error_is_a_complaint(line):
    seen = Classifier()
    seen.feed(line)
    assert len(seen.complaints) == 1
    seen = Classifier(expected=["gate 0x14 refused", "set_trap_table on CPU 0", "for port"])
    seen.feed(line)
    assert not seen.complaints


@pytest.mark.parametrize("line", [
    "(XEN) [    4.1] mm.c:2882:d0v1 Bad type (saw 1400000000000001 != exp 7000000000000000)",
    "(XEN) [    4.1] arch/x86/mm.c:956:d0v0 Attempt to map foreign mfn 12345",
    "(XEN) [    4.1] arch/x86/pv/ro-page-fault.c:152:d0v0 could not get_page_from_l1e()",
    "(XEN) Bad L1 flags 800000",
])
def test_what_xen_refuses_of_memory_is_a_complaint(line):
    seen = Classifier()
    seen.feed(line)
    assert len(seen.complaints) == 1
    seen = Classifier(expected=["mm\\.c", "get_page_from_l1e", "L1 flags"])
    seen.feed(line)
    assert not seen.complaints


@pytest.mark.parametrize("line", [
    "(XEN) [    2.0] mm.c:1 is read",
    "(XEN) [    2.0] Dom0 has maximum 2 vCPUs",
    "[    2.0] PVBOOT: guest| # (XEN) mm.c:1:d0v0 said a test",
])
def test_what_xen_says_besides_is_none(line):
    seen = Classifier()
    seen.feed(line)
    assert not seen.complaints


def test_versions_and_times():
    seen = Classifier()
    for line in ("(XEN) [00000005] Xen version 4.17.7 (Debian)", LINUX, RUN_INIT):
        seen.feed(line)
    assert (seen.xen, seen.linux, seen.init_time) == ("4.17.7", "6.12.117", 2.5)

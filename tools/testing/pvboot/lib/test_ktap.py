# SPDX-License-Identifier: GPL-2.0
"""KTAP from a log: whatever is not a plain ok has to show."""

import ktap

NESTED = """KTAP version 1
1..2
# Subtest: first
  KTAP version 1
  1..3
  ok 1 a
  # because of this
  not ok 2 b
  ok 3 c # SKIP no such CPU
not ok 1 first
ok 2 second""".splitlines()


def test_only_the_parts_own_lines():
    said = ["guest| KTAP version 1", "hotplug| 1..2", "guest|   ok 1 x", "guests| ok"]
    assert ktap.lines_of(said, "guest") == ["KTAP version 1", "  ok 1 x"]


def test_each_single_result():
    found = {name: how for name, how, _ in ktap.results(NESTED)}
    assert found == {"first.a": "pass", "first.b": "fail", "first.c": "skip",
                     "second": "pass"}


def test_the_reason_is_kept():
    why = {name: why for name, _, why in ktap.results(NESTED)}
    assert "because of this" in why["first.b"]


def test_the_reason_of_a_skip_is_kept():
    why = {name: why for name, how, why in ktap.results(NESTED) if how == "skip"}
    assert why == {"first.c": "no such CPU"}


def test_each_of_two_skips_has_its_own_reason():
    lines = ["KTAP version 1", "1..2"]
    for width in ("64", "32"):
        lines += ["# Subtest: x", "  KTAP version 1", "  1..1",
                  f"  ok 1 same # SKIP for {width}", f"ok {1 + (width == '32')} x_{width}"]
    assert [why for _, _, why in ktap.results(lines)] == ["for 64", "for 32"]


def failed(lines):
    """Whether there is a failure among the results."""
    return any(how == "fail" for _, how, _ in ktap.results(lines))


def test_nothing_is_a_failure():
    assert failed([])
    assert failed(["no", "ktap"])


def test_fewer_than_planned_is_a_failure():
    assert failed(["KTAP version 1", "1..3", "ok 1 a"])
    assert failed(NESTED[:5])
    assert failed(NESTED[:-1])


def test_no_plan_kept_to_is_a_failure():
    assert failed(["KTAP version 1", "1..1", "ok 1 a", "ok 2 b"])
    assert failed(["KTAP version 1", "1..1", "ok 1 a", "not ok 2 b"])
    assert failed(["KTAP version 1", "1..1", "not ok 1 a", "ok 2 b"])


def test_a_complaint_long_before_the_end_is_kept():
    said = ["KTAP version 1", "1..1", "# [FAIL] x", *[f"# {number}" for number in range(9)],
            "not ok 1 a"]
    (_, how, why), = ktap.results(said)
    assert how == "fail"
    assert why.startswith("# [FAIL] x; ") and "# 8" in why and "# 1;" not in why

# SPDX-License-Identifier: GPL-2.0
"""The table of domU cases."""

import os

import pytest

import domu_cases
import releases
from named_rows import BadTable

DOMU = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../domu")
DOM0 = os.path.join(DOMU, "dom0")
GOOD = 'boot = "b"\nsteps = ["create"]\n'


def table(tmp_path, text):
    """The cases of this text."""
    (tmp_path / "cases.toml").write_text(text)
    return domu_cases.load(tmp_path / "cases.toml")


@pytest.mark.parametrize("text, word", [
    ("", "empty"), ("[[case]]\n" + GOOD, "name"), ('[[case]]\nname = "A b"\n' + GOOD, "name"),
    ('[[case]]\nname = "a"\nsteps = ["create"]', "boot"),
    ('[[case]]\nname = "a"\nboot = "b"', "steps"),
    ('[[case]]\nname = "a"\ncpus = 1\n' + GOOD, "cpus"),
    (('[[case]]\nname = "a"\n' + GOOD) * 2, "twice"), ("[[case", "."),
])
def test_a_table_that_means_nothing_is_refused(tmp_path, text, word):
    with pytest.raises(BadTable, match=word):
        table(tmp_path, text)


def test_counts_have_two_forms():
    case = {"steps": ["create", "cycles 2/100 1 4", "alive x2/3"]}
    assert domu_cases.steps(case, False) == ["create", "cycles 2 1 4"] + \
        ["alive"] * 2 + ["freed"]
    assert domu_cases.steps(case, True) == ["create", "cycles 100 1 4"] + \
        ["alive"] * 3 + ["freed"]


def test_each_resume_is_checked():
    case = {"steps": ["save_restore x2"]}
    once = ["save_restore"] + list(domu_cases.CHECKS)
    assert domu_cases.steps(case, False) == once * 2 + ["freed"]


def test_long_cases_are_of_the_long_form(tmp_path):
    cases = table(tmp_path, '[[case]]\nname = "a"\nlong = true\n' + GOOD)
    assert domu_cases.boots(cases, False) == {}
    assert domu_cases.boots(cases, True) == {"b": cases}


def test_the_shell_reads_what_the_table_says(tmp_path):
    case = table(tmp_path, '[[case]]\nname = "a"\nline = "it\'s $HOME"\n' + GOOD)[0]
    values = domu_cases.variables(case)
    assert "cmdline='it'\"'\"'s $HOME'\n" in values
    assert "maxvcpus=1\n" in values
    assert f"bits={releases.BITS}\n" in values


@pytest.mark.parametrize("name", ["cases.toml", "cases-32.toml", "beside-upstream.toml"])
def test_every_step_of_the_table_is_a_function_of_dom0s(name):
    text = "".join(open(os.path.join(DOM0, name), encoding="utf-8").read()
                   for name in os.listdir(DOM0))
    for case in domu_cases.load(os.path.join(DOMU, name)):
        for step in domu_cases.steps(case, True):
            assert f"\nstep_{step.split()[0]}()\n" in text, step

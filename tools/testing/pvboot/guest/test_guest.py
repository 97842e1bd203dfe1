# SPDX-License-Identifier: GPL-2.0
"""Builds the bare guest, boots it as boots.toml says, and counts each row."""

import os
import subprocess

import pytest

import bare
import releases

HERE = os.path.dirname(os.path.abspath(__file__))
BOOTS = bare.load(os.path.join(HERE, "boots.toml"))


@pytest.fixture(scope="module", name="built")
def built_guest():
    """Both widths of the guest, built."""
    subprocess.run(["make", "-s", "-C", HERE, f"OUT={bare.BUILD}"], check=True)


@pytest.mark.parametrize("boot", BOOTS, ids=[boot["name"] for boot in BOOTS])
def test_boot(boot, built, record):
    """Every row has passed, or says why it cannot be reached."""
    directory = os.path.join(releases.BUILD, "check/bare", boot["name"])
    lines, word, reason = bare.execute(boot, directory)
    for name, how, why in bare.judge(boot, lines, word, reason):
        if how != "skip":
            record(name, how == "pass", f"{how}: {why}")
    assert word == "END", reason

# SPDX-License-Identifier: GPL-2.0
"""Fixtures of the tests of scripts/series."""

import pytest

from box import Box


@pytest.fixture(name="box")
def fixture_box(tmp_path):
    """A project, a base tree and a user's configuration of git."""
    return Box(tmp_path)

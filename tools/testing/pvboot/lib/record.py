# SPDX-License-Identifier: GPL-2.0
"""pytest fixture: results within a test, for conftest.py to import."""

import pytest


class Record:
    """Reports what a boot found, each as a test of its own.

    A boot is one pytest item, but holds dozens of results; a failed one must
    neither hide the others nor count as all of them.
    """

    def __init__(self, node):
        self.node = node
        self.failed = []

    def __call__(self, name, passed, why=""):
        if not passed:
            self.failed.append(name)
        nodeid = f"{self.node.nodeid}::{name}"
        report = pytest.TestReport(
            nodeid=nodeid, location=(self.node.location[0], None, nodeid),
            keywords={}, outcome="passed" if passed else "failed",
            longrepr=None if passed else f"{name}: {why or 'failed'}", when="call")
        self.node.ihook.pytest_runtest_logreport(report=report)


@pytest.fixture
def record(request):
    """record(name, passed, why): one more result."""
    return Record(request.node)

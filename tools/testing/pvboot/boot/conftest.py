# SPDX-License-Identifier: GPL-2.0
"""Shared by the boot tests: paths to the library, and results within a test."""

import os
import sys

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/testing/pvboot/lib"))


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
        path, line, test = self.node.location
        report = pytest.TestReport(
            nodeid=f"{self.node.nodeid}::{name}", location=(path, line, f"{test}::{name}"),
            keywords={}, outcome="passed" if passed else "failed",
            longrepr=None if passed else f"{name}: {why or 'failed'}", when="call")
        self.node.ihook.pytest_runtest_logreport(report=report)


@pytest.fixture
def record(request):
    """record(name, passed, why): one more result."""
    return Record(request.node)

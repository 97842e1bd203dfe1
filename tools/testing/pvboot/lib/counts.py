# SPDX-License-Identifier: GPL-2.0
"""pytest plugin: counts every result and writes them to $PVBOOT_COUNTS.

    pytest -p counts
"""

import json
import os

_results = {"passed": 0, "failed": [], "skipped": 0}


def pytest_runtest_logreport(report):
    """A failure in any phase is one; what passed is counted in its call."""
    if report.failed:
        _results["failed"].append(report.nodeid)
    elif report.skipped:
        _results["skipped"] += 1
    elif report.when == "call":
        _results["passed"] += 1


def pytest_collectreport(report):
    """A file that cannot be read is a failure, not an absence."""
    if report.failed:
        _results["failed"].append(report.nodeid)


def pytest_sessionfinish():
    """Written at the end: a run that died leaves nothing, and has failed."""
    path = os.environ.get("PVBOOT_COUNTS")
    if path:
        with open(path, "w", encoding="utf-8") as out:
            json.dump(_results, out)

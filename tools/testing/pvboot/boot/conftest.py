# SPDX-License-Identifier: GPL-2.0
"""Shared by the boot tests: paths to the library, and results within a test."""

import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/testing/pvboot/lib"))

from record import record    # noqa: E402

__all__ = ["record"]

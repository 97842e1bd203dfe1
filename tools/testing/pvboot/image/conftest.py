# SPDX-License-Identifier: GPL-2.0
"""Paths to the library, and results within a test."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))

from record import record    # noqa: E402

__all__ = ["record"]

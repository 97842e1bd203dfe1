# SPDX-License-Identifier: GPL-2.0
"""The kernels broken on purpose can be made: each patch fits what is built.

The layer that builds them takes long and comes last; this one takes a second.
"""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
PATCHES = sorted((PROJECT / "tools/testing/pvboot/boot/broken").glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_applies(patch):
    """As test_broken.py applies it, to build/linux, where nothing is changed.

    There may be no tree of 32 bits: its files are laid there as they are here.
    """
    wide = not re.search(r"^Bits: +32$", patch.read_text(encoding="utf-8"), re.M)
    tree = PROJECT / "build/linux" if wide else PROJECT
    done = subprocess.run(["patch", "-p1", "--dry-run", "-F", "0", "-d", tree,
                           "-i", patch], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "patching file" in done.stdout or "checking file" in done.stdout, done.stdout

# SPDX-License-Identifier: GPL-2.0
"""From the table to a directory of patches with a cover letter."""

import subprocess
import tempfile
from pathlib import Path

from overlaylib.common import Refusal, first_line
from serieslib.git import Repository
from serieslib.make import check_out, copy_base, date_of, put, write_patches

from . import cover


def put_on(path, root, *options):
    """Apply a patch without fuzz; what patch said where it does not fit, or None."""
    done = subprocess.run(["patch", "-p1", "-s", "-f", "-F0", "-E", "-r", "-",
                           "--no-backup-if-mismatch", *options, "-i", path], cwd=root,
                          capture_output=True, check=False)
    return first_line(done.stdout + done.stderr, "no reason given") if done.returncode else None


def make(table, tree, who, out):
    """Write the patches to the directory; how many there are."""
    check_out(out)
    with tempfile.TemporaryDirectory(prefix=".fixes-", dir=out.parent) as scratch:
        repository = Repository(Path(scratch, "tree"), who, date_of(table))
        copy_base(tree.root, table.targets(), repository.root)
        repository.commit(f"Linux {tree.version}\n")
        repository.run("checkout", "-q", "-b", "series")
        for fix in table.fixes:
            why = put_on(fix.path, repository.root)
            if why:
                raise Refusal(f"{fix.path.name} does not apply after those before it: {why}")
            repository.commit(f"{fix.subject}\n\n{fix.body}\n\n"
                              f"Signed-off-by: {who[0]} <{who[1]}>\n")
        made = Path(scratch, "made")
        made.mkdir()
        write_patches(cover.build(table, tree.version), repository, "am", made)
        put(made, out)
    return len(table.fixes)

# SPDX-License-Identifier: GPL-2.0
"""Builds upstream's kernel, boots it, and does so again with the patches.

A test has to fail without its patch, in the way that the table says, and to
pass with that patch alone and with all of them.
"""

import json
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import case_boot
import cases
from named_rows import BadTable
from qemu import QemuError
from releases import BUILD
from serieslib.build import Fault, Site, image, locked

from .cover import RESULT

CASES = "tools/testing/pvboot/fixes/cases.toml"
PLACE = os.path.dirname(RESULT)


@dataclass
class Seen:
    """What one boot of a case came to."""
    results: dict = field(default_factory=dict)  # name: None where it passed, else why
    lines: list = field(default_factory=list)
    xen: str = ""

    def record(self, name, passed, why=""):
        self.results[name] = None if passed else why or "failed"

    def says(self, pattern):
        """The first that matches, of the log's lines and of what tests say."""
        said = self.lines + [why for why in self.results.values() if why]
        found = next(filter(None, map(pattern.search, said)), None)
        return found[0] if found else None


class Lab:
    """The tree, its build, and the boots so far."""

    def __init__(self, table, project, goals, base):
        self.table, self.root = table, project.root
        self.site = Site(SimpleNamespace(project=project, goals=goals, base=table.base), base,
                         Path(BUILD, PLACE), "fixes-check")
        self.cases = {case["name"]: case for case in cases.load(project.root / CASES)}
        for fix in table.fixes:
            if fix.case not in self.cases:
                raise Fault(f"{CASES} has no case {fix.case}")

    def build(self, name, fixes, line):
        """Upstream's kernel with these patches; its image."""
        self.site.begin(name, line.tick)
        self.site.ground.prepare()
        for fix in fixes:
            self.site.ground.apply(fix.path)
        image(self.site)
        kept = self.site.out.parent / "images" / name
        kept.parent.mkdir(exist_ok=True)
        shutil.copy2(self.site.out / "arch/x86/boot/bzImage", kept)
        return kept

    def boot(self, name, kernel):
        """Boot a case; all that it found."""
        case, seen = self.cases[name], Seen()
        where = self.site.out.parent / "boots" / kernel.name / name
        where.mkdir(parents=True, exist_ok=True)
        run, word, reason = case_boot.boot(case, str(where), str(kernel),
                                           f"fixes: {kernel.name}: {name} ...")
        case_boot.judge_log(case, run, seen.record)
        case_boot.judge_parts(case, run.classifier.said, seen.record)
        seen.record("outcome", word == case_boot.PASS, f"{word}: {reason}")
        seen.lines = [re.sub(r"^\[[^]]*\] ", "", line) for line in run.lines]
        seen.xen = f"Xen {run.classifier.xen or 'of unknown version'}"
        return seen


def fails(fix, seen):
    """What a test says without the patch; a Fault where it does not fail so."""
    for test in fix.tests:
        if test not in seen.results:
            raise Fault(f"without the patch there is no result {test}")
        if seen.results[test] is None:
            raise Fault(f"{test} passes without the patch")
    said = seen.says(fix.fails)
    if not said:
        raise Fault(f"without the patch nothing says {fix.fails.pattern}")
    return said


def passes(fix, seen, how):
    """Count of what passes with the patch; a Fault where something does not."""
    for test in [*fix.tests, "outcome"]:
        if test not in seen.results:
            raise Fault(f"{how} there is no result {test}")
        if seen.results[test] is not None:
            raise Fault(f"{how} {test} fails: {seen.results[test]}")
    said = seen.says(fix.fails)
    if said:
        raise Fault(f"{how} it still says: {said}")
    return f"{len(fix.tests)} passed"


def prove(lab, fix, without, line):
    """The row of a patch, without what all of them together come to."""
    said = fails(fix, without)
    row = {"patch": fix.path.name, "subject": fix.subject, "case": fix.case,
           "tests": fix.tests,
           "without": f"{len(fix.tests)} failed" + ("" if fix.quiet else f": {said}")}
    alone = lab.boot(fix.case, lab.build(fix.path.name[:4], [fix], line))
    row["alone"] = passes(fix, alone, "with the patch")
    return row


def boot_all(lab, name, fixes, progress, chosen):
    """{case: Seen} of upstream's kernel with these patches, each case of the chosen once."""
    line = progress(f"fixes: {name} ...")
    kernel = lab.build(name, fixes, line)
    line.done("built")
    return {case: lab.boot(case, kernel)
            for case in dict.fromkeys(fix.case for fix in chosen)}


def prove_all(lab, linux, progress, chosen=None):
    """Build and boot, one line for each patch; the result, which is kept if it has all."""
    chosen = chosen or lab.table.fixes
    kept = Path(BUILD, RESULT)
    with locked(kept.parent):
        kept.unlink(missing_ok=True)
        lab.site.start()
        start, rows, failed = time.monotonic(), [], []
        without = boot_all(lab, "upstream", [], progress, chosen)
        together = boot_all(lab, "together", lab.table.fixes, progress, chosen)
        for count, fix in enumerate(chosen, 1):
            line = progress(f"fixes: patch {count} of {len(chosen)} ...")
            try:
                row = prove(lab, fix, without[fix.case], line)
                row["together"] = passes(fix, together[fix.case], "with all patches")
            except Fault as fault:
                failed.append(fix.path.name)
                line.done(f"{fix.subject}: FAILED: {fault}")
                continue
            rows.append(row)
            line.done(f"{fix.subject}: ok: without it {row['without']};"
                      f" alone {row['alone']}, together {row['together']}")
        xen = next(iter(without.values())).xen
        result = {"of": lab.table.digest(), "linux": linux, "xen": xen, "rows": rows,
                  "failed": failed, "seconds": round(time.monotonic() - start)}
        if chosen == lab.table.fixes:
            kept.write_text(json.dumps(result, indent=2) + "\n")
    return result


def prove_on(tree, table, project, progress, chosen):
    """The same of this project's patches, on its base."""
    try:
        lab = Lab(table, project, project.goals(tree, table.base), tree.root)
        return prove_all(lab, tree.version, progress, chosen)
    except (BadTable, QemuError) as err:
        raise Fault(str(err)) from None

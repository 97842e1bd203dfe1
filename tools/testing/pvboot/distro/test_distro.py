# SPDX-License-Identifier: GPL-2.0
"""Builds each configuration of configs.toml, and boots those that are to boot.

$ROWS names some of them, by their rows' names.
"""

import os
import re
import shutil
import sys
from types import SimpleNamespace

import pytest

import case_boot
import cases
import configs
import guest
import kbuild
import ktap
import skips
from classify import CRASH, PASS, Classifier
from progress import Progress

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../domu"))

import boot_cases   # noqa: E402
import domu         # noqa: E402
import domu_cases   # noqa: E402

OUT = os.path.join(guest.BUILD, "check/distro")
SOME = os.environ.get("ROWS", "").split()
ROWS = configs.chosen(configs.load(os.path.join(HERE, "configs.toml")), SOME)

# Errors of what the tests' own kernel does not have are not ours, but a kernel as a
# distribution configures it boots without any.
OTHERS = [r"^kernel-error (?!.*\bxen)"]

# Cases of domu/cases.toml for the rows with "resume"
RESUME = ["save-1", "save-4"]

# What Xen says of a kernel that cannot be dom0.
REFUSAL = r"\(XEN\) .*Kernel does not support Dom0 operation"


def words_of(row, without=()):
    """The kernel's command line; run names parts of init."""
    parts = [part for part in row["run"] if part not in without]
    return f"pvboot.run={','.join(parts)} {row['cmdline']}".strip()


def expected_of(row):
    """What its kernel may say."""
    return row["expected"] + (OTHERS if row["start"] == "pvboot" else [])


def boot_dom0(row, image, directory):
    """(Classifier, word, reason, log's lines) of the row's kernel as dom0."""
    initrd = case_boot.WITH_STRESS if "stress" in row["run"] else guest.INITRD
    machine = guest.Guest(vcpus=row["vcpus"], mem=row["mem"], kernel=image, initrd=initrd,
                          cmdline=words_of(row), xencmdline=row["xenline"],
                          timeout=row["timeout"])
    run, word, reason = machine.boot(directory, Progress(f"  {row['name']} as dom0:"),
                                     Classifier(expected=expected_of(row)))
    return run.classifier, word, reason, run.lines


def boot_domu(row, image, directory):
    """The same as a domU of the tests' own kernel."""
    options = SimpleNamespace(
        vcpus=row["vcpus"], maxvcpus=None, mem=row["mem"], kernel=image,
        cmdline=f"{words_of(row, without=['kunit', 'stress'])} {row['cmdline_domu']}".strip(),
        xencmdline="", dom0_kernel=guest.KERNEL, initrd=guest.INITRD, xen=guest.XEN,
        timeout=row["timeout"], out=directory)
    seen = domu.host.DomuClassifier({domu.NAME: expected_of(row)})
    run, word, reason = domu.machine_of(options).boot(
        directory, Progress(f"  {row['name']} as domU:"), seen)
    inside = seen.domain(domu.NAME)
    word, reason = domu.judge(inside, word, reason)
    return inside, word, reason, run.lines


def resume_cases(row):
    """The cases of the domUs' table that a row's kernel is saved and restored by."""
    cases = domu_cases.load(os.path.join(HERE, "../domu/cases.toml"))
    return [case | {"mem": row["mem"] // 4, "expected": case["expected"] + row["expected"],
                    "cmdline": f"{case['cmdline']} {row['cmdline_domu']}".strip()}
            for case in cases if case["name"] in RESUME]


def judge_resume(row, image, directory, record):
    """It is a domU that is saved and restored, with one vCPU and with four."""
    cases = resume_cases(row)
    run, word, reason = boot_cases.boot(cases, directory, (image, guest.KERNEL),
                                        timeout=2 * row["timeout"])
    record("resume.boots", word == PASS, f"{word}: {reason}; "
           f"see {os.path.relpath(directory, guest.ROOT)}/serial.log")
    for case in cases:
        boot_cases.judge(case, run.classifier,
                         lambda name, *rest: record(f"resume.{name}", *rest))


def suites_of(row):
    """KUnit's suites that run in it: those of the case kunit, and what the row says."""
    case = next(case for case in cases.load(os.path.join(HERE, "../boot/cases.toml"))
                if case["name"] == "kunit")
    less = {name.removeprefix("-") for name in row["kunit"] if name.startswith("-")}
    more = {name for name in row["kunit"] if not name.startswith("-")}
    return sorted(set(case["kunit"]) - {"xen_pv_contract"} - less | more)


def judge_boot(how, boot, row, image, directory, record):
    """The outcome, complaints, and each case of the test program."""
    seen, word, reason, _ = boot(row, image, directory)
    record(f"{how}.boots", word == PASS,
           f"{word}: {reason}; see {os.path.relpath(directory, guest.ROOT)}/serial.log")
    record(f"{how}.log", not seen.complaints, "; ".join(seen.complaints[:3]))
    results = ktap.results(ktap.lines_of(seen.said, "guest"))
    for name, outcome, why in results:
        if outcome != "skip":
            record(f"{how}.{name}", outcome == "pass", why)
    if "guest" in row["run"]:
        skips.judge(row, results, lambda name, *rest: record(f"{how}.{name}", *rest),
                    more=[] if row["start"] == "pvboot" else [r"a kernel without .*"])
    if how == "dom0" and "kunit" in row["run"]:
        case_boot.judge_kunit(suites_of(row), seen.said,
                              lambda name, *rest: record(f"{how}.{name}", *rest), others=True)


def judge_end(how, says, row, image, directory, record):
    """It ends as a crash, and one line says why."""
    _, word, reason, lines = boot_dom0(row, image, directory)
    record(how, word == CRASH and any(re.search(says, line) for line in lines),
           f"{word}: {reason or 'it boots as dom0'}, and no line says why")


def judge_boots(row, image, directory, record):
    """Each of the row's boots, in a directory of its own."""
    for how in row["boots"]:
        place = os.path.join(directory, how)
        os.makedirs(place)
        if how == "resume":
            judge_resume(row, image, place, record)
        elif how in ("refused", "ends"):
            judge_end(how, row["says"] or REFUSAL, row, image, place, record)
        else:
            judge_boot(how, boot_dom0 if how == "dom0" else boot_domu,
                       row, image, place, record)


def judge_xen_options(row, build, record):
    """A distribution's configuration means the same as it did."""
    if row["start"] == "pvboot" or row["random"]:
        return
    wrong, new = configs.xen_changes(build.before, build.after, kbuild.own_symbols(),
                                     kbuild.hidden_symbols())
    record("xen-options", not wrong, "; ".join(wrong))
    for name in new:
        record(f"new-and-off.{name}", True)


def built(row, build, record):
    """Configure and build it; what was said that counts."""
    build.configure()
    judge_xen_options(row, build, record)
    if row["random"]:
        return build.not_of_the_base()
    return kbuild.warnings(build.build(), build.tree, kbuild.our_files(), row["only_ours"])


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_config(row, record):
    """It is configured as wanted, builds without a warning, and boots."""
    directory = os.path.join(OUT, row["name"])
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    progress = Progress(f"  {row['name']}: building:")
    build = kbuild.Build(row, os.path.join(directory, "build.log"), progress)
    try:
        found = built(row, build, record)
    except kbuild.BuildError as error:
        pytest.fail(str(error), pytrace=False)
    progress.done("built")
    record("warnings", not found, f"{len(found)}: " + "; ".join(found[:5]))
    judge_boots(row, build.image(), directory, record)

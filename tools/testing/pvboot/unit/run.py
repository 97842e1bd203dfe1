#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Test the core over the fake Xen: run.py check|unit|coverage|faults|fuzz

Prints TAP; the last line is "N passed, N failed".  The Makefile beside this
file compiles all that is run here, and says what each word does.
"""

import argparse
import errno
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(HERE.parent / "lib"))
import faults as table      # noqa: E402

FUZZERS = ("fuzz_gates", "fuzz_context")
WIDTHS = (64, 32)
PROGRAMS = ("test", "memory")
LEAST = {"lines": 95, "branches": 90}   # per cent of the core, in each width
# Not reached is, in 32 bits, what is for the programs' root.
LEAST_OF_MEMORY = {"lines": 88, "branches": 73}
LONGEST = 60        # seconds that all cases of one build may take
FIND = 30           # seconds that fuzzing has to find a planted fault
TIMED_OUT = -1
JOBS = len(os.sched_getaffinity(0))

# A sanitizer that stops a program says so by its status, and leaves no core.
ENVIRONMENT = {key: value for key, value in os.environ.items()
               if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
ENVIRONMENT.update(ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:exitcode=99",
                   UBSAN_OPTIONS="print_stacktrace=1", LC_ALL="C")


class Results:
    """Counts verdicts and prints each as a line of TAP."""

    def __init__(self):
        self.passed = 0
        self.failed = []

    def tell(self, name, good, why=""):
        number = self.passed + len(self.failed) + 1
        print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
        if good:
            self.passed += 1
            return
        self.failed.append(name)
        for line in why.strip().splitlines()[-20:]:
            print(f"# {line}", flush=True)

    def finish(self):
        counts = os.environ.get("PVBOOT_COUNTS")
        if counts:
            with open(counts, "w", encoding="utf-8") as out:
                json.dump({"passed": self.passed, "failed": self.failed}, out)
        print(f"1..{self.passed + len(self.failed)}")
        print(f"{self.passed} passed, {len(self.failed)} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def say(text):
    print(f"# {text}", flush=True)


def run(command, seconds=LONGEST, **options):
    """(status, output); -1 for a program that did not end in time."""
    try:
        done = subprocess.run([str(word) for word in command], check=False, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, timeout=seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=ENVIRONMENT, **options)
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return TIMED_OUT, f"{output.decode(errors='replace')}\nnot done after {seconds} s"
    return done.returncode, done.stdout


def make(args, *words):
    """(status, output) of the Makefile beside this file."""
    return run(["make", "-s", "-C", HERE, f"BUILD={args.build}", f"KSRC={args.ksrc}", *words],
               seconds=600)


def runner(args, width):
    """How commands of that width begin on this machine; None: it runs none.

    Some kernels run no 32-bit programs.  QEMU's user mode does, all but the leak
    checker, which traces its own process.
    """
    source, program = args.build / "probe.c", args.build / f"probe_{width}"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    status, output = run(["gcc", f"-m{width}", "-o", program, source])
    if status:
        raise SystemExit(f"gcc -m{width}: {output}")
    try:
        return [] if run([program])[0] == 0 else None
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    emulator = shutil.which("qemu-i386-static") or shutil.which("qemu-i386")
    if width == 32 and emulator:
        say(f"{width}-bit programs are run by {os.path.basename(emulator)}; no fuzzing there")
        no_leaks = ENVIRONMENT["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
        return ["env", f"ASAN_OPTIONS={no_leaks}", emulator]
    say(f"this machine runs no {width}-bit programs, and has no qemu-i386: they are compiled, "
        "and no more")
    return None


def verdicts(output):
    """([(group and case, good, why)], what is missing) of cmocka's TAP."""
    found, held, planned, why = [], [], 0, []
    for line in output.splitlines():
        plan = re.fullmatch(r"1\.\.(\d+)", line)
        verdict = re.fullmatch(r"(not )?ok \d+ - (\S+)", line)
        group = re.fullmatch(r"# (?:not )?ok - (\S+)", line)
        if plan:
            planned += int(plan[1])
        elif verdict:
            held.append([verdict[2], not verdict[1], ""])
        elif group:
            found += [(f"{group[1]}.{name}", good, text) for name, good, text in held]
            held = []
        elif line.startswith("# ") and held:
            held[-1][2] += line[2:] + "\n"
        else:
            why.append(line)
    found += [tuple(entry) for entry in held]
    missing = planned - len(found) or not found
    return found, (f"{planned - len(found)} cases gave no verdict" if missing else ""), why


def cases(results, args):
    """The cases, compiled with sanitizers, in each width."""
    for width, program in itertools.product(args.widths, PROGRAMS):
        status, output = run([*args.runner[width], args.build / f"{program}_{width}"])
        found, missing, rest = verdicts(output)
        for name, good, why in found:
            results.tell(f"{width}: {name}", good, why)
        failed = any(not good for _, good, _ in found)
        if missing or status not in (0, 1) or bool(status) != failed:
            results.tell(f"{width}: all cases of {program}", False,
                         "\n".join([*rest, missing, f"ended with status {status}"]))


def abi(results, args):
    """Assertions at compile time: each object is a verdict."""
    for width in WIDTHS:
        for headers in ("xen", "linux"):
            target = args.build / f"{width}/abi_{headers}.o"
            target.unlink(missing_ok=True)
            status, output = make(args, target)
            results.tell(f"{width}: abi.{headers}", status == 0, output)


def covered(name, data):
    """{what: (reached, all)} of one file, and the lines that nothing reached."""
    lines = [line for line in data["lines"]]
    branches = [branch for line in lines for branch in line["branches"]]
    missed = sorted({line["line_number"] for line in lines if not line["count"]} |
                    {line["line_number"] for line in lines
                     if any(not branch["count"] for branch in line["branches"])})
    return ({"lines": (sum(bool(line["count"]) for line in lines), len(lines)),
             "branches": (sum(bool(branch["count"]) for branch in branches), len(branches))},
            [f"{name}:{number}" for number in missed])


def share(reached, of_all):
    return 100 * reached / of_all if of_all else 100


def coverage_of(args, width, objects, program, files):
    """The totals of a program in one width; says what each file has."""
    objects = args.build / f"{width}/{objects}"
    for old in objects.rglob("*.gcda"):
        old.unlink()
    status, output = run([*args.runner[width], args.build / f"{program}_{width}"])
    if status:
        raise RuntimeError(output)
    total = {what: [0, 0] for what in LEAST}
    for name in files:
        status, output = run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                              (objects / name).with_suffix(".gcda")])
        if status:
            raise RuntimeError(output)
        data = [entry for entry in json.loads(output.splitlines()[0])["files"]
                if Path(entry["file"]).name == Path(name).name]
        counts, missed = covered(name, data[0])
        for what, (reached, of_all) in counts.items():
            total[what][0] += reached
            total[what][1] += of_all
        say(f"{width}-bit {name:16} " + "  ".join(
            f"{what} {share(*pair):5.1f} % of {pair[1]}" for what, pair in counts.items()))
        if missed:
            say("  not reached, or not both ways: " + " ".join(missed))
    return total


# What a program covers: its objects, its files, and the least of it
COVERED = (("core", "cov", "cov", table.CORE_FILES, LEAST),
           ("memory", "memory_cov", "memory_cov", table.MEMORY_FILES, LEAST_OF_MEMORY))


def coverage(results, args):
    for width, (part, objects, program, files, least) in itertools.product(args.widths, COVERED):
        try:
            total = coverage_of(args, width, objects, program, files)
        except (RuntimeError, ValueError, LookupError) as err:
            results.tell(f"{width}: coverage of {part}", False,
                         str(err) or f"gcov said nothing of {part}")
            continue
        for what, wanted in least.items():
            got = share(*total[what])
            results.tell(f"{width}: coverage.{part}.{what} {got:.1f} %, at least {wanted} %",
                         total[what][1] and got >= wanted)


EVERY_CASE_PASSES = "every case passes"

# What has to pass, by the way that faults take
NOTHING = {"name": "none, planted", "by": "", "old": "", "new": ""}


def find_fault(args, number, fault):
    """(seen, what was seen or why not)"""
    place = args.build / "faults" / str(number)
    try:
        name = table.plant(fault, place)
    except (ValueError, OSError) as err:
        return False, str(err)
    words = [f"FAULT={place}", f"FILE={Path(name).with_suffix('')}",
             f"WIDTH={fault['width']}"]
    if fault["by"]:
        status, output = make(args, "fault-fuzz", f"BY={fault['by']}", *words)
    else:
        memory = fault["file"] in table.MEMORY_FILES
        status, output = make(args, "fault-memory" if memory else "fault", *words)
    if status:
        return False, f"the faulty copy does not compile\n{output}"
    if fault["by"]:
        status, output = run([place / "test", f"-max_total_time={FIND}", "-seed=1",
                              f"-artifact_prefix={place}/"], seconds=2 * FIND, cwd=place)
        found = re.search(r"^(does not hold|the check says|SUMMARY).*", output, re.M)
        return status != 0 and bool(found), found[0] if found else "not found by fuzzing"
    status, output = run([*args.runner[fault["width"]], place / "test"], seconds=20,
                         cwd=place)
    shutil.rmtree(place)
    bad = [name for name, good, _ in verdicts(output)[0] if not good]
    if status == 0:
        return False, EVERY_CASE_PASSES
    if status == TIMED_OUT and not bad:
        return False, "no end within 20 s, and no case that failed"
    stopped = re.search(r"runtime error: .*|SUMMARY: .*", output)
    return True, ", ".join(bad[:3]) or (stopped[0] if stopped else f"status {status}")


def faults(results, args):
    """Each fault is seen, and nothing is seen where there is none."""
    plant(results, args, table.load() + table.load(table.TABLE_OF_MEMORY))


def faults_of_core(results, args):
    """The same without those of memory, which take minutes."""
    plant(results, args, table.load())


def plant(results, args, rows):
    rows = [row for row in rows if row["width"] in args.widths and
            not (row["by"] and args.runner[row["width"]])]
    shutil.rmtree(args.build / "faults", ignore_errors=True)
    for width, program in itertools.product(args.widths, PROGRAMS):
        status, output = run([*args.runner[width], args.build / f"{program}_{width}"])
        results.tell(f"fault: {width}: none is seen in {program} where there is none",
                     status == 0, output[-1000:])
    rows = [{**NOTHING, "file": name, "width": width}
            for width in args.widths for name in ("trap_table.c", "mm/tlb.c")] + rows
    with ThreadPoolExecutor(JOBS) as pool:
        found = pool.map(lambda row: find_fault(args, *row), enumerate(rows))
        for fault, (seen, what) in zip(rows, found):
            if fault["name"] == NOTHING["name"]:
                results.tell(f"fault: {fault['width']}: {NOTHING['name']} in {fault['file']}",
                             what == EVERY_CASE_PASSES, what)
                continue
            results.tell(f"fault: {fault['name']}", seen, what)
            if seen:
                say(f"  seen by {what}")


def fuzz_one(args, target, width, seconds):
    """(good, what happened)"""
    place = args.build / "fuzz" / f"{target}_{width}"
    corpus = place / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    program = args.build / f"{target}_{width}"
    status, output = run([program, f"-max_total_time={seconds}", "-timeout=10",
                          f"-artifact_prefix={place}/", corpus], seconds=seconds + 120)
    (place / "log").write_text(output, encoding="utf-8")
    done = re.search(r"^Done (\d+) runs", output, re.M)
    if status == 0 and done and int(done[1]):
        return True, f"{done[1]} runs in {seconds} s"
    kept = re.search(r"Test unit written to (\S+)", output)
    again = f"\nagain: {program} {kept[1]}" if kept else ""
    return False, f"ended with status {status}\n{output[-1500:]}{again}"


def fuzz(results, args):
    pairs = [(target, width) for target in FUZZERS for width in args.widths
             if not args.runner[width]]
    seconds = max(1, args.seconds // len(pairs))
    say(f"fuzzing: {len(pairs)} programs, {seconds} s each, {JOBS} at a time")
    with ThreadPoolExecutor(JOBS) as pool:
        done = pool.map(lambda pair: fuzz_one(args, *pair, seconds), pairs)
        for (target, width), (good, what) in zip(pairs, done):
            results.tell(f"{width}: {target}", good, what)
            if good:
                say(f"  {what}")


# What each word runs, and what has to be compiled for it.
WORDS = {
    "check": ((abi, cases, coverage, faults_of_core, fuzz), ("build",)),
    "unit": ((abi, cases, coverage, faults), ("build-64", "build-32")),
    "coverage": ((coverage,), ("build-64", "build-32")),
    "faults": ((faults,), ("build-64", "build-32")),
    "fuzz": ((fuzz,), ("build-fuzz",)),
}


def seconds_of(text):
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 4:
        print(f"FUZZTIME={text}: not a number from 4 to 999999", file=sys.stderr)
        sys.exit(2)
    return int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("word", choices=WORDS)
    parser.add_argument("--build", type=Path, default=ROOT / "build/unit")
    parser.add_argument("--ksrc", type=Path, default=ROOT / "build/base/linux")
    parser.add_argument("--seconds", type=seconds_of, default=60)
    args = parser.parse_args()
    args.build = args.build.resolve()
    results = Results()
    steps, targets = WORDS[args.word]
    status, output = make(args, f"-j{JOBS}", "-k", *targets)
    if status:
        results.tell("build", False, output)
        return results.finish()
    args.runner = {width: runner(args, width) for width in WIDTHS}
    args.widths = [width for width in WIDTHS if args.runner[width] is not None]
    for step in steps:
        step(results, args)
    return results.finish()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

# SPDX-License-Identifier: GPL-2.0
"""How check.py counts: no way leads from silence to a pass."""

import importlib.util
import json
import os
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("check", os.path.join(HERE, "../check.py"))
check = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check)


def counted(tmp_path, output, status, found=None):
    """What check.py makes of a layer."""
    path = tmp_path / "counts.json"
    if found is not None:
        path.write_text(json.dumps(found))
    return check.counted("layer", output, status, str(path))


def test_counts_of_pytest(tmp_path):
    found = {"passed": 3, "failed": ["a"], "skipped": 1}
    assert counted(tmp_path, [], 1, found) == (3, ["a"])


def test_a_bad_end_is_a_failure(tmp_path):
    found = {"passed": 3, "failed": [], "skipped": 0}
    passed, failed = counted(tmp_path, [], 2, found)
    assert (passed, len(failed)) == (3, 1)


def test_a_run_that_died_is_a_failure(tmp_path):
    assert len(counted(tmp_path, ["Killed"], -9)[1]) == 1


def test_nothing_tested_is_a_failure(tmp_path):
    found = {"passed": 0, "failed": [], "skipped": 7}
    assert len(counted(tmp_path, [], 0, found)[1]) == 1


def test_a_command_that_counts_itself(tmp_path):
    passed, failed = counted(tmp_path, ["x\n", "4 passed, 2 failed\n"], 1)
    assert (passed, len(failed)) == (4, 2)


def test_a_command_that_does_not(tmp_path):
    assert counted(tmp_path, ["fine\n"], 0) == (1, [])


def test_a_layer_that_nobody_knows(capsys):
    assert check.main(["brokn"]) == 2
    assert check.main(["lint", "brokn"], check.LONG_LAYERS) == 2
    assert "brokn" in capsys.readouterr().err


def test_a_layer_that_is_not_there():
    assert len(check.run("layer", ["no/such/script"])[1]) == 1


def test_the_summary_says_of_what_it_is(tmp_path, monkeypatch):
    table = [("one", "", []), ("two", "", [])]
    monkeypatch.setattr(check, "OUT", str(tmp_path))
    monkeypatch.setattr(check, "run", lambda name, _command: (1, [name] if name == "two" else []))
    assert check.main(["one"], table) == 0
    found = json.loads((tmp_path / "summary.json").read_text())
    assert found["layers"] == ["one"] and not found["complete"] and found["failed"] == []
    assert check.main([], table, "summary-long.json") == 1
    found = json.loads((tmp_path / "summary-long.json").read_text())
    assert found["complete"] and found["passed"] == 2 and found["failed"] == ["two"]


def test_a_layer_is_prepared_first(tmp_path, monkeypatch):
    """What it needs is made before it, and where that fails it has failed."""
    monkeypatch.setattr(check, "OUT", str(tmp_path))
    done = tmp_path / "done"
    table = [("one", "", ["test", "-e", str(done)]), ("two", "", ["true"])]
    monkeypatch.setattr(check, "PREPARED", {"one": ["touch", done]})
    assert check.main([], table) == 0
    monkeypatch.setattr(check, "PREPARED", {"two": ["false"]})
    assert check.main([], table) == 1
    found = json.loads((tmp_path / "summary.json").read_text())
    assert found["failed"] == ["two: what it needs could not be made"] and found["passed"] == 1


def test_a_layer_is_left_out_where_it_is_late(tmp_path, monkeypatch, capsys):
    """With a line, and not as if all had been run; others are run whenever it is."""
    monkeypatch.setattr(check, "OUT", str(tmp_path))
    monkeypatch.setattr(check, "PREPARED", {})
    table = [("unit", "", ["true"]), ("bits-32", "", ["false"])]
    monkeypatch.setenv("CHECK_UNTIL", str(int(time.time()) - 1))
    assert check.main([], table) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == ["LEFT OUT bits-32", "1 passed, 0 failed"]
    found = json.loads((tmp_path / "summary.json").read_text())
    assert found["layers"] == ["unit"] and not found["complete"]
    monkeypatch.setenv("CHECK_UNTIL", str(int(time.time()) + 60))
    assert check.main([], table) == 1
    monkeypatch.delenv("CHECK_UNTIL")
    assert check.main([], table) == 1
    monkeypatch.setenv("CHECK_UNTIL", "noon")
    assert check.main([], table) == 2
    assert capsys.readouterr().err == "check: CHECK_UNTIL=noon: not seconds since 1970\n"


def test_layers_beside_each_other(tmp_path, monkeypatch, capsys):
    """Both run at once, and each is shown as a whole, in its turn."""
    monkeypatch.setattr(check, "OUT", str(tmp_path))
    monkeypatch.setenv("MET", str(tmp_path))
    script = ("cd $MET; echo a; touch $0; for i in $(seq 100); do [ -e $1 ] && break; sleep 0.1;"
              " done; echo z; [ -e $1 ]")
    table = [("lint", "first", ["echo", "alone"])] + [
        (mine, "what", ["sh", "-c", script, mine, other])
        for mine, other in (("docs", "overlay"), ("overlay", "docs"))]
    assert check.main([], table) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in said] == [
        "layer 1 of 3: lint", "alone", "layer 2 of 3: docs", "a", "z",
        "layer 3 of 3: overlay", "a", "z", "3 passed, 0 failed"]


def test_a_failure_beside_another_layer(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "OUT", str(tmp_path))
    table = [("docs", "", ["false"]), ("series", "", ["no/such"]), ("harness", "", ["true"])]
    assert check.main([], table) == 1
    found = json.loads((tmp_path / "summary.json").read_text())
    assert [name.split(":")[0] for name in found["failed"]] == ["docs", "series"]
    assert found["passed"] == 1

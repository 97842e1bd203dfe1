# SPDX-License-Identifier: GPL-2.0
"""The table of releases, read by Python and by the shell."""

import os
import subprocess

import pytest

import releases

PREPARE = os.path.join(releases.HERE, "../prepare")


def shell(words, **environment):
    """What releases.sh has of it."""
    script = f'. "$(dirname "$0")/releases.sh"; {words}'
    done = subprocess.run(["sh", "-euc", script, f"{PREPARE}/steps"], check=True, text=True,
                          env={"PATH": os.environ["PATH"]} | environment, capture_output=True)
    return done.stdout.split()


def test_every_row_has_a_word_for_each_release():
    table = releases.load()
    assert list(table) == ["bookworm", "trixie"]
    assert table["bookworm"].keys() == table["trixie"].keys() > {"number", "xen"}


def test_the_others_are_not_what_is_taken_by_default():
    own = releases.load()[releases.of_machine()]["xen"]
    assert releases.other_xen() in {rows["xen"] for rows in releases.load().values()} - {own}
    assert releases.other_base() in set(releases.bases()) - {releases.OWN_BASE}


def test_shell_and_python_read_the_same():
    for release, rows in releases.load().items():
        for row, word in rows.items():
            assert shell(f"of {row} {release}") == [word]
    assert shell("xen_versions") == [rows["xen"] for rows in releases.load().values()]
    assert shell("xen_release 4.17; xen_release 4.20") == ["bookworm", "trixie"]


@pytest.mark.parametrize("said, release", [
    ('ID=debian\nVERSION_CODENAME=bookworm\n', "bookworm"),
    ('ID="debian"\nVERSION_CODENAME="trixie"\n', "trixie"),
    ('ID=debian\nVERSION_CODENAME=forky\n', "trixie"),
    ('ID=ubuntu\nVERSION_CODENAME=bookworm\n', "trixie"),
    ('ID=debian\n', "trixie"), ("", "trixie")])
def test_the_machines_release(tmp_path, monkeypatch, said, release):
    file = tmp_path / "os-release"
    file.write_text(said)
    monkeypatch.setenv("PVBOOT_OS_RELEASE", str(file))
    monkeypatch.delenv("XEN_VERSION", raising=False)
    assert releases.of_machine() == release
    assert shell("echo $release", PVBOOT_OS_RELEASE=str(file)) == [release]
    own = releases.load()[release]["xen"]
    for version in ("", "4.17", "4.20"):
        monkeypatch.setenv("XEN_VERSION", version)
        suffix = shell("echo $other_xen", PVBOOT_OS_RELEASE=str(file), XEN_VERSION=version)
        assert releases.made_of_xen("xen").endswith("/build/xen" + "".join(suffix))
        assert suffix == ([] if version in ("", own) else [f"-{version}"])


def prepared(words, **environment):
    """What common.sh has of it."""
    return shell(f'. "$(dirname "$0")/common.sh"; {words}', **environment)


def test_the_first_base_is_the_default():
    assert releases.bases()[0] == releases.OWN_BASE == prepared("echo $own_base")[0]


@pytest.mark.parametrize("base", releases.bases())
def test_both_sides_agree_where_a_base_lies(base):
    place = prepared("echo $build", BASE=base)[0]
    assert os.path.normpath(place) == os.path.normpath(releases.build_of(base))


def test_each_base_has_its_options():
    gone = {base: row["options"] for base, row in releases.load(releases.BASES).items()}
    said = {base: prepared('. "$here/bases.sh"; base_has options', BASE=base) for base in gone}
    assert said == {base: [] if words == "-" else [words] for base, words in gone.items()}

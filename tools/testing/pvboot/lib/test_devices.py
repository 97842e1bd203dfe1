# SPDX-License-Identifier: GPL-2.0
"""What a case's devices are made of, and what is seen of them from outside."""

import os
import subprocess

import pytest

import devices
import guest

INITRAMFS = os.path.join(guest.ROOT, "tools/testing/pvboot/boot/initramfs/devices.sh")


@pytest.fixture(name="small", autouse=True)
def fixture_small(monkeypatch):
    """Little passes through them."""
    monkeypatch.setattr(devices, "PAYLOAD_MIB", 1)
    monkeypatch.setattr(devices, "DISKS", {"disk0": 2, "disk1": 3})


def test_the_payload_is_the_same_each_time():
    assert devices.payload(1) == devices.payload(1) != devices.payload(1, 1)
    assert len(devices.payload(1)) == devices.MIB


def test_files_have_the_sums_that_md5sum_finds(tmp_path):
    initrd = devices.initrd(os.devnull, devices.files(8), tmp_path / "initrd")
    subprocess.run(["cpio", "-i", "-d", "--quiet"], input=initrd.read_bytes(), cwd=tmp_path,
                   check=True)
    sums = (tmp_path / "pvboot/files.md5").read_text().replace("  /", f"  {tmp_path}/")
    assert sums.count("\n") == 2
    subprocess.run(["md5sum", "--check", "--quiet"], input=sums.encode(), check=True)


def test_the_drivers_come_in_their_order(tmp_path):
    for name in devices.MODULES:
        path = tmp_path / f"{name}.ko"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    found = devices.drivers(tmp_path)
    order = found["pvboot/modules/order"].decode().split()
    assert [found[f"pvboot/modules/{name}.ko"].decode() for name in order] == list(devices.MODULES)
    assert found["pvboot/modules/payload.md5"].decode() == devices.md5(devices.payload(1))


def test_disks_have_their_sizes(tmp_path):
    devices.make_disks(tmp_path)
    assert (tmp_path / "disk0").stat().st_size == 2 * devices.MIB
    assert (tmp_path / "disk1").stat().st_size == 3 * devices.MIB
    assert (tmp_path / "payload").read_bytes() == devices.payload(1)
    words = devices.arguments()
    assert all(any(f"file={name}" in word for word in words) for name in devices.DISKS)


@pytest.mark.parametrize("second, good", [
    (devices.payload(1), True), (devices.payload(1, 1), False), (b"", False),
    (devices.payload(1)[:-1], False), (devices.payload(1)[:-1] + b"\0", False),
])
def test_a_disk_is_looked_at_from_outside(tmp_path, second, good):
    (tmp_path / "disk0").write_bytes(devices.payload(1) + second)
    assert devices.copied(tmp_path) == good


def test_what_the_disk_held_before_has_to_stay(tmp_path):
    (tmp_path / "disk0").write_bytes(devices.payload(1, 1) * 2)
    assert not devices.copied(tmp_path)


def test_the_guest_asks_the_peer_that_there_is():
    with open(INITRAMFS, encoding="utf-8") as script:
        text = script.read()
    assert f"peer={devices.PEER}\n" in text
    assert all(f"nc $peer {port} " in text for port in devices.SERVICES)

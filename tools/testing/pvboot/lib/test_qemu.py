# SPDX-License-Identifier: GPL-2.0
"""What the harness asks of QEMU, and what it gives to it."""

import socket
import threading

import pytest

import guest
import loader
import qemu


def fake(directory, monkeypatch, words):
    """A QEMU that says these words."""
    program = directory / qemu.PROGRAM
    program.write_text(f"#!/bin/sh\necho '{words}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_a_version_that_serves(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds)")
    assert qemu.check_version() == "10.0.2"


@pytest.mark.parametrize("version", ["7.2.15", "9.0.4", "9.0"])
def test_an_old_version_is_refused_with_the_reason(tmp_path, monkeypatch, version):
    fake(tmp_path, monkeypatch, f"QEMU emulator version {version} (Debian)")
    with pytest.raises(qemu.QemuError, match=f"{version} is older than 9.1: .*SMAP"):
        qemu.check_version()


def test_one_that_does_not_say(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "hello")
    with pytest.raises(qemu.QemuError, match="version"):
        qemu.check_version()


def test_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(qemu.QemuError, match="not there"):
        qemu.check_version()


def test_commas_do_not_part_the_command_line():
    arguments = guest.Guest(cmdline="a=1,2").arguments()
    modules = arguments[arguments.index("-initrd") + 1]
    assert "a=1,,2" in modules
    assert modules.endswith(",initramfs")


def test_another_topology():
    arguments = guest.Guest(vcpus=6, smp="6,sockets=2").arguments()
    assert arguments[arguments.index("-smp") + 1] == "6,sockets=2"


def test_counting_instructions_changes_the_clock_and_nothing_else():
    plain, exact = guest.Guest().arguments(), guest.Guest(exact=True).arguments()
    assert "thread=single" in exact[exact.index("-accel") + 1]
    assert exact[exact.index("-icount") + 1].startswith("shift=0")
    assert [word for word in plain if word not in exact] == ["tcg,thread=multi"]


def test_a_plugin_comes_with_its_options():
    plain, other = guest.Guest().arguments(), guest.Guest(plugin="a.so,b=c").arguments()
    assert other == plain + ["-plugin", "a.so,b=c"]


def test_one_without_plugins_says_so(tmp_path, monkeypatch):
    program = tmp_path / qemu.PROGRAM
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program.write_text('#!/bin/sh\necho "$@" | grep -q "a.so,probe=on"\n')
    program.chmod(0o755)
    qemu.check_plugin("a.so")
    program.write_text("#!/bin/sh\necho 'a\nplugin a.so requires api version 3' >&2\nexit 1\n")
    with pytest.raises(qemu.QemuError, match="plugins as 9.0 .*: plugin a.so requires") as failure:
        qemu.check_plugin("a.so")
    assert "\n" not in str(failure.value)
    monkeypatch.setattr(qemu, "PATIENCE", 0.1)
    program.write_text("#!/bin/sh\nexec sleep 5\n")
    with pytest.raises(qemu.QemuError, match="goes on without"):
        qemu.check_plugin("a.so")


def test_the_callers_words_come_last():
    machine = guest.Guest(cmdline="loglevel=8", xencmdline="pv=32")
    assert machine.linux_line().endswith("loglevel=8")
    assert machine.xen_line().endswith("pv=32")


def changed(**options):
    """The words of QEMU's command line that options change, old and new."""
    plain, other = guest.Guest().arguments(), guest.Guest(**options).arguments()
    return [(old, new) for old, new in zip(plain, other, strict=True) if old != new]


def test_a_monitor_has_a_socket():
    assert changed(monitor=True) == [("none", "unix:monitor,server=on,wait=off")]


def test_another_cpu():
    assert changed(cpu="Nehalem") == [("max", "Nehalem")]


def test_a_cd_has_what_qemu_would_load():
    plain, other = guest.Guest().arguments(), guest.Guest(cut="28M 29M").arguments()
    at = plain.index("-kernel")
    assert plain[at::2] == ["-kernel", "-initrd", "-append"]
    assert other == plain[:at] + ["-cdrom", loader.ISO]


def test_the_loader_cuts_the_map():
    lines = loader.menu("28M 29M", "pv=32 dom0_mem=4096M", "console=hvc0").splitlines()
    assert lines.index("cutmem 28M 29M") < lines.index("multiboot2 /boot/xen pv=32 dom0_mem=4096M")
    assert "module2 /boot/kernel console=hvc0" in lines and lines[-1] == "boot"


def test_a_cd_is_made(tmp_path, monkeypatch):
    for name in loader.FILES:
        (tmp_path / name).write_text(f"of {name}\n")
    program = tmp_path / loader.PROGRAM
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program.write_text('#!/bin/sh\ncd "$8/boot" && cat xen kernel initramfs grub/grub.cfg > "$4"\n')
    program.chmod(0o755)
    loader.make(str(tmp_path), "the menu\n")
    assert (tmp_path / loader.ISO).read_text() == "of xen\nof kernel\nof initramfs\nthe menu\n"
    assert not (tmp_path / "cd").exists()


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", None])
def test_a_cd_that_cannot_be_made(tmp_path, monkeypatch, program):
    for name in loader.FILES:
        (tmp_path / name).write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    if program:
        (tmp_path / loader.PROGRAM).write_text(program)
        (tmp_path / loader.PROGRAM).chmod(0o755)
    with pytest.raises(qemu.QemuError, match="made no CD, which takes what `make image` takes"):
        loader.make(str(tmp_path), "")


def test_a_monitor_is_told(tmp_path):
    heard = []
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.bind(str(tmp_path / qemu.MONITOR))
        monitor.listen()

        def answer():
            peer, _ = monitor.accept()
            with peer:
                peer.sendall(b"QEMU monitor\r\n(qemu) ")
                heard.append(peer.recv(64))
                peer.sendall(b"nmi\r\n(qemu) ")

        thread = threading.Thread(target=answer)
        thread.start()
        assert qemu.tell_monitor(str(tmp_path), "nmi")
        thread.join()
    assert heard == [b"nmi\n"]


def test_a_monitor_that_is_gone(tmp_path):
    assert not qemu.tell_monitor(str(tmp_path), "nmi")

# SPDX-License-Identifier: GPL-2.0
"""How `make profile` follows calls, reads, counts and draws."""

import argparse
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../bench"), os.path.join(HERE, "../lib")]

# pylint: disable=wrong-import-position
import boots                    # noqa: E402
import figures                  # noqa: E402
import flame                    # noqa: E402
import folded                   # noqa: E402
import profiler                 # noqa: E402
import profile_table            # noqa: E402
import symbols                  # noqa: E402

MEASURES = os.path.join(HERE, "../bench/measures.toml")

# --- the plugin --------------------------------------------------------------

# Where a small Xen and a small Linux have their functions
PROGRAM = 0x401000
XEN_ENTRY, DO_IT, PAGE_FAULT, XEN_END = (0xffff82d040200000 + 0x1000 * n for n in range(4))
ENTRY, CALLER, CALLEE, COLD, SWITCH, FORKED, FAULT, THUNK = (
    0xffffffff81000000 + 0x1000 * n for n in range(8))

TABLE = f"""\
{XEN_ENTRY:x} 1 - lstar_enter
{DO_IT:x} 2 - do_it
{PAGE_FAULT:x} 3 - page_fault
{XEN_END:x} 4 - xen_end
{ENTRY:x} 5 e entry
{CALLER:x} 6 - caller
{CALLEE:x} 7 - callee
{COLD:x} 6 p caller
{SWITCH:x} 8 - switch
{FORKED:x} 9 n forked
{FAULT:x} 10 e fault_entry
{THUNK:x} 11 t return_thunk
"""

NOP, CALL, RET, JMP, SYSCALL = "90", "e800000000", "c3", "eb00", "0f05"
CLOCK, OTHER_MARK = "0f1f8002627670", "0f1f8003627670"
SAVE, LOAD = "4889a700010000", "488ba600010000"


@pytest.fixture(name="tools", scope="module")
def fixture_tools(tmp_path_factory):
    """The plugin, and what feeds its counting: they compile without a warning."""
    out = tmp_path_factory.mktemp("profile")
    done = subprocess.run(
        ["make", "-C", HERE, f"OUT={out}", f"{out}/plugin.so", f"{out}/feed_stacks"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    return out


@pytest.fixture(name="count")
def fixture_count(tools, tmp_path):
    """count(instructions): the rounds; one is (address, bytes[, number[, vCPU]])."""
    def count(instructions, *more):
        (tmp_path / "symbols").write_text(TABLE)
        stream = "".join(f"{vcpu} {address:x} {code} {number:x}\n" for address, code, number, vcpu
                         in (tuple(one) + (0, 0)[len(one) - 2:] for one in instructions))
        done = subprocess.run([tools / "feed_stacks", tmp_path / "symbols", tmp_path / "round-",
                               *more], input=stream, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [folded.read_round(path, {1: "it"}) for path in sorted(tmp_path.glob("round-*"))]
    return count


def in_a_round(instructions):
    """Between two looks at the clocks; each counts one of the program's."""
    return [(PROGRAM, CLOCK)] + instructions + [(PROGRAM + 0x100, CLOCK)]


def texts(found):
    """{stack as text: (instructions, entries)}, without the program's own."""
    return {";".join(stack): (number, found.entries[stack])
            for stack, number in found.instructions.items() if stack != ("user",)}


# The program's system call, up to Linux's entry
INTO_LINUX = [(PROGRAM + 7, SYSCALL), (XEN_ENTRY, NOP), (XEN_ENTRY + 1, NOP), (ENTRY, NOP)]


def test_every_instruction_counts_once(count):
    body = INTO_LINUX + [(ENTRY + 1, CALL), (CALLER, NOP), (CALLER + 1, CALL), (CALLEE, RET),
                         (CALLER + 6, RET), (ENTRY + 6, NOP)]
    found, = count(in_a_round(body))
    # The first look is before the round and the second in it.
    assert folded.total(found) == len(body) + 1
    assert texts(found) == {
        "user;[xen] system call;lstar_enter": (2, 1),
        "user;entry": (3, 1), "user;entry;caller": (3, 1), "user;entry;caller;callee": (1, 1)}


def test_a_hypercall_is_told_by_its_register(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, NOP), (CALLER + 1, SYSCALL, 1), (XEN_ENTRY, CALL),
        (DO_IT, RET), (XEN_ENTRY + 5, NOP), (CALLER + 3, SYSCALL, 99), (XEN_ENTRY, NOP),
        (CALLER + 5, RET), (ENTRY + 6, NOP)]))
    assert texts(found) == {
        "user;[xen] system call;lstar_enter": (2, 1), "user;entry": (3, 1),
        "user;entry;caller": (4, 1), "user;entry;caller;[xen] it;lstar_enter": (2, 1),
        "user;entry;caller;[xen] it;lstar_enter;do_it": (1, 1),
        "user;entry;caller;[xen] hypercall 99;lstar_enter": (1, 1)}
    assert folded.kinds(found)["it"] == (1, 3)


def test_an_exception_goes_on_top_and_comes_back(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, NOP), (PAGE_FAULT, NOP), (FAULT, CALL), (CALLEE, NOP),
        (CALLEE + 1, RET), (FAULT + 5, SYSCALL, 23), (XEN_ENTRY, NOP), (CALLER, NOP),
        (CALLER + 1, RET), (ENTRY + 6, NOP)]))
    told = texts(found)
    assert told["user;entry;caller"] == (3, 1)
    assert told["user;entry;caller;[xen] page_fault;page_fault"] == (1, 1)
    assert told["user;entry;caller;fault_entry"] == (2, 1)
    assert told["user;entry;caller;fault_entry;callee"] == (2, 1)
    assert told["user;entry"] == (3, 1)


def test_an_interrupt_between_a_call_and_what_is_called(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (PAGE_FAULT, NOP), (CALLER, NOP), (CALLER + 1, RET), (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;caller"] == (2, 1)
    assert texts(found)["user;entry"] == (3, 1)


def test_an_interrupt_before_a_function_that_calls_itself(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, CALL), (PAGE_FAULT, NOP), (CALLER, RET), (CALLER + 5, RET),
        (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;caller"] == (2, 1)
    assert texts(found)["user;entry;caller;caller"] == (1, 1)


def test_the_program_ends_what_linux_did(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, SYSCALL, 23), (XEN_ENTRY, NOP), (PROGRAM + 9, NOP)] +
        INTO_LINUX))
    assert texts(found)["user;entry"] == (3, 2)


def test_a_jump_takes_the_callers_place(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, JMP), (CALLEE, RET), (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;callee"] == (1, 1)
    assert texts(found)["user;entry"] == (3, 1)


def test_a_return_by_jump_is_the_functions_own(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, JMP), (THUNK, RET), (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;caller"] == (2, 1)
    assert texts(found)["user;entry"] == (3, 1)


def test_a_part_elsewhere_is_the_same_function(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, JMP), (COLD, NOP), (COLD + 1, JMP), (CALLER + 2, RET),
        (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;caller"] == (4, 1)


def test_recursion(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, CALL), (CALLER, NOP), (CALLER + 9, RET), (CALLER + 5, RET),
        (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry;caller;caller"] == (2, 1)
    assert folded.functions(found)["caller"] == (4, 4, 2)


def test_a_return_past_several_frames(count):
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, CALL), (CALLEE, RET), (ENTRY + 6, NOP)]))
    assert texts(found)["user;entry"] == (3, 1)


def test_each_task_has_its_stack(count):
    first, second = 0x1000, 0x2000
    found, = count(in_a_round(INTO_LINUX + [
        (ENTRY + 1, CALL), (CALLER, CALL), (SWITCH, SAVE, first), (SWITCH + 7, LOAD, second),
        (SWITCH + 14, RET), (FORKED, CALL), (CALLEE, CALL), (SWITCH, SAVE, second),
        (SWITCH + 7, LOAD, first), (SWITCH + 14, RET), (CALLER + 5, RET), (ENTRY + 6, NOP)]))
    told = texts(found)
    assert told["user;entry;caller"] == (2, 1)
    assert told["user;entry"] == (3, 1)
    assert told["forked"] == (1, 1)
    assert told["forked;callee"] == (1, 1)
    assert told["forked;callee;switch"] == (2, 1)
    assert folded.total(found) == len(INTO_LINUX) + 12 + 1


def test_a_new_task_has_nothing_of_an_older_one(count):
    first, second = 0x1000, 0x2000
    begin = [(SWITCH, SAVE, first), (SWITCH + 7, LOAD, second), (SWITCH + 14, RET)]
    end = [(SWITCH, SAVE, second), (SWITCH + 7, LOAD, first), (SWITCH + 14, RET)]
    found, = count(in_a_round(
        INTO_LINUX + [(ENTRY + 1, CALL), (CALLER, CALL)] + begin +
        [(FORKED, CALL), (CALLEE, CALL)] + end + [(CALLER + 5, CALL)] + begin +
        [(FORKED, CALL), (CALLEE, NOP)]))
    told = texts(found)
    assert told["forked"] == (2, 2)
    assert told["forked;callee"] == (2, 2)
    assert not [text for text in told if "callee" in text and not text.startswith("forked")]


def test_each_cpu_has_its_own(count):
    found, = count(in_a_round(
        [one + (0, 0) for one in INTO_LINUX] + [(PROGRAM, NOP, 0, 1)] +
        [one + (0, 1) for one in INTO_LINUX] +
        [(ENTRY + 1, CALL), (ENTRY + 1, CALL, 0, 1), (CALLER, NOP), (CALLEE, NOP, 0, 1)]))
    told = texts(found)
    assert told["user;entry;caller"] == (1, 1)
    assert told["user;entry;callee"] == (1, 1)


def test_rounds_are_between_two_looks(count):
    found = count(in_a_round([(PROGRAM + 7, NOP)]) + [(PROGRAM + 8, NOP)] * 50 +
                  [(PROGRAM + 8, OTHER_MARK)] + in_a_round([(PROGRAM + 7, NOP)] * 9))
    assert [folded.total(one) for one in found] == [2, 10]


def test_the_boot_is_from_linux_to_the_first_program(count):
    found, = count([(DO_IT, NOP)] * 30 + [(ENTRY, CALL), (CALLER, SYSCALL, 1), (XEN_ENTRY, NOP),
                                          (CALLER + 2, RET), (ENTRY + 5, NOP), (PROGRAM, NOP)] +
                   INTO_LINUX, "boot")
    assert folded.total(found) == 5
    told = texts(found)
    assert sum(numbers[0] for text, numbers in told.items() if "[xen] it" in text) == 1
    assert sum(numbers[0] for text, numbers in told.items() if text.endswith("caller")) == 2


def test_deep_stacks_are_cut_and_nothing_is_lost(count):
    body = INTO_LINUX + [(ENTRY + 1, CALL)] + [(CALLER, CALL)] * 2000 + [(CALLER + 5, RET)] * 2000
    found, = count(in_a_round(body + [(ENTRY + 6, NOP)]))
    assert folded.total(found) == len(body) + 2


# --- symbols -----------------------------------------------------------------

def xen_image(names, padding=12):
    """An image with the table that Xen's tools/symbols.c writes; [(address, kind and name)]"""
    tokens = [chr(code) if chr(code).isalnum() or chr(code) in "_#./" else f"x{code}y"
              for code in range(256)]
    tokens[200] = "do_"
    index, strings = [], b""
    for token in tokens:
        index.append(len(strings))
        strings += token.encode() + b"\0"
    packed, marks = b"", []
    for number, (_, name) in enumerate(names):
        if number % 256 == 0:
            marks.append(len(packed))
        raw = name.replace("do_", chr(200)).encode("latin-1")
        packed += bytes([len(raw)]) + raw

    def aligned(data):
        return data + bytes(-len(data) % 16)

    return (b"\x7fELF" + bytes(60) + bytes(range(1, 200)) * 4 + bytes(padding)
            + aligned(struct.pack(f"<{len(names)}I", *(address - symbols.XEN_START
                                                       for address, _ in names)))
            + aligned(struct.pack("<I", len(names))) + aligned(packed)
            + aligned(struct.pack(f"<{len(marks)}I", *marks)) + aligned(strings)
            + struct.pack("<256H", *index) + b"\xff" * 40)


def many_names():
    """Enough of them for more than one mark."""
    return [(symbols.XEN_START + 0x200000 + 16 * number, f"tdo_thing{number}")
            for number in range(600)]


@pytest.mark.parametrize("padding", [12, 0, 4])
def test_xens_own_table_is_found(padding):
    names = many_names()
    names[3] = (names[3][0], "tarch/x86/a.c#do_static")
    names[4] = (names[4][0], "Ddata")
    found = symbols.of_xen(xen_image(names, padding))
    assert found[0] == (symbols.XEN_START + 0x200000, "do_thing0")
    assert found[3] == (names[3][0], "do_static")
    assert found[4][1] == "do_thing5"
    assert len(found) == 599


@pytest.mark.parametrize("spoil", [
    lambda data: b"", lambda data: data[:len(data) // 2],
    lambda data: data.replace(b"0\x001\x00", b"0\x002\x00"), lambda data: data[:-400],
    lambda data: data.replace(struct.pack("<I", 600), struct.pack("<I", 601))])
def test_an_image_without_the_table_is_refused(spoil):
    with pytest.raises(symbols.NoSymbols, match="table of names"):
        symbols.of_xen(spoil(xen_image(many_names())))


def test_system_map():
    found = symbols.of_linux([
        "ffffffff81000000 T _stext\n", "ffffffff81000010 t __pfx_one\n",
        "ffffffff81000020 t one\n", "ffffffff82000000 D data\n", "0000000000000000 T absolute\n"])
    assert found == [(0xffffffff81000000, "_stext"), (0xffffffff81000020, "one")]
    with pytest.raises(symbols.NoSymbols):
        symbols.of_linux([])


def test_the_table_of_functions():
    lines = symbols.table([
        (0x40, "one.cold"), (0x10, "one"), (0x20, "__x64_two"), (0x20, "__ia32_two"),
        (0x30, "ret_from_fork_asm"), (0x50, "xen_asm_exc_page_fault"),
        (0x60, "xen_entry_SYSCALL_64"), (0x70, "asm_cpu_bringup_and_idle"), (0x80, "stray.cold"),
        (0x90, "__x86_return_thunk")])
    fields = [line.split() for line in lines]
    assert [(int(one[0], 16), one[2], one[3]) for one in fields] == [
        (0x10, "-", "one"), (0x20, "-", "__x64_two"), (0x30, "n", "ret_from_fork_asm"),
        (0x40, "p", "one"), (0x50, "e", "xen_asm_exc_page_fault"),
        (0x60, "e", "xen_entry_SYSCALL_64"), (0x70, "-", "asm_cpu_bringup_and_idle"),
        (0x80, "-", "stray.cold"), (0x90, "t", "__x86_return_thunk")]
    assert fields[0][1] == fields[3][1]
    assert len({one[1] for one in fields}) == len(fields) - 1


# --- folded ------------------------------------------------------------------

def made(instructions, entries=()):
    """A Round of {text: number}."""
    return folded.Round({tuple(text.split(";")): number for text, number in instructions.items()},
                        folded.unfold("".join(f"{text} {number}\n" for text, number
                                              in dict(entries).items())))


SAMPLE = made(
    {"user": 10, "user;entry": 20, "user;entry;f": 30, "user;entry;f;f": 5,
     "user;entry;f;[xen] it;lstar_enter": 40, "user;entry;f;[xen] it;lstar_enter;f": 4,
     "user;[xen] system call;lstar_enter": 6},
    {"user;entry": 2, "user;entry;f": 3, "user;entry;f;f": 1, "user;entry;f;[xen] it": 2,
     "user;entry;f;[xen] it;lstar_enter": 2, "user;entry;f;[xen] it;lstar_enter;f": 7,
     "user;[xen] system call": 1, "user;[xen] system call;lstar_enter": 1})


def test_a_round_is_read(tmp_path):
    path = tmp_path / "round-000"
    path.write_text("user 5 0\nuser;[xen] hypercall 1 0 2\nuser;[xen] hypercall 1 3 4\n"
                    "user;[xen] hypercall 1;a b 7 1\nuser;[xen] hypercall 77 1 1\nend\n")
    found = folded.read_round(path, {1: "mmu_update"})
    assert found.instructions == {
        ("user",): 5, ("user", "[xen] mmu_update"): 3, ("user", "[xen] mmu_update", "a b"): 7,
        ("user", "[xen] hypercall 77"): 1}
    assert found.entries[("user", "[xen] mmu_update")] == 6


@pytest.mark.parametrize("text", ["", "user 5 0\n", "user 5\nend\n", "user x 0\nend\n", "end\n",
                                  "user 0 4\nend\n"])
def test_a_round_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "round-000").write_text(text)
    with pytest.raises(folded.BadStacks, match="round-000"):
        folded.read_round(tmp_path / "round-000", {})


def test_a_folded_file_and_back():
    text = folded.fold(SAMPLE.instructions)
    assert "user;entry;f;[xen] it;lstar_enter;f 4\n" in text
    assert folded.unfold(text) == SAMPLE.instructions
    with pytest.raises(folded.BadStacks):
        folded.unfold("a;b\n")


def test_the_median_is_one_of_the_rounds():
    rounds = [made({"user": number}) for number in (50, 10, 30, 20)]
    assert folded.total(folded.median(rounds)) == 20
    assert folded.total(folded.median(rounds[:3])) == 30


def test_functions_of_linux_and_xen_are_apart():
    assert folded.functions(SAMPLE) == {
        "user": (10, 115, 0), "entry": (20, 99, 2), "f": (35, 79, 4),
        "xen:lstar_enter": (46, 50, 3), "xen:f": (4, 4, 7)}
    assert sum(own for own, _, _ in folded.functions(SAMPLE).values()) == folded.total(SAMPLE)


def test_kinds_of_stays():
    assert folded.kinds(SAMPLE) == {"it": (2, 44), "system call": (1, 6), "(program)": (0, 10),
                                    "(Linux)": (0, 55)}


# --- table -------------------------------------------------------------------

def row(lines, name):
    """The cells of a row."""
    line, = [line for line in lines if line.startswith(name + " ")]
    return line[profile_table.NAME:].split()


def test_ours_alone():
    lines = profile_table.build({"QEMU": "10"}, (SAMPLE, 2), None)
    assert lines[0] == "QEMU: 10"
    assert row(lines, "it") == ["1.00", "22.0", "22.0", "-", "-", "-", "-"]
    assert row(lines, "f") == ["17.5", "39.5", "2.00", "-", "-", "-", "-"]


def test_the_difference_to_upstreams():
    peer = made({"user;entry": 100, "user;entry;other": 7, "user;entry;[xen] it;lstar_enter": 2000})
    lines = profile_table.build({}, (SAMPLE, 2), (peer, 4))
    assert row(lines, "entry") == ["10.0", "49.5", "1.00", "25.0", "526.8", "0.00", "-15.0"]
    assert row(lines, "other")[0] == "0.00" and row(lines, "other")[-1] == "-1.75"
    assert row(lines, "f")[-1] == "+17.5"
    assert row(lines, "it")[-1] == "-478.0"
    # Most of its own comes first, whoever has it.
    order = [line.split()[0] for line in profile_table.functions(
        profile_table.per_operation(SAMPLE, 2, folded.functions),
        profile_table.per_operation(peer, 4, folded.functions))[2:]]
    assert order[:3] == ["xen:lstar_enter", "entry", "f"]


def test_no_more_rows_than_asked_for():
    ours = profile_table.per_operation(SAMPLE, 2, folded.functions)
    assert len(profile_table.functions(ours, None, 2)) == 4


# --- flame graph -------------------------------------------------------------

def boxes(text):
    """{title's first word: (x, y, width)} of an SVG, which has to be well-formed."""
    found = {}
    for group in xml.etree.ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}g"):
        title, rect = list(group)[:2]
        name, _, _ = title.text.rpartition(":")
        found[name] = tuple(float(rect.get(key)) for key in ("x", "y", "width"))
    return found


def test_widths_are_as_the_instructions():
    found = boxes(flame.build("<fork> & more", made(
        {"user": 25, "user;<entry>": 25, "user;<entry>;[xen] it": 50}).instructions, 1))
    full = flame.WIDTH - 2 * flame.MARGIN
    assert found["all"][2] == found["user"][2] == full
    assert found["<entry>"][2] == pytest.approx(full * 0.75, abs=0.01)
    assert found["[xen] it"][2] == pytest.approx(full * 0.5, abs=0.01)
    # On top of its caller, and within it
    assert found["all"][1] > found["user"][1] > found["<entry>"][1] > found["[xen] it"][1]
    assert found["<entry>"][0] == found["[xen] it"][0] == flame.MARGIN


def test_what_a_function_calls_is_side_by_side():
    found = boxes(flame.build("", made({"b;x": 30, "b;y": 50, "b;z": 20}).instructions, 1))
    assert found["y"][0] == pytest.approx(found["x"][0] + found["x"][2], abs=0.02)
    assert found["z"][0] == pytest.approx(found["y"][0] + found["y"][2], abs=0.02)


def test_two_pictures_have_one_scale():
    found = boxes(flame.build("", made({"user": 50}).instructions, 2, full=100))
    assert found["user"][2] == pytest.approx((flame.WIDTH - 2 * flame.MARGIN) / 4, abs=0.01)


def test_what_cannot_be_seen_is_left_out():
    assert "tiny" not in flame.build("", made({"big": 10**6, "tiny": 1}).instructions, 1)


def test_it_loads_nothing_and_is_all_it_needs():
    text = flame.build("", SAMPLE.instructions, 1)
    assert "<script" not in text
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


# --- the whole ---------------------------------------------------------------

def test_what_there_is_to_look_into():
    machines, _ = boots.load(MEASURES)
    boot = profiler.boot_of(machines, "fork")
    assert boot["exact"] and boot["guest"][-2:] == ["follow", "fork"]
    assert boot["guest"][:-2] == machines[boot["name"]]["guest"][:len(boot["guest"]) - 2]
    for what in ("nothing", "", "hotplug"):
        with pytest.raises(boots.BadTable, match="there is no measure .*fork.* ipi") as failure:
            profiler.boot_of(machines, what)
        assert "\n" not in str(failure.value)
    for what, mem in (("boot", 1024), ("boot-4g", 4096)):
        boot = profiler.boot_of(machines, what)
        assert (boot["guest"], boot["mem"], boot["vcpus"]) == ([], mem, 1)
    with open(os.path.join(HERE, "../bench/guest/main.c"), encoding="utf-8") as source:
        measures = re.findall(r'^\t{ "([a-z-]+)",', source.read(), re.M)
    for what in measures:
        if not what.startswith("hotplug"):
            profiler.boot_of(machines, what)


def test_make_takes_each_boot():
    """The script that looks at make's variables has a list of its own."""
    for what, status in [(what, 0) for what in profiler.BEFORE] + [("boot-5g", 2)]:
        done = subprocess.run([os.path.join(HERE, "../prepare/options"), "profile"], check=False,
                              env=os.environ | {"WHAT": what, "PEER": ""}, capture_output=True)
        assert done.returncode == status, done.stderr


def test_rounds_that_are_missing_are_seen(tmp_path):
    for number in range(4):
        (tmp_path / f"round-{number:03}").write_text(f"user {number + 1} 0\nend\n")
    chosen, ops = profiler.read_measure(tmp_path, {}, [(7,)] * 3)
    assert (folded.total(chosen), ops) == (3, 7)
    for expected in (2, 4):
        with pytest.raises(profiler.BadRounds, match="saw 4 rounds"):
            profiler.read_measure(tmp_path, {}, [(7,)] * expected)
    with pytest.raises(profiler.BadRounds, match="made 1"):
        profiler.read_boot(tmp_path, {})
    for number in range(1, 4):
        (tmp_path / f"round-{number:03}").unlink()
    chosen, ops = profiler.read_boot(tmp_path, {})
    assert (folded.total(chosen), ops) == (1, 1)


class Booted:
    """What is known of a boot."""

    class classifier:       # pylint: disable=invalid-name
        """As Run has it."""

        linux, xen = "6.12", "4.17"


@pytest.fixture(name="run")
def fixture_run(tmp_path, monkeypatch):
    """run(sides): main() for fork, where these kernels are built; QEMU is made up."""
    def execute(boot, side, directory, _head, plugin):
        assert plugin.endswith("plugin.so,symbols=symbols,rounds=round-")
        assert boot["guest"][-1] == "fork"
        if side == "broken":
            raise boots.Failed("CRASH: it broke")
        for number, instructions in enumerate((900, 60, 80, 70)):
            with open(os.path.join(directory, f"round-{number:03}"), "w", encoding="ascii") as out:
                out.write(f"user 10 0\nuser;{side}_f {instructions - 10} 6\nend\n")
        return figures.Log(["bench| fork ops=2 ns=1 tsc=1"] * 3), Booted

    for name, value in {"OUT": str(tmp_path), "is_there": None, "write_symbols": lambda *_: None,
                        "arguments": lambda: argparse.Namespace(what="fork")}.items():
        monkeypatch.setattr(profiler, name, value)
    monkeypatch.setattr(profiler.qemu, "check_version", lambda: "10.0")
    monkeypatch.setattr(profiler.qemu, "check_plugin", lambda _: None)
    monkeypatch.setattr(boots, "execute", execute)
    monkeypatch.setattr(figures, "Names", lambda: argparse.Namespace(hypercalls={}))

    def run(*sides):
        monkeypatch.setattr(profiler, "is_there", lambda side: side in sides)
        assert profiler.main() == 0
    return run


def results(tmp_path):
    """What is left in the directory of the results."""
    return sorted(path.name for path in (tmp_path / "fork").iterdir() if path.is_file())


def test_the_whole_beside_upstreams(run, tmp_path, capsys):
    run("ours", "peer")
    assert results(tmp_path) == [f"{side}.{end}" for side in ("ours", "peer")
                                 for end in ("entries", "folded", "svg")] + ["table.txt"]
    lines = (tmp_path / "fork/table.txt").read_text().splitlines()
    assert "instructions (ours): 35.0" in lines
    assert row(lines, "ours_f") == ["30.0", "30.0", "3.00", "0.00", "0.00", "0.00", "+30.0"]
    assert "no upstream" not in capsys.readouterr().out


def test_the_whole_without_upstreams(run, tmp_path, capsys):
    run("ours")
    assert results(tmp_path) == ["ours.entries", "ours.folded", "ours.svg", "table.txt"]
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "no upstream kernel" in line] == said[-1:]


def test_a_boot_that_fails_leaves_no_result(run, tmp_path, monkeypatch):
    run("ours", "peer")
    monkeypatch.setattr(profiler, "SIDES", {"broken": "", **profiler.SIDES})
    with pytest.raises(boots.Failed):
        run("broken", "ours")
    assert not results(tmp_path)


def test_what_is_saved_and_cleared(tmp_path):
    profiler.save(tmp_path, "ours", "fork", (SAMPLE, 2), 57.5)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["ours.entries", "ours.folded", "ours.svg"]
    assert folded.unfold((tmp_path / "ours.entries").read_text()) == SAMPLE.entries
    assert boxes((tmp_path / "ours.svg").read_text())["all"][2] == flame.WIDTH - 2 * flame.MARGIN
    profiler.clear(tmp_path)
    assert not list(tmp_path.iterdir())

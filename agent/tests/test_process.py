"""What an invocation tells of its process: memory and its growth, open files, what lies in /tmp."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mendline_agent.process import Memory, OpenFiles, Scratch

_SHM = Path("/dev/shm")


def test_memory_grows_over_the_environment_s_life(traced, collector, make_context, attributes):
    kept = []
    handler = traced(lambda event, context: kept.append(b"x" * event["bytes"]) or kept[-1].count(b"y"))
    for size in (1, 60_000_000):
        handler({"bytes": size}, make_context())
    collector.wait(lambda: len(collector.roots()) == 2)
    first, second = (attributes(root) for root in collector.roots())
    assert "mendline.memory.growth_bytes" not in first
    assert 50_000_000 < second["mendline.memory.growth_bytes"] < 100_000_000


def test_open_files_are_counted(run, attributes):
    before = attributes(run())["mendline.open_files"]
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(40)]
    try:
        assert [attributes(run())["mendline.open_files"] for _ in range(4)][-1] >= before + 30
        assert abs(OpenFiles().count() - len(list(Path("/proc/self/fd").iterdir()))) <= 10
    finally:
        for file in files:
            os.close(file)


# In a process of its own: threads of other tests open and close files at any time.
LISTED = """
import os
from mendline_agent.process import OpenFiles

listed = OpenFiles("/proc/self/fdinfo")  # a directory without a size, as the other was before Linux 6.2
assert not os.stat("/proc/self/fdinfo").st_size
before = listed.count()
for _ in range(200):
    os.open(os.devnull, os.O_RDONLY)
assert [listed.count() for _ in range(before // 16 + 4)][-1] == before + 200
os.open(os.devnull, os.O_RDONLY)
rarely = (before + 200) // 16
later = [listed.count() for _ in range(rarely + 4)]
assert set(later[:rarely]) == {before + 200}
assert later[-1] == before + 201
os.close(3)  # below what is free: nothing but time shows what was closed above
assert [listed.count() for _ in range(rarely + 4)][-1] == before + 200
os.close(100)
later = [listed.count() for _ in range(68)]
assert (later[0], later[-1]) == (before + 200, before + 199)
"""


def test_files_that_must_be_listed_are_listed_the_more_rarely_the_more_there_are():
    subprocess.run([sys.executable, "-c", LISTED], check=True)


@pytest.mark.skipif(not _SHM.is_dir() or _SHM.stat().st_dev == Path("/").stat().st_dev, reason="no file system apart")
def test_bytes_in_use_are_told_of_a_file_system_of_its_own():
    scratch = Scratch(str(_SHM))
    before = scratch.used_bytes()
    file = _SHM / f"mendline-{os.getpid()}"
    try:
        file.write_bytes(b"x" * 5_000_000)
        assert 4_000_000 < scratch.used_bytes() - before < 50_000_000
    finally:
        file.unlink()


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_a_part_of_the_root_file_system_is_not_taken_for_tmp(path):
    assert Scratch(path).used_bytes() is None


def test_without_proc_nothing_is_told():
    assert OpenFiles("/nowhere").count() is None
    memory = Memory()
    os.close(memory._file)
    memory._file = -1
    assert memory.used_bytes() is None
    assert memory.growth_bytes(None) is None

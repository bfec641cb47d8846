"""The command starts the shop soon, and whatever ends it, no process and no port of it stays."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from needed import emulator_python

from mendline_playground.cli import main

READY = re.compile(r"playground ready: (10|12) functions\n")  # two of them need Node.js
SOON_S = 10.0
"""A shutdown takes about 0.1 s; this is for a machine that does ten other things."""


def wait_until(what: Callable[[], object], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        select.select([], [], [], 0.01)


def children(pid: int) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.add(int(entry.parent.name))
    return found


def listening(pids: set[int]) -> set[tuple[int, str]]:
    """The ports on which these processes listen, with the inodes of the sockets: ports come again, inodes do not."""
    inodes = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes |= set(re.findall(r"socket:\[(\d+)\]", str(entry.readlink())))
            except OSError:
                continue
    return {(port, inode) for port, inode in listeners() if inode in inodes}


def listeners() -> set[tuple[int, str]]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {(int(row[1].rpartition(":")[2], 16), row[9]) for row in rows if row[3] == "0A"}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


@pytest.fixture
def running():
    """The command, ready, with frozen environments, and the processes and ports that are its own."""
    emulator_python()
    command = [sys.executable, "-m", "mendline_playground", "run", "--rate", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert READY.fullmatch(process.stdout.readline())
            wait_until(lambda: len([pid for pid in children(process.pid) if stopped(pid)]) >= 5, 30)
            pids = children(process.pid)
            yield process, pids, listening({process.pid, *pids})
        finally:
            process.kill()


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.thorough), signal.SIGTERM])
def test_signal_ends_everything_soon_and_is_no_failure(running, number):
    process, pids, ports = running
    process.send_signal(number)

    assert process.wait(timeout=SOON_S) == 0
    assert not [pid for pid in pids if alive(pid)]
    assert len(ports) >= len(pids)
    wait_until(lambda: not ports & listeners(), SOON_S)


@pytest.mark.thorough
def test_kill_of_the_command_takes_its_children_along_even_frozen_ones(running):
    process, pids, ports = running
    process.kill()
    process.wait(timeout=SOON_S)

    wait_until(lambda: not [pid for pid in pids if alive(pid)], SOON_S)
    wait_until(lambda: not ports & listeners(), SOON_S)


def test_interrupt_during_the_start_ends_as_cleanly():
    command = [sys.executable, "-m", "mendline_playground", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        wait_until(lambda: children(process.pid), 10)
        pids = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=SOON_S) == 0
    assert not [pid for pid in pids if alive(pid)]


@pytest.mark.thorough
def test_stop_with_parent_follows_a_parent_that_was_killed():
    script = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'mendline_playground', 'run', '--rate', '0', '--stop-with-parent']\n"
        "with subprocess.Popen(command) as process: process.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert READY.fullmatch(parent.stdout.readline().decode())
        (command,) = children(parent.pid)
        pids = {command, *children(command)}
        parent.kill()
    wait_until(lambda: not [pid for pid in pids if alive(pid)], SOON_S)


@pytest.mark.thorough
def test_duration_ends_the_command_by_itself():
    command = [sys.executable, "-m", "mendline_playground", "run", "--duration", "0.3"]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 0
    assert READY.match(done.stdout.decode())


def test_absent_emulator_is_told_with_what_to_do():
    environment = {**os.environ, "MENDLINE_MINISTACK_PYTHON": "/nowhere/python"}
    command = [sys.executable, "-m", "mendline_playground", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10, check=False)

    assert done.returncode == 2
    assert "make setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_version_of_the_emulator_is_refused_before_it_serves():
    python = emulator_python()
    launch = Path(sys.modules["mendline_playground.emulator"].__path__[0]) / "launch.py"
    done = subprocess.run([python, launch, "0.0.1", "0", "0"], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "needs 0.0.1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--rate", "-1"], "argument --rate: it is -1; it must be 0 to 100."),
        (["run", "--rate", "nan"], "argument --rate: it is nan; it must be 0 to 100."),
        (["run", "--max-envs", "two"], "argument --max-envs: it is 'two'; it must be a whole number."),
        (["run", "--page-port", "65536"], "argument --page-port: it is 65536; it must be 0 to 65535."),
        (
            ["history", "--server", "http://a", "--days", "91"],
            "argument --days: it is 91; it must be 0 to 90.",
        ),
        (["run", "--nope"], "unrecognized arguments: --nope"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_command_line_is_told_in_words(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"playground: {said}\nTry: mendline-playground")

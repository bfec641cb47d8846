"""Ctrl-C at any moment ends the server in order, and says so; twice ends it at once."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from running import PORTS
from waiting import eventually


@pytest.fixture
def starting(tmp_path):
    """A server that is opening its store for the first time, which takes it a second or more."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "mendline", "serve", *PORTS, "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    eventually((data / "telemetry").exists, 60)
    yield process
    process.kill()
    process.communicate()


def test_interrupted_start_ends_in_order(starting):
    starting.send_signal(signal.SIGINT)
    out, told = starting.communicate(timeout=60)
    assert (starting.returncode, told) == (0, "mendline: stopping; once more stops at once.\n")
    assert "web" not in out


def test_second_signal_ends_the_process_where_it_is(starting):
    starting.send_signal(signal.SIGINT)
    assert starting.stderr.readline() == "mendline: stopping; once more stops at once.\n"
    starting.send_signal(signal.SIGINT)
    _, told = starting.communicate(timeout=60)
    assert (starting.returncode, told) in ((130, "mendline: stopped at once.\n"), (0, ""))


def test_stopped_server_says_so(start_server):
    server = start_server()
    assert server.stop() == 0
    assert server.errors == ["mendline: stopping; once more stops at once."]


@pytest.mark.thorough
def test_server_that_nobody_listens_to_any_more_is_stopped_all_the_same(tmp_path):
    command = [sys.executable, "-m", "mendline", "serve", *PORTS, "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(3):
        process.stdout.readline()
    process.stdout.close()
    process.stderr.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


_INTERRUPTED = """
import runpy, signal, sys

class WhileLoading:
    @staticmethod
    def find_spec(name, *_):
        if name.endswith((".cli.main", "_playground.cli")):
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
sys.meta_path.insert(0, WhileLoading)
runpy.run_module(sys.argv.pop(), run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(("command", "status"), [("mendline", 130), ("mendline_playground", 0)])
def test_command_that_is_interrupted_while_it_loads_ends_quietly(command, status):
    told = [sys.executable, "-c", _INTERRUPTED, command]
    done = subprocess.run(told, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")

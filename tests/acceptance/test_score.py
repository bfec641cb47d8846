"""`mendline-playground score` against real servers, in both modes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import eventually

SCENARIO = """
title: The mail provider is down
kind: resource_error
modes: [model, live]
run: 2m
live: {before: 0s, during: 10s, after: 0s}
inject:
  - {fault: fail, resource: http/api.postbox.example, at: 30s}
truth:
  detected: true
  since: 30s
  cause: {resource: http/api.postbox.example, owner: third_party}
"""


@pytest.fixture
def scored(tmp_path):
    folder, out = tmp_path / "scenarios", tmp_path / "score.json"
    folder.mkdir()
    (folder / "mail-down.yaml").write_text(SCENARIO)

    command = [sys.executable, "-m", "mendline_playground", "score", "--scenarios", str(folder)]

    def run(*arguments):
        ended = subprocess.run(
            [*command, "--out", str(out), *arguments], capture_output=True, text=True, timeout=170, check=False
        )
        return ended, json.loads(out.read_text()) if out.exists() else None

    run.command = command
    return run


@pytest.mark.thorough
@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", ["model", "live"])
def test_a_fresh_server_is_scored_by_its_incidents(scored, mode):
    ended, document = scored("--mode", mode, "--history", "1m")
    assert ended.returncode == 0, ended.stderr
    (told,) = document
    assert (told["scenario"], told["kind"]) == ("mail-down", "resource_error")
    assert told["truth"]["cause"]["owner"] == "third_party"
    assert told["detected"] == (told["seconds_to_detection"] is not None)  # so short, there may be too few cases
    assert told["false_alarms"] == 0
    assert ended.stdout.count("of 1 detected in time") == 1


@pytest.mark.thorough
@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_it_its_server_goes_with_it(scored, number):
    with subprocess.Popen([*scored.command, "--out", os.devnull], stderr=subprocess.DEVNULL) as scoring:
        server = eventually(lambda: _children(scoring.pid), 60)
        scoring.send_signal(number)
        assert scoring.wait(60) in (130, -signal.SIGTERM, -signal.SIGKILL)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in server))


def _children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("arguments", "says"), [(("--only", "absent"), "no scenario absent"), (("--history", "soon"), "--history")]
)
def test_what_cannot_be_scored_is_refused_with_a_sentence(scored, arguments, says):
    ended, document = scored(*arguments)
    assert (ended.returncode, document) == (2, None)
    assert says in ended.stderr

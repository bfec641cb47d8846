"""A disk that refuses writes, of which the engine says nothing: what was not stored whole is found out, and stored.

In a process of its own, since the limit by which its files take nothing more is one of processes.
"""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "most_bytes",
    [
        pytest.param(0, marks=pytest.mark.thorough, id="nothing is taken"),
        pytest.param(300, id="only what is short is taken"),
    ],
)
def test_what_the_disk_refused_is_stored_once_when_there_is_room(tmp_path, most_bytes):
    told = subprocess.run(
        [sys.executable, HERE / "refusing_disk.py", tmp_path / "data", str(most_bytes)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(HERE.parent)},
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "spans while a merge is damaged: unreadable",
        "spans after a look at the disk: 40",
        "refused insert: store_damaged",
        "still full: store_damaged",
        "spans after it was repeated: 60",
        "invocations: 60",
        "refused completion: store_damaged",
        "invocations after it was repeated: 80",
        "invocations of every minute: 80",
        "tables that keep nothing: done",
        "set aside: done",
    ]

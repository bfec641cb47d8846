"""The benchmarks run: one that breaks is found here, not when somebody wants its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_cost_of_the_agent_is_measured_for_both_workloads():
    command = [sys.executable, str(BENCH / "agent" / "cost.py"), "--rounds", "3"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "(b) three calls" in done.stdout
    assert done.stdout.count("bytes on the wire") == 2

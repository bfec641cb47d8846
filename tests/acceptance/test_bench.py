"""The benchmarks run: one that breaks is found here, not when somebody wants its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def _run(script, *flags):
    command = [sys.executable, str(BENCH / script), *flags]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.thorough
def test_cost_of_the_agent_is_measured_for_both_workloads():
    done = _run("agent/cost.py", "--rounds", "3")
    assert (done.returncode, "(b) three calls" in done.stdout) == (0, True)
    assert done.stdout.count("bytes on the wire") == 2


@pytest.mark.thorough
def test_rate_of_ingest_is_measured_against_the_bare_insert():
    done = _run("ingest/rate.py", "--rounds", "1", "--requests", "4")
    shares = {line.split()[0]: line.split()[-2] for line in done.stdout.splitlines() if line.count("%") == 2}
    assert list(shares) == ["parse", "bare", "store", "ingest"]
    assert shares["bare"] == "100%"
    assert 0 < int(shares["ingest"].rstrip("%")) < int(shares["store"].rstrip("%"))

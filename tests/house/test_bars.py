"""A benchmark that misses its bar says so, and fails where it is more than noise."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[2] / "bench" / "bars.py"


@pytest.mark.parametrize(
    ("measured", "bar", "at_most", "verdict", "status"),
    [
        (61.2, 65, True, "pass", 0),
        (70, 65, True, "missed, within noise", 0),
        (80, 65, True, "FAIL", 1),
        (50_000, 50_000, False, "pass", 0),
        (45_000, 50_000, False, "missed, within noise", 0),
        (30_000, 50_000, False, "FAIL", 1),
    ],
)
def test_bar_that_is_missed_widely_fails_the_run(capsys, measured, bar, at_most, verdict, status):
    spec = importlib.util.spec_from_file_location("bars", _FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    bars = module.Bars()
    bars.hold("what", measured, bar, at_most=at_most)
    assert capsys.readouterr().out.endswith(f": {verdict}\n")
    assert bars.status == status

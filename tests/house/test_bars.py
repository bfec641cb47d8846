"""A benchmark that misses its bar says so, and fails where it is more than noise; tables go where they belong."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

_BENCH = Path(__file__).parents[2] / "bench"
_FILE = _BENCH / "bars.py"


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


def test_tables_of_the_peers_go_between_their_marks_and_nothing_else_changes(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCH / "agent"))
    peers = importlib.import_module("peers")
    before, _, rest = peers.PAGE.read_text().partition(peers._BEGIN)
    after = rest.partition(peers._END)[2]
    assert before
    assert after
    page = tmp_path / "performance.md"
    page.write_text(peers.PAGE.read_text())
    monkeypatch.setattr(peers, "PAGE", page)
    for _ in range(2):
        peers.write("| a | b |\n")
        assert page.read_text() == f"{before}{peers._BEGIN}\n| a | b |\n\n{peers._END}{after}"

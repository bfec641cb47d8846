"""The score of the Numenta Anomaly Benchmark as it was published, and a detector that reads a checkout of it."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta

import nab
import pytest
from scoring import PROFILES, Series, judge, read_series, score

SERIES = Series("real/one.csv", [str(at) for at in range(1000)], [0.0] * 1000, [(300, 399), (700, 799)])


def _score(detections, profile="standard"):
    return score([judge(SERIES, detections)], 2, PROFILES[profile])


@pytest.mark.parametrize(
    ("detections", "profile", "expected"),
    [
        ([], "standard", 0.0),
        ([], "reward_low_FN_rate", 0.0),
        ([300, 700], "standard", 100.0),
        ([300], "standard", 50.0),
        ([350, 700], "standard", 96.49),
        ([300, 310, 390, 700], "standard", 100.0),
        ([300, 700, 200], "standard", 97.25),
        ([300, 700, 200], "reward_low_FP_rate", 94.5),
        ([300, 700, 200], "reward_low_FN_rate", 98.17),
        ([300, 700, 405], "standard", 99.65),
        ([300, 700, 100], "standard", 100.0),
    ],
)
def test_score_is_the_published_one(detections, profile, expected):
    assert _score(detections, profile) == pytest.approx(expected, abs=0.1)


@pytest.fixture
def checkout(tmp_path):
    """Two weeks by five minutes, with a fault in one of two files, as numenta/NAB lays them out."""
    chance, begun = random.Random(1), datetime(2026, 5, 1)  # noqa: DTZ001 - the benchmark's times have no zone
    times = [str(begun + timedelta(minutes=5 * at)) for at in range(1500)]
    values = {name: [50 + chance.gauss(0, 2) for _ in times] for name in ("calm", "odd")}
    values["odd"][1200:1230] = [90.0] * 30
    labels = {"fake/calm.csv": [], "fake/odd.csv": [[f"{times[1190]}.000000", f"{times[1260]}.000000"]]}
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "combined_windows.json").write_text(json.dumps(labels))
    (tmp_path / "data" / "fake").mkdir(parents=True)
    for name, own in values.items():
        with (tmp_path / "data" / "fake" / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("timestamp", "value"), *zip(times, own, strict=True)])
    return tmp_path


def test_planted_fault_is_found_and_told_with_the_score(checkout, capsys):
    assert nab.main([str(checkout)]) == 0
    printed = capsys.readouterr().out
    assert "| fake | 2 | 1 | 1 | 0 |" in printed
    calm, odd = read_series(checkout)
    assert not list(nab.detections(calm.times, calm.values))
    assert 1200 <= next(nab.detections(odd.times, odd.values)) < 1205


def test_directory_that_is_no_checkout_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit):
        nab.main([str(tmp_path)])
    assert "is no checkout of numenta/NAB" in capsys.readouterr().err

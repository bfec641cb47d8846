"""The score of the Numenta Anomaly Benchmark, written anew from its publication and checked against its results.

A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection algorithms - the Numenta Anomaly Benchmark", ICMLA 2015: in
each window around an anomaly the earliest detection counts, by a scaled sigmoid of its place; detections elsewhere cost
more the further they are behind a window; windows without one cost 1 (2 where misses weigh more). The first 15 % of a
file, at most 750 rows, count for nothing. 0 is a detector that says nothing, 100 one that finds all at once.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    """What a false detection and a missed window cost, where a found one is worth 1."""

    false_positive: float
    miss: float


PROFILES = {
    "standard": Profile(0.11, 1.0),
    "reward_low_FP_rate": Profile(0.22, 1.0),
    "reward_low_FN_rate": Profile(0.11, 2.0),
}
_PROBATION, _LONGEST = 0.15, 5000


@dataclass(frozen=True)
class Series:
    """A file of the benchmark: its rows, and the windows of its anomalies as the places of their first and last row."""

    path: str
    times: Sequence[str]
    values: Sequence[float]
    windows: Sequence[tuple[int, int]]

    @property
    def probation(self) -> float:
        """The place of the first row that counts."""
        return min(math.floor(_PROBATION * len(self.values)), _PROBATION * _LONGEST)


def read_series(checkout: Path, folders: Sequence[str] = ()) -> list[Series]:
    """The files of a checkout, of some folders or of all, by path."""
    labels = json.loads((checkout / "labels" / "combined_windows.json").read_text("utf-8"))
    chosen = sorted(path for path in labels if not folders or path.split("/")[0] in folders)
    return [_read(checkout, path, labels[path]) for path in chosen]


def _read(checkout: Path, path: str, windows: Iterable[tuple[str, str]]) -> Series:
    with (checkout / "data" / path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = [row["timestamp"] for row in rows]
    place = {time: at for at, time in reversed(list(enumerate(times)))}
    found = [(place[start.partition(".")[0]], place[end.partition(".")[0]]) for start, end in windows]
    return Series(path, times, [float(row["value"]) for row in rows], found)


@dataclass(frozen=True)
class Told:
    """What detections in a file are worth: of each window that counts, that of the earliest, None where it was missed;
    and what those elsewhere cost."""

    windows: Sequence[float | None]
    elsewhere: Sequence[float]


def judge(series: Series, detections: Iterable[int]) -> Told:
    """Detections, as places of rows."""
    counted = [window for window in series.windows if window[1] >= series.probation]
    best: dict[tuple[int, int], float] = {}
    elsewhere = []
    for at in detections:
        if at < series.probation:
            continue
        inside = next(((first, last) for first, last in series.windows if first <= at <= last), None)
        if inside is None:
            elsewhere.append(_behind(series.windows, at))
            continue
        first, last = inside
        worth = _sigmoid(-(last - at + 1) / (last - first + 1)) / _sigmoid(-1.0)
        best[inside] = max(worth, best.get(inside, -1.0))
    return Told([best.get(window) for window in counted], elsewhere)


def _behind(windows: Sequence[tuple[int, int]], at: int) -> float:
    before = [(last, first) for first, last in windows if last < at]
    if not before:
        return -1.0
    last, first = max(before)
    return _sigmoid((at - last) / (last - first))


def _sigmoid(place: float) -> float:
    """-1 at the left of a window, 0 at its right."""
    return -1.0 if place > 3 else 2 / (1 + math.exp(5 * place)) - 1


def score(told: Sequence[Told], windows: int, profile: Profile) -> float:
    """The normalised score over files with so many windows in all."""
    worth = sum(1.0 * one for each in told for one in each.windows if one is not None)
    missed = sum(one is None for each in told for one in each.windows)
    counted = sum(len(each.windows) for each in told)
    false = sum(sum(each.elsewhere) for each in told)
    raw = worth - profile.miss * missed + profile.false_positive * false
    null = -profile.miss * counted
    return 100 * (raw - null) / (windows - null)

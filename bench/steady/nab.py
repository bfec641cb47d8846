"""The detector of steady states on the Numenta Anomaly Benchmark: `make bench-nab NAB=DIR`, a checkout of numenta/NAB.

One pass in order of time, with the same numbers for every file, fixed beforehand: they were chosen on the folders of
TUNED_ON (`--tuned-on` scores these alone). `--write` puts the table into docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from marked import rewrite
from scoring import PROFILES, Series, Told, judge, read_series, score

from mendline.analysis.steady import Kind, Steady

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
TUNED_ON = ("artificialNoAnomaly", "artificialWithAnomaly", "realAdExchange", "realTraffic", "realTweets")
PUBLISHED = {"ARTime": "ARTime", "contextOSE": "CAD OSE", "knncad": "KNN CAD", "randomCutForest": "Random Cut Forest",
             "windowedGaussian": "Windowed Gaussian"}  # fmt: skip
THRESHOLD = 7.5
REST = 100
_TIME_OF_DAY = Kind(least=2, memory=8)
_SLOT_S = 300
_MANY = 10


def detections(times: Sequence[str], values: Sequence[float]) -> Iterator[int]:
    """The places of values that are off what was usual before them; after one, the next `REST` say nothing new."""
    steady, quiet_until = Steady((_TIME_OF_DAY,)), -1
    for at, (time, value) in enumerate(zip(times, values, strict=True)):
        moment = datetime.fromisoformat(time)
        slot = (moment.hour * 3600 + moment.minute * 60 + moment.second) // _SLOT_S
        if steady.see(value, (slot,)) >= THRESHOLD and at > quiet_until:
            quiet_until = at + REST
            yield at


def _judged(series: Series) -> Told:
    return judge(series, detections(series.times, series.values))


def _judged_at_once(every: Sequence[Series]) -> list[Told]:
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_judged, every))


def published(checkout: Path, name: str, every: Sequence[Series]) -> dict[str, float]:
    """The scores of a detector whose results are in the checkout, by our score and their thresholds."""
    thresholds = json.loads((checkout / "config" / "thresholds.json").read_text("utf-8"))[name]
    found: dict[str, list[float]] = {}
    for series in every:
        folder, file = series.path.split("/")
        with (checkout / "results" / name / folder / f"{name}_{file}").open(encoding="utf-8", newline="") as rows:
            found[series.path] = [float(row["anomaly_score"]) for row in csv.DictReader(rows)]
    windows = sum(len(series.windows) for series in every)
    scores = {}
    for profile, weights in PROFILES.items():
        least = thresholds[profile]["threshold"]
        told = [judge(one, (at for at, value in enumerate(found[one.path]) if value >= least)) for one in every]
        scores[profile] = score(told, windows, weights)
    return scores


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, and where asked write, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a checkout of numenta/NAB")
    parser.add_argument("--tuned-on", action="store_true", help="only the folders that the numbers were chosen on")
    parser.add_argument("--write", action="store_true", help="write the table into docs/accuracy.md")
    asked = parser.parse_args(arguments)
    try:
        every = read_series(asked.checkout, TUNED_ON if asked.tuned_on else ())
    except OSError as error:
        parser.error(f"{asked.checkout} is no checkout of numenta/NAB: {error}.")
    told = list(map(_judged, every)) if len(every) < _MANY else _judged_at_once(every)
    lines = [*_scores(asked.checkout, every, told), "", *_folders(every, told)]
    print("\n".join(lines))
    if asked.write:
        rewrite(PAGE, "nab", lines)
    return 0


def _scores(checkout: Path, every: Sequence[Series], told: Sequence[Told]) -> list[str]:
    windows = sum(len(series.windows) for series in every)
    own = {profile: score(told, windows, weights) for profile, weights in PROFILES.items()}
    rows = {"**Mendline**": own} | {
        name: published(checkout, key, every)
        for key, name in PUBLISHED.items()
        if (checkout / "results" / key).is_dir()
    }
    lines = ["| | standard | reward low FP | reward low FN |", "|---|---:|---:|---:|"]
    for name, scores in sorted(rows.items(), key=lambda row: -row[1]["standard"]):
        lines.append(f"| {name} | " + " | ".join(f"{scores[profile]:.1f}" for profile in PROFILES) + " |")
    return lines


def _folders(every: Sequence[Series], told: Sequence[Told]) -> list[str]:
    """What was found, by folder."""
    by_folder: dict[str, list[Told]] = defaultdict(list)
    for series, each in zip(every, told, strict=True):
        by_folder[series.path.split("/")[0]].append(each)
    lines = ["| folder | files | windows | found | detections elsewhere |", "|---|---:|---:|---:|---:|"]
    for folder, all_told in by_folder.items():
        windows = [one for each in all_told for one in each.windows]
        found, elsewhere = sum(one is not None for one in windows), sum(len(each.elsewhere) for each in all_told)
        lines.append(f"| {folder} | {len(all_told)} | {len(windows)} | {found} | {elsewhere} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())

"""Metrics by GetMetricData: the last minutes again and again, because CloudWatch is late, and each point once.

Points of a period are taken when the period has settled. Every pass looks at the last quarter of an hour, after a
gap at all of it (a day at most), and hands over what it had not handed over before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mendline.aws.calls import Calls, Refusal
from mendline.aws.otlp import Place, Point, points_to_exports
from mendline.aws.progress import Progress
from mendline.aws.series import Series
from mendline.clock import Clock

_MOST_SERIES = 500  # of one GetMetricData
_MOST_DATAPOINTS = 100_800
_SETTLE_S = 120
_LOOK_BACK_S = 900
_CATCH_UP_S = 86_400
_CHUNK_S = 3 * 3600  # what one round of calls covers after a gap
_SILENT_S = 3 * 3600
_RESTED_S = 900  # how often a series is asked for that has been silent
_USD_PER_SERIES = 0.01 / 1000  # GetMetricData, price list of CloudWatch


class Metrics:
    """The metrics of one account and region.

    The state is `{series: {key: [up_to_s, last_value_s, [period, …]]}}`: up to when it was asked for, when it last
    had a value, and the begins of the periods handed over that a later pass may see again.
    """

    def __init__(self, calls: Calls, progress: Progress, clock: Clock, *, period_s: int) -> None:
        self._calls = calls
        self._progress = progress
        self._clock = clock
        self._period_s = period_s
        self._kept: dict[str, list[Any]] = progress.state.setdefault("series", {})

    def read(self, wanted: Sequence[Series]) -> None:
        """One pass over the series that are due. Raises what AWS fails with; what was read before that is kept."""
        self._progress.resume()
        end = self._floor(self._now() - _SETTLE_S)
        place = Place(self._calls.account, self._calls.region)
        self._forget(wanted, end)
        for begin, series in self._rounds(wanted, end):
            for first, until in self._chunks(begin, end):
                self._round(place, series, first, until)

    def _chunks(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """What to ask for one after the other, so that memory stays small after a gap and progress is kept."""
        while begin < end:
            until = min(end, self._floor(begin + _CHUNK_S))
            yield begin, until
            begin = until - self._overlap_s if until < end else end

    def _rounds(self, wanted: Sequence[Series], end: int) -> Iterator[tuple[int, list[Series]]]:
        """What is due, at most 500 series at a time, together with others that were last asked at the same time."""
        by_begin: dict[int, list[Series]] = {}
        for series in wanted:
            up_to, last_value = self._kept.get(series.key, [end, end])[:2]
            silent = end - last_value >= _SILENT_S and not series.urgent
            if silent and end - up_to < _RESTED_S:
                continue
            begin = max(up_to - self._overlap_s, end - _CATCH_UP_S)
            by_begin.setdefault(self._floor(begin), []).append(series)
        for begin, due in sorted(by_begin.items()):
            for first in range(0, len(due), _MOST_SERIES):
                yield begin, due[first : first + _MOST_SERIES]

    def _round(self, place: Place, series: Sequence[Series], begin: int, end: int) -> None:
        by_id = {f"m{number}": entry for number, entry in enumerate(series)}
        self._calls.status.count("metrics_asked", len(by_id))
        values, whole = self._ask(by_id, begin, end)
        points: list[Point] = []
        for id_, entry in by_id.items():
            if id_ in whole:
                points.extend(self._fresh(entry, values.get(id_, {}), end))
        self._calls.status.count("points", len(points))
        self._progress.commit(points_to_exports(place, points))

    def _ask(self, by_id: Mapping[str, Series], begin: int, end: int) -> tuple[dict[str, dict[int, float]], set[str]]:
        """Values by series and begin of period, and the series that were answered to the end."""
        values: dict[str, dict[int, float]] = {}
        broken: set[str] = set()
        for page in self._calls.pages(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[_query(id_, entry, self._period_s) for id_, entry in by_id.items()],
            StartTime=datetime.fromtimestamp(begin, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
            PaginationConfig={"PageSize": _MOST_DATAPOINTS},
        ):
            if isinstance(page, Refusal):
                return {}, set()
            for result in page.get("MetricDataResults") or ():
                if result.get("StatusCode") in ("InternalError", "Forbidden"):
                    broken.add(result["Id"])
                found = values.setdefault(result["Id"], {})
                for moment, value in zip(result.get("Timestamps") or (), result.get("Values") or (), strict=False):
                    found[self._floor(int(moment.timestamp()))] = float(value)
        return values, set(by_id) - broken

    def _fresh(self, series: Series, values: Mapping[int, float], end: int) -> Iterator[Point]:
        """The points not handed over before; notes them as handed over."""
        kept = self._kept.get(series.key, [end, end, []])
        done = set(kept[2])
        fresh = sorted(moment for moment in values if moment not in done and moment + self._period_s <= end)
        again = end - self._overlap_s
        last_value = max([kept[1], *values])
        self._kept[series.key] = [end, last_value, sorted(at for at in done | set(fresh) if at >= again)]
        for moment in fresh:
            for name, attributes in series.ours:
                yield Point(
                    name,
                    attributes,
                    moment * 1_000_000_000,
                    (moment + self._period_s) * 1_000_000_000,
                    values[moment],
                )

    def _forget(self, wanted: Sequence[Series], end: int) -> None:
        """Drop what is no longer asked for and could not be handed over twice any more."""
        keys = {series.key for series in wanted}
        for key in [key for key, (up_to, *_) in self._kept.items() if key not in keys and up_to < end - _CATCH_UP_S]:
            del self._kept[key]

    def note_costs(self, wanted: Sequence[Series], every_s: int) -> None:
        """Say what asking costs, for whoever pays."""
        usd = len(wanted) * 86_400 / every_s * _USD_PER_SERIES
        text = f"up to {len(wanted)} metrics are asked for every {every_s} s, at most {usd:.2f} USD a day."
        self._calls.status.note("metrics", text if wanted else "")

    @property
    def _overlap_s(self) -> int:
        return max(_LOOK_BACK_S, 3 * self._period_s)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _floor(self, moment_s: int) -> int:
        return moment_s - moment_s % self._period_s


def _query(id_: str, series: Series, period_s: int) -> dict[str, Any]:
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": series.namespace,
                "MetricName": series.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            },
            "Period": period_s,
            "Stat": series.statistic,
        },
        "ReturnData": True,
    }

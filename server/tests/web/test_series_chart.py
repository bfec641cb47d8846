"""Charts show what was answered: each value at its step, stacked where parts make a whole, broken where none is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from mendline.model.answer import Answer, AnswerColumn
from mendline.model.band import Band
from mendline.query import read_query
from mendline.web.series import Curve, CurveSet, Steps, curve_sets, steps_of
from mendline.web.series_chart import COLOURS, series_charts

START = datetime(2026, 5, 1, 10, tzinfo=UTC)


def _charts(text, rows, *, now=START + timedelta(days=1), units=None):
    """The charts of an answer; rows begin with the number of the step at whose end they were found."""
    asked = read_query(text).plan
    outputs = (*asked.keys, *asked.columns)
    columns = [AnswerColumn("time", "time", "")]
    columns += [AnswerColumn(it.name, str(it.type.kind), it.unit.symbol) for it in outputs]
    count = max(row[0] for row in rows)
    every = timedelta(microseconds=asked.window.every_ns // 1000)
    window = timedelta(microseconds=asked.window.length_ns // 1000)
    answer = Answer(
        columns=tuple(columns),
        rows=tuple(((START + row[0] * every).isoformat(), *row[1:]) for row in rows),
        warnings=(), query=text, start=START + every - window, end=START + count * every, origin="raw",
        approximate=False, learning=False, truncated=False, is_series=True, seconds=0.1,
    )  # fmt: skip
    steps = steps_of(answer, asked)
    return series_charts(curve_sets(answer, asked, steps), steps, now)


def _numbers(path):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_counts_of_groups_are_stacked_bars_from_zero():
    rows = [(1, "a", 30), (1, "b", 10), (2, "a", 0), (2, "b", 20)]
    (chart,) = _charts("| count() by function | over 5m every 5m", rows)
    assert (chart.bars, chart.steps.start, chart.steps.count) == (True, START, 2)
    a, b = chart.drawn
    assert [(it.name, it.summary, it.texts) for it in (a, b)] == [("a", "total 30", "30|0"), ("b", "total 30", "10|20")]
    # 40 is the top: a from the floor to three quarters, b on top of it, and b alone in the next step
    assert _numbers(a.path)[1:5] == [1000, 8.4, -750, -8.4]
    assert _numbers(b.path)[1] == 250
    assert _numbers(b.path)[6] == 1000


def test_percentiles_are_lines_broken_where_nothing_was():
    rows = [(1, 10.0), (2, 20.0), (3, None), (4, 40.0), (5, None), (6, 10.0), (7, 10.0)]
    (chart,) = _charts("| p50(duration) | over 1m every 1m", rows)
    (curve,) = chart.drawn
    assert not chart.bars
    assert curve.path == "M5 750.0L15 500.0M55 750.0L65 750.0"
    assert curve.dots == "M35 0.0h.01"
    assert curve.bridges == "M15 500.0L35 0.0M35 0.0L55 750.0"
    assert curve.summary.startswith("max 40")


def test_without_groups_what_has_one_unit_shares_a_chart():
    charts = _charts("| p50(duration), p99(duration), count() | over 1m every 1m", [(1, 10.0, 20.0, 3)])
    assert [chart.name for chart in charts] == ["p50(duration), p99(duration)", "count()"]
    assert [chart.bars for chart in charts] == [False, True]


def test_windows_that_overlap_have_no_total():
    (chart,) = _charts("| count() | over 10m every 5m", [(1, 4), (2, 4)])
    assert chart.drawn[0].summary == "max 4"


def test_many_groups_are_drawn_in_colours_and_the_rest_in_grey():
    (chart,) = _charts("| count() by function | over 5m every 5m", [(1, f"f{n:02}", n) for n in range(1, 21)])
    assert [it.name for it in chart.drawn] == [f"f{number:02}" for number in range(20, 12, -1)]
    assert sorted(it.colour for it in chart.drawn) == list(range(1, COLOURS + 1))
    assert chart.others == 12
    floor, tall = _numbers(chart.grey)[1], -_numbers(chart.grey)[3]
    assert tall / (1000 - floor) == pytest.approx(sum(range(1, 13)) / sum(range(13, 21)), rel=0.01)


def test_one_group_has_one_colour_in_all_charts():
    rows = [(1, f"f{number}", number, 100.0 - number) for number in range(12)]
    count, p50 = _charts("| count(), p50(duration) by function | over 5m every 5m", rows)
    colours = {it.name: it.colour for it in count.drawn}
    assert all(colours.get(it.name, it.colour) == it.colour for it in p50.drawn)
    assert len({it.colour for it in p50.drawn}) == len(p50.drawn)


def test_step_that_is_not_over_is_told():
    rows = [(1, 4), (2, 4)]
    assert _charts("| count() | over 5m every 5m", rows, now=START + timedelta(minutes=7))[0].running
    assert not _charts("| count() | over 5m every 5m", rows, now=START + timedelta(minutes=10))[0].running


def test_groups_without_a_name_have_one_and_values_below_zero_are_no_bars():
    (chart,) = _charts("| sum(duration - 2s) by error.type, error | over 5m every 5m", [(1, "", True, -1500.0)])
    assert [it.name for it in chart.drawn] == ["(none) · error"]
    assert not chart.bars
    assert chart.lines[0].text == "0"


def test_what_is_usual_is_an_area_behind_its_curve_where_it_is_known():
    asked = CurveSet(
        "p50", "ms", (Curve("p50", (10.0, 20.0, 40.0), (), (None, Band(10, 20, 30), Band(10, 20, 400))),),
        added=False, summed=False, whole=False, usual="shaded: usual",
    )  # fmt: skip
    (chart,) = series_charts([asked], Steps(START, 60.0, 3), START + timedelta(days=1))
    (curve,) = chart.drawn
    # the axis ends at 60: a band far above the values does not flatten them
    assert curve.band == "M15 500.0L25 0.0L25 833.3L15 833.3z"
    assert curve.texts.replace("\u202f", " ").split("|")[:2] == ["10.0 ms", "20.0 ms (usual 10.0 ms to 30.0 ms)"]
    assert chart.usual == "shaded: usual"

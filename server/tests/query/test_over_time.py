"""A query as a series asks for the same; the rows behind a group are those of the group."""

from __future__ import annotations

import pytest

from mendline.query import read_query
from mendline.query.behind import rows_behind
from mendline.query.over_time import MOST_STEPS, over_time, step_for


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("error", "error | count() | over 5m every 5m"),
        ("", "| count() | over 5m every 5m"),
        ("logs | sort message | limit 3", "logs | count() | over 5m every 5m"),
        ("error | since 2h", "error | count() | since 2h | over 5m every 5m"),
        ("| count() by function | limit 3", "| count() by function | over 5m every 5m | limit 3"),
        ("| p50(duration) | over 10m", "| p50(duration) | over 10m every 5m"),
        ("| sum(cost) | over today", "| sum(cost) | over today every 5m"),
        ("| count() | over 1m every 1m", "| count() | over 1m every 1m"),
        ("| count() by function | over 1h | where count() < usual for 3 of 5 | sort function",
         "| count() by function | over 1h every 5m | sort function"),
    ],
)  # fmt: skip
def test_series_asks_for_the_same_without_what_would_cut_it(text, series):
    found = str(over_time(read_query(text).query, 300))
    assert found == series
    assert read_query(found).plan.is_series


def test_functions_have_no_series():
    assert over_time(read_query("functions errors > 0").query, 300) is None


@pytest.mark.parametrize("length_s", [1, 60, 900, 3600, 86400, 7 * 86400, 30 * 86400, 400 * 86400])
def test_step_gives_a_chart_enough_points_and_not_too_many(length_s):
    steps = length_s / step_for(length_s)
    assert steps <= MOST_STEPS
    assert steps > 12 or step_for(length_s) == 1


@pytest.mark.parametrize(
    ("text", "values", "units", "rows"),
    [
        ("error | count() by function", ["checkout"], [""], "error and function:checkout"),
        ("| count() by function", ["a b|c"], [""], 'function:"a b|c"'),
        ("| count() by function", ["*"], [""], 'function:"*"'),
        ("function:a or function:b | count() by error.type", [""], [""],
         "(function:a or function:b) and not exists(error.type)"),
        ("| count() by error", [True], [""], "error"),
        ("| count() by cold_start, error", [False, True], ["", ""], "not cold_start and error"),
        ("| count() by bucket(duration, 100ms)", [200.0], ["ms"], "duration >= 200ms and duration < 300ms"),
        ("| count() by bucket(cost, $0.01)", [0.02], ["$"], "cost >= $0.02 and cost < $0.03"),
        ("| count() by bucket(memory.used / memory.size, 10%)", [70.0], ["%"],
         "memory.used / memory.size >= 70% and memory.used / memory.size < 80%"),
        ("| count() by attempt", [2], [""], "attempt = 2"),
        ("| count() by tags.user.tier", ["gold"], [""], "tags.user.tier:gold"),
        ("operations | count() by resource | since 2h | limit 3", ["sqs orders Send"], [""],
         'operations resource:"sqs orders Send" | since 2h'),
        ("| count() by bucket(init.duration, 1s)", [None], ["ms"], "not exists(init.duration)"),
    ],
)  # fmt: skip
def test_rows_behind_a_group_are_asked_for_by_its_keys(text, values, units, rows):
    asked = str(rows_behind(read_query(text).query, values, units))
    assert asked == rows
    assert read_query(asked).text == rows


def test_group_of_what_could_not_be_computed_has_no_filter():
    asked = read_query("| count() by bucket(memory.used / memory.size, 10%)").query
    assert rows_behind(asked, [None], ["%"]) is None

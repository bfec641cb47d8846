"""What the store answers is what a slow, plain evaluation of the same plan over the same rows answers."""

from __future__ import annotations

import os
import random
import time
from contextlib import closing
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from proof.questions import filters, grouped, listed, term
from proof.slow_answers import SlowAnswers, shown
from proof.slow_tables import Tables
from proof.slow_traces import AllRows
from proof.world import LENGTH_NS, MINUTE, World

from mendline.errors import QueryTextError
from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.insight.heatmap import heat_map
from mendline.insight.moments import from_ns
from mendline.model.measure import MEASURES
from mendline.model.timerange import TimeRange
from mendline.query import Source, read_query
from mendline.query.fields import find_field
from mendline.store import ClickHouseStore
from mendline.store.plans import ROW_COLUMNS

TRANSACTIONS = 60
EXAMPLES = int(os.environ.get("MENDLINE_PROOF_EXAMPLES", "12"))  # of each source
SEED = int(os.environ.get("MENDLINE_PROOF_SEED", "7"))  # of the world; questions have --hypothesis-seed
ZONE = ZoneInfo("Asia/Kolkata")
START_NS = (time.time_ns() // MINUTE - 160) * MINUTE
RANGES = {
    "all": (START_NS - 5 * MINUTE, START_NS + LENGTH_NS + 10 * MINUTE),
    "an hour": (START_NS + 61 * MINUTE, START_NS + 121 * MINUTE),
    "not of minutes": (START_NS + 30 * MINUTE + 17_000, START_NS + 110 * MINUTE + 5_000),
}
NOW_NS = START_NS + LENGTH_NS + 10 * MINUTE
_HOLDING = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def filled(engine_path):
    """A store with a random world in it, and what it holds as plain rows."""
    with closing(ClickHouseStore.embedded(engine_path, "proof")) as store:
        world = World(random.Random(SEED), START_NS)
        world.fill(TRANSACTIONS)
        world.store_in(store)
        yield store, AllRows(Tables(store))


def _question(text, bounds):
    start_ns, end_ns = bounds
    return Question(text, TimeRange(from_ns(start_ns), from_ns(end_ns)), from_ns(NOW_NS), limit=10_000, zone=ZONE)


def _checked(text):
    try:
        return read_query(text)
    except QueryTextError:
        assume(False)


def _same(found, wanted, tolerance=1e-9):
    if isinstance(found, float) and isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return found == pytest.approx(wanted, rel=tolerance, abs=1e-12)
    return (list(found) if isinstance(found, tuple) else found) == wanted


def _assert_same(text, found, wanted, tolerance=1e-9):
    assert len(found) == len(wanted), f"{text}\n{found[:5]}\n{wanted[:5]}"
    for one, other in zip(found, wanted, strict=True):
        assert all(_same(*pair, tolerance) for pair in zip(one, other, strict=True)), f"{text}\n{one}\n{other}"


def _by_group(rows, columns):
    """Rows as (moment and keys, columns): sums of floats that are equal but for their last digits have no order."""
    keyed = [
        (repr([_rounded(value) for value in row[: len(row) - columns]]), row[len(row) - columns :]) for row in rows
    ]
    return sorted(keyed, key=lambda each: each[0])


def _rounded(value):
    return float(f"{value:.9g}") if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@pytest.mark.parametrize("source", list(Source))
@_HOLDING
@given(data=st.data())
def test_groups_are_those_of_a_slow_evaluation(filled, source, data):
    store, rows = filled
    text = data.draw(grouped(source))
    bounds = RANGES[data.draw(st.sampled_from(sorted(RANGES)))]
    asked = _checked(text).plan
    answered = answer(store, _question(text, bounds))
    slow = SlowAnswers(rows, *bounds, NOW_NS, ZONE)
    outputs = (*asked.keys, *asked.columns)
    wanted = [
        [
            *([_iso(moment)] if asked.is_series else []),
            *(shown(value, output.type) for value, output in zip(values, outputs, strict=True)),
        ]
        for moment, values in slow.groups(asked)
    ]
    found = [list(row) for row in answered.rows]
    by_group, by_group_wanted = (_by_group(rows, len(asked.columns)) for rows in (found, wanted))
    assert [keys for keys, _ in by_group] == [keys for keys, _ in by_group_wanted], text
    tolerance = 0.011 if answered.approximate else 1e-9
    _assert_same(text, [row for _, row in by_group], [row for _, row in by_group_wanted], tolerance)
    if not answered.approximate and not any(isinstance(value, float) for row in found for value in row):
        assert found == wanted, text


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize("bounds", RANGES.values(), ids=RANGES)
def test_heat_maps_count_every_execution_that_holds_once(filled, measure, bounds):
    store, rows = filled
    wanted = rows.rows(Source.INVOCATIONS, *bounds)
    heat = heat_map(store, _question("", bounds), measure=measure, mark="error")
    assert heat.total + heat.untold == len(wanted)
    if measure is MEASURES["duration"]:
        assert (heat.untold, heat.marked) == (0, sum(bool(row.fields["error"]) for row in wanted))
    if measure is MEASURES["wait"]:
        assert heat.total == sum(row.fields["wait.duration"] is not None for row in wanted)


@pytest.mark.thorough
@pytest.mark.parametrize("source", list(Source))
@_HOLDING
@given(data=st.data())
def test_rows_are_those_of_a_slow_evaluation(filled, source, data):
    store, rows = filled
    text = data.draw(listed(source))
    # the one by the other is the same for all, but for its last digits: these have no order
    assume("cost / cost.monthly" not in text and "cost.monthly / cost" not in text)
    bounds = RANGES[data.draw(st.sampled_from(sorted(RANGES)))]
    asked = _checked(text).plan
    answered = answer(store, _question(text, bounds))
    types = {key: find_field(key, source).type for key in ROW_COLUMNS[source]}
    wanted = [
        [shown(row[key], types[key]) for key in types] for row in SlowAnswers(rows, *bounds, NOW_NS, ZONE).rows(asked)
    ]
    _assert_same(text, [list(row) for row in answered.rows], wanted)


def _iso(moment):
    return from_ns(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.thorough
@pytest.mark.parametrize("source", list(Source))
@_HOLDING
@given(data=st.data())
def test_condition_parts_every_set_of_rows_in_two(filled, source, data):
    store, _ = filled
    one, other = data.draw(filters(source)), data.draw(term(source))
    both = f"({one}) and " if one else ""
    counts = []
    for text in (
        f"{source} {one} | count()",
        f"{source} {both}({other}) | count()",
        f"{source} {both}not ({other}) | count()",
    ):
        _checked(text)
        counts.append(answer(store, _question(text, RANGES["all"])).rows[0][0])
    assert counts[0] == pytest.approx(counts[1] + counts[2], abs=1)

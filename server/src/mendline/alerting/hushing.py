"""Silences that name a query: a group is silenced where its condition would not hold without the rows that fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mendline.errors import QueryTextError
from mendline.insight.answers import read
from mendline.insight.evaluations import Question
from mendline.insight.standings import Standing, standings
from mendline.model.policy import Policy
from mendline.query import Plan, Source, plan
from mendline.store.contract import TelemetryStore

Silence = Mapping[str, Any]


def hushed(
    store: TelemetryStore,
    policy: Policy,
    asked: Plan,
    found: Sequence[Standing],
    silences: Iterable[Silence],
    question: Question,
) -> frozenset[tuple[str, ...]]:
    """The groups that are silenced by a query; none is asked for where nothing holds or no silence has one."""
    holding = frozenset(keys_of(one) for one in found if one.now)
    mine = [
        one["query"]
        for one in silences
        if one["query"] and one["start"] <= question.now < one["end"] and one["policy"] in ("", policy.name)
    ]
    left = _without(store, asked, mine, question.now) if holding and mine else asked
    if left is asked:
        return frozenset()
    return holding - {keys_of(one) for one in standings(store, left, question) if one.now}


def keys_of(standing: Standing) -> tuple[str, ...]:
    """Its group, as alerts name it."""
    return tuple("" if key is None else str(key) for key in standing.keys)


def _without(store: TelemetryStore, asked: Plan, queries: Iterable[str], now: datetime) -> Plan:
    """The plan over rows that fit none of these; those about other rows change nothing."""
    for text in queries:
        condition = _of_rows(store, text, asked.source, now)
        if condition is not None:
            others = plan.Not(condition)
            asked = replace(asked, filter=plan.And((asked.filter, others)) if asked.filter is not None else others)
    return asked


def _of_rows(store: TelemetryStore, text: str, source: Source, now: datetime) -> plan.Condition | None:
    """The condition of a query on rows of a source; a query that names no source is about whatever has its fields."""
    for said in (text, f"{source.value} {text}"):
        try:
            told = read(store, said, now).plan
        except QueryTextError:
            continue
        if told.source is source:
            return told.filter
    return None

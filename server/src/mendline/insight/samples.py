"""Samples of invocations, each with its own span, its resource and its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mendline.insight.asked import ask
from mendline.insight.outlier_rows import Sampled, sampled
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span, Statement
from mendline.store.plans.outliers import PICKED, calls_statement, own_spans_statement

_HALF_NS = 1800 * 10**9
_Row = dict[str, Any]
_Key = tuple[str, str]
_Own = tuple[str, dict[str, str], dict[str, str]]
_NO_SPAN: _Own = ("", {}, {})


def read_sample(
    store: TelemetryStore, statement: Statement, wanted: Callable[[int], bool] = lambda selected: True
) -> list[Sampled]:
    """The invocations that a statement picks (plans.outliers.sample_statement). Of these alone the spans are read:
    each lies in a block of its own, so that what costs is how many they are and not how long the range is. None where
    as many selected ones as were picked are not `wanted`."""
    picked = [dict(zip(PICKED, row, strict=True)) for row in ask(store, statement)]
    if not wanted(sum(bool(row["selected"]) for row in picked)):
        return []
    traced = [row for row in picked if row["trace"].strip("0")]
    if not traced:
        return [sampled({**row, "attributes": {}, "resource": {}, "calls": (), "calls_count": 0}) for row in picked]
    between = Span(min(row["start_ns"] for row in traced), max(row["start_ns"] for row in traced) + 1, 0)
    spans = _own_spans(store, between, traced)
    when = {half for row in traced for half in _halves(spans.get(_key(row), _NO_SPAN)[0], row)}
    traces = sorted({row["trace"] for row in traced})
    calls = {
        (trace, service): (told, count)
        for trace, service, told, count in ask(store, calls_statement(between, traces, when))
    }
    return [sampled(_whole(row, spans, calls)) for row in picked]


def _own_spans(store: TelemetryStore, between: Span, traced: Sequence[_Row]) -> dict[_Key, _Own]:
    """By trace and span. Services mostly have the name of their function, by which spans are found sooner."""
    found: dict[_Key, _Own] = {}
    for named in (True, False):
        left = [row for row in traced if _key(row) not in found]
        when = {half for row in left for half in _halves(row["function"], row)} if named else set()
        if left:
            ids = [row["trace"] for row in left], [row["span"] for row in left]
            for trace, span, *own in ask(store, own_spans_statement(between, *ids, when)):
                found[trace, span] = (own[0], own[1], own[2])
    return found


def _key(row: _Row) -> _Key:
    return row["trace"], row["span"]


def _halves(service: str, row: _Row) -> Iterator[tuple[str, int]]:
    """The half hours in which an invocation of a service ran."""
    for half in range(row["start_ns"] // _HALF_NS, (row["start_ns"] + row["duration_ns"]) // _HALF_NS + 1):
        yield service, half * _HALF_NS // 10**9


def _whole(
    row: dict[str, Any],
    spans: dict[tuple[str, str], tuple[str, dict[str, str], dict[str, str]]],
    calls: dict[tuple[str, str], tuple[Sequence[Any], int]],
) -> dict[str, Any]:
    service, attributes, resource = spans.get((row["trace"], row["span"]), _NO_SPAN)
    told, count = calls.get((row["trace"], service), ((), 0))
    return {**row, "attributes": attributes, "resource": resource, "calls": told, "calls_count": count}

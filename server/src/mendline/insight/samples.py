"""Samples of invocations, each with its own span, its resource and its calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mendline.insight.asked import ask
from mendline.insight.outlier_rows import Sampled, sampled
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span, Statement
from mendline.store.plans.outliers import PICKED, calls_statement, own_spans_statement

_NO_SPAN: tuple[str, dict[str, str], dict[str, str]] = ("", {}, {})


def read_sample(store: TelemetryStore, statement: Statement) -> list[Sampled]:
    """The invocations that a statement picks (plans.outliers.sample_statement). Of these alone the spans are read:
    each lies in a block of its own, so that what costs is how many they are and not how long the range is."""
    picked = [dict(zip(PICKED, row, strict=True)) for row in ask(store, statement)]
    traced = [row for row in picked if row["trace"].strip("0")]
    if not traced:
        return [sampled({**row, "attributes": {}, "resource": {}, "calls": (), "calls_count": 0}) for row in picked]
    between = Span(min(row["start_ns"] for row in traced), max(row["start_ns"] for row in traced) + 1, 0)
    traces = [row["trace"] for row in traced]
    spans = {
        (trace, span): (service, attributes, resource)
        for trace, span, service, attributes, resource in ask(
            store, own_spans_statement(between, traces, [row["span"] for row in traced])
        )
    }
    calls = {
        (trace, service): (told, count)
        for trace, service, told, count in ask(store, calls_statement(between, sorted(set(traces))))
    }
    return [sampled(_whole(row, spans, calls)) for row in picked]


def _whole(
    row: dict[str, Any],
    spans: dict[tuple[str, str], tuple[str, dict[str, str], dict[str, str]]],
    calls: dict[tuple[str, str], tuple[Sequence[Any], int]],
) -> dict[str, Any]:
    service, attributes, resource = spans.get((row["trace"], row["span"]), _NO_SPAN)
    told, count = calls.get((row["trace"], service), ((), 0))
    return {**row, "attributes": attributes, "resource": resource, "calls": told, "calls_count": count}

"""The explanation of a selection as JSON."""

from __future__ import annotations

from math import isfinite
from typing import Any

from mendline.analysis.path_times import PathDifference
from mendline.analysis.predicate import Predicate
from mendline.insight.outlier_rows import Sampled
from mendline.insight.outliers import Found, Outliers, in_words, path_in_words


def outliers_document(outliers: Outliers) -> dict[str, Any]:
    """`findings` passed the gate, predicates first and then paths, each best first; `hints` are the weak tier."""
    return {
        "query": outliers.query,
        "selected": outliers.selected,
        "others": outliers.others,
        "looked_at": {"selected": outliers.looked_at[0], "others": outliers.looked_at[1], "part": outliers.part},
        "findings": [*map(found_document, outliers.findings), *map(path_document, outliers.paths)],
        "hints": [found_document(one) for one in outliers.hints],
        "nothing_explains": outliers.nothing_explains,
        "examples": [example_document(one) for one in (*outliers.examples, *outliers.usual)],
        "tests": outliers.tests,
        "calls_cut": outliers.cut,
    }


def found_document(found: Found) -> dict[str, Any]:
    """One predicate, or a pair."""
    common = found.common
    first, *further = [_predicate(one) for one in common.predicates]
    return {
        "kind": "pair" if further else "predicate",
        "text": f"{in_words(found)}.",
        "predicate": first,
        "and": further,
        "also": [_predicate(one) for one in common.also],
        "coverage": common.coverage,
        "lift": common.lift if isfinite(common.lift) else None,
        "p_value": common.chance,
        "effect": {
            "phi": common.effect,
            "selected": common.selected,
            "of_selected": common.of_selected,
            "others": common.baseline,
            "of_others": common.of_baseline,
            "p99_ms": found.slow_ms,
            "p99_without_ms": found.slow_without_ms,
        },
    }


def _predicate(predicate: Predicate) -> dict[str, Any]:
    return {"attribute": predicate.attribute, "op": predicate.op, "value": predicate.value}


def path_document(path: PathDifference) -> dict[str, Any]:
    """Where time went."""
    return {
        "kind": "path",
        "text": f"{path_in_words(path)}.",
        "predicate": None,
        "path": path.path,
        "change": path.kind,
        "coverage": path.selected_presence,
        "lift": path.selected_presence / path.baseline_presence if path.baseline_presence else None,
        "p_value": None,
        "effect": {
            "difference_ms": path.difference_ms,
            "low_ms": path.low_ms,
            "high_ms": path.high_ms,
            "share": path.share,
            "selected_ms": path.selected_ms,
            "others_ms": path.baseline_ms,
            "selected_calls": path.selected_calls,
            "others_calls": path.baseline_calls,
        },
    }


def example_document(row: Sampled) -> dict[str, Any]:
    """An invocation with what went in and out."""
    return {
        "selected": row.selected,
        "invocation_id": row.id,
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "function": row.function,
        "start_ns": str(row.start_ns),
        "duration_ms": row.duration_ms,
        "request": row.request,
        "response": row.response,
    }

"""The charts and tables of the page of a function: each is a query, and leads to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mendline.model.change import Change
from mendline.model.function import FunctionId
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.web.context import WebContext
from mendline.web.page_url import PageUrl
from mendline.web.panels import Panel, Patience, Shown, chart_panels, table_panel
from mendline.web.queries import of_function
from mendline.web.series_chart import Mark, marks_on

_NUMBERS = (
    "count(not error), count(error), p50(duration), p95(duration), p99(duration), count(cold_start), count(timed_out),"
    " max(memory.used), sum(cost)"
)
_SHOWN = (
    Shown("Invocations", {0: "ok", 1: "failed"}, added=True, whole=True),
    Shown("Duration", {2: "p50", 3: "p95", 4: "p99"}),
    Shown("Cold starts and timeouts", {5: "cold starts", 6: "timeouts"}, whole=True),
    Shown("Memory", {7: "most used"}),
    Shown("Cost", {8: "cost"}, added=True),
)
_METRICS = (
    ("Concurrency", "lambda.concurrency", "max(value)", "executions at once"),
    ("Throttles", "lambda.throttles", "sum(value)", "throttled calls"),
    ("Iterator age", "lambda.iterator_age", "max(value)", "oldest record"),
)
COLOURS = {
    "ok": 1, "failed": 2, "p50": 1, "p95": 3, "p99": 2, "cold starts": 1, "timeouts": 2, "most used": 1, "cost": 1,
    "executions at once": 1, "throttled calls": 2, "oldest record": 1,
}  # fmt: skip


def function_panels(
    context: WebContext, time_range: TimeRange, function: FunctionId, patience: Patience
) -> tuple[Panel, ...]:
    """Counts, durations, cold starts, memory and cost of its invocations; concurrency, throttles and iterator age where
    CloudWatch's metrics are there."""
    own = chart_panels(context, time_range, f"{of_function(function)} | {_NUMBERS}", _SHOWN, COLOURS, patience)
    told: list[Panel] = []
    for title, metric, aggregate, name in _METRICS:
        added = aggregate == "sum(value)"
        told_by = ", max(value)" if added else ""
        text = f'metrics name:{metric} attr("function"):{value_text(function.name)} | {aggregate}{told_by}'
        shown = Shown(title, {0: name}, added=added, whole=metric != "lambda.iterator_age", told=1 if added else None)
        (panel,) = chart_panels(context, time_range, text, (shown,), COLOURS, patience)
        if panel.chart or panel.failure:
            told.append(panel)
    return (*own, *told)


def function_tables(
    context: WebContext, here: PageUrl, time_range: TimeRange, function: FunctionId, patience: Patience
) -> dict[str, Panel]:
    """What it calls, and how its versions did, by the alias that was invoked where one was."""
    rows = of_function(function)
    calls = (
        f"operations {rows} | sum(duration), count(), ratio(error), p50(duration), p99(duration), sum(retries)"
        " by resource.type, resource.name, resource.operation | sort sum(duration) desc"
    )
    versions = (
        f"{rows} | count(), ratio(error), ratio(cold_start), p50(duration), p99(duration), min(time), max(time)"
        " by version, alias | sort min(time) desc"
    )

    def to_resource(row: Sequence[Any]) -> str:
        return here.to_resource(row[0] or "", row[1] or "")

    call_heads = ("Type", "Resource", "Operation", "Total time", "Calls", "Errors", "p50", "p99", "Retries")
    version_heads = ("Version", "Alias", "Invocations", "Errors", "Cold starts", "p50", "p99", "First", "Last")
    return {
        "versions": table_panel(
            context, here, time_range, "Versions and aliases", versions, version_heads, patience=patience
        ),
        "calls": table_panel(
            context, here, time_range, "What it calls", calls, call_heads, (1, to_resource), patience=patience
        ),
    }


def deployment_marks(panels: Sequence[Panel], changes: Sequence[Change]) -> tuple[Mark, ...]:
    """Where deployments stand on the charts."""
    steps = next((panel.steps for panel in panels if panel.steps), None)
    told = [(change.time, _deployment(change)) for change in changes if change.is_deployment]
    return marks_on(steps, told) if steps else ()


def _deployment(change: Change) -> str:
    return f"version {change.version}" if change.version else "deployed"

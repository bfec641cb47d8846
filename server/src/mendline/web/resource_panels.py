"""The charts and tables of the page of a resource: each is a query, and leads to it."""

from __future__ import annotations

from mendline.model.timerange import TimeRange
from mendline.web.context import WebContext
from mendline.web.page_url import PageUrl
from mendline.web.panels import Panel, Patience, Shown, chart_panels, table_panel
from mendline.web.queries import of_resource

_NUMBERS = (
    "count(not error), count(error), p50(duration), p95(duration), p99(duration), count(throttled), sum(retries),"
    " count(connection:new), count(connection:reused), max(connect.duration)"
)
_SHOWN = (
    Shown("Calls", {0: "ok", 1: "failed"}, added=True, whole=True),
    Shown("Duration", {2: "p50", 3: "p95", 4: "p99"}),
    Shown("Throttles and retries", {5: "throttled", 6: "retries"}, whole=True),
    Shown("Connections", {7: "new", 8: "reused"}, added=True, whole=True, told=9),
)
_COLOURS = {
    "ok": 1, "failed": 2, "p50": 1, "p95": 3, "p99": 2, "throttled": 2, "retries": 1, "new": 2, "reused": 1,
}  # fmt: skip
_OPERATION_HEADS = ("Operation", "Total time", "Calls", "Errors", "p50", "p95", "p99", "Throttled", "Retries")
_CALLER_HEADS = ("Function", *_OPERATION_HEADS[1:])
_ERROR_HEADS = ("Kind", "Error", "Operation", "Function", "Times", "First", "Last")


def resource_panels(
    context: WebContext, time_range: TimeRange, type_: str, name: str, patience: Patience
) -> tuple[Panel, ...]:
    """Calls, durations, throttles and retries, and connections where the agent tells of them."""
    text = f"operations {of_resource(type_, name)} | {_NUMBERS}"
    told = chart_panels(context, time_range, text, _SHOWN, _COLOURS, patience)
    return tuple(panel for panel in told if panel.chart or panel.failure)


def resource_tables(
    context: WebContext, here: PageUrl, time_range: TimeRange, type_: str, name: str, patience: Patience
) -> dict[str, Panel]:
    """Its operations, its callers, and what failed."""
    rows = f"operations {of_resource(type_, name)}"
    numbers = (
        "sum(duration), count(), ratio(error), p50(duration), p95(duration), p99(duration), count(throttled),"
        " sum(retries)"
    )
    operations = f"{rows} | {numbers} by resource.operation | sort sum(duration) desc"
    callers = f"{rows} | {numbers} by function | sort sum(duration) desc"
    errors = (
        f"{rows} error | count(), min(time), max(time) by error.kind, error.type, resource.operation, function"
        " | sort count() desc"
    )
    asked = {
        "operations": ("Operations", operations, _OPERATION_HEADS),
        "callers": ("Callers", callers, _CALLER_HEADS),
        "errors": ("What failed", errors, _ERROR_HEADS),
    }
    return {
        key: table_panel(context, here, time_range, title, text, heads, patience=patience)
        for key, (title, text, heads) in asked.items()
    }

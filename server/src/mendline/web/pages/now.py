"""`/`: what is going on: what is unlike before, what changed, and how much there is of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request

from mendline.alerting.incidents import incident_document
from mendline.errors import MendlineError
from mendline.insight.answers import answer
from mendline.insight.changes import list_changes
from mendline.insight.errors import list_errors
from mendline.insight.functions import list_functions
from mendline.insight.notable import new_resources, notable_functions
from mendline.insight.off_usual import HOUR, functions_off_usual
from mendline.insight.receipts import last_received
from mendline.insight.worries import worries
from mendline.model.error_group import ErrorGroup
from mendline.model.error_mark import OPEN, state_of
from mendline.model.function import FunctionSummary
from mendline.model.incident import Incident
from mendline.model.off_usual import OffUsuals
from mendline.model.policy import SEVERITIES
from mendline.model.timerange import TimeRange
from mendline.model.worry import Worry
from mendline.web.context import WebContext
from mendline.web.function_panels import COLOURS
from mendline.web.list_query import range_with, read_list_query
from mendline.web.page import Page
from mendline.web.panels import Patience, Shown, chart_panels, panel_data

_CHANGES_OVER = timedelta(hours=24)
_MOST = 12
_LEAST_TIMES = 5  # of an error, below which nothing says that it became more frequent
_OVER_TIME = "| count(not error), count(error), p50(duration), p99(duration)"
_SHOWN = (
    Shown("Invocations", {0: "ok", 1: "failed"}, added=True, whole=True),
    Shown("Duration", {2: "p50", 3: "p99"}),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the page with its query; `value` is None where it is not known, which `failure` may say why.
    `before` is that of the period before."""

    name: str
    query: str
    value: float | None
    before: float | None = None
    unit: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Risen:
    """An error that happens more often than it did."""

    error: ErrorGroup
    worry: Worry


def now_page(context: WebContext, request: Request) -> Page:
    """All of it over the range; changes over a day at least."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), without=("sort", "errors", "page"))
    functions = list_functions(context.store, query.range)
    before = list_functions(context.store, query.range.before)
    since = TimeRange(min(query.range.start, query.range.end - _CHANGES_OVER), query.range.end)
    errors = list_errors(context.store, since)
    marks = context.error_marks.all()
    states = {it.fingerprint: state_of(it, marks.get(it.fingerprint), now) for it in errors}
    open_errors = [it for it in errors if states[it.fingerprint] in OPEN]
    received = last_received(context.store)
    open_incidents = _open(context, query.range)
    data: dict[str, Any] = {
        "range": query.range,
        "incidents": [incident_document(it) for it in open_incidents],
        "numbers": [*_sums(functions, before), *_asked(context, query.range)],
        "notable": notable_functions(functions, before),
        "changes_since": since.start,
        "changes": list_changes(context.store, since, limit=_MOST),
        "new_errors": [it for it in errors if states[it.fingerprint] == "new"][:_MOST],
        "errors_again": [it for it in errors if states[it.fingerprint] == "came back"][:_MOST],
        "risen_errors": _risen(context, open_errors, since),
        "new_resources": new_resources(context.store, since, limit=_MOST),
        "received": received,
    }
    patience = Patience(context.clock)
    panels = chart_panels(context, query.range, _OVER_TIME, _SHOWN, COLOURS, patience) if functions else ()
    data["off_usual"] = _off_usual(context, query.range, [*functions, *before], patience)
    data["panels"] = panel_data(panels)
    view = {
        "query": query,
        "open_incidents": open_incidents,
        "panels": panels,
        "unsure": sum(it.began_here and not it.is_new for it in open_errors),
        "empty": "" if functions else "nothing" if not received.spans else "range",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("now.html", "now", "Now", data, view)


def _off_usual(
    context: WebContext, time_range: TimeRange, functions: Sequence[FunctionSummary], patience: Patience
) -> OffUsuals | None:
    """In the last whole minutes of the range; None where it could not be computed."""
    end = time_range.end.replace(second=0, microsecond=0)
    question = context.question("", TimeRange(end - HOUR, end))
    try:
        return functions_off_usual(context.store, [it.id for it in functions], question, lambda: patience.is_over)
    except MendlineError:
        return None


def _open(context: WebContext, time_range: TimeRange) -> list[Incident]:
    """Incidents that nobody has ended, the gravest first."""
    found = [it for it in context.incidents.between(time_range.start, time_range.end) if it.is_open]
    return sorted(found, key=lambda it: -SEVERITIES.index(it.severity))


def _risen(context: WebContext, errors: Sequence[ErrorGroup], since: TimeRange) -> list[Risen]:
    """Known errors that happen more often than they did in the weeks before."""
    known = [it for it in errors if not it.is_new and it.count >= _LEAST_TIMES]
    told = worries(context.store, known, since)
    found = [Risen(it, told[it.fingerprint]) for it in known if told[it.fingerprint].kind == "rising"]
    return sorted(found, key=lambda it: it.worry.chance)[:_MOST]


def _sums(functions: tuple[FunctionSummary, ...], before: tuple[FunctionSummary, ...]) -> list[Number]:
    told = (
        ("Invocations", "", "invocations"),
        ("Errors", "error", "errors"),
        ("Timeouts", "timed_out", "timeouts"),
        ("Cold starts", "cold_start", "cold_starts"),
    )
    return [
        Number(name, f"{query} | count() by function".lstrip(), _sum(functions, field), _sum(before, field))
        for name, query, field in told
    ]


def _sum(functions: tuple[FunctionSummary, ...], field: str) -> float:
    total: float = sum(getattr(it, field) for it in functions)
    return total


def _asked(context: WebContext, time_range: TimeRange) -> list[Number]:
    """Throttles as AWS tells them (unknown where it is not read), and the cost of this day (UTC)."""
    return [
        _number(context, time_range, "Throttles", "metrics name:lambda.throttles | sum(value), max(value)"),
        _number(context, time_range, "Cost today", "| sum(cost) | over today"),
    ]


def _number(context: WebContext, time_range: TimeRange, name: str, text: str) -> Number:
    try:
        found = answer(context.store, context.question(text, time_range))
    except MendlineError as error:
        return Number(name, text, None, failure=error.message)
    row = found.rows[0] if found.rows else [None]
    known = row[-1] is not None  # a maximum has no value where nothing was told; a sum is 0 then
    return Number(name, text, row[0] if known else None, unit=found.columns[0].unit)

"""`/functions/{name}`: one function: how it went over time, what changed, what it calls, and its invocations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request

from mendline.errors import MendlineError, NotFoundError, UsageError
from mendline.insight.change_cause import ChangeCause, explain_change
from mendline.insight.change_documents import change_summary, headline
from mendline.insight.changes import list_changes
from mendline.insight.cold_starts import cold_starts, slow_imports
from mendline.insight.configurations import function_configuration
from mendline.insight.errors import list_errors
from mendline.insight.evaluations import Question
from mendline.insight.functions import functions_named, get_function
from mendline.insight.invocations import SORTS, list_invocations
from mendline.insight.moments import from_ns
from mendline.model.cold_start import CAUSES
from mendline.model.function import FunctionId, FunctionSummary
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore
from mendline.web.breakdown import breakdown
from mendline.web.context import WebContext
from mendline.web.function_panels import deployment_marks, function_panels, function_tables
from mendline.web.list_query import ROWS, cut, range_with, read_list_query
from mendline.web.page import Page
from mendline.web.page_url import asked_name, page_url
from mendline.web.pages.functions import MONTH
from mendline.web.pages.learning import may_change
from mendline.web.panels import Patience, panel_data
from mendline.web.queries import of_function
from mendline.web.telemetry_text import clip

_HISTORY = timedelta(days=30)
_ERRORS = 5
# columns that are left away where no row has anything in them
_OPTIONAL = ("cold_start", "slowest", "trigger", "memory_used_bytes", "error_message")


def function_page(context: WebContext, request: Request) -> Page:
    """Summary and invocations, newest or slowest first."""
    now = context.clock.now()
    query = read_list_query(request, now, SORTS, ("account", "region", "name"))
    function = _asked(context.store, request)
    summary = get_function(context.store, function, query.range)
    rows, more = cut(
        list_invocations(
            context.store,
            function,
            query.range,
            only_errors=query.only_errors,
            sort=query.sort,
            limit=ROWS + 1,
            offset=query.offset,
        )
    )
    here, range_ = page_url(request), query.range
    since = TimeRange(min(range_.start, range_.end - _HISTORY), range_.end)
    changes = list_changes(context.store, since, function=summary.id)
    configuration = function_configuration(context.store, summary.id, range_.end)
    patience = Patience(context.clock)
    panels = function_panels(context, range_, summary.id, patience) if summary.invocations else ()
    tables = function_tables(context, here, range_, summary.id, patience) if summary.invocations else {}
    errors = list_errors(context.store, range_, function=function.name, limit=_ERRORS) if summary.errors else ()
    changed = _changed(context, Question(of_function(summary.id), range_, now))
    data = {
        "range": range_,
        "function": summary,
        "unlike_before": change_summary(changed) if changed else None,
        "panels": panel_data([*panels, *tables.values()]),
        **_cold_starts(context.store, summary, range_),
        "errors": errors,
        "changes": changes,
        "configuration": configuration,
        "learning": context.learning.of_function(function.name),
        "invocations": rows,
        "more": more,
    }
    view = {
        "query": query,
        "changed": changed,
        "headline": headline(changed) if changed else "",
        "began": from_ns(changed.since.at) if changed and changed.since else None,
        "cold_causes": CAUSES,
        "panels": panels,
        "tables": tables,
        "marks_on_charts": deployment_marks(panels, changes),
        "deployed": next((change for change in changes if change.is_deployment), None),
        "months": MONTH.total_seconds() / range_.seconds,
        "longest_ms": max((row.duration_ms for row in rows), default=0.0),
        "breakdown": breakdown(rows),
        "days": len({row.start.date() for row in rows}),
        "may_change": may_change(request),
        "shown": {name for name in _OPTIONAL if any(getattr(row, name) for row in rows)},
        "elsewhere": range_with(summary.last_invoked, now),
    }
    about = ("function", of_function(summary.id))
    return Page("function.html", "functions", clip(function.name, 60), data, view, about=about)


def _cold_starts(store: TelemetryStore, summary: FunctionSummary, range_: TimeRange) -> dict[str, Any]:
    """Why it started cold, and what its imports took."""
    if not summary.cold_starts:
        return {"cold_starts": (), "imports": ()}
    imports = slow_imports(store, summary.id.name, range_)
    return {"cold_starts": cold_starts(store, summary.id, range_), "imports": imports}


def _changed(context: WebContext, question: Question) -> ChangeCause | None:
    """Whether the function is as usual; None where that could not be computed: the page stands without it."""
    try:
        return explain_change(context.store, question, why=False)
    except MendlineError:
        return None


def _asked(store: TelemetryStore, request: Request) -> FunctionId:
    """The function that the URL means; account and region may be left out where the name is enough."""
    query, name = request.query_params, asked_name(request)
    if not name and "name" not in query:
        raise NotFoundError("This address names no function. The list of functions has what there is.")
    if "account" in query or "region" in query:
        return FunctionId(query.get("account", ""), query.get("region", ""), name)
    found = functions_named(store, name)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} functions are called '{clip(name)}'; add account= and region=, or pick one from the list."
        )
    return found[0] if found else FunctionId("", "", name)

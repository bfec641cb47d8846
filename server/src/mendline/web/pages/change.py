"""`/change`: whether the invocations of a query are as usual, and if not, since when, for whom, and why."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from mendline.errors import MendlineError, QueryTextError, UsageError
from mendline.insight.answer_documents import error_document
from mendline.insight.change_cause import explain_change
from mendline.insight.change_documents import change_document, difference_in_words, headline
from mendline.insight.change_windows import AUTO, BEFORE, USUAL
from mendline.insight.evaluations import Question
from mendline.insight.moments import from_ns
from mendline.web.context import WebContext
from mendline.web.explained import finding_rows, path_rows
from mendline.web.formats import percent
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.query_fault import fault_of

_AGAINST = (AUTO, BEFORE, USUAL)
_WITHOUT = ("sort", "errors", "page", "live")


def change_page(context: WebContext, request: Request) -> Page:
    """The range of the page against what is usual."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), ("q", "against"), _WITHOUT)
    text, against = request.query_params.get("q", ""), request.query_params.get("against", "") or AUTO
    if against not in _AGAINST:
        raise UsageError(f"against is '{against[:40]}'; use {', '.join(_AGAINST)}, or leave it away.")
    view: dict[str, Any] = {"query": query, "text": text, "against": against, "fault": None, "error": None}
    view |= {"told": None, "since": None, "differences": [], "findings": [], "paths": []}
    try:
        told = explain_change(context.store, Question(text, query.range, now), against)
    except QueryTextError as error:
        return _page({"range": query.range, **error_document(error)}, {**view, "fault": fault_of(error)}, error.status)
    except MendlineError as error:
        data = {"range": query.range, "code": error.code, "message": error.message}
        return _page(data, {**view, "error": error}, error.status)
    since = told.since
    view |= {
        "told": told,
        "affected": [one for one in told.affected if percent(one.bad) != percent(one.rest)],
        "headline": headline(told),
        "differences": [f"{difference_in_words(one)}." for one in told.differences],
        "since": since and {name: from_ns(getattr(since, name)) for name in ("at", "first", "last")},
        "until": from_ns(since.until) if since and since.until else None,
        "findings": finding_rows(told.findings, text),
        "paths": path_rows(told.paths),
    }
    return _page({"range": query.range, "change": change_document(told)}, view)


def _page(data: Any, view: dict[str, Any], status: int = 200) -> Page:
    return Page("change.html", "heatmap", "What changed", data, view, status)

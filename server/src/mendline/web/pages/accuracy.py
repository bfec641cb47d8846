"""`/accuracy`: how often the named cause was right, by people and by experiments, and how soon incidents ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from starlette.requests import Request

from mendline.alerting.incidents import incident_document
from mendline.alerting.times import accuracy_of, parts_of, times_by, times_of
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page

_DAYS = 30
_MOST_WRONG = 20


def accuracy_page(context: WebContext, request: Request) -> Page:
    """Of incidents that were open in the range (else in 30 days), and of experiments that were over in it."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), without=("sort", "errors", "page", "live"))
    if "start" not in request.query_params:
        query = replace(query, range=replace(query.range, start=query.range.end - timedelta(days=_DAYS)))
    incidents = context.incidents.between(query.range.start, query.range.end)
    runs = [run for run in context.experiments.runs() if query.range.start <= run.over < query.range.end]
    wrong = [one for one in incidents if one.was_right is False][:_MOST_WRONG]
    asked = [one for one in incidents if one.was_right is None and one.causes and not one.is_open][:_MOST_WRONG]
    data = {
        **accuracy_of(incidents, runs),
        "mean_seconds_to": times_of(incidents),
        "parts": parts_of(incidents),
        "mean_seconds_by": times_by(incidents),
        "wrong": [{**incident_document(one), "said": _said(context, one.id)} for one in wrong],
        "unanswered": [incident_document(one) for one in asked],
    }
    return Page("accuracy.html", "incidents", "Accuracy", data, {"default_start": f"-{_DAYS}d"})


def _said(context: WebContext, number: int) -> str:
    """What people said it was."""
    return next((it.text for it in reversed(context.incidents.timeline(number)) if it.kind == "answered"), "")

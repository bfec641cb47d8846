"""`/explore`: any query of the language, answered as a table and as charts; and where to begin, for who has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.errors import MendlineError, QueryTextError
from mendline.insight.answer_documents import answer_document, error_document, plan_document
from mendline.insight.answer_groups import MOST_ROWS
from mendline.insight.evaluations import Question
from mendline.insight.exploring import Exploration, can_be_series, look, without_condition
from mendline.insight.logs import latest_log
from mendline.insight.metrics import list_metrics
from mendline.insight.predefined import EXPLORE
from mendline.insight.receipts import last_received
from mendline.query.behind import rows_behind
from mendline.store.state import SavedQuery
from mendline.web.answer_csv import answer_csv
from mendline.web.answer_table import AnswerTable, groups_table, rows_table
from mendline.web.context import WebContext
from mendline.web.formats import iso
from mendline.web.list_query import ROWS, ListQuery, range_with, read_list_query, switched_on
from mendline.web.page import Page
from mendline.web.page_url import PageUrl, page_url
from mendline.web.query_fault import fault_of
from mendline.web.saved import saved_view
from mendline.web.series import steps_of
from mendline.web.series_chart import SeriesChart, series_charts
from mendline.web.usual_bands import banded_sets

_MOST_METRICS = 60


def explore_page(context: WebContext, request: Request) -> Page:
    """The answer to the query of the URL; without one, to the default of the page, else examples."""
    page = _explore(context, request)
    return replace(page, view={**page.view, "default": _default(context, request)})


def _explore(context: WebContext, request: Request) -> Page:
    query, text = _asked(context, request)
    if not text.strip():
        return _beginning(context, query)
    try:
        found = look(
            context.store,
            _question(context, query, text),
            as_series=switched_on(request, "view", "time"),
            with_plan=switched_on(request, "explain", "1"),
        )
    except QueryTextError as error:
        view = {"state": "wrong", "fault": fault_of(error)}
        return _page(query, text, error_document(error), view, error.status)
    except MendlineError as error:
        view = {"state": "failed", "error": error}
        return _page(query, text, {"code": error.code, "message": error.message}, view, error.status)
    return _answered(context, page_url(request), query, text, found)


def csv_route(context: WebContext) -> Route:
    """`/explore.csv`: the rows of the same answer, all that an answer has room for."""

    def csv(request: Request) -> Response:
        query, text = _asked(context, request)
        question = replace(_question(context, query, text), limit=MOST_ROWS, offset=0)
        found = look(context.store, question, as_series=switched_on(request, "view", "time"), with_plan=False)
        headers = {"content-disposition": 'attachment; filename="mendline.csv"', "cache-control": "no-store"}
        return Response(answer_csv(found.answer), 200, headers, "text/csv; charset=utf-8")

    return Route("/explore.csv", csv)


def _asked(context: WebContext, request: Request) -> tuple[ListQuery, str]:
    own, without = ("q", "view", "explain"), ("sort", "errors")
    default, asked = _default(context, request), request.query_params.get("q", "")
    return read_list_query(request, context.clock.now(), ("",), own, without), default.text if default else asked


def _default(context: WebContext, request: Request) -> SavedQuery | None:
    """What is answered where the address says no query, not even an empty one."""
    saved = None if "q" in request.query_params else saved_view(context, request, "explore")
    return saved.default if saved else None


def _question(context: WebContext, query: ListQuery, text: str) -> Question:
    return context.question(text, query.range, limit=ROWS, offset=query.offset)


def _page(query: ListQuery, text: str, data: Any, view: dict[str, Any], status: int = 200) -> Page:
    return Page("explore.html", "explore", "Explore", data, {"query": query, "text": text, **view}, status)


# -- nothing asked, or nothing found ---------------------------------------------------------------------------


def _beginning(context: WebContext, query: ListQuery) -> Page:
    metrics = list_metrics(context.store, query.range)[:_MOST_METRICS]
    state = "beginning" if metrics or _has_anything(context) else "nothing"
    topics = dict.fromkeys(example.topic for example in EXPLORE)
    view = {"state": state, "topics": {name: [each for each in EXPLORE if each.topic == name] for name in topics}}
    return _page(query, "", {"range": query.range, "examples": EXPLORE, "metrics": metrics}, view)


def _has_anything(context: WebContext) -> bool:
    return last_received(context.store).spans > 0 or latest_log(context.store) is not None


def _why_empty(context: WebContext, query: ListQuery, found: Exploration) -> dict[str, Any]:
    """Why there is no row, and what to do about it."""
    if query.page > 1:
        return {"empty": "page"}
    if found.run.plan.condition is not None:
        return {"empty": "condition", "unconditioned": without_condition(found.asked)}
    last = last_received(context.store).last
    if last is None and not _has_anything(context):
        return {"empty": "nothing"}
    now = context.clock.now()
    in_range = last is None or found.answer.start <= last < found.answer.end
    return {
        "empty": "filter" if in_range else "range",
        "newest": last,
        "elsewhere": range_with(last, now) if last else {},
    }


# -- an answer -------------------------------------------------------------------------------------------------


def _answered(context: WebContext, here: PageUrl, query: ListQuery, text: str, found: Exploration) -> Page:
    told = replace(found.answer, rows=tuple(found.rows))
    data: dict[str, Any] = {"range": query.range, "answer": answer_document(told), "more": found.more}
    if found.statement:
        data["run"] = plan_document(found.run, found.statement)
    view = {
        "state": "answered",
        "answer": found.answer,
        "asked": found.asked,
        "can_be_series": can_be_series(found.asked),
        "read_as": "" if _bare(found.answer.query) == _bare(text) else found.answer.query,
        "own_range": found.asked.plan.range is not None,
        "is_series": found.run.plan.is_series,
        "charts": _charts(context, _question(context, query, text), found),
        "keys": [output.name for output in found.run.plan.keys],
        "group_url": _group_url(here, found),
        "table": _table(here, found),
        "first_row": query.offset + 1,
        **({"empty": ""} if found.rows else _why_empty(context, query, found)),
    }
    return _page(query, text, data, view)


def _bare(text: str) -> str:
    return "".join(text.split())


def _charts(context: WebContext, question: Question, found: Exploration) -> list[SeriesChart]:
    steps = steps_of(found.answer, found.run.plan)
    if steps is None or not found.answer.rows:
        return []
    sets = banded_sets(context.store, found, question, steps)
    return series_charts(sets, steps, context.clock.now())


def _table(here: PageUrl, found: Exploration) -> AnswerTable:
    keys = len(found.run.plan.keys)
    if not found.run.plan.is_aggregated:
        return rows_table(found.answer, found.rows, here)
    first, group_url = (1 if found.answer.is_series else 0), _group_url(here, found)
    return groups_table(
        found.answer, found.rows, keys, here, lambda row: group_url(row[first : first + keys], **_range_of(row, found))
    )


def _group_url(here: PageUrl, found: Exploration) -> Callable[..., str]:
    """For the values of the keys, the URL of the rows of that group, and further parameters of it."""
    first = 1 if found.answer.is_series else 0
    units = [column.unit for column in found.answer.columns[first : first + len(found.run.plan.keys)]]
    plain = replace(found.run.query, range=None)

    def url(group: Sequence[Any], **range_query: str) -> str:
        asked = rows_behind(plain, group, units)
        return here.to("/explore", q=str(asked), **range_query) if asked else ""

    return url


def _range_of(row: Sequence[Any], found: Exploration) -> dict[str, str]:
    """The range of the rows behind a row, where it is not that of the page."""
    told, asked = found.answer, found.run.plan
    if not told.is_series:
        return {"start": iso(told.start), "end": iso(told.end)} if asked.window or asked.range else {}
    end, window = datetime.fromisoformat(row[0]), asked.window
    start = end - timedelta(microseconds=window.length_ns // 1000) if window and window.length_ns else told.start
    return {"start": iso(start), "end": iso(end)}

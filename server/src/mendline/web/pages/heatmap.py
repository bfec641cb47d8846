"""`/heatmap`: when invocations began and how long they took, or what else is measured; a box around some, and what is
special of these."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from mendline.errors import MendlineError, QueryTextError, UsageError
from mendline.insight.answer_documents import error_document
from mendline.insight.evaluations import Question
from mendline.insight.heatmap import MARKS, SCALES, heat_map
from mendline.insight.moments import to_ns
from mendline.insight.outlier_documents import outliers_document
from mendline.insight.outliers import explain_outliers
from mendline.model.measure import MEASURES, Bound, Measure, bound_of
from mendline.model.selection import Selection
from mendline.model.timerange import parse_moment
from mendline.web.context import WebContext
from mendline.web.explained import finding_rows, path_rows
from mendline.web.heat_drawing import draw_heat, odd_part
from mendline.web.list_query import chosen, read_list_query
from mendline.web.page import Page
from mendline.web.page_url import BOUNDS
from mendline.web.query_fault import fault_of
from mendline.web.side_by_side import side_by_side

_BOX = ("from", "to", *BOUNDS)
_OWN = ("q", *_BOX, "y", "mark", "scale")
_WITHOUT = ("sort", "errors", "page", "live")


def heatmap_page(context: WebContext, request: Request) -> Page:
    """The map of the invocations that a query finds, and the explanation of the box that the URL has."""
    query = read_list_query(request, context.clock.now(), ("",), _OWN, _WITHOUT)
    text, selection = request.query_params.get("q", ""), _selection(context, request)
    measure = MEASURES[chosen(request, "y", tuple(MEASURES))]
    mark = chosen(request, "mark", ("", *MARKS))
    scale = chosen(request, "scale", (measure.scale, *SCALES))
    least, most = (name for name, (of, _) in BOUNDS.items() if of is measure)
    view: dict[str, Any] = {"query": query, "text": text, "selection": selection, "mark": mark, "scale": scale}
    view |= {"marks_of": MARKS, "fault": None, "error": None, "heat": None, "measure": measure}
    view |= {"measures": tuple(MEASURES.values()), "least": least, "most": most, "no_box": dict.fromkeys(_BOX)}
    question = Question(text, query.range, context.clock.now())
    try:
        heat = heat_map(context.store, question, measure=measure, scale=scale, mark=mark)
    except QueryTextError as error:
        return _page({"range": query.range, **error_document(error)}, {**view, "fault": fault_of(error)}, error.status)
    except MendlineError as error:
        data = {"range": query.range, "code": error.code, "message": error.message}
        return _page(data, {**view, "error": error}, error.status)
    data = {"range": query.range, "heatmap": heat}
    view |= {"heat": heat, "drawing": draw_heat(heat, selection), "suggested": odd_part(heat)}
    if selection is None or not heat.cells:
        return _page(data, view)
    return _explained(context, question, selection, data, view)


def _explained(
    context: WebContext, question: Question, selection: Selection, data: dict[str, Any], view: dict[str, Any]
) -> Page:
    try:
        told = explain_outliers(context.store, question, selection)
    except MendlineError as error:  # the map stands, and says that its explanation could not be computed
        failed = {"code": error.code, "message": error.message}
        return _page({**data, "explanation": failed}, {**view, "unexplained": error})
    return _page(
        {**data, "explanation": outliers_document(told)},
        {
            **view,
            "told": told,
            "findings": finding_rows(told.findings, question.text),
            "hints": finding_rows(told.hints, question.text),
            "paths": path_rows(told.paths),
            "beside": side_by_side(told.examples, told.usual),
        },
    )


def _page(data: Any, view: dict[str, Any], status: int = 200) -> Page:
    view = {"told": None, "unexplained": None, "findings": [], "hints": [], "paths": [], "beside": None, **view}
    return Page("heatmap.html", "heatmap", "Heat map", data, view, status)


def _selection(context: WebContext, request: Request) -> Selection | None:
    asked = request.query_params
    start, end = asked.get("from"), asked.get("to")
    now = context.clock.now()
    ends: dict[str, dict[str, float]] = {}
    for name, (measure, side) in BOUNDS.items():
        if asked.get(name):
            key = "least" if side == "min" else "most"
            ends.setdefault(measure.key, {})[key] = _bound(measure, name, asked[name])
    selection = Selection(
        to_ns(parse_moment(start, now)) if start else None,
        to_ns(parse_moment(end, now)) if end else None,
        tuple(Bound(MEASURES[key], **told) for key, told in ends.items()),
    )
    return None if selection == Selection() else selection


def _bound(measure: Measure, name: str, text: str) -> float:
    try:
        return bound_of(measure, name, float(text))
    except ValueError:
        raise UsageError(f"{name} is '{text[:40]}'; it must be a number.") from None

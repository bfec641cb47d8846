"""`POST /api/v1/explain`: what selected invocations have in common that the others have not; `/api/v1/explain/change`:
why a window of time is not as usual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.api.query import read_body, text_of
from mendline.clock import Clock
from mendline.errors import QueryTextError, UsageError
from mendline.insight.answer_documents import error_document
from mendline.insight.change_cause import explain_change
from mendline.insight.change_documents import change_document
from mendline.insight.change_windows import AUTO, BEFORE, USUAL
from mendline.insight.evaluations import Question
from mendline.insight.moments import to_ns
from mendline.insight.outlier_documents import outliers_document
from mendline.insight.outliers import explain_outliers
from mendline.model.measure import MEASURES, Bound, Measure, bound_of
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange, parse_moment, parse_range
from mendline.store.contract import TelemetryStore

_PARAMETERS = ("query", "start", "end", "selection", "project")
_OF_CHANGES = ("query", "start", "end", "against", "project")
_AGAINST = (AUTO, BEFORE, USUAL)
_BOUNDS = ("start", "end", *(f"{end}_{it.bound}" for it in MEASURES.values() for end in ("min", "max")))


def build_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    """POST with `{"query", "start", "end", "selection": {"start", "end", "min_duration_ms", "max_duration_ms", …}}`;
    of a change with `{"query", "start", "end", "against"}`, which is one of _AGAINST or `{"start", "end"}`."""

    def answers(question: Callable[[TelemetryStore, Clock, dict[str, Any]], dict[str, Any]]) -> Any:
        async def answer(request: Request) -> Response:
            asked = await read_body(request)
            try:
                return JSONResponse(await to_thread.run_sync(question, store, clock, asked))
            except QueryTextError as error:
                return JSONResponse(error_document(error), error.status)

        return answer

    return [
        Route("/api/v1/explain", answers(_explain), methods=["POST"]),
        Route("/api/v1/explain/change", answers(_explain_change), methods=["POST"]),
    ]


def _explain(store: TelemetryStore, clock: Clock, asked: dict[str, Any]) -> dict[str, Any]:
    _known(asked, _PARAMETERS, "parameter")
    question = _question(asked, clock.now())
    return outliers_document(explain_outliers(store, question, read_selection(asked.get("selection"), question.now)))


def _explain_change(store: TelemetryStore, clock: Clock, asked: dict[str, Any]) -> dict[str, Any]:
    _known(asked, _OF_CHANGES, "parameter")
    question = _question(asked, clock.now())
    return change_document(explain_change(store, question, _against(asked.get("against"), question.now)))


def _question(asked: dict[str, Any], now: datetime) -> Question:
    time_range = parse_range(text_of(asked, "start"), text_of(asked, "end"), now)
    return Question(text_of(asked, "query") or "", time_range, now)


def _against(told: Any, now: datetime) -> str | TimeRange:
    if told is None or told in _AGAINST:
        return told or AUTO
    if not isinstance(told, dict) or not told.get("start") or not told.get("end"):
        raise UsageError(f"against is to be {', '.join(_AGAINST)}, or an object of start and end.")
    _known(told, ("start", "end"), "bound of what is usual")
    return parse_range(text_of(told, "start"), text_of(told, "end"), now)


def read_selection(told: Any, now: datetime) -> Selection:
    """A selection from JSON; None selects everything. Raises UsageError."""
    if told is None:
        told = {}
    if not isinstance(told, dict):
        raise UsageError(f"selection is to be an object of {', '.join(_BOUNDS)}, each optional.")
    _known(told, _BOUNDS, "bound of a selection")
    start, end = (text_of(told, name) for name in ("start", "end"))
    bounds = [(f"min_{it.bound}", _bound(told, it)) for it in MEASURES.values()]
    selection = Selection(
        to_ns(parse_moment(start, now)) if start else None,
        to_ns(parse_moment(end, now)) if end else None,
        tuple(bound for _, bound in bounds if bound.least is not None or bound.most is not None),
    )
    for low, high, what in (
        (selection.start_ns, selection.end_ns, "start"),
        *((bound.least, bound.most, name) for name, bound in bounds),
    ):
        if low is not None and high is not None and low > high:
            raise UsageError(f"The selection's {what} lies behind its end; nothing can be in it.")
    return selection


def _known(told: dict[str, Any], names: tuple[str, ...], what: str) -> None:
    for name in told:
        if name not in names:
            raise UsageError(f"'{name[:40]}' is no {what} here; there are {', '.join(names)}.")


def _bound(told: dict[str, Any], measure: Measure) -> Bound:
    return Bound(measure, *(_end(told, f"{end}_{measure.bound}", measure) for end in ("min", "max")))


def _end(told: dict[str, Any], name: str, measure: Measure) -> float | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{name} is to be a number.")
    return bound_of(measure, name, value)

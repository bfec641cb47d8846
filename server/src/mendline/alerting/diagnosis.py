"""What is found out about an incident as soon as it is there: the cause, the impact, a typical case, what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.joining import Graph, graph_of
from mendline.analysis.windows import LEAST_INVOCATIONS
from mendline.errors import MendlineError
from mendline.insight.answers import answer
from mendline.insight.architecture import architecture
from mendline.insight.change_cause import ChangeCause, explain_change
from mendline.insight.change_documents import change_document
from mendline.insight.change_words import change_words
from mendline.insight.drifts import slower_over_weeks
from mendline.insight.errors import list_errors
from mendline.insight.evaluations import Question
from mendline.insight.sudden import sudden_findings
from mendline.insight.things import Things
from mendline.insight.traces import get_trace
from mendline.insight.verdicts import judge_trace
from mendline.insight.watch import Watched
from mendline.model.change import Change
from mendline.model.finding import Finding
from mendline.model.incident import Incident
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

GRAPH_OF = timedelta(minutes=30)
_LEAST_USD = 0.01
_JUST_BEFORE = tuple(timedelta(seconds=it) for it in (30, 90, 240))  # what began just now is plain in what is as short
_BEFORE, _USUAL = timedelta(minutes=15), timedelta(hours=1)
_LEAST_ERRORS = 3
_MOST_FUNCTIONS, _MOST_CAUSES, _MOST_PAYLOAD, _MOST_STACK = 8, 3, 2000, 4000


def diagnosed(store: TelemetryStore, incident: Incident, graph: Callable[[], Graph], now: datetime) -> dict[str, Any]:
    """`causes`, `change`, `began`, `impact`, `cost_per_hour_usd`, `example`, `changes`, `cascade`, and `failed_at`: the
    functions whose dead letters it is about. Of what could not be found out, nothing, and `unanswered` says why. Reads
    only, and raises nothing of it."""
    failed_at = [] if incident.functions else _failed_at(store, incident.resources, now)
    functions = list(incident.functions) or failed_at or _callers(incident.resources, graph())
    filter_ = _filter(functions[:_MOST_FUNCTIONS])
    window = TimeRange(incident.opened - _BEFORE, max(now, incident.opened + timedelta(seconds=1)))
    told: dict[str, Any] = {"unanswered": [], "causes": []}
    parts: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: _impact(store, filter_, window, now),
        lambda: _failures(store, functions, window),
        lambda: _judged(store, told),
        lambda: _cause(store, _asked_about(told, functions), window, now, few=_are_few(told)),
        lambda: _sudden(store, told, incident, now),
    )
    for part in parts:
        try:
            told |= part()
        except MendlineError as error:
            told["unanswered"].append(error.message[:300])
    told |= _with_judged(told)
    cascade = cascade_of(functions, [str(it.get("resource") or "") for it in told["causes"][:1]], graph())
    return told | {"cascade": cascade, "failed_at": failed_at}


def found_causes(store: TelemetryStore, incident: Incident, at: datetime) -> Sequence[Mapping[str, Any]]:
    """The causes that are named of an incident, likeliest first, if they are looked for at this moment."""

    def graph() -> Graph:
        return graph_of(architecture(store, TimeRange(at - GRAPH_OF, at)))

    causes: Sequence[Mapping[str, Any]] = diagnosed(store, incident, graph, at)["causes"]
    return causes


def _asked_about(told: Mapping[str, Any], functions: Sequence[str]) -> list[str]:
    """Filters of the functions to ask about, one after the other: where it failed first, which need not be where people
    noticed; then all of them."""
    judged = told.get("judged") or {}
    first = str(judged.get("function", "")) if judged.get("is_it") else ""
    asked = [_filter([first])] if first and [first] != list(functions) else []
    return [*asked, _filter(functions[:_MOST_FUNCTIONS])]


def _are_few(told: Mapping[str, Any]) -> bool:
    """Whether there are so few invocations that no part of the window tells more than all of it."""
    return "invocations" in told and told["invocations"] < LEAST_INVOCATIONS


def _failed_at(store: TelemetryStore, resources: Sequence[str], now: datetime) -> list[str]:
    """The functions whose dead letters lie in these queues, as far as the readers of AWS told it."""
    try:
        things = Things.of(store, now)
    except MendlineError:
        return []
    return list(dict.fromkeys(name for one in resources for name in things.given_up_by(one)))


def cascade_of(functions: Sequence[str], causes: Sequence[str], graph: Graph) -> str:
    """From where it began to who suffers, as a line of names; empty where there is no more than one."""
    start = next((one.partition("/")[2] or one for one in causes if one), "")
    names = [name for name in dict.fromkeys((start, *functions)) if name]
    if len(names) < 2:
        return ""
    placed = [names[0]]
    for name in names[1:]:
        near = any(other in graph.get(name, ()) or any(name in graph.get(hop, ()) for hop in graph.get(other, ()))
                   for other in placed)  # fmt: skip
        placed.append(name if near else f"({name})")
    return " → ".join(placed)


def _filter(functions: Sequence[str]) -> str:
    return f"function in ({', '.join(value_text(name) for name in functions)})" if functions else ""


def _callers(resources: Sequence[str], graph: Graph) -> list[str]:
    return sorted({name for resource in resources for name in graph.get(resource, ()) if "." not in name})


def _cause(
    store: TelemetryStore, filters: Sequence[str], window: TimeRange, now: datetime, *, few: bool
) -> dict[str, Any]:
    asked = filters[-1:] if few else filters
    looked = (_explained(store, one, window, now, long=one == filters[-1], short=not few) for one in asked)
    found = next(one for one in looked if one is not None)
    told = change_document(found)
    example = told["examples"][0] if told["examples"] else None
    return {
        "causes": told["causes"][:_MOST_CAUSES],
        "change": told["text"],
        "state": told["state"],
        "began": told["since"] and told["since"]["at"],
        "affected": told["affected"],
        "changes": [_change_line(one) for one in found.changes[:5]],
        "example": example and _example(example),
        "findings": [one["text"] for one in told["findings"][:3]],
    }


def _sudden(store: TelemetryStore, told: Mapping[str, Any], incident: Incident, now: datetime) -> dict[str, Any]:
    """What is sudden of what it is about, where nothing surer is known, or no more than which error it was: it is told
    against six hours, so that fewer cases are enough. Where nothing is, and nothing differs from what is usual, what
    went on for weeks."""
    sure = [one for one in told["causes"] if one["confidence"] != "low"]
    if sure and sure[0]["kind"] != "code_error":
        return {}
    about = {*incident.functions, *incident.resources}
    found = _of(about, sudden_findings(store, now))
    if not found and not told["causes"]:
        found = _of(about, slower_over_weeks(Watched(store, TimeRange(incident.opened - _BEFORE, now), now)))
    named = ("kind", "owner", "text", "confidence", "function", "resource")
    empty = {"attribute": "", "value": "", "version": ""}
    causes = [
        {"rank": rank, **{name: getattr(one, name) for name in named}, **empty, "evidence": list(one.evidence)}
        for rank, one in enumerate(found, 1)
    ]
    return {"causes": [*causes, *told["causes"]][:_MOST_CAUSES]} if causes else {}


def _of(about: Collection[str], found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.function in about or one.resource.partition("/")[2] in about]


def _explained(
    store: TelemetryStore, filter_: str, window: TimeRange, now: datetime, *, long: bool, short: bool
) -> ChangeCause | None:
    """Why it is not as usual: of as short a time before as tells of a cause that is more than a guess, if that is
    wanted (`short`). Where none does, what the whole window tells, if that is wanted (`long`)."""
    for before in _JUST_BEFORE if short else ():
        just = TimeRange(window.start + _BEFORE - before, window.end)
        found = explain_change(store, Question(filter_, just, now), TimeRange(just.start - _USUAL, just.start))
        if any(cause.confidence != "low" for cause in found.causes):
            return found
    return explain_change(store, Question(filter_, window, now)) if long else None


def _example(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "path": _path(row["trace_id"], row["span_id"], f"/invocations/{row['invocation_id']}"),
        "function": row["function"],
        "duration_ms": row["duration_ms"],
        "request": str(row["request"] or "")[:_MOST_PAYLOAD],
        "response": str(row["response"] or "")[:_MOST_PAYLOAD],
    }


def _path(trace_id: str, span_id: str, otherwise: str) -> str:
    return f"/traces/{trace_id}?span={span_id}" if trace_id else otherwise


def _impact(store: TelemetryStore, filter_: str, window: TimeRange, now: datetime) -> dict[str, Any]:
    text = f"{filter_} | count(), count(error), distinct(trace_id), sum(cost)"
    row = answer(store, Question(text.strip(), window, now)).rows[0]
    calls, errors, _, cost = (float(value or 0) for value in row)
    hours = max(window.seconds, 1.0) / 3600
    said = f"{errors:,.0f} of {calls:,.0f} invocations failed in {window.seconds / 60:,.0f} min"
    an_hour = f"${cost / hours:,.2f}" if cost / hours >= _LEAST_USD else "less than a cent"
    return {
        "impact": f"{said}; what runs there costs {an_hour} an hour.",
        "cost_per_hour_usd": cost / hours,
        "failed": errors,
        "invocations": calls,
    }


def _failures(store: TelemetryStore, functions: Sequence[str], window: TimeRange) -> dict[str, Any]:
    groups = list_errors(store, window, function=functions[0] if len(functions) == 1 else "", limit=20)
    own = [one for one in groups if not functions or set(one.functions) & set(functions)]
    if not own:
        return {}
    worst = own[0]
    said = f"{worst.type}: {worst.message}" if worst.message else worst.type
    return {
        "error": {
            "fingerprint": worst.fingerprint,
            "said": said[:500],
            "kind": worst.kind,
            "count": worst.count,
            "stack": worst.stack[:_MOST_STACK],
            "trace_id": worst.trace_id,
            "span_id": worst.span_id,
            "functions": list(worst.functions),
            "path": _path(worst.trace_id, worst.span_id, f"/errors/{worst.fingerprint}"),
        }
    }


def _judged(store: TelemetryStore, told: Mapping[str, Any]) -> dict[str, Any]:
    """Whose fault the error is, which can be told of one case; `is_it`: it may be what the incident is about."""
    error = told.get("error")
    if not error or not error["trace_id"]:
        return {}
    judged = judge_trace(store, get_trace(store, error["trace_id"]), error["span_id"])
    if judged is None:
        return {}
    found = judged.verdict
    cause = {name: getattr(found, name) for name in ("kind", "owner", "text", "confidence")}
    whose = judged.function or next(iter(error.get("functions", ())), "")
    cause |= {"evidence": list(found.evidence), "function": whose, "resource": judged.resource}
    cause |= {"attribute": "", "value": "", "version": ""}
    is_it = found.owner != "unknown" and found.side != "nobody" and error["count"] >= _LEAST_ERRORS
    sent = judged.sent.text[:_MOST_PAYLOAD]
    return {"judged": {**cause, "where": judged.where, "is_it": is_it, "request": sent}}


def _with_judged(told: Mapping[str, Any]) -> dict[str, Any]:
    """What one case tells stands for the example, and for the cause, where nothing better is known."""
    judged = dict(told.get("judged") or {})
    more: dict[str, Any] = {}
    if judged and not told.get("example"):
        more["example"] = {"path": told["error"]["path"], "request": judged["request"]}
    if judged.pop("is_it", False) and not any(one["confidence"] != "low" for one in told["causes"]):
        own = {name: value for name, value in judged.items() if name not in ("where", "request")}
        more["causes"] = [{"rank": 1, **own}, *told["causes"]][:_MOST_CAUSES]
    return more


def _change_line(change: Change) -> str:
    words = change_words(change)
    facts = ", ".join(f"{it.name} {it.before or '-'} → {it.after or '-'}".strip() for it in words.facts[:3])
    return f"{change.time:%H:%M} {change.name}: {words.what}{f' ({facts})' if facts else ''}"[:300]

"""Experiments and game days to begin with, for what somebody looks at: a dependency, a function, an incident. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.model.experiment import INVOCATION
from mendline.model.incident import Incident
from mendline.query.spelling import value_text

_FAULTS: dict[str, dict[str, Any]] = {
    "slow": {"kind": "latency", "ms": 1000},
    "errors": {"kind": "http_status", "status": 503},
    "refused": {"kind": "connection_refused"},
    "no answer": {"kind": "no_answer"},
    "events": {"kind": "duplicate_event"},
    "environment": {"kind": "cold_start"},
}
_OF_A_DATABASE = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
_WORDS = {
    "slow": "is slow",
    "refused": "is unreachable",
    "no answer": "does not answer",
    "errors": "answers errors",
}


def draft(function: str, type_: str = "", name: str = "", mode: str = "") -> dict[str, Any]:
    """What could be tried there, as files tell it."""
    function = function or "FUNCTION"
    whole = type_ == INVOCATION
    mode = mode if mode in _FAULTS else "environment" if whole else "no answer"
    what = function if whole else name or type_ or "what it calls"
    of = value_text(function)
    target: dict[str, Any] = {"function": function} | ({"type": type_} if type_ else {})
    target |= {} if whole or not name else {"name": name}
    return {
        "name": f"{what.replace('/', ' ')} {_WORDS.get(mode, 'is in trouble')}, for {function}"[:100],
        "hypothesis": f"{function} goes on answering while {what} {_WORDS.get(mode, 'is in trouble')}",
        "steady_state": f"function:{of} | ratio(error) | over 1m | where ratio(error) < 5%",
        "target": {**target, "percent": 100, "maximum": 100},
        "fault": _fault(mode, type_),
        "abort": f"function:{of} | ratio(error), count() | over 1m | where ratio(error) > 50% and count() > 10",
        "duration": "5m",
        "before": "5m",
        "after": "2m",
    }


def could_happen_again(incident: Incident) -> dict[str, str]:
    """What `draft` is told, of the cause that was named: the function, what it called, and how that failed."""
    cause: Mapping[str, Any] = incident.causes[0] if incident.causes else {}
    type_, _, name = str(cause.get("resource") or "").replace(" / ", "/").partition("/")
    kind = str(cause.get("kind") or "")
    mode = "slow" if "slow" in kind else "errors" if kind in ("resource_error", "throttled", "permission") else ""
    function = str(cause.get("function") or next(iter(incident.functions), ""))
    return {"function": function, "type": type_, "name": name, "mode": mode}


def _fault(mode: str, type_: str) -> dict[str, Any]:
    if mode != "errors" or type_ in ("", "http"):
        return _FAULTS[mode]
    if type_ == "redis":
        return {"kind": "redis_error", "class": "ConnectionError"}
    if type_ in _OF_A_DATABASE:
        return {"kind": "sql_error", "class": "OperationalError"}
    return {"kind": "aws_error", "code": "ThrottlingException"}


def game_day_draft(experiments: Sequence[str]) -> dict[str, Any]:
    """A game day of the first of these experiments, as files tell it."""
    plan = [{"experiment": name, "task": "Who is on call finds the cause"} for name in experiments[:3]]
    return {
        "name": "A day of faults",
        "goal": "Who is on call is told within two minutes, and finds the cause within ten",
        "people": ["Ada (leads)", "Ben (on call)"],
        "alert_people": True,
        "plan": plan or [{"experiment": "NAME", "task": "Who is on call finds the cause"}],
    }

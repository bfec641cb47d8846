"""A run book, drafted from an incident that is over or an experiment that is finished, for the next incident with the
same kind of cause at the same place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mendline.alerting.content import first_steps
from mendline.alerting.words import FIRST_STEPS, lasted
from mendline.model.experiment import INVOCATION
from mendline.model.experiment_run import Run, RunState
from mendline.model.incident import Incident, IncidentEvent

Bound = tuple[str, str]
_KINDS = {
    "latency": "resource_slow",
    "no_answer": "resource_slow",
    "out_of_memory": "memory",
    "handler_timeout": "timeout",
    "cold_start": "cold_start",
    "disk_full": "code_error",
    "duplicate_event": "input",
    "drop_event": "lost_downstream",
    "reorder_event": "input",
}
_REFUSED_CODES = {"AccessDenied": "permission", "Unauthorized": "permission", "Throttl": "throttled",
                  "TooManyRequests": "throttled", "ThroughputExceeded": "throttled"}  # fmt: skip


def bound_to(incident: Incident) -> Bound | None:
    """The kind of its likely cause, and the dependency or function where it is; None of one whose cause is not
    proven, or was not the right one."""
    first: Mapping[str, Any] = incident.causes[0] if incident.causes else {}
    where = str(first.get("resource") or first.get("function") or "")
    return (str(first["kind"]), where) if where and incident.was_right is not False else None


def best_draft(incident: Incident, others: Sequence[Incident]) -> Incident | None:
    """The newest incident that is over, with the same kind of cause at the same place, and of which somebody said what
    mended it."""
    wanted = bound_to(incident)
    found = [
        one
        for one in others
        if wanted and one.id != incident.id and not one.is_open and one.mended_by and bound_to(one) == wanted
    ]
    return max(found, key=lambda one: one.opened, default=None)


def kinds_of(run: Run) -> frozenset[str]:
    """Of causes that its fault brings: by what was injected, and what was named where that was right."""
    fault, cause = run.experiment.fault, run.score.get("cause") or {}
    code = str(fault.options.get("code") or "")
    refused = next((kind for said, kind in _REFUSED_CODES.items() if said in code), None)
    refused = refused or ("throttled" if fault.options.get("status") == 429 else None)
    injected = refused or _KINDS.get(fault.kind, "resource_error")
    return frozenset({injected, *([str(cause["kind"])] if cause.get("right") and cause.get("kind") else [])})


def best_experiment(incident: Incident, runs: Sequence[Run]) -> Run | None:
    """The newest finished run that struck something, with a fault of the same kind at the same place."""
    wanted = bound_to(incident)
    found = [one for one in runs if wanted and is_telling(one) and wanted[0] in kinds_of(one) and _is_at(one, wanted)]
    return max(found, key=lambda one: one.starts, default=None)


def is_telling(run: Run) -> bool:
    """Whether it is over and a run book can be drafted from it: it struck something."""
    struck: Mapping[str, Any] = run.score.get("struck") or {}
    is_over = run.state in (RunState.FINISHED, RunState.ABORTED)
    return is_over and bool(struck.get("injected") or struck.get("invocations"))


def _is_at(run: Run, wanted: Bound) -> bool:
    target = run.experiment.target
    if target.type == INVOCATION:
        return wanted[1] == target.function
    type_, _, rest = wanted[1].replace(" / ", "/").replace(" ", "/").partition("/")
    fits_type = target.type in ("*", "aws", "sql") or fnmatchcase(type_, target.type)
    return fits_type and any(fnmatchcase(name, target.name) for name in (rest, rest.partition("/")[0]) if name)


def drafted(incident: Incident, timeline: Sequence[IncidentEvent]) -> str:
    """As Markdown, to be read over by somebody who knows."""
    kind, where = bound_to(incident) or ("unknown", ", ".join(incident.functions or incident.resources))
    cause: Mapping[str, Any] = incident.causes[0] if incident.causes else {}
    tried = [event.text for event in timeline if event.kind in ("tried", "note")]
    lines = _begun(kind, where, f"incident {incident.id}, {incident.opened:%Y-%m-%d}")
    lines += _listed("How it shows", [incident.title, cause.get("text", ""), *cause.get("evidence", ())])
    lines += _steps(first_steps(incident))
    mended = (incident.mended_by or "Nobody said").rstrip(".")
    lines += ["", "## What mended it", "", f"{mended}. It took {_took(incident)}."]
    lines += _listed("What was tried", tried)
    return "\n".join(lines) + "\n"


def drafted_of_run(run: Run) -> str:
    """The same of an experiment that is over: there, what was wrong is known for certain."""
    target, struck = run.experiment.target, run.score.get("struck") or {}
    kind, where = _bound_of(run)
    lines = _begun(kind, where, f"experiment run {run.id}, '{run.experiment.name}', {run.starts:%Y-%m-%d}")
    cause = (run.score.get("cause") or {}).get("text", "")
    lines += _listed("How it shows", [f"{run.experiment.words}.", *run.score.get("lines", ()), cause])
    lines += _steps([FIRST_STEPS[it] for it in (kind, *sorted(kinds_of(run))) if it in FIRST_STEPS])
    caught = [("answered by a fallback", struck.get("degraded")), ("buffered to be made later", struck.get("buffered"))]
    held = [f"{count:,} invocations of {target.function} were {how}." for how, count in caught if count]
    lines += _listed("What held meanwhile", held)
    lines += ["", "## What mended it", "", _afterwards(run)]
    return "\n".join(lines) + "\n"


def _bound_of(run: Run) -> Bound:
    """The kind that was named where that was right, else what was injected; and what was struck."""
    target, cause = run.experiment.target, run.score.get("cause") or {}
    named = str(cause.get("kind") or "") if cause.get("right") else ""
    where = target.function if target.type == INVOCATION else f"{target.type}/{target.name}"
    return named or min(kinds_of(run)), where


def _afterwards(run: Run) -> str:
    state = ((run.score.get("phases") or {}).get("after") or {}).get("state", "")
    said = {"held": "the steady state held again", "broken": "the steady state did not hold at each moment"}
    after = said.get(state, "it could not be told whether the steady state held")
    return f"The fault ended by itself; in the {run.experiment.after_s} s afterwards {after}."


def _begun(kind: str, where: str, origin: str) -> list[str]:
    return [f"# {kind.replace('_', ' ')}: {where}", "", f"Drafted from {origin}."]


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    told = [f"- {it}" for it in lines if it]
    return ["", f"## {title}", "", *told] if told else []


def _steps(steps: Sequence[str]) -> list[str]:
    steps = list(dict.fromkeys(steps)) or ["Look at the example, then at what changed before."]
    return ["", "## First steps", "", *(f"{at}. {step}" for at, step in enumerate(steps, 1))]


def _took(incident: Incident) -> str:
    return lasted(incident, incident.resolved or incident.opened)

"""A run book, drafted from an incident that is over, for the next with the same kind of cause at the same place.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.alerting.content import first_steps
from mendline.alerting.words import lasted
from mendline.model.incident import Incident, IncidentEvent

Bound = tuple[str, str]


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


def drafted(incident: Incident, timeline: Sequence[IncidentEvent]) -> str:
    """As Markdown, to be read over by somebody who knows."""
    kind, where = bound_to(incident) or ("unknown", ", ".join(incident.functions or incident.resources))
    cause: Mapping[str, Any] = incident.causes[0] if incident.causes else {}
    tried = [event.text for event in timeline if event.kind == "note"]
    lines = [
        f"# {kind.replace('_', ' ')}: {where}",
        "",
        f"Drafted from incident {incident.id}, {incident.opened:%Y-%m-%d}.",
    ]
    lines += ["", "## How it shows", "", f"- {incident.title}"]
    lines += [f"- {it}" for it in (cause.get("text", ""), *cause.get("evidence", ())) if it]
    lines += ["", "## First steps", "", *(f"{at}. {step}" for at, step in enumerate(first_steps(incident), 1))]
    lines += ["", "## What mended it", "", f"{incident.mended_by or 'Nobody said.'} It took {_took(incident)}."]
    lines += ["", "## What was tried", "", *(f"- {it}" for it in tried)] if tried else []
    return "\n".join(lines) + "\n"


def _took(incident: Incident) -> str:
    return lasted(incident, incident.resolved or incident.opened)

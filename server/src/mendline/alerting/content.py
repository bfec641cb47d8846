"""What an incident says, as JSON: the same for its page, the API, and every channel. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mendline.alerting.words import FIRST_STEPS, lasted, message_text, plain_status, who_words
from mendline.model.alert import Alert
from mendline.model.experiment_run import Run
from mendline.model.incident import Incident
from mendline.model.jsonable import to_jsonable
from mendline.model.message import Message


def content_of(
    incident: Incident, alerts: Sequence[Alert], base: str, now: datetime, similar: Sequence[Incident] = ()
) -> dict[str, Any]:
    """`base` is the address of the pages, for links. What was not found out is empty."""
    found = incident.diagnosis
    causes = [dict(one) for one in incident.causes]
    error = found.get("error") or {}
    example = dict(found.get("example") or {})
    path = example.pop("path", "") or error.get("path", "")
    if error:
        example |= {"error": error["said"], "stack": error["stack"]}
    if path:
        example["url"] = f"{base}{path}"
    return {
        "id": incident.id,
        "project": incident.project,
        "state": incident.state.value,
        "severity": incident.severity,
        "title": incident.title,
        "url": url_of(incident, base),
        "acknowledge_url": _with(url_of(incident, base), "do=acknowledge"),
        "resolve_url": _with(url_of(incident, base), "do=resolve"),
        "expected_url": f"{url_of(incident, base)}#expected",
        "began_at": _moment(incident.began),
        "opened_at": _moment(incident.opened),
        "detected_at": _moment(incident.detected),
        "notified_at": _moment(incident.notified),
        "acknowledged_at": _moment(incident.acknowledged),
        "diagnosed_at": _moment(incident.diagnosed),
        "resolved_at": _moment(incident.resolved),
        "lasted": lasted(incident, now),
        "owner": incident.owner,
        "functions": list(incident.functions),
        "resources": list(incident.resources),
        "policies": list(incident.policies),
        "alerts": [_alert_line(one) for one in sorted(alerts, key=lambda one: not one.is_open)],
        "notifications": incident.notifications,
        "held_back": incident.held_back,
        "causes": causes,
        "verdict": causes[0]["owner"] if causes else "unknown",
        "change": found.get("change", ""),
        "impact": found.get("impact", ""),
        "cost_per_hour_usd": found.get("cost_per_hour_usd"),
        "affected": to_jsonable(found.get("affected") or []),
        "who": who_words(found.get("affected") or []),
        "example": example,
        "cascade": found.get("cascade", ""),
        "cascade_url": url_of(incident, base, "/cascade.svg") if found.get("cascade") else "",
        "changes": list(found.get("changes") or []),
        "first_steps": first_steps(incident),
        "similar": [_similar(one, base, now) for one in similar],
        "runbook": incident.runbook,
        "status": plain_status(incident, now),
        "was_right": incident.was_right,
        "unanswered": list(found.get("unanswered") or []),
    }


def message_of(
    incident: Incident, content: Mapping[str, Any], kind: str, key: str, earlier: Mapping[str, str], *, updates: bool
) -> Message:
    """A message about it; `updates`: its receiver is told a cause that is found later."""
    return Message(
        key=key,
        thread=f"mendline-{incident.project}-{incident.id}",
        kind=kind,
        title=f"{'Worse: ' if kind == 'raised' else 'Over: ' if kind == 'over' else ''}{incident.title}",
        severity=incident.severity,
        text=message_text(content, kind, updates=updates),
        url=str(content["url"]),
        content=content,
        earlier=earlier,
    )


def first_steps(incident: Incident) -> list[str]:
    """What to do first, in order: the run book, then what the likely cause suggests."""
    steps = []
    if incident.runbook.startswith(("http://", "https://")) and len(incident.runbook.split()) == 1:
        steps.append(f"Open the run book: {incident.runbook}")
    for cause in incident.causes[:2]:
        step = FIRST_STEPS.get(str(cause.get("kind")))
        if step and step not in steps:
            steps.append(step)
    return steps or ["Look at the example, then at what changed before."]


def url_of(incident: Incident, base: str, part: str = "") -> str:
    """Its page, or a part of it."""
    project = "" if incident.project == "default" else f"?project={incident.project}"
    return f"{base}/incidents/{incident.id}{part}{project}"


def _with(url: str, said: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{said}"


def alike(incident: Incident, others: Sequence[Incident], most: int = 3) -> list[Incident]:
    """Past ones that are most like it: the same cause, function, policy; newest first among equals."""

    def score(other: Incident) -> int:
        causes = [(one.get("kind"), one.get("resource") or one.get("function")) for one in incident.causes[:1]]
        same = any((one.get("kind"), one.get("resource") or one.get("function")) in causes for one in other.causes[:1])
        functions = bool(set(other.functions) & set(incident.functions))
        return 4 * same + 2 * functions + bool(set(other.policies) & set(incident.policies))

    past = [one for one in others if one.id != incident.id and not one.is_open and score(one) >= 2]
    return sorted(past, key=lambda one: (score(one), one.opened), reverse=True)[:most]


def _similar(other: Incident, base: str, now: datetime) -> dict[str, Any]:
    return {
        "id": other.id,
        "title": other.title,
        "url": url_of(other, base),
        "opened_at": _moment(other.opened),
        "lasted": lasted(other, now),
        "cause": str(other.causes[0]["text"]) if other.causes else "",
        "mended_by": other.mended_by,
    }


def run_document(run: Run, base: str) -> dict[str, Any]:
    """A run of an experiment, as an incident names it."""
    said = f"{run.experiment.name}, from {run.starts:%H:%M} to {run.over:%H:%M} UTC"
    return {"id": run.id, "text": said, "url": f"{base}/experiments/runs/{run.id}"}


def _alert_line(alert: Alert) -> str:
    of = f" ({', '.join(key for key in alert.keys if key)})" if any(alert.keys) else ""
    value = f": {alert.value:,.6g}" if alert.value is not None else ""
    return f"{alert.policy}{of}{value}, {alert.state.value}"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else str(to_jsonable(moment))

"""A retrospective of an incident, drafted from all that is known of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.model.incident import Incident, IncidentEvent
from mendline.model.jsonable import to_jsonable

_MOST_STACK = 1500


def retro(incident: Incident, content: Mapping[str, Any], timeline: Sequence[IncidentEvent]) -> str:
    """As Markdown; what only people know is left to them as `…`."""
    lines = [f"# {incident.title}", "", content["status"], "", f"- Severity: {incident.severity}"]
    lines += [f"- Owner: {incident.owner or '…'}", f"- Began: {content['began_at'] or 'not known'}"]
    moments = ("detected", "notified", "acknowledged", "diagnosed", "resolved")
    lines += [f"- {it.capitalize()}: {content[f'{it}_at'] or '-'}" for it in moments]
    lines += [f"- Lasted: {content['lasted']}"]
    lines += [f"- Affected: {', '.join(incident.functions or incident.resources) or '-'}", "", "## Cause", ""]
    lines += _causes(content["causes"]) or ["Not proven."]
    if incident.was_right is not None:
        lines += ["", f"Somebody said that the named cause was {'right' if incident.was_right else 'not right'}."]
    lines += ["", "## Impact", "", content["impact"] or "Not known.", *content["who"]]
    lines += _listed("Changed before", content["changes"])
    lines += _listed("Experiments meanwhile", [f"{one['text']}: {one['url']}" for one in content["experiments"]])
    lines += _example(content["example"])
    lines += ["", "## Timeline", ""]
    for one in timeline:
        lines.append(f"- {to_jsonable(one.at)[11:19]} {one.kind}: {one.text}{f' ({one.by})' if one.by else ''}")
    lines += _listed("What was tried", [one.text for one in timeline if one.kind == "tried"])
    lines += ["", "## What mended it", "", incident.mended_by or "…"]
    before = [f"{one['title']}, {one['opened_at'][:10]}: {one['url']}" for one in content["similar"]]
    lines += _listed("Alike before", before)
    lines += ["", "## What will be done so that it stays away", "", "- …"]
    return "\n".join(lines) + "\n"


def _causes(causes: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for at, one in enumerate(causes, 1):
        lines.append(f"{at}. {one['text']} ({one['confidence']} confidence)")
        lines += [f"   - {said}" for said in one.get("evidence", ())]
    return lines


def _example(example: Mapping[str, Any]) -> list[str]:
    if not example:
        return []
    said = [example["error"]] if example.get("error") else []
    stack = ["", "```", str(example["stack"])[:_MOST_STACK].rstrip(), "```"] if example.get("stack") else []
    return ["", "## A typical case", "", *said, example.get("url", ""), *stack]


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {it}" for it in lines)] if lines else []

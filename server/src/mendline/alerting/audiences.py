"""What is said to whom: people who do not write code get a status in plain words, and a receiver may have its own
template. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from string import Template
from typing import Any

from mendline.alerting.words import cause_words, plain_status
from mendline.errors import UsageError
from mendline.model.incident import Incident
from mendline.model.message import Message
from mendline.model.policy import Receiver

_AS_THEY_ARE = ("severity", "status", "lasted", "impact", "change")
NAMES = ("title", "kind", "cause", "since", "functions", "url", "text", *_AS_THEY_ARE)
"""What a template may have, as $NAME; `$$` is a dollar."""
_LEAST_USD = 0.01
_NEXT_UPDATE = timedelta(minutes=60)
_PLAIN = ("id", "project", "state", "severity", "began_at", "opened_at", "resolved_at", "lasted", "functions")


def status_for(incident: Incident, audience: str, now: datetime) -> str:
    """A status without a stack trace: what is affected, whose fault, for management what it costs, and when one hears
    next."""
    said = [plain_status(incident, now)]
    cost = incident.diagnosis.get("cost_per_hour_usd")
    if audience == "management" and cost and cost >= _LEAST_USD:
        said.append(f"It costs about ${cost:,.2f} an hour.")
    if incident.is_open:
        said.append(f"Next update by {now + _NEXT_UPDATE:%H:%M} UTC, or as soon as it is over.")
    return " ".join(said)


def for_receiver(message: Message, receiver: Receiver, incident: Incident, status: str, now: datetime) -> Message:
    """The message as this receiver is to have it. `status` is what a person sends; empty where nobody wrote one."""
    if receiver.audience != "responders":
        said = status or status_for(incident, receiver.audience, now)
        content = {name: message.content[name] for name in _PLAIN} | {"status": said}
        about = ", ".join(incident.functions or incident.resources) or "our service"
        url = message.url if receiver.audience == "management" else ""
        message = replace(message, title=f"Status of {about}"[:200], text=said, url=url, content=content)
    if receiver.template:
        said = Template(receiver.template).safe_substitute(_values(message))
        message = replace(message, text=said, content={**message.content, "text": said})
    return message


def check_template(text: str) -> None:
    """Refuse a template with a name that there is not. Raises UsageError."""
    template = Template(text)
    unknown = [name for name in template.get_identifiers() if name not in NAMES]
    if unknown or not template.is_valid():
        what = f"has no ${unknown[0][:40]}" if unknown else "has a $ that begins no name; write $$ for a dollar"
        raise UsageError(f"A template {what}. There are {', '.join(f'${name}' for name in NAMES)}.")


def _values(message: Message) -> Mapping[str, Any]:
    content = message.content
    given: dict[str, Any] = {name: content.get(name) or "" for name in _AS_THEY_ARE}
    return given | {
        "title": message.title,
        "kind": message.kind,
        "cause": cause_words(content) if "causes" in content else "",
        "since": str(content.get("began_at") or content.get("opened_at") or "")[:16].replace("T", " "),
        "functions": ", ".join(content.get("functions") or ()),
        "url": message.url,
        "text": message.text,
    }

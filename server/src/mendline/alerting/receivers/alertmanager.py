"""Alertmanager, API v2: an incident is one alert there, by its labels."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mendline.alerting.receivers.outcome import Post
from mendline.model.message import Message

_MOST_TEXT = 8000


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """One alert, with an end once it is over. Until then it ends when Alertmanager's own time is out."""
    content = message.content
    alert = {
        "labels": {
            "alertname": "MendlineIncident",
            "incident": message.thread,
            "project": str(content.get("project", "")),
            "severity": str(content.get("severity_first") or message.severity),  # a label that changed is another alert
        },
        "annotations": {"summary": message.title[:300], "description": message.text[:_MOST_TEXT]},
        "generatorURL": message.url,
    }
    if content.get("opened_at"):
        alert["startsAt"] = content["opened_at"]
    if message.is_over and content.get("resolved_at"):
        alert["endsAt"] = content["resolved_at"]
    headers = {"authorization": f"Bearer {options['token']}"} if options.get("token") else {}
    return Post(f"{options['url'].rstrip('/')}/api/v2/alerts", json.dumps([alert]).encode(), headers)

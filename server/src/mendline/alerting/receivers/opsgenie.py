"""Opsgenie, Alert API: an incident is one alert there, by its `alias`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

from mendline.alerting.receivers.outcome import Post
from mendline.model.message import Message

_URL = "https://api.opsgenie.com"
_PRIORITIES = {"critical": "P1", "warning": "P3", "info": "P5"}
_MOST_MESSAGE, _MOST_DESCRIPTION = 130, 15_000


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """Create it, or close it once it is over."""
    headers = {"authorization": f"GenieKey {options['api_key']}"}
    base = f"{options.get('url', _URL).rstrip('/')}/v2/alerts"
    if message.is_over:
        said = {"source": "Mendline", "note": message.text[:_MOST_DESCRIPTION]}
        path = f"{base}/{quote(message.thread, safe='')}/close?identifierType=alias"
        return Post(path, json.dumps(said).encode(), headers)
    said = {
        "message": message.title[:_MOST_MESSAGE],
        "alias": message.thread,
        "description": message.text[:_MOST_DESCRIPTION],
        "priority": _PRIORITIES[message.severity],
        "source": "Mendline",
    }
    return Post(base, json.dumps({**said, "details": {"url": message.url}}).encode(), headers)

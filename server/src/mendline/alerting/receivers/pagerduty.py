"""PagerDuty, Events API v2: an incident is one alert there, by its `dedup_key`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mendline.alerting.receivers.outcome import Answer, Delivered, Outcome, Post, judged
from mendline.model.message import Message

_URL = "https://events.pagerduty.com/v2/enqueue"
_MOST_SUMMARY = 1024


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """Trigger it, or resolve it once it is over."""
    said = {
        "routing_key": options["routing_key"],
        "event_action": "resolve" if message.is_over else "trigger",
        "dedup_key": message.thread,
        "client": "Mendline",
        "client_url": message.url,
        "links": [{"href": message.url, "text": "The incident in Mendline"}],
        "payload": {
            "summary": message.title[:_MOST_SUMMARY],
            "source": ", ".join(message.content.get("functions") or ["mendline"])[:255],
            "severity": message.severity,
            "custom_details": {"said": message.text[:20_000]},
        },
    }
    return Post(options.get("url", _URL), json.dumps(said).encode())


def outcome(options: Mapping[str, str], answer: Answer) -> Outcome:
    """202 with `status: success`; anything else says that it did not take it."""
    told = judged(answer)
    if told.delivered is Delivered.YES and b'"success"' not in answer.body:
        return Outcome(Delivered.NO, "PagerDuty did not say that it took the event.")
    return told

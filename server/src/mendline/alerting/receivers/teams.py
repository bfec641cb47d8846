"""Microsoft Teams: an adaptive card to the address of a workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mendline.alerting.receivers.outcome import Post
from mendline.model.message import Message

_MOST_TEXT = 15_000  # a card holds 28 KB
_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_[]<>#~|"})


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """The card: title, text, link. Nothing in it is Markdown of strangers."""
    lines = message.text[:_MOST_TEXT].translate(_SPECIAL).split("\n")
    colour = (
        "good" if message.is_over else {"critical": "attention", "warning": "warning"}.get(message.severity, "default")
    )
    title = {"type": "TextBlock", "text": message.title[:300].translate(_SPECIAL), "weight": "bolder", "size": "medium"}
    link = {"type": "Action.OpenUrl", "title": "Open it in Mendline", "url": message.url}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {**title, "wrap": True, "color": colour},
            *({"type": "TextBlock", "text": line, "wrap": True, "spacing": "small"} for line in lines if line.strip()),
        ],
        "actions": [link] if message.url else [],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    said = {"type": "message", "attachments": [{"contentType": kind, "content": card}]}
    return Post(options["url"], json.dumps(said).encode())

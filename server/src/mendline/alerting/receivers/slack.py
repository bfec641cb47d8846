"""Slack: an incoming webhook (`url`), or a bot's token and a channel, which keeps an incident in one thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mendline.alerting.receivers.outcome import Answer, Delivered, Outcome, Post, judged
from mendline.model.message import Message

_API = "https://slack.com/api"
_MOST_TITLE, _MOST_TEXT = 150, 2900  # of a header, of a section
_MARKS = {"info": "ℹ", "warning": "▲", "critical": "■"}  # noqa: RUF001 - a sign, not a letter


def escaped(text: str) -> str:
    """Text that mentions nobody and is no link, whatever it holds (Slack: formatting, "escaping text")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """The message as blocks, and as a text for notices."""
    mark = "✓" if message.is_over else _MARKS[message.severity]
    title = escaped(f"{mark} {message.title}")
    said: dict[str, Any] = {
        "text": title[:_MOST_TEXT],
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": f"{mark} {message.title}"[:_MOST_TITLE]}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": escaped(message.text)[:_MOST_TEXT], "verbatim": True},
            },
        ],
    }
    if message.url:
        link = f"<{message.url}|Open it in Mendline>"
        acts = {"acknowledge_url": "Acknowledge", "resolve_url": "It is over"} if not message.is_over else {}
        for name, words in acts.items():
            link += f" · <{message.content[name]}|{words}>" if message.content.get(name) else ""
        said["blocks"].append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    if "token" not in options:
        return Post(options["url"], json.dumps(said).encode())
    more = {"channel": options["channel"], "unfurl_links": False}
    if message.earlier.get("ts"):
        more |= {"thread_ts": message.earlier["ts"], "reply_broadcast": message.is_over}
    headers = {"authorization": f"Bearer {options['token']}", "content-type": "application/json; charset=utf-8"}
    return Post(f"{options.get('api', _API)}/chat.postMessage", json.dumps({**said, **more}).encode(), headers)


def outcome(options: Mapping[str, str], answer: Answer) -> Outcome:
    """A token's answer is 200 also where it failed: `ok` tells. A webhook's is the text `ok`."""
    told = judged(answer)
    if told.delivered is not Delivered.YES or "token" not in options:
        return told
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not said.get("ok"):
        why = said.get("error", "no reason") if isinstance(said, dict) else "what is no JSON"
        later = why in ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "what is no JSON")
        return Outcome(Delivered.NO if later else Delivered.NEVER, f"Slack answered {str(why)[:80]}.")
    return Outcome(Delivered.YES, remote={"ts": str(said.get("ts", ""))[:40]})

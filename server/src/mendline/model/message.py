"""A message about an incident: what it says is the same for every channel, within the limits of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("first", "update", "raised", "over", "status", "digest", "test")


@dataclass(frozen=True, slots=True)
class Message:
    """`key` stays the same however often delivery is tried; `thread` is the same for all messages of an incident.
    `content` is what the page and the JSON of the incident say too; `earlier` what a receiver answered to the first
    message, where that can be continued."""

    key: str
    thread: str
    kind: str
    title: str
    severity: str
    text: str
    url: str
    content: Mapping[str, Any]
    earlier: Mapping[str, str]

    @property
    def is_over(self) -> bool:
        """Whether it says that the incident is over."""
        return self.kind == "over"

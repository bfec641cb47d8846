"""What became of one try to deliver a message; and a request as a channel wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Delivered(StrEnum):
    """`no` may work later; `never` will not, until somebody changes the receiver."""

    YES = "yes"
    NO = "no"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`after_s`: the receiver asked to wait that long. `remote` is what it answered that later messages need."""

    delivered: Delivered
    said: str = ""
    after_s: float = 0.0
    remote: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Post:
    """A request to a channel that speaks HTTP."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: at most 64 KiB of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def judged(answer: Answer) -> Outcome:
    """What a status means: 2xx delivered; 408, 425, 429 and 5xx may work later; the rest will not."""
    if 200 <= answer.status < 300:
        return Outcome(Delivered.YES)
    said = f"It answered {answer.status}"
    if 300 <= answer.status < 400:
        return Outcome(Delivered.NEVER, f"{said}, a redirect, which is never followed; write the address it leads to.")
    later = answer.status >= 500 or answer.status in (408, 425, 429)
    words = answer.body[:200].decode("utf-8", "replace").strip()
    wait = answer.headers.get("retry-after", "")
    after_s = min(float(wait), 3600.0) if wait.isascii() and wait.isdigit() and len(wait) < 8 else 0.0
    return Outcome(Delivered.NO if later else Delivered.NEVER, f"{said}{f': {words}' if words else '.'}", after_s)

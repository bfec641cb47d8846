"""A place in a text where a secret stands, and the mark that is put there instead."""

from __future__ import annotations

from dataclasses import dataclass

REDACTED = "[redacted]"
MARK = REDACTED.encode()


@dataclass(frozen=True, slots=True)
class Site:
    """Bytes `start` to `end` of a text are to become `text`; `rule` says why (empty: counted already)."""

    start: int
    end: int
    rule: str
    text: bytes = MARK

"""Paths as templates: what looks like an id becomes `{id}`, so calls of a kind count as one; paths without keys."""

from __future__ import annotations

from .redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .redaction import Redactor

_HEX = frozenset("0123456789abcdefABCDEF-")
_DIGITS = "0123456789"
_MAX_SEGMENTS = 12
_SHORTEST_KEY = 20


def templated(path: str) -> str:
    """`/orders/8f14e45f-…/items/42` → `/orders/{id}/items/{id}`; the query is dropped."""
    path = path[:2048].partition("?")[0].partition("#")[0]
    segments = path.split("/")
    kept = ["{id}" if looks_like_id(segment) else segment for segment in segments[:_MAX_SEGMENTS]]
    if len(segments) > _MAX_SEGMENTS:
        kept.append("…")
    return "/".join(kept) or "/"


def looks_like_id(segment: str) -> bool:
    """Numbers, hex of eight and more with a digit, mail addresses, long words mixed with digits or of mixed case."""
    if not segment or (segment.isalpha() and len(segment) <= 64):
        return False
    digits = sum(map(segment.count, _DIGITS))
    if digits == len(segment):
        return True
    if len(segment) >= 8 and digits and _HEX.issuperset(segment):
        return True
    if "@" in segment or "%40" in segment or len(segment) > 64:
        return True
    if len(segment) >= 16 and is_random(segment):
        return True
    return digits >= 3 and len(segment) >= 10 and digits * 4 >= len(segment.replace("_", "").replace("-", ""))


def is_random(segment: str) -> bool:
    """Whether it has digits, small and large letters, as keys have and words seldom."""
    return segment.lower() != segment != segment.upper() and sum(map(segment.count, _DIGITS)) >= 2


def without_keys(redactor: Redactor, path: str) -> str:
    """The path without segments that are random, or an id of what is secret (`/session/4f1c0d22`)."""
    segments = path.split("/")
    for index, segment in enumerate(segments):
        secret = looks_like_id(segment) and index and redactor.is_secret(segments[index - 1])
        if secret or (len(segment) >= _SHORTEST_KEY and is_random(segment)):
            segments[index] = REDACTED
    return "/".join(segments)

"""Redaction at ingest: no secret that can be known by its key or its shape reaches the spool.

Made for the common case, in which there is none: a request is looked over once, as bytes, for marks of secrets, and
only records that have one are parsed. Runs before anything is truncated, since half a secret is not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from mendline.errors import SettingsError
from mendline.ingest.redact.keys import Keys
from mendline.ingest.redact.names import RULES
from mendline.ingest.redact.requests import NotProtobufError, rewrite
from mendline.ingest.redact.scan import Scanner
from mendline.ingest.redact.site import REDACTED
from mendline.ingest.redact.values import Walker
from mendline.model.agent_config import KEY_RULE, is_key
from mendline.model.signal import Signal

__all__ = ["REDACTED", "RULES", "Redacted", "Rules", "redact"]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A request without secrets, and how many were replaced by which rule (a name out of RULES)."""

    body: bytes
    replaced: Mapping[str, int]


class Rules:
    """What is to be redacted. Made once, shared by all threads; remembers what it judged about keys."""

    __slots__ = ("enabled", "extra_keys", "keys", "scanner")

    def __init__(self, extra_keys: Iterable[str] = (), *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.extra_keys = tuple(extra_keys)
        self.keys = Keys(self.extra_keys)
        self.scanner = Scanner(self.keys)

    @classmethod
    def from_settings(cls, redact: str, extra_keys: str) -> Rules:
        """Rules for the settings `redact` (on or off) and `redact_extra_keys` (names with commas between).

        Raises SettingsError.
        """
        if redact not in ("on", "off"):
            raise SettingsError(f"redact is '{redact}'; use on or off.")
        given = [key.strip() for key in extra_keys.split(",") if key.strip()]
        for key in given:
            if not is_key(key):
                raise SettingsError(f"redact_extra_keys holds '{key[:80]}'; {KEY_RULE}.")
        return cls(given, enabled=redact == "on")


def redact(signal: Signal, body: bytes, rules: Rules) -> Redacted:
    """Replace every secret in an Export{Trace,Logs,Metrics}ServiceRequest (protobuf) by `[redacted]`.

    A body that is no such request is returned as it is: it is refused where requests are checked. Never raises.
    """
    if not rules.enabled or not rules.scanner.suspicious(body):
        return Redacted(body, {})
    walker = Walker(rules.keys, rules.scanner)
    try:
        cleaned = rewrite(signal, body, rules.scanner.suspicious, walker)
    except (NotProtobufError, DecodeError):
        return Redacted(body, {})
    return Redacted(cleaned, +walker.replaced)

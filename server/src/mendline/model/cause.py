"""A cause of a change: what it is, whose, since when, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """`kind` and `owner` are of the lists of incidents' causes. `resource` is `TYPE/NAME`; what does not apply is
    empty. `weight`, 0 to 1, orders causes; `confidence` is high, medium or low. `evidence` are sentences beside."""

    kind: str
    owner: str
    text: str
    weight: float
    confidence: str
    function: str = ""
    resource: str = ""
    attribute: str = ""
    value: str = ""
    version: str = ""
    evidence: tuple[str, ...] = ()

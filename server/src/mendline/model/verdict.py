"""Whose fault an error or slowness is, and why we think so."""

from __future__ import annotations

from dataclasses import dataclass

SIDES = ("ours", "provider", "third_party", "nobody", "unknown")
CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`side` is one of SIDES. `owner` is whose it is to mend, and `kind` what it is, by the lists of incidents' causes
    (`code`, `input`, `configuration`, `provider`, `third_party`, `load`, `unknown`). `text` is one sentence,
    `evidence` what speaks for it, and `against` what does not; `confidence` one of CONFIDENCES."""

    side: str
    owner: str
    kind: str
    text: str
    confidence: str
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

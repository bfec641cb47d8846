"""An incident: alerts with one cause, and what people and Mendline did about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class IncidentState(StrEnum):
    """Of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


EVENTS = (
    "detected", "joined", "notified", "not delivered", "raised", "acknowledged", "diagnosed", "tried", "mended",
    "reopened", "held back", "note", "owner", "status", "answered", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Incident:
    """`opened` is when it was detected, `began` since when something was wrong, as far as that is known. `functions`
    and `resources` are affected; `causes` and `diagnosis` what `insight` says of it, once it did. `held_back` counts
    messages that quiet times and joining spared people; `told` are receivers that were. `was_right`: what people
    answered to "was the named cause right?"."""

    id: int
    project: str
    state: IncidentState
    severity: str
    title: str
    opened: datetime
    detected: datetime
    began: datetime | None = None
    notified: datetime | None = None
    acknowledged: datetime | None = None
    diagnosed: datetime | None = None
    resolved: datetime | None = None
    owner: str = ""
    functions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    runbook: str = ""
    causes: tuple[Mapping[str, Any], ...] = ()
    diagnosis: Mapping[str, Any] = field(default_factory=dict)
    held_back: int = 0
    notifications: int = 0
    quiet_until: datetime | None = None
    was_right: bool | None = None
    told: tuple[str, ...] = ()
    mended_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.state is not IncidentState.RESOLVED


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """A line of its timeline; `by` is empty for what Mendline did."""

    at: datetime
    kind: str
    text: str
    by: str = ""

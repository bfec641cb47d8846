"""What people decided about an error, and what state it is in by that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.error_group import ErrorGroup

MARKS = ("", "expected", "resolved")
OPEN = ("new", "ongoing", "came back")
STATES = (*OPEN, "expected", "resolved")


@dataclass(frozen=True, slots=True)
class ErrorMark:
    """`state` is one of MARKS; `reason` and `expires` (None: never) belong to `expected`. `changed_by` names a key, and
    is empty where no keys are asked for."""

    fingerprint: str
    state: str
    reason: str
    expires: datetime | None
    assignee: str
    note: str
    changed: datetime
    changed_by: str


def state_of(group: ErrorGroup, mark: ErrorMark | None, now: datetime) -> str:
    """One of STATES: `came back` happened again after it was resolved, `new` surely never happened before the
    range."""
    if mark and mark.state == "resolved":
        return "came back" if group.last > mark.changed else "resolved"
    if mark and mark.state == "expected" and (mark.expires is None or now < mark.expires):
        return "expected"
    return "new" if group.is_new else "ongoing"
